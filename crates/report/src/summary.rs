//! The one-line summary. Counts objects, not statements.

use std::collections::BTreeMap;
use std::fmt;

use model::ObjectId;
use plan::Verb;
use serde::Serialize;

use crate::Answer;

/// How many objects are concerned, and how.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Summary {
    /// Come into being.
    pub create: usize,
    /// Change, in place or by being made anew.
    pub alter: usize,
    /// Go.
    pub drop: usize,
    /// Get another name and no other change.
    pub rename: usize,
    /// Differ and wait for leave.
    pub pending: usize,
    /// Differ and cannot be changed.
    pub blocked: usize,
    /// Could not be compared.
    pub unverified: usize,
}

impl Summary {
    pub(crate) fn of(answer: &Answer<'_>) -> Summary {
        let mut verbs: BTreeMap<&ObjectId, Vec<Verb>> = BTreeMap::new();
        for step in answer.steps {
            verbs.entry(&step.id).or_default().push(step.verb);
        }
        let mut summary = Summary {
            pending: answer.pending.len(),
            blocked: answer.blocked.len(),
            unverified: answer.unverified.len() + answer.unmodelled.len(),
            ..Summary::default()
        };
        for verbs in verbs.values() {
            let has = |it| verbs.contains(&it);
            let counter = match () {
                () if has(Verb::Drop) && has(Verb::Create) => &mut summary.alter,
                () if has(Verb::Drop) => &mut summary.drop,
                () if has(Verb::Create) => &mut summary.create,
                () if has(Verb::Alter) => &mut summary.alter,
                () => &mut summary.rename,
            };
            *counter += 1;
        }
        summary
    }
}

/// For people: `3 to create, 1 to alter, 0 to drop; 1 pending`.
impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Summary { create, alter, drop, rename, pending, blocked, unverified } = self;
        write!(f, "{create} to create, {alter} to alter, {drop} to drop")?;
        if *rename > 0 {
            write!(f, ", {rename} to rename")?;
        }
        let held = [(pending, "pending"), (blocked, "blocked"), (unverified, "not verified")];
        let told: Vec<String> =
            held.iter().filter(|(it, _)| **it > 0).map(|(it, word)| format!("{it} {word}")).collect();
        if told.is_empty() { Ok(()) } else { write!(f, "; {}", told.join(", ")) }
    }
}
