//! Reads event triggers. Does not know what their functions do.

use model::{EventTrigger, Kind};

use crate::address::class;
use crate::query::{Answers, Query};
use crate::reader::Reader;
use crate::{Error, trigger};

pub(crate) const QUERY: Query = Query { name: "event triggers", sql: include_str!("event_trigger.sql") };

pub(crate) fn read(reader: &mut Reader, answers: &Answers) -> Result<(), Error> {
    for row in QUERY.rows(answers)? {
        let oid: u32 = row.get("oid")?;
        if reader.is_member(class::EVENT_TRIGGER, oid) {
            continue;
        }
        let id = Kind::EventTrigger.root(&row.name("name")?);
        let found = EventTrigger {
            event: row.get("event")?,
            tags: row.get::<Option<Vec<String>>>("tags")?.into_iter().flatten().collect(),
            function: row.name("function")?.within(row.name("function_namespace")?),
            enabled: trigger::enabled(&row)?,
        };
        reader.insert((class::EVENT_TRIGGER, oid), id.clone(), found);
        reader.owned(&id, row.get("owner")?, None);
    }
    Ok(())
}
