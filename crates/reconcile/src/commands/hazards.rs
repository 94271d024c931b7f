//! `reconcile hazards`: what needs leave.
//! It does not know what any of them is about.

use miette::IntoDiagnostic;

use super::show::look;
use crate::context::Context;
use crate::exit::Outcome;

/// Runs the command.
pub(crate) fn run(context: &Context) -> miette::Result<Outcome> {
    context.style.answer(&report::hazards(look(context))).into_diagnostic()?;
    Ok(Outcome::Done)
}
