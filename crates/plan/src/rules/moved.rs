//! Columns of a table that changes its parents, where they are no objects of their own on both sides. Does not know
//! when a table moves.

use model::{Column, Expr, Kind, Mention, Object, ObjectId, QualName};

use super::heir::{column_of, columns, has_default, with_heirs};
use super::{Alter, Context, Rules, apart, column, retype};
use crate::Hazard;
use crate::draft::Draft;

/// What has to go before any column can change: what is computed from others, and what is to be computed.
pub(super) fn loosened(name: &QualName, id: &ObjectId, cx: &Context<'_>) -> Vec<Draft> {
    let (mut drafts, mut plain) = (Vec::new(), Vec::new());
    for column in columns(cx.actual, name) {
        let own = Kind::Column.of(name, &column);
        let Some((from, live)) = column_of(cx.actual, name, &column).filter(|it| !stays(&it.0, &own, cx))
        else {
            continue;
        };
        match column_of(cx.desired, name, &column) {
            Some((_, wanted)) if is_remade(live, wanted, &own, cx) => {
                let list = if live.generated.is_some() { &mut drafts } else { &mut plain };
                list.push(removed(&own, id, cx));
            }
            Some((_, wanted)) if live.generated.is_some() && wanted.generated.is_none() => {
                let sql = format!("{} DROP EXPRESSION", column::prefix(&own));
                drafts.push(with_heirs(Draft::alter(id, sql), name, cx));
            }
            None if live.generated.is_some() && from != own => drafts.push(removed(&own, id, cx)),
            _ => (),
        }
    }
    drafts.into_iter().chain(plain).collect()
}

/// What is computed, where it was not or has been taken out, once all it is computed from is what it is to be.
pub(super) fn computed(name: &QualName, id: &ObjectId, cx: &Context<'_>) -> Vec<Draft> {
    let mut drafts = Vec::new();
    for column in columns(cx.desired, name) {
        let own = Kind::Column.of(name, &column);
        let Some((of, wanted)) = column_of(cx.desired, name, &column) else { continue };
        let comes = match column_of(cx.actual, name, &column) {
            None => wanted.generated.is_some() && of != own && !comes_from_above(&of, name, cx),
            Some((from, live)) => !stays(&from, &own, cx) && is_remade(live, wanted, &own, cx),
        };
        if comes {
            drafts.push(added(&of, wanted, id, cx));
        }
    }
    drafts
}

/// What has to be out of the way while the columns of a table become what its other parents demand.
pub(super) fn in_the_way(name: &QualName, id: &ObjectId, cx: &Context<'_>) -> Vec<ObjectId> {
    let mut down = Vec::new();
    for column in columns(cx.actual, name) {
        let live = column_of(cx.actual, name, &column);
        let Some(((from, live), (_, wanted))) = live.zip(column_of(cx.desired, name, &column)) else {
            continue;
        };
        let all = if is_remade(live, wanted, &Kind::Column.of(name, &column), cx) {
            cx.users.of(&from).cloned().collect()
        } else if (&live.ty, &live.collation) != (&wanted.ty, &wanted.collation) {
            retype::in_the_way(&from, wanted, cx)
        } else {
            continue;
        };
        let alone = from.relation() == Some(name);
        let is_own = |it: &ObjectId| alone || it.relation() == Some(name) || cx.actual.uses(it).contains(id);
        // The table's own columns are seen to here.
        let others = all.into_iter().filter(|it| !matches!(it.kind, Kind::Table | Kind::Column));
        down.extend(others.filter(is_own));
    }
    down
}

/// Whether what becomes of a column is not decided here: its rule does that, or that of the table above.
fn stays(from: &ObjectId, own: &ObjectId, cx: &Context<'_>) -> bool {
    if from != own {
        return own.relation().is_some_and(|it| comes_from_above(from, it, cx));
    }
    let as_it_was = cx.actual.get(own) == cx.desired.get(own);
    cx.desired.contains(own) && !(as_it_was && reads_moved(own, cx))
}

/// Whether a column of the table is computed from one whose type changes as the table moves.
pub(super) fn reads_moved(own: &ObjectId, cx: &Context<'_>) -> bool {
    // Only of what the file says it is known what it reads.
    match (cx.desired.get(own), own.relation()) {
        (Some(Object::Column(it)), Some(table)) => {
            it.generated.as_ref().is_some_and(|it| reads_retyped(&it.expr, table, cx))
        }
        _ => false,
    }
}

/// Whether a table is above another one as that is to be, by a parent that it keeps or comes back to.
pub(super) fn is_above(table: &QualName, name: &QualName, cx: &Context<'_>) -> bool {
    let Some((old, new)) = cx.actual.table(name).zip(cx.desired.table(name)) else { return false };
    let mut stays = new.parents().filter(|it| old.parents().any(|had| had == *it));
    stays.any(|it| cx.desired.lineage(it).contains(&table))
}

/// Whether the table a column is of is above by a parent that stays: then the column comes from there.
fn comes_from_above(of: &ObjectId, name: &QualName, cx: &Context<'_>) -> bool {
    of.relation().is_some_and(|of| is_above(of, name, cx))
}

/// A column that a table has from above, or is to have: what takes it out of the table.
pub(super) fn removed(own: &ObjectId, table: &ObjectId, cx: &Context<'_>) -> Draft {
    let only = apart::only(own, cx);
    let sql = format!("ALTER TABLE {only}{} DROP COLUMN {}", table.address(), own.name());
    let live = own.relation().and_then(|it| column_of(cx.actual, it, own.name()));
    let types = live.map(|(_, it)| types(it, cx)).unwrap_or_default();
    let draft = Draft::alter(table, sql).hazard(Hazard::DropColumn).precedes(types);
    apart::locked(draft, own, cx)
}

/// What a column that comes from above holds on to in its own table too: types that go.
fn types(live: &Column, cx: &Context<'_>) -> Vec<ObjectId> {
    let ty = live.ty.user.as_ref().and_then(|it| cx.actual.type_named(it));
    ty.into_iter().filter(|it| !cx.desired.contains(it)).collect()
}

/// What puts a column into a table, as it is said of it or of the table above.
pub(super) fn added(of: &ObjectId, column: &Column, table: &ObjectId, cx: &Context<'_>) -> Draft {
    let definition = column::definition(of, column, cx.desired, |_, _| true);
    let sql = format!("ALTER TABLE {} ADD COLUMN {}", table.address(), definition.sql);
    let draft = Draft::alter(table, sql).reads(definition.exprs).needs(cx.desired.uses(of)).adds();
    table.qual_name().into_iter().fold(draft, |draft, name| with_heirs(draft, name, cx))
}

/// What a column shares with those below and above. What is no longer computed has been let go before.
fn shared(it: &Column, wanted: &Column) -> Column {
    let generated = it.generated.clone().filter(|_| wanted.generated.is_some());
    Column { identity: None, statistics: None, options: model::Settings::new(), generated, ..it.clone() }
}

/// Whether a column cannot become another one where it stands.
pub(super) fn is_remade(live: &Column, wanted: &Column, own: &ObjectId, cx: &Context<'_>) -> bool {
    if live.generated.is_some()
        && let (Some(it), Some(table)) = (&wanted.generated, own.relation())
        && reads_retyped(&it.expr, table, cx)
    {
        return true;
    }
    let (old, new) = (shared(live, wanted), shared(wanted, wanted));
    old != new && matches!(old.alter(&new, own, cx), Alter::Replace(_) | Alter::Swap { .. })
}

/// Whether an expression reads a column of the table that gets another type.
fn reads_retyped(expr: &Expr, table: &QualName, cx: &Context<'_>) -> bool {
    expr.mentions.iter().any(|it| {
        let Mention::Column(parts) = it else { return false };
        let of = |schema| parts.last().and_then(|it| column_of(schema, table, it)).map(|it| &it.1.ty);
        matches!((of(cx.actual), of(cx.desired)), (Some(old), Some(new)) if old != new)
    })
}

/// Makes a column what it is to be, where it can be changed in place.
pub(super) fn fitted(
    live: &Column,
    wanted: &Column,
    own: &ObjectId,
    table: &ObjectId,
    cx: &Context<'_>,
) -> Vec<Draft> {
    let (old, new) = (shared(live, wanted), shared(wanted, wanted));
    let drafts = match old != new {
        true => old.alter(&new, own, cx),
        false => Alter::InPlace(Vec::new()),
    };
    let drafts = match drafts {
        Alter::InPlace(drafts) | Alter::Around { drafts, .. } => drafts,
        Alter::Replace(_) | Alter::Swap { .. } => Vec::new(),
    };
    let [down, up] = if live.ty == wanted.ty { [None, None] } else { without_default(own, table, cx) };
    let drafts = down.into_iter().chain(drafts).chain(up);
    let drafts = drafts.map(|it| it.precedes(types(live, cx)));
    // What is assumed of its own values alone would differ from what is said above, or be lost with what is said there.
    let is_own = cx.actual.contains(own) || cx.desired.contains(own);
    let gauged = is_own.then(|| column::gauged(own, live, wanted, cx)).into_iter().flatten();
    drafts.chain(gauged).map(|it| it.touches([table.clone()])).collect()
}

/// A default would have to be cast along with its column: what takes it down, and what puts back one that stays.
fn without_default(own: &ObjectId, table: &ObjectId, cx: &Context<'_>) -> [Option<Draft>; 2] {
    let default = ObjectId { kind: Kind::Default, path: own.path.clone() };
    if !has_default(cx.actual, &default) {
        return [None, None];
    }
    let Some(name) = table.qual_name() else { return [None, None] };
    let alter = |sql: String| with_heirs(Draft::alter(table, sql), name, cx);
    let stays = cx.desired.get(&default).filter(|it| cx.actual.get(&default) == Some(*it));
    let up = stays.and_then(|it| match it {
        Object::Default(it) => Some(alter(column::set_default(own, &it.expr)).reads([&it.expr])),
        _ => None,
    });
    [Some(alter(format!("{} DROP DEFAULT", column::prefix(own)))), up]
}
