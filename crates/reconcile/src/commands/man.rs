//! `reconcile man`: the manual page.
//! It does not know the command line beyond clap's description of it.

use crate::args::Args;
use crate::context::Context;
use crate::exit::Outcome;
use crate::problem::Problem;
use clap::{Command, CommandFactory};
use clap_mangen::Man;
use miette::IntoDiagnostic;

/// Writes the page of the program, or of one command.
pub(crate) fn run(context: &Context, page: Option<&str>) -> miette::Result<Outcome> {
    context.style.answer(&text(page)?).into_diagnostic()?;
    Ok(Outcome::Done)
}

fn text(page: Option<&str>) -> miette::Result<String> {
    let mut program = Args::command();
    program.build();
    let command = match page {
        None => program,
        Some(name) => one(&program, name)?,
    };
    let mut bytes = Vec::new();
    Man::new(command).manual("reconcile").render(&mut bytes).into_diagnostic()?;
    String::from_utf8(bytes).into_diagnostic()
}

fn one(program: &Command, name: &str) -> Result<Command, Problem> {
    let found = program.find_subcommand(name).cloned();
    // A page is named as git's are: reconcile-plan.
    found.map(|it| it.display_name(format!("reconcile-{name}"))).ok_or_else(|| {
        let names: Vec<_> = program.get_subcommands().map(Command::get_name).collect();
        Problem::new(format!("there is no command \"{name}\""))
            .help(format!("The commands are {}.", names.join(", ")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_a_page() {
        assert!(text(None).unwrap().contains("DATABASE_URL"));
        assert!(text(Some("plan")).unwrap().contains("detailed"));
        assert!(text(Some("nothing")).is_err());
    }
}
