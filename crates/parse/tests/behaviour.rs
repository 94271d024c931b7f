//! What becomes of statements that are no plain declaration: guards, sessions, psql's commands,
//! directives, and the faults of each.

use model::{Facts, Kind, Name, Object, ObjectId, QualName};
use parse::{Code, Desired, Sources, Verdict};

fn facts() -> Facts {
    let mut facts = Facts {
        offline: true,
        major: 15,
        version_num: 150_020,
        role: "postgres".into(),
        database: "app".into(),
        search_path: vec!["public".into()],
        roles: ["postgres", "live_role"].map(Name::from).into(),
        ..Facts::default()
    };
    facts.extensions.available.insert("pgcrypto".into(), "1.3".into());
    facts.extensions.installed.insert("plpgsql".into(), ("pg_catalog".into(), "1.0".into()));
    facts.settings.insert("shared_preload_libraries".into(), "pg_stat_statements".into());
    facts
}

fn read_with(text: &str, facts: &Facts, variables: &[(&str, &str)]) -> Desired {
    let mut sources = Sources::one("file.sql", text);
    sources.variables = variables.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    parse::desired(&sources, facts)
}

fn read(text: &str) -> Desired {
    read_with(text, &facts(), &[])
}

/// What is declared, without the facts about it.
fn declared(desired: &Desired) -> Vec<String> {
    assert!(desired.faults.is_empty(), "{:?}", desired.faults);
    let whole = desired.schema.iter().filter(|(id, _)| id.relation().is_none());
    let mut all: Vec<String> = whole.map(|(id, _)| id.to_string()).collect();
    all.sort();
    all
}

fn guarded(condition: &str) -> Vec<String> {
    declared(&read(&format!(
        "DO $$ BEGIN IF {condition} THEN CREATE SCHEMA yes; ELSE CREATE SCHEMA no; END IF; END $$"
    )))
}

#[test]
fn facts_decide() {
    for (condition, holds) in [
        ("current_setting('server_version_num')::int >= 150000", true),
        ("current_setting('server_version_num')::int / 10000 < 15", false),
        ("current_setting('shared_preload_libraries') LIKE '%timescaledb%'", false),
        ("current_setting('no.such.setting', true) IS NULL", true),
        ("EXISTS (SELECT 1 FROM pg_available_extensions WHERE name = 'pgcrypto')", true),
        ("EXISTS (SELECT FROM pg_catalog.pg_extension e WHERE e.extname = 'timescaledb')", false),
        ("EXISTS (SELECT FROM pg_extension WHERE extname IN ('plpgsql', 'x'))", true),
        ("EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'live_role')", true),
        ("NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'nobody')", true),
        ("(SELECT count(*) FROM pg_roles WHERE rolname LIKE 'live%') = 1", true),
        ("current_user = 'postgres' AND current_database() <> 'other'", true),
        ("to_regclass('nothing.at_all') IS NULL", true),
        ("true AND NOT (1 > 2 OR NULL)", false),
        ("'b' = ANY (ARRAY['a', 'b']) AND 2 BETWEEN 1 AND 3", true),
        ("(SELECT setting FROM pg_settings WHERE name = 'shared_preload_libraries') ILIKE '%STAT%'", true),
    ] {
        assert_eq!(guarded(condition), [if holds { "schema yes" } else { "schema no" }], "{condition}");
    }
}

#[test]
fn what_cannot_be_decided_is_a_fault_with_its_place() {
    for condition in [
        "EXISTS (SELECT 1 FROM tenants)",
        "my_function(1)",
        "random() > 0.5",
        "(SELECT max(id) FROM t) > 3",
        "x",
        "1 +",
    ] {
        let text = format!("DO $$ BEGIN\n  IF {condition} THEN CREATE SCHEMA a; END IF;\nEND $$");
        let desired = read(&text);
        let [fault] = desired.faults.as_slice() else { panic!("{condition}: {:?}", desired.faults) };
        assert_eq!(fault.code, Code::Guard, "{condition}");
        assert_eq!(desired.sources.line_column(fault.span), (2, 6), "{condition}");
        assert!(desired.schema.is_empty());
    }
}

#[test]
fn self_guards_find_the_object_missing() {
    // The role and the extension are live: a guard in front of their own CREATE does not see that.
    let mut facts = facts();
    facts.extensions.installed.insert("pgcrypto".into(), ("public".into(), "1.3".into()));
    let text = "DO $$ BEGIN
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'live_role') THEN CREATE ROLE live_role; END IF;
        IF NOT EXISTS (SELECT FROM pg_extension WHERE extname = 'pgcrypto') THEN CREATE EXTENSION pgcrypto; END IF;
        IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'live_role') THEN ALTER ROLE live_role LOGIN; ELSE CREATE ROLE live_role; END IF;
    END $$";
    let desired = read_with(text, &facts, &[]);
    assert_eq!(declared(&desired), ["extension pgcrypto", "role live_role"]);
    // Where nothing is made, the live extension counts.
    let text = "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_extension WHERE extname = 'pgcrypto') THEN RETURN; END IF; CREATE SCHEMA a; END $$";
    assert_eq!(declared(&read_with(text, &facts, &[])), ["schema a"]);
    assert_eq!(declared(&read(text)), Vec::<String>::new());
}

#[test]
fn a_reached_exception_is_a_fault() {
    let desired = read(
        "DO $$ BEGIN IF current_setting('server_version_num')::int < 160000 THEN RAISE EXCEPTION 'too old'; END IF; END $$",
    );
    assert_eq!(desired.faults.len(), 1);
    assert!(read("DO $$ BEGIN RAISE NOTICE 'fine'; RAISE WARNING 'fine: %', 1; END $$").faults.is_empty());
}

#[test]
fn faults_in_executed_texts_point_into_the_file() {
    let desired = read(
        "\nDO $$ BEGIN\n  EXECUTE 'CREATE NONSENSE it''s';\n  EXECUTE $q$\n CREATE NONSENSE$q$;\nEND $$",
    );
    let places: Vec<_> = desired.faults.iter().map(|it| desired.sources.line_column(it.span)).collect();
    assert_eq!(places, [(3, 11), (5, 2)]);
}

#[test]
fn unknown_loops_and_values_are_faults() {
    for body in [
        "EXECUTE 'CREATE SCHEMA ' || (SELECT name FROM tenants)",
        "EXECUTE format('CREATE SCHEMA %I', $1) USING 'a'",
        "FOR r IN SELECT * FROM tenants LOOP EXECUTE 'CREATE SCHEMA a'; END LOOP",
        "WHILE true LOOP EXECUTE 'CREATE SCHEMA a'; END LOOP",
    ] {
        let desired = read(&format!("DO $$ DECLARE r record; BEGIN {body}; END $$"));
        assert_eq!(desired.faults.len(), 1, "{body}: {:?}", desired.faults);
        assert_eq!(desired.faults[0].code, Code::Guard, "{body}");
    }
}

#[test]
fn handlers_catch_what_the_server_would_raise() {
    let mut facts = facts();
    facts.offline = false;
    let text = "DO $$ BEGIN CREATE EXTENSION vector; CREATE SCHEMA never; EXCEPTION WHEN OTHERS THEN RAISE NOTICE 'none'; END $$;
    DO $$ BEGIN CREATE SCHEMA a; GRANT USAGE ON SCHEMA a TO nobody; EXCEPTION WHEN undefined_object THEN NULL; END $$;
    DO $$ BEGIN PERFORM 1 FROM pg_roles WHERE rolname = 'live_role'; IF NOT FOUND THEN CREATE ROLE live_role; END IF; END $$;
    DO $$ DECLARE there bool; BEGIN SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = 'a') INTO there; IF there THEN CREATE SCHEMA b; END IF; END $$;
    DO $$ BEGIN CREATE EXTENSION IF NOT EXISTS pgcrypto; EXCEPTION WHEN OTHERS THEN NULL; END $$;";
    let desired = read_with(text, &facts, &[]);
    assert_eq!(declared(&desired), ["extension pgcrypto", "role live_role", "schema a", "schema b"]);
    let desired = read_with("CREATE SCHEMA a; GRANT USAGE ON SCHEMA a TO nobody;", &facts, &[]);
    assert_eq!(desired.faults[0].code, Code::Unknown);
}

#[test]
fn what_only_puts_rows_in_needs_no_decision() {
    let text = "DO $$
    DECLARE v uuid; n int; r record;
    BEGIN
      SELECT id INTO v FROM tenants WHERE slug = 'house';
      IF v IS NULL THEN INSERT INTO tenants (slug) VALUES ('house') RETURNING id INTO v; END IF;
      FOR r IN SELECT * FROM tenants LOOP UPDATE tenants SET n = 1 WHERE id = r.id; END LOOP;
      EXECUTE 'SELECT count(*) FROM tenants' INTO n;
      GET DIAGNOSTICS n = ROW_COUNT;
      IF n > 0 THEN RAISE EXCEPTION 'no'; END IF;
      CASE WHEN current_setting('server_version_num')::int > 1 THEN CREATE SCHEMA a; ELSE CREATE SCHEMA b; END CASE;
      CASE 'x' WHEN 'y' THEN CREATE SCHEMA c; WHEN 'z', 'x' THEN CREATE SCHEMA d; END CASE;
      CASE n WHEN 1 THEN INSERT INTO t VALUES (1); ELSE NULL; END CASE;
    END $$;
    WITH x AS (SELECT 1) INSERT INTO t SELECT * FROM x;";
    let desired = read(text);
    assert_eq!(declared(&desired), ["schema a", "schema d"]);
    assert_eq!(desired.data.len(), 4);
}

#[test]
fn calls_of_extensions_that_are_not_there_do_not_apply() {
    let desired = read(
        "SELECT create_hypertable('t', 'at');\nSELECT public.add_retention_policy('t', INTERVAL '1 day');\nSELECT cron.schedule('x', '* * * * *', 'VACUUM');",
    );
    assert!(desired.faults.is_empty());
    assert!(desired.ledger.iter().all(|it| matches!(it.verdict, Verdict::NotApplicable(_))));
    let desired = read("SELECT do_something(1);");
    assert_eq!(desired.faults[0].code, Code::Guard);
    let mut facts = facts();
    facts.extensions.installed.insert("timescaledb".into(), ("public".into(), "2.0".into()));
    assert_eq!(
        read_with("SELECT create_hypertable('t', 'at');", &facts, &[]).faults[0].code,
        Code::Unsupported
    );
}

#[test]
fn every_statement_is_accounted_for() {
    let text = "BEGIN;\nSET lock_timeout = '1s';\nCREATE SCHEMA a;\nCREATE SCHEMA IF NOT EXISTS a;\nINSERT INTO x VALUES (1);\nCOPY t FROM stdin;\n1\n\\.\nANALYZE;\nSELECT setval('s', 1);\nDROP SCHEMA IF EXISTS a;\nNONSENSE;\nCOMMIT;\n";
    let desired = read(text);
    let verdicts: Vec<&str> = desired.ledger.iter().map(|it| word(&it.verdict)).collect();
    let wanted = [
        "passed", "passed", "declared", "idiom", "data", "data", "data", "passed", "passed", "idiom",
        "fault", "passed",
    ];
    assert_eq!(verdicts, wanted);
    assert_eq!(desired.faults.len(), 1);
    assert!(desired.absent.contains(&Kind::Namespace.root(&"a".into())));
}

fn word(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Declared => "declared",
        Verdict::Idiom => "idiom",
        Verdict::Data => "data",
        Verdict::Passed(_) => "passed",
        Verdict::NotApplicable(_) => "not applicable",
        Verdict::Ignored => "ignored",
        Verdict::Off => "off",
        Verdict::Fault => "fault",
    }
}

#[test]
fn psql_branches_and_variables() {
    let text = "\\set prefix 'my ' app\n\\if :with_audit\nCREATE SCHEMA audit;\n\\elif true\nCREATE SCHEMA :\"prefix\";\n\\else\nCREATE SCHEMA never;\n\\endif\nCREATE SCHEMA :name;\nCOMMENT ON SCHEMA :name IS :'words';\n\\if :{?absent}\nCREATE SCHEMA never;\n\\endif\n";
    let variables = [("with_audit", "off"), ("name", "core"), ("words", "it's")];
    let desired = read_with(text, &facts(), &variables);
    assert_eq!(declared(&desired), ["comment on schema core", "schema \"my app\"", "schema core"]);
    let comment = desired.schema.get(&Kind::Comment.on(&Kind::Namespace.root(&"core".into())));
    assert!(matches!(comment, Some(Object::Comment(it)) if it.text == "it's"));
    assert_eq!(desired.ledger.iter().filter(|it| it.verdict == Verdict::Off).count(), 3);
    let on = read_with(text, &facts(), &[("with_audit", "1"), ("name", "core"), ("words", "x")]);
    assert_eq!(declared(&on), ["comment on schema core", "schema audit", "schema core"]);
}

#[test]
fn psql_faults() {
    for (text, message) in [
        ("\\connect other", "refused"),
        ("\\! rm -rf /", "refused"),
        ("\\nonsense", "not understood"),
        ("\\if :flag\nCREATE SCHEMA a;\n\\endif", "not set"),
        ("CREATE SCHEMA :name", "not set"),
        ("\\if true\nCREATE SCHEMA a;", "no \\endif"),
        ("\\endif", "without"),
        ("\\i other.sql", "was not read"),
        ("SELECT 'CREATE SCHEMA a' \\gexec\nCREATE SCHEMA b;", "not understood"),
    ] {
        let desired = read(text);
        assert_eq!(desired.faults.len(), 1, "{text}: {:?}", desired.faults);
        assert!(desired.faults[0].message.contains(message), "{text}: {}", desired.faults[0].message);
    }
    assert!(
        read("\\restrict abc\n\\pset pager off\n\\echo ' hi \"\n\\timing\n\\unrestrict abc\n")
            .faults
            .is_empty()
    );
    assert!(read("CREATE VIEW v AS SELECT a[1:2], b::int, '12:30'::time FROM t").faults.is_empty());
}

#[test]
fn includes_are_read_in_their_place() {
    let main = "CREATE SCHEMA a;\n\\ir 'part one.sql'\nCREATE TABLE b.t (id int);\n";
    let mut sources = Sources::default();
    let file = sources.add("main.sql", main.as_bytes());
    let includes = parse::includes(&sources.files[file], file);
    let [include] = includes.as_slice() else { panic!("{includes:?}") };
    assert_eq!((include.path.to_str().unwrap(), include.relative), ("part one.sql", true));
    let part = sources.add("part one.sql", b"CREATE SCHEMA b;\nNONSENSE;");
    sources.included.insert(include.span, part);
    let desired = parse::desired(&sources, &facts());
    assert_eq!(desired.faults.len(), 1);
    assert_eq!(desired.faults[0].span.file, 1);
    let ids: Vec<String> = desired.schema.iter().map(|it| it.0.to_string()).take(3).collect();
    assert_eq!(ids, ["schema a", "schema b", "table b.t"]);
}

#[test]
fn directives() {
    let text = "-- reconcile: allow drop-column:public.t.old\n-- reconcile: ignore\nCREATE TABLE left_alone (id int);\nCREATE SCHEMA a;\n-- reconcile: ignore\nNONSENSE;\n-- reconcile: renamed from old_v\nCREATE VIEW v AS SELECT 1;\n-- reconcile: renamed from f_old\nCREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'select 1';\n";
    let desired = read(text);
    assert!(desired.faults.is_empty(), "{:?}", desired.faults);
    assert_eq!(desired.allows, ["drop-column:public.t.old"]);
    let table = Kind::Table.named(&QualName::new("public", "left_alone"));
    assert!(desired.ignores.contains(&table) && !desired.schema.contains(&table));
    assert_eq!(desired.ledger.iter().filter(|it| it.verdict == Verdict::Ignored).count(), 2);
    let renames: Vec<String> = desired.renames.iter().map(|(from, to)| format!("{from} -> {to}")).collect();
    assert_eq!(
        renames,
        [
            "view public.old_v -> view public.v",
            "function public.f_old(integer) -> function public.f(integer)"
        ]
    );
    let desired = read("-- reconcile: ignroe\nCREATE SCHEMA a;");
    assert!(desired.faults[0].message.contains("no directive"));
}

/// What a statement under `ignore` does is undone, and nothing of it is remembered.
#[test]
fn what_is_ignored_leaves_nothing_behind() {
    for (before, ignored, after, there) in [
        (
            "CREATE TABLE t (a int)",
            "DO $$ BEGIN ALTER TABLE t ADD CHECK (a > 1), ADD CHECK (a > 2);
                ALTER TABLE t DROP CONSTRAINT t_a_check, DROP CONSTRAINT t_a_check1; END $$",
            "ALTER TABLE t ADD CHECK (a > 3)",
            "constraint t_a_check ON public.t",
        ),
        (
            "CREATE TABLE t (a int); CREATE TABLE x (a int); CREATE TABLE y (a int)",
            "DO $$ BEGIN CREATE INDEX ON t (a); DROP TABLE x; CREATE INDEX ON t (a); DROP TABLE t; END $$",
            "DROP TABLE y; CREATE INDEX ON t (a)",
            "index public.t_a_idx",
        ),
        (
            "CREATE TABLE t (a int); CREATE TABLE t_a_idx (a int)",
            "ALTER TABLE t_a_idx RENAME TO u",
            "CREATE INDEX ON t (a)",
            "index public.t_a_idx1",
        ),
        // Where the script has run the ignored one has the first name.
        (
            "CREATE TABLE t (a int)",
            "ALTER TABLE t ADD CHECK (a > 1)",
            "ALTER TABLE t ADD CHECK (a > 3)",
            "constraint t_a_check1 ON public.t",
        ),
        ("CREATE TABLE t (a int)", "CREATE INDEX ON t (a)", "CREATE INDEX ON t (a)", "index public.t_a_idx1"),
    ] {
        let desired = read(&format!("{before};\n-- reconcile: ignore\n{ignored};\n{after};"));
        assert!(desired.faults.is_empty(), "{ignored}: {:?}", desired.faults);
        let all: Vec<String> = desired.schema.iter().map(|(id, _)| id.to_string()).collect();
        assert!(all.iter().any(|it| it == there), "{ignored}: {there} is not in {all:?}");
    }
    let labels = |text: &str| {
        let desired = read(text);
        assert!(desired.faults.is_empty(), "{text}: {:?}", desired.faults);
        let id = Kind::Enum.named(&QualName::new("public", "e"));
        desired.schema.get(&id).map(|it| it.labels().join(" ")).unwrap_or_default()
    };
    let text =
        "CREATE TYPE e AS ENUM ('a', 'c');\n-- reconcile: ignore\nALTER TYPE e ADD VALUE 'b' BEFORE 'c';\n";
    let guarded = labels(&format!("{text}ALTER TYPE e ADD VALUE IF NOT EXISTS 'b' BEFORE 'c'"));
    assert_eq!(guarded, "a b c");
    assert_eq!(labels(&format!("{text}ALTER TYPE e ADD VALUE 'b'")), "a c b");
}

#[test]
fn passwords_stay_out() {
    let desired = read(
        "CREATE ROLE a LOGIN PASSWORD 'hunter2';\nALTER ROLE a PASSWORD 'hunter3';\nCREATE ROLE b PASSWORD NULL;\nCREATE ROLE c PASSWORD '${env:C}';",
    );
    let codes: Vec<Code> = desired.faults.iter().map(|it| it.code).collect();
    assert_eq!(codes, [Code::Lint, Code::Lint]);
    let said = |id: &ObjectId| match desired.schema.get(id) {
        Some(Object::Role(it)) => it.options.0.clone(),
        _ => String::new(),
    };
    assert_eq!(said(&Kind::Role.root(&"a".into())), "LOGIN PASSWORD '***'");
    assert_eq!(said(&Kind::Role.root(&"c".into())), "PASSWORD '${env:C}'");
    let all = format!("{:?} {:?} {:?}", desired.schema, desired.faults, desired.ledger);
    assert!(!all.contains("hunter"), "{all}");
}

#[test]
fn what_is_not_the_files_is_left_alone() {
    let mut facts = facts();
    facts.offline = false;
    facts.relations.insert("users".into(), vec!["auth".into()]);
    let text = "CREATE TABLE mine (id int);\nGRANT SELECT ON auth.users TO live_role;\nCOMMENT ON TABLE auth.users IS 'x';\nGRANT USAGE ON SCHEMA auth TO live_role;\nCREATE POLICY p ON auth.users USING (true);\nCREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS '';\nCREATE TRIGGER t AFTER INSERT ON auth.users FOR EACH ROW EXECUTE FUNCTION f();";
    let desired = read_with(text, &facts, &[]);
    assert!(desired.faults.is_empty(), "{:?}", desired.faults);
    assert_eq!(desired.namespaces.iter().map(Name::as_str).collect::<Vec<_>>(), ["public"]);
    assert!(desired.schema.contains(&Kind::Policy.of(&QualName::new("auth", "users"), &"p".into())));
    assert_eq!(desired.ledger.iter().filter(|it| matches!(it.verdict, Verdict::Passed(_))).count(), 3);
    assert_eq!(read_with("GRANT SELECT ON nowhere TO live_role", &facts, &[]).faults[0].code, Code::Unknown);
}

#[test]
fn names_are_taken_once() {
    for text in [
        "CREATE SCHEMA a; CREATE SCHEMA a",
        "CREATE VIEW v AS SELECT 1; CREATE VIEW v AS SELECT 1",
        "CREATE ROLE r; CREATE ROLE r",
        "CREATE FUNCTION f(int) RETURNS int LANGUAGE sql AS ''; CREATE FUNCTION f(a integer) RETURNS int LANGUAGE sql AS ''",
        "CREATE TABLE t (id int); CREATE POLICY p ON t; CREATE POLICY p ON t",
    ] {
        let desired = read(text);
        assert_eq!(desired.faults.iter().map(|it| it.code).collect::<Vec<_>>(), [Code::Conflict], "{text}");
    }
}

#[test]
fn strings_with_escapes_are_refused() {
    let desired = read("SET standard_conforming_strings = off;");
    assert_eq!(desired.faults[0].code, Code::Unsupported);
    assert!(read("SET standard_conforming_strings = on; SET client_encoding = 'UTF8'; SET check_function_bodies = false;").faults.is_empty());
}

#[test]
fn a_written_password_is_a_fault_and_is_shown_nowhere() {
    let text = "CREATE FOREIGN DATA WRAPPER w;\nCREATE SERVER s FOREIGN DATA WRAPPER w;\n\
                CREATE USER MAPPING FOR postgres SERVER s OPTIONS (user 'u', password 'hunter2');\n";
    let desired = parse::desired(&Sources::one("x.sql", text), &Facts { offline: true, ..Facts::default() });
    assert_eq!(desired.faults.len(), 1, "{:?}", desired.faults);
    assert!(!format!("{desired:?}").contains("hunter2"));
    assert_eq!(desired.sources.files[0].text.len(), text.len());
}

#[test]
fn no_fault_tells_what_a_string_holds() {
    for text in [
        "CREATE ROLE a IN PASSWORD 'hunter2'",
        "ALTER USER MAPPING FOR u SERVER s ( OPTIONS (SET password $$hunter2$$)",
        "CREATE SUBSCRIPTION s ( CONNECTION 'postgres://u@h/d?password=hunter2' PUBLICATION p",
        "CREATE SUBSCRIPTION s CONNECTION E'host=a password=\\'hunter2\\'' PUBLICATION p",
    ] {
        let desired = read(text);
        assert!(!desired.faults.is_empty(), "{text}");
        assert!(!format!("{:?} {:?}", desired.faults, desired.sources.files).contains("hunter2"), "{text}");
    }
}

#[test]
fn comments_on_what_becomes_the_parents_are_faults() {
    let tables = "CREATE TABLE p (x int, CONSTRAINT u UNIQUE (x)) PARTITION BY LIST (x);
        CREATE TABLE p1 (x int, CONSTRAINT own UNIQUE (x));";
    let attach = "ALTER TABLE p ATTACH PARTITION p1 FOR VALUES IN (1);";
    let read = |comment: &str| read(&format!("{tables} {comment} {attach}")).faults;
    assert!(read("").is_empty(), "{:?}", read(""));
    let commented = read("COMMENT ON CONSTRAINT own ON p1 IS 'mine';");
    assert!(commented[0].message.contains("a comment on an inherited constraint"), "{commented:?}");
}
