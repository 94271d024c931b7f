//! What the kinds are to each other when one of them is taken down. Knows no statement.

use std::collections::{HashMap, HashSet};

use model::{Kind, Object, ObjectId, QualName, Schema};

use super::{Context, apart, not_null, partition};

/// What becomes of a user when what it uses is taken down.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Stance {
    /// It has to be taken down before, and can be put back.
    Falls,
    /// It does not notice.
    Stays,
    /// It would have to be taken down and cannot come back as it was.
    Cannot,
}

/// What becomes of `user` when `used` is taken down.
pub(crate) fn stance(user: &ObjectId, used: &ObjectId, cx: &Context<'_>) -> Stance {
    match (user.kind, used.kind) {
        (Kind::Sequence, _) | (_, Kind::Role | Kind::Extension) => Stance::Stays,
        (_, Kind::Column | Kind::Constraint) if apart::reads_what_stays(user, used, cx) => Stance::Stays,
        (Kind::Index, Kind::Index | Kind::Column) if partition::outlasts_leaving(user, cx) => Stance::Stays,
        (it, _) if it.meta().rebuildable => Stance::Falls,
        (Kind::Column, Kind::Table) if user.relation() != used.qual_name() => Stance::Cannot,
        (Kind::Column, _) => column_stance(user, used, cx),
        _ if is_shared_with(user, used) => Stance::Stays,
        (Kind::Table, Kind::Table) => Stance::Falls,
        (Kind::Table, Kind::Server) | (Kind::Server, Kind::Wrapper) => Stance::Falls,
        (Kind::Table | Kind::Domain, Kind::Namespace) => Stance::Stays,
        _ => Stance::Cannot,
    }
}

/// Whether an object is shared with a user, so that what is done to it is done to the user's too: a column with the
/// tables below.
pub(crate) fn is_shared_with(user: &ObjectId, used: &ObjectId) -> bool {
    user.kind == Kind::Table && matches!(used.kind, Kind::Column | Kind::NotNull | Kind::Constraint)
}

/// A generated column is computed again; a column of the type itself is not given up for it.
fn column_stance(user: &ObjectId, used: &ObjectId, cx: &Context<'_>) -> Stance {
    let Some(Object::Column(column)) = cx.actual.get(user) else { return Stance::Stays };
    let own = if used.kind == Kind::Collation { &column.collation } else { &column.ty.user };
    let of_type = own.as_ref().is_some_and(|it| cx.actual.names_of(used).contains(&it));
    if of_type && apart::lets_go_as_merged(user, used, cx) {
        return Stance::Stays;
    }
    match (&column.generated, of_type) {
        (_, true) => Stance::Cannot,
        (Some(_), false) => Stance::Falls,
        (None, false) => Stance::Stays,
    }
}

/// Whether an object goes so quietly with its parent that nobody has to say it: nothing outside of the
/// parent that goes as well could be waiting for the object and be waited for by the parent.
pub(crate) fn is_quiet(id: &ObjectId, cx: &Context<'_>) -> bool {
    if not_null::gives_its_name(id, cx) {
        return false;
    }
    if matches!(id.kind, Kind::Column | Kind::Sequence) || id.kind.meta().satellite {
        return true;
    }
    let own = owner_of(id, cx.actual);
    // An index of a partition is the server's to take down, with its table or the index above it.
    let above =
        |it: &ObjectId| id.kind == Kind::Index && matches!(it.kind, Kind::Index | Kind::Table | Kind::Column);
    cx.actual.uses(id).iter().all(|used| {
        !cx.dropped.contains_key(used)
            || above(used)
            || owner_of(used, cx.actual) == own
            || stands_on_plain_things(used, cx.actual)
    })
}

/// The relation or type at the top of what lives and dies with it.
fn owner_of(id: &ObjectId, schema: &Schema) -> ObjectId {
    let mut top = id.clone();
    while top.kind.meta().cascades
        && let Some(parent) = schema.parent(&top)
    {
        // A column that comes from above is no object of its own table.
        let table = || parent.relation().and_then(|it| schema.relation(it));
        top = if schema.contains(&parent) { parent } else { table().unwrap_or(parent) };
    }
    top
}

/// Whether an object uses nothing that could use a relation in turn.
pub(super) fn stands_on_plain_things(id: &ObjectId, schema: &Schema) -> bool {
    const PLAIN: [Kind; 5] = [Kind::Namespace, Kind::Enum, Kind::Extension, Kind::Role, Kind::Sequence];
    let plain = |it: &ObjectId| PLAIN.contains(&it.kind);
    if plain(id) {
        return true;
    }
    matches!(id.kind, Kind::Function | Kind::Procedure | Kind::Domain | Kind::Composite | Kind::Range)
        && schema.uses(id).iter().all(|it| plain(it) || it.kind == Kind::Domain)
}

/// Whether something lost with a column or table could never stay: what is gone already asks for leave.
pub(super) fn is_doomed(id: &ObjectId, cx: &Context<'_>) -> bool {
    cx.actual.uses(id).iter().any(|it| matches!(it.kind, Kind::Column | Kind::Table) && cx.is_gone(it))
}

/// Whether a file may leave the object out without meaning that it should go.
pub(super) fn may_go_unsaid(id: &ObjectId, desired: &Schema) -> bool {
    match id.kind {
        Kind::Role => true,
        Kind::Owner => id.target().is_some_and(|it| desired.contains(it)),
        _ => false,
    }
}

/// Whether what uses an object may only make sense with its new state, so that it waits where that is
/// not allowed.
pub(crate) fn others_wait_for(id: &ObjectId) -> bool {
    use Kind::{Column, Composite, Domain, Enum, MaterializedView, Publication, Range, View};
    matches!(id.kind, Column | Enum | Range | Domain | Composite | View | MaterializedView | Publication)
}

pub(crate) fn is_type(id: &ObjectId) -> bool {
    matches!(id.kind, Kind::Enum | Kind::Domain | Kind::Composite | Kind::Range)
}

/// Whether it does not care, as it is made, that columns go over to a type that is made anew: a type made of that, a
/// function of types alone.
pub(crate) fn is_of_types(id: &ObjectId, used: &HashSet<ObjectId>) -> bool {
    let plain =
        |it: &ObjectId| is_type(it) || matches!(it.kind, Kind::Namespace | Kind::Role | Kind::Language);
    is_type(id) || id.kind == Kind::Function && used.iter().all(plain)
}

/// The new tables that have parents.
pub(crate) fn newcomers<'a>(actual: &Schema, desired: &'a Schema) -> Vec<&'a QualName> {
    let of = |(id, object): (&'a ObjectId, &Object)| match object {
        Object::Table(it) if it.parents().next().is_some() => id.qual_name().filter(|_| !actual.contains(id)),
        _ => None,
    };
    desired.iter().filter_map(of).collect()
}

/// Whether a part that stays can change whatever becomes of the whole.
pub(crate) fn stays_as_whole_changes(id: &ObjectId) -> bool {
    id.kind == Kind::Column
}

/// Whether it is only said of an object, so that it is in the way of nothing but the end of that, and does not care
/// what state that is in.
pub(crate) fn is_said_of(id: &ObjectId) -> bool {
    id.kind.meta().satellite || id.kind == Kind::NotNull
}

/// Whether the statement that makes a table may make it too.
pub(crate) fn is_said_inside(id: &ObjectId) -> bool {
    matches!(id.kind, Kind::Column | Kind::NotNull | Kind::Constraint)
}

/// What a fact about something that is no object of its own goes with: a comment on the index behind a
/// constraint with that constraint.
pub(crate) fn stand_ins(schema: &Schema) -> HashMap<ObjectId, ObjectId> {
    let behind = |(id, object): (&ObjectId, &Object)| match object {
        Object::Constraint(it) => Some((it.index_id(id)?, id.clone())),
        _ => None,
    };
    schema.iter().filter_map(behind).collect()
}

/// The columns that what is read has from the tables above it: who reads a table reads those too.
pub(crate) fn read_through(id: &ObjectId, uses: &[ObjectId], schema: &Schema) -> Vec<ObjectId> {
    if !matches!(id.kind, Kind::View | Kind::MaterializedView | Kind::Function | Kind::Procedure) {
        return Vec::new();
    }
    let tables = uses.iter().filter(|it| it.kind == Kind::Table);
    let above = tables.filter_map(ObjectId::qual_name).flat_map(|it| schema.above(it));
    let columns = |it: &model::QualName| {
        let table = Kind::Table.named(it);
        schema.parts(&table).filter(|it| it.kind == Kind::Column).cloned().collect::<Vec<_>>()
    };
    above.flat_map(columns).collect()
}
