//! Indexes of partitions: the server makes, attaches and drops most of them by itself, with the index of
//! the partitioned table or with the partition. Does not know how partitions are bounded.

use diff::Change;
use model::{Index, Kind, Name, Object, ObjectId, QualName, Rule, Schema, Table};

use super::shared::is_same_index;
use super::{Context, heir};

/// What an object goes with, though it is no part of it, when that is dropped: an index of a partition with that of
/// the partitioned table, unless its table leaves that before, what is said of a column with the column of the table
/// above.
pub(crate) fn goes_with(id: &ObjectId, cx: &Context<'_>) -> Option<ObjectId> {
    if let Some(Object::Index(it)) = cx.actual.get(id) {
        return index_above(it).filter(|_| !leaves(&it.relation, cx));
    }
    let (table, _, from) = column_above(id, cx)?;
    (!has_left(&table, from.relation()?, cx)).then_some(from)
}

/// Whether what is said of a column goes with the column as its table leaves the one it has that from.
pub(crate) fn goes_by_leaving(id: &ObjectId, cx: &Context<'_>) -> bool {
    column_above(id, cx).is_some_and(|(table, column, from)| {
        from.relation().is_some_and(|it| has_left(&table, it, cx))
            && heir::column_of(cx.desired, &table, &column).is_none()
    })
}

/// The column that something is said of where the table has it from above: table, name, and where from.
fn column_above(id: &ObjectId, cx: &Context<'_>) -> Option<(QualName, Name, ObjectId)> {
    let column = match id.kind {
        Kind::Default | Kind::NotNull => id,
        _ => id.target().filter(|it| it.kind == Kind::Column)?,
    };
    let (table, name) = (column.relation()?, column.name());
    let (from, _) = heir::column_of(cx.actual, table, name).filter(|(it, _)| it.relation() != Some(table))?;
    Some((table.clone(), name.clone(), from))
}

/// The index that one is attached to.
pub(super) fn index_above(index: &Index) -> Option<ObjectId> {
    index.attached_to.as_ref().map(|it| Kind::Index.named(it))
}

/// Whether a table that stays is no longer below another one.
fn has_left(table: &QualName, above: &QualName, cx: &Context<'_>) -> bool {
    cx.desired.table(table).is_some() && !cx.desired.above(table).any(|it| it == above)
}

/// Whether the server makes an index of a partition without being told.
pub(super) fn comes_by_itself(index: &Index, id: &ObjectId, cx: &Context<'_>) -> bool {
    let Some(above) = index_above(index) else { return false };
    if !is_there(&above, cx) {
        return spreads(&above, cx.desired) && !is_made_before(id, cx);
    }
    cx.is_new(&index.relation) || joins(&index.relation, cx)
}

/// Whether a table that exists becomes a partition, which attaches its indexes or makes them.
pub(super) fn joins(table: &ObjectId, cx: &Context<'_>) -> bool {
    match (cx.actual.get(table), cx.desired.get(table)) {
        (Some(Object::Table(old)), Some(Object::Table(new))) => {
            new.partition_of.is_some() && old.partition_of != new.partition_of
        }
        _ => false,
    }
}

/// Whether a table that exists stops being a partition of what it was, which detaches its indexes.
pub(super) fn leaves(table: &ObjectId, cx: &Context<'_>) -> bool {
    match (cx.actual.get(table), cx.desired.get(table)) {
        (Some(Object::Table(old)), Some(Object::Table(new))) => {
            old.partition_of.is_some() && old.partition_of != new.partition_of
        }
        _ => false,
    }
}

/// Whether an index of a partition that leaves is let go by the one above it and stays, with those below it.
pub(super) fn outlasts_leaving(id: &ObjectId, cx: &Context<'_>) -> bool {
    match (cx.actual.get(id), cx.desired.get(id)) {
        (Some(Object::Index(old)), Some(Object::Index(new))) => {
            let above = || index_above(old).filter(|_| old.attached_to == new.attached_to);
            let leaves = || leaves(&old.relation, cx) || above().is_some_and(|it| outlasts_leaving(&it, cx));
            old.attached_to.is_some() && is_same_index(old, new) && leaves()
        }
        _ => false,
    }
}

/// Whether an index comes or goes with its table's becoming a partition or leaving: the server makes it then,
/// or it is dropped as soon as it can be.
pub(super) fn is_index_by_table(change: &Change<'_>, actual: &Schema, desired: &Schema) -> bool {
    let (index, is_new) = match change {
        Change::Create { new: Object::Index(it), .. } => (it, true),
        Change::Drop { old: Object::Index(it), .. } => (it, false),
        _ => return false,
    };
    // With another key a table is made anew, and those below it.
    let is_kept = |it: &QualName| match (actual.table(it), desired.table(it)) {
        (Some(old), Some(new)) => old.partition_by == new.partition_by,
        _ => true,
    };
    let name = index.relation.qual_name();
    let stands = || name.is_some_and(|it| desired.lineage(it).into_iter().all(is_kept));
    let (old, new) = (actual.partition_of(&index.relation), desired.partition_of(&index.relation));
    let stays = actual.contains(&index.relation) && desired.contains(&index.relation);
    let moves = stays && index.attached_to.is_some() && old != new && stands();
    moves && if is_new { new.is_some() } else { old.is_some() }
}

/// An index that stays where it is while the one above it is made.
pub(super) fn is_made_before(id: &ObjectId, cx: &Context<'_>) -> bool {
    cx.actual.contains(id) && !cx.created.contains_key(id)
}

/// Whether creating an index of a partitioned table makes those of its partitions too, under the names
/// they are to have.
pub(super) fn spreads(id: &ObjectId, desired: &Schema) -> bool {
    let Some(Object::Index(index)) = desired.get(id) else { return false };
    !index.only && below(id, desired).iter().all(|it| has_usual_name(it, desired))
}

/// The indexes attached to one, all levels down.
pub(super) fn below(id: &ObjectId, desired: &Schema) -> Vec<ObjectId> {
    let Some(Object::Index(index)) = desired.get(id) else { return Vec::new() };
    if !index.relation.qual_name().is_some_and(|it| desired.is_partitioned(it)) {
        return Vec::new();
    }
    let partitions = desired.children(&index.relation).filter(|it| it.kind == Kind::Table);
    let own = |index: &&ObjectId| match desired.get(index) {
        Some(Object::Index(it)) => it.attached_to.as_ref() == id.qual_name(),
        _ => false,
    };
    let attached = partitions.flat_map(|it| desired.parts(it).filter(own));
    attached.flat_map(|it| std::iter::once(it.clone()).chain(below(it, desired))).collect()
}

/// What stays as it is together with an object, because one statement would change both: indexes of
/// partitions with the one above them, the owner of a column's sequence with the table's, NOT NULL with a primary key.
pub(crate) fn companions(id: &ObjectId, actual: &Schema, desired: &Schema) -> Vec<ObjectId> {
    if let (Some(Object::Constraint(it)), Some(table)) = (actual.get(id), id.relation())
        && let Rule::PrimaryKey { columns, .. } = &it.rule
    {
        return columns.iter().map(|it| Kind::NotNull.of(table, it)).collect();
    }
    let Some(table) = id.target().filter(|it| id.kind == Kind::Owner && it.kind == Kind::Table) else {
        let stays = |index: &ObjectId| match actual.get(index) {
            Some(Object::Index(it)) => parent(&it.relation, actual) == parent(&it.relation, desired),
            _ => false,
        };
        let below = if id.kind == Kind::Index { below(id, actual) } else { Vec::new() };
        return below.into_iter().filter(stays).chain(moving_above(id, actual, desired)).collect();
    };
    let columns = actual.parts(table).filter(|it| it.kind == Kind::Column);
    let sequences = columns.flat_map(|it| actual.parts(it)).filter(|it| it.kind == Kind::Sequence);
    let sequences = sequences.filter(|it| desired.parent(it) == actual.parent(it));
    sequences.map(|it| Kind::Owner.on(it)).collect()
}

/// The index above one that cannot be let go of while the one below stays: it is to be another table's.
fn moving_above(id: &ObjectId, actual: &Schema, desired: &Schema) -> Option<ObjectId> {
    let of = |schema: &Schema, id: &ObjectId| match schema.get(id) {
        Some(Object::Index(it)) => Some(it.relation.clone()),
        _ => None,
    };
    let Some(Object::Index(index)) = actual.get(id) else { return None };
    index_above(index).filter(|it| of(actual, it) != of(desired, it))
}

/// The table that one is a partition of.
pub(super) fn parent<'a>(table: &ObjectId, schema: &'a Schema) -> Option<&'a QualName> {
    schema.partition_of(table).map(|it| &it.parent)
}

/// The indexes that come with a new partition.
pub(super) fn come_with(table: &ObjectId, it: &Table, cx: &Context<'_>) -> Vec<ObjectId> {
    if it.partition_of.is_none() {
        return Vec::new();
    }
    let comes = |id: &&ObjectId| match cx.desired.get(id) {
        Some(Object::Index(index)) => index.attached_to.is_some() && comes_by_itself(index, id, cx),
        _ => false,
    };
    let is_given = |id: &&ObjectId| match cx.desired.get(id) {
        Some(Object::Index(it)) => index_above(it).is_some_and(|it| is_there(&it, cx)),
        _ => false,
    };
    cx.desired.parts(table).filter(comes).filter(is_given).cloned().collect()
}

/// Whether an index stands, or is made as its table, a new partition, is.
fn is_there(id: &ObjectId, cx: &Context<'_>) -> bool {
    if !cx.created.contains_key(id) {
        return true;
    }
    let Some(Object::Index(Index { relation, .. })) = cx.desired.get(id) else { return false };
    match cx.desired.get(relation) {
        Some(Object::Table(table)) if cx.is_new(relation) => come_with(relation, table, cx).contains(id),
        _ => false,
    }
}

/// Whether an index is called what the server would call it: table, columns, `idx`.
fn has_usual_name(id: &ObjectId, desired: &Schema) -> bool {
    let (Some(Object::Index(index)), Some(name)) = (desired.get(id), id.qual_name()) else { return false };
    let Some(QualName { name: table, .. }) = index.relation.qual_name() else { return false };
    let keys = index.keys.iter().map(|it| it.column.as_ref().map_or("expr", |it| it.as_str()));
    let all: Vec<&str> = keys.chain(index.include.iter().map(|it| it.as_str())).collect();
    let usual = format!("{}_{}_idx", table.as_str(), all.join("_"));
    name.name.as_str() == usual && usual.len() < 64
}
