//! Reads security labels on whatever else has been read. Does not know what a label means.

use model::{Kind, SecurityLabel};

use crate::query::{Answers, Query};
use crate::reader::Reader;
use crate::{Error, comment};

pub(crate) const QUERY: Query = Query { name: "security labels", sql: include_str!("security_label.sql") };

pub(crate) fn read(reader: &mut Reader, answers: &Answers) -> Result<(), Error> {
    for row in QUERY.rows(answers)? {
        let target = comment::target(reader, (row.get("class")?, row.get("oid")?, row.get("part")?));
        if let Some(target) = target {
            let id = Kind::SecurityLabel.to(&target, &row.name("provider")?);
            reader.schema.insert(id, SecurityLabel { label: row.get("label")? });
        }
    }
    Ok(())
}
