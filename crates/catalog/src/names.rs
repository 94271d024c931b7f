//! What is live by name: what the names in a file may mean. Knows of an object nothing but its name.

use crate::Error;
use crate::query::{Answers, Query};
use crate::reader::Reader;

pub(crate) const QUERY: Query = Query { name: "names", sql: include_str!("names.sql") };

pub(crate) fn read(reader: &mut Reader, answers: &Answers) -> Result<(), Error> {
    let facts = &mut reader.facts;
    for row in QUERY.rows(answers)? {
        let (namespace, name) = (row.name("namespace")?, row.name("name")?);
        let known = match row.get::<&str>("what")? {
            "relation" => &mut facts.relations,
            "type" => &mut facts.types,
            "function" => &mut facts.functions,
            "dictionary" => &mut facts.dictionaries,
            "collation" => &mut facts.collations,
            "key" => {
                let columns: Vec<&str> = row.get("columns")?;
                facts.keys.insert(name.within(namespace), columns.into_iter().map(Into::into).collect());
                continue;
            }
            other => return Err(row.unknown(other)),
        };
        known.entry(name).or_default().push(namespace);
    }
    Ok(())
}
