//! Reads which objects there are of kinds that are not modelled, so that nothing is passed over silently.

use model::Unmodelled;

use crate::Error;
use crate::query::{Answers, Query};
use crate::reader::Reader;

pub(crate) const QUERY: Query = Query { name: "objects of other kinds", sql: include_str!("unmodelled.sql") };

pub(crate) fn read(reader: &mut Reader, answers: &Answers) -> Result<(), Error> {
    for row in QUERY.rows(answers)? {
        let namespace = row.maybe_name("namespace")?;
        if namespace.as_ref().is_some_and(|it| it.as_str().starts_with("pg_")) {
            continue;
        }
        // A label is part of what it is on, where that has been read.
        let labelled = row.deparsed("kind")? == "security label";
        if labelled && reader.addresses.contains_key(&(row.get("class")?, row.get("oid")?, 0)) {
            continue;
        }
        let object = Unmodelled {
            kind: row.deparsed("kind")?.into(),
            identity: row.deparsed("identity")?.into(),
            namespace,
        };
        reader.outsiders.insert((row.get("class")?, row.get("oid")?), object.clone());
        reader.facts.unmodelled.push(object);
    }
    Ok(())
}
