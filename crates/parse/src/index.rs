//! CREATE INDEX and ALTER INDEX.
//!
//! Knows how an index of a partitioned table brings about those of its partitions only by asking
//! `partition`.

use std::collections::BTreeMap;

use model::{Index, Kind, Name, Object, ObjectId, QualName, Settings, Span};
use sql::{Code, Cursor, Fault};

use crate::alter_table::{self, Target};
use crate::reader::{Reader, unknown};
use crate::{Verdict, column, index_key, index_name, partition, table};

/// `CREATE [UNIQUE] INDEX [CONCURRENTLY] [[IF NOT EXISTS] name] ON [ONLY] relation …`
pub(crate) fn create(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Verdict, Fault> {
    let begin = cursor.span();
    cursor.expect(&["create"])?;
    let unique = cursor.eat(&["unique"]);
    cursor.expect(&["index"])?;
    let concurrently = cursor.eat(&["concurrently"]);
    let guarded = cursor.eat(&["if", "not", "exists"]);
    let name = if cursor.at(&["on"]) { None } else { Some(cursor.dotted()?) };
    cursor.expect(&["on"])?;
    let only = cursor.eat(&["only"]);
    let (at, parts) = (cursor.span(), cursor.dotted()?);
    if reader.is_temporary(&parts) {
        return Ok(Verdict::Passed("temporary objects are never managed"));
    }
    let header = begin.to(cursor.previous());
    let relation = reader.relation(&parts, at)?;
    let Some(table) = relation.qual_name().cloned() else { return Err(unknown(&parts, "relation", at)) };
    let name = name.and_then(|mut it| it.pop());
    if let Some(name) = &name {
        let taken = reader.relation_taken(&name.clone().within(table.namespace.clone()));
        if taken && guarded {
            return Ok(Verdict::Idiom);
        }
    }
    let mut index = read(reader, cursor, relation)?;
    (index.unique, index.concurrently, index.only) = (unique, concurrently, only);
    cursor.expect_done()?;
    let span = begin.to(cursor.previous());
    let unnamed = name.is_none();
    let name = name.unwrap_or_else(|| chosen(reader, &table, &index)).within(table.namespace.clone());
    let id = Kind::Index.named(&name);
    reader.is_free(&id, span)?;
    if let Some(old) = reader.renamed(header) {
        reader.desired.renames.push((Kind::Index.named(&old.within(table.namespace.clone())), id.clone()));
    }
    let partitions = reader.partitions(&table);
    index.valid = !only || partitions.is_empty();
    reader.declare(&id, index, span);
    if unnamed {
        reader.desired.unnamed.insert(id.clone());
    }
    if !only {
        partition::spread_index(reader, &table, &id, span);
    }
    Ok(Verdict::Declared)
}

/// What stands behind the relation's name.
fn read(reader: &Reader<'_>, cursor: &mut Cursor<'_>, relation: ObjectId) -> Result<Index, Fault> {
    let method = if cursor.eat(&["using"]) { cursor.name()? } else { "btree".into() };
    let inside = cursor.parenthesised()?;
    let mut inside = cursor.within(inside);
    let mut keys = Vec::new();
    loop {
        let mut key = index_key::read(reader, &mut inside)?;
        index_key::settle(reader, &relation, &method, &mut key);
        keys.push(key);
        if !inside.eat_symbol(",") {
            break;
        }
    }
    inside.expect_done()?;
    let mut index = Index {
        relation,
        unique: false,
        method,
        keys,
        include: Vec::new(),
        predicate: None,
        nulls_not_distinct: false,
        options: Settings::new(),
        tablespace: None,
        statistics: BTreeMap::new(),
        valid: true,
        attached_to: None,
        only: false,
        concurrently: false,
    };
    while clause(reader, cursor, &mut index)? {}
    check_columns(reader, &index, cursor.span())?;
    Ok(index)
}

fn clause(reader: &Reader<'_>, cursor: &mut Cursor<'_>, index: &mut Index) -> Result<bool, Fault> {
    match () {
        () if cursor.eat(&["include"]) => index.include = cursor.name_list()?,
        () if cursor.eat(&["nulls", "not", "distinct"]) => index.nulls_not_distinct = true,
        () if cursor.eat(&["nulls", "distinct"]) => index.nulls_not_distinct = false,
        () if cursor.eat(&["with"]) => index.options = table::options(cursor)?,
        () if cursor.eat(&["tablespace"]) => index.tablespace = table::tablespace(cursor)?,
        () if cursor.eat(&["where"]) => {
            let tokens = cursor.until(|_| false);
            index.predicate = Some(reader.expr(cursor, tokens));
        }
        () => return Ok(false),
    }
    Ok(true)
}

/// Columns of tables are known; those of materialized views only to the server.
fn check_columns(reader: &Reader<'_>, index: &Index, span: Span) -> Result<(), Fault> {
    if index.relation.kind != Kind::Table {
        return Ok(());
    }
    let Some(table) = index.relation.qual_name() else { return Ok(()) };
    let named = index.keys.iter().filter_map(|it| it.column.as_ref()).chain(&index.include);
    column::are_there(reader, table, named, span)
}

/// The name the server would choose (`ChooseIndexName`).
pub(crate) fn chosen(reader: &Reader<'_>, table: &QualName, index: &Index) -> Name {
    let keys: Vec<_> = index.keys.iter().collect();
    let columns = index_name::columns(&keys, &index.include);
    reader.choose_relation(table, Some(&index_name::joined(&columns)), "idx", false)
}

/// `ALTER INDEX [IF EXISTS] name …`
pub(crate) fn alter(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Verdict, Fault> {
    let begin = cursor.span();
    cursor.expect(&["alter", "index"])?;
    let guarded = cursor.eat(&["if", "exists"]);
    let (at, parts) = (cursor.span(), cursor.dotted()?);
    if reader.is_temporary(&parts) {
        return Ok(Verdict::Passed("temporary objects are never managed"));
    }
    if cursor.eat(&["attach", "partition"]) {
        let child = cursor.dotted()?;
        cursor.expect_done()?;
        return partition::attach_index(reader, &parts, &child, begin.to(cursor.previous()));
    }
    let Some(id) = find(reader, &parts) else {
        if alter_table::renamed_before(reader, cursor, &parts, Kind::Index)? {
            return Ok(Verdict::Declared);
        }
        return match guarded {
            true => Ok(Verdict::Idiom),
            false => Err(unknown(&parts, "index", at)),
        };
    };
    let verdict = match () {
        () if cursor.eat(&["alter"]) => statistics(reader, cursor, &id)?,
        () if cursor.eat(&["set", "tablespace"]) => {
            let tablespace = table::tablespace(cursor)?;
            change(reader, &id, |_, space| *space = tablespace.clone());
            Verdict::Declared
        }
        () if cursor.eat(&["set"]) => {
            let set = table::options(cursor)?;
            change(reader, &id, |options, _| options.extend(set.clone()));
            Verdict::Declared
        }
        () if cursor.eat(&["reset"]) => {
            let reset = table::options(cursor)?;
            change(reader, &id, |options, _| options.retain(|it, _| !reset.contains_key(it)));
            Verdict::Declared
        }
        () => match alter_table::whole(reader, cursor, &Target { id, begin })? {
            Some(verdict) => verdict,
            None => {
                let what = cursor.slice(cursor.span()).to_uppercase();
                return Err(Fault::new(
                    Code::Unsupported,
                    cursor.span(),
                    format!("ALTER INDEX … {what} is not modelled"),
                ));
            }
        },
    };
    cursor.expect_done()?;
    Ok(verdict)
}

/// `ALTER [COLUMN] number SET STATISTICS target`, behind the first word.
fn statistics(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>, id: &ObjectId) -> Result<Verdict, Fault> {
    cursor.eat(&["column"]);
    let (at, number) = (cursor.span(), cursor.integer()?);
    cursor.expect(&["set", "statistics"])?;
    let target = column::statistics_target(cursor)?;
    let Some(Object::Index(index)) = reader.desired.schema.get_mut(id) else {
        return Err(alter_table::not_modelled(at, "a statistics target of a constraint's index"));
    };
    let place = usize::try_from(number).ok().and_then(|it| it.checked_sub(1));
    match place.and_then(|it| index.keys.get(it)).is_some_and(|it| it.column.is_none()) {
        true => _ = target_of(index, number, target),
        false => {
            let message = format!("column {number} of index {} is no expression", id.address());
            return Err(Fault::new(Code::Conflict, at, message));
        }
    }
    Ok(Verdict::Declared)
}

fn target_of(index: &mut Index, number: i64, target: Option<i32>) -> Option<i32> {
    let number = i16::try_from(number).ok()?;
    match target {
        Some(target) => index.statistics.insert(number, target),
        None => index.statistics.remove(&number),
    }
}

/// An index, or the constraint whose index has that name.
pub(crate) fn find(reader: &Reader<'_>, parts: &[Name]) -> Option<ObjectId> {
    reader.lookup(parts, |it| {
        let index = Kind::Index.named(it);
        if reader.desired.schema.contains(&index) {
            return Some(index);
        }
        reader.constraint_behind(it)
    })
}

fn change(reader: &mut Reader<'_>, id: &ObjectId, change: impl Fn(&mut Settings, &mut Option<Name>)) {
    match reader.desired.schema.get_mut(id) {
        Some(Object::Index(it)) => change(&mut it.options, &mut it.tablespace),
        Some(Object::Constraint(it)) => change(&mut it.options, &mut it.tablespace),
        _ => (),
    }
}
