//! Things that stand on each other: tables under tables, types made of types. Knows neither.

use std::collections::HashSet;
use std::hash::Hash;

/// So many may stand on each other; the server gives up at some depth too.
pub(crate) const DEEPEST: usize = 200;

/// What is wrong with where something would stand.
pub(crate) enum Wrong {
    /// It would stand on itself.
    Ring,
    /// On more than [`DEEPEST`] others.
    Depth,
}

/// Follows what something stands on at first, and what that stands on, to the end or to what is wrong.
pub(crate) fn wrong<T: Clone + Eq + Hash>(
    own: &T,
    first: Vec<T>,
    on: impl Fn(&T) -> Vec<T>,
) -> Option<Wrong> {
    let mut level = first;
    let mut seen: HashSet<T> = level.iter().cloned().collect();
    let mut depth = 0;
    while !level.is_empty() && depth < DEEPEST && !seen.contains(own) {
        let next: Vec<T> = level.iter().flat_map(&on).collect();
        level = next.into_iter().filter(|it| seen.insert(it.clone())).collect();
        depth += 1;
    }
    match seen.contains(own) {
        true => Some(Wrong::Ring),
        false => (depth == DEEPEST).then_some(Wrong::Depth),
    }
}
