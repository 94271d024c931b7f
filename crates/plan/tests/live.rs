//! Each case's two schemas on a live server: the plan from one to the other, carried out, arrives; and
//! so does the one back. Both sides are read from databases, so no file is interpreted here.
//!
//! `CASES` names further folders with cases in them, `CASE` picks those whose path contains it.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use catalog::Actual;
use model::{ObjectId, Schema};
use plan::{Line, Options, Plan, Request};
use postgres::Client;
use scratch::Server;

struct Case {
    folder: PathBuf,
    setup: String,
    from: String,
    to: String,
}

fn cases() -> Vec<Case> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures");
    let more = std::env::var("CASES").unwrap_or_default();
    let mut cases = Vec::new();
    for root in std::iter::once(own).chain(more.split(':').filter(|it| !it.is_empty()).map(PathBuf::from)) {
        collect(&root, &mut cases);
    }
    let wanted = std::env::var("CASE").unwrap_or_default();
    cases.retain(|it| it.folder.to_string_lossy().contains(&wanted));
    cases.sort_by(|a, b| a.folder.cmp(&b.folder));
    cases
}

fn collect(folder: &Path, cases: &mut Vec<Case>) {
    let read = |name: &str| std::fs::read_to_string(folder.join(name));
    if let (Ok(from), Ok(to)) = (read("from.sql"), read("to.sql")) {
        let setup = read("setup.sql").unwrap_or_default();
        cases.push(Case { folder: folder.to_path_buf(), setup, from, to });
    }
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.path().is_dir() {
            collect(&entry.path(), cases);
        }
    }
}

fn start() -> Server {
    let install = scratch::obtain(None).unwrap_or_else(|it| panic!("{it}"));
    Server::start(&install, &scratch::Options::default()).unwrap_or_else(|it| panic!("{it}"))
}

/// A fresh database with the texts loaded; roles of cases before are gone.
fn load(server: &Server, texts: [&str; 2]) -> Result<Client, String> {
    server.drop_database("one").ok();
    let mut client = server.connect("postgres").map_err(|it| it.to_string())?;
    let roles = "SELECT rolname FROM pg_roles WHERE rolname !~ '^pg_' AND rolname <> 'postgres'";
    for row in client.query(roles, &[]).map_err(|it| it.to_string())? {
        client.batch_execute(&format!("DROP ROLE {}", model::Name::from(row.get::<_, &str>(0)))).ok();
    }
    server.create_database("one").map_err(|it| it.to_string())?;
    let mut client = server.connect("one").map_err(|it| it.to_string())?;
    for text in texts {
        for piece in sql::split(text, 0).pieces {
            let statement = &text[piece.span.start as usize..piece.span.end as usize];
            client.batch_execute(statement).map_err(|it| format!("{}\n{statement}", said(&it)))?;
        }
    }
    server.connect("one").map_err(|it| it.to_string())
}

fn said(error: &postgres::Error) -> String {
    error.as_db_error().map_or_else(|| error.to_string(), |it| format!("{} {:?}", it.message(), it.detail()))
}

fn read(client: &mut Client) -> Actual {
    let mut actual = catalog::actual(client).unwrap_or_else(|it| panic!("{it}"));
    catalog::edges(client, &mut actual).unwrap_or_else(|it| panic!("{it}"));
    actual
}

fn make(actual: &Actual, desired: &Schema) -> Plan {
    make_with(actual, desired, &Options { allow_destructive: true, ..Options::default() })
}

fn make_with(actual: &Actual, desired: &Schema, options: &Options) -> Plan {
    let pair = diff::Pair { actual: &actual.schema, desired };
    plan::plan(Request::between(pair, &actual.facts, options))
}

fn carry_out(client: &mut Client, plan: &Plan) {
    let segments = plan::segments(&plan.steps, 0).unwrap_or_else(|it| panic!("{it}"));
    for line in segments.iter().flat_map(|it| plan::lines(&plan.steps, it, None)) {
        let text = match &line {
            Line::Say(it) => it.as_str(),
            Line::Step(at) => plan.steps[*at].sql.as_str(),
            Line::Commit => "COMMIT",
        };
        client
            .batch_execute(text)
            .unwrap_or_else(|it| panic!("{}\nin: {text}\nof:\n{}", said(&it), show(plan)));
    }
}

fn show(plan: &Plan) -> String {
    plan.steps.iter().map(|it| format!("{};\n", it.sql)).collect()
}

fn differences(actual: &Schema, desired: &Schema) -> Vec<String> {
    let changes = diff::diff(diff::Pair { actual, desired });
    changes.iter().filter(|it| !is_left_alone(it.id())).map(|it| format!("{it:?}")).collect()
}

/// Roles are never dropped, and owners stay where nobody states them.
fn is_left_alone(id: &ObjectId) -> bool {
    matches!(id.kind, model::Kind::Role)
}

#[derive(Clone, Copy)]
struct Servers<'a> {
    here: &'a Server,
    there: &'a Server,
}

fn arrives(servers: Servers<'_>, way: &Way) -> Result<(), String> {
    let desired = read(&mut load(servers.there, [&way.setup[1], &way.to])?).schema;
    let mut client = load(servers.here, [&way.setup[0], &way.from])?;
    let actual = read(&mut client);
    let plan = make(&actual, &desired);
    assert!(plan.pending.is_empty() && plan.blocked.is_empty(), "{:#?}\n{:#?}", plan.pending, plan.blocked);
    if std::env::var_os("SHOW").is_some() {
        println!("-- {}\n{}", way.name, show(&plan));
    }
    carry_out(&mut client, &plan);
    let arrived = read(&mut client);
    let left = differences(&arrived.schema, &desired);
    assert!(left.is_empty(), "left:\n{}\nafter:\n{}", left.join("\n"), show(&plan));
    let again = make(&arrived, &desired);
    assert!(again.is_empty(), "planned again:\n{}", show(&again));
    Ok(())
}

/// One way from a schema to another, and what it is called.
struct Way {
    name: String,
    setup: [String; 2],
    from: String,
    to: String,
}

fn all_arrive(ways: Vec<Way>) {
    all_hold(ways, arrives);
}

fn all_hold(ways: Vec<Way>, law: fn(Servers<'_>, &Way) -> Result<(), String>) {
    let (here, there) = (start(), start());
    let servers = Servers { here: &here, there: &there };
    let (mut failed, mut invalid) = (Vec::new(), Vec::new());
    for way in &ways {
        match catch_unwind(AssertUnwindSafe(|| law(servers, way))) {
            Ok(Ok(())) => (),
            Ok(Err(error)) => invalid.push(format!("{}: {error}", way.name)),
            Err(_) => {
                println!("^^^^ {}\n", way.name);
                failed.push(way.name.as_str());
            }
        }
    }
    println!("{} run, {} not loaded:\n{}", ways.len(), invalid.len(), invalid.join("\n"));
    assert!(failed.is_empty(), "{} of {} fail:\n{}", failed.len(), ways.len(), failed.join("\n"));
}

#[test]
fn arrives_and_returns() {
    all_arrive(ways());
}

/// Without leave, and with additions alone, what differs afterwards is what was announced.
#[test]
fn what_is_put_off_is_what_is_left() {
    let every = std::env::var("EVERY").ok().and_then(|it| it.parse().ok()).unwrap_or(5);
    let ways = ways().into_iter().enumerate().filter(|(at, _)| at % every == 0);
    all_hold(ways.map(|(_, it)| it).collect(), |servers, way| {
        for additive in [false, true] {
            let desired = read(&mut load(servers.there, [&way.setup[1], &way.to])?).schema;
            let mut client = load(servers.here, [&way.setup[0], &way.from])?;
            let actual = read(&mut client);
            let plan = make_with(&actual, &desired, &Options { additive, ..Options::default() });
            assert!(plan.blocked.is_empty(), "{:#?}", plan.blocked);
            carry_out(&mut client, &plan);
            let arrived = read(&mut client);
            let changes = diff::diff(diff::Pair { actual: &arrived.schema, desired: &desired });
            let left: BTreeSet<String> = changes
                .iter()
                .map(|it| it.id())
                .filter(|it| !is_left_alone(it))
                .map(|it| it.to_string())
                .collect();
            let told: BTreeSet<String> = plan.pending.iter().map(|it| it.id.to_string()).collect();
            assert!(left == told, "left: {left:#?}\ntold: {told:#?}\nafter:\n{}", show(&plan));
        }
        Ok(())
    });
}

/// Every case, there and back.
fn ways() -> Vec<Way> {
    let ways = cases().into_iter().flat_map(|case| {
        let Case { folder, setup, from, to } = case;
        let way = |direction: &str, from: &str, to: &str| Way {
            name: format!("{} {direction}", folder.display()),
            setup: [setup.clone(), setup.clone()],
            from: from.to_owned(),
            to: to.to_owned(),
        };
        [way("there", &from, &to), way("back", &to, &from)]
    });
    ways.collect()
}

/// From the end of one case to the beginning of another that has nothing to do with it: names are
/// taken over, kinds change under them, everything goes at once. `STRIDE` chooses which goes to which.
#[test]
fn any_to_any() {
    // What the server prints of some expressions is not what it prints of that print.
    let mut cases = cases();
    cases.retain(|it| !it.folder.ends_with("check_same_meaning"));
    let stride = std::env::var("STRIDE").ok().and_then(|it| it.parse().ok()).unwrap_or(37);
    let every = std::env::var("EVERY").ok().and_then(|it| it.parse().ok()).unwrap_or(5);
    let ways = cases.iter().enumerate().step_by(every).map(|(at, one)| {
        let other = &cases[(at * 7 + stride) % cases.len()];
        Way {
            name: format!("{} to {}", one.folder.display(), other.folder.display()),
            setup: [one.setup.clone(), other.setup.clone()],
            from: one.to.clone(),
            to: other.from.clone(),
        }
    });
    all_arrive(ways.collect());
}
