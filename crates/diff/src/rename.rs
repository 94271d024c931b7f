//! Which of the file's renames are still to be made. Knows no kind of object by name.

use std::collections::HashSet;

use model::{Kind, Name, Object, ObjectId, Schema};

/// The renames that are due: the old name is live, and the new one is free, or is itself renamed away.
///
/// A directive stays in the file when its rename is made. Where every name of a ring is taken both before
/// and after, the ring is due only if what is live under the old names is what the file has under the new.
pub fn due(actual: &Schema, desired: &Schema, renames: &[(ObjectId, ObjectId)]) -> Vec<(ObjectId, ObjectId)> {
    let mut due: Vec<(ObjectId, ObjectId)> =
        renames.iter().filter(|(from, to)| actual.contains(from) && desired.contains(to)).cloned().collect();
    loop {
        let before = due.len();
        let froms: Vec<ObjectId> = due.iter().map(|(from, _)| from.clone()).collect();
        due.retain(|(_, to)| !actual.contains(to) || froms.contains(to));
        if due.len() == before {
            break;
        }
    }
    let fits = |(from, to): &(ObjectId, ObjectId)| {
        !actual.contains(to) || likeness(actual, from, desired, to) > likeness(actual, to, desired, to)
    };
    let rings: Vec<bool> = due.iter().map(fits).collect();
    let stays: Vec<bool> = (0..due.len()).map(|at| chain(&due, at).all(|it| rings[it])).collect();
    let mut stays = stays.into_iter();
    due.retain(|_| stays.next().unwrap_or_default());
    let along: Vec<_> = due.iter().filter_map(|(from, to)| second_names(actual, from, desired, to)).collect();
    due.extend(along);
    due
}

/// What is missing under its name, while something undeclared on the same relation differs from it in nothing
/// but the name: a constraint need not be checked again, nor an index built, for another name. Old and new
/// identities.
pub fn alike(actual: &Schema, desired: &Schema) -> Vec<(ObjectId, ObjectId)> {
    let missing = desired.iter().filter(|(id, _)| id.kind.meta().labelled && !actual.contains(id));
    let mut missing: Vec<(&ObjectId, &Object)> = missing.collect();
    missing.sort_by_key(|(id, _)| *id);
    let mut gone: HashSet<&ObjectId> = HashSet::new();
    let mut taken: Option<HashSet<(&Name, &Name)>> = None;
    let mut alike = Vec::new();
    for (id, wanted) in missing {
        let Some(parent) = wanted.parent(id) else { continue };
        let is_like = |it: &&ObjectId| {
            (it.kind, it.namespace()) == (id.kind, id.namespace())
                && !desired.contains(it)
                && !gone.contains(it)
                && actual.get(it) == Some(wanted)
                && !leaves_its_parts([actual, desired], it, id)
                && !is_of_typed(actual, it)
        };
        let Some(live) = actual.children(&parent).find(is_like) else { continue };
        let taken = taken.get_or_insert_with(|| places(actual));
        if !place(id).is_some_and(|it| taken.contains(&it)) {
            gone.insert(live);
            alike.push((live.clone(), id.clone()));
        }
    }
    alike
}

/// Whether a constraint is one of a typed table: the server takes its name for that of a column, which the type gives.
fn is_of_typed(actual: &Schema, id: &ObjectId) -> bool {
    id.relation().and_then(|it| actual.table(it)).is_some_and(|it| it.of_type.is_some())
}

/// Whether an index of a partitioned table has parts that are not to be those of another one: nothing takes them off it.
fn leaves_its_parts([actual, desired]: [&Schema; 2], live: &ObjectId, wanted: &ObjectId) -> bool {
    let index = |schema: &Schema, id: &ObjectId| match schema.get(id) {
        Some(Object::Index(it)) => Some((it.relation.clone(), it.attached_to.clone())),
        _ => None,
    };
    let Some(table) = index(actual, live).and_then(|it| it.0.qual_name().cloned()) else { return false };
    if !actual.is_partitioned(&table) {
        return false;
    }
    let parts = actual.iter().filter_map(|(it, _)| index(actual, it).map(|of| (it, of)));
    let mut parts = parts.filter(|(_, of)| of.1.as_ref() == live.qual_name());
    parts.any(|(part, (table, _))| {
        let mut all = desired.parts(&table).filter(|it| it.kind == Kind::Index);
        let is_heir =
            |it: &ObjectId| index(desired, it).is_some_and(|of| of.1.as_ref() == wanted.qual_name());
        !all.any(|it| is_heir(it) && (it == part || !actual.contains(it) && !desired.contains(part)))
    })
}

/// Every name that something live has in its namespace.
fn places(actual: &Schema) -> HashSet<(&Name, &Name)> {
    actual.iter().filter_map(|(id, _)| place(id)).collect()
}

fn place(id: &ObjectId) -> Option<(&Name, &Name)> {
    Some((id.namespace()?, id.name()))
}

/// The renaming of what goes by a second name that is to follow the first.
fn second_names(
    actual: &Schema,
    from: &ObjectId,
    desired: &Schema,
    to: &ObjectId,
) -> Option<(ObjectId, ObjectId)> {
    let (old, new) = (*actual.names_of(from).get(1)?, *desired.names_of(to).get(1)?);
    let moves = old.name != new.name && old.namespace == new.namespace;
    moves.then(|| (from.kind.named(old), to.kind.named(new)))
}

/// The renamed enum labels that are due: the type has the old one and lacks the new one.
pub fn due_labels(actual: &Schema, labels: &[(ObjectId, String, String)]) -> Vec<(ObjectId, String, String)> {
    let has = |id: &ObjectId, label: &String| actual.get(id).is_some_and(|it| it.labels().contains(label));
    labels.iter().filter(|(id, old, new)| has(id, old) && !has(id, new)).cloned().collect()
}

/// The places of the renames that hang together with one: whose old name is its new one, and so on.
fn chain(due: &[(ObjectId, ObjectId)], start: usize) -> impl Iterator<Item = usize> {
    let mut places = vec![start];
    while let Some(next) = places.last().and_then(|at| due.iter().position(|(from, _)| *from == due[*at].1))
        && !places.contains(&next)
    {
        places.push(next);
    }
    places.into_iter()
}

/// How much two objects have in common: their own fields, and the parts of the same name and definition.
fn likeness(actual: &Schema, live: &ObjectId, desired: &Schema, wanted: &ObjectId) -> usize {
    let same = |one: Option<&Object>, other: Option<&Object>| {
        usize::from(one.zip(other).is_some_and(|(one, other)| one.bones() == other.bones()))
    };
    let parts = desired.children(wanted).map(|part| {
        let twin = actual.children(live).find(|it| it.kind == part.kind && it.name() == part.name());
        twin.map_or(0, |it| 1 + same(actual.get(it), desired.get(part)))
    });
    same(actual.get(live), desired.get(wanted)) + parts.sum::<usize>()
}
