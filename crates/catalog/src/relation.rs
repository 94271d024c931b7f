//! Reads `pg_class` and `pg_inherits`: which relations there are, and what tables are like as a whole.

use model::{
    Foreign, Kind, Name, ObjectId, PartitionKey, PartitionOf, Persistence, QualName, ReplicaIdentity, Table,
};
use rustc_hash::FxHashMap;

use crate::address::class;
use crate::query::{Answers, Query, Record};
use crate::reader::{Reader, Relation};
use crate::{Error, types};

pub(crate) const QUERY: Query = Query { name: "relations", sql: include_str!("relation.sql") };
pub(crate) const PARENTS: Query = Query { name: "inheritance", sql: include_str!("inherit.sql") };

pub(crate) fn read(reader: &mut Reader, answers: &Answers) -> Result<(), Error> {
    let mut parents: FxHashMap<u32, Vec<u32>> = FxHashMap::default();
    for row in PARENTS.rows(answers)? {
        parents.entry(row.get("child")?).or_default().push(row.get("parent")?);
    }
    let rows = QUERY.rows(answers)?;
    for row in &rows {
        let Some(name) = reader.qual_name(row)? else { continue };
        let oid = row.get("oid")?;
        let above = parents.remove(&oid).unwrap_or_default();
        let mut relation = relation(row, name, above)?;
        // What belongs to an extension is the type, and that has been read.
        let is_ours = |it: &ObjectId| match it.kind {
            Kind::Composite => reader.schema.contains(it),
            _ => !reader.is_member(class::RELATION, oid),
        };
        relation.id = relation.id.filter(is_ours);
        estimate(reader, row, &relation)?;
        reader.relations.insert(oid, relation);
    }
    rows.iter().try_for_each(|row| own(reader, row))?;
    types::link(reader);
    Ok(())
}

fn relation(row: &Record, name: QualName, parents: Vec<u32>) -> Result<Relation, Error> {
    let kind: String = row.get("kind")?;
    let id = match kind.as_str() {
        "r" | "p" | "f" => Some(Kind::Table.named(&name)),
        "v" => Some(Kind::View.named(&name)),
        "m" => Some(Kind::MaterializedView.named(&name)),
        "S" => Some(Kind::Sequence.named(&name)),
        "c" => Some(Kind::Composite.named(&name)),
        _ => None,
    };
    let mut options = row.options("options")?;
    let toast = row.options("toast_options")?;
    options.extend(toast.into_iter().map(|(name, value)| (format!("toast.{name}"), value)));
    Ok(Relation {
        name,
        kind,
        id,
        owner: row.get("owner")?,
        persistence: match row.get::<&str>("persistence")? {
            "u" => Persistence::Unlogged,
            _ => Persistence::Permanent,
        },
        options,
        access_method: row.maybe_name("access_method")?,
        tablespace: row.maybe_name("tablespace")?,
        populated: row.get("populated")?,
        parents,
        identity_by_index: row.get::<&str>("replica_identity")? == "i",
    })
}

/// What the facts say of the size of every relation, whoever manages it.
fn estimate(reader: &mut Reader, row: &Record, relation: &Relation) -> Result<(), Error> {
    let Relation { name, kind, .. } = relation;
    if matches!(kind.as_str(), "i" | "I" | "c") {
        return Ok(());
    }
    let block = reader.facts.settings.get("block_size").and_then(|it| it.parse().ok()).unwrap_or(8192_u64);
    let pages = u64::try_from(row.get::<i32>("pages")?).unwrap_or_default();
    reader.facts.bytes.insert(name.clone(), pages * block);
    if let Some(rows) = row.get::<Option<f64>>("rows")? {
        reader.facts.rows.insert(name.clone(), rows as u64);
    }
    Ok(())
}

/// Puts tables in and gives views their address and owner; their queries are read elsewhere.
fn own(reader: &mut Reader, row: &Record) -> Result<(), Error> {
    let oid: u32 = row.get("oid")?;
    let Some(id) = reader.relation_id(oid).cloned() else { return Ok(()) };
    let (owner, acl) = (row.get("owner")?, row.get::<Option<Vec<String>>>("acl")?);
    if id.kind == Kind::Sequence {
        reader.access.extend(acl.map(|it| (id, owner, it)));
        return Ok(());
    }
    if id.kind == Kind::Composite {
        reader.put_address(class::RELATION, oid, 0, id);
        return Ok(());
    }
    if id.kind == Kind::Table {
        let table = table(reader, row, oid)?;
        reader.schema.insert(id.clone(), table);
    }
    reader.put_address(class::RELATION, oid, 0, id.clone());
    reader.owned(&id, owner, acl);
    Ok(())
}

fn table(reader: &Reader, row: &Record, oid: u32) -> Result<Table, Error> {
    let Some(relation) = reader.relations.get(&oid) else { return Ok(Table::default()) };
    let parents = relation.parents.iter().map(|it| reader.relations.get(it).map(|it| it.name.clone()));
    let mut parents: Vec<QualName> =
        parents.collect::<Option<_>>().ok_or(Error::Moved { query: row.query })?;
    let partition_of = match row.get("is_partition")? {
        false => None,
        true => Some(PartitionOf {
            parent: parents.pop().ok_or(Error::Moved { query: row.query })?,
            bound: reader.expr(row.deparsed("bound")?),
        }),
    };
    let partition_by = match relation.kind.as_str() {
        "p" => Some(PartitionKey { key: reader.expr(row.deparsed("partition_key")?) }),
        _ => None,
    };
    Ok(Table {
        persistence: relation.persistence,
        row_security: row.get("row_security")?,
        force_row_security: row.get("force_row_security")?,
        options: relation.options.clone(),
        partition_by,
        partition_of,
        inherits: parents,
        also_own: Box::default(),
        of_type: reader.type_names.get(&row.get("of_type")?).cloned(),
        access_method: relation.access_method.clone(),
        tablespace: relation.tablespace.clone(),
        replica_identity: match row.get::<&str>("replica_identity")? {
            _ if relation.kind == "f" => ReplicaIdentity::Default,
            "f" => ReplicaIdentity::Full,
            // With `i` the index is named when indexes are read; one that was dropped identifies nothing.
            "n" | "i" => ReplicaIdentity::Nothing,
            _ => ReplicaIdentity::Default,
        },
        cluster_on: None,
        foreign: foreign(row)?,
    })
}

fn foreign(row: &Record) -> Result<Option<Foreign>, Error> {
    let Some(server) = row.maybe_name("server")? else { return Ok(None) };
    Ok(Some(Foreign { server, options: row.options("foreign_options")? }))
}

/// Writes into a table what only its indexes tell.
pub(crate) fn mark(reader: &mut Reader, table: u32, index: &Name, clustered: bool, identity: bool) {
    let Some(relation) = reader.relations.get(&table) else { return };
    let identity = identity && relation.identity_by_index;
    let Some(model::Object::Table(of)) = relation.id.as_ref().and_then(|it| reader.schema.get_mut(it)) else {
        if clustered {
            reader.unmodelled(table, "cluster mark", index);
        }
        return;
    };
    if clustered {
        of.cluster_on = Some(index.clone());
    }
    if identity {
        of.replica_identity = ReplicaIdentity::Index(index.clone());
    }
}

/// The relation of a column number, as far as it is an object: an inherited column is its ancestor's.
pub(crate) fn column_id(reader: &Reader, relation: u32, number: i16) -> Option<ObjectId> {
    let column = reader.column(relation, number)?;
    let found = reader.relations.get(&relation)?;
    if !column.inherited {
        return Some(Kind::Column.of(&found.name, &column.name));
    }
    found.parents.iter().find_map(|parent| {
        let same = reader.columns.get(parent)?.iter().find(|it| it.name == column.name)?;
        column_id(reader, *parent, same.number)
    })
}
