//! Reads columns, their defaults and whether they take NULL.

use std::collections::BTreeMap;

use model::{Column, Default, Generated, Identity, IdentityMode, Kind, Name, NotNull, ObjectId, QualName};

use crate::address::class;
use crate::query::{Answers, Query, Record};
use crate::reader::{self, Reader};
use crate::{Error, relation};

pub(crate) const QUERY: Query = Query { name: "columns", sql: include_str!("column.sql") };

pub(crate) fn read(reader: &mut Reader, answers: &Answers) -> Result<(), Error> {
    let rows = QUERY.rows(answers)?;
    for row in &rows {
        let relation = row.get("relation")?;
        if reader.relations.contains_key(&relation) {
            let column = known(row)?;
            reader.columns.entry(relation).or_default().push(column);
        }
    }
    rows.iter().try_for_each(|row| one(reader, row))
}

/// What other families ask of a column.
fn known(row: &Record) -> Result<reader::Column, Error> {
    Ok(reader::Column {
        number: row.get("number")?,
        name: row.name("name")?,
        ty: (row.get("type")?, row.get("modifier")?),
        collation: row.get("own_collation")?,
        not_null: row.get("not_null")?,
        inherited: row.get("inherited")?,
        options: options(row)?,
        default: row.get("default")?,
    })
}

fn one(reader: &mut Reader, row: &Record) -> Result<(), Error> {
    let (relation, number): (u32, i16) = (row.get("relation")?, row.get("number")?);
    let Some(of) = reader.relation_id(relation).cloned() else { return Ok(()) };
    let Some(table) = of.qual_name().cloned() else { return Ok(()) };
    let name = row.name("name")?;
    let id = Kind::Column.of(&table, &name);
    reader.access.extend(acl(row, &id)?);
    let part = i32::from(number);
    if of.kind != Kind::Table {
        reader.put_address(class::RELATION, relation, part, of);
        return default(reader, row, &table, &name);
    }
    let (inherited, generated): (bool, _) =
        (row.get("inherited")?, row.get::<Option<&str>>("generated")?.is_some());
    let address = relation::column_id(reader, relation, number).unwrap_or(of);
    reader.put_address(class::RELATION, relation, part, address);
    if !inherited {
        let column = column(reader, row)?;
        reader.schema.insert(id.clone(), column);
    }
    if generated {
        if let Some(oid) = row.get::<Option<u32>>("default_oid")? {
            reader.put_address(class::DEFAULT, oid, 0, id);
        }
    } else {
        default(reader, row, &table, &name)?;
    }
    if reader.facts.major < 18 {
        not_null(reader, relation, number, &table, &name);
    }
    Ok(())
}

/// The options that users set. Minor releases of November 2026 and later keep a mark of their own among
/// them, which pg_dump leaves out likewise.
fn options(row: &Record) -> Result<BTreeMap<String, String>, Error> {
    let mut options = row.options("options")?;
    options.remove("pg_attver");
    Ok(options)
}

/// A column's access list has no owner of its own: nobody holds anything by default.
fn acl(row: &Record, id: &ObjectId) -> Result<Option<(ObjectId, u32, Vec<String>)>, Error> {
    Ok(row.get::<Option<Vec<String>>>("acl")?.map(|acl| (id.clone(), 0, acl)))
}

fn column(reader: &Reader, row: &Record) -> Result<Column, Error> {
    let storage = row.get::<Option<&str>>("storage")?;
    let compression = row.get::<Option<&str>>("compression")?;
    let collation = row.get::<Option<u32>>("collation")?;
    Ok(Column {
        ty: reader.ty(row.query, row.get("type")?, Some(row.get("modifier")?))?,
        collation: collation.and_then(|it| reader.collations.get(&it).cloned()),
        identity: identity(reader, row)?,
        generated: generated(reader, row)?,
        storage: storage.map(|it| self::storage(row, it)).transpose()?,
        compression: compression.map(|it| self::compression(row, it)).transpose()?,
        statistics: row.get("statistics")?,
        options: options(row)?,
    })
}

fn identity(reader: &Reader, row: &Record) -> Result<Option<Identity>, Error> {
    let Some(mode) = row.get::<Option<&str>>("identity")? else { return Ok(None) };
    let mode = if mode == "a" { IdentityMode::Always } else { IdentityMode::ByDefault };
    let key = (row.get::<u32>("relation")?, i32::from(row.get::<i16>("number")?));
    let sequence = reader.identities.get(&key).cloned().ok_or(Error::Moved { query: row.query })?;
    Ok(Some(Identity { mode, sequence }))
}

fn generated(reader: &Reader, row: &Record) -> Result<Option<Generated>, Error> {
    let Some(kind) = row.get::<Option<&str>>("generated")? else { return Ok(None) };
    Ok(Some(Generated { expr: reader.expr(row.deparsed("default")?), stored: kind == "s" }))
}

fn storage(row: &Record, letter: &str) -> Result<String, Error> {
    let word = match letter {
        "p" => "PLAIN",
        "e" => "EXTERNAL",
        "x" => "EXTENDED",
        "m" => "MAIN",
        other => return Err(row.unknown(format!("storage {other}"))),
    };
    Ok(word.to_owned())
}

fn compression(row: &Record, letter: &str) -> Result<String, Error> {
    match letter {
        "p" => Ok("pglz".to_owned()),
        "l" => Ok("lz4".to_owned()),
        other => Err(row.unknown(format!("compression {other}"))),
    }
}

/// The default, unless it came from a parent and is still the same.
fn default(reader: &mut Reader, row: &Record, table: &QualName, name: &Name) -> Result<(), Error> {
    let Some(oid) = row.get::<Option<u32>>("default_oid")? else { return Ok(()) };
    let text = row.deparsed("default")?;
    let relation: u32 = row.get("relation")?;
    if row.get("inherited")? && parents(reader, relation, name).any(|it| it.default.as_deref() == Some(text))
    {
        if let Some(id) = reader.relation_id(relation).cloned() {
            reader.put_address(class::DEFAULT, oid, 0, id);
        }
        return Ok(());
    }
    let default = Default { expr: reader.expr(text) };
    reader.insert((class::DEFAULT, oid), Kind::Default.of(table, name), default);
    Ok(())
}

/// Before 18 a NOT NULL has no name, and comes from the parent where the parent has it.
fn not_null(reader: &mut Reader, relation: u32, number: i16, table: &QualName, name: &Name) {
    let Some(column) = reader.column(relation, number) else { return };
    let given = column.inherited && parents(reader, relation, name).any(|it| it.not_null);
    if column.not_null && !given {
        reader.schema.insert(Kind::NotNull.of(table, name), NotNull::default());
    }
}

/// The columns of that name of the parents.
fn parents<'a>(
    reader: &'a Reader,
    relation: u32,
    name: &'a Name,
) -> impl Iterator<Item = &'a reader::Column> {
    let parents = reader.relations.get(&relation).into_iter().flat_map(|it| &it.parents);
    let columns = parents.filter_map(|it| reader.columns.get(it)).flatten();
    columns.filter(move |it| it.name == *name)
}
