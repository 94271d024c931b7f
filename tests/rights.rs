//! *Few rights*: a role that may only connect, and a standby, tell *same* or *not verified* of what is as the file
//! says, and never drift; with TEMP and USAGE everything is told.

use std::sync::OnceLock;

use postgres::Client;
use reconcile::elsewhere::Elsewhere;
use reconcile::pipeline::{self, Comparison};
use scratch::{Options, Server};

use crate::cases::Case;
use crate::laws::{compare, everything_allowed, for_all_live, wanted};
use crate::live::{Database, server};

const ROLE: &str = "fx_connect";

/// A standby of the server all laws share.
fn standby() -> &'static Server {
    static STANDBY: OnceLock<Server> = OnceLock::new();
    STANDBY.get_or_init(|| {
        let settings = vec![("max_connections".into(), "60".into())];
        let options = Options { settings, ..Options::default() };
        server().standby(&options).unwrap_or_else(|it| panic!("{it}"))
    })
}

/// Whether the file speaks of whoever runs it, and gives what it makes to somebody else: then no reader can tell from
/// what is there who that was.
fn nobody_knows_who_runs(case: &Case) -> bool {
    let text = case.to.to_uppercase();
    let speaks = ["CURRENT_USER", "CURRENT_ROLE", "SESSION_USER"].iter().any(|it| text.contains(it));
    speaks && text.contains("OWNER TO FX_POWER")
}

/// The role, made once: nobody gives it anything but what it takes here.
fn role() {
    static MADE: OnceLock<()> = OnceLock::new();
    MADE.get_or_init(|| {
        let mut client = server().connect("postgres").unwrap_or_else(|it| panic!("{it}"));
        let made = client.batch_execute(&format!("CREATE ROLE {ROLE} LOGIN"));
        made.unwrap_or_else(|it| panic!("{it}"));
    });
}

/// The database is what the file says: whoever asks, nothing differs, and nothing is planned.
fn assert_no_drift(case: &Case, who: &str, client: &mut Client, text: &str) -> Comparison {
    let told = format!("{}, {who}", case.name);
    let mut comparison = compare(client, &told, text);
    assert_same(&told, &comparison);
    let plan = pipeline::plan(client, &mut comparison, &everything_allowed());
    let plan = plan.unwrap_or_else(|it| panic!("{told}: {it}"));
    assert!(plan.is_empty(), "{told}: {:?}", plan.steps);
    comparison
}

fn assert_same(told: &str, comparison: &Comparison) {
    let drift: Vec<String> = comparison.drift().iter().map(|it| format!("{it:?}")).collect();
    assert!(drift.is_empty(), "{told}: drift where there is none:\n{}", drift.join("\n"));
}

/// What could not be told is what the role may not so much as see.
fn assert_told(told: &str, comparison: &Comparison) {
    let open: Vec<String> = comparison.unsettled.iter().map(|it| format!("{it:?}")).collect();
    let hidden = |it: &String| it.contains("may not see") || it.contains("superusers only");
    assert!(open.iter().all(hidden), "{told}: {}", open.join("\n"));
}

/// A database as the file says, where the role may only connect, and its owner's session; none where no reader can
/// tell.
fn without_temp(case: &Case) -> Option<(Database, Client)> {
    let database = Database::new();
    let mut owner = database.load(&case.name, &case.to);
    if nobody_knows_who_runs(case) {
        return None;
    }
    let temp = format!("REVOKE TEMP ON DATABASE {} FROM PUBLIC", database.name);
    owner.batch_execute(&temp).unwrap_or_else(|it| panic!("{it}"));
    Some((database, owner))
}

fn as_role(server: &Server, database: &Database) -> Client {
    let client = server.config(&database.name).user(ROLE).connect(postgres::NoTls);
    client.unwrap_or_else(|it| panic!("{it}"))
}

#[test]
fn few_rights_are_no_drift() {
    role();
    for_all_live(|case| {
        let Some((database, mut owner)) = without_temp(case) else { return };
        assert_no_drift(case, "without TEMP", &mut as_role(server(), &database), &case.to);
        let temp = format!("GRANT TEMP ON DATABASE {} TO {ROLE}", database.name);
        owner.batch_execute(&temp).unwrap_or_else(|it| panic!("{it}"));
        assert_no_drift(case, "without USAGE", &mut as_role(server(), &database), &case.to);
        let usage = usage(&mut owner);
        owner.batch_execute(&usage).unwrap_or_else(|it| panic!("{it}"));
        let text = format!("{}\n{usage}", case.to);
        let comparison = assert_no_drift(case, "with TEMP", &mut as_role(server(), &database), &text);
        assert_told(&case.name, &comparison);
    });
}

#[test]
fn a_standby_is_no_drift() {
    for_all_live(|case| {
        let database = Database::new();
        database.load(&case.name, &case.to);
        standby().catch_up(server()).unwrap_or_else(|it| panic!("{it}"));
        let mut client = standby().connect(&database.name).unwrap_or_else(|it| panic!("{it}"));
        assert_no_drift(case, "on a standby", &mut client, &case.to);
    });
}

/// The statements that let the role use every namespace. They are part of the file then.
fn usage(client: &mut Client) -> String {
    const NAMESPACES: &str = "SELECT coalesce(string_agg(format('GRANT USAGE ON SCHEMA %I TO ', nspname) || $1 || ';', \
        E'\\n' ORDER BY nspname), '') FROM pg_namespace \
        WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'";
    let row = client.query_one(NAMESPACES, &[&ROLE]);
    row.unwrap_or_else(|it| panic!("{it}")).get(0)
}

/// What a role without TEMP cannot ask is asked on a throw-away server, and comes out as the owner has it.
#[test]
fn a_throw_away_server_settles_the_rest() {
    role();
    let elsewhere = std::sync::Mutex::new(Elsewhere::default());
    for_all_live(|case| {
        let Some((database, _)) = without_temp(case) else { return };
        let sources = parse::Sources::one(&case.name, case.to.as_str());
        let mut client = as_role(server(), &database);
        let mut elsewhere = elsewhere.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let compared = pipeline::compare_with(&mut client, &sources, &wanted(), Some(&mut elsewhere));
        let comparison = compared.unwrap_or_else(|it| panic!("{}: {it}", case.name));
        assert_same(&case.name, &comparison);
        assert_told(&case.name, &comparison);
    });
}
