//! `reconcile check`: whether the database is what the schema says.
//! It does not know how the exit code is decided.

use crate::args::Check;
use crate::context::{Context, Place, Untargeted};
use crate::exit::Outcome;

/// Runs the command.
pub(crate) fn run(context: &Context, _args: &Check) -> miette::Result<Outcome> {
    let _schema = context.schema()?;
    if let Place::Named(target) = context.place(Untargeted::Refuse)? {
        context.connect(&target)?;
    }
    super::not_wired("check")
}
