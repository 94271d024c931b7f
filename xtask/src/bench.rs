//! `cargo xtask bench`: what a plan costs, beside `pg_dump -s` of the same database in the same run.
//!
//! It runs both as whole programs and knows of their insides only the times that ours prints.

mod measure;
mod table;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use measure::Sample;

use crate::{Outcome, generate, shell};

/// The arguments of `cargo xtask bench`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// How many tables
    #[arg(long, value_delimiter = ',', default_values_t = [100, 1_000, 10_000])]
    tables: Vec<usize>,
    /// How often each program runs; the median counts
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..))]
    runs: u16,
    /// The major version of the server; default: the newest that can be had
    #[arg(long)]
    pg: Option<u16>,
    /// The program to measure; default: ours, built for release
    #[arg(long, value_name = "FILE")]
    binary: Option<PathBuf>,
    /// Write the schema of so many tables to standard output and do nothing else
    #[arg(long, value_name = "TABLES", conflicts_with_all = ["tables", "runs", "pg", "binary"])]
    print: Option<usize>,
}

pub(crate) use measure::{Arguments as MeasureArguments, run as measure};

/// What is run side by side.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Runner {
    NothingToDo,
    TenEdits,
    Reference,
}

impl Runner {
    const ALL: [Runner; 3] = [Runner::NothingToDo, Runner::TenEdits, Runner::Reference];

    fn label(self) -> &'static str {
        match self {
            Runner::NothingToDo => "plan, nothing to do",
            Runner::TenEdits => "plan, ten edits",
            Runner::Reference => "pg_dump -s",
        }
    }
}

/// Every sample taken of one size.
struct Measured {
    tables: usize,
    samples: BTreeMap<Runner, Vec<Sample>>,
}

pub(crate) fn run(arguments: &Arguments) -> Outcome {
    if let Some(tables) = arguments.print {
        print!("{}", generate::script(&generate::model(tables)));
        return Ok(());
    }
    let binary = match &arguments.binary {
        Some(binary) => binary.canonicalize()?,
        None => built()?,
    };
    let install = scratch::obtain(arguments.pg)?;
    let tools = Tools {
        reconcile: binary,
        psql: tool("psql", install.major)?,
        pg_dump: tool("pg_dump", install.major)?,
    };
    eprintln!("PostgreSQL {}; {}", install.version, tools.pg_dump.display());
    let room = tempfile::tempdir()?;
    let server = scratch::Server::start(&install, &scratch::Options::default())?;
    let mut all = Vec::new();
    for tables in &arguments.tables {
        let bench = Bench::prepare(&tools, &server, room.path(), *tables)?;
        all.push(bench.measure(arguments.runs)?);
        server.drop_database(&bench.database)?;
    }
    println!("PostgreSQL {}, median of {} interleaved runs\n", install.version, arguments.runs);
    table::print(&all);
    Ok(())
}

fn built() -> Result<PathBuf, Box<dyn std::error::Error>> {
    shell::run(shell::cargo().args(["build", "--quiet", "--release", "--package", "reconcile"]))?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| PathBuf::from("target"), PathBuf::from);
    Ok(target.join("release/reconcile").canonicalize()?)
}

fn tool(name: &str, major: u16) -> Result<PathBuf, Box<dyn std::error::Error>> {
    if scratch::tool(name, major)?.is_none() {
        scratch::fetch_client()?;
    }
    scratch::tool(name, major)?.ok_or_else(|| format!("there is no {name} of {major} or later").into())
}

struct Tools {
    reconcile: PathBuf,
    psql: PathBuf,
    pg_dump: PathBuf,
}

/// A loaded database of one size and the files that go with it.
struct Bench<'a> {
    tools: &'a Tools,
    tables: usize,
    database: String,
    url: String,
    room: PathBuf,
    /// A word for each edit.
    markers: Vec<String>,
}

impl<'a> Bench<'a> {
    fn prepare(
        tools: &'a Tools,
        server: &scratch::Server,
        room: &Path,
        tables: usize,
    ) -> Result<Self, Box<dyn std::error::Error>> {
        let room = room.join(tables.to_string());
        std::fs::create_dir(&room)?;
        let mut model = generate::model(tables);
        let script = generate::script(&model);
        eprintln!("{tables} tables: {} KB of SQL", script.len() / 1_000);
        std::fs::write(room.join("schema.sql"), script)?;
        let markers = generate::edit(&mut model);
        std::fs::write(room.join("edited.sql"), generate::script(&model))?;
        let database = format!("bench_{tables}");
        server.create_database(&database)?;
        let bench = Bench { tools, tables, url: server.url(&database), database, room, markers };
        bench.psql(&["-f", &bench.file("schema.sql")])?;
        // A server that has lived for a while has statistics of its catalog.
        bench.psql(&["-c", "VACUUM ANALYZE"])?;
        Ok(bench)
    }

    fn file(&self, name: &str) -> String {
        self.room.join(name).display().to_string()
    }

    fn psql(&self, words: &[&str]) -> Outcome {
        let mut psql = Command::new(&self.tools.psql);
        psql.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", &self.url]).args(words);
        psql.env("PGOPTIONS", "-c client_min_messages=warning");
        shell::run(&mut psql)
    }

    fn command(&self, runner: Runner) -> (Vec<String>, &'static [i32]) {
        let plan = |schema: &str| {
            let binary = self.tools.reconcile.display().to_string();
            let words =
                ["plan", "--detailed-exitcode", "--schema", &self.file(schema), "--database-url", &self.url];
            std::iter::once(binary).chain(words.map(str::to_owned)).collect()
        };
        match runner {
            Runner::NothingToDo => (plan("schema.sql"), &[0]),
            Runner::TenEdits => (plan("edited.sql"), &[2]),
            Runner::Reference => {
                let words = [&self.tools.pg_dump.display().to_string(), "-s", "-d", &self.url];
                (words.map(ToString::to_string).to_vec(), &[0])
            }
        }
    }

    /// Runs everything once unmeasured, to warm up and to see that the answers are right; then in turns.
    fn measure(&self, runs: u16) -> Result<Measured, Box<dyn std::error::Error>> {
        for runner in Runner::ALL {
            self.sample(runner, &[])?;
        }
        self.check()?;
        let mut samples: BTreeMap<Runner, Vec<Sample>> = BTreeMap::new();
        for _ in 0..runs {
            for runner in Runner::ALL {
                samples.entry(runner).or_default().push(self.sample(runner, &[])?);
            }
        }
        Ok(Measured { tables: self.tables, samples })
    }

    fn sample(&self, runner: Runner, more: &[&str]) -> Result<Sample, Box<dyn std::error::Error>> {
        let (mut words, codes) = self.command(runner);
        words.extend(more.iter().map(ToString::to_string));
        let (answer, told) = (self.room.join("answer"), self.room.join("told"));
        let sample = measure::sample(&words, &answer, &told)?;
        if sample.code.is_some_and(|it| codes.contains(&it)) {
            return Ok(sample);
        }
        let told = std::fs::read_to_string(&told)? + &std::fs::read_to_string(&answer)?;
        let begin: String = told.lines().take(40).collect::<Vec<_>>().join("\n");
        Err(format!("{}, {} tables: exit code {:?}\n{begin}", runner.label(), self.tables, sample.code)
            .into())
    }

    /// A fast wrong answer is worth nothing: the statements of the plan have to name every edit.
    fn check(&self) -> Outcome {
        self.sample(Runner::TenEdits, &["--format", "sql"])?;
        let answer = std::fs::read_to_string(self.room.join("answer"))?;
        let lost: Vec<&str> =
            self.markers.iter().map(String::as_str).filter(|it| !answer.contains(it)).collect();
        match lost.is_empty() {
            true => Ok(()),
            false => Err(format!("the plan does not show {}:\n{answer}", lost.join(", ")).into()),
        }
    }
}
