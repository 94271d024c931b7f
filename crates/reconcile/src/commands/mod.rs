//! One module per command.
//! It does not know which one was asked for.

pub(crate) mod apply;
pub(crate) mod check;
pub(crate) mod completions;
pub(crate) mod diff;
pub(crate) mod dump;
pub(crate) mod hazards;
pub(crate) mod local;
pub(crate) mod man;
pub(crate) mod plan;

use crate::exit::Outcome;
use crate::problem::Problem;

/// The answer of a command whose work is not connected to the command line.
fn not_wired(command: &str) -> miette::Result<Outcome> {
    Err(Problem::new(format!("reconcile {command} is not wired yet")).into())
}
