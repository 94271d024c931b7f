//! How a type or collation that columns have is replaced: the old one steps aside under another name, the new one is
//! made, each column moves over by way of its text, the old one is dropped. Does not know how the two
//! types differ.

use model::{Column, Kind, Name, Object, ObjectId, QualName, Type};

use super::text::collate;
use super::{Context, apart, column, create, heir, moved, range, retype};
use crate::draft::Draft;
use crate::{Hazard, Mode};

/// What has to be out of the way: whatever uses the type but is no column and does not go along, and whatever
/// could not stand a change of the columns that have it.
pub(super) fn in_the_way(id: &ObjectId, cx: &Context<'_>) -> Vec<ObjectId> {
    let along = along(id, cx);
    let swapped: Vec<&ObjectId> = std::iter::once(id).chain(&along).collect();
    let mut down = Vec::new();
    for it in &swapped {
        for user in cx.users.of(it).filter(|user| !swapped.contains(user)) {
            match moved(user, it, cx) {
                Some(column) => {
                    down.extend(retype::in_the_way(user, column, cx));
                    // The two sides of a foreign key go over one after the other.
                    let keys = cx.users.of(user).filter(|it| it.kind == Kind::ForeignKey);
                    down.extend(keys.cloned());
                }
                None if swapped.iter().any(|of| is_column_of(user, of, cx)) => (),
                None => down.push(user.clone()),
            }
        }
    }
    down.retain(|it| !swapped.iter().any(|of| cx.actual.children(of).any(|child| child == it)));
    // A domain that goes anyway is in the way of no function that its default calls.
    down.sort_by_key(|it| it.kind != Kind::Domain);
    down
}

/// The types made of a type that have columns themselves and so are made anew with it, each behind what it is
/// made of. A domain whose default calls a function cannot: the function may need the new type first.
pub(crate) fn along(id: &ObjectId, cx: &Context<'_>) -> Vec<ObjectId> {
    let mut found = with_along(&[id], cx);
    found.retain(|it| it != id);
    found
}

/// Types and all that are made anew with them, each behind what it is made of.
fn with_along(ids: &[&ObjectId], cx: &Context<'_>) -> Vec<ObjectId> {
    let mut found = Vec::new();
    for id in ids.iter().rev() {
        visit(id, cx, &mut found);
    }
    found.reverse();
    found
}

/// Depth first, each behind all that is made of it.
fn visit(id: &ObjectId, cx: &Context<'_>, found: &mut Vec<ObjectId>) {
    if found.contains(id) {
        return;
    }
    let mut users: Vec<&ObjectId> = cx.users.of(id).filter(|user| goes_along(user, id, cx)).collect();
    users.sort_unstable_by(|a, b| b.cmp(a));
    for user in users {
        visit(user, cx, found);
    }
    found.push(id.clone());
}

fn goes_along(user: &ObjectId, id: &ObjectId, cx: &Context<'_>) -> bool {
    let has_columns = || cx.users.of(user).any(|it| it.kind == Kind::Column);
    let stands_still = cx.desired.uses(user).contains(id);
    let kind = match user.kind {
        Kind::Domain => !cx.desired.uses(user).iter().any(|it| it.kind == Kind::Function),
        Kind::Composite => has_columns() && !cx.users.of(user).any(|it| it.kind == Kind::Table),
        _ => false,
    };
    kind && stands_still
}

/// Whether a column has a type or collation.
fn has(column: &Column, id: &ObjectId, schema: &model::Schema) -> bool {
    match id.kind {
        Kind::Collation => column.collation.as_ref() == id.qual_name(),
        _ => column.ty.user.as_ref().is_some_and(|it| schema.names_of(id).contains(&it)),
    }
}

fn is_column_of(user: &ObjectId, id: &ObjectId, cx: &Context<'_>) -> bool {
    matches!(cx.actual.get(user), Some(Object::Column(it)) if has(it, id, cx.actual))
}

/// The column that has the type on both sides, be it one with its parent's then, and so has to move over.
fn moved<'a>(user: &ObjectId, id: &ObjectId, cx: &'a Context<'_>) -> Option<&'a Column> {
    let stays = cx.desired.contains(user) || apart::is_merged(user, cx.actual, cx.desired);
    let table = user.relation().filter(|_| stays && is_column_of(user, id, cx))?;
    let (_, column) = heir::column_of(cx.desired, table, user.name())?;
    has(column, id, cx.desired).then_some(column)
}

/// The statements of a swap of types that share what goes along, in order: they and all that goes along step aside
/// and are made anew, then the old ones are dropped.
pub(crate) fn swap(ids: &[&ObjectId], cx: &Context<'_>) -> Vec<Draft> {
    let all = with_along(ids, cx);
    let mut drafts: Vec<Draft> = all.iter().flat_map(|it| made_anew(it, cx)).collect();
    drafts.extend(all.iter().rev().filter_map(|it| dropped(it, cx)));
    // All of them are one sequence, in which nothing has to be out of the way of another.
    let touching = |it: Draft| {
        let others: Vec<ObjectId> = all.iter().filter(|of| **of != it.step.id).cloned().collect();
        it.touches(others)
    };
    drafts.into_iter().map(touching).collect()
}

/// What goes along and is to be the same has nothing to lose.
fn dropped(id: &ObjectId, cx: &Context<'_>) -> Option<Draft> {
    let mut drop = Draft::drop(id, format!("DROP {} {}", id.kind.meta().sql, aside(id.qual_name()?)));
    drop.adds = false;
    let (old, new) = (cx.actual.get(id)?, cx.desired.get(id)?);
    let hazard = match (old, new) {
        (Object::Enum(_), Object::Enum(_)) => Hazard::RemoveEnumLabel,
        _ => Hazard::RetypeColumn,
    };
    Some(drop.hazard_if(id.kind != Kind::Collation && old != new, hazard))
}

/// A type steps aside, the new one is made, its columns go over.
fn made_anew(id: &ObjectId, cx: &Context<'_>) -> Vec<Draft> {
    let (Some(new), Some(name)) = (cx.desired.get(id), id.qual_name()) else { return Vec::new() };
    let aside = aside(name);
    let step_aside = format!("ALTER {} {name} RENAME TO {}", id.kind.meta().sql, aside.name);
    let mut drafts = vec![Draft::alter(id, step_aside)];
    if let Some(Object::Range(old)) = cx.actual.get(id) {
        drafts.extend(range::along(old, id, &aside));
    }
    drafts.extend(create(id, new, cx));
    let mut users: Vec<&ObjectId> = cx.users.of(id).filter(|it| !cx.created.contains_key(*it)).collect();
    users.sort();
    let stays = users.into_iter().filter_map(|user| Some((user.clone(), moved(user, id, cx)?)));
    for (user, column) in stays.chain(outlasting(id, cx)) {
        let moves = move_over(&user, column, id).into_iter().chain(column::stored_again(&user, column, cx));
        // That it needs the type keeps one that becomes its parent's from letting go of that before.
        drafts.extend(moves.map(|it| it.touches([id.clone()]).needs([id.clone()])));
    }
    drafts
}

/// The columns of tables that leave one which is taken down meanwhile: nothing done to its columns reaches theirs.
fn outlasting<'a>(id: &ObjectId, cx: &'a Context<'_>) -> Vec<(ObjectId, &'a Column)> {
    let of = |table: &QualName, name: &Name| {
        let own = Kind::Column.of(table, name);
        let (from, live) = heir::column_of(cx.actual, table, name).filter(|it| it.0 != own)?;
        let (_, column) = heir::column_of(cx.desired, table, name)?;
        let leaves = cx.dropped.contains_key(&from) && !moved::is_above(from.relation()?, table, cx);
        (leaves && has(live, id, cx.actual) && has(column, id, cx.desired)).then_some((own, column))
    };
    let tables =
        cx.actual.iter().filter(|(_, it)| matches!(it, Object::Table(it) if it.parents().next().is_some()));
    let tables = tables.filter_map(|it| it.0.qual_name()).filter(|it| cx.desired.table(it).is_some());
    let columns = |table| heir::columns(cx.actual, table).into_iter().filter_map(move |it| of(table, &it));
    tables.flat_map(columns).collect()
}

fn move_over(id: &ObjectId, column: &Column, to: &ObjectId) -> Option<Draft> {
    let table = id.relation()?;
    if to.kind == Kind::Collation {
        let sql = format!("{} TYPE {} COLLATE {}", column::prefix(id), column.ty, to.address());
        return Some(Draft::alter(id, sql).lock(Mode::AccessExclusive, table));
    }
    let collate = collate(column.collation.as_ref());
    let by_text = if is_array(&column.ty) { "text[]" } else { "text" };
    let (name, ty) = (id.name(), &column.ty);
    let using = match column.generated {
        Some(_) => String::new(),
        None => format!(" USING {name}::{by_text}::{ty}"),
    };
    let sql = format!("{} TYPE {ty}{collate}{using}", column::prefix(id));
    Some(Draft::alter(id, sql).lock(Mode::AccessExclusive, table).hazard(Hazard::RewritesTable))
}

fn is_array(ty: &Type) -> bool {
    ty.text.ends_with("[]")
}

/// A name the old type has while the new one is made: short enough whatever the name is.
pub(super) fn aside(name: &QualName) -> QualName {
    let mut short = name.name.as_str().to_string();
    while short.len() > 50 {
        short.pop();
    }
    Name::new(format!("{short}__aside")).within(name.namespace.clone())
}
