//! What the file leaves open takes what is live: names it does not give, fields it does not state.

use std::collections::{HashMap, HashSet};

use model::{Column, Identity, Kind, Object, ObjectId, Schema, SequenceName};

/// Gives every unnamed desired object the name of the live one of the same definition on the same
/// relation, and every field the file leaves open its live value. Returns old and new identities.
pub fn adopt(
    actual: &Schema,
    desired: &mut Schema,
    unnamed: &HashSet<ObjectId>,
) -> HashMap<ObjectId, ObjectId> {
    let mut adopted = HashMap::new();
    let mut open: Vec<&ObjectId> = unnamed.iter().filter(|it| is_open(actual, desired, it)).collect();
    open.sort();
    for exact in [true, false] {
        // An index of a partition is like the live one once that above it has its live name.
        loop {
            let left = open.len();
            open.retain(|id| match candidate(actual, desired, id, exact) {
                Some(live) => {
                    take_name(actual, desired, id, &live);
                    adopted.insert((*id).clone(), live);
                    false
                }
                None => is_open(actual, desired, id),
            });
            if open.len() == left {
                break;
            }
        }
    }
    adopted.extend(take_names_behind(actual, desired));
    fill(actual, desired);
    adopted
}

/// Gives what is said of the sequences behind identity columns the names those have: they keep them when their table
/// or column gets another.
fn take_names_behind(actual: &Schema, desired: &mut Schema) -> Vec<(ObjectId, ObjectId)> {
    let named = |(id, own): (&ObjectId, &Object)| {
        let (own, live) = (own.stands_behind(id)?, actual.get(id)?.stands_behind(id)?);
        (own != live).then(|| (id.clone(), own, live))
    };
    let columns = desired.iter().filter(|it| it.0.kind == Kind::Column);
    let named: Vec<_> = columns.filter_map(named).collect();
    let mut moved = Vec::new();
    for (id, own, live) in &named {
        let Some(Object::Column(column)) = desired.get(id) else { continue };
        let name = SequenceName(live.name().clone());
        let identity = column.identity.clone().map(|it| Identity { name, ..it });
        moved.push((id.clone(), Column { identity, ..column.clone() }.into()));
        for id in desired.children(own).cloned().collect::<Vec<_>>() {
            moved.extend(desired.remove(&id).map(|it| (id.about(live), it)));
        }
    }
    moved.into_iter().for_each(|(id, object): (ObjectId, Object)| desired.insert(id, object));
    named.into_iter().map(|(_, own, live)| (own, live)).collect()
}

/// Whether an unnamed object still looks for its live name: nothing of its own name is there, or
/// something of another definition.
fn is_open(actual: &Schema, desired: &Schema, id: &ObjectId) -> bool {
    let Some(wanted) = desired.get(id) else { return false };
    actual.get(id).is_none_or(|live| live.bones() != wanted.bones())
}

/// The one live object of the same kind and parent that nothing else in the file names and whose
/// definition is the same: to the letter, or else apart from expressions.
fn candidate(actual: &Schema, desired: &Schema, id: &ObjectId, exact: bool) -> Option<ObjectId> {
    let wanted = desired.get(id)?;
    let parent = wanted.parent(id)?;
    let same = |live: &Object| match exact {
        true => live == wanted,
        false => live.bones() == wanted.bones(),
    };
    let is_free = |it: &&ObjectId| it.kind == id.kind && !desired.contains(it);
    let mut found = actual.children(&parent).filter(is_free).filter(|it| actual.get(it).is_some_and(same));
    let first = found.next()?;
    (exact || found.next().is_none()).then(|| first.clone())
}

fn take_name(actual: &Schema, desired: &mut Schema, id: &ObjectId, live: &ObjectId) {
    desired.rename(id, live);
    if let Some(Object::Index(index)) = desired.get(live) {
        let below = desired.children(&index.relation).filter(|it| it.kind == Kind::Table);
        let attached = |it: &&ObjectId| match desired.get(it) {
            Some(Object::Index(it)) => it.attached_to.as_ref() == id.qual_name(),
            _ => false,
        };
        let attached: Vec<ObjectId> =
            below.flat_map(|it| desired.parts(it)).filter(attached).cloned().collect();
        for id in attached {
            if let Some(Object::Index(it)) = desired.get_mut(&id) {
                it.attached_to = live.qual_name().cloned();
            }
        }
        return;
    }
    let Some(Object::Sequence(sequence)) = desired.get(live) else { return };
    // The default of a serial column names the sequence, so it is taken along.
    let default = sequence.owned_by.as_ref().map(|(table, column)| Kind::Default.of(table, column));
    if let Some((default, expr)) = default.and_then(|it| actual.get(&it).cloned().map(|expr| (it, expr)))
        && desired.contains(&default)
    {
        desired.insert(default, expr);
    }
}

fn fill(actual: &Schema, desired: &mut Schema) {
    for (id, live) in actual.iter() {
        if let Some(object) = desired.get_mut(id) {
            object.adopt(live);
        }
    }
}
