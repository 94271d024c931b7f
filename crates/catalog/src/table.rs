//! Reads columns, their defaults and whether they take NULL.

use model::{
    Column, Default, Generated, Identity, IdentityMode, Kind, Name, NotNull, ObjectId, QualName,
    SequenceName, SequenceOptions, Settings,
};

use crate::address::class;
use crate::query::{Answers, Query, Record};
use crate::reader::{self, Kept, Reader};
use crate::{Error, relation};

pub(crate) const DEFAULTS: Query = Query { name: "defaults", sql: include_str!("default.sql") };
pub(crate) const QUERY: Query = Query { name: "columns", sql: include_str!("column.sql") };

/// A column that was read: its relation, and its place among the columns of it.
type Place = (u32, usize);

pub(crate) fn read(reader: &mut Reader, answers: &Answers) -> Result<(), Error> {
    let defaults = DEFAULTS.rows(answers)?;
    let mut defaults = defaults.iter().peekable();
    let rows = QUERY.rows(answers)?;
    let mut places = Vec::with_capacity(rows.len());
    for row in &rows {
        let (relation, number): (u32, i16) = (row.get("relation")?, row.get("number")?);
        // Both are in order, so that the default of a column is the next one that is not behind it.
        while let Some(next) = defaults.peek() {
            if (next.get::<u32>("relation")?, next.get::<i16>("number")?) >= (relation, number) {
                break;
            }
            defaults.next();
        }
        if !reader.relations.contains_key(&relation) {
            continue;
        }
        let column = known(row, number, defaults.peek().copied())?;
        elsewhere(reader, relation, &column);
        let columns = reader.columns.entry(relation).or_default();
        places.push((row, (relation, columns.len())));
        columns.push(column);
    }
    places.into_iter().try_for_each(|(row, place)| one(reader, row, place))
}

/// Settings of a column of something else than a table are not modelled, but for the statistics target of an
/// index's, so they are listed.
fn elsewhere(reader: &mut Reader, relation: u32, column: &reader::Column) {
    let Some(of) = reader.relations.get(&relation) else { return };
    let index = matches!(of.kind.as_str(), "i" | "I");
    if of.is_table() || index {
        return;
    }
    if column.statistics.is_some() {
        reader.unmodelled(relation, "statistics target", &column.name);
    }
    if !column.options.is_empty() || column.kept != Kept::default() {
        reader.unmodelled(relation, "setting of a column", &column.name);
    }
}

/// What a column that comes from a parent has of its own and the parent has otherwise is not modelled.
fn settings_of_heir(reader: &mut Reader, (relation, at): Place) {
    let Some(column) = reader.columns.get(&relation).and_then(|it| it.get(at)) else { return };
    let own = |it: &reader::Column| (it.statistics, it.options.clone());
    let plain = column.statistics.is_none() && column.options.is_empty();
    let as_told = plain || parents(reader, relation, &column.name).any(|it| own(it) == own(column));
    if as_told && parents(reader, relation, &column.name).any(|it| it.kept == column.kept) {
        return;
    }
    let name = column.name.clone();
    reader.unmodelled(relation, "setting of an inherited column", &name);
}

/// What is asked of a column beside its own row.
fn known(row: &Record, number: i16, next: Option<&Record>) -> Result<reader::Column, Error> {
    let relation: u32 = row.get("relation")?;
    let mut default = None;
    if let Some(next) = next
        && next.get::<i16>("number")? == number
        && next.get::<u32>("relation")? == relation
    {
        default = Some((next.get("oid")?, next.deparsed("text")?.to_owned()));
    }
    let generated = row.get::<Option<&str>>("generated")?.and(default.as_ref());
    let kept = Kept {
        storage: row.get("storage")?,
        compression: row.get("compression")?,
        foreign: row.options("foreign_options")?,
        generated: generated.map(|it: &(u32, String)| it.1.clone()),
    };
    Ok(reader::Column {
        number,
        kept,
        name: row.name("name")?,
        ty: (row.get("type")?, row.get("modifier")?),
        collation: row.get("own_collation")?,
        not_null: row.get("not_null")?,
        inherited: row.get("inherited")?,
        options: options(row)?,
        statistics: row.get("statistics")?,
        default,
    })
}

fn one(reader: &mut Reader, row: &Record, (relation, at): Place) -> Result<(), Error> {
    let Some(of) = reader.relation_id(relation).cloned() else { return Ok(()) };
    let Some(table) = of.qual_name().cloned() else { return Ok(()) };
    let Some(known) = reader.columns.get(&relation).and_then(|it| it.get(at)) else { return Ok(()) };
    let (name, number, inherited, oid) =
        (known.name.clone(), known.number, known.inherited, known.default.as_ref().map(|it| it.0));
    let id = Kind::Column.of(&table, &name);
    reader.access.extend(acl(row, &id)?);
    if of.kind != Kind::Table {
        reader.put_address(class::RELATION, relation, number.into(), of);
        default(reader, (relation, at), &table);
        return Ok(());
    }
    let generated = row.get::<Option<&str>>("generated")?;
    if inherited {
        settings_of_heir(reader, (relation, at));
        if row.get("also_own")?
            && let Some(model::Object::Table(table)) = reader.schema.get_mut(&of)
        {
            table.also_own.columns.insert(name);
        }
        let address = relation::column_id(reader, relation, number).unwrap_or(of);
        reader.put_address(class::RELATION, relation, number.into(), address);
    } else {
        let column = column(reader, row, (relation, at))?;
        reader.put_address(class::RELATION, relation, number.into(), id.clone());
        reader.schema.insert(id.clone(), column);
    }
    match (generated, oid) {
        (Some(_), Some(oid)) => reader.put_address(class::DEFAULT, oid, 0, id),
        _ => default(reader, (relation, at), &table),
    }
    if reader.facts.major < 18 {
        not_null(reader, (relation, at), &table);
    }
    Ok(())
}

/// The options that users set. Minor releases of November 2026 and later keep a mark of their own among
/// them, which pg_dump leaves out likewise.
fn options(row: &Record) -> Result<Settings, Error> {
    let mut options = row.options("options")?;
    options.shift_remove("pg_attver");
    Ok(options)
}

/// A column's access list has no owner of its own: nobody holds anything by default.
fn acl(row: &Record, id: &ObjectId) -> Result<Option<(ObjectId, u32, Vec<String>)>, Error> {
    Ok(row.get::<Option<Vec<String>>>("acl")?.map(|acl| (id.clone(), 0, acl)))
}

fn column(reader: &Reader, row: &Record, (relation, at): Place) -> Result<Column, Error> {
    let moved = || Error::Moved { query: row.query };
    let known = reader.columns.get(&relation).and_then(|it| it.get(at)).ok_or_else(moved)?;
    let storage = row.get::<Option<&str>>("storage")?;
    let compression = row.get::<Option<&str>>("compression")?;
    let collation = row.get::<Option<u32>>("collation")?;
    Ok(Column {
        ty: reader.ty(row.query, known.ty.0, Some(known.ty.1))?,
        collation: collation.and_then(|it| reader.collations.get(&it).cloned()),
        identity: identity(reader, row, (relation, known.number))?,
        generated: generated(reader, row, known)?,
        storage: storage.map(|it| self::storage(row, it)).transpose()?,
        compression: compression.map(|it| self::compression(row, it)).transpose()?,
        statistics: row.get("statistics")?,
        options: known.options.clone(),
        foreign: row.options("foreign_options")?,
    })
}

fn identity(
    reader: &Reader,
    row: &Record,
    (relation, number): (u32, i16),
) -> Result<Option<Identity>, Error> {
    let Some(mode) = row.get::<Option<&str>>("identity")? else { return Ok(None) };
    let mode = if mode == "a" { IdentityMode::Always } else { IdentityMode::ByDefault };
    let moved = || Error::Moved { query: row.query };
    let (oid, sequence) = reader.identities.get(&(relation, number.into())).cloned().ok_or_else(moved)?;
    let name = SequenceName(reader.relations.get(&oid).ok_or_else(moved)?.name.name.clone());
    // A copy by LIKE counts in bigint within the limits of the column's type, which nobody can state.
    let column = reader.column(relation, number).ok_or_else(moved)?;
    let ty = reader.ty(row.query, column.ty.0, Some(column.ty.1))?;
    Ok(Some(Identity { mode, sequence: SequenceOptions { ty, ..sequence }, name }))
}

fn generated(reader: &Reader, row: &Record, known: &reader::Column) -> Result<Option<Generated>, Error> {
    let Some(kind) = row.get::<Option<&str>>("generated")? else { return Ok(None) };
    let (_, text) = known.default.as_ref().ok_or(Error::Moved { query: row.query })?;
    Ok(Some(Generated { expr: reader.expr(text), stored: kind == "s" }))
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

/// The default, unless it came from a parent and is still the same. An heir without one, where the parent has
/// one, defaults to NULL.
fn default(reader: &mut Reader, (relation, at): Place, table: &QualName) {
    let Some(known) = reader.columns.get(&relation).and_then(|it| it.get(at)) else { return };
    let Some((oid, text)) = &known.default else {
        let lost = known.inherited && parents(reader, relation, &known.name).any(|it| it.default.is_some());
        if lost {
            let (id, expr) = (Kind::Default.of(table, &known.name), reader.expr("NULL"));
            reader.schema.insert(id, Default { expr });
        }
        return;
    };
    let (oid, id) = (*oid, Kind::Default.of(table, &known.name));
    match default_above(reader, relation, known, text) {
        Some(above) => reader.put_address(class::DEFAULT, oid, 0, above),
        None => {
            let expr = reader.expr(text);
            reader.insert((class::DEFAULT, oid), id, Default { expr });
        }
    }
}

/// The default that an heir's column has from above: that of the highest parent that has the same.
fn default_above(reader: &Reader, relation: u32, column: &reader::Column, text: &str) -> Option<ObjectId> {
    let parents = reader.relations.get(&relation)?.parents.iter().filter(|_| column.inherited);
    let same = |it: &&reader::Column| {
        it.name == column.name && it.default.as_ref().is_some_and(|(_, theirs)| **theirs == *text)
    };
    let mut found = parents.filter_map(|it| Some((*it, reader.columns.get(it)?.iter().find(same)?)));
    let (parent, above) = found.next()?;
    default_above(reader, parent, above, text)
        .or_else(|| Some(Kind::Default.of(&reader.relations.get(&parent)?.name, &column.name)))
}

/// Before 18 a NOT NULL has no name, and comes from the parent where the parent has it.
fn not_null(reader: &mut Reader, (relation, at): Place, table: &QualName) {
    let Some(column) = reader.columns.get(&relation).and_then(|it| it.get(at)) else { return };
    let given = column.inherited && parents(reader, relation, &column.name).any(|it| it.not_null);
    if column.not_null && !given {
        let id = Kind::NotNull.of(table, &column.name);
        reader.schema.insert(id, NotNull::default());
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
