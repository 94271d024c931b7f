//! `cargo xtask test`: every test of the workspace, on one or several PostgreSQL majors.
//!
//! It fetches the servers that are missing and says which it uses; the tests start them themselves.

use crate::{Outcome, floors, shell};

/// The arguments of `cargo xtask test`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The majors to run the server laws on; default: the newest that can be had
    #[arg(long, value_delimiter = ',')]
    pg: Vec<u16>,
    /// Only tests whose name contains this
    #[arg(long)]
    filter: Option<String>,
}

pub(crate) fn run(arguments: &Arguments) -> Outcome {
    floors::run()?;
    let majors = match arguments.pg.as_slice() {
        [] => vec![None],
        some => some.iter().copied().map(Some).collect(),
    };
    for (at, major) in majors.into_iter().enumerate() {
        let install = scratch::obtain(major)?;
        eprintln!("PostgreSQL {} in {}", install.version, install.bin.display());
        if scratch::tool("pg_dump", install.major)?.is_none() {
            scratch::fetch_client()?;
        }
        let mut command = shell::cargo();
        command.args(["test", "--quiet"]);
        match at {
            0 => command.arg("--workspace"),
            _ => command.args(["--package", "tests"]),
        };
        command.env("RECONCILE_PG_BIN", &install.bin);
        if let Some(filter) = &arguments.filter {
            command.arg(filter);
        }
        shell::run(&mut command)?;
    }
    Ok(())
}
