//! The law that both doors agree: what `parse` reads from a file is what `catalog` reads after the server
//! has run it.
//!
//! Expressions are left out, because the server prints them in its own words; owners only count where the
//! file states them. The project's own fixtures must agree without exception. Further folders of cases may be
//! given by the variable CORPUS, separated by colons; their differences are counted and printed, worst first.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use model::{Expr, Facts, Kind, Object, ObjectId, Schema};
use parse::{Code, Desired, Sources, Verdict};
use postgres::Client;
use scratch::{Options, Server};

type Error = Box<dyn std::error::Error>;

#[test]
fn both_doors_agree_on_the_fixtures() -> Result<(), Error> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures");
    let mut files = Vec::new();
    for file in ["from.sql", "to.sql"] {
        files.extend(found(&root, file)?);
    }
    files.extend(found(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scripts"), "to.sql")?);
    // Cases about reading alone, denser than a fixture should be.
    files.extend(found(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/doors"), "to.sql")?);
    let tally = judged(&files)?;
    tally.print();
    assert_eq!(tally.wrong, 0, "{} files are read differently by the two doors", tally.wrong);
    assert!(tally.refused.is_empty() || major() < 18, "the server refuses files");
    Ok(())
}

#[test]
fn both_doors_agree_on_the_corpus() -> Result<(), Error> {
    let Some(corpus) = std::env::var_os("CORPUS") else { return Ok(()) };
    let mut files = Vec::new();
    for root in std::env::split_paths(&corpus) {
        files.extend(found(&root, "to.sql")?);
    }
    judged(&files)?.print();
    Ok(())
}

/// The files of that name below a folder, in order.
fn found(root: &Path, name: &str) -> Result<Vec<PathBuf>, Error> {
    let mut files = Vec::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.file_name().is_some_and(|it| it == name) {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

/// What became of all files.
#[derive(Default)]
struct Tally {
    files: usize,
    agreed: usize,
    wrong: usize,
    /// Files the server does not take.
    refused: Vec<String>,
    faults: BTreeMap<String, Vec<String>>,
    offline: BTreeMap<String, Vec<String>>,
    times: Vec<(Duration, String)>,
    differences: BTreeMap<String, Vec<String>>,
}

/// The server's major version: the variable DOORS_PG, else 15.
fn major() -> u16 {
    std::env::var("DOORS_PG").ok().and_then(|it| it.parse().ok()).unwrap_or(15)
}

fn judged(files: &[PathBuf]) -> Result<Tally, Error> {
    let server = Server::start(&scratch::obtain(Some(major()))?, &Options::default())?;
    let mut tally = Tally::default();
    for (number, file) in files.iter().enumerate() {
        let database = format!("d{number}");
        server.create_database(&database)?;
        let client = server.connect(&database)?;
        tally.judge(file, client)?;
        // One that a subscription keeps goes with the server.
        _ = server.drop_database(&database);
        clear_roles(&server)?;
    }
    Ok(tally)
}

/// Roles outlive databases.
fn clear_roles(server: &Server) -> Result<(), Error> {
    let mut client = server.connect("postgres")?;
    let roles = "select rolname from pg_roles where rolname !~ '^pg_' and rolname <> current_user";
    for row in client.query(roles, &[])? {
        let role: String = row.get(0);
        let role = model::Name::from(role);
        _ = client.batch_execute(&format!("drop owned by {role}"));
        _ = client.batch_execute(&format!("drop role {role}"));
    }
    Ok(())
}

impl Tally {
    fn judge(&mut self, file: &Path, mut client: Client) -> Result<(), Error> {
        let case =
            file.parent().and_then(|it| it.file_name()).unwrap_or_default().to_string_lossy().into_owned();
        let case = if file.ends_with("from.sql") { format!("{case} (from)") } else { case };
        self.files += 1;
        if let Ok(setup) = std::fs::read_to_string(file.with_file_name("setup.sql")) {
            _ = load(&mut client, &setup);
        }
        let catalog::Actual { schema: before, facts: mut earlier, .. } = catalog::actual(&mut client)?;
        earlier.search_path = vec!["public".into()];
        let text = std::fs::read_to_string(file)?;
        if let Err(error) = load(&mut client, &text) {
            self.refused.push(format!("{case}: {error}"));
            return Ok(());
        }
        client.batch_execute("reset all; reset session authorization; reset role")?;
        let actual = catalog::actual(&mut client)?;
        let mut facts = actual.facts;
        facts.search_path = vec!["public".into()];
        let sources = Sources::one(file, text);
        let begin = Instant::now();
        let desired = parse::desired(&sources, &facts);
        self.times.push((begin.elapsed(), case.clone()));
        self.offline(&case, &sources, &desired);
        let mut live = actual.schema;
        // What the setup made and the file does not speak of is not the file's.
        live.retain(|id, _| !before.contains(id) || desired.schema.contains(id));
        let said = self.compare(&case, &desired, live);
        // The file declares the same before it has ever been run; a fault may take types away.
        let first = parse::desired(&sources, &earlier);
        let alike = !desired.faults.is_empty() || first.faults.is_empty() && first.schema == desired.schema;
        if !alike {
            let ids = desired.schema.iter().filter(|(id, it)| first.schema.get(id) != Some(it));
            let ids: Vec<String> = ids.map(|it| it.0.to_string()).collect();
            let place = format!("{case}: {:?} {:?}", ids, first.faults);
            self.differences.entry("before it is run: otherwise".into()).or_default().push(place);
        }
        if said && alike {
            self.agreed += 1;
        } else {
            self.wrong += 1;
        }
        Ok(())
    }

    /// Faults that come only of asking nobody.
    fn offline(&mut self, case: &str, sources: &Sources, online: &Desired) {
        let facts = Facts {
            offline: true,
            major: 17,
            role: "postgres".into(),
            search_path: vec!["public".into()],
            ..Facts::default()
        };
        let desired = parse::desired(sources, &facts);
        for fault in desired.faults.iter().filter(|it| !online.faults.contains(it)) {
            let (line, column) = desired.sources.line_column(fault.span);
            let place = format!("{case}:{line}:{column} {}", fault.message);
            self.offline.entry(shape(&fault.message, fault.code)).or_default().push(place);
        }
    }

    fn compare(&mut self, case: &str, desired: &Desired, actual: Schema) -> bool {
        for fault in &desired.faults {
            let (line, column) = desired.sources.line_column(fault.span);
            let place = format!("{case}:{line}:{column} {}", fault.message);
            self.faults.entry(shape(&fault.message, fault.code)).or_default().push(place);
        }
        let mut adopting = desired.schema.clone();
        for (id, live) in actual.iter() {
            if let Some(object) = adopting.get_mut(id) {
                object.adopt(live);
            }
        }
        let wanted = comparable(&adopting, |_| true);
        let granted: HashSet<&ObjectId> = desired.granted.iter().collect();
        let live = comparable(&actual, |id| is_said(id, desired, &granted));
        let mut same = desired.faults.is_empty();
        let ids: BTreeSet<&ObjectId> = wanted.keys().chain(live.keys()).collect();
        for id in ids {
            let (wanted, live) = (wanted.get(id), live.get(id));
            if wanted == live {
                continue;
            }
            same = false;
            let (key, place) = difference(id, wanted, live);
            self.differences.entry(key).or_default().push(format!("{case}: {place}"));
        }
        same && !desired.ledger.iter().any(|it| it.verdict == Verdict::Fault)
    }

    fn print(&self) {
        println!(
            "{} files, {} agree, {} differ, {} the server does not take",
            self.files,
            self.agreed,
            self.wrong,
            self.refused.len()
        );
        let most: usize = std::env::var("DOORS_SHOW").ok().and_then(|it| it.parse().ok()).unwrap_or(3);
        for (title, found) in [
            ("faults", &self.faults),
            ("faults when offline", &self.offline),
            ("differences", &self.differences),
        ] {
            let mut found: Vec<_> = found.iter().collect();
            found.sort_by_key(|it| std::cmp::Reverse(it.1.len()));
            let count: usize = found.iter().map(|it| it.1.len()).sum();
            println!("\n== {count} {title}");
            for (key, places) in found {
                println!("{:6} {key}", places.len());
                places.iter().take(most).for_each(|it| println!("         {it}"));
            }
        }
        let mut times = self.times.clone();
        times.sort();
        times.iter().rev().take(3).for_each(|(time, case)| println!("{case} was read in {time:?}"));
        println!("\n== {} refused", self.refused.len());
        self.refused.iter().take(20).for_each(|it| println!("         {it}"));
    }
}

/// Runs a file statement by statement. Data of COPY and psql's own commands are left out.
fn load(client: &mut Client, text: &str) -> Result<(), String> {
    client.batch_execute("set check_function_bodies = off").map_err(|it| it.to_string())?;
    for piece in sql::split(text, 0).pieces {
        let statement = &text[piece.span.start as usize..piece.span.end as usize];
        let is_copy = statement.len() > 4 && statement[..4].eq_ignore_ascii_case("copy");
        if piece.kind != sql::PieceKind::Statement || is_copy {
            continue;
        }
        client.batch_execute(statement).map_err(|it| {
            let said = it.as_db_error().map_or_else(|| it.to_string(), |it| it.message().to_string());
            format!("{said} in {}", statement.lines().next().unwrap_or_default())
        })?;
    }
    _ = client.batch_execute("rollback");
    Ok(())
}

/// Whether the file says something of a live object that it need not speak of.
fn is_said(id: &ObjectId, desired: &Desired, granted: &HashSet<&ObjectId>) -> bool {
    match id.kind {
        Kind::Owner => desired.schema.contains(id),
        Kind::Grant => id.target().is_some_and(|it| {
            let table = it.relation().map(|it| Kind::Table.named(it));
            granted.contains(it) || table.is_some_and(|it| granted.contains(&it))
        }),
        // Roles belong to the whole server, whose other databases may speak of them too.
        Kind::Role | Kind::Membership | Kind::RoleSetting => desired.schema.contains(id),
        Kind::Namespace => id.name().as_str() != "public",
        Kind::Extension => id.name().as_str() != "plpgsql" || desired.schema.contains(id),
        _ => true,
    }
}

/// Every object as JSON, expressions blanked.
fn comparable(schema: &Schema, keep: impl Fn(&ObjectId) -> bool) -> HashMap<ObjectId, String> {
    let blank = Expr { text: "".into(), key: "".into(), path: Arc::new([]), mentions: Arc::new([]) };
    let mut found = HashMap::new();
    for (id, object) in schema.iter().filter(|(id, _)| keep(id)) {
        let mut object = object.clone();
        for expr in object.exprs_mut() {
            *expr = blank.clone();
        }
        match &mut object {
            Object::Index(it) => (it.only, it.concurrently) = (false, false),
            Object::View(it) => it.columns.clear(),
            Object::MaterializedView(it) => it.columns.clear(),
            _ => (),
        }
        // By way of a value, whose keys are sorted: the order of storage parameters is no difference.
        let value = serde_json::to_value(&object).unwrap_or_default();
        found.insert(id.clone(), value.to_string());
    }
    found
}

/// What sort of difference it is, and the difference.
fn difference(id: &ObjectId, wanted: Option<&String>, live: Option<&String>) -> (String, String) {
    let kind = id.kind.meta().noun;
    match (wanted, live) {
        (Some(it), None) => (format!("{kind}: only in the file"), format!("{id} {it}")),
        (None, Some(it)) => (format!("{kind}: only on the server"), format!("{id} {it}")),
        _ => {
            let (wanted, live) = (wanted.cloned().unwrap_or_default(), live.cloned().unwrap_or_default());
            let fields = fields(&wanted, &live);
            (
                format!("{kind}: {fields}"),
                format!("{id}\n             file   {wanted}\n             server {live}"),
            )
        }
    }
}

fn fields(wanted: &str, live: &str) -> String {
    let read =
        |it: &str| serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(it).unwrap_or_default();
    let (wanted, live) = (read(wanted), read(live));
    let names: BTreeSet<&String> = wanted.keys().chain(live.keys()).collect();
    let changed: Vec<&str> =
        names.into_iter().filter(|it| wanted.get(*it) != live.get(*it)).map(String::as_str).collect();
    changed.join(", ")
}

/// The message without what it names.
fn shape(message: &str, code: Code) -> String {
    let mut shape = String::new();
    for (at, part) in message.split('`').enumerate() {
        shape.push_str(if at % 2 == 0 { part } else { "…" });
    }
    format!("{} {shape}", code.word())
}
