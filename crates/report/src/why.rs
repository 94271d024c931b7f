//! Says in a few words why a step is there. Does not decide it.

use plan::Why;

use crate::change;
use crate::look::plain;

/// One reason, in a few words.
pub(crate) fn phrase(why: &Why) -> String {
    match why {
        Why::New => "new".to_owned(),
        Why::Undeclared => "not declared".to_owned(),
        Why::Changed { field, old, new } => change::phrase(field, old, new),
        Why::Replaced { id, field } => format!("made anew: {field} of {id} changes"),
        Why::StandsOn { id } => format!("stands on {id}"),
        Why::PutBack { id } => format!("comes back: it stands on {id}"),
        Why::Renamed { from } => format!("renamed from {}", from.name()),
        Why::DefaultGrant => "undoes what default privileges grant".to_owned(),
    }
}

/// All reasons of a step.
pub(crate) fn phrases(why: &[Why]) -> String {
    why.iter().map(|it| plain(&phrase(it))).collect::<Vec<_>>().join("; ")
}
