//! The command line of reconcile: arguments in, one command, an exit code out.
//! It does not know how schemas are read, compared or changed.

mod args;
mod commands;
mod config;
mod connect;
mod context;
mod exit;
mod files;
mod problem;
mod scope;
mod style;
mod target;

use args::{Args, Command};
use clap::Parser;
use clap::error::ErrorKind;
use context::Context;
use exit::Outcome;
use std::io::Write;
use std::process::ExitCode;
use style::Style;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let Args { global, command } = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => return usage(&error).into(),
    };
    let style = Style::new(&global);
    let outcome =
        Context::new(global, style).map_err(miette::Report::from).and_then(|context| run(&context, command));
    outcome
        .unwrap_or_else(|report| {
            style.failure(&report);
            Outcome::Failed
        })
        .into()
}

fn run(context: &Context, command: Command) -> miette::Result<Outcome> {
    match command {
        Command::Plan(args) => commands::plan::run(context, &args),
        Command::Apply(args) => commands::apply::run(context, &args),
        Command::Check(args) => commands::check::run(context, &args),
        Command::Diff(args) => commands::diff::run(context, &args),
        Command::Dump(args) => commands::dump::run(context, &args),
        Command::Hazards => commands::hazards::run(context),
        Command::Local(args) => commands::local::run(context, args.action),
        Command::Completions(args) => commands::completions::run(context, args.shell),
        Command::Man(args) => commands::man::run(context, args.page.as_deref()),
    }
}

/// Shows what clap has to say. Its own exit code for an error would mean drift, and what it quotes may
/// hold a password.
fn usage(error: &clap::Error) -> Outcome {
    let asked_for = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    let plain = error.render().to_string();
    let clean = problem::redact(&plain);
    if clean == plain {
        // Nobody is left to tell when the stream is closed.
        let _ = error.print();
    } else {
        let _ = std::io::stderr().write_all(clean.as_bytes());
    }
    if asked_for { Outcome::Done } else { Outcome::Failed }
}
