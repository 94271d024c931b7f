//! What becomes of objects with an expression nobody could settle: it is left as it is. To say it again would cost
//! little for some, but whoever could not tell before could not tell afterwards, and would say it again each time.
//! Knows no kind of object.

use std::borrow::Cow;
use std::collections::HashSet;

use model::{ObjectId, Schema};

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
        let Some(kept) = new.with_exprs_of(old).filter(|_| old != new) else { continue };
        left.push(id.clone());
        desired.to_mut().insert(id.clone(), kept);
    }
    left
}
