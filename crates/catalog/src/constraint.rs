//! Reads constraints of tables and domains. Knows of an index only that a constraint takes it.

use model::{
    Constraint, Deferral, DomainConstraint, Element, ForeignKey, Index, Kind, Match, Name, NotNull, Object,
    ObjectId, QualName, Reaction, Rule,
};
use rustc_hash::FxHashMap;

use crate::Error;
use crate::address::class;
use crate::query::{Answers, Query, Record};
use crate::reader::Reader;

pub(crate) const QUERY: Query = Query { name: "constraints", sql: include_str!("constraint.sql") };

pub(crate) fn read(reader: &mut Reader, answers: &Answers) -> Result<(), Error> {
    let rows = QUERY.rows(answers)?;
    let mut indexes = taken(reader, &rows)?;
    for row in &rows {
        if row.get::<u32>("domain")? != 0 {
            domain(reader, row)?;
        } else if let Some(table) = reader.table(row.get("relation")?).cloned() {
            one(reader, row, &table, &mut indexes)?;
        }
    }
    rows.iter().try_for_each(|row| clone(reader, row))
}

/// Takes the indexes that stand behind constraints out of those that stand alone.
fn taken(reader: &mut Reader, rows: &[Record]) -> Result<FxHashMap<u32, Index>, Error> {
    let mut owned = FxHashMap::default();
    for row in rows {
        if matches!(row.get::<&str>("kind")?, "p" | "u" | "x") {
            owned.insert(row.get::<u32>("index")?, ());
        }
    }
    let all = std::mem::take(&mut reader.indexes);
    let (taken, left): (Vec<_>, Vec<_>) = all.into_iter().partition(|(oid, _)| owned.contains_key(oid));
    reader.indexes = left;
    for (oid, index) in &taken {
        for number in index.statistics.keys() {
            reader.unmodelled(*oid, "statistics target", &Name::new(number.to_string()));
        }
    }
    Ok(taken.into_iter().collect())
}

/// Inherited checks are their parents', and constraints of partitions that come from above likewise.
fn is_inherited(row: &Record) -> Result<bool, Error> {
    let from_above = row.get::<u32>("parent")? != 0;
    let merged = matches!(row.get::<&str>("kind")?, "c" | "n") && row.get::<bool>("inherited")?;
    Ok(from_above || merged)
}

/// A check or NOT NULL that a child declares too outlasts its parents'.
fn also_own(reader: &mut Reader, row: &Record, table: &QualName) -> Result<(), Error> {
    if !row.get::<bool>("also_own")? {
        return Ok(());
    }
    let numbers: Vec<i16> = row.get::<Option<_>>("columns")?.unwrap_or_default();
    let columns = reader.column_names(row, row.get("relation")?, &numbers)?;
    let Some(Object::Table(table)) = reader.schema.get_mut(&Kind::Table.named(table)) else { return Ok(()) };
    match row.get::<&str>("kind")? {
        "c" => _ = table.also_own.checks.insert(row.name("name")?),
        "n" => table.also_own.not_nulls.extend(columns),
        _ => (),
    }
    Ok(())
}

fn one(
    reader: &mut Reader,
    row: &Record,
    table: &QualName,
    indexes: &mut FxHashMap<u32, Index>,
) -> Result<(), Error> {
    let oid: u32 = row.get("oid")?;
    if reader.relation_id(row.get("relation")?).is_none() {
        return Ok(());
    }
    if is_inherited(row)? {
        return also_own(reader, row, table);
    }
    let (kind, name): (String, _) = (row.get("kind")?, row.name("name")?);
    match kind.as_str() {
        "n" => not_null(reader, row, table),
        "f" => {
            let foreign_key = foreign_key(reader, row)?;
            reader.insert((class::CONSTRAINT, oid), Kind::ForeignKey.of(table, &name), foreign_key);
            Ok(())
        }
        _ => {
            let (id, index) = (Kind::Constraint.of(table, &name), row.get::<u32>("index")?);
            let constraint = constraint(reader, row, &kind, indexes.remove(&index))?;
            reader.insert((class::CONSTRAINT, oid), id.clone(), constraint);
            if kind != "c" {
                reader.put_address(class::RELATION, index, 0, id);
            }
            Ok(())
        }
    }
}

/// What stands for a constraint that is no object: the one it comes from, else its table.
fn clone(reader: &mut Reader, row: &Record) -> Result<(), Error> {
    let (oid, relation): (u32, u32) = (row.get("oid")?, row.get("relation")?);
    if reader.addresses.contains_key(&(class::CONSTRAINT, oid, 0)) {
        return Ok(());
    }
    let table = reader.table(relation).cloned();
    reader.clones.insert(oid, (relation, row.name("name")?));
    let above = reader.addresses.get(&(class::CONSTRAINT, row.get("parent")?, 0)).cloned();
    if let (Some(above), Some(table)) = (&above, &table) {
        lent(reader, row, above, table)?;
    }
    let above = match (above, &table) {
        (None, Some(table)) => merged(reader, &row.name("name")?, table),
        (above, _) => above,
    };
    let Some(id) = above.or_else(|| reader.relation_id(relation).cloned()) else { return Ok(()) };
    if matches!(row.get::<&str>("kind")?, "p" | "u" | "x") {
        reader.put_address(class::RELATION, row.get("index")?, 0, id.clone());
    }
    reader.put_address(class::CONSTRAINT, oid, 0, id);
    Ok(())
}

/// What a partition calls what it has from above. Keys on partitioned tables have parts in their own table too, for
/// each of the partitions.
fn lent(reader: &mut Reader, row: &Record, above: &ObjectId, table: &QualName) -> Result<(), Error> {
    let target = reader.table(row.get("target")?);
    let is_part = match reader.schema.get(above) {
        Some(Object::ForeignKey(it)) => target.is_none_or(|target| *target != it.target),
        _ => false,
    };
    if above.relation().is_some_and(|it| it != table)
        && !is_part
        && let Some(Object::Table(it)) = reader.schema.get_mut(&Kind::Table.named(table))
    {
        it.also_own.lent.push((above.clone(), row.name("name")?));
    }
    Ok(())
}

/// The check above that an inherited one is one with: they go by one name.
fn merged(reader: &Reader, name: &Name, table: &QualName) -> Option<ObjectId> {
    let line = reader.schema.lineage(table).into_iter();
    line.map(|it| Kind::Constraint.of(it, name)).find(|it| reader.schema.contains(it))
}

fn domain(reader: &mut Reader, row: &Record) -> Result<(), Error> {
    let domain: u32 = row.get("domain")?;
    let Some(name) = reader.domains.get(&domain).cloned() else { return Ok(()) };
    let oid = row.get("oid")?;
    if row.get::<&str>("kind")? != "c" {
        // A domain's NOT NULL is a field of the domain, though 17 lists it as a constraint.
        let id = Kind::Domain.named(&name);
        if let Some(Object::Domain(it)) = reader.schema.get_mut(&id) {
            it.not_null_name = Some(row.name("name")?);
        }
        reader.put_address(class::CONSTRAINT, oid, 0, id);
        return Ok(());
    }
    let check =
        DomainConstraint { check: reader.expr(row.deparsed("check")?), validated: row.get("validated")? };
    reader.insert((class::CONSTRAINT, oid), Kind::DomainConstraint.of(&name, &row.name("name")?), check);
    Ok(())
}

fn not_null(reader: &mut Reader, row: &Record, table: &QualName) -> Result<(), Error> {
    let numbers: Vec<i16> = row.get::<Option<_>>("columns")?.unwrap_or_default();
    for column in reader.column_names(row, row.get("relation")?, &numbers)? {
        let not_null = NotNull {
            name: Some(row.name("name")?),
            no_inherit: row.get("no_inherit")?,
            not_valid: !row.get::<bool>("validated")?,
        };
        reader.insert((class::CONSTRAINT, row.get("oid")?), Kind::NotNull.of(table, &column), not_null);
    }
    Ok(())
}

fn deferral(row: &Record) -> Result<Deferral, Error> {
    Ok(match (row.get("deferrable")?, row.get("deferred")?) {
        (false, _) => Deferral::Never,
        (true, false) => Deferral::Immediate,
        (true, true) => Deferral::Deferred,
    })
}

fn constraint(reader: &Reader, row: &Record, kind: &str, index: Option<Index>) -> Result<Constraint, Error> {
    let (options, tablespace) = match &index {
        Some(it) => (it.options.clone(), it.tablespace.clone()),
        None => Default::default(),
    };
    Ok(Constraint {
        rule: rule(reader, row, kind, index)?,
        deferral: deferral(row)?,
        validated: row.get("validated")?,
        enforced: row.get("enforced")?,
        options,
        tablespace,
    })
}

fn rule(reader: &Reader, row: &Record, kind: &str, index: Option<Index>) -> Result<Rule, Error> {
    if kind == "c" {
        let expr = reader.expr(row.deparsed("check")?);
        return Ok(Rule::Check { expr, no_inherit: row.get("no_inherit")? });
    }
    let Index { method, keys, include, predicate, nulls_not_distinct, .. } =
        index.ok_or(Error::Moved { query: row.query })?;
    if kind == "x" {
        let operators = operators(row)?.into_iter();
        let elements = keys.into_iter().zip(operators).map(|(key, operator)| Element { key, operator });
        return Ok(Rule::Exclusion { method, elements: elements.collect(), include, predicate });
    }
    let numbers: Vec<i16> = row.get::<Option<_>>("columns")?.unwrap_or_default();
    let columns = reader.column_names(row, row.get("relation")?, &numbers)?;
    let without_overlaps = row.get("period")?;
    Ok(match kind {
        "p" => Rule::PrimaryKey { columns, include, without_overlaps },
        _ => Rule::Unique { columns, include, nulls_not_distinct, without_overlaps },
    })
}

/// The operators of an exclusion constraint, as SQL spells them.
fn operators(row: &Record) -> Result<Vec<String>, Error> {
    let namespaces: Vec<String> = row.get("operator_namespaces")?;
    let names: Vec<String> = row.get("operators")?;
    let pairs = namespaces.into_iter().zip(names);
    let spelled = pairs.map(|(namespace, name)| match namespace.as_str() {
        "pg_catalog" => name,
        _ => format!("OPERATOR({}.{name})", Name::from(namespace)),
    });
    Ok(spelled.collect())
}

fn foreign_key(reader: &Reader, row: &Record) -> Result<ForeignKey, Error> {
    let (relation, target): (u32, u32) = (row.get("relation")?, row.get("target")?);
    let numbers = |column| row.get::<Option<Vec<i16>>>(column).map(Option::unwrap_or_default);
    let name = reader.relations.get(&target).map(|it| it.name.clone());
    Ok(ForeignKey {
        columns: reader.column_names(row, relation, &numbers("columns")?)?,
        target: name.ok_or(Error::Moved { query: row.query })?,
        target_columns: reader.column_names(row, target, &numbers("target_columns")?)?,
        on_delete: reaction(row, "on_delete")?,
        on_delete_columns: reader.column_names(row, relation, &numbers("on_delete_columns")?)?,
        on_update: reaction(row, "on_update")?,
        matching: match row.get::<&str>("match")? {
            "s" => Match::Simple,
            "f" => Match::Full,
            other => return Err(row.unknown(format!("match type {other}"))),
        },
        deferral: deferral(row)?,
        validated: row.get("validated")?,
        enforced: row.get("enforced")?,
        period: row.get("period")?,
    })
}

fn reaction(row: &Record, column: &'static str) -> Result<Reaction, Error> {
    Ok(match row.get::<&str>(column)? {
        "a" => Reaction::NoAction,
        "r" => Reaction::Restrict,
        "c" => Reaction::Cascade,
        "n" => Reaction::SetNull,
        "d" => Reaction::SetDefault,
        other => return Err(row.unknown(format!("action {other}"))),
    })
}
