//! `reconcile dump`: the database as a master schema.
//! It does not know how the exit code is decided.

use crate::args::Dump;
use crate::context::{Context, Place, Untargeted};
use crate::exit::Outcome;

/// Runs the command.
pub(crate) fn run(context: &Context, _args: &Dump) -> miette::Result<Outcome> {
    if let Place::Named(target) = context.place(Untargeted::Refuse)? {
        context.connect(&target)?;
    }
    super::not_wired("dump")
}
