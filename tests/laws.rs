//! The laws, each one function over all cases.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};

use diff::Scope;
use model::{Facts, Kind, ObjectId, Schema};
use parse::Sources;
use plan::{Options, Plan, Request, Transaction, Verb};
use postgres::Client;
use reconcile::offline::{Aligned, align};
use reconcile::pipeline::{self, Ask, Comparison, Wanted};

use crate::cases::{Case, cases, declared, facts, offline};
use crate::dump::sorted;
use crate::live::{Database, message, server};
use crate::locks::Watch;

/// Runs a law over all cases on two threads and reports every failure, not only the first.
fn for_all(law: impl Fn(&Case) + Sync) {
    for_these(&cases(), law);
}

/// The same over some cases.
pub(crate) fn for_these(cases: &[Case], law: impl Fn(&Case) + Sync) {
    let next = AtomicUsize::new(0);
    let failures = std::sync::Mutex::new(Vec::new());
    let work = || {
        while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
            if catch_unwind(AssertUnwindSafe(|| law(case))).is_err()
                && let Ok(mut failures) = failures.lock()
            {
                failures.push(case.name.clone());
            }
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(work);
        scope.spawn(work);
    });
    let mut failed = failures.into_inner().unwrap_or_default();
    failed.sort();
    assert!(failed.is_empty(), "{} of {} cases fail: {}", failed.len(), cases.len(), failed.join(", "));
}

/// The cases that this server is new enough for.
pub(crate) fn live_cases() -> Vec<Case> {
    let major = u32::from(server().install().major);
    cases().into_iter().filter(|it| it.needs <= major).collect()
}

/// Runs a law over those.
pub(crate) fn for_all_live(law: impl Fn(&Case) + Sync) {
    for_these(&live_cases(), law);
}

fn offline_plan(case: &Case, from: &str, to: &str, facts: &Facts) -> Plan {
    let (Aligned { actual, renames, relabels }, desired) = aligned(case, from, to, facts);
    plan_between(&actual, &desired, (&renames, &relabels), facts)
}

/// What one text has, and what the other wants of it.
fn aligned(case: &Case, from: &str, to: &str, facts: &Facts) -> (Aligned, Schema) {
    let actual = declared(&case.name, from, facts).schema;
    let mut desired = declared(&case.name, to, facts);
    (align(&actual, &mut desired), desired.schema)
}

type Renames<'a> = (&'a [(ObjectId, ObjectId)], &'a [(ObjectId, String, String)]);

fn plan_between(actual: &Schema, desired: &Schema, (renames, relabels): Renames<'_>, facts: &Facts) -> Plan {
    let options = everything_allowed();
    let request = Request::between(diff::Pair { actual, desired }, facts, &options);
    plan::plan(Request { renames, relabels, ..request })
}

pub(crate) fn everything_allowed() -> Options {
    Options { allow_destructive: true, ..Options::default() }
}

pub(crate) fn wanted() -> Wanted {
    let scope = Scope { all_namespaces: true, drop_partitions: true, ..Default::default() };
    Wanted { scope, options: everything_allowed(), ask: Ask::Needed }
}

/// *As written*: the plan is plan.sql.
#[test]
fn as_written() {
    for_all(|case| {
        let plan = offline_plan(case, &case.from, &case.to, &offline(case));
        let text: String = plan.steps.iter().map(|it| format!("{};\n", it.sql)).collect();
        let file = case.dir.join("plan.sql");
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&file, &text).unwrap_or_else(|it| panic!("{}: {it}", file.display()));
        }
        let written = std::fs::read_to_string(&file).unwrap_or_default();
        assert!(written == text, "{}: the plan is not plan.sql:\n{}", case.name, differing(&written, &text));
    });
}

/// The lines of two texts that differ.
fn differing(old: &str, new: &str) -> String {
    let diff = similar::TextDiff::from_lines(old, new);
    diff.unified_diff().context_radius(0).to_string().lines().take(60).collect::<Vec<_>>().join("\n")
}

/// *Same is same*: nothing separates a schema from itself.
#[test]
fn same_is_same() {
    for_all(|case| {
        for text in [&case.from, &case.to] {
            let schema = declared(&case.name, text, &offline(case)).schema;
            let plan = plan_between(&schema, &schema, (&[], &[]), &offline(case));
            assert!(plan.steps.is_empty(), "{}: {}", case.name, show(&plan));
        }
    });
}

pub(crate) fn show(plan: &Plan) -> String {
    plan.steps.iter().map(|it| format!("{};", it.sql)).collect::<Vec<_>>().join("\n")
}

/// *Both doors agree*: what a file says is what the server has after running it. Rows come through, and
/// nothing is left to do.
#[test]
fn both_doors_agree() {
    for_all_live(|case| {
        for text in [&case.from, &case.to] {
            let database = Database::new();
            let mut client = database.load(&case.name, text);
            let comparison = compare(&mut client, &case.name, text);
            assert_in_sync(&case.name, &comparison);
        }
    });
}

pub(crate) fn compare(client: &mut Client, name: &str, text: &str) -> Comparison {
    compare_as(client, name, text, &wanted())
}

/// The same where less than everything is ours.
pub(crate) fn compare_within(client: &mut Client, name: &str, text: &str, scope: Scope) -> Comparison {
    compare_as(client, name, text, &Wanted { scope, ..wanted() })
}

/// The same as somebody else wants it.
pub(crate) fn compare_as(client: &mut Client, name: &str, text: &str, wanted: &Wanted) -> Comparison {
    let sources = Sources::one(name, text);
    let comparison = pipeline::compare(client, &sources, wanted).unwrap_or_else(|it| panic!("{name}: {it}"));
    let faults: Vec<&str> = comparison.desired.faults.iter().map(|it| it.message.as_str()).collect();
    assert!(faults.is_empty(), "{name}: {}", faults.join("\n"));
    comparison
}

pub(crate) fn assert_in_sync(name: &str, comparison: &Comparison) {
    let changes: Vec<String> = comparison.changes().iter().map(|it| format!("{it:?}")).collect();
    assert!(changes.is_empty(), "{name}: what is there is not what the file says:\n{}", changes.join("\n"));
}

/// *Printed is read*: a database written out as a file is in sync with that file; the file can be run twice,
/// and what it builds is, to `pg_dump -s`, the database it was written from.
#[test]
fn printed_is_read() {
    for_all_live(|case| {
        let original = Database::new();
        let mut client = original.load(&case.name, &case.to);
        let mut actual = catalog::actual(&mut client).unwrap_or_else(|it| panic!("{}: {it}", case.name));
        catalog::edges(&mut client, &mut actual).unwrap_or_else(|it| panic!("{}: {it}", case.name));
        let script = reconcile::dump::script(&actual.schema, &actual.facts);
        let comparison = compare(&mut client, &case.name, &script);
        assert_in_sync(&format!("{}\n{script}", case.name), &comparison);
        let again = Database::new();
        again.load(&case.name, &script);
        again.load(&case.name, &script);
        // Whether a column from above was declared once more is no part of a schema here.
        if case.to.to_uppercase().contains("INHERIT") {
            return;
        }
        let (Some(one), Some(other)) = (original.dump(), again.dump()) else { return };
        let (one, other) = (sorted(&one, &comparison, true), sorted(&other, &comparison, true));
        let told = differing(&one.join("\n"), &other.join("\n"));
        assert!(one == other, "{}: the file builds something else:\n{told}\n{script}", case.name);
    });
}

/// *Order-free*: the order in which objects were read or written down decides nothing, but for the parts of
/// one relation among themselves.
#[test]
fn order_free() {
    for_all(|case| {
        let facts = offline(case);
        let (Aligned { actual, renames, relabels }, desired) = aligned(case, &case.from, &case.to, &facts);
        let renamed: Renames<'_> = (&renames, &relabels);
        let plan = show(&plan_between(&actual, &desired, renamed, &facts));
        for turn in 1..=4 {
            let (actual, desired) = (shuffled(&actual, turn), shuffled(&desired, turn * 7));
            let other = show(&plan_between(&actual, &desired, renamed, &facts));
            assert!(plan == other, "{}: {}", case.name, differing(&plan, &other));
        }
    });
}

/// The schema, its objects put in by a hash of what they belong to: parts of one relation keep their order.
fn shuffled(schema: &Schema, seed: usize) -> Schema {
    let place = |id: &ObjectId| {
        let mut hasher = DefaultHasher::new();
        (seed, id.relation().map_or_else(|| id.to_string(), ToString::to_string)).hash(&mut hasher);
        hasher.finish()
    };
    let mut objects: Vec<_> = schema.iter().collect();
    objects.sort_by_key(|(id, _)| place(id));
    let mut shuffled = Schema::default();
    for (id, object) in objects {
        shuffled.insert(id.clone(), object.clone());
    }
    shuffled
}

/// *Arrives* and *returns*: the plan, carried out, reads back as the file says, and the next plan is
/// empty; and so does the way back. *Survivors*: seeded rows remain. *An outside witness*: `pg_dump -s` of
/// the migrated and of the freshly built database agree.
#[test]
fn arrives_and_returns() {
    for_all_live(|case| {
        journey(case, &case.from, &case.to, case.seed.as_deref());
        journey(case, &case.to, &case.from, None);
    });
}

pub(crate) fn journey(case: &Case, from: &str, to: &str, seed: Option<&str>) {
    let migrated = Database::new();
    let mut client = migrated.load(&case.name, from);
    if let Some(seed) = seed {
        migrated.load(&case.name, seed);
    }
    let before = rows(&mut client);
    let mut comparison = compare(&mut client, &case.name, to);
    let plan = planned(&mut client, &case.name, &mut comparison);
    remade_alike(case, from, to, &plan);
    carry_out(&case.name, &mut client, &plan);
    let after = compare(&mut client, &case.name, to);
    assert_in_sync(&format!("{}\n{}", case.name, show(&plan)), &after);
    survivors(case, &plan, &before, &rows(&mut client), &comparison);
    witness(case, &migrated, to, &plan, &comparison);
}

/// What the server says of who stands on what takes down nothing that holds rows where the files alone would not.
fn remade_alike(case: &Case, from: &str, to: &str, plan: &Plan) {
    let remade = |plan: &Plan| -> BTreeSet<ObjectId> {
        let of = |verb: Verb| plan.steps.iter().filter(move |it| it.verb == verb).map(|it| it.id.clone());
        let made: BTreeSet<ObjectId> = of(Verb::Create).collect();
        let rows = |it: &ObjectId| matches!(it.kind, Kind::Table | Kind::Column);
        of(Verb::Drop).filter(|it| rows(it) && made.contains(it)).collect()
    };
    let facts = facts(server().install().major.into());
    let (live, offline) = (remade(plan), remade(&offline_plan(case, from, to, &facts)));
    let more: Vec<_> = live.difference(&offline).collect();
    assert!(
        more.is_empty(),
        "{}: made anew only where the server was asked: {more:?}\n{}",
        case.name,
        show(plan)
    );
}

/// The plan of all that differs: nothing of it waits, and nothing is in the way.
pub(crate) fn planned(client: &mut Client, name: &str, comparison: &mut Comparison) -> Plan {
    let plan = pipeline::plan(client, comparison, &everything_allowed());
    let plan = plan.unwrap_or_else(|it| panic!("{name}: {it}"));
    let Plan { pending, blocked, .. } = &plan;
    assert!(pending.is_empty() && blocked.is_empty(), "{name}: {pending:?} {blocked:?}");
    plan
}

/// Runs the steps as they are, transactions included. *Locks as declared*: what each takes is what it says.
pub(crate) fn carry_out(name: &str, client: &mut Client, plan: &Plan) {
    let mut open = false;
    let mut watch = None;
    let mut wrong = Vec::new();
    for step in &plan.steps {
        let inside = step.transaction != Transaction::Outside;
        if inside != open {
            run(name, client, if inside { "BEGIN" } else { "COMMIT" }, plan);
            open = inside;
            wrong.extend(watch.take().into_iter().flat_map(Watch::wrong));
            watch = inside.then(|| Watch::begin(client));
        }
        if open {
            let path = plan::path_list(&step.path);
            run(name, client, &format!("SET LOCAL search_path = {path}"), plan);
            run(name, client, "SET LOCAL check_function_bodies = off", plan);
        }
        run(name, client, &step.sql, plan);
        if let Some(watch) = &mut watch {
            watch.after(client, step);
        }
        if step.transaction == Transaction::CommitAfter {
            run(name, client, "COMMIT", plan);
            open = false;
        }
    }
    wrong.extend(watch.into_iter().flat_map(Watch::wrong));
    assert!(wrong.is_empty(), "{name}: locks are not as declared:\n{}", wrong.join("\n"));
    if open {
        run(name, client, "COMMIT", plan);
    }
}

fn run(name: &str, client: &mut Client, sql: &str, plan: &Plan) {
    let done = client.batch_execute(sql);
    done.unwrap_or_else(|it| panic!("{name}: {}\n{sql}\n-- in:\n{}", message(&it), show(plan)));
}

/// How many rows each table holds itself.
fn rows(client: &mut Client) -> Vec<(String, i64)> {
    const TABLES: &str = "select format('%I.%I', n.nspname, c.relname) from pg_class c \
        join pg_namespace n on n.oid = c.relnamespace where c.relkind in ('r', 'p') \
        and n.nspname !~ '^pg_' and n.nspname <> 'information_schema' order by 1";
    let tables = client.query(TABLES, &[]).unwrap_or_else(|it| panic!("{it}"));
    let count = |client: &mut Client, table: String| {
        let row = client.query_one(&format!("select count(*) from only {table}"), &[]);
        (table, row.unwrap_or_else(|it| panic!("{it}")).get(0))
    };
    tables.iter().map(|it| count(client, it.get(0))).collect()
}

/// Rows remain in every table that is still there under its name, whatever was done to its columns.
fn survivors(
    case: &Case,
    plan: &Plan,
    before: &[(String, i64)],
    after: &[(String, i64)],
    comparison: &Comparison,
) {
    let renamed = |table: &String| {
        let pair = comparison
            .renames
            .iter()
            .find(|(from, _)| from.qual_name().is_some_and(|it| it.to_string() == *table));
        pair.and_then(|(_, to)| to.qual_name()).map_or_else(|| table.clone(), ToString::to_string)
    };
    for (table, count) in before {
        let table = &renamed(table);
        let Some((_, left)) = after.iter().find(|(it, _)| it == table) else { continue };
        assert!(left >= count, "{}: {table} had {count} rows and has {left}\n{}", case.name, show(plan));
    }
}

fn witness(case: &Case, migrated: &Database, to: &str, plan: &Plan, comparison: &Comparison) {
    let fresh = Database::new();
    fresh.load(&case.name, to);
    let (Some(one), Some(other)) = (migrated.dump(), fresh.dump()) else { return };
    let stated = to.to_uppercase().contains("OWNER TO");
    let (one, other) = (sorted(&one, comparison, stated), sorted(&other, comparison, stated));
    assert!(
        one == other,
        "{}: the witness disagrees (- fresh, + migrated):\n{}\n{}",
        case.name,
        differing(&other.join("\n"), &one.join("\n")),
        show(plan)
    );
}
