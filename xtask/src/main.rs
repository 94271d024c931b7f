//! Chores of the workspace, one file each.
//!
//! It does not know the product: nothing here is shipped.

mod bench;
mod corpus;
mod demo;
mod equality;
mod floors;
mod fuzz;
mod generate;
mod kind;
mod pg;
mod rights;
mod shell;
mod soak;
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
    /// The laws on random pairs of schemas, for as long as asked
    Soak(soak::Arguments),
    /// Coverage-guided fuzzing of everything that reads text
    Fuzz(fuzz::Arguments),
    /// Imports run one way; the middle names no kind; no file is too long
    Floors,
    /// How well expressions are told equal, measured on a corpus of cases
    Equality(equality::Arguments),
    /// What roles with few rights and a standby can tell, measured on the fixtures and a corpus of cases
    Rights(rights::Arguments),
    /// Find, fetch, start and stop PostgreSQL servers
    Pg(pg::Arguments),
    /// Write the first files of a new kind, one for each stage
    Kind(kind::Arguments),
    /// What a plan costs, beside pg_dump -s in the same run
    Bench(bench::Arguments),
    /// Run one program and write down what it cost
    #[command(hide = true)]
    Measure(bench::MeasureArguments),
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().chore {
        Chore::Demo => demo::run(),
        Chore::Test(arguments) => test::run(&arguments),
        Chore::Soak(arguments) => soak::run(&arguments),
        Chore::Fuzz(arguments) => fuzz::run(&arguments),
        Chore::Floors => floors::run(),
        Chore::Equality(arguments) => equality::run(&arguments),
        Chore::Rights(arguments) => rights::run(&arguments),
        Chore::Pg(arguments) => pg::run(&arguments),
        Chore::Kind(arguments) => kind::run(&arguments),
        Chore::Bench(arguments) => bench::run(&arguments),
        Chore::Measure(arguments) => bench::measure(&arguments),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
