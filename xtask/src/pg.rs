//! `cargo xtask pg`: PostgreSQL servers for development and tests, one of each major version.
//!
//! It does not know how binaries are found or servers started; `scratch` does.

use crate::Outcome;
use clap::Subcommand;
use scratch::{Install, local};
use std::path::{Path, PathBuf};

/// The major versions we support.
pub(crate) const MAJORS: std::ops::RangeInclusive<u16> = 14..=18;

/// The arguments of `cargo xtask pg`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// List the installations found, newest first, and the servers that run
    List,
    /// Fetch what is missing of these major versions, "client" (psql and pg_dump), or "all"
    Fetch {
        /// 14 … 18, client, or all
        #[arg(default_value = "all", value_parser = wanted)]
        what: Vec<Wanted>,
        /// Fetch into our cache what is already installed, too
        #[arg(long)]
        again: bool,
    },
    /// Start the kept server of a major version and print its URL
    Start {
        /// The major version
        major: u16,
    },
    /// Stop the kept server of a major version, or all of them
    Stop {
        /// The major version
        major: Option<u16>,
    },
    /// Print the URL of a running kept server
    Url {
        /// The major version
        major: u16,
        /// The database
        #[arg(default_value = "postgres")]
        database: String,
    },
}

#[derive(Clone, Copy)]
enum Wanted {
    Server(u16),
    Client,
    All,
}

fn wanted(text: &str) -> Result<Wanted, String> {
    match text {
        "all" => Ok(Wanted::All),
        "client" => Ok(Wanted::Client),
        number => match number.parse() {
            Ok(major) if MAJORS.contains(&major) => Ok(Wanted::Server(major)),
            _ => Err(format!("expected {} to {}, client, or all", MAJORS.start(), MAJORS.end())),
        },
    }
}

/// Runs `cargo xtask pg`.
pub(crate) fn run(arguments: &Arguments) -> Outcome {
    match &arguments.command {
        Command::List => list(),
        Command::Fetch { what, again } => what.iter().try_for_each(|what| fetch(*what, *again)),
        Command::Start { major } => {
            println!("{}", local::start(&project(*major), Some(*major))?.url("postgres"));
            Ok(())
        }
        Command::Stop { major } => stop(*major),
        Command::Url { major, database } => url(*major, database),
    }
}

fn list() -> Outcome {
    for install in scratch::find_all()? {
        println!("{}", line(&install));
    }
    for major in MAJORS {
        if let Some(server) = local::running(&project(major))? {
            println!("running  {:<7} {}", major, server.url("postgres"));
        } else if scratch::find(Some(major))?.is_none() {
            println!("missing  {major:<7} cargo xtask pg fetch {major}");
        }
    }
    for name in ["psql", "pg_dump"] {
        match scratch::tool(name, *MAJORS.end())? {
            Some(path) => println!("client   {name:<7} {}", path.display()),
            None => println!("missing  {name:<7} cargo xtask pg fetch client"),
        }
    }
    Ok(())
}

fn line(install: &Install) -> String {
    let Install { major, minor, version: _, bin, has_psql, has_pg_dump } = install;
    let client = match (has_psql, has_pg_dump) {
        (true, true) => "with psql and pg_dump",
        (true, false) => "with psql",
        (false, true) => "with pg_dump",
        (false, false) => "server only",
    };
    let version = format!("{major}.{minor}");
    format!("found    {version:<7} {} ({client})", bin.display())
}

fn fetch(what: Wanted, again: bool) -> Outcome {
    match what {
        Wanted::Server(major) => fetch_server(major, again),
        Wanted::Client => fetch_client(again),
        Wanted::All => {
            for major in MAJORS {
                fetch_server(major, again)?;
            }
            fetch_client(again)
        }
    }
}

fn fetch_server(major: u16, again: bool) -> Outcome {
    if let Some(install) = scratch::find(Some(major))?.filter(|_| !again) {
        println!("{}", line(&install));
        return Ok(());
    }
    if let Some(source) = scratch::sources(Some(major)).first() {
        eprintln!("fetching PostgreSQL {major}: {source}");
    }
    let (install, source) = scratch::fetch(Some(major))?;
    println!("{} by {source}", line(&install));
    Ok(())
}

fn fetch_client(again: bool) -> Outcome {
    if again || scratch::tool("pg_dump", *MAJORS.end())?.is_none() {
        eprintln!("fetching psql and pg_dump");
        println!("client   {}", scratch::fetch_client()?.display());
    }
    Ok(())
}

fn stop(major: Option<u16>) -> Outcome {
    for major in major.map_or(MAJORS, |major| major..=major) {
        if local::stop(&project(major))? {
            println!("stopped {major}");
        }
    }
    Ok(())
}

fn url(major: u16, database: &str) -> Outcome {
    match local::running(&project(major))? {
        Some(server) => println!("{}", server.url(database)),
        None => {
            return Err(format!("no server of {major} runs; start it: cargo xtask pg start {major}").into());
        }
    }
    Ok(())
}

/// The kept servers of the workspace lie beside its build products, one for each major version.
fn project(major: u16) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("target").join("pg").join(major.to_string())
}
