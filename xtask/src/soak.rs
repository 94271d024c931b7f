//! `cargo xtask soak`: the laws on random pairs of schemas, for as long as asked.
//!
//! The pairs and the laws are those of the tests; it knows only how long.

use crate::{Outcome, shell};

/// The arguments of `cargo xtask soak`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// For how many minutes
    #[arg(long, default_value_t = 30)]
    minutes: u64,
    /// The major version of the server; default: the newest that can be had
    #[arg(long)]
    pg: Option<u16>,
}

pub(crate) fn run(arguments: &Arguments) -> Outcome {
    let install = scratch::obtain(arguments.pg)?;
    eprintln!("PostgreSQL {} in {}", install.version, install.bin.display());
    let mut command = shell::cargo();
    command.args(["test", "--quiet", "--package", "tests", "random_pairs", "--", "--nocapture"]);
    command.env("RECONCILE_PG_BIN", &install.bin).env("SOAK_MINUTES", arguments.minutes.to_string());
    command.env("RUST_BACKTRACE", "0");
    shell::run(&mut command)
}
