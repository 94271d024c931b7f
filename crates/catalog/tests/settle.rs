//! What the server says of expressions that are written differently, on a real server.

use std::sync::{Arc, OnceLock};

use catalog::{Actual, SettleOptions, Unsettled, Verdict, settle};
use model::{Expr, Kind, Name, Object, ObjectId, Schema, SearchPath, Span};
use postgres::Client;
use scratch::{Options, Server};

const EVERYTHING: SettleOptions<'_> = SettleOptions { ask_everything: true, renames: &[], relabels: &[] };

fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| {
        let install = scratch::obtain(None).unwrap_or_else(|error| panic!("{error}"));
        Server::start(&install, &Options::default()).unwrap_or_else(|error| panic!("{error}"))
    })
}

/// A database that holds what `sql` makes, as it is read.
struct World {
    name: String,
    client: Client,
    actual: Actual,
}

impl World {
    fn new(name: &str, sql: &str) -> World {
        let name = format!("settle_{name}");
        server().create_database(&name).unwrap_or_else(|error| panic!("{error}"));
        let mut client = server().connect(&name).unwrap_or_else(|error| panic!("{error}"));
        client.batch_execute(sql).unwrap_or_else(|error| panic!("{error}: {sql}"));
        let actual = catalog::actual(&mut client).unwrap_or_else(|error| panic!("{error}"));
        World { name, client, actual }
    }

    fn id(&self, id: &str) -> ObjectId {
        let found = self.actual.schema.iter().map(|it| it.0).find(|it| it.to_string() == id).cloned();
        let all = || self.actual.schema.iter().map(|it| it.0.to_string()).collect::<Vec<_>>().join("\n");
        found.unwrap_or_else(|| panic!("no {id} in\n{}", all()))
    }

    /// The schema with one expression written as a file under `public` has it.
    fn with(&self, schema: &Schema, id: &str, slot: usize, text: &str) -> Schema {
        let mut desired = schema.clone();
        let object = desired.get_mut(&self.id(id)).unwrap_or_else(|| panic!("{id}"));
        let mut exprs = object.exprs_mut();
        *exprs[slot] = written(text);
        desired
    }

    fn settle(&mut self, desired: &mut Schema, changed: &[ObjectId]) -> Vec<Unsettled> {
        let Actual { schema, facts, .. } = &self.actual;
        settle(&mut self.client, schema, desired, changed, facts, EVERYTHING)
            .unwrap_or_else(|error| panic!("{error}"))
    }

    /// What is said of one expression: `same`, or the verdict.
    fn says(&mut self, id: &str, slot: usize, text: &str) -> String {
        let mut desired = self.with(&self.actual.schema, id, slot, text);
        let verdicts = self.settle(&mut desired, &[]);
        let equal = desired == self.actual.schema;
        match verdicts.as_slice() {
            [] if equal => "same".to_owned(),
            [] => "silent".to_owned(),
            [one] if !equal => words(&one.verdict),
            _ => format!("{verdicts:?}"),
        }
    }
}

fn words(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Different => "different".to_owned(),
        Verdict::Refused { sqlstate, .. } => format!("refused {sqlstate}"),
        Verdict::Unknown { why } => format!("unknown: {why}"),
    }
}

fn written(text: &str) -> Expr {
    let path: SearchPath = Arc::from([Name::from("public")]);
    let end = u32::try_from(text.len()).unwrap_or_default();
    sql::expr(text, Span { file: 0, start: 0, end }, &path).unwrap_or_else(|error| panic!("{error:?}"))
}

/// Each expression of a table with what is to be said of it.
fn check(name: &str, sql: &str, cases: &[(&str, usize, &str, &str)]) {
    let mut world = World::new(name, sql);
    let mut wrong = Vec::new();
    for (id, slot, text, expected) in cases {
        let said = world.says(id, *slot, text);
        let actual = world.actual.schema.get(&world.id(id)).map(|it| it.exprs()[*slot].text.to_string());
        if said != *expected {
            wrong.push(format!("{id}: {text} / {} is {said}, not {expected}", actual.unwrap_or_default()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let left = "select count(*) from pg_class where relpersistence = 't'";
    let left: i64 = world.client.query_one(left, &[]).map_or(-1, |it| it.get(0));
    assert_eq!(left, 0, "temporary relations of {} are left", world.name);
}

#[test]
fn rules_and_statistics() {
    check(
        "rules",
        "create table t (id int primary key, a varchar(9));
         create table log (id int, was text);
         create view v as select id, a from t;
         create function f(t) returns int language sql return 1;
         create statistics s on (lower(a)), (id in (1, 2)) from t;
         create rule one as on update to t where new.a <> old.a do insert into log values (old.id, old.a);
         create rule many as on insert to t do also (delete from log where log.id = new.id; insert into log select new.*);
         create rule own as on insert to t do also update t set a = 'x' where t.id = new.id;
         create rule whole as on delete to t do also select f(old);
         create rule nothing_done as on delete to t do instead nothing;
         create rule inside as on insert to v do instead insert into t (id, a) values (new.id, new.a) returning t.id, t.a;",
        &[
            ("statistics public.s", 0, "lower(a::text)", "same"),
            ("statistics public.s", 0, "upper(a)", "different"),
            ("statistics public.s", 1, "id = any (array[1, 2])", "same"),
            ("statistics public.s", 1, "id in (2, 1)", "different"),
            ("rule one ON public.t", 0, "where new.a <> old.a do also insert into log (id, was) values (old.id, old.a)", "same"),
            ("rule one ON public.t", 0, "where old.a <> new.a do also insert into log values (old.id, old.a)", "different"),
            ("rule one ON public.t", 0, "where new.a <> old.a do instead insert into log values (old.id, old.a)", "different"),
            ("rule one ON public.t", 0, "do insert into log values (old.id, old.a)", "different"),
            ("rule one ON public.t", 0, "do insert into nosuch values (old.id)", "refused 42P01"),
            ("rule one ON public.t", 0, "do nothing; drop table log", "refused 42601"),
            ("rule many ON public.t", 0, "do (delete from public.log where id = new.id; insert into log select new.id, new.a;)", "same"),
            ("rule own ON public.t", 0, "do update public.t set a = 'x'::varchar where id = new.id", "same"),
            ("rule own ON public.t", 0, "do update t set a = 'y' where id = new.id", "different"),
            // The relation asked on has the columns of the table, but is another one.
            ("rule whole ON public.t", 0, "do select f(old.*)", "refused 42883"),
            ("rule nothing_done ON public.t", 0, "do instead delete from log", "different"),
            ("rule inside ON public.v", 0, "do instead insert into t values (new.id, new.a) returning id, a", "same"),
            ("rule inside ON public.v", 0, "do instead insert into t values (new.id, new.a) returning id, 'b'::varchar(9)", "different"),
        ],
    );
}

#[test]
fn column_expressions() {
    check(
        "columns",
        "create type mood as enum ('sad', 'ok');
         create function lower(int) returns text language sql immutable return 'x';
         create table users (id int default 7, status varchar(20), n numeric default 1.5, m mood, b boolean default (null or true), tags text[],
           created timestamptz default now(), note text default 'x'::varchar,
           twice int generated always as (id * 2) stored,
           constraint c check (status in ('a', 'b')), constraint q check (public.users.id > 0),
           constraint o check (b or id between 1 and 9), constraint e check (m = 'ok'),
           constraint w check (tableoid > 0 and users is not null));
         create index i on users (lower(status) collate \"C\" desc) where m <> 'sad';
         create table t (old int, new int, constraint s check (old < new));",
        &[
            ("constraint c ON public.users", 0, "status IN ('a','b')", "same"),
            ("constraint c ON public.users", 0, "(status) IN ('a','b'::varchar) -- so", "same"),
            ("constraint c ON public.users", 0, "status IN ('b','a')", "different"),
            ("constraint c ON public.users", 0, "status IN ('a','b'::varchar(1))", "different"),
            ("constraint c ON public.users", 0, "status = any (array['a', 'b'])", "different"),
            ("constraint c ON public.users", 0, "nosuch > 1", "refused 42703"),
            ("constraint c ON public.users", 0, "status IN (select 'a'", "refused 42601"),
            ("constraint c ON public.users", 0, "true) AS x; drop table users; --", "refused 42601"),
            ("constraint q ON public.users", 0, "id > 0", "same"),
            ("constraint q ON public.users", 0, "public.users.id > 0", "same"),
            ("constraint q ON public.users", 0, "public.users.id > 1", "different"),
            ("constraint o ON public.users", 0, "b OR (id >= 1 AND id <= 9)", "same"),
            ("constraint o ON public.users", 0, "b = true or id between 1 and 9", "different"),
            ("constraint e ON public.users", 0, "m = 'ok'::mood", "same"),
            ("constraint e ON public.users", 0, "m = 'sad'", "different"),
            ("constraint e ON public.users", 0, "m = 'new'", "refused 22P02"),
            ("constraint w ON public.users", 0, "users.tableoid > 0 and not users is null", "different"),
            ("constraint w ON public.users", 0, "users.tableoid > 0 and users.* is not null", "same"),
            ("constraint s ON public.t", 0, "t.old < t.new", "same"),
            ("constraint s ON public.t", 0, "t.old < new + 1", "different"),
            ("default public.users.n", 0, "'1.5'", "same"),
            ("default public.users.n", 0, "1.50", "different"),
            ("default public.users.n", 0, "1.5::numeric", "same"),
            ("default public.users.note", 0, "NULL", "different"),
            ("default public.users.note", 0, "nosuch()", "refused 42883"),
            ("default public.users.note", 0, "'x'), (a int", "refused 42601"),
            ("default public.users.b", 0, "(NULL OR TRUE)", "same"),
            ("default public.users.id", 0, "'7'", "same"),
            ("default public.users.id", 0, "7::bigint", "different"),
            ("default public.users.created", 0, "CURRENT_TIMESTAMP", "different"),
            ("default public.users.created", 0, "pg_catalog.NOW()", "same"),
            ("default public.users.note", 0, "cast('x' as character varying)", "same"),
            ("column public.users.twice", 0, "2 * id", "different"),
            ("column public.users.twice", 0, "users.id * 2", "same"),
            ("index public.i", 0, "lower(status::text)", "same"),
            ("index public.i", 0, "public.lower(id)", "different"),
            ("index public.i", 1, "m != 'sad'", "same"),
        ],
    );
}

#[test]
fn what_was_restored_meets_at_the_second_print() {
    check(
        "restored",
        "create table t (v varchar, w varchar,
           constraint a check (v in ('a', 'b')),
           constraint b check (((w)::text = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[]))))",
        &[
            ("constraint a ON public.t", 0, "v = 'a' or v = 'b'", "different"),
            ("constraint b ON public.t", 0, "w in ('a', 'b')", "same"),
            ("constraint b ON public.t", 0, "w in ('a', 'c')", "different"),
        ],
    );
}

#[test]
fn policies_triggers_domains() {
    check(
        "others",
        "create table t (id int, owner text);
         alter table t enable row level security;
         create policy p on t using (owner = current_user and id in (select id from public.t)) with check (id > 0);
         create function f() returns trigger language plpgsql as 'begin return new; end';
         create trigger g before update on t for each row
           when (old.* is distinct from new.* and new.id > 0) execute function f();
         create domain positive as int default 1 constraint ok check (value > 0);
         create function d(a int default 1 + 1, b text default 'x') returns int language sql return a;",
        &[
            ("policy p ON public.t", 0, "t.owner = current_user and t.id in (select id from t)", "same"),
            ("policy p ON public.t", 0, "owner = session_user and id in (select id from t)", "different"),
            ("policy p ON public.t", 1, "t.id > 0", "same"),
            ("policy p ON public.t", 1, "t.id >= 0", "different"),
            ("trigger g ON public.t", 0, "OLD.* IS DISTINCT FROM NEW.* AND (NEW.id) > 0", "same"),
            ("trigger g ON public.t", 0, "OLD.* IS DISTINCT FROM NEW.* AND OLD.id > 0", "different"),
            ("trigger g ON public.t", 0, "OLD IS DISTINCT FROM NEW AND NEW.id > 0", "same"),
            ("domain constraint ok ON DOMAIN public.positive", 0, "VALUE > '0'", "same"),
            ("domain constraint ok ON DOMAIN public.positive", 0, "VALUE > 1", "different"),
            ("domain public.positive", 0, "'1'", "same"),
            ("domain public.positive", 0, "'2'", "different"),
            ("function public.d(integer, text)", 0, "1+1", "same"),
            ("function public.d(integer, text)", 0, "2", "different"),
            ("function public.d(integer, text)", 1, "'x'::text", "same"),
            ("function public.d(integer, text)", 2, "RETURN d.a", "same"),
            ("function public.d(integer, text)", 2, "RETURN e.a", "refused 42P01"),
            ("function public.d(integer, text)", 2, "RETURN (a)", "same"),
            ("function public.d(integer, text)", 2, "RETURN a + 1", "different"),
        ],
    );
}

#[test]
fn views_and_partitions() {
    check(
        "views",
        "create table t (id int primary key, a text, b text);
         create view v as select id, a || 'x' as ax from t where a in ('p', 'q') order by ax;
         create view s as select * from t;
         create materialized view m as select count(*) as n, a from t group by a;
         create index mi on m ((n + 1)) where n > 0;
         create table p (d date, v varchar(4)) partition by range (d, lower(v));
         create table p1 partition of p for values from ('2020-01-01', minvalue) to ('2021-01-01', maxvalue);",
        &[
            ("view public.v", 0, "SELECT t.id, a||'x' ax FROM public.t WHERE a = any('{p,q}'::text[]) ORDER BY 2", "different"),
            ("view public.v", 0, "SELECT t.id, a||'x' ax FROM public.t WHERE t.a IN ('p','q') ORDER BY 2 -- end", "same"),
            ("view public.v", 0, "SELECT t.id, a||'y' ax FROM public.t WHERE t.a IN ('p','q') ORDER BY 2", "different"),
            ("view public.v", 0, "SELECT t.id FROM public.nosuch", "refused 42P01"),
            ("view public.s", 0, "SELECT * FROM t", "same"),
            ("view public.s", 0, "TABLE t", "same"),
            ("view public.s", 0, "SELECT id, b, a FROM t", "different"),
            ("materialized view public.m", 0, "select count(*) n, a from t group by 2", "same"),
            ("index public.mi", 0, "m.n + 1", "same"),
            ("index public.mi", 1, "m.n > 0", "same"),
            ("table public.p", 0, "RANGE (d, (lower(v)))", "same"),
            ("table public.p", 0, "RANGE (d, (upper(v)))", "different"),
            ("table public.p1", 0, "FOR VALUES FROM (DATE '2020-01-01', MINVALUE) TO ('2021-01-01', MAXVALUE)", "same"),
            ("table public.p1", 0, "FOR VALUES FROM ('2020-01-02', MINVALUE) TO ('2021-01-01', MAXVALUE)", "different"),
        ],
    );
}

/// What stands on something that is renamed is compared under the names of today.
#[test]
fn renames_still_to_be_made() {
    let mut world = World::new(
        "renames",
        "create type mood as enum ('sad', 'ok');
         create table t (a int, m mood, b varchar, constraint c check (a > 0 and m <> 'sad'));
         create view v as select t.a as x, t.b from t where t.m = 'ok';
         create view w as select a from t;
         create function f(mood) returns int language sql immutable return 1;
         create index i on t (f(m)) where b in ('p', 'q');",
    );
    let named = |name: &str| model::QualName::new("public", name);
    let column = |table: &str, name: &str| Kind::Column.of(&named(table), &name.into());
    let renames = [
        (Kind::Table.named(&named("t")), Kind::Table.named(&named("u"))),
        (Kind::Enum.named(&named("mood")), Kind::Enum.named(&named("feeling"))),
        (column("u", "a"), column("u", "z")),
        (column("u", "m"), column("u", "n")),
    ];
    let relabels = [(Kind::Enum.named(&named("feeling")), "sad".to_owned(), "blue".to_owned())];
    let mut after = world.actual.schema.clone();
    for group in [&renames[..2], &renames[2..]] {
        after = sql::renamed(&after, group);
    }
    after = sql::relabelled(&after, &relabels);
    let file = [
        ("constraint c ON public.u", 0, "z > 0 AND n != 'blue'::feeling"),
        ("view public.v", 0, "SELECT z AS x, b FROM u WHERE n = 'ok'"),
        ("view public.w", 0, "SELECT z FROM u"),
        ("index public.i", 0, "f(u.n)"),
        ("index public.i", 1, "b IN ('p','q')"),
    ];
    let mut desired = after.clone();
    for (id, slot, text) in file {
        let id = desired.iter().map(|it| it.0).find(|it| it.to_string() == id).cloned();
        let object = id.and_then(|it| desired.get_mut(&it)).unwrap_or_else(|| panic!("{text}"));
        *object.exprs_mut()[slot] = written(text);
    }
    let options = SettleOptions { ask_everything: true, renames: &renames, relabels: &relabels };
    let Actual { facts, .. } = &world.actual;
    let verdicts = settle(&mut world.client, &after, &mut desired, &[], facts, options)
        .unwrap_or_else(|error| panic!("{error}"));
    let said: Vec<String> = verdicts.iter().map(|it| format!("{}: {}", it.id, words(&it.verdict))).collect();
    assert_eq!(said, ["view public.w: different"], "its column is named a still, and shall be z");
}

impl World {
    /// A user who may do nothing but connect, use public and make temporary objects (unless `denied`).
    fn visitor(&self, denied: bool) -> Client {
        let role = format!("visitor_{}", self.name);
        let mut admin = server().connect(&self.name).unwrap_or_else(|error| panic!("{error}"));
        let temp = if denied { "REVOKE" } else { "GRANT" };
        let side = if denied { "FROM" } else { "TO" };
        let sql = format!("CREATE ROLE {role} LOGIN; {temp} TEMP ON DATABASE {} {side} PUBLIC", self.name);
        admin.batch_execute(&sql).unwrap_or_else(|error| panic!("{error}"));
        let mut config = server().config(&self.name);
        config.user(&role).connect(postgres::NoTls).unwrap_or_else(|error| panic!("{error}"))
    }

    /// Lets somebody else read and ask.
    fn by(&mut self, mut client: Client) {
        self.actual = catalog::actual(&mut client).unwrap_or_else(|error| panic!("{error}"));
        self.client = client;
    }
}

const TABLE: &str = "create table t (id int, status varchar(20), constraint c check (status in ('a', 'b')));
    create view v as select id, status from t where status <> 'a';";

#[test]
fn temp_is_all_that_is_needed() {
    let mut world = World::new("visitor", TABLE);
    let visitor = world.visitor(false);
    world.by(visitor);
    assert_eq!(world.says("constraint c ON public.t", 0, "status IN ('a','b')"), "same");
    assert_eq!(world.says("view public.v", 0, "SELECT id, status FROM t WHERE status <> 'a'"), "same");
    assert_eq!(world.says("view public.v", 0, "SELECT id, status FROM t WHERE status <> 'b'"), "different");
}

#[test]
fn without_temp_nothing_is_guessed() {
    let mut world = World::new("denied", TABLE);
    let visitor = world.visitor(true);
    world.by(visitor);
    let said = world.says("constraint c ON public.t", 0, "status IN ('a','b')");
    assert_eq!(said, "unknown: the role lacks TEMP on the database");
    world.actual.facts.may_temp = true;
    let said = world.says("constraint c ON public.t", 0, "status IN ('a','b')");
    assert!(said.starts_with("unknown: nothing can be asked: ") && said.contains("42501"), "{said}");
    let mut desired = world.with(&world.actual.schema, "constraint c ON public.t", 0, "status IN ('a','b')");
    let Actual { schema, facts, .. } = &world.actual;
    let told = settle(&mut world.client, schema, &mut desired, &[], facts, SettleOptions::default());
    assert_eq!(told.unwrap_or_else(|error| panic!("{error}")), [], "the normaliser needs nobody");
}

#[test]
fn a_forbidding_event_trigger_leaves_everything_unknown() {
    let mut world = World::new(
        "event",
        &format!(
            "{TABLE} create function no() returns event_trigger language plpgsql
               as $$begin raise exception 'no DDL today'; end$$;
             create role event_visitor login;
             create event trigger no on ddl_command_start execute function no();"
        ),
    );
    let mut config = server().config(&world.name);
    let visitor = config.user("event_visitor").connect(postgres::NoTls);
    world.by(visitor.unwrap_or_else(|error| panic!("{error}")));
    let said = world.says("constraint c ON public.t", 0, "status IN ('a','b')");
    assert_eq!(said, "unknown: nothing can be asked: no DDL today (SQLSTATE P0001)");
}

#[test]
fn a_lock_on_the_table_is_in_the_way_of_queries_only() {
    let mut world =
        World::new("locked", &format!("{TABLE} create table u (id int); create view w as select id from u;"));
    let mut other = server().connect(&world.name).unwrap_or_else(|error| panic!("{error}"));
    other.batch_execute("begin; lock table t").unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(world.says("constraint c ON public.t", 0, "status IN ('a','b')"), "same");
    let said = world.says("view public.v", 0, "SELECT id, status FROM t WHERE status <> 'a'");
    assert!(said.starts_with("unknown: ") && said.contains("55P03"), "{said}");
    assert_eq!(world.says("view public.w", 0, "SELECT u.id FROM u"), "same");
}

#[test]
fn what_the_plan_itself_changes() {
    let mut world = World::new(
        "taint",
        "create type mood as enum ('sad', 'ok');
         create table t (id int, m mood, constraint c check (m <> 'sad'));
         create view v as select * from t; create view w as select * from v; create view x as select id from t;",
    );
    let column = world.id("column public.t.id");
    let added = Kind::Column.of(&model::QualName::new("public", "t"), &"added".into());
    let mut desired = world.actual.schema.clone();
    let object = desired.get(&column).cloned().unwrap_or_else(|| panic!("{column}"));
    desired.insert(added.clone(), object);
    for (id, text) in [
        ("view public.v", "SELECT * FROM t"),
        ("view public.w", "SELECT * FROM v"),
        ("view public.x", "SELECT t.id FROM t"),
        ("constraint c ON public.t", "m <> 'new'"),
    ] {
        desired = world.with(&desired, id, 0, text);
    }
    let changed = [added, world.id("enum public.mood")];
    let mut said: Vec<String> = world
        .settle(&mut desired, &changed)
        .iter()
        .map(|it| format!("{}: {}", it.id, words(&it.verdict)))
        .collect();
    said.sort();
    assert_eq!(
        said,
        ["constraint c ON public.t: different", "view public.v: different", "view public.w: different"]
    );
}

#[test]
fn what_stands_on_a_view_that_differs() {
    let mut world = World::new(
        "chain",
        "create table t (a int, b int); create view v as select a from t; create view w as select * from v;
         create view x as select a from v; create view y as select a from v; create view z as select a from w;",
    );
    let mut desired = world.actual.schema.clone();
    for (id, text) in [
        ("view public.z", "SELECT a, b FROM w"),
        ("view public.v", "SELECT a, b FROM t"),
        ("view public.w", "SELECT * FROM v"),
        ("view public.x", "SELECT a, b FROM v"),
        ("view public.y", "SELECT v.a FROM v"),
    ] {
        desired = world.with(&desired, id, 0, text);
    }
    let mut said: Vec<String> = world
        .settle(&mut desired, &[])
        .iter()
        .map(|it| format!("{}: {}", it.id, words(&it.verdict)))
        .collect();
    said.sort();
    assert_eq!(said, ["v", "w", "x", "z"].map(|it| format!("view public.{it}: different")));
}

#[test]
fn names_of_a_views_columns_are_part_of_its_query() {
    let mut world =
        World::new("named", "create table t (id int); create view v (a, b) as select id, id + 1 from t;");
    let mut desired = world.with(&world.actual.schema, "view public.v", 0, "SELECT t.id, (id + 1) FROM t");
    let id = world.id("view public.v");
    let Some(Object::View(view)) = desired.get_mut(&id) else { panic!("{id}") };
    view.columns = vec!["a".into(), "b".into()];
    let mut other = desired.clone();
    assert_eq!(world.settle(&mut desired, &[]), []);
    assert!(desired == world.actual.schema);
    let Some(Object::View(view)) = other.get_mut(&id) else { panic!("{id}") };
    view.columns = vec!["a".into(), "c".into()];
    let verdicts = world.settle(&mut other, &[]);
    assert!(matches!(verdicts.as_slice(), [Unsettled { verdict: Verdict::Different, .. }]), "{verdicts:?}");
    let Some(Object::View(view)) = other.get(&id) else { panic!("{id}") };
    let shape =
        view.shape.0.as_ref().map(|it| it.iter().map(|it| format!("{} {}", it.0, it.1)).collect::<Vec<_>>());
    assert_eq!(shape.unwrap_or_default(), ["a integer", "c integer"]);
}

#[test]
fn many_at_once_and_hostile_texts() {
    let tables = (0..100).map(|at| {
        format!(
            "create table \"T {at}\" (\"a\"\"b\" int default 1, v varchar, old int, constraint c check (v in ('a', 'b')),
               constraint d check (\"a\"\"b\" between {at} and 9 + {at}));
             create view \"v {at}\" as select \"a\"\"b\", v from \"T {at}\" where v <> 'x';"
        )
    });
    let mut world = World::new("many", &tables.collect::<String>());
    let mut desired = world.actual.schema.clone();
    for at in 0..100 {
        let table = format!("ON public.\"T {at}\"");
        let last = if at % 17 == 7 {
            "nosuch > 1".to_owned()
        } else {
            format!("\"a\"\"b\" BETWEEN {at} AND 9 + {at}")
        };
        desired = world.with(&desired, &format!("constraint c {table}"), 0, "v IN ('a','b') /* ' \" */");
        desired = world.with(&desired, &format!("constraint d {table}"), 0, &last);
        let query = format!("SELECT \"a\"\"b\", v FROM \"T {at}\" WHERE v <> 'x' -- )");
        desired = world.with(&desired, &format!("view public.\"v {at}\""), 0, &query);
    }
    let deep = format!("{}v = 'a' or v = 'c'{}", "(".repeat(10_000), ")".repeat(10_000));
    desired = world.with(&desired, "constraint c ON public.\"T 3\"", 0, &format!("true or {deep}"));
    let begin = std::time::Instant::now();
    let verdicts = world.settle(&mut desired, &[]);
    eprintln!("300 expressions of 100 tables in {:?}", begin.elapsed());
    let said: Vec<String> = verdicts.iter().map(|it| format!("{}: {}", it.id, words(&it.verdict))).collect();
    assert_eq!(said.len(), 7, "{said:?}");
    assert_eq!(said.iter().filter(|it| it.ends_with("refused 42703")).count(), 6, "{said:?}");
    assert!(begin.elapsed().as_secs() < 20);
}
