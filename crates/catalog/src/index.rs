//! Reads indexes, also those that constraints stand on; a constraint takes its own away.

use std::collections::BTreeMap;

use model::{Index, IndexKey, Kind, Name, QualName, Settings};
use rustc_hash::FxHashMap;

use crate::address::class;
use crate::query::{Answers, Query, Record};
use crate::reader::{Reader, Relation};
use crate::{Error, relation, text};

pub(crate) const QUERY: Query = Query { name: "indexes", sql: include_str!("index.sql") };
pub(crate) const CLASSES: Query = Query { name: "operator classes", sql: include_str!("opclass.sql") };

/// Operator classes by oid, and which types have a default one of their own by access method.
struct Classes {
    by_oid: FxHashMap<u32, Class>,
    defaults: FxHashMap<(Name, u32), u32>,
}

struct Class {
    name: QualName,
    is_default: bool,
    ty: u32,
    /// The index stores another type than it is asked about (`opckeytype`).
    stores_another: bool,
}

pub(crate) fn read(reader: &mut Reader, answers: &Answers) -> Result<(), Error> {
    let classes = classes(&CLASSES.rows(answers)?)?;
    for row in QUERY.rows(answers)? {
        let (oid, relation): (u32, u32) = (row.get("oid")?, row.get("relation")?);
        if reader.relation_id(relation).is_none() || !reader.relations.contains_key(&oid) {
            continue;
        }
        let index = index(reader, &row, &classes)?;
        let name = reader.relations.get(&oid).map(|it| it.name.name.clone()).unwrap_or_default();
        relation::mark(reader, relation, &name, row.get("clustered")?, row.get("replica_identity")?);
        reader.indexes.push((oid, index));
    }
    Ok(())
}

fn classes(rows: &[Record]) -> Result<Classes, Error> {
    let mut classes = Classes { by_oid: FxHashMap::default(), defaults: FxHashMap::default() };
    for row in rows {
        let (oid, ty, is_default): (u32, u32, bool) =
            (row.get("oid")?, row.get("type")?, row.get("is_default")?);
        let name = row.name("name")?.within(row.name("namespace")?);
        classes
            .by_oid
            .insert(oid, Class { name, is_default, ty, stores_another: row.get("stores_another")? });
        if is_default {
            classes.defaults.insert((row.name("method")?, ty), oid);
        }
    }
    Ok(classes)
}

/// Puts in what no constraint has taken.
pub(crate) fn build(reader: &mut Reader) {
    for (oid, index) in std::mem::take(&mut reader.indexes) {
        if let Some(name) = reader.relations.get(&oid).map(|it| it.name.clone()) {
            reader.insert((class::RELATION, oid), Kind::Index.named(&name), index);
        }
    }
}

fn index(reader: &Reader, row: &Record, classes: &Classes) -> Result<Index, Error> {
    let moved = || Error::Moved { query: row.query };
    let (oid, of): (u32, u32) = (row.get("oid")?, row.get("relation")?);
    let own = reader.relations.get(&oid).ok_or_else(moved)?;
    let columns: Vec<i16> = row.get("columns")?;
    let count = usize::try_from(row.get::<i16>("key_count")?).unwrap_or_default();
    let included = columns.get(count..).unwrap_or_default();
    let predicate = match row.get("partial")? {
        true => Some(reader.expr(row.deparsed("predicate")?)),
        false => None,
    };
    Ok(Index {
        relation: reader.relation_id(of).cloned().ok_or_else(moved)?,
        unique: row.get("unique")?,
        method: own.access_method.clone().ok_or_else(moved)?,
        keys: keys(reader, row, classes, (own, &columns[..count.min(columns.len())]))?,
        include: reader.column_names(row, of, included)?,
        predicate,
        nulls_not_distinct: row.get("nulls_not_distinct")?,
        options: own.options.clone(),
        tablespace: own.tablespace.clone(),
        statistics: statistics(reader, oid),
        valid: row.get("valid")?,
        attached_to: own.parents.first().and_then(|it| reader.relations.get(it)).map(|it| it.name.clone()),
        only: false,
        concurrently: false,
    })
}

/// Statistics targets of an index's columns, by number.
fn statistics(reader: &Reader, oid: u32) -> BTreeMap<i16, i32> {
    let columns = reader.columns.get(&oid).into_iter().flatten();
    columns.filter_map(|it| Some((it.number, it.statistics?))).collect()
}

/// The per-key arrays of a row of `pg_index`.
struct Keys {
    method: Option<Name>,
    opclasses: Vec<u32>,
    collations: Vec<u32>,
    options: Vec<i16>,
    expressions: Vec<Option<String>>,
    collated: Vec<bool>,
    types: Vec<u32>,
}

fn keys(
    reader: &Reader,
    row: &Record,
    classes: &Classes,
    (own, columns): (&Relation, &[i16]),
) -> Result<Vec<IndexKey>, Error> {
    let keys = Keys {
        method: own.access_method.clone(),
        opclasses: row.get("opclasses")?,
        collations: row.get("collations")?,
        options: row.get("options")?,
        expressions: row.get::<Option<_>>("expressions")?.unwrap_or_default(),
        collated: row.get::<Option<_>>("collated")?.unwrap_or_default(),
        types: row.get::<Option<_>>("types")?.unwrap_or_default(),
    };
    let place = (row.get("oid")?, row.get("relation")?);
    let numbered = columns.iter().enumerate();
    let read = numbered.map(|(at, number)| key(reader, classes, &keys, place, (at, *number)));
    read.collect::<Option<_>>().ok_or(Error::Moved { query: row.query })
}

fn key(
    reader: &Reader,
    classes: &Classes,
    keys: &Keys,
    (oid, relation): (u32, u32),
    (at, number): (usize, i16),
) -> Option<IndexKey> {
    let collation = *keys.collations.get(at)?;
    let (expr, column, ty, collated) = if number == 0 {
        let text = keys.expressions.get(at)?.as_deref()?;
        (reader.expr(text::unwrapped(text)), None, *keys.types.get(at)?, *keys.collated.get(at)?)
    } else {
        let (name, ty, own) = column(reader, relation, number)?;
        let collated = collation != 0 && collation != own;
        (reader.expr(&name.to_string()), Some(name), ty, collated)
    };
    let option = *keys.options.get(at)?;
    let part = i16::try_from(at + 1).ok()?;
    let opclass_options = reader.column(oid, part).map_or_else(Settings::new, |it| it.options.clone());
    let said = *keys.opclasses.get(at)?;
    // Parameters stand behind the name of a class, usual or not.
    let opclass = match opclass_options.is_empty() {
        true => opclass(reader, classes, (keys.method.as_ref()?, said), (ty, number == 0)),
        false => classes.by_oid.get(&said).map(called),
    };
    Some(IndexKey {
        expr,
        column,
        collation: collated.then(|| reader.collations.get(&collation).cloned()).flatten(),
        opclass,
        opclass_options,
        descending: option & 1 != 0,
        nulls_first: option & 2 != 0,
    })
}

/// A column's name, type and collation; system columns are not in `pg_attribute` as we read it.
fn column(reader: &Reader, relation: u32, number: i16) -> Option<(Name, u32, u32)> {
    reader.column(relation, number).map(|it| (it.name.clone(), it.ty.0, it.collation))
}

/// The operator class, unless it is what the type gets by itself: its own default, or that of the type
/// it is stored as when it has none of its own.
///
/// What an expression yields is known by what the index stores of it, unless the class stores another type:
/// then a default class passes for the type's own.
fn opclass(
    reader: &Reader,
    classes: &Classes,
    (method, oid): (&Name, u32),
    (ty, stored): (u32, bool),
) -> Option<String> {
    let class = classes.by_oid.get(&oid)?;
    let mut base = ty;
    while let Some(under) = reader.bases.get(&base) {
        base = *under;
    }
    let own = classes.defaults.get(&(method.clone(), base));
    let fits = class.ty == base || own.is_none() || stored && class.stores_another;
    if class.is_default && fits {
        return None;
    }
    Some(called(class))
}

/// A class by its name, qualified unless of pg_catalog.
fn called(class: &Class) -> String {
    match class.name.namespace.as_str() {
        "pg_catalog" => class.name.name.to_string(),
        _ => class.name.to_string(),
    }
}
