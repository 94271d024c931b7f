//! One module per command.
//! It does not know which one was asked for.

pub(crate) mod apply;
pub(crate) mod check;
pub(crate) mod completions;
pub(crate) mod diff;
pub(crate) mod dump;
pub(crate) mod hazards;
pub(crate) mod local;
pub(crate) mod man;
pub(crate) mod plan;
mod show;
mod work;

use std::time::Duration;

/// How long a step waits for a lock where nothing else is said.
const LOCK_TIMEOUT: Duration = Duration::from_secs(3);
