//! Plans written by hand, carried out on a real server: what is committed, what is not, and what is said.

use std::sync::mpsc;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use apply::{Cancel, Datum, Error, Event, Failure, Options, Stop};
use diff::Pair;
use model::{Facts, Kind, Name, ObjectId, QualName, Schema, Span};
use plan::{Step, Transaction, Verb};
use postgres::{Client, NoTls};
use scratch::Server;

static SERVER: LazyLock<Server> = LazyLock::new(|| {
    let install = scratch::obtain(None).unwrap_or_else(|it| panic!("{it}"));
    Server::start(&install, &scratch::Options::default()).unwrap_or_else(|it| panic!("{it}"))
});

fn ok<T, E: std::fmt::Display>(result: Result<T, E>) -> T {
    result.unwrap_or_else(|it| panic!("{it}"))
}

/// A database of the test's own.
fn database(name: &str) -> Client {
    ok(SERVER.create_database(name));
    ok(SERVER.connect(name))
}

fn step(id: ObjectId, sql: &str) -> Step {
    Step {
        verb: Verb::Create,
        id,
        sql: sql.to_owned(),
        path: Arc::from([]),
        locks: Vec::new(),
        hazards: Vec::new(),
        transaction: Transaction::Inside,
        makes: Vec::new(),
        why: Vec::new(),
        undo: None,
        secrets: Vec::new(),
        lock_timeout: None,
    }
}

fn named(name: &str) -> QualName {
    QualName::new("public", name)
}

fn table(name: &str) -> Step {
    step(Kind::Table.named(&named(name)), &format!("CREATE TABLE public.{name} (id int)"))
}

fn outside(step: Step) -> Step {
    Step { transaction: Transaction::Outside, ..step }
}

fn index(name: &str, sql: &str) -> Step {
    outside(step(Kind::Index.named(&named(name)), sql))
}

fn function(name: &str, body: &str) -> Step {
    let sql = format!("CREATE FUNCTION public.{name}() RETURNS int LANGUAGE sql AS $${body}$$");
    step(Kind::Function.routine(&named(name), ""), &sql)
}

fn options() -> Options {
    Options {
        lock_timeout: Some(Duration::from_millis(100)),
        retries: 0,
        backoff: Duration::from_millis(50),
        ..Options::default()
    }
}

fn run(client: &mut Client, steps: &[Step]) -> Result<usize, Box<Failure>> {
    apply::run(client, steps, &options(), |_| ())
}

fn failure(client: &mut Client, steps: &[Step]) -> Failure {
    match run(client, steps) {
        Ok(_) => panic!("it succeeded"),
        Err(failure) => *failure,
    }
}

fn exists(client: &mut Client, relation: &str) -> bool {
    ok(ok(client.query_one("SELECT to_regclass($1) IS NOT NULL", &[&relation])).try_get(0))
}

#[test]
fn what_is_done_is_committed_and_told() {
    let mut client = database("done");
    let steps = [table("a"), outside(table("b")), table("c")];
    let mut said = Vec::new();
    let done = apply::run(&mut client, &steps, &options(), |it| said.push(it.to_string()));
    assert_eq!(ok(done), 3);
    assert_eq!(
        said,
        [
            "[1/3] create table public.a",
            "committed: 1 of 3",
            "[2/3] create table public.b",
            "committed: 2 of 3",
            "[3/3] create table public.c",
            "committed: 3 of 3"
        ]
    );
    assert!(["a", "b", "c"].iter().all(|it| exists(&mut client, it)));
}

#[test]
fn a_failure_takes_its_transaction_back_and_no_other() {
    let mut client = database("failed");
    let enum_label = Step { transaction: Transaction::CommitAfter, ..table("a") };
    let bad = step(Kind::Table.named(&named("c")), "CREATE TABLE public.c (id nonsense)");
    let failure = failure(&mut client, &[enum_label, table("b"), bad, table("d")]);
    assert_eq!((failure.committed, failure.rolled_back.clone()), (1, 1..3));
    assert_eq!(failure.error.code().map(|it| it.code()), Some("42704"));
    let said = failure.to_string();
    assert!(said.starts_with("step 3 (table public.c) failed: type \"nonsense\" does not exist"), "{said}");
    assert!(said.contains("near: nonsense)"), "{said}");
    assert!(said.contains("SQLSTATE 42704"), "{said}");
    assert!(
        said.ends_with(
            "Step 1 of 4 was committed. Steps 2 to 3 were rolled back. The next plan carries on from there."
        ),
        "{said}"
    );
    assert!(exists(&mut client, "a") && !exists(&mut client, "b"));
}

#[test]
fn each_step_runs_under_its_own_path() {
    let mut client = database("paths");
    ok(client.batch_execute("CREATE SCHEMA one; CREATE SCHEMA \"Two\""));
    let under = |path: &str, step: Step| Step { path: Arc::from([Name::from(path)]), ..step };
    let make = |name: &str| step(Kind::Table.named(&named(name)), &format!("CREATE TABLE {name} (id int)"));
    let steps =
        [under("one", make("a")), under("Two", make("b")), under("one", outside(make("c"))), make("d")];
    assert_eq!(ok(run(&mut client, &steps)), 4);
    assert!(["one.a", "\"Two\".b", "one.c", "public.d"].iter().all(|it| exists(&mut client, it)));
}

#[test]
fn a_build_outside_that_fails_leaves_an_invalid_index_and_says_so() {
    let mut client = database("invalid");
    ok(client.batch_execute("CREATE TABLE t (id int); INSERT INTO t VALUES (1), (1)"));
    let build = index("t_id", "CREATE UNIQUE INDEX CONCURRENTLY t_id ON public.t (id)");
    let failure = failure(&mut client, &[table("a"), build]);
    assert_eq!((failure.committed, failure.rolled_back.clone()), (1, 1..1));
    assert_eq!(failure.error.code().map(|it| it.code()), Some("23505"));
    let residue = failure.residue.unwrap_or_default();
    assert!(residue.starts_with("The index public.t_id is left behind invalid"), "{residue}");
}

/// Holds a lock on `t` until told otherwise.
fn blocker(database: &str) -> (mpsc::Sender<()>, std::thread::JoinHandle<()>) {
    let mut client = ok(SERVER.connect(database));
    ok(client.batch_execute("BEGIN; LOCK TABLE t IN ACCESS EXCLUSIVE MODE"));
    let (sender, receiver) = mpsc::channel();
    let thread = std::thread::spawn(move || {
        let _ = receiver.recv();
        ok(client.batch_execute("ROLLBACK"));
    });
    (sender, thread)
}

fn column() -> Step {
    step(Kind::Column.of(&named("t"), &"b".into()), "ALTER TABLE public.t ADD COLUMN b int")
}

#[test]
fn a_lock_that_comes_late_is_waited_for() {
    let mut client = database("late");
    ok(client.batch_execute("CREATE TABLE t (id int)"));
    for steps in
        [vec![table("a"), column()], vec![index("t_id", "CREATE INDEX CONCURRENTLY t_id ON public.t (id)")]]
    {
        let (release, thread) = blocker("late");
        let mut retries = 0;
        let done = apply::run(&mut client, &steps, &Options { retries: 20, ..options() }, |it| {
            if let Event::Retry { .. } = it {
                retries += 1;
                if retries == 2 {
                    let _ = release.send(());
                }
            }
        });
        assert_eq!(ok(done), steps.len());
        assert!(retries >= 2, "{retries}");
        let _ = thread.join();
    }
}

#[test]
fn a_lock_that_never_comes_is_given_up() {
    let mut client = database("never");
    ok(client.batch_execute("CREATE TABLE t (id int)"));
    let (_release, _thread) = blocker("never");
    let mut retries = 0;
    let done = apply::run(&mut client, &[table("a"), column()], &Options { retries: 2, ..options() }, |it| {
        retries += u32::from(matches!(it, Event::Retry { .. }));
    });
    let failure = done.err().unwrap_or_else(|| panic!("it succeeded"));
    assert_eq!((retries, failure.error.code().map(|it| it.code())), (2, Some("55P03")));
    assert_eq!((failure.committed, failure.rolled_back.clone()), (0, 0..2));
    assert!(!failure.has_committed());
    assert!(!exists(&mut client, "a"));
}

fn cancel(client: &Client) -> Option<Cancel> {
    let token = client.cancel_token();
    Some(Arc::new(move || drop(token.cancel_query(NoTls))))
}

#[test]
fn a_wish_to_stop_is_heard_between_steps() {
    let mut client = database("between");
    let stop = Stop::default();
    let settings = Options { stop: stop.clone(), ..options() };
    let done = apply::run(&mut client, &[outside(table("a")), table("b"), table("c")], &settings, |it| {
        if let Event::Step { number: 2, .. } = it {
            stop.ask();
        }
    });
    let failure = done.err().unwrap_or_else(|| panic!("it succeeded"));
    assert!(matches!(failure.error, Error::Stopped));
    assert_eq!((failure.committed, failure.rolled_back.clone()), (1, 1..2));
    assert!(exists(&mut client, "a") && !exists(&mut client, "b"));
}

#[test]
fn a_wish_to_stop_cancels_what_runs() {
    let mut client = database("running");
    let stop = Stop::default();
    let settings = Options { stop: stop.clone(), cancel: cancel(&client), ..options() };
    let sleep = step(Kind::Table.named(&named("b")), "CREATE TABLE public.b AS SELECT pg_sleep(30)::text");
    let begun = std::time::Instant::now();
    let done = apply::run(&mut client, &[table("a"), sleep], &settings, |it| {
        if let Event::Step { number: 2, .. } = it {
            let stop = stop.clone();
            std::thread::spawn(move || {
                std::thread::sleep(Duration::from_millis(100));
                stop.ask();
            });
        }
    });
    let failure = done.err().unwrap_or_else(|| panic!("it succeeded"));
    assert!(matches!(failure.error, Error::Stopped), "{failure}");
    assert_eq!((failure.committed, failure.rolled_back.clone()), (0, 0..2));
    assert!(begun.elapsed() < Duration::from_secs(10));
    assert!(!exists(&mut client, "a"), "the session is still good");
}

#[test]
fn a_lost_connection_leaves_nothing_unsaid() {
    let mut client = database("lost");
    let end = |id: &str| step(Kind::Table.named(&named(id)), "SELECT pg_terminate_backend(pg_backend_pid())");
    let inside = failure(&mut client, &[outside(table("a")), table("b"), end("c")]);
    assert_eq!((inside.committed, inside.rolled_back.clone(), inside.in_doubt.clone()), (1, 1..3, 1..1));
    let mut client = ok(SERVER.connect("lost"));
    assert!(exists(&mut client, "a") && !exists(&mut client, "b"));
    let beyond = failure(&mut client, &[outside(end("c"))]);
    assert_eq!((beyond.committed, beyond.rolled_back.clone(), beyond.in_doubt.clone()), (0, 0..0, 0..1));
    assert!(beyond.has_committed());
}

#[test]
fn two_do_not_work_at_once() {
    let mut one = database("twice");
    let mut other = ok(SERVER.connect("twice"));
    ok(apply::lock(&mut one));
    let failure = failure(&mut other, &[table("a")]);
    assert!(matches!(failure.error, Error::Locked { .. }));
    assert!(failure.to_string().contains("(pid "), "{failure}");
    assert_eq!(ok(run(&mut one, &[table("a")])), 1);
    ok(apply::unlock(&mut one));
    assert_eq!(ok(run(&mut other, &[table("b")])), 1);
}

#[test]
fn bodies_are_validated_before_the_commit() {
    let mut client = database("bodies");
    // The body names a table that only a later step makes.
    assert_eq!(ok(run(&mut client, &[function("f", "SELECT id FROM t"), table("t")])), 2);
    // The same, where the table comes in a later transaction.
    let early = Step { transaction: Transaction::CommitAfter, ..function("g", "SELECT id FROM u") };
    assert_eq!(ok(run(&mut client, &[early, table("u")])), 2);
    let failure = failure(&mut client, &[table("v"), function("h", "SELECT id FROM nowhere")]);
    assert!(matches!(&failure.error, Error::Body { number: 2, .. }), "{failure}");
    assert_eq!(failure.error.code().map(|it| it.code()), Some("42P01"));
    assert!(!exists(&mut client, "v"));
}

#[test]
fn a_body_is_validated_under_the_routines_own_settings() {
    let mut client = database("settings");
    ok(client.batch_execute("CREATE SCHEMA app; CREATE TABLE app.t (id int)"));
    let id = Kind::Function.routine(&named("f"), "integer");
    let sql = "CREATE FUNCTION public.f(int) RETURNS int LANGUAGE sql SET search_path = app, pg_temp \
        AS $$SELECT id FROM t WHERE id = $1$$";
    assert_eq!(ok(run(&mut client, &[step(id, sql)])), 1);
    let path = ok(ok(client.query_one("SHOW search_path", &[])).try_get::<_, String>(0));
    assert_eq!(path, "\"$user\", public");
}

#[test]
fn a_body_finds_what_stands_beside_its_routine() {
    let mut client = database("beside");
    ok(client.batch_execute("CREATE SCHEMA \"App\"; CREATE TABLE \"App\".t (id int)"));
    let id = Kind::Function.routine(&QualName::new("App", "f"), "");
    let sql = "CREATE FUNCTION \"App\".f() RETURNS int LANGUAGE sql AS $$SELECT id FROM t$$";
    // The path an earlier step set does not count.
    let other = Step {
        path: Arc::from([Name::from("pg_temp")]),
        ..step(Kind::Table.named(&named("a")), "CREATE TABLE public.a ()")
    };
    assert_eq!(ok(run(&mut client, &[other, step(id, sql)])), 2);
}

#[test]
fn data_is_all_or_nothing() {
    let mut client = database("data");
    ok(client.batch_execute("CREATE SCHEMA app; CREATE TABLE app.t (id int PRIMARY KEY)"));
    let datum = |sql: &str, start| Datum {
        sql: sql.to_owned(),
        span: Span { file: 0, start, end: start + 1 },
        path: Arc::from([Name::from("app")]),
    };
    let good = datum("INSERT INTO t VALUES (1), (2) ON CONFLICT DO NOTHING", 0);
    let bad = datum("INSERT INTO t VALUES ('x') ON CONFLICT DO NOTHING", 7);
    let error = apply::data(&mut client, &[good.clone(), bad], &options()).err();
    assert!(matches!(error, Some(Error::Data { span: Span { start: 7, .. }, .. })));
    assert_eq!(ok(apply::data(&mut client, std::slice::from_ref(&good), &options())), 2);
    assert_eq!(ok(apply::data(&mut client, &[good], &options())), 0);
}

#[test]
fn missing_rights_are_found_before_the_first_step() {
    let mut client = database("rights");
    ok(client.batch_execute(
        "CREATE ROLE owner_of_rights; CREATE ROLE deploy_rights; CREATE SCHEMA app; \
         CREATE TABLE app.t (id int); ALTER TABLE app.t OWNER TO owner_of_rights; \
         REVOKE CREATE ON SCHEMA public FROM PUBLIC; SET ROLE deploy_rights",
    ));
    let t = Kind::Table.named(&QualName::new("app", "t"));
    let facts = Facts {
        reader: "deploy_rights".into(),
        role: "deploy_rights".into(),
        acts_for: [Name::from("deploy_rights")].into(),
        owners: [(t.clone(), Name::from("owner_of_rights"))].into(),
        ..Facts::default()
    };
    let actual = Schema::default();
    let pair = Pair { actual: &actual, desired: &actual };
    let alter = Step { verb: Verb::Alter, ..step(t.clone(), "ALTER TABLE app.t SET (fillfactor = 50)") };
    let comment = step(Kind::Comment.on(&t), "COMMENT ON TABLE app.t IS 'x'");
    let namespace = step(Kind::Namespace.root(&"new".into()), "CREATE SCHEMA new");
    let inner = step(Kind::Table.named(&QualName::new("new", "t")), "CREATE TABLE new.t ()");
    let steps = [alter, comment, table("u"), namespace, inner];
    let missing = ok(apply::preflight(&mut client, &steps, pair, &facts));
    let said: Vec<String> = missing.iter().map(ToString::to_string).collect();
    assert_eq!(
        said,
        [
            "step 1 (table app.t): it takes the rights of the owner owner_of_rights, which deploy_rights does \
             not have",
            "step 2 (comment on table app.t): it takes the rights of the owner owner_of_rights, which \
             deploy_rights does not have",
            "step 3 (table public.u): deploy_rights has no CREATE on schema public",
            "step 4 (schema new): deploy_rights has no CREATE on the database",
        ]
    );
}
