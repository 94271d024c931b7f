//! Chores of the workspace, one file each.
//!
//! It does not know the product: nothing here is shipped.

mod pg;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// What a chore ends with: nothing to say, or why it failed.
type Outcome = Result<(), Box<dyn std::error::Error>>;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Chores of the workspace")]
struct Arguments {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Find, fetch, start and stop PostgreSQL servers
    Pg(pg::Arguments),
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().chore {
        Chore::Pg(arguments) => pg::run(&arguments),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
