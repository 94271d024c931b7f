//! Reads collations. Does not know what sorts by them.

use model::{Collation, Kind, Locale};

use crate::Error;
use crate::address::class;
use crate::query::{Answers, Query, Record};
use crate::reader::Reader;

pub(crate) const QUERY: Query = Query { name: "collations", sql: include_str!("collation.sql") };

pub(crate) fn read(reader: &mut Reader, answers: &Answers) -> Result<(), Error> {
    for row in QUERY.rows(answers)? {
        one(reader, &row)?;
    }
    Ok(())
}

fn one(reader: &mut Reader, row: &Record) -> Result<(), Error> {
    let (oid, name) = (row.get("oid")?, row.name("name")?.within(row.name("namespace_name")?));
    reader.collations.insert(oid, name.clone());
    if name.namespace.as_str() == "pg_catalog" {
        let known = collation(row)?;
        reader.facts.system_collations.extend(known.map(|it| (name.name, it)));
        return Ok(());
    }
    if reader.is_member(class::COLLATION, oid) || !reader.namespaces.contains_key(&row.get("namespace")?) {
        return Ok(());
    }
    if let Some(collation) = collation(row)? {
        let id = Kind::Collation.named(&name);
        reader.insert((class::COLLATION, oid), id.clone(), collation);
        reader.owned(&id, row.get("owner")?, None);
    }
    Ok(())
}

/// The one of the system that stands for whatever the database has is none by itself.
fn collation(row: &Record) -> Result<Option<Collation>, Error> {
    let text = |column| Ok(row.get::<Option<String>>(column)?.unwrap_or_default());
    let locale = match row.get::<&str>("provider")? {
        "d" => return Ok(None),
        "c" => Locale::Libc { collate: text("collate")?, ctype: text("ctype")? },
        "i" => Locale::Icu { locale: text("locale")?, rules: row.get("rules")? },
        "b" => Locale::Builtin { locale: text("locale")? },
        other => return Err(row.unknown(format!("collation provider {other}"))),
    };
    Ok(Some(Collation { locale, deterministic: row.get("deterministic")? }))
}
