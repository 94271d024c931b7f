//! What roles hold before their grants are said, where the owner of the object changes or rights on the whole of it do.
//! Knows no statement.

use model::{Kind, Name, Object, ObjectId, Owner, Privilege, Privileges, Schema};

use super::Context;
use super::heir;

/// Whose owner an object has: a column that of its relation, a sequence of a column that of the table.
pub(super) fn whole(target: &ObjectId, cx: &Context<'_>) -> ObjectId {
    let whole = match cx.desired.get(target) {
        Some(Object::Sequence(it)) => it.owned_by.as_ref().map(|it| Kind::Table.named(&it.0)),
        _ if target.kind == Kind::Column => target.relation().and_then(|it| cx.desired.relation(it)),
        _ => None,
    };
    whole.unwrap_or_else(|| target.clone())
}

/// The change of owner after which anything is said of an object.
pub(super) fn before(target: &ObjectId, cx: &Context<'_>) -> Option<ObjectId> {
    let whole = whole(target, cx);
    changing(&whole, cx).map(|_| Kind::Owner.on(&whole))
}

/// The old and the new owner of what is there and changes hands.
fn owners<'a>(target: &ObjectId, cx: &'a Context<'_>) -> Option<(&'a Name, &'a Name)> {
    changing(&whole(target, cx), cx).filter(|_| !is_new(target, cx))
}

/// Whether the plan makes what a grant is on. A column may be another table's.
fn is_new(target: &ObjectId, cx: &Context<'_>) -> bool {
    let from_above = target.relation().filter(|_| target.kind == Kind::Column && !cx.actual.contains(target));
    match from_above {
        Some(table) if cx.actual.table(table).is_some() => {
            heir::column_of(cx.actual, table, target.name()).is_none()
        }
        Some(view) => cx.actual.relation(view).is_none_or(|it| cx.is_new(&it)),
        None => cx.is_new(target),
    }
}

fn changing<'a>(whole: &ObjectId, cx: &'a Context<'_>) -> Option<(&'a Name, &'a Name)> {
    let old = owner(whole, cx).filter(|_| !cx.is_new(whole))?;
    match cx.desired.get(&Kind::Owner.on(whole)) {
        Some(Object::Owner(Owner { role })) => (role != old).then_some((old, role)),
        _ => None,
    }
}

/// Whose an object is today.
fn owner<'a>(target: &ObjectId, cx: &'a Context<'_>) -> Option<&'a Name> {
    match cx.actual.get(&Kind::Owner.on(target)) {
        Some(Object::Owner(it)) => Some(&it.role),
        _ => cx.facts.owners.get(target),
    }
}

/// Whether the owner of what a grant is on changes, and it is to or from that.
pub(super) fn is_handed(id: &ObjectId, cx: &Context<'_>) -> bool {
    let owners = id.target().and_then(|it| owners(it, cx));
    owners.zip(id.grantee()).is_some_and(|((old, new), role)| role == old || role == new)
}

/// What a role holds on an object that stays, once that has the owner it is to have: who gets it has what the owner
/// before had, beside its own (manual, ALTER TABLE … OWNER TO rewrites `relacl`).
pub(super) fn held(id: &ObjectId, cx: &Context<'_>) -> Privileges {
    let (Some(target), Some(role)) = (id.target(), id.grantee()) else { return Privileges::new() };
    match owners(target, cx) {
        Some((old, _)) if old == role => Privileges::new(),
        Some((old, new)) if new == role => Privilege::merged(live(target, old, cx), live(target, new, cx)),
        _ => live(target, role, cx),
    }
}

/// What a role holds today.
fn live(target: &ObjectId, role: &Name, cx: &Context<'_>) -> Privileges {
    if let Some(Object::Grant(it)) = cx.actual.get(&Kind::Grant.to(target, role)) {
        return it.privileges.clone();
    }
    let owner = owner(target, cx).unwrap_or(&cx.facts.role);
    Privilege::built_in(target, role, owner, cx.facts.major)
}

/// What is held of a column once rights on the whole relation have been taken: those and options of the column go too.
pub(super) fn left(id: &ObjectId, cx: &Context<'_>) -> Privileges {
    let held = held(id, cx);
    let whole = id.target().filter(|it| it.kind == Kind::Column).and_then(ObjectId::relation);
    let whole = whole.and_then(|it| cx.desired.relation(it)).zip(id.grantee());
    let Some(whole) = whole.map(|(it, role)| Kind::Grant.to(&it, role)) else { return held };
    let (had, has) = (self::held(&whole, cx), wanted(&whole, cx));
    let after = held.iter().filter_map(|(it, option)| match (had.get(it), has.get(it)) {
        (Some(_), None) => None,
        (Some(true), Some(false)) => Some((*it, false)),
        _ => Some((*it, *option)),
    });
    after.collect()
}

/// What a role is to hold.
pub(super) fn wanted(id: &ObjectId, cx: &Context<'_>) -> Privileges {
    match cx.desired.get(id) {
        Some(Object::Grant(it)) => it.privileges.clone(),
        _ => super::grant::built_in(id, cx),
    }
}

/// An object and, of a table, its columns and their sequences: what changes hands with it.
pub(super) fn with_columns(target: &ObjectId, schema: &Schema) -> Vec<ObjectId> {
    let mut all = vec![target.clone()];
    if let Some(name) = target.qual_name().filter(|_| target.kind == Kind::Table) {
        all.extend(heir::columns(schema, name).iter().map(|it| Kind::Column.of(name, it)));
        let sequences = all.iter().skip(1).flat_map(|it| schema.parts(it));
        let sequences: Vec<ObjectId> = sequences.filter(|it| it.kind == Kind::Sequence).cloned().collect();
        all.extend(sequences);
    }
    all
}

/// The grants to an object's old and new owner that are the same before and after, and so are no change of their own,
/// or that go as it changes hands: on the object, on its columns and their sequences.
pub(super) fn untold(target: &ObjectId, cx: &Context<'_>) -> Vec<ObjectId> {
    let Some((old, new)) = owners(target, cx) else { return Vec::new() };
    let mut all = with_columns(target, cx.desired);
    all.retain(|it| !is_new(it, cx));
    let grants = all.iter().flat_map(|it| [old, new].map(|role| Kind::Grant.to(it, role)));
    let same = |it: &ObjectId| cx.actual.get(it) == cx.desired.get(it);
    grants.filter(|it| same(it) || !cx.desired.contains(it)).collect()
}
