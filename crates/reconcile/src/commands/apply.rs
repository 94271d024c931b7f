//! `reconcile apply`: carries the plan out.
//! It does not know how the exit code is decided.

use crate::args::Apply;
use crate::context::{Context, Untargeted};
use crate::exit::Outcome;

/// Runs the command.
pub(crate) fn run(context: &Context, args: &Apply) -> miette::Result<Outcome> {
    let _schema = context.schema()?;
    let Some(_opened) = context.open(if args.yes { Untargeted::Refuse } else { Untargeted::Ask })? else {
        return Ok(Outcome::Declined);
    };
    super::not_wired("apply")
}
