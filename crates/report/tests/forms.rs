//! Every form of an answer, on plans written by hand.

use std::collections::BTreeMap;
use std::sync::Arc;

use diff::{Change, Pair, Reason};
use model::{Comment, Expr, Facts, Kind, Name, Object, ObjectId, QualName, Schema, Span, Spans, Unmodelled};
use plan::{Because, Blocked, Hazard, Lock, Mode, Pending, Plan, Step, Transaction, Verb, Why};
use report::{Account, Answer, Carried, Drift, Fault, Faults, Files, Held, Look, Place, Places, Statement};

const PLAIN: Look = Look { color: false, verbose: false };
const VERBOSE: Look = Look { color: false, verbose: true };

fn users() -> QualName {
    QualName::new("public", "users")
}

fn column(name: &str) -> ObjectId {
    Kind::Column.of(&users(), &name.into())
}

fn mood() -> ObjectId {
    Kind::Enum.named(&QualName::new("public", "mood"))
}

fn step(verb: Verb, id: ObjectId, sql: &str) -> Step {
    Step {
        verb,
        id,
        sql: sql.to_owned(),
        path: Arc::from([]),
        locks: Vec::new(),
        hazards: Vec::new(),
        transaction: Transaction::Inside,
        makes: Vec::new(),
        why: vec![if verb == Verb::Drop { Why::Undeclared } else { Why::New }],
        undo: None,
        secrets: Vec::new(),
        lock_timeout: None,
    }
}

fn locking(step: Step) -> Step {
    Step { locks: vec![Lock { mode: Mode::AccessExclusive, relation: users() }], ..step }
}

fn sample() -> Plan {
    let view = Kind::View.named(&QualName::new("public", "active"));
    let (old, new) = ("SELECT id\nFROM users\nWHERE a", "SELECT id\nFROM users\nWHERE b");
    let changed = Why::Changed { field: "query", old: old.to_owned(), new: new.to_owned() };
    let retyped = Why::Changed { field: "type", old: "integer".to_owned(), new: "bigint".to_owned() };
    Plan {
        steps: vec![
            Step {
                transaction: Transaction::CommitAfter,
                ..step(Verb::Create, mood(), "CREATE TYPE public.mood AS ENUM ('x')")
            },
            Step {
                hazards: vec![Hazard::DropColumn],
                ..locking(step(Verb::Drop, column("old"), "ALTER TABLE public.users DROP COLUMN old"))
            },
            Step {
                why: vec![retyped],
                hazards: vec![Hazard::RewritesTable],
                ..locking(step(
                    Verb::Alter,
                    column("id"),
                    "ALTER TABLE public.users ALTER COLUMN id TYPE bigint",
                ))
            },
            Step {
                why: vec![changed],
                path: Arc::from([Name::from("public")]),
                ..step(Verb::Alter, view, &format!("CREATE OR REPLACE VIEW public.active AS\n{new} -- live"))
            },
        ],
        pending: vec![Pending {
            id: Kind::Table.named(&QualName::new("public", "gone")),
            verb: Verb::Drop,
            because: Because::NeedsLeave,
            hazards: vec![Hazard::DropTable],
            allow: vec!["drop-table:public.gone".to_owned()],
        }],
        unverified: vec![Kind::Constraint.of(&users(), &"positive".into())],
        blocked: Vec::new(),
    }
}

/// A file in which each of these is declared on a line of its own, four characters in.
fn spans() -> Spans {
    let at = |line: u32| Span { file: 0, start: (line - 1) * 10 + 4, end: line * 10 };
    [(mood(), at(1)), (Kind::Table.named(&users()), at(3)), (column("id"), at(4))].into_iter().collect()
}

fn files() -> Files {
    let mut files = Files::default();
    files.add("schema.sql", "    xxxxx\n".repeat(5), None);
    files
}

fn facts() -> Facts {
    Facts { version: "15.4".to_owned(), ..Facts::default() }
}

/// What an answer borrows, kept for as long as it lives.
fn with<T>(plan: &Plan, use_it: impl FnOnce(&Answer<'_>) -> T) -> T {
    let (mut schema, spans, facts) = (Schema::default(), spans(), facts());
    let places = Places::new(files(), &spans);
    schema.insert(Kind::Table.named(&users()), model::Table::default());
    let pair = Pair { actual: &schema, desired: &schema };
    let mut answer = Answer::new(plan, pair, &places, &facts);
    answer.target = "app@db:5432/shop".to_owned();
    answer.lock_timeout = Some(3000);
    use_it(&answer)
}

#[test]
fn text_groups_by_table_and_sums_up_last() {
    let text = with(&sample(), |it| it.text(PLAIN));
    assert_eq!(
        text,
        "in schema public
  + enum public.mood (new)  schema.sql:1
  ~ view public.active (query changes)

table public.users
  - column public.users.old (not declared)
      locks public.users: ACCESS EXCLUSIVE (reads and writes wait)
      drop-column: Drops a column with its values.
  ~ column public.users.id (type: integer → bigint)  schema.sql:4
      locks public.users: ACCESS EXCLUSIVE (reads and writes wait)
      rewrites-table: Writes every row anew while reads and writes wait.

pending: 1 (allow drop-table)
  ! table public.gone (drop; needs leave: drop-table)
      --allow drop-table:public.gone

not verified: 1 (nobody could say whether these differ)
  ? constraint positive ON public.users (not compared)

1 to create, 2 to alter, 1 to drop; 1 pending, 1 not verified
"
    );
}

#[test]
fn verbose_text_shows_statements_and_line_diffs() {
    let text = with(&sample(), |it| it.text(VERBOSE));
    assert!(
        text.contains("        SELECT id\n        FROM users\n      - WHERE a\n      + WHERE b\n"),
        "{text}"
    );
    assert!(text.contains("      step 2: ALTER TABLE public.users DROP COLUMN old;\n"), "{text}");
}

#[test]
fn what_is_destructive_is_red() {
    let text = with(&sample(), |it| it.text(Look { color: true, verbose: false }));
    assert!(text.contains("\x1b[31m- column public.users.old\x1b[0m"), "{text}");
    assert!(text.contains("\x1b[32m+ enum public.mood\x1b[0m"), "{text}");
}

#[test]
fn nothing_to_do_is_said_in_every_form() {
    let plan = Plan::default();
    assert_eq!(with(&plan, |it| it.text(PLAIN)), "nothing to do\n");
    assert_eq!(with(&plan, |it| it.sql()), "-- target: app@db:5432/shop\n-- in sync: nothing to do\n");
    assert!(with(&plan, |it| it.markdown()).starts_with("### Schema plan: nothing to do\n"));
    assert_eq!(with(&plan, |it| it.github()), "");
    assert!(with(&plan, |it| it.json()).contains("\"in_sync\": true"));
}

#[test]
fn what_is_not_modelled_is_never_in_sync() {
    let (schema, places, facts) = (Schema::default(), Places::default(), facts());
    let unmodelled =
        [Unmodelled { kind: "rule".into(), identity: "r on t".into(), namespace: Some("public".into()) }];
    let plan = Plan::default();
    let pair = Pair { actual: &schema, desired: &schema };
    let answer = Answer { unmodelled: &unmodelled, ..Answer::new(&plan, pair, &places, &facts) };
    assert!(!answer.is_in_sync());
    assert!(answer.text(PLAIN).ends_with("0 to create, 0 to alter, 0 to drop; 1 not verified\n"));
    assert!(answer.sql().lines().all(|it| it.starts_with("--")), "{}", answer.sql());
}

#[test]
fn the_script_carries_its_transactions() {
    let text = with(&sample(), |it| it.sql());
    assert_eq!(
        text,
        "-- target: app@db:5432/shop
-- 1 to create, 2 to alter, 1 to drop; 1 pending, 1 not verified
\\set ON_ERROR_STOP on

BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;
SET LOCAL lock_timeout = 3000;
SET LOCAL check_function_bodies = off;
-- create enum public.mood: new
CREATE TYPE public.mood AS ENUM ('x');
COMMIT;

BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;
SET LOCAL lock_timeout = 3000;
SET LOCAL check_function_bodies = off;
-- drop column public.users.old: not declared [drop-column]
ALTER TABLE public.users DROP COLUMN old;
-- alter column public.users.id: type: integer → bigint [rewrites-table]
ALTER TABLE public.users ALTER COLUMN id TYPE bigint;
SET LOCAL search_path = public;
-- alter view public.active: query changes
CREATE OR REPLACE VIEW public.active AS
SELECT id
FROM users
WHERE b -- live
;
COMMIT;

-- pending: 1
--   table public.gone: drop; needs leave: drop-table [--allow drop-table:public.gone]

-- not verified: 1
--   constraint positive ON public.users: not compared
"
    );
}

#[test]
fn no_name_breaks_out_of_a_comment() {
    let id = Kind::Table.named(&QualName::new("public", "a\nDROP TABLE b;\r\\! rm"));
    let plan = Plan { steps: vec![step(Verb::Create, id, "SELECT 1")], ..Plan::default() };
    let text = with(&plan, |it| it.sql());
    let outside: Vec<&str> = text.split(['\n', '\r']).filter(|it| !it.starts_with("--")).collect();
    assert!(!outside.iter().any(|it| it.contains("DROP") || it.contains("rm")), "{text}");
}

#[test]
fn json_holds_what_is_documented() {
    let text = with(&sample(), |it| it.json());
    let json: serde_json::Value = serde_json::from_str(&text).unwrap_or_else(|it| panic!("{it}"));
    assert_eq!((&json["format"], &json["kind"]), (&report::FORMAT.into(), &"plan".into()));
    assert_eq!(json["server"], "PostgreSQL 15.4");
    assert_eq!(json["summary"]["alter"], 2);
    let step = &json["steps"][1];
    assert_eq!(step["number"], 2);
    assert_eq!(step["verb"], "drop");
    assert_eq!(step["object"]["kind"], "column");
    assert_eq!(step["object"]["name"], "public.users.old");
    assert_eq!(step["locks"][0]["mode"], "ACCESS EXCLUSIVE");
    assert_eq!(step["hazards"][0]["needs_leave"], true);
    assert_eq!(json["steps"][2]["why"][0]["new"], "bigint");
    assert_eq!(json["steps"][2]["place"]["line"], 4);
    assert_eq!(json["transactions"][1]["steps"], serde_json::json!([2, 3, 4]));
    assert_eq!(json["pending"][0]["allow"][0], "drop-table:public.gone");
}

#[test]
fn what_came_of_a_plan_is_told_to_programs() {
    let carried = Carried {
        committed: 1,
        rolled_back: 1..3,
        error: Some("step 3 failed".to_owned()),
        sqlstate: Some("55P03".to_owned()),
        ..Carried::default()
    };
    let text = with(&sample(), |it| it.carried_json(&carried));
    let json: serde_json::Value = serde_json::from_str(&text).unwrap_or_else(|it| panic!("{it}"));
    assert_eq!((&json["kind"], &json["done"]), (&"apply".into(), &false.into()));
    assert_eq!(json["rolled_back"], serde_json::json!([2, 3]));
    assert_eq!(json["sqlstate"], "55P03");
}

#[test]
fn markdown_tells_the_risk_first() {
    let text = with(&sample(), |it| it.markdown());
    let risk = text.find("🔴 | drop `column public.users.old`").unwrap_or(usize::MAX);
    let mild = text.find("🟡 | alter `column public.users.id`").unwrap_or(usize::MAX);
    let rest = text.find("<details><summary>2 steps without risk, 1 of them create</summary>").unwrap_or(0);
    assert!(risk < mild && mild < rest, "{text}");
    assert!(text.contains(
        "| `table public.gone` | drop; needs leave: drop-table<br>`--allow drop-table:public.gone` |"
    ));
}

#[test]
fn a_plan_is_annotated() {
    let text = with(&sample(), |it| it.github());
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines[0],
        "::notice file=schema.sql,line=1,col=5,title=schema change::create enum public.mood."
    );
    // What is dropped has no line of its own; its table has.
    assert_eq!(
        lines[1],
        "::warning file=schema.sql,line=3,col=5,title=schema change::drop column public.users.old. Drops a \
         column with its values."
    );
    assert_eq!(lines[4], "::warning title=pending::table public.gone: drop; needs leave: drop-table");
}

#[test]
fn what_is_in_the_way_is_named() {
    let view = Kind::View.named(&QualName::new("other", "v"));
    let allow = Some("rebuild-unmanaged:other.v".to_owned());
    let blocked = Blocked { id: view, of: column("id"), allow, outsider: None };
    let text = with(&Plan { blocked: vec![blocked], ..Plan::default() }, |it| it.text(PLAIN));
    assert_eq!(
        text,
        "blocked: 1 (nothing runs before this is put right)
  ? view other.v (stands in the way of column public.users.id and is not managed here)
      --allow rebuild-unmanaged:other.v

0 to create, 0 to alter, 0 to drop; 1 blocked
"
    );
}

fn expr(text: &str) -> Expr {
    Expr { text: text.into(), key: text.to_lowercase().into(), path: Arc::from([]), mentions: Arc::from([]) }
}

fn default(text: &str) -> Object {
    model::Default { expr: expr(text) }.into()
}

#[test]
fn a_label_that_waits_to_be_renamed_is_drift() {
    let (spans, left) = (spans(), BTreeMap::new());
    let places = Places::new(files(), &spans);
    let drift = Drift {
        changes: Vec::new(),
        renames: &[],
        relabels: &[(mood(), "sad".into(), "blue".into())],
        unverified: Vec::new(),
        places: &places,
        left: &left,
        unmodelled: &[],
        target: String::new(),
        ledger: None,
    };
    assert!(!drift.is_same());
    let text = drift.text(PLAIN);
    assert!(text.contains("enum public.mood has its old name in the database"), "{text}");
    assert!(text.contains("label: sad → blue") && text.ends_with("drift: 1\n"), "{text}");
}

#[test]
fn drift_is_told_in_every_form() {
    let (id, gone, comment) =
        (Kind::Default.of(&users(), &"id".into()), column("old"), Kind::Comment.on(&mood()));
    let (old, new) = (default("NOW()"), default("CURRENT_DATE"));
    let text_of = Object::from(Comment { text: "x".into() });
    let spans = spans();
    let places = Places::new(files(), &spans);
    let left = BTreeMap::from([(column("kept"), Reason::Kept)]);
    let drift = Drift {
        changes: vec![
            Change::Drop { id: &gone, old: &old },
            Change::Create { id: &comment, new: &text_of },
            Change::Alter { id: &id, old: &old, new: &new },
        ],
        renames: &[],
        relabels: &[],
        unverified: vec![Held::new(&mood(), "no TEMP")],
        places: &places,
        left: &left,
        unmodelled: &[],
        target: String::new(),
        ledger: None,
    };
    assert_eq!(
        drift.text(PLAIN),
        "column public.users.old is in the database and not declared  schema.sql:3
comment on enum public.mood is missing in the database  schema.sql:1
default public.users.id differs  schema.sql:3
    expr: NOW() → CURRENT_DATE

not verified: 1 (nobody could say whether these differ)
  ? enum public.mood (no TEMP)

left alone: 1 kept though undeclared
drift: 3; 1 not verified
"
    );
    let github = drift.github();
    assert!(
        github.contains(
            "::error file=schema.sql,line=3,col=5,title=schema drift::default public.users.id differs (expr: \
             NOW() → CURRENT_DATE)\n"
        ),
        "{github}"
    );
    let json: serde_json::Value = serde_json::from_str(&drift.json()).unwrap_or_else(|it| panic!("{it}"));
    assert_eq!(json["verdict"], "drift");
    assert_eq!(json["drift"][2]["fields"][0]["desired"], "CURRENT_DATE");
    assert_eq!(json["left"]["kept"], 1);
}

fn faults(text: &str, span: std::ops::Range<u32>) -> Faults {
    let mut files = Files::default();
    files.add("schema.sql", text, None);
    let fault = Fault {
        code: "reconcile::syntax",
        message: "this is no SQL".to_owned(),
        hint: Some("write SQL".to_owned()),
        span: Span { file: 0, start: span.start, end: span.end },
    };
    Faults { files, faults: vec![fault] }
}

#[test]
fn a_fault_shows_its_text() {
    let text = "SELECT 1;\nCREATE nonsense;\n";
    let shown = faults(text, 10..25).text(PLAIN);
    for it in [
        "reconcile::syntax",
        "this is no SQL",
        "schema.sql:2:1",
        "2 │ CREATE nonsense;",
        "write SQL",
        "1 fault",
    ] {
        assert!(shown.contains(it), "{it}: {shown}");
    }
    let json = faults(text, 10..25).json();
    assert!(json.contains("\"line\": 2"), "{json}");
    assert_eq!(
        faults(text, 10..25).github(),
        "::error file=schema.sql,line=2,col=1,title=reconcile%3A%3Asyntax::this is no SQL%0Awrite SQL\n"
    );
}

#[test]
fn a_fault_anywhere_in_any_text_can_be_shown() {
    let long = "ä".repeat(100_000);
    let odd = "a\r\n\0\u{1b}[31mü\n\n𝄞";
    for text in ["", "\n", "x", odd, &long] {
        for start in [0, 1, 3, 7, 150_000, 199_999, 200_000, u32::MAX] {
            for length in [0, 1, 1_000_000] {
                let shown = faults(text, start..start.saturating_add(length)).text(PLAIN);
                assert!(shown.contains("this is no SQL") && shown.len() < 4_000, "{start} {length} {shown}");
                assert!(!shown.contains('\u{1b}'));
            }
        }
    }
}

#[test]
fn the_account_counts_everything() {
    let statement = |line, verdict, note: &str| Statement {
        place: Place { file: "schema.sql".into(), line, column: 1 },
        text: "CREATE  TABLE\n t".to_owned(),
        verdict,
        note: note.to_owned(),
    };
    let (id, other) = (mood(), column("kept"));
    let left = BTreeMap::from([(other, Reason::Kept), (column("ruled"), Reason::Rule(1))]);
    let account = Account {
        statements: vec![statement(1, "declared", ""), statement(4, "passed over", "psql's own")],
        managed: vec![&id],
        left: &left,
        rules: vec!["*:a.*".into(), "column:public.ruled".into()],
        members: BTreeMap::from([("hstore".into(), 3), ("empty".into(), 0)]),
        unmodelled: &[Unmodelled { kind: "rule".into(), identity: "r on t".into(), namespace: None }],
    };
    assert_eq!(
        account.text(PLAIN),
        "statements: 2
       1 declared
       1 passed over
  schema.sql:1: declared: CREATE TABLE t
  schema.sql:4: passed over (psql's own): CREATE TABLE t

live objects: 7
       1 ignored by rule
       1 kept though undeclared
       1 managed
       1 not modelled
       3 owned by extension hstore
  managed: enum public.mood
  kept though undeclared: column public.users.kept
  ignored by rule column:public.ruled: column public.users.ruled
  not modelled: rule r on t

"
    );
    let places = Places::default();
    let drift = Drift {
        changes: Vec::new(),
        renames: &[],
        relabels: &[],
        unverified: Vec::new(),
        places: &places,
        left: &left,
        unmodelled: &[],
        target: String::new(),
        ledger: Some(account),
    };
    let document: serde_json::Value = serde_json::from_str(&drift.json()).unwrap();
    let document = &document["ledger"];
    assert_eq!(document["statement_counts"], serde_json::json!({"declared": 1, "passed over": 1}));
    assert_eq!(document["object_counts"]["owned by extension hstore"], 3);
    assert_eq!(document["objects"][2]["rule"], "column:public.ruled");
    assert_eq!(document["objects"][3]["object"]["kind"], "rule");
    assert_eq!(document["statements"][1]["place"]["line"], 4);
}
