//! `reconcile completions`: what a shell needs to complete the command line.
//! It does not know the command line beyond clap's description of it.

use crate::args::Args;
use crate::context::Context;
use crate::exit::Outcome;
use clap::CommandFactory;
use clap_complete::Shell;
use miette::IntoDiagnostic;

/// Writes the completions of a shell.
pub(crate) fn run(context: &Context, shell: Shell) -> miette::Result<Outcome> {
    context.style.answer(&text(shell)).into_diagnostic()?;
    Ok(Outcome::Done)
}

fn text(shell: Shell) -> String {
    let mut bytes = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "reconcile", &mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::ValueEnum;

    #[test]
    fn every_shell_learns_the_commands() {
        for shell in Shell::value_variants() {
            let text = text(*shell);
            assert!(text.contains("apply") && text.contains("database-url"), "{shell}");
        }
    }
}
