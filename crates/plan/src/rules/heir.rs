//! Tables that come under another one or leave it: what they must have before, and what is too much of
//! them afterwards. Does not know what rows are in them.
//!
//! What a table has from above is no object of its own, so the differ sees nothing of what must be said
//! of it while its parents change.

use std::collections::{BTreeMap, HashSet};

use diff::Change;
use model::{
    AlsoOwn, Column, Expr, Kind, Name, Object, ObjectId, PartitionOf, QualName, Rule, Schema, Table,
};

use super::demand::Demand;
use super::left::Left;
use super::text::collate;
use super::{Context, apart, column, constraint, moved, not_null, turn};
use crate::draft::Draft;
use crate::{Hazard, Mode, Why};

/// What stands for the bounds of a table's partitions: whoever frees some comes before whoever takes some.
pub(super) fn bounds(parent: &QualName) -> ObjectId {
    Kind::Table.of(parent, &Name::default())
}

/// What ends that a table is a partition or a child of another.
pub(super) fn leaving(old: &Table, new: &Table, id: &ObjectId, cx: &Context<'_>) -> Vec<Draft> {
    let Some(name) = id.qual_name() else { return Vec::new() };
    let mut drafts = Vec::new();
    if let Some(PartitionOf { parent, .. }) =
        old.partition_of.as_ref().filter(|_| old.partition_of != new.partition_of)
    {
        let draft = Draft::alter(id, format!("ALTER TABLE {parent} DETACH PARTITION {name}"));
        let draft = draft.lock(Mode::AccessExclusive, parent).lock(Mode::AccessExclusive, name);
        let draft = draft.hazard_if(
            cx.users.of(&Kind::Table.named(parent)).any(|it| it.kind == Kind::ForeignKey),
            Hazard::MayFail,
        );
        let draft = draft.touches([bounds(parent)]);
        let draft = turn::left(draft, parent, name, cx);
        drafts.push(draft.changed(
            "partition_of",
            partition_words(old.partition_of.as_ref()),
            partition_words(new.partition_of.as_ref()),
        ));
    }
    let (again, gone): (Vec<_>, Vec<_>) =
        old.inherits[common(old, new)..].iter().partition(|it| moved::is_above(it, name, cx));
    for parent in gone.into_iter().chain(again) {
        let leave = turn::left(inherit(id, name, "NO INHERIT", parent), parent, name, cx);
        drafts.push(leave.changed("inherits", words(&old.inherits), words(&new.inherits)));
    }
    let leaves = !drafts.is_empty();
    if old.parents().ne(new.parents()) {
        drafts.extend(moved::loosened(name, id, cx));
    }
    if leaves {
        drafts.extend(Left { name, new, id, cx }.over());
    }
    drafts
}

/// What makes tables partitions and children of others, after all that ends it.
pub(super) fn joining(cx: &Context<'_>, altered: &BTreeMap<ObjectId, Vec<Draft>>) -> Vec<Draft> {
    let tables = altered.keys().filter(|it| it.kind == Kind::Table);
    tables
        .flat_map(|id| match (cx.actual.get(id), cx.desired.get(id)) {
            (Some(Object::Table(old)), Some(Object::Table(new))) => joins(old, new, id, cx),
            _ => Vec::new(),
        })
        .collect()
}

fn joins(old: &Table, new: &Table, id: &ObjectId, cx: &Context<'_>) -> Vec<Draft> {
    let Some(name) = id.qual_name() else { return Vec::new() };
    let mut drafts = Vec::new();
    let gained: Vec<&QualName> = gained(old, new).collect();
    for (at, parent) in gained.iter().enumerate() {
        drafts.extend(Demand { name, id, parent, before: &gained[..at], cx }.unmet());
    }
    if old.parents().ne(new.parents()) {
        drafts.extend(moved::computed(name, id, cx));
    }
    if let Some(PartitionOf { parent, bound }) =
        new.partition_of.as_ref().filter(|_| old.partition_of != new.partition_of)
    {
        let sql = format!("ALTER TABLE {parent} ATTACH PARTITION {name} {bound}");
        let draft = Draft::alter(id, sql).reads([bound]).hazard(Hazard::ScansTable).hazard(Hazard::MayFail);
        let draft = draft.lock(Mode::ShareUpdateExclusive, parent).lock(Mode::AccessExclusive, name);
        let draft = turn::joined(draft, parent, old, cx);
        drafts.push(draft.touches([bounds(parent)]).changed(
            "partition_of",
            partition_words(old.partition_of.as_ref()),
            partition_words(new.partition_of.as_ref()),
        ));
    }
    for parent in &new.inherits[common(old, new)..] {
        let join = turn::joined(inherit(id, name, "INHERIT", parent), parent, old, cx);
        drafts.push(join.changed("inherits", words(&old.inherits), words(&new.inherits)));
    }
    drafts
}

fn inherit(id: &ObjectId, name: &QualName, verb: &str, parent: &QualName) -> Draft {
    let draft = Draft::alter(id, format!("ALTER TABLE {name} {verb} {parent}"));
    let draft = draft.lock(Mode::AccessExclusive, name);
    // To leave a parent keeps nobody waiting who uses it.
    if verb == "INHERIT" { draft.lock(Mode::ShareUpdateExclusive, parent) } else { draft }
}

/// The parents that a table gets.
pub(super) fn gained<'a>(old: &'a Table, new: &'a Table) -> impl Iterator<Item = &'a QualName> {
    new.parents().filter(|it| !old.parents().any(|had| had == *it))
}

/// How many of the first parents stay as they are.
fn common(old: &Table, new: &Table) -> usize {
    old.inherits.iter().zip(&new.inherits).take_while(|(old, new)| old == new).count()
}

fn partition_words(it: Option<&PartitionOf>) -> String {
    it.map(|it| format!("{} {}", it.parent, it.bound)).unwrap_or_else(|| "none".to_string())
}

fn words(parents: &[QualName]) -> String {
    match parents {
        [] => "none".to_string(),
        _ => parents.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
    }
}

/// Whether a default that is none comes or goes with a parent that has one.
pub(super) fn is_no_default_by_parent(change: &Change<'_>, actual: &Schema, desired: &Schema) -> bool {
    let (from, to) = match change {
        Change::Create { id, new: Object::Default(it) } if it.is_none() && !has_default(actual, id) => {
            (actual, desired)
        }
        Change::Drop { old: Object::Default(it), .. } if it.is_none() => (desired, actual),
        _ => return false,
    };
    let Some(table) = change.id().relation() else { return false };
    match (from.table(table), to.table(table)) {
        (Some(without), Some(with)) => gained(without, with).next().is_some(),
        _ => false,
    }
}

/// What is done to a table's columns and checks is done to those below it.
pub(super) fn with_heirs(draft: Draft, name: &QualName, cx: &Context<'_>) -> Draft {
    heirs(name, cx)
        .into_iter()
        .fold(draft.lock(Mode::AccessExclusive, name), |draft, it| with_heirs(draft, it, cx))
}

/// What leaves a column with the default that it has from above, or none: the statement, and the text in it.
pub(super) fn default_as_above<'a>(own: &ObjectId, cx: &Context<'a>) -> (String, Option<&'a Expr>) {
    let mut above = own.relation().into_iter().flat_map(|it| cx.desired.above(it));
    match above.find_map(|it| cx.desired.get(&Kind::Default.of(it, own.name()))) {
        Some(Object::Default(it)) => (column::set_default(own, &it.expr), Some(&it.expr)),
        _ => (format!("{} DROP DEFAULT", column::prefix(own)), None),
    }
}

/// Whether a live column has a default, be it from above.
pub(super) fn has_default(actual: &Schema, default: &ObjectId) -> bool {
    default.relation().is_some_and(|table| match part_of(actual, Kind::Default, table, default.name()) {
        Some(Object::Default(it)) => !it.is_none(),
        _ => false,
    })
}

/// Whether a column has the very default from above, and that stays there for want of leave to take it away.
pub(super) fn has_it_from_above(default: &model::Default, id: &ObjectId, cx: &Context<'_>) -> bool {
    let Some(table) = id.relation().and_then(|it| cx.desired.table(it)) else { return false };
    let has = |schema, of: &QualName| {
        let found = part_of(schema, Kind::Default, of, id.name());
        matches!(found, Some(Object::Default(it)) if it == default)
    };
    !cx.actual.contains(id)
        && id.relation().is_some_and(|it| has(cx.actual, it))
        && table.parents().any(|it| has(cx.desired, it))
}

/// Whether a column takes a default over from above: as its table is made, or as the default is given to all below.
pub(super) fn takes_default(id: &ObjectId, cx: &Context<'_>) -> bool {
    let Some(table) = id.relation() else { return false };
    let is_new = cx.is_new(&Kind::Table.named(table));
    let gives = |old: Option<&Object>, new: Option<&Object>| {
        matches!(new, Some(Object::Default(it)) if !it.is_none()) && (is_new || old != new)
    };
    cx.desired.above(table).any(|it| {
        let own = Kind::Default.of(it, id.name());
        let [old, new] = [cx.actual, cx.desired].map(|schema| part_of(schema, Kind::Default, it, id.name()));
        gives(cx.actual.get(&own), cx.desired.get(&own)) || gives(old, new)
    })
}

/// The defaults that a column would have from above: the server gives them to all below as they are given.
pub(super) fn defaults_above(id: &ObjectId, cx: &Context<'_>) -> Vec<ObjectId> {
    let above = id.relation().into_iter().flat_map(|it| cx.desired.above(it));
    above.map(|it| Kind::Default.of(it, id.name())).collect()
}

/// The server gives a new default to all heirs, so those that have their own say it again, unless they do anyhow.
/// `by` is whose statements they are.
pub(super) fn defaults_below(id: &ObjectId, by: &ObjectId, cx: &Context<'_>) -> Vec<Draft> {
    let Some(table) = id.relation() else { return Vec::new() };
    let again = |heir: &QualName| {
        let own = Kind::Default.of(heir, id.name());
        let is_said = cx.created.contains_key(&own) || cx.actual.get(&own) != cx.desired.get(&own);
        match cx.desired.get(&own) {
            Some(_) if is_said => Vec::new(),
            Some(Object::Default(it)) => {
                let draft = Draft::alter(by, column::set_default(&own, &it.expr)).reads([&it.expr]);
                let draft = column::locked(draft.touches([own.clone()]).adds(), &own);
                std::iter::once(draft).chain(defaults_below(&own, by, cx)).collect()
            }
            _ => defaults_below(&own, by, cx),
        }
    };
    heirs(table, cx).into_iter().flat_map(again).map(|it| it.why(Why::PutBack { id: by.clone() })).collect()
}

/// A NOT NULL that is no longer handed down stays with the heirs; those that are not to have it let go of it.
pub(super) fn let_take_null(id: &ObjectId, cx: &Context<'_>) -> Vec<Draft> {
    let Some(table) = id.relation() else { return Vec::new() };
    let one = |heir: &QualName| {
        let own = Kind::NotNull.of(heir, id.name());
        if cx.desired.contains(&own) {
            return Vec::new();
        }
        let sql = format!("{} DROP NOT NULL", column::prefix(&own));
        let draft = Draft::alter(id, sql).lock(Mode::AccessExclusive, heir).hazard(Hazard::DropNotNull);
        std::iter::once(draft.touches([own.clone()])).chain(let_take_null(&own, cx)).collect()
    };
    heirs(table, cx).into_iter().flat_map(one).collect()
}

/// What the definition of a new child says though it has it from above, and the check above that it is.
pub(super) fn said_again<'a>(
    id: &ObjectId,
    table: &Table,
    desired: &'a Schema,
) -> Vec<(String, Option<&'a ObjectId>)> {
    let Some(name) = id.qual_name() else { return Vec::new() };
    let AlsoOwn { columns, checks, not_nulls: _, lent: _ } = &*table.also_own;
    let column = |it: &Name| {
        let (_, column) = column_of(desired, name, it)?;
        Some((format!("{it} {}{}", column.ty, collate(column.collation.as_ref())), None))
    };
    let all = if checks.is_empty() { Vec::new() } else { self::checks(desired, name) };
    let check = |it: &Name| {
        let (id, check) = all.iter().find(|(id, _)| id.name() == it)?;
        Some((format!("CONSTRAINT {it} {}", constraint::clause(check)), Some(*id)))
    };
    columns.iter().filter_map(column).chain(checks.iter().filter_map(check)).collect()
}

/// A column or check that children declare too stays with them; those that are not to have it let go of it, and those
/// that have a check which only steps aside.
pub(super) fn outlasting(id: &ObjectId, cx: &Context<'_>) -> Vec<Draft> {
    outlasting_below(id, id, &mut HashSet::new(), cx)
}

/// `top` is what goes from above all, whose statements they are; `seen` the tables that have been reached.
fn outlasting_below(
    id: &ObjectId,
    top: &ObjectId,
    seen: &mut HashSet<QualName>,
    cx: &Context<'_>,
) -> Vec<Draft> {
    let (Some(table), name) = (id.relation(), id.name()) else { return Vec::new() };
    let alone = apart::stays_below(id, cx);
    let comes = |it: &ObjectId| it.kind == Kind::Constraint && cx.created.contains_key(it);
    let returns = comes(top);
    let one = |heir: &QualName| {
        if !seen.insert(heir.clone()) {
            return Vec::new();
        }
        let own = id.kind.of(heir, name);
        let more = outlasting_below(&own, top, seen, cx);
        let Some(live) = cx.actual.table(heir) else { return more };
        let (declares, wanted, hazard) = declared(&own, live, heir, cx);
        let (wanted, again) = (wanted.is_some(), wanted.filter(comes));
        let stays = match alone {
            true => !wanted || cx.created.contains_key(&own),
            false => declares && (!wanted || returns || again.is_some()),
        };
        // With the last of those above, if there are more.
        let above = cx.actual.above(heir).filter(|it| moved::is_above(it, heir, cx));
        let above = above.map(|it| id.kind.of(it, name));
        let gone: Vec<ObjectId> = above.filter(|it| cx.dropped.contains_key(it)).collect();
        if !stays || cx.is_gone(&Kind::Table.named(heir)) || gone.last().is_some_and(|it| it != top) {
            return more;
        }
        let sql = match id.kind {
            Kind::NotNull => not_null::let_go(&own, cx),
            _ => format!("ALTER TABLE {}{heir} DROP {} {name}", apart::only(&own, cx), id.kind.meta().sql),
        };
        let draft = if returns { Draft::drop(top, sql) } else { Draft::alter(top, sql) };
        let draft = apart::locked(draft, &own, cx)
            .hazard_if(!wanted, hazard)
            .precedes([own.clone()])
            .touches(again)
            .touches([own.clone()])
            .follows(gone.into_iter().filter(|it| it != top));
        let before = apart::before_leaving(id, &own, cx).filter(|_| id.kind == Kind::Column);
        before.into_iter().chain([draft]).chain(more).collect()
    };
    heirs(table, cx).into_iter().flat_map(one).collect()
}

/// Whether a child declares a column or check besides its parent, where it is to have it from, and what it is to lose
/// it.
fn declared(
    own: &ObjectId,
    live: &Table,
    heir: &QualName,
    cx: &Context<'_>,
) -> (bool, Option<ObjectId>, Hazard) {
    let name = own.name();
    if own.kind == Kind::NotNull {
        let from = cx.desired.lineage(heir).into_iter().map(|it| Kind::NotNull.of(it, name));
        let wanted = from.into_iter().find(|it| cx.desired.contains(it));
        let declares = live.also_own.not_nulls.contains(name);
        return (declares, wanted.filter(|_| is_not_null(cx.desired, heir, name)), Hazard::DropNotNull);
    }
    if own.kind == Kind::Column {
        let wanted = column_of(cx.desired, heir, name).map(|it| it.0);
        return (live.also_own.columns.contains(name), wanted, Hazard::DropColumn);
    }
    let wanted = checks(cx.desired, heir).into_iter().find(|(it, _)| it.name() == name);
    (live.also_own.checks.contains(name), wanted.map(|it| it.0.clone()), Hazard::DropConstraint)
}

/// Children that declare a check too do so again once it has come back above.
pub(super) fn declared_again(id: &ObjectId, check: &model::Constraint, cx: &Context<'_>) -> Vec<Draft> {
    let Some(table) = id.relation().filter(|_| cx.dropped.contains_key(id)) else { return Vec::new() };
    let declares = |schema: &Schema, it: &QualName| {
        schema.table(it).is_some_and(|it| it.also_own.checks.contains(id.name()))
    };
    let below = with_all_below(table, cx).into_iter().skip(1);
    let below = below.filter(|it| declares(cx.actual, it) && declares(cx.desired, it));
    below
        .filter(|it| !cx.is_new(&Kind::Table.named(it)))
        .map(|it| {
            let sql = format!("ALTER TABLE {it} ADD CONSTRAINT {} {}", id.name(), constraint::clause(check));
            let exprs = Object::from(check.clone());
            let draft = with_heirs(Draft::alter(id, sql), it, cx).reads(exprs.exprs());
            draft.why(Why::PutBack { id: id.clone() })
        })
        .collect()
}

/// The tables right below a table that keep a parent by which they are: who leaves, or goes to another one below the
/// table, does so before anything reaches it.
pub(super) fn heirs<'a>(table: &QualName, cx: &Context<'a>) -> Vec<&'a QualName> {
    let above = Kind::Table.named(table);
    let users = cx.users.of(&above).filter(|it| it.kind == Kind::Table);
    let stays = |it: &&QualName| cx.desired.table(it).is_none() || moved::is_above(table, it, cx);
    let mut heirs: Vec<&QualName> = users.filter_map(ObjectId::qual_name).filter(stays).collect();
    heirs.sort_unstable();
    heirs
}

/// A table and those below it that are not to leave it, all levels down, each once.
pub(super) fn with_all_below<'a>(table: &'a QualName, cx: &Context<'a>) -> Vec<&'a QualName> {
    let (mut line, mut at) = (vec![table], 0);
    let mut seen = HashSet::from([table]);
    while let Some(name) = line.get(at) {
        at += 1;
        line.extend(heirs(name, cx).into_iter().filter(|it| seen.insert(it)));
    }
    line
}

/// The tables that take part in what is said of a table: itself, those below, and those above any of them.
pub(super) fn line<'a>(table: &'a QualName, cx: &Context<'a>) -> HashSet<&'a QualName> {
    let own = with_all_below(table, cx);
    own.iter().flat_map(|it| [cx.actual, cx.desired].map(|schema| schema.lineage(it))).flatten().collect()
}

/// The columns a table has, from wherever.
pub(super) fn columns(schema: &Schema, table: &QualName) -> Vec<Name> {
    let mut names: Vec<Name> = Vec::new();
    for of in schema.lineage(table) {
        let table = Kind::Table.named(of);
        for column in schema.parts(&table).filter(|it| it.kind == Kind::Column) {
            if !names.contains(column.name()) {
                names.push(column.name().clone());
            }
        }
    }
    names
}

/// A column a table has, from wherever, and where from.
pub(super) fn column_of<'a>(
    schema: &'a Schema,
    table: &QualName,
    name: &Name,
) -> Option<(ObjectId, &'a Column)> {
    schema.lineage(table).into_iter().find_map(|of| {
        let id = Kind::Column.of(of, name);
        match schema.get(&id) {
            Some(Object::Column(it)) => Some((id, it)),
            _ => None,
        }
    })
}

/// What of a kind a table's column has, from wherever.
pub(super) fn part_of<'a>(
    schema: &'a Schema,
    kind: Kind,
    table: &QualName,
    name: &Name,
) -> Option<&'a Object> {
    schema.lineage(table).into_iter().find_map(|of| schema.get(&kind.of(of, name)))
}

/// Whether a table's column takes no NULL, by itself or from above.
pub(super) fn is_not_null(schema: &Schema, table: &QualName, column: &Name) -> bool {
    schema.contains(&Kind::NotNull.of(table, column)) || is_inherited_not_null(schema, table, column)
}

/// Whether a column is NOT NULL from above.
pub(super) fn is_inherited_not_null(schema: &Schema, table: &QualName, column: &Name) -> bool {
    schema.above(table).any(|it| is_handed_not_null(schema, it, column))
}

/// Whether a NOT NULL of a table, or of one above it, is handed down.
pub(super) fn is_handed_not_null(schema: &Schema, table: &QualName, column: &Name) -> bool {
    schema.lineage(table).into_iter().any(|it| match schema.get(&Kind::NotNull.of(it, column)) {
        Some(Object::NotNull(it)) => !it.no_inherit,
        _ => false,
    })
}

pub(super) fn is_handed_down(it: &model::Constraint) -> bool {
    matches!(it.rule, Rule::Check { no_inherit: false, .. })
}

/// Whether a check that a table has will do, valid or more, where a parent has the other.
pub(super) fn is_alike(
    one: &model::Constraint,
    other: &model::Constraint,
    table: &QualName,
    sides: [&Schema; 2],
) -> bool {
    one.enforced == other.enforced
        && (one.validated || !other.validated)
        && constraint::demands(&one.rule, &other.rule, table, sides)
}

/// The checks a table has, its own and those that come from above.
pub(super) fn checks<'a>(schema: &'a Schema, table: &QualName) -> Vec<(&'a ObjectId, &'a model::Constraint)> {
    let mut found = Vec::new();
    for of in schema.lineage(table) {
        let owner = Kind::Table.named(of);
        let constraints = schema.parts(&owner).filter(|it| it.kind == Kind::Constraint);
        let all = constraints.filter_map(|id| match schema.get(id) {
            Some(Object::Constraint(it)) => Some((id, it)),
            _ => None,
        });
        let of_all = |it: &model::Constraint| matches!(it.rule, Rule::Check { .. }) && of == table;
        found.extend(all.filter(|(_, it)| of_all(it) || is_handed_down(it)));
    }
    found
}
