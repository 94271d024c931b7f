//! INHERIT, NO INHERIT and DETACH PARTITION: who stands under whom, and what a table keeps when it leaves.
//!
//! Knows nothing of bounds.

use model::{Column, Constraint, Default, Kind, Name, Object, ObjectId, QualName, Rule, Span, Table};
use sql::{Code, Cursor, Fault};

use crate::alter_table::not_modelled;
use crate::depth::{self, DEEPEST, Wrong};
use crate::partition;
use crate::reader::{Reader, unknown};

/// Takes a table from under its parents where it would stand under itself or too deep, and says so.
pub(crate) fn keep_shallow(reader: &mut Reader<'_>, id: &ObjectId, object: &mut Object, at: Span) {
    let (Object::Table(table), Some(name)) = (object, id.qual_name()) else { return };
    let parents = table.parents().cloned().collect();
    let message = match depth::wrong(name, parents, |it| reader.parents(it)) {
        Some(Wrong::Ring) => format!("table {name} would stand under itself"),
        Some(Wrong::Depth) => format!("table {name} stands under more than {DEEPEST} others"),
        None => return,
    };
    (table.inherits, table.partition_of) = (Vec::new(), None);
    reader.desired.faults.push(Fault::new(Code::Conflict, at, message));
}

/// `INHERIT parent`, behind the word.
pub(crate) fn inherit(
    reader: &mut Reader<'_>,
    cursor: &mut Cursor<'_>,
    child: &QualName,
) -> Result<(), Fault> {
    let parent = relative(reader, cursor)?;
    let Some(mut table) = reader.table(child).cloned() else { return Ok(()) };
    if !table.inherits.contains(&parent) {
        keep_without_defaults(reader, &parent, child, cursor.previous());
        table.inherits.push(parent);
    }
    again(reader, child, table, cursor.previous());
    Ok(())
}

/// A table that comes under another keeps its columns without the defaults it lacks.
pub(crate) fn keep_without_defaults(reader: &mut Reader<'_>, parent: &QualName, child: &QualName, at: Span) {
    for name in reader.columns(parent) {
        let lacks = reader.of_column(Kind::Default, child, &name).is_none();
        if lacks && has_default(reader, parent, &name) {
            let expr = reader.written("NULL");
            reader.declare(&Kind::Default.of(child, &name), Default { expr }, at);
        }
    }
}

/// Says what of a column that becomes one with its parent's would be lost: settings that the parent has otherwise.
pub(crate) fn keep_settings(reader: &mut Reader<'_>, id: &ObjectId) {
    let Some(Object::Column(own)) = reader.desired.schema.get(id) else { return };
    let table = id.relation().map(|it| reader.parents(it)).unwrap_or_default();
    let above: Vec<&Column> = table.iter().filter_map(|it| reader.column(it, id.name())).collect();
    let told = |it: &Column| (it.statistics, it.options.clone());
    let kept = |it: &Column| (it.storage.clone(), it.compression.clone());
    let is_plain = own.statistics.is_none() && own.options.is_empty();
    if above.iter().any(|it| kept(it) == kept(own))
        && (is_plain || above.iter().any(|it| told(it) == told(own)))
    {
        return;
    }
    let at = reader.desired.spans.get(id).copied().unwrap_or_default();
    reader.desired.faults.push(not_modelled(at, "a setting of an inherited column"));
}

/// Says what of constraints that become one with those above would be lost: comments on them.
pub(crate) fn keep_comments(reader: &mut Reader<'_>) {
    let schema = &reader.desired.schema;
    let is_lost = |id: &ObjectId| {
        let of = |it: &ObjectId| matches!(it.kind, Kind::Constraint | Kind::ForeignKey | Kind::NotNull);
        id.kind == Kind::Comment && id.target().is_some_and(|it| of(it) && !schema.contains(it))
    };
    let lost: Vec<ObjectId> = schema.iter().map(|it| it.0).filter(|it| is_lost(it)).cloned().collect();
    lost.iter().for_each(|it| lose(reader, it));
}

/// The same of one that goes at once.
pub(crate) fn keep_comment(reader: &mut Reader<'_>, constraint: &ObjectId) {
    let comment = Kind::Comment.on(constraint);
    if reader.desired.schema.contains(&comment) {
        lose(reader, &comment);
    }
}

fn lose(reader: &mut Reader<'_>, comment: &ObjectId) {
    let at = reader.desired.spans.get(comment).copied().unwrap_or_default();
    reader.desired.faults.push(not_modelled(at, "a comment on an inherited constraint"));
}

/// Whether a column of a table would have a default from above if nothing were said.
pub(crate) fn has_default_above(reader: &Reader<'_>, table: &QualName, column: &Name) -> bool {
    reader.parents(table).iter().any(|it| has_default(reader, it, column))
}

/// Whether a column has a default, its own or from above, and not one that says there is none.
fn has_default(reader: &Reader<'_>, table: &QualName, column: &Name) -> bool {
    reader.of_column(Kind::Default, table, column).is_some_and(|it| !is_no_default(it))
}

/// Whether an object is the default NULL of an heir whose parent has another, which only there means anything.
pub(crate) fn is_no_default(object: &Object) -> bool {
    matches!(object, Object::Default(it) if it.is_none())
}

/// `NO INHERIT parent`, behind the words.
pub(crate) fn no_inherit(
    reader: &mut Reader<'_>,
    cursor: &mut Cursor<'_>,
    child: &QualName,
) -> Result<(), Fault> {
    let (at, parent) = (cursor.span(), relative(reader, cursor)?);
    match reader.table(child).is_some_and(|it| it.inherits.contains(&parent)) {
        true => leave(reader, child, &parent, at),
        false => return Err(stranger(child, &parent, at)),
    }
    Ok(())
}

/// `DETACH PARTITION name [CONCURRENTLY | FINALIZE]`, behind the first two words.
pub(crate) fn detach(
    reader: &mut Reader<'_>,
    cursor: &mut Cursor<'_>,
    parent: &QualName,
) -> Result<(), Fault> {
    let (at, child) = (cursor.span(), relative(reader, cursor)?);
    let said = cursor.span();
    if cursor.eat_any(&["concurrently", "finalize"]).is_some() {
        let message = "this leaves a check of the bounds on what was a partition";
        return Err(Fault::new(Code::Unsupported, said, message).hint("say DETACH PARTITION alone"));
    }
    let above = reader.table(&child).and_then(|it| it.partition_of.as_ref());
    match above.is_some_and(|it| it.parent == *parent) {
        true => leave(reader, &child, parent, at),
        false => return Err(stranger(&child, parent, at)),
    }
    Ok(())
}

fn relative(reader: &Reader<'_>, cursor: &mut Cursor<'_>) -> Result<QualName, Fault> {
    let (at, parts) = (cursor.span(), cursor.dotted()?);
    let id = reader.relation(&parts, at)?;
    id.qual_name()
        .filter(|it| reader.table(it).is_some())
        .cloned()
        .ok_or_else(|| unknown(&parts, "table", at))
}

fn stranger(child: &QualName, parent: &QualName, at: Span) -> Fault {
    Fault::new(
        Code::Conflict,
        at,
        format!("table {child} does not stand under {parent} at this point of the file"),
    )
}

/// Puts a table down again, so that it is known by whom it stands under.
fn again(reader: &mut Reader<'_>, name: &QualName, table: Table, at: Span) {
    let id = Kind::Table.named(name);
    let span = reader.desired.spans.get(&id).copied().unwrap_or(at);
    reader.declare(&id, table, span);
}

/// What of a column a table has, from wherever.
struct Had {
    name: Name,
    column: Column,
    parts: Vec<Object>,
}

/// Takes a table from under another one. What it had from there alone is its own from now on.
fn leave(reader: &mut Reader<'_>, child: &QualName, parent: &QualName, at: Span) {
    let Some(mut table) = reader.table(child).cloned() else { return };
    let columns = had(reader, child);
    let constraints = constraints(reader, child);
    let keys = partition::lent_keys(reader, child);
    let was_partition = table.partition_of.take().is_some();
    table.inherits.retain(|it| it != parent);
    again(reader, child, table, at);
    for Had { name, column, parts } in columns {
        if reader.column(child, &name).is_none() {
            let own = Column { identity: None, ..column };
            reader.declare(&Kind::Column.of(child, &name), own, at);
        }
        for part in parts.into_iter().filter(|it| !is_no_default(it)) {
            if reader.of_column(part.kind(), child, &name).is_none() {
                reader.declare(&part.kind().of(child, &name), part, at);
            }
        }
    }
    for (id, object) in constraints {
        if !visible(reader, child, &id) {
            reader.declare(&id.kind.of(child, id.name()), object, at);
        }
    }
    if was_partition {
        own_keys(reader, child, keys, at);
        own_indexes(reader, child);
    }
}

fn had(reader: &Reader<'_>, table: &QualName) -> Vec<Had> {
    let one = |name: Name| {
        let column = reader.column(table, &name)?.clone();
        let parts = [Kind::Default, Kind::NotNull].iter();
        let parts = parts.filter_map(|it| reader.of_column(*it, table, &name)).cloned().collect();
        Some(Had { name, column, parts })
    };
    reader.columns(table).into_iter().filter_map(one).collect()
}

/// Checks, and a partition's references, that a table has from above.
fn constraints(reader: &Reader<'_>, table: &QualName) -> Vec<(ObjectId, Object)> {
    let is_partition = reader.table(table).is_some_and(|it| it.partition_of.is_some());
    let mut found = Vec::new();
    for parent in reader.parents(table) {
        let id = Kind::Table.named(&parent);
        for part in reader.desired.schema.children(&id) {
            match reader.desired.schema.get(part) {
                Some(
                    it @ Object::Constraint(Constraint {
                        rule: Rule::Check { no_inherit: false, .. }, ..
                    }),
                ) => {
                    found.push((part.clone(), it.clone()));
                }
                Some(it @ Object::ForeignKey(_)) if is_partition => found.push((part.clone(), it.clone())),
                _ => (),
            }
        }
        found.extend(constraints(reader, &parent));
    }
    found
}

/// Whether a table has a constraint of that name, here or from above.
fn visible(reader: &Reader<'_>, table: &QualName, id: &ObjectId) -> bool {
    reader.desired.schema.contains(&id.kind.of(table, id.name()))
        || constraints(reader, table).iter().any(|(it, _)| it.kind == id.kind && it.name() == id.name())
}

/// The copies of the parent's keys become constraints of the table.
fn own_keys(reader: &mut Reader<'_>, table: &QualName, keys: Vec<(Constraint, Name)>, at: Span) {
    for (constraint, name) in keys {
        let id = Kind::Constraint.of(table, &name);
        reader.declare(&id, constraint, at);
        reader.desired.unnamed.insert(id);
    }
}

fn own_indexes(reader: &mut Reader<'_>, table: &QualName) {
    for id in reader.parts_of(&Kind::Table.named(table), Kind::Index) {
        if let Some(Object::Index(it)) = reader.desired.schema.get_mut(&id) {
            it.attached_to = None;
        }
    }
}
