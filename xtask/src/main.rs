//! Chores of the workspace, one file each.
//!
//! It does not know the product: nothing here is shipped.

mod demo;
mod floors;
mod pg;
mod shell;
mod test;

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
    /// The main job on the embedded server, with the worked example
    Demo,
    /// Every test, on one or several PostgreSQL majors
    Test(test::Arguments),
    /// Imports run one way; the middle names no kind; no file is too long
    Floors,
    /// Find, fetch, start and stop PostgreSQL servers
    Pg(pg::Arguments),
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().chore {
        Chore::Demo => demo::run(),
        Chore::Test(arguments) => test::run(&arguments),
        Chore::Floors => floors::run(),
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
