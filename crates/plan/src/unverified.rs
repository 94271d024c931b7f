//! What becomes of objects with an expression nobody could settle: what can be said again at no cost is
//! said again, the rest is left as it is. Knows no kind of object.

use std::borrow::Cow;
use std::collections::HashSet;

use model::{Object, ObjectId, Schema};

use crate::Setting;
use crate::rules::{self, Alter};

/// Takes what is not to be touched out of the desired schema, and says what that is.
pub(crate) fn set_aside(
    setting: &Setting<'_>,
    desired: &mut Cow<'_, Schema>,
    unverified: &HashSet<ObjectId>,
) -> Vec<ObjectId> {
    let mut left = Vec::new();
    let mut sorted: Vec<&ObjectId> = unverified.iter().collect();
    sorted.sort();
    for id in sorted {
        let (Some(old), Some(new)) = (setting.actual.get(id), desired.get(id)) else { continue };
        let Some(kept) = with_live_expressions(old, new).filter(|_| old != new) else { continue };
        if kept != *old || !is_cheap(id, old, new, setting, desired) {
            left.push(id.clone());
            desired.to_mut().insert(id.clone(), kept);
        }
    }
    left
}

/// The desired object with the live one's expressions; none where they cannot be paired.
fn with_live_expressions(old: &Object, new: &Object) -> Option<Object> {
    let live = old.exprs();
    let mut kept = new.clone();
    let own = kept.exprs_mut();
    if own.len() != live.len() {
        return None;
    }
    own.into_iter().zip(live).for_each(|(own, live)| *own = live.clone());
    Some(kept)
}

/// Whether the object can be said again in place, with nothing rewritten, rebuilt or lost.
fn is_cheap(id: &ObjectId, old: &Object, new: &Object, setting: &Setting<'_>, desired: &Schema) -> bool {
    if setting.options.additive || !rules::is_harmless_again(id) {
        return false;
    }
    match rules::alter(id, old, new, &setting.context(desired)) {
        Alter::InPlace(drafts) => drafts.iter().all(|it| it.step.hazards.is_empty()),
        Alter::Around { .. } | Alter::Replace(_) | Alter::Swap { .. } => false,
    }
}
