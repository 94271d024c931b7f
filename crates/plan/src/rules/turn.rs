//! When a table leaves its parents and comes under others, among all that is done to those. Does not know what the
//! table itself must have by then.

use model::{Kind, Object, ObjectId, QualName, Rule, Schema, Table};

use super::moved::is_above;
use super::partition::spreads;
use super::{Context, table};
use crate::draft::Draft;

/// When a table leaves a parent: before it would get what is new there, lose what goes and change with what changes,
/// after what is only made again there. Who comes back must have all that is demanded by then, and has it before.
pub(super) fn left(draft: Draft, parent: &QualName, name: &QualName, cx: &Context<'_>) -> Draft {
    let (after, before) =
        if is_above(parent, name, cx) { around_return(parent, cx) } else { around_leave(parent, name, cx) };
    draft.lets_go().precedes(after).follows(before.iter().cloned()).needs(before)
}

/// What comes after and before a table leaves a parent that it comes back to.
fn around_return(parent: &QualName, cx: &Context<'_>) -> (Vec<ObjectId>, Vec<ObjectId>) {
    let news = parts_of(parent, cx.desired).into_iter().filter(|it| !cx.actual.contains(it));
    // A key makes its columns NOT NULL, which is demanded.
    let (keys, others): (Vec<_>, Vec<_>) =
        news.filter(|it| !is_demanded(it, cx)).partition(|it| it.kind == Kind::Constraint);
    (others, shared_parts(parent, cx).into_iter().chain(keys).collect())
}

/// What comes after and before a table leaves a parent for good.
fn around_leave(parent: &QualName, name: &QualName, cx: &Context<'_>) -> (Vec<ObjectId>, Vec<ObjectId>) {
    let stays = |it: &&QualName| !is_above(it, name, cx) && !table::is_remade(it, cx);
    let left = cx.actual.lineage(parent).into_iter().filter(stays);
    let parts = left.flat_map(|of| handed_down(of, cx).into_iter().map(move |it| (of, it)));
    let (changing, stays): (Vec<_>, Vec<_>) = parts.partition(|(of, it)| is_changing(it, of, cx));
    let ids = |parts: Vec<(&QualName, ObjectId)>| parts.into_iter().map(|(_, it)| it).collect();
    (ids(changing), ids(stays))
}

/// Whether a part of a table changes, be it only with a column that it reads.
fn is_changing(id: &ObjectId, table: &QualName, cx: &Context<'_>) -> bool {
    let differs = |it: &ObjectId| cx.actual.get(it) != cx.desired.get(it);
    let reads = |schema: &Schema| {
        let used = schema.uses(id).into_iter().filter(|it| it.kind == Kind::Column);
        used.filter(|it| it.relation() == Some(table)).any(|it| differs(&it))
    };
    differs(id) || reads(cx.actual) || reads(cx.desired)
}

/// When a table comes under a parent: once that has all it is to have.
pub(super) fn joined(draft: Draft, parent: &QualName, old: &Table, cx: &Context<'_>) -> Draft {
    let before: Vec<&QualName> = old.parents().flat_map(|it| cx.actual.lineage(it)).collect();
    let joined = cx.desired.lineage(parent).into_iter().filter(|it| !before.contains(it));
    let joined: Vec<&QualName> = joined.collect();
    let all: Vec<ObjectId> = joined.iter().flat_map(|it| shared_parts(it, cx)).collect();
    // A new index of a partitioned table that lacks parts is not valid, and no partition that comes makes it so.
    let indexes = joined.iter().flat_map(|it| parts_of(it, cx.desired));
    let is_made = |it: &ObjectId| it.kind == Kind::Index && cx.actual.get(it) != cx.desired.get(it);
    let indexes = indexes.filter(|it| is_made(it) && !spreads(it, cx.desired));
    // A column of its own that becomes one with the parent's has its type by then.
    let merged = cx.actual.parts(&draft.step.id).filter(|it| !cx.desired.contains(it));
    let merged: Vec<ObjectId> = merged.filter(|it| it.kind == Kind::Column).cloned().collect();
    // Nor does it lack what a parent that stays gets and hands down.
    let news = before.iter().flat_map(|it| parts_of(it, cx.desired));
    let news = news.filter(|it| it.kind == Kind::Column && !cx.actual.contains(it));
    draft.follows(all.iter().cloned()).needs(all).needs(indexes).needs(merged).needs(news)
}

/// What of a table, as it is or is to be, those below it may have too.
fn handed_down(table: &QualName, cx: &Context<'_>) -> Vec<ObjectId> {
    use Kind::{Column, Constraint, Default, ForeignKey, Index, NotNull, Trigger};
    let parts = [cx.actual, cx.desired].map(|schema| parts_of(table, schema)).into_iter().flatten();
    let is_shared = |it: &ObjectId| {
        matches!(it.kind, Column | Constraint | Default | ForeignKey | Index | NotNull | Trigger)
    };
    parts.filter(is_shared).collect()
}

/// What of a table those below it have too, and must have.
fn shared_parts(table: &QualName, cx: &Context<'_>) -> Vec<ObjectId> {
    handed_down(table, cx).into_iter().filter(|it| is_demanded(it, cx)).collect()
}

/// What belongs to a table and none of its partitions.
fn parts_of(table: &QualName, schema: &Schema) -> Vec<ObjectId> {
    let table = Kind::Table.named(table);
    let parts = schema.parts(&table);
    parts.flat_map(|it| std::iter::once(it.clone()).chain(schema.descendants(it))).collect()
}

/// Whether a table must have such a part before it can come under the one it is of.
fn is_demanded(id: &ObjectId, cx: &Context<'_>) -> bool {
    match cx.desired.get(id).or_else(|| cx.actual.get(id)) {
        Some(Object::Constraint(it)) => matches!(it.rule, Rule::Check { .. }),
        _ => matches!(id.kind, Kind::Column | Kind::Default | Kind::NotNull),
    }
}
