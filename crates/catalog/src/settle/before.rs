//! Both schemas as they are before renames the plan has still to make: the world the server can be asked in.
//! Labels are another matter: whether a string is one only the server knows, so it renames them itself.
//!
//! Knows nothing of how the server is asked.

use std::collections::HashMap;

use model::{ObjectId, Schema, literal};

use super::{SettleOptions, Settled};

/// Both schemas under the server's names of today.
#[derive(Clone)]
pub(super) struct Before {
    pub(super) actual: Schema,
    pub(super) desired: Schema,
    pub(super) changed: Vec<ObjectId>,
    /// Statements that give labels of enums their new names, which locks nothing but the type.
    pub(super) relabel: String,
    /// Identities of today, and what they will be.
    forward: HashMap<ObjectId, ObjectId>,
}

impl Before {
    pub(super) fn new(
        actual: &Schema,
        desired: &Schema,
        changed: &[ObjectId],
        options: SettleOptions<'_>,
    ) -> Before {
        let (live, wanted) =
            (sql::unrenamed(actual, options.renames), sql::unrenamed(desired, options.renames));
        let pairs = |after: &Schema, before: &Schema| -> Vec<(ObjectId, ObjectId)> {
            after.iter().zip(before.iter()).map(|((new, _), (old, _))| (new.clone(), old.clone())).collect()
        };
        let both: Vec<_> = pairs(actual, &live).into_iter().chain(pairs(desired, &wanted)).collect();
        let backward: HashMap<&ObjectId, &ObjectId> = both.iter().map(|(new, old)| (new, old)).collect();
        let before = |it: &ObjectId| (*backward.get(it).unwrap_or(&it)).clone();
        let changed = changed.iter().map(before).collect();
        let relabel = options.relabels.iter().map(|(id, from, to)| {
            let (ty, from, to) = (before(id).address(), literal(from), literal(to));
            format!("ALTER TYPE {ty} RENAME VALUE {from} TO {to}; ")
        });
        let relabel = relabel.collect();
        let forward = both.iter().map(|(new, old)| (old.clone(), new.clone())).collect();
        Before { actual: live, desired: wanted, changed, relabel, forward }
    }

    /// What was found, for the objects as they will be.
    pub(super) fn forward(self, settled: Settled, actual: &Schema, desired: &Schema) -> Settled {
        let (mut pairs, mut verdicts) = (Vec::new(), Vec::new());
        for (mut pair, verdict) in settled.pairs.into_iter().zip(settled.verdicts) {
            let Some(id) = self.forward.get(&pair.id) else { continue };
            pair.id = id.clone();
            if pair.read_again(actual, desired).is_some() {
                pairs.push(pair);
                verdicts.push(verdict);
            }
        }
        Settled { pairs, verdicts }
    }
}
