//! From what is to be done to the statements that do it, leaving out what another statement does along
//! the way: a column of a new table, a child of a dropped one. Knows no kind of object.

use std::collections::{BTreeMap, HashMap, HashSet};

use model::ObjectId;

use crate::draft::Draft;
use crate::expand::Expansion;
use crate::rules::{self, Context};
use crate::{Verb, Why};

/// The drafts of an expansion: what is taken down, swapped, changed, made, and what follows from that.
pub(crate) fn drafts(cx: &Context<'_>, expansion: &mut Expansion) -> Vec<Draft> {
    let mut taken = absorbed(cx, expansion);
    let mut drafts = Vec::new();
    for (id, why) in &cx.dropped {
        let Some(old) = cx.actual.get(id).filter(|_| !taken.silent.contains(id)) else { continue };
        let mut down = rules::drop(id, old, cx);
        if let Some(last) = down.last_mut() {
            last.step.makes.extend(taken.by.remove(id).unwrap_or_default());
        }
        drafts.extend(down.into_iter().map(|it| it.why(why.clone())));
    }
    let mut made: HashSet<ObjectId> = HashSet::new();
    for types in swaps(expansion) {
        let mut swap = rules::swap(&types, cx);
        made.extend(swap.iter().flat_map(|it| it.step.makes.iter().cloned()));
        for drop in swap.iter_mut().filter(|it| it.step.verb == Verb::Drop) {
            let parts = taken.by.remove(&drop.step.id).unwrap_or_default();
            drop.step.makes.extend(parts);
        }
        // What goes along, and the columns, are there for the first of them.
        let cause = |of: &ObjectId| types.iter().copied().find(|it| *it == of).or(types.first().copied());
        drafts.extend(swap.into_iter().map(|it| {
            let why = cause(&it.step.id).and_then(|it| expansion.swapped.get(it)).cloned();
            why.into_iter().fold(it, Draft::why)
        }));
    }
    let altered = std::mem::take(&mut expansion.altered);
    let follows = rules::afterwards(cx, &altered);
    drafts.extend(altered.into_values().flatten());
    drafts.extend(creates(cx, &expansion.swapped, made));
    drafts.extend(follows);
    for draft in drafts.iter_mut().filter(|it| !it.step.locks.is_empty()) {
        draft.step.lock_timeout = cx.options.lock_timeout;
    }
    drafts
}

/// The types that are made anew for their own sake, those together with which another one goes along.
fn swaps(expansion: &Expansion) -> Vec<Vec<&ObjectId>> {
    let mut groups: Vec<Vec<&ObjectId>> =
        expansion.swapped.keys().filter(|it| !expansion.along.contains_key(it)).map(|it| vec![it]).collect();
    for with in expansion.along.values() {
        let (shared, others): (Vec<_>, Vec<_>) =
            groups.into_iter().partition(|it| it.iter().any(|it| with.contains(it)));
        groups = others;
        groups.push(shared.concat());
    }
    groups.retain(|it| !it.is_empty());
    groups.iter_mut().for_each(|it| it.sort());
    groups.sort();
    groups
}

fn creates(cx: &Context<'_>, swapped: &BTreeMap<ObjectId, Why>, mut made: HashSet<ObjectId>) -> Vec<Draft> {
    let mut drafts = Vec::new();
    for (id, why) in &cx.created {
        let Some(new) = cx.desired.get(id) else { continue };
        if made.contains(id) || swapped.contains_key(id) {
            continue;
        }
        for draft in rules::create(id, new, cx) {
            made.extend(draft.step.makes.iter().cloned());
            let draft = if draft.step.why.is_empty() { draft.why(why.clone()) } else { draft };
            drafts.push(draft.adds());
        }
    }
    drafts
}

/// What goes without a word, and by whose statement.
struct Absorbed {
    silent: HashSet<ObjectId>,
    by: HashMap<ObjectId, Vec<ObjectId>>,
}

fn absorbed(cx: &Context<'_>, expansion: &Expansion) -> Absorbed {
    let mut hosts: HashMap<&ObjectId, ObjectId> = HashMap::new();
    // A type that is made anew is dropped last of all: what its parts stand on may have to go before.
    let late = |id: &ObjectId, host: &ObjectId| {
        expansion.swapped.contains_key(host)
            && cx.actual.uses(id).iter().any(|it| cx.dropped.contains_key(it))
    };
    for id in cx.dropped.keys().filter(|it| it.kind.meta().cascades) {
        let goes = |it: &ObjectId| cx.dropped.contains_key(it) || expansion.swapped.contains_key(it);
        let with =
            cx.orphans.host(id, cx.actual).filter(goes).or_else(|| rules::goes_with(id, cx).filter(goes));
        if let Some(host) = with
            && rules::is_quiet(id, cx)
            && !late(id, &host)
        {
            hosts.insert(id, host);
        }
    }
    let mut silent: HashSet<ObjectId> =
        cx.dropped.keys().filter(|it| rules::goes_by_leaving(it, cx)).cloned().collect();
    let mut by: HashMap<ObjectId, Vec<ObjectId>> = HashMap::new();
    for id in cx.dropped.keys().filter(|it| hosts.contains_key(it)) {
        let mut top = &hosts[id];
        while let Some(above) = hosts.get(top) {
            top = above;
        }
        by.entry(top.clone()).or_default().push(id.clone());
    }
    silent.extend(hosts.into_keys().cloned());
    Absorbed { silent, by }
}
