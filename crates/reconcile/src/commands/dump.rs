//! `reconcile dump`: the database as a master schema.
//! It does not know how the exit code is decided.

use crate::args::Dump;
use crate::context::{Context, Untargeted};
use crate::exit::Outcome;

/// Runs the command.
pub(crate) fn run(context: &Context, _args: &Dump) -> miette::Result<Outcome> {
    let Some(_opened) = context.open(Untargeted::Refuse)? else { return Ok(Outcome::Declined) };
    super::not_wired("dump")
}
