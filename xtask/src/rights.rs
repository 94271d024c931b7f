//! `cargo xtask rights`: what is told where little may be asked: roles that may only connect, with and without TEMP
//! and USAGE, and a standby.
//!
//! It runs the program and looks at nothing but its exit codes and answers.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use scratch::{Options, Server};

use crate::{Outcome, corpus, equality, shell};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// A directory of cases beside the fixtures: in any depth, directories with a `to.sql`
    #[arg(long, value_name = "DIR", env = "RECONCILE_CORPUS")]
    corpus: Option<PathBuf>,
    /// Leave the fixtures out
    #[arg(long)]
    no_fixtures: bool,
    /// Only cases whose path contains this
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
    /// The major version of the server; default: the newest that can be had
    #[arg(long)]
    pg: Option<u16>,
    /// The program to run; default: ours, as it is built for tests
    #[arg(long, value_name = "FILE")]
    binary: Option<PathBuf>,
    /// Show what is not verified
    #[arg(long)]
    verbose: bool,
}

type Answer<T> = Result<T, Box<dyn std::error::Error>>;

/// Who asks, and where.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Asker {
    Owner,
    Nobody,
    ConnectTemp,
    Connect,
    ConnectScratch,
    UsageTemp,
    Usage,
    StandbyOwner,
    StandbyConnect,
}

use Asker::*;

/// The roles, with and without TEMP.
const WITH_TEMP: &str = "rights_temp";
const WITHOUT: &str = "rights_plain";

impl Asker {
    const ALL: [Asker; 9] =
        [Owner, Nobody, ConnectTemp, Connect, ConnectScratch, StandbyOwner, StandbyConnect, UsageTemp, Usage];

    fn label(self) -> &'static str {
        match self {
            Owner => "owner",
            Nobody => "owner, --no-ask",
            ConnectTemp => "CONNECT, TEMP",
            Connect => "CONNECT",
            ConnectScratch => "CONNECT, --scratch",
            UsageTemp => "CONNECT, USAGE, TEMP",
            Usage => "CONNECT, USAGE",
            StandbyOwner => "owner on a standby",
            StandbyConnect => "CONNECT on a standby",
        }
    }

    fn role(self) -> &'static str {
        match self {
            Owner | Nobody | StandbyOwner => "postgres",
            ConnectTemp | UsageTemp => WITH_TEMP,
            Connect | ConnectScratch | Usage | StandbyConnect => WITHOUT,
        }
    }

    fn is_on_standby(self) -> bool {
        matches!(self, StandbyOwner | StandbyConnect)
    }
}

/// Figures of one asker.
#[derive(Default)]
struct Tally {
    cases: usize,
    in_sync: usize,
    not_verified: usize,
    drift: usize,
    errors: usize,
    /// Cases in sync or not verified where the plan has steps all the same.
    steps: usize,
    /// Objects that hold expressions.
    holders: usize,
    /// Objects that are not verified, by their kind.
    unverified: BTreeMap<String, usize>,
}

struct Measure {
    psql: PathBuf,
    binary: PathBuf,
    primary: Server,
    standby: Server,
    room: tempfile::TempDir,
    verbose: bool,
    tallies: BTreeMap<Asker, Tally>,
    /// The database of the case, and how many there were.
    database: String,
    cases: usize,
    failed: Vec<String>,
    wrong: usize,
}

pub(crate) fn run(arguments: &Arguments) -> Outcome {
    let mut cases = Vec::new();
    if !arguments.no_fixtures {
        cases.extend(corpus::cases(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures"))?);
    }
    if let Some(corpus) = &arguments.corpus {
        cases.extend(corpus::cases(corpus)?);
    }
    let is_meant =
        |it: &PathBuf| arguments.only.as_ref().is_none_or(|only| it.to_string_lossy().contains(only));
    cases.retain(is_meant);
    let mut measure = Measure::begin(arguments)?;
    for case in &cases {
        measure.case(case)?;
    }
    measure.report();
    match measure.wrong {
        0 => Ok(()),
        wrong => Err(format!("{wrong} answers are wrong").into()),
    }
}

fn built() -> Answer<PathBuf> {
    shell::run(shell::cargo().args(["build", "--quiet", "--package", "reconcile"]))?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| PathBuf::from("target"), PathBuf::from);
    Ok(target.join("debug/reconcile").canonicalize()?)
}

impl Measure {
    fn begin(arguments: &Arguments) -> Answer<Measure> {
        let binary = match &arguments.binary {
            Some(binary) => binary.canonicalize()?,
            None => built()?,
        };
        let install = scratch::obtain(arguments.pg)?;
        eprintln!("PostgreSQL {} in {}", install.version, install.bin.display());
        let settings = vec![("wal_keep_size".into(), "2GB".into())];
        let primary = Server::start(&install, &Options { settings, ..Options::default() })?;
        let roles = format!("CREATE ROLE {WITH_TEMP} LOGIN; CREATE ROLE {WITHOUT} LOGIN");
        primary.connect("postgres")?.batch_execute(&roles)?;
        let standby = primary.standby(&Options::default())?;
        Ok(Measure {
            psql: corpus::psql()?,
            binary,
            primary,
            standby,
            room: tempfile::tempdir()?,
            verbose: arguments.verbose,
            tallies: BTreeMap::new(),
            database: "rights_0".into(),
            cases: 0,
            failed: Vec::new(),
            wrong: 0,
        })
    }

    fn case(&mut self, case: &Path) -> Outcome {
        let name = case.iter().rev().take(2).map(|it| it.to_string_lossy()).collect::<Vec<_>>();
        let name = name.into_iter().rev().collect::<Vec<_>>().join("/");
        // A database that a subscription holds on to stays, so each case has a name of its own.
        self.primary.drop_database(&self.database).ok();
        self.cases += 1;
        self.database = format!("rights_{}", self.cases);
        self.primary.create_database(&self.database)?;
        let file = self.room.path().join("file.sql");
        let mut text = String::new();
        for part in ["setup.sql", "to.sql"].map(|it| case.join(it)).iter().filter(|it| it.is_file()) {
            text += &format!("{}\n", String::from_utf8_lossy(&std::fs::read(part)?));
            if !corpus::load(&self.psql, &self.primary, &self.database, part) {
                self.failed.push(name);
                return Ok(());
            }
        }
        std::fs::write(&file, &text)?;
        let mut client = self.primary.connect(&self.database)?;
        let holders = holders(&catalog::actual(&mut client)?.schema);
        let rights = format!(
            "REVOKE TEMP ON DATABASE {0} FROM PUBLIC; GRANT TEMP ON DATABASE {0} TO {WITH_TEMP}",
            self.database
        );
        client.batch_execute(&rights)?;
        self.standby.catch_up(&self.primary)?;
        for asker in Asker::ALL {
            if asker == UsageTemp {
                // What the roles get is declared, so that it is no drift.
                let grants = grants(&mut client)?;
                client.batch_execute(&grants)?;
                std::fs::write(&file, format!("{text}\n{grants}"))?;
            }
            if !self.ask(&name, asker, &file, holders)? && asker == Owner {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Has the program check and plan; says whether nothing was wrong. Where the owner sees drift, the case itself is
    /// not what its file says, and tells nothing of rights.
    fn ask(&mut self, name: &str, asker: Asker, file: &Path, holders: usize) -> Answer<bool> {
        let (code, told) = self.program(asker, file, &["check"])?;
        let answer: serde_json::Value = serde_json::from_str(&told).unwrap_or_default();
        let list = |of: &str| answer[of].as_array().cloned().unwrap_or_default();
        let tally = self.tallies.entry(asker).or_default();
        tally.cases += 1;
        tally.holders += holders;
        for it in list("unverified").iter().chain(&list("unmodelled")) {
            let kind = it["object"]["kind"].as_str().or(it["kind"].as_str()).unwrap_or("?");
            *tally.unverified.entry(kind.to_owned()).or_default() += 1;
            if self.verbose {
                println!("not verified, {} {name}: {it}", asker.label());
            }
        }
        match code {
            0 => tally.in_sync += 1,
            3 => tally.not_verified += 1,
            2 => tally.drift += 1,
            _ => tally.errors += 1,
        }
        if !matches!(code, 0 | 3) {
            self.wrong += 1;
            println!("WRONG, exit {code}, {}, {name}: {:#}", asker.label(), answer["drift"]);
            return Ok(false);
        }
        let (code, told) = match code {
            3 => self.program(asker, file, &["plan", "--detailed-exitcode"])?,
            _ => return Ok(true),
        };
        if code != 0 {
            self.wrong += 1;
            self.tallies.entry(asker).or_default().steps += 1;
            println!("WRONG, planned, exit {code}, {}, {name}: {told}", asker.label());
        }
        Ok(code == 0)
    }

    fn program(&self, asker: Asker, file: &Path, words: &[&str]) -> Answer<(i32, String)> {
        let server = if asker.is_on_standby() { &self.standby } else { &self.primary };
        let url = server.url(&self.database).replacen("postgres@", &format!("{}@", asker.role()), 1);
        let mut command = Command::new(&self.binary);
        command.current_dir(self.room.path()).args(words).args(["--all-namespaces", "--format", "json"]);
        command.arg("--schema").arg(file).arg("--database-url").arg(url);
        if asker == Nobody {
            command.arg("--no-ask");
        }
        if asker == ConnectScratch {
            command.arg("--scratch");
        }
        let output = command.output()?;
        let code = output.status.code().unwrap_or(-1);
        if !matches!(code, 0 | 2 | 3) {
            println!("{}", String::from_utf8_lossy(&output.stderr));
        }
        Ok((code, String::from_utf8_lossy(&output.stdout).into_owned()))
    }

    fn report(&self) {
        println!("\nPostgreSQL {}; did not load: {}", self.primary.install().version, self.failed.join(", "));
        println!(
            "{:<22} {:>6} {:>8} {:>13} {:>6} {:>6} {:>6}   {:>8} {:>13} {:>7}",
            "who asks",
            "cases",
            "in sync",
            "not verified",
            "drift",
            "error",
            "steps",
            "holders",
            "not verified",
            "%"
        );
        for (asker, it) in &self.tallies {
            let open: usize = it.unverified.values().sum();
            println!(
                "{:<22} {:>6} {:>8} {:>13} {:>6} {:>6} {:>6}   {:>8} {:>13} {:>7.2}",
                asker.label(),
                it.cases,
                it.in_sync,
                it.not_verified,
                it.drift,
                it.errors,
                it.steps,
                it.holders,
                open,
                100.0 * open as f64 / it.holders.max(1) as f64
            );
        }
        for (asker, it) in self.tallies.iter().filter(|it| !it.1.unverified.is_empty()) {
            let kinds: Vec<String> =
                it.unverified.iter().map(|(kind, many)| format!("{kind} {many}")).collect();
            println!("not verified, {}: {}", asker.label(), kinds.join(", "));
        }
    }
}

/// How many objects hold an expression.
fn holders(schema: &model::Schema) -> usize {
    let holds =
        |it: &model::Object| (0..it.exprs().len()).any(|slot| equality::pair::class(it, slot).is_some());
    schema.iter().filter(|(_, it)| holds(it)).count()
}

/// The statements that let both roles use every namespace.
fn grants(client: &mut postgres::Client) -> Answer<String> {
    const NAMESPACES: &str = "SELECT coalesce(string_agg(format('GRANT USAGE ON SCHEMA %I TO ', nspname) || $1 || ';', \
        E'\\n' ORDER BY nspname), '') FROM pg_namespace \
        WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'";
    Ok(client.query_one(NAMESPACES, &[&format!("{WITH_TEMP}, {WITHOUT}")])?.get(0))
}
