//! `reconcile diff`.
//! It does not know how the exit code is decided.

use crate::args::Diff;
use crate::context::Context;
use crate::exit::Outcome;

/// Runs the command.
pub(crate) fn run(_context: &Context, _args: &Diff) -> miette::Result<Outcome> {
    super::not_wired("diff")
}
