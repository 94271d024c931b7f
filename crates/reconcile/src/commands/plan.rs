//! `reconcile plan`: what separates the database from the schema.
//! It does not know how the exit code is decided.

use crate::args::Plan;
use crate::context::{Context, Place, Untargeted};
use crate::exit::Outcome;

/// Runs the command.
pub(crate) fn run(context: &Context, _args: &Plan) -> miette::Result<Outcome> {
    let _schema = context.schema()?;
    if let Place::Named(target) = context.place(Untargeted::Throwaway)? {
        context.connect(&target)?;
    }
    super::not_wired("plan")
}
