//! `reconcile plan`: what separates the database from the schema.
//! It does not know how the exit code is decided.

use crate::args::Plan;
use crate::context::{Context, Untargeted};
use crate::exit::Outcome;

/// Runs the command.
pub(crate) fn run(context: &Context, _args: &Plan) -> miette::Result<Outcome> {
    let _schema = context.schema()?;
    let Some(_opened) = context.open(Untargeted::Throwaway)? else { return Ok(Outcome::Declined) };
    super::not_wired("plan")
}
