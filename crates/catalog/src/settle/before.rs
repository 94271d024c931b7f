//! Both schemas as they are before renames the plan has still to make: the world the server can be asked in.
//! Labels are another matter: whether a string is one only the server knows, so it renames them itself.
//!
//! Knows nothing of how the server is asked.

use std::collections::{HashMap, HashSet};

use model::{Expr, Kind, Name, Object, ObjectId, QualName, Schema, literal};

use super::{SettleOptions, Settled};

/// What gets other names by the plan.
#[derive(Clone, Default)]
pub(super) struct Renamed {
    /// Tables whose columns do: their own or from above.
    pub(super) tables: Vec<QualName>,
    /// The new names.
    pub(super) names: HashSet<Name>,
}

/// Both schemas under the server's names of today.
#[derive(Clone)]
pub(super) struct Before {
    pub(super) actual: Schema,
    pub(super) desired: Schema,
    pub(super) changed: Vec<ObjectId>,
    pub(super) renamed: Renamed,
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
        let columns = options.renames.iter().map(|(_, to)| before(to)).filter(|it| it.kind == Kind::Column);
        let tables: HashSet<QualName> = columns.filter_map(|it| it.relation().cloned()).collect();
        let below = |it: &QualName| wanted.lineage(it).into_iter().any(|it| tables.contains(it));
        let all = wanted.iter().filter(|it| it.0.kind == Kind::Table && !tables.is_empty());
        let renamed = Renamed {
            tables: all.filter_map(|it| it.0.qual_name()).filter(|it| below(it)).cloned().collect(),
            names: options.renames.iter().map(|(_, to)| to.name().clone()).collect(),
        };
        let relabel = options.relabels.iter().map(|(id, from, to)| {
            let (ty, from, to) = (before(id).address(), literal(from), literal(to));
            format!("ALTER TYPE {ty} RENAME VALUE {from} TO {to}; ")
        });
        let relabel = relabel.collect();
        let forward = both.iter().map(|(new, old)| (old.clone(), new.clone())).collect();
        Before { actual: live, desired: wanted, changed, renamed, relabel, forward }
    }

    /// Leaves as they are live expressions that are the same under the names of today and differ under those to be: only
    /// one side puts quotes around a new name.
    pub(super) fn keep_alike(&self, actual: &Schema, desired: &mut Schema) {
        fn exprs<'s>(schema: &'s Schema, id: &ObjectId) -> Vec<&'s Expr> {
            schema.get(id).map(Object::exprs).unwrap_or_default()
        }
        for (old, new) in &self.forward {
            let before = exprs(&self.actual, old).into_iter().zip(exprs(&self.desired, old));
            let alike =
                before.zip(exprs(actual, new)).map(|((had, wanted), live)| (had == wanted).then_some(live));
            let alike: Vec<_> = alike.collect();
            if alike.iter().all(Option::is_none) {
                continue;
            }
            let wanted = desired.get_mut(new).map(Object::exprs_mut).unwrap_or_default();
            let differing = wanted.into_iter().zip(alike).filter_map(|(it, live)| Some((it, live?)));
            differing.filter(|(it, live)| **it != **live).for_each(|(it, live)| it.clone_from(live));
        }
    }

    /// What was found, for the objects as they will be.
    pub(super) fn forward(&self, settled: Settled, actual: &Schema, desired: &Schema) -> Settled {
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
