//! Reads publications and what is in them. Does not know who subscribes.

use std::collections::HashMap;

use model::{Kind, Name, NameSet, Publication, Publish, PublishedNamespace, PublishedTable};

use crate::Error;
use crate::address::class;
use crate::query::{Answers, Query, Record};
use crate::reader::Reader;

pub(crate) const QUERY: Query = Query { name: "publications", sql: include_str!("publication.sql") };
pub(crate) const TABLES: Query =
    Query { name: "tables in publications", sql: include_str!("publication_table.sql") };
pub(crate) const NAMESPACES: Query =
    Query { name: "schemas in publications", sql: include_str!("publication_namespace.sql") };
/// Which servers have what [`NAMESPACES`] asks for.
pub(crate) const NAMESPACES_SINCE: u32 = 15;

pub(crate) fn read(reader: &mut Reader, answers: &Answers) -> Result<(), Error> {
    let mut names: HashMap<u32, Name> = HashMap::new();
    for row in QUERY.rows(answers)? {
        let (oid, name): (u32, Name) = (row.get("oid")?, row.name("name")?);
        if reader.is_member(class::PUBLICATION, oid) {
            continue;
        }
        let id = Kind::Publication.root(&name);
        let publication = publication(&row)?;
        reader.insert((class::PUBLICATION, oid), id.clone(), publication);
        reader.owned(&id, row.get("owner")?, None);
        names.insert(oid, name);
    }
    for row in TABLES.rows(answers)? {
        let relation: u32 = row.get("relation")?;
        let publication = names.get(&row.get("publication")?);
        let (Some(name), Some(table)) = (publication, reader.table(relation)) else { continue };
        let id = Kind::PublishedTable.keys([name.clone(), table.namespace.clone(), table.name.clone()]);
        let table = table_in(reader, &row, relation)?;
        reader.insert((class::PUBLISHED_TABLE, row.get("oid")?), id, table);
    }
    if reader.facts.major >= NAMESPACES_SINCE {
        for row in NAMESPACES.rows(answers)? {
            let namespace = reader.namespaces.get(&row.get("namespace")?);
            let (Some(name), Some(namespace)) = (names.get(&row.get("publication")?), namespace) else {
                continue;
            };
            let id = Kind::PublishedNamespace.keys([name.clone(), namespace.clone()]);
            reader.insert((class::PUBLISHED_NAMESPACE, row.get("oid")?), id, PublishedNamespace {});
        }
    }
    Ok(())
}

fn publication(row: &Record) -> Result<Publication, Error> {
    let mut publish = Vec::new();
    for it in Publish::ALL {
        if row.get::<bool>(it.word())? {
            publish.push(it);
        }
    }
    Ok(Publication {
        all_tables: row.get("all_tables")?,
        publish,
        via_root: row.get("via_root")?,
        generated: row.get("generated")?,
    })
}

fn table_in(reader: &Reader, row: &Record, relation: u32) -> Result<PublishedTable, Error> {
    let numbers: Vec<i16> = row.get::<Option<_>>("columns")?.unwrap_or_default();
    let columns: NameSet = reader.column_names(row, relation, &numbers)?.into_iter().collect();
    let filter = match row.get("filtered")? {
        true => Some(reader.expr(row.deparsed("filter")?)),
        false => None,
    };
    Ok(PublishedTable { columns, filter })
}
