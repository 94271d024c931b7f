//! A part that a table has of its own becomes one with its parent's as that comes, and is left to it as that goes: rows
//! keep their values. Does not know tables whose parents change.

use diff::Change;
use model::{Kind, Object, ObjectId, QualName, Schema, Table};

use super::demand::Demand;
use super::heir::{column_of, heirs, is_handed_not_null, with_all_below, with_heirs};
use super::left::Left;
use super::shared::{is_same, key_of, keys_of};
use super::{Context, by_itself, moved};
use crate::Mode;
use crate::draft::Draft;

/// `ONLY `, if what goes from a table stays with one below it.
pub(super) fn only(id: &ObjectId, cx: &Context<'_>) -> &'static str {
    if stays_below(id, cx) { "ONLY " } else { "" }
}

/// Whether a table right below, or one further down, is to have of its own what goes from this one.
pub(super) fn stays_below(id: &ObjectId, cx: &Context<'_>) -> bool {
    let Some(table) = id.relation() else { return false };
    let mut below = heirs(table, cx).into_iter().map(|it| id.kind.of(it, id.name()));
    below.any(|it| is_left(&it, cx.actual, cx.desired) || stays_below(&it, cx))
}

/// Whether a table has something from above that becomes its own without a statement.
pub(super) fn is_left(id: &ObjectId, actual: &Schema, desired: &Schema) -> bool {
    let new = desired.get(id).filter(|_| !actual.contains(id));
    new.is_some_and(|new| by_itself(&Change::Create { id, new }, actual, desired))
}

/// Whether a table has something of its own that becomes one with what comes from above.
pub(crate) fn is_merged(id: &ObjectId, actual: &Schema, desired: &Schema) -> bool {
    let old = actual.get(id).filter(|_| !desired.contains(id) && !is_part_below(id, actual, desired));
    old.is_some_and(|old| by_itself(&Change::Drop { id, old }, actual, desired))
}

/// Whether an index is part of one above its table, and the table comes back there.
fn is_part_below(id: &ObjectId, actual: &Schema, desired: &Schema) -> bool {
    let Some(Object::Index(index)) = actual.get(id) else { return false };
    let above = index.attached_to.as_ref().and_then(|it| actual.get(&Kind::Index.named(it)));
    let Some(Object::Index(above)) = above else { return false };
    let line = index.relation.qual_name().into_iter().flat_map(|it| desired.lineage(it));
    line.skip(1).any(|it| above.relation.qual_name() == Some(it))
}

/// Whether a column that becomes one with its parent's has another type or collation than one from then on.
pub(super) fn lets_go_as_merged(column: &ObjectId, used: &ObjectId, cx: &Context<'_>) -> bool {
    let above = column.relation().and_then(|it| column_of(cx.desired, it, column.name()));
    let uses = above.is_some_and(|(it, _)| cx.desired.uses(&it).contains(used));
    !uses && is_merged(column, cx.actual, cx.desired)
}

/// Whether who stands on something of a table does so by tables below alone, and those keep it of their own.
pub(super) fn reads_what_stays(user: &ObjectId, used: &ObjectId, cx: &Context<'_>) -> bool {
    let Some(above) = used.relation() else { return false };
    let own = user.relation().map(|it| Kind::Table.named(it));
    let tables: Vec<ObjectId> =
        cx.actual.uses(user).into_iter().chain(own).filter(|it| it.kind == Kind::Table).collect();
    let names = || tables.iter().filter_map(ObjectId::qual_name);
    let mut below = names().filter(|it| cx.actual.above(it).any(|it| it == above)).peekable();
    let is_below = below.peek().is_some() && names().all(|it| it != above);
    is_below
        && below.all(|it| {
            let own = used.kind.of(it, used.name());
            is_left(&own, cx.actual, cx.desired) || goes_over(&own, above, cx)
        })
}

/// Whether a table leaves the one above and has the same column from another one then.
fn goes_over(own: &ObjectId, above: &QualName, cx: &Context<'_>) -> bool {
    let Some(table) = own.relation().filter(|it| own.kind == Kind::Column && cx.desired.table(it).is_some())
    else {
        return false;
    };
    let of = |schema| column_of(schema, table, own.name());
    let both = of(cx.actual).zip(of(cx.desired));
    let is_same = both.is_some_and(|(live, wanted)| !moved::is_remade(live.1, wanted.1, own, cx));
    is_same && !cx.desired.lineage(table).contains(&above)
}

/// The locks of what is done to a table's part there alone, or to those below as well.
pub(super) fn locked(draft: Draft, id: &ObjectId, cx: &Context<'_>) -> Draft {
    let Some(table) = id.relation() else { return draft };
    if !stays_below(id, cx) {
        return with_heirs(draft, table, cx);
    }
    let draft = draft.lock(Mode::AccessExclusive, table);
    // Up to 17 a NOT NULL is no constraint that children could have from above.
    if id.kind == Kind::NotNull && cx.facts.major < 18 {
        return draft;
    }
    heirs(table, cx).into_iter().fold(draft, |draft, it| draft.lock(Mode::AccessExclusive, it))
}

/// The tables below that have what goes or comes, each with its own part of it.
fn parts_below<'a>(id: &'a ObjectId, cx: &Context<'a>) -> impl Iterator<Item = (&'a QualName, ObjectId)> {
    let below = id.relation().into_iter().flat_map(|it| with_all_below(it, cx).into_iter().skip(1));
    below.map(|it| (it, id.kind.of(it, id.name())))
}

/// What tables below get of their own, which they can only when what they have from above is gone.
pub(super) fn made_below(id: &ObjectId, cx: &Context<'_>) -> Vec<ObjectId> {
    let parts = parts_below(id, cx).map(|(_, own)| own);
    parts.filter(|it| cx.created.contains_key(it)).collect()
}

/// What the columns below still lack as one comes to their table, `of` itself or one further up: before and after it,
/// as the server merges them and looks no further. `id` is whose statements they are, or else each table's own.
pub(super) fn merging(
    column: &ObjectId,
    of: &ObjectId,
    id: Option<&ObjectId>,
    cx: &Context<'_>,
) -> [Vec<Draft>; 2] {
    let Some(parent) = column.relation() else { return [Vec::new(), Vec::new()] };
    // Of two that come above the first sees to it.
    let is_first = |name| column_of(cx.desired, name, column.name()).is_some_and(|it| it.0 == *of);
    let merged = parts_below(column, cx).filter(|(_, own)| is_merged(own, cx.actual, cx.desired));
    let merged = merged.filter(|(name, _)| is_first(name));
    let (before, after): (Vec<_>, Vec<_>) = merged
        .map(|(name, own)| {
            let id = id.cloned().unwrap_or_else(|| Kind::Table.named(name));
            Demand { name, id: &id, parent, before: &[], cx }.made_fit(&own).into()
        })
        .unzip();
    [before.concat(), after.concat()]
}

/// Whether a partition's own key becomes part of one that comes above.
pub(super) fn is_merged_below(key: &ObjectId, cx: &Context<'_>) -> bool {
    let Some(object) = cx.desired.get(key) else { return false };
    let mut had = parts_below(key, cx).filter_map(|(name, _)| key_of(object, name, cx.actual));
    had.any(|it| is_merged(&it, cx.actual, cx.desired))
}

/// What gives the keys that partitions had of their own the names that their parts of one above are to have, as
/// that comes.
pub(super) fn named_as_lent(key: &ObjectId, cx: &Context<'_>) -> Vec<Draft> {
    let Some(object) = cx.desired.get(key) else { return Vec::new() };
    parts_below(key, cx)
        .filter_map(|(name, _)| {
            let had = key_of(object, name, cx.actual).filter(|it| is_merged(it, cx.actual, cx.desired))?;
            let mut lent = cx.desired.table(name)?.also_own.lent.iter();
            let wanted = lent.find(|(it, name)| it == key && name != had.name()).map(|it| &it.1)?;
            let sql = format!("ALTER TABLE {name} RENAME CONSTRAINT {} TO {wanted}", had.name());
            Some(Draft::alter(key, sql).lock(Mode::AccessExclusive, name))
        })
        .collect()
}

/// The keys and indexes of partitions that would become parts of a new one above, and are to stay the partitions' own:
/// they are out of the way until that has parts of its own.
pub(crate) fn taken_over(id: &ObjectId, cx: &Context<'_>) -> Vec<ObjectId> {
    let Some(new) = cx.desired.get(id).filter(|_| !cx.actual.contains(id)) else { return Vec::new() };
    let same = |schema: &Schema, it: &ObjectId| schema.get(it).is_some_and(|it| is_same(it, new));
    let mut tables: Vec<ObjectId> = whole(id, new).into_iter().collect();
    let mut found = Vec::new();
    while let Some(table) = tables.pop() {
        let below = cx.actual.children(&table).filter(|it| it.kind == Kind::Table);
        for partition in below.filter(|it| cx.desired.contains(it)) {
            let own = cx.actual.parts(partition).filter(|it| same(cx.actual, it) && same(cx.desired, it));
            found.extend(own.cloned());
            tables.push(partition.clone());
        }
    }
    found
}

/// The same where a table comes under a partitioned one that has them.
pub(super) fn kept_as_it_joins(name: &QualName, old: &Table, new: &Table, cx: &Context<'_>) -> Vec<ObjectId> {
    let parent = new.partition_of.as_ref().map(|it| &it.parent);
    let known = old.partition_of.as_ref().map(|it| &it.parent);
    let lineage = parent.filter(|it| Some(*it) != known).map(|it| cx.desired.lineage(it)).unwrap_or_default();
    if lineage.is_empty() {
        return Vec::new();
    }
    let is_above = |it: &Object| lineage.iter().any(|above| key_of(it, above, cx.desired).is_some());
    let stays = |it: &&ObjectId| cx.actual.contains(it) && cx.desired.get(it).is_some_and(is_above);
    let tables = with_all_below(name, cx).into_iter().map(|it| Kind::Table.named(it));
    tables.flat_map(|it| cx.desired.parts(&it).filter(stays).cloned().collect::<Vec<_>>()).collect()
}

/// The keys and indexes above a partition's own that is the same: those come first, and have other parts then.
pub(super) fn same_above(id: &ObjectId, cx: &Context<'_>) -> Vec<ObjectId> {
    let Some(own) = cx.desired.get(id) else { return Vec::new() };
    let table = whole(id, own);
    let above = table.as_ref().and_then(ObjectId::qual_name).into_iter().flat_map(|it| cx.desired.above(it));
    above.flat_map(|it| keys_of(own, it, cx.desired)).collect()
}

/// The table whose partitions get their part of a key or index.
fn whole(id: &ObjectId, object: &Object) -> Option<ObjectId> {
    match object {
        Object::Index(it) => Some(it.relation.clone()).filter(|_| it.attached_to.is_none()),
        Object::Constraint(it) => {
            id.relation().filter(|_| it.rule.is_indexed()).map(|it| Kind::Table.named(it))
        }
        Object::ForeignKey(_) => id.relation().map(|it| Kind::Table.named(it)),
        _ => None,
    }
}

/// What goes before a column that goes from a table alone: a NOT NULL would stay handed down, with nobody above.
/// `id` is whose statements they belong to.
pub(super) fn before_leaving(id: &ObjectId, column: &ObjectId, cx: &Context<'_>) -> Option<Draft> {
    let table = column.relation()?;
    let is_left = cx.facts.major >= 18
        && stays_below(column, cx)
        && is_handed_not_null(cx.actual, table, column.name());
    let sql = format!("ALTER TABLE ONLY {table} ALTER COLUMN {} DROP NOT NULL", column.name());
    is_left.then(|| locked(Draft::alter(id, sql), column, cx))
}

/// What the tables below keep of a column that they are not to have, now that it is their own.
pub(super) fn after_leaving(column: &ObjectId, cx: &Context<'_>) -> Vec<Draft> {
    let left = parts_below(column, cx).filter(|(_, own)| is_left(own, cx.actual, cx.desired));
    left.flat_map(|(name, own)| {
        let id = Kind::Table.named(name);
        let new = cx.desired.table(name);
        let drafts = new.map(|new| Left { name, id: &id, new, cx }.column(&own)).unwrap_or_default();
        drafts.into_iter().map(|it| it.follows([column.clone()]))
    })
    .collect()
}
