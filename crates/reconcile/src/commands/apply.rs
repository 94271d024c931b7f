//! `reconcile apply`: carries the plan out.
//! It does not know how the exit code is decided.

use crate::args::Apply;
use crate::context::{Context, Place, Untargeted};
use crate::exit::Outcome;

/// Runs the command.
pub(crate) fn run(context: &Context, args: &Apply) -> miette::Result<Outcome> {
    let _schema = context.schema()?;
    if let Place::Named(target) =
        context.place(if args.yes { Untargeted::Refuse } else { Untargeted::Ask })?
    {
        context.connect(&target)?;
    }
    super::not_wired("apply")
}
