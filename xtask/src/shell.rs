//! Running other programs, and saying so.
//!
//! Knows no chore.

use std::process::Command;

use crate::Outcome;

/// Runs a program with our streams, printing its line first. A failing exit code is an error.
pub(crate) fn run(command: &mut Command) -> Outcome {
    eprintln!("+ {}", line(command));
    let status = command.status()?;
    match status.success() {
        true => Ok(()),
        false => Err(format!("`{}` ended with {status}", line(command)).into()),
    }
}

/// The cargo that runs us.
pub(crate) fn cargo() -> Command {
    Command::new(env!("CARGO"))
}

fn line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|it| it.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}
