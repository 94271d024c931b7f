//! `cargo xtask soak`: the laws on random pairs of schemas, or on what random statements make of a schema, for as long
//! as asked.
//!
//! The pairs and the laws are those of the tests; it knows only how long.

use std::path::PathBuf;

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
    /// Random statements instead, done by the server to the fixtures' schemas: the plan does and undoes the same
    #[arg(long)]
    by_hand: bool,
    /// With those: a directory of schemas beside the fixtures, each a folder with a `to.sql`
    #[arg(long, value_name = "DIR", requires = "by_hand")]
    corpus: Option<PathBuf>,
    /// With those: the number of the first round, which says what is done
    #[arg(long, value_name = "N", requires = "by_hand")]
    from: Option<u64>,
}

pub(crate) fn run(arguments: &Arguments) -> Outcome {
    let install = scratch::obtain(arguments.pg)?;
    eprintln!("PostgreSQL {} in {}", install.version, install.bin.display());
    let mut command = shell::cargo();
    let law = if arguments.by_hand { "done_by_hand" } else { "random_pairs" };
    command.args(["test", "--quiet", "--package", "tests", law, "--", "--nocapture"]);
    let minutes = if arguments.by_hand { "TAMPER_MINUTES" } else { "SOAK_MINUTES" };
    command.env("RECONCILE_PG_BIN", &install.bin).env(minutes, arguments.minutes.to_string());
    if let Some(corpus) = &arguments.corpus {
        command.env("TAMPER_CORPUS", corpus.canonicalize()?);
    }
    command.envs(arguments.from.map(|it| ("TAMPER_FROM", it.to_string())));
    command.env("RUST_BACKTRACE", "0");
    shell::run(&mut command)
}
