//! `reconcile hazards`: the dangers that need leave.
//! It does not know when a step has one.

use crate::context::Context;
use crate::exit::Outcome;

/// Runs the command.
pub(crate) fn run(_context: &Context) -> miette::Result<Outcome> {
    super::not_wired("hazards")
}
