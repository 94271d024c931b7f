//! What somebody with psql does to a database, statement after statement, the plan does too, and takes back: both
//! ends are files that `pg_dump` wrote.
//!
//! `TAMPER_MINUTES` makes it run that long, with other changes each time; `TAMPER_CORPUS` names a directory of
//! schemas to do it to, beside the fixtures.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use parse::Sources;
use postgres::Client;

use crate::cases::{Case, facts};
use crate::laws::{for_these, journey, live_cases};
use crate::live::{Database, server};

/// What may be done, made up from what is there.
const CHANGES: &str = include_str!("changes.sql");
/// How many changes lie between the two ends.
const MANY: i64 = 24;
/// Where nobody says how long, every so many of the schemas.
const STEP: usize = 6;

/// What is said beforehand not to be done, and what the server cannot do: the limits that the README names.
const REFUSED: &[&str] =
    &["cannot cast type", "cannot alter type", "is in a primary key", "cannot be cast automatically"];

#[test]
fn done_by_hand() {
    let number = |name: &str| std::env::var(name).ok().and_then(|it| it.parse::<u64>().ok());
    let until = number("TAMPER_MINUTES").map(|it| Instant::now() + Duration::from_secs(60 * it));
    let first = number("TAMPER_FROM").unwrap_or(0);
    let named = std::env::var_os("CASE").is_some();
    let step = if until.is_some() || named { 1 } else { STEP };
    let schemas: Vec<Case> = live_cases().into_iter().step_by(step).chain(corpus()).collect();
    let is_over = || until.is_some_and(|it| Instant::now() > it);
    for round in first.. {
        for_these(&schemas, |case| {
            if !is_over() {
                there_and_back(case, &format!("{round}"));
            }
        });
        if until.is_none() || is_over() {
            println!("{} schemas, changed {} times", schemas.len(), round - first + 1);
            return;
        }
    }
}

/// The schemas of another directory: the folders with a `to.sql` in it.
fn corpus() -> Vec<Case> {
    let Some(root) = std::env::var_os("TAMPER_CORPUS").map(PathBuf::from) else { return Vec::new() };
    let filter = std::env::var("CASE").unwrap_or_default();
    let folders = std::fs::read_dir(&root).unwrap_or_else(|it| panic!("{}: {it}", root.display()));
    let mut dirs: Vec<PathBuf> = folders.flatten().map(|it| it.path()).collect();
    dirs.sort();
    let case = |dir: PathBuf| {
        let to = std::fs::read_to_string(dir.join("to.sql")).ok()?;
        let name = dir.file_name()?.to_string_lossy().into_owned();
        name.contains(&filter).then(|| Case { name, dir, from: String::new(), to, seed: None, needs: 14 })
    };
    dirs.into_iter().filter_map(case).collect()
}

fn there_and_back(case: &Case, seed: &str) {
    let database = Database::new();
    let Some(from) = loaded(case, &database).filter(|it| is_read(it)) else { return };
    let mut done = tamper(&mut database.connect(), chosen(&database, seed));
    let name = format!("{} changed by hand ({seed})", case.name);
    let Err(mut why) = attempt(&name, &from, &done) else { return };
    let mut at = 0;
    // What is not needed to fail is left out.
    while at < done.len() {
        let mut fewer = done.clone();
        fewer.remove(at);
        match attempt(&name, &from, &fewer) {
            Ok(()) => at += 1,
            Err(it) => (why, done) = (it, fewer),
        }
    }
    panic!("{name}:\n{};\n{why}", done.join(";\n"));
}

/// Does these things to a database, and plans the way there and back.
fn attempt(name: &str, from: &str, done: &[String]) -> Result<(), String> {
    let database = Database::new();
    database.load(name, from);
    tamper(&mut database.connect(), done.to_vec());
    let to = written(&database);
    if !is_read(&to) {
        return Ok(());
    }
    let way = |from: &str, to: &str| {
        let (from, to) = (from.to_owned(), to.to_owned());
        let case = Case { name: name.to_owned(), dir: PathBuf::new(), from, to, seed: None, needs: 14 };
        let done = catch_unwind(AssertUnwindSafe(|| journey(&case, &case.from, &case.to, None)));
        let why = done.err().map(|it| it.downcast_ref::<String>().cloned().unwrap_or_default());
        why.filter(|it| !is_refused(it)).map_or(Ok(()), Err)
    };
    way(from, &to)?;
    way(&to, from)
}

/// Whether it is one of those; what blocks a plan is a range type with columns.
fn is_refused(why: &str) -> bool {
    let blocked = why.contains("[Blocked {") && why.contains("of: ObjectId { kind: Range,");
    blocked || REFUSED.iter().any(|it| why.contains(it))
}

/// Whether it is what the server takes, and holds nothing that is said not to be modelled.
pub(crate) fn is_read(text: &str) -> bool {
    if Database::new().run(text).is_err() {
        return false;
    }
    let desired = parse::desired(&Sources::one("dump", text), &facts(server().install().major.into()));
    let unmodelled = |it: &parse::Fault| it.message.contains("not modelled");
    !desired.faults.iter().any(unmodelled)
}

/// Loads a schema as psql would; says what `pg_dump` makes of it.
fn loaded(case: &Case, database: &Database) -> Option<String> {
    if case.dir.starts_with(Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures")) {
        database.load(&case.name, &case.to);
    } else {
        let psql = scratch::tool("psql", 0).ok().flatten()?;
        let url = server().url(&database.name);
        let file = case.dir.join("to.sql");
        let done = Command::new(psql).args(["-X", "-q", "-d", &url, "-f"]).arg(file).output().ok()?;
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }
    Some(written(database))
}

/// The whole of what `pg_dump -s` prints, but for psql's own commands.
fn written(database: &Database) -> String {
    let text = database.dumped().unwrap_or_default();
    text.lines().filter(|it| !it.starts_with('\\')).map(|it| format!("{it}\n")).collect()
}

/// What is to be done: a few of all the things that could be.
fn chosen(database: &Database, seed: &str) -> Vec<String> {
    let rows = database.connect().query(CHANGES, &[&seed, &MANY]).unwrap_or_else(|it| panic!("{it:?}"));
    rows.iter().map(|it| it.get(0)).collect()
}

/// Does it; what the server refuses is left undone. Says what was done.
fn tamper(client: &mut Client, statements: Vec<String>) -> Vec<String> {
    statements.into_iter().filter(|it| client.batch_execute(it).is_ok()).collect()
}
