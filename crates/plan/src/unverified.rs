//! What becomes of objects with an expression nobody could settle: it is left as it is. To say it again would cost
//! little for some, but whoever could not tell before could not tell afterwards, and would say it again each time.
//! Knows no kind of object.

use std::borrow::Cow;
use std::collections::HashSet;

use model::{Object, ObjectId, Schema};

/// Gives the desired objects the live expressions, and says whose those are.
pub(crate) fn set_aside(
    actual: &Schema,
    desired: &mut Cow<'_, Schema>,
    unverified: &HashSet<ObjectId>,
) -> Vec<ObjectId> {
    let mut left = Vec::new();
    let mut sorted: Vec<&ObjectId> = unverified.iter().collect();
    sorted.sort();
    for id in sorted {
        let (Some(old), Some(new)) = (actual.get(id), desired.get(id)) else { continue };
        let Some(kept) = with_live_expressions(old, new).filter(|_| old != new) else { continue };
        left.push(id.clone());
        desired.to_mut().insert(id.clone(), kept);
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
