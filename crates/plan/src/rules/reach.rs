//! How far the lock of a statement reaches: to children and partitions of a table, to tables that keys point to, to
//! the partition that has all the rest. Does not know what the statement says.

use std::collections::{HashMap, HashSet};

use model::{
    Column, Deferral, ForeignKey, Kind, MaterializedView, Name, Object, ObjectId, PartitionOf, QualName,
    Rule, Schema, Shape, Type,
};

use super::apart::is_left;
use super::heir::is_not_null;
use super::partition::spreads;
use super::shared::key_of;
use crate::{Lock, Mode, Step, Verb, Why};

/// What stands under each table.
#[derive(Default)]
struct Below<'a> {
    tables: HashMap<&'a QualName, Vec<&'a QualName>>,
    /// The partition that has all the rest: what the others have decides what may be in it.
    rest: HashMap<&'a QualName, &'a QualName>,
    /// The tables whose foreign keys point to each table.
    pointing: HashMap<&'a QualName, Vec<&'a QualName>>,
    /// The foreign keys that stand.
    keys: HashMap<&'a ObjectId, &'a ForeignKey>,
}

impl<'a> Below<'a> {
    fn of(schema: &'a Schema) -> Below<'a> {
        let mut below = Below { tables: schema.heirs(), ..Below::default() };
        for (id, object) in schema.iter() {
            if let (Object::ForeignKey(key), Some(table)) = (object, id.relation()) {
                below.pointing.entry(&key.target).or_default().push(table);
                below.keys.insert(id, key);
            }
            let (Object::Table(table), Some(name)) = (object, id.qual_name()) else { continue };
            if let Some(it) = table.partition_of.as_ref().filter(|it| &*it.bound.key == "default") {
                below.rest.insert(&it.parent, name);
            }
        }
        below
    }

    /// What a step that has run has made of it.
    fn follow(&mut self, step: &'a Step, desired: &'a Schema) {
        match (step.verb, desired.get(&step.id)) {
            (Verb::Drop, _) => _ = self.keys.remove(&step.id),
            (Verb::Create, Some(Object::ForeignKey(key))) => _ = self.keys.insert(&step.id, key),
            _ => (),
        }
        let Some(name) = step.id.qual_name().filter(|_| step.verb == Verb::Alter) else { return };
        if !step.why.iter().any(|it| matches!(it, Why::Changed { field: "inherits" | "partition_of", .. })) {
            return;
        }
        let Some(new) = desired.table(name) else { return };
        let stays: Vec<_> = new.parents().collect();
        let is_locked = |it: &QualName| step.locks.iter().any(|lock| lock.relation == *it);
        for (parent, tables) in &mut self.tables {
            tables.retain(|it| *it != name || stays.contains(parent));
        }
        for parent in stays.into_iter().filter(|it| is_locked(it)) {
            let tables = self.tables.entry(parent).or_default();
            if !tables.contains(&name) {
                tables.push(name);
            }
        }
    }

    /// The tables right under a table.
    fn right(&self, table: &QualName) -> impl Iterator<Item = &'a QualName> {
        self.tables.get(table).into_iter().flatten().copied()
    }
}

/// Adds to each step the locks it takes on relations that it does not name.
pub(crate) fn spread(steps: &mut [Step], actual: &Schema, desired: &Schema, major: u32) {
    let reached = all_reached(steps, actual, desired, major);
    for (step, more) in steps.iter_mut().zip(reached) {
        let mut held: HashMap<QualName, Mode> = HashMap::new();
        for Lock { mode, relation } in step.locks.iter().filter(|_| !more.is_empty()) {
            let most = held.entry(relation.clone()).or_insert(*mode);
            *most = (*mode).max(*most);
        }
        for lock in more {
            if held.get(&lock.relation).is_none_or(|it| *it < lock.mode) {
                held.insert(lock.relation.clone(), lock.mode);
                step.locks.push(lock);
            }
        }
    }
}

fn all_reached(steps: &[Step], actual: &Schema, desired: &Schema, major: u32) -> Vec<Vec<Lock>> {
    let mut below = Below::of(actual);
    let reached = |step| {
        let more = reached(step, actual, desired, &below, major);
        below.follow(step, desired);
        more
    };
    steps.iter().map(reached).collect()
}

/// At which children it ends: the drop of a column or check where they declare it too, or are to have it of their own,
/// and so keep it, a new column or key where they have one that becomes one with it.
fn ends<'a>(
    step: &'a Step,
    below: &Below<'_>,
    [actual, desired]: [&'a Schema; 2],
    major: u32,
) -> impl Fn(&QualName) -> bool + 'a {
    let (name, id) = (step.id.name(), &step.id);
    let alone = goes_alone(step, below, [actual, desired]);
    let key = desired.get(id).filter(|it| matches!(it, Object::Constraint(_)) && major < 18);
    let has = |heir: &QualName| actual.contains(&id.kind.of(heir, name));
    // Only partitions have keys from above.
    let merges = id.relation().is_some_and(|it| actual.is_partitioned(it));
    let is_check = |it: &Object| matches!(it, Object::Constraint(it) if !it.rule.is_indexed());
    move |heir| match (step.verb, actual.table(heir)) {
        (Verb::Create, _) if id.kind == Kind::Column => {
            // From 18 on its NOT NULL goes further down.
            let not_null = |it: &QualName| Kind::NotNull.of(it, name);
            let goes_on = id.relation().is_some_and(|it| desired.contains(&not_null(it)));
            has(heir) && (major < 18 || !goes_on || actual.contains(&not_null(heir)))
        }
        (Verb::Create, _) if id.kind == Kind::NotNull => major >= 18 && has(heir),
        (Verb::Create, Some(_)) => {
            key.is_some_and(|it| merges && key_of(it, heir, actual).is_some() || is_check(it) && has(heir))
        }
        _ if alone => true,
        (Verb::Drop, Some(it)) => match id.kind {
            Kind::Column => it.also_own.columns.contains(name),
            Kind::Constraint => it.also_own.checks.contains(name),
            Kind::NotNull => it.also_own.not_nulls.contains(name),
            _ => false,
        },
        _ => false,
    }
}

/// Whether what goes from a table stays with one below it, so that it goes from the table alone.
fn goes_alone(step: &Step, below: &Below<'_>, [actual, desired]: [&Schema; 2]) -> bool {
    let id = &step.id;
    let goes = step.verb != Verb::Create && !desired.contains(id);
    let heirs = id.relation().filter(|_| goes).map(|it| descendants(it, below, |_| false));
    let mut parts = heirs.into_iter().flatten().map(|it| id.kind.of(it, id.name()));
    parts.any(|it| is_left(&it, actual, desired))
}

/// Up to 17 a key that is added to a partitioned table leaves its partitions readable, unless their columns are to
/// become NOT NULL.
fn mode_below(
    mode: Mode,
    part: Option<&Object>,
    step: &Step,
    relation: &QualName,
    actual: &Schema,
    major: u32,
) -> Mode {
    let Some(Object::Constraint(it)) = part.filter(|_| step.verb == Verb::Create && major < 18) else {
        return mode;
    };
    let stays = |column: &Name| is_not_null(actual, relation, column);
    match &it.rule {
        Rule::PrimaryKey { columns, .. } if !columns.iter().all(stays) => mode,
        // What may be checked later takes a trigger.
        rule if rule.is_indexed() && actual.is_partitioned(relation) => match it.deferral {
            Deferral::Never => Mode::Share,
            _ => Mode::ShareRowExclusive,
        },
        _ => mode,
    }
}

/// A table's children, all levels down, but those below where it ends.
fn descendants<'a>(
    table: &QualName,
    below: &Below<'a>,
    ends: impl Fn(&QualName) -> bool,
) -> Vec<&'a QualName> {
    let mut found: Vec<&QualName> = below.right(table).collect();
    let mut seen: HashSet<&QualName> = found.iter().copied().collect();
    let mut at = 0;
    while let Some(name) = found.get(at).copied() {
        at += 1;
        found.extend(below.right(name).filter(|it| !ends(name) && seen.insert(it)));
    }
    found
}

fn reached(step: &Step, actual: &Schema, desired: &Schema, below: &Below<'_>, major: u32) -> Vec<Lock> {
    let id = &step.id;
    match id.kind {
        Kind::Table => table(step, actual, desired, below),
        Kind::Domain | Kind::DomainConstraint => domain(step, actual, below),
        _ => {
            let after = desired.get(id).filter(|_| step.verb != Verb::Drop);
            let object = after.or(actual.get(id));
            let of_index = match object {
                Some(Object::Index(it)) => it.relation.qual_name(),
                _ => None,
            };
            let Some(relation) = id.relation().or(of_index) else { return Vec::new() };
            let own = step.locks.iter().find(|it| it.relation == *relation);
            let own = own.filter(|_| {
                is_inherited(object, step, relation, [actual, desired]) || adds_at_heirs(object, step, major)
            });
            // Up to 17 a NOT NULL is no constraint that children could have from above.
            let is_flag = id.kind == Kind::NotNull && major < 18;
            let own = own.filter(|_| !(is_flag && goes_alone(step, below, [actual, desired])));
            let mut locks = own
                .map(|it| {
                    let ends = ends(step, below, [actual, desired], major);
                    on(
                        mode_below(it.mode, object, step, relation, actual, major),
                        descendants(relation, below, ends),
                    )
                })
                .unwrap_or_default();
            if let Some(Object::ForeignKey(key)) = object {
                locks.extend(at_target(&key.target, step, actual, below));
            }
            if id.kind == Kind::Column && is_retyped(step) {
                locks.extend(by_keys(relation, id.name(), actual, below));
            }
            locks
        }
    }
}

fn is_retyped(step: &Step) -> bool {
    step.why.iter().any(|it| matches!(it, Why::Changed { field: "type" | "collation", .. }))
}

/// The tables at the other ends of the foreign keys that stand on a column: the server makes those keys anew.
fn by_keys(table: &QualName, column: &Name, actual: &Schema, below: &Below<'_>) -> Vec<Lock> {
    let mut tables = descendants(table, below, |_| false);
    tables.push(table);
    let mut locks = Vec::new();
    for (id, key) in &below.keys {
        let Some(own) = id.relation() else { continue };
        if tables.contains(&own) && key.columns.contains(column) {
            locks.extend(on(Mode::AccessExclusive, with_partitions(&key.target, actual, below)));
        }
        if tables.contains(&&key.target) && key.target_columns.contains(column) {
            locks.extend(on(Mode::AccessExclusive, with_partitions(own, actual, below)));
        }
    }
    locks.sort_by(|a, b| a.relation.cmp(&b.relation));
    locks
}

/// A key on a partitioned table has a trigger on each of its partitions.
fn at_target(target: &QualName, step: &Step, actual: &Schema, below: &Below<'_>) -> Vec<Lock> {
    let own = step.locks.iter().find(|it| it.relation == *target);
    own.map(|it| on(it.mode, with_partitions(target, actual, below))).unwrap_or_default()
}

/// A table and the partitions it has, all levels down.
fn with_partitions<'a>(table: &'a QualName, schema: &Schema, below: &Below<'a>) -> Vec<&'a QualName> {
    let parts = if schema.is_partitioned(table) { descendants(table, below, |_| false) } else { Vec::new() };
    std::iter::once(table).chain(parts).collect()
}

/// Whether children have the part too, so that what is done to it is done to theirs.
fn is_inherited(
    part: Option<&Object>,
    step: &Step,
    relation: &QualName,
    [actual, desired]: [&Schema; 2],
) -> bool {
    let partitioned = || actual.is_partitioned(relation);
    match part {
        Some(Object::Column(_)) if is_of_table_alone(step) => false,
        // Children have no identity, partitions do.
        Some(Object::Column(_)) if is_of_identity(step) => partitioned(),
        Some(Object::Column(_) | Object::Default(_)) => true,
        Some(Object::NotNull(it)) => step.verb != Verb::Drop || !it.no_inherit,
        Some(Object::Constraint(it)) => match &it.rule {
            Rule::Check { no_inherit, .. } => !no_inherit,
            // What stands on an index has a name of its own in each partition.
            _ => step.verb != Verb::Rename && partitioned(),
        },
        Some(Object::Index(_)) if step.verb == Verb::Create => partitioned() && spreads(&step.id, desired),
        Some(Object::Index(it)) => !it.only && partitioned(),
        Some(Object::ForeignKey(_)) => step.verb != Verb::Rename && partitioned(),
        Some(Object::Trigger(_)) => partitioned(),
        // A column that the table has from above.
        None => matches!(step.id.kind, Kind::Column | Kind::Default),
        _ => false,
    }
}

/// Whether to add a constraint the server locks children though they do not get it: for the NOT NULLs of a primary
/// key, and from 18 on always.
fn adds_at_heirs(part: Option<&Object>, step: &Step, major: u32) -> bool {
    match part {
        Some(Object::Constraint(it)) if step.verb == Verb::Create => {
            major >= 18 || matches!(it.rule, Rule::PrimaryKey { .. })
        }
        _ => false,
    }
}

/// What the server does not tell the tables below.
fn is_of_table_alone(step: &Step) -> bool {
    step.why.iter().any(|it| matches!(it, Why::Changed { field: "options" | "compression", .. }))
}

fn is_of_identity(step: &Step) -> bool {
    step.why.iter().any(|it| matches!(it, Why::Changed { field: "identity", .. }))
}

fn table(step: &Step, actual: &Schema, desired: &Schema, below: &Below<'_>) -> Vec<Lock> {
    let Some(name) = step.id.qual_name() else { return Vec::new() };
    let place = |schema: &Schema| schema.partition_of(&step.id).cloned();
    let (before, after) = (place(actual), place(desired).filter(|_| step.verb != Verb::Drop));
    let dropped = if step.verb == Verb::Drop { targets(name, actual) } else { Vec::new() };
    let dropped = dropped.into_iter().flat_map(|it| with_partitions(it, actual, below));
    let mut locks = on(Mode::AccessExclusive, dropped);
    if before == after {
        return locks;
    }
    let is_named = |it: &QualName| step.locks.iter().any(|lock| lock.relation == *it);
    for PartitionOf { parent, .. } in before.iter().chain(&after).filter(|it| is_named(&it.parent)) {
        let rest = below.rest.get(parent).copied().filter(|it| *it != name);
        locks.extend(on(Mode::AccessExclusive, rest));
        match step.verb {
            Verb::Alter => locks.extend(by_move(name, parent, step, actual, below)),
            Verb::Create => locks.extend(by_keys_above(parent, actual, below)),
            Verb::Drop | Verb::Rename => (),
        }
    }
    locks
}

/// The other ends of the foreign keys of tables that stand under each other: where theirs point to, with what is below
/// that, and which tables outside point to them.
fn ends_of<'a>(line: &[&QualName], actual: &'a Schema, below: &Below<'a>) -> [Vec<&'a QualName>; 2] {
    let targets = line.iter().flat_map(|it| targets(it, actual));
    let targets = targets.flat_map(|it| with_partitions(it, actual, below));
    let pointing = line.iter().filter_map(|it| below.pointing.get(*it)).flatten().copied();
    [targets.collect(), pointing.filter(|it| !line.contains(it)).collect()]
}

/// The tables at the other ends of the foreign keys that a new partition takes part in, from all levels above.
fn by_keys_above(parent: &QualName, actual: &Schema, below: &Below<'_>) -> Vec<Lock> {
    let line = actual.lineage(parent);
    let [targets, pointing] = ends_of(&line, actual, below);
    on(Mode::ShareRowExclusive, targets.into_iter().filter(|it| !line.contains(it)).chain(pointing))
}

/// What is locked beside a table and its parent while it leaves that or comes under it.
fn by_move(
    table: &QualName,
    parent: &QualName,
    step: &Step,
    actual: &Schema,
    below: &Below<'_>,
) -> Vec<Lock> {
    let mode = |all| if all { Mode::AccessExclusive } else { Mode::ShareRowExclusive };
    let line = actual.lineage(parent);
    let [targets, pointing] = ends_of(&line, actual, below);
    let leaves = step.locks.iter().any(|it| it.relation == *parent && it.mode == Mode::AccessExclusive);
    let mut locks = on(Mode::AccessExclusive, descendants(table, below, |_| false));
    let brings = line.iter().any(|it| brings_key(table, it, actual));
    locks.extend(on(mode(brings), targets));
    locks.extend(on(mode(leaves), pointing));
    locks
}

/// Whether a table has a foreign key that becomes one with its parent's.
fn brings_key(table: &QualName, parent: &QualName, schema: &Schema) -> bool {
    let table = Kind::Table.named(table);
    schema.parts(&table).filter_map(|it| schema.get(it)).any(|it| match it {
        Object::ForeignKey(_) => key_of(it, parent, schema).is_some(),
        _ => false,
    })
}

/// The tables that the foreign keys of a table point to.
fn targets<'a>(table: &QualName, schema: &'a Schema) -> Vec<&'a QualName> {
    let whole = Kind::Table.named(table);
    let keys = schema.parts(&whole).filter_map(|it| match schema.get(it) {
        Some(Object::ForeignKey(key)) => Some(&key.target),
        _ => None,
    });
    let mut targets: Vec<_> = keys.filter(|it| *it != table).collect();
    targets.dedup();
    targets
}

/// A domain and those that are made of it: they take less too.
fn with_made_of<'a>(domain: &'a QualName, actual: &'a Schema) -> HashSet<&'a QualName> {
    let mut found = HashSet::from([domain]);
    let mut left: Vec<&QualName> = vec![domain];
    while let Some(ground) = left.pop() {
        let made = actual.iter().filter_map(|(id, object)| match object {
            Object::Domain(it) if it.base.user.as_ref() == Some(ground) => id.qual_name(),
            _ => None,
        });
        left.extend(made.filter(|it| found.insert(it)));
    }
    found
}

/// The tables whose rows are looked through when a domain takes less than before.
fn domain(step: &Step, actual: &Schema, below: &Below<'_>) -> Vec<Lock> {
    let name = step.id.relation().or(step.id.qual_name());
    if !step.hazards.contains(&crate::Hazard::MayFail) {
        return Vec::new();
    }
    let domains = name.map(|it| with_made_of(it, actual)).unwrap_or_default();
    let is = |it: &Type| it.user.as_ref().is_some_and(|it| domains.contains(it));
    let relations = actual.iter().filter_map(|(id, object)| match object {
        Object::Column(Column { ty, .. }) if is(ty) => id.relation(),
        Object::MaterializedView(MaterializedView { shape: Shape(Some(columns)), .. })
            if columns.iter().any(|(_, ty)| is(ty)) =>
        {
            id.qual_name()
        }
        _ => None,
    });
    let tables = relations.flat_map(|it| std::iter::once(it).chain(descendants(it, below, |_| false)));
    on(Mode::Share, tables.filter(|it| !actual.is_partitioned(it)))
}

fn on<'a>(mode: Mode, relations: impl IntoIterator<Item = &'a QualName>) -> Vec<Lock> {
    relations.into_iter().map(|it| Lock { mode, relation: it.clone() }).collect()
}
