//! Files nobody should write: large, deep, broken. Each gets a clear answer, in time that grows with its size.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail loudly")]

use model::Facts;
use parse::{Desired, Sources, Verdict};

fn facts() -> Facts {
    Facts {
        offline: true,
        major: 17,
        version_num: 170_000,
        role: "postgres".into(),
        database: "postgres".into(),
        search_path: vec!["public".into()],
        ..Facts::default()
    }
}

fn read(text: &str) -> Desired {
    let mut sources = Sources::default();
    sources.add("file.sql", text.as_bytes());
    parse::desired(&sources, &facts())
}

/// Reads on a thread with little stack, so that recursion by depth of the text shows itself.
fn read_with_little_stack(text: String) -> Desired {
    let reading = std::thread::Builder::new().stack_size(1 << 20).spawn(move || read(&text)).unwrap();
    reading.join().expect("no overflow")
}

/// All of a large file is read; how its time grows is measured by the fuzzer's `--growth`.
fn is_read(make: impl Fn(usize) -> String, size: usize) {
    let desired = read(&make(size * 4));
    assert!(!desired.ledger.is_empty());
}

#[test]
fn nothing_at_all() {
    for text in ["", "\u{feff}", "\n\n", "-- a comment", "/* one */", ";;;", "\r\n;\r\n"] {
        let desired = read(text);
        assert!(desired.faults.is_empty() && desired.schema.is_empty(), "{text:?}");
    }
}

#[test]
fn line_ends_and_byte_order_marks_change_nothing() {
    let plain = "CREATE SCHEMA a;\nCREATE TABLE a.t (\n  id int -- the key\n);\n\\echo x\nCREATE SCHEMA b;\n";
    let unix = read(plain);
    let windows = read(&format!("\u{feff}{}", plain.replace('\n', "\r\n")));
    assert_eq!(unix.schema, windows.schema);
    assert!(windows.faults.is_empty(), "{:?}", windows.faults);
    assert_eq!(unix.ledger.len(), windows.ledger.len());
}

#[test]
fn broken_bytes_are_faults_with_a_place() {
    let mut sources = Sources::default();
    sources.add("latin1.sql", b"CREATE SCHEMA a;\nCOMMENT ON SCHEMA a IS 'caf\xe9';");
    let desired = parse::desired(&sources, &facts());
    assert_eq!(sources.line_column(desired.faults[0].span), (2, 28));
    assert!(desired.faults[0].message.contains("UTF-8"));
    let desired = read("CREATE SCHEMA a;\n\0");
    assert!(desired.faults[0].message.contains("NUL"));
    assert_eq!(desired.sources.line_column(desired.faults[0].span), (2, 1));
}

#[test]
fn what_is_never_closed_is_said_and_the_rest_is_read() {
    for text in [
        "CREATE SCHEMA a; SELECT 'x",
        "CREATE SCHEMA a; DO $$ BEGIN",
        "CREATE SCHEMA a; /* x",
        "CREATE SCHEMA a; CREATE VIEW v AS (SELECT 1",
        "CREATE SCHEMA a; \"x",
    ] {
        let desired = read(text);
        assert!(!desired.faults.is_empty(), "{text}");
        assert_eq!(desired.ledger[0].verdict, Verdict::Declared, "{text}");
    }
}

#[test]
fn ten_thousand_levels() {
    const DEEP: usize = 10_000;
    let nest = |open: &str, inner: &str, close: &str| open.repeat(DEEP) + inner + &close.repeat(DEEP);
    let texts = [
        format!("CREATE VIEW v AS SELECT {}", nest("(", "1", ")")),
        format!("CREATE VIEW v AS SELECT {}", nest("CASE WHEN true THEN ", "1", " END")),
        format!("CREATE TABLE t (a int DEFAULT {})", nest("(", "1", ")")),
        format!("CREATE TABLE t (a int, CHECK ({}))", nest("NOT (", "true", ")")),
        format!("DO $$ {} $$", nest("BEGIN ", "NULL;", " END;")),
        format!("DO $$ BEGIN {} END $$", nest("IF true THEN ", "NULL;", " END IF;")),
        format!("DO $$ BEGIN {} END $$", nest("LOOP ", "NULL;", " END LOOP;")),
        format!("DO $$ BEGIN IF {} THEN CREATE SCHEMA a; END IF; END $$", nest("(", "true", ")")),
        format!("DO $$ BEGIN IF {} true THEN CREATE SCHEMA a; END IF; END $$", "NOT ".repeat(DEEP)),
        format!(
            "DO $$ BEGIN IF {} THEN CREATE SCHEMA a; END IF; END $$",
            nest("EXISTS (SELECT 1 WHERE ", "true", ")")
        ),
        nest("/*", " x ", "*/"),
        nest("/*", " x ", "*/") + "CREATE SCHEMA a;",
        format!(
            "CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT {}; END",
            nest("(", "1", ")")
        ),
        format!("CREATE TYPE t AS ({})", nest("(", "1", ")")),
        format!("SELECT {}", nest("f(", "1", ")")),
        format!("GRANT {} TO x", nest("(", "1", ")")),
        nest("\\if true\n", "CREATE SCHEMA a;\n", "\\endif\n"),
        "(".repeat(DEEP),
        ")".repeat(DEEP),
        "CREATE SCHEMA a ".repeat(DEEP),
        format!("CREATE FUNCTION f(a int{}) RETURNS int LANGUAGE sql AS ''", "[]".repeat(DEEP)),
    ];
    for text in texts {
        read_with_little_stack(text);
    }
}

#[test]
fn executed_texts_inside_each_other_end() {
    let mut text = "CREATE SCHEMA inmost".to_string();
    for _ in 0..12 {
        text = format!("DO $a$ BEGIN EXECUTE '{}'; END $a$", text.replace('\'', "''"));
    }
    assert!(text.len() < 10_000_000);
    read_with_little_stack(text);
}

#[test]
fn tables_that_stand_under_each_other() {
    let ring = read("CREATE TABLE a (x int); CREATE TABLE b () INHERITS (a); ALTER TABLE a INHERIT b;");
    assert_eq!(ring.faults[0].message, "table public.a would stand under itself");
    let own = read("CREATE TABLE a (x int); ALTER TABLE a INHERIT a;");
    assert_eq!(own.faults[0].message, "table public.a would stand under itself");
    let chain = (0..1_000).map(|it| format!("CREATE TABLE t{} () INHERITS (t{it});", it + 1));
    let deep = read_with_little_stack(format!("CREATE TABLE t0 (x int);{}", chain.collect::<String>()));
    assert!(deep.faults[0].message.contains("stands under more than"), "{:?}", deep.faults[0]);
}

#[test]
fn large_files_are_read() {
    let statements = |count: usize, make: &dyn Fn(usize) -> String| (0..count).map(make).collect::<String>();
    let tables = |count: usize| {
        statements(count, &|it| {
            format!(
                "CREATE TABLE IF NOT EXISTS t{it} (id bigserial PRIMARY KEY, n int NOT NULL DEFAULT {it}, m text CHECK (m <> ''));\nCOMMENT ON TABLE t{it} IS 'x';\nCREATE INDEX IF NOT EXISTS t{it}_n ON t{it} (n);\nGRANT SELECT ON t{it} TO reader;\n"
            )
        })
    };
    is_read(tables, 500);
    let guarded = |count: usize| {
        statements(count, &|it| {
            format!(
                "CREATE TABLE t{it} (id int);\nDO $$ BEGIN IF NOT EXISTS (SELECT 1 FROM information_schema.columns WHERE table_name = 't{it}' AND column_name = 'extra') THEN ALTER TABLE t{it} ADD COLUMN extra int; END IF; END $$;\nDO $$ BEGIN ALTER TABLE t{it} ADD CONSTRAINT c{it} CHECK (id > 0); EXCEPTION WHEN duplicate_object THEN NULL; END $$;\n"
            )
        })
    };
    is_read(guarded, 400);
    let replaced = |count: usize| {
        statements(count, &|it| {
            format!(
                "CREATE OR REPLACE FUNCTION f{it}(a int, b text DEFAULT 'x') RETURNS int LANGUAGE sql AS $$ SELECT 1 $$;\nDROP VIEW IF EXISTS v{it} CASCADE;\nCREATE VIEW v{it} AS SELECT f{it}(1);\nREVOKE ALL ON FUNCTION f{it}(int, text) FROM PUBLIC;\n"
            )
        })
    };
    is_read(replaced, 500);
    is_read(|count| format!("INSERT INTO t VALUES {};", "(1, 'some text', now()), ".repeat(count)), 20_000);
    is_read(|count| "-- reconcile: nonsense\n".repeat(count) + "SELECT 1;", 2_000);
    is_read(|count| "$a".repeat(count) + ";", 20_000);
    is_read(|count| "E'\\''".repeat(count) + ";", 20_000);
    is_read(|count| format!("DO $$ BEGIN {} END $$;", "PERFORM pg_sleep(1);\n".repeat(count)), 3_000);
    is_read(|count| format!("CREATE VIEW v AS SELECT {} 1;", "a.b, ".repeat(count)), 10_000);
    is_read(|count| format!("COPY t FROM stdin;\n{}\\.\nSELECT 1;", "1\t2\t3\n".repeat(count)), 50_000);
}

#[test]
fn ten_megabytes() {
    let row = "INSERT INTO plan_tiers (code, title) VALUES ('starter', 'A title with ''quotes''') ON CONFLICT DO NOTHING;\n";
    let text = row.repeat(10 * 1024 * 1024 / row.len());
    let desired = read(&text);
    assert!(desired.faults.is_empty());
    assert_eq!(desired.data.len(), desired.ledger.len());
}

#[test]
fn variables_that_stand_in_each_other() {
    let doubled = format!("\\set x word\n{}CREATE SCHEMA :x;", "\\set x :x :x\n".repeat(60));
    let itself = "\\set x 'CREATE SCHEMA a; :x; :x; :x'\n:x;";
    let fuzzed = "nF\\set x 1where:x\nCREATE TAROM t;\n\\elif :{?c.a AS\nSELECT idy}\nSELECT :x :x;\n";
    for text in [doubled.as_str(), itself, fuzzed] {
        let faults = read(text).faults;
        assert!(!faults.is_empty(), "{text}");
    }
    assert!(read(itself).faults[0].message.contains("in its own value"), "{:?}", read(itself).faults[0]);
    assert!(read(&doubled).faults[0].message.contains("fill in more than"), "{:?}", read(&doubled).faults[0]);
}

#[test]
fn domains_that_are_made_of_themselves() {
    let own = "CREATE DOMAIN b AS int; CREATE DOMAIN a AS b; DROP DOMAIN IF EXISTS b; CREATE DOMAIN b AS a;";
    let text = format!("{own} CREATE DOMAIN c AS b DEFAULT 2; CREATE TABLE t (x c COLLATE \"C\");");
    assert!(read(&text).faults[0].message.contains("made of itself"), "{:?}", read(&text).faults[0]);
    let arrays = own.replace("AS b;", "AS b[];");
    assert!(read(&arrays).faults[0].message.contains("made of itself"), "{:?}", read(&arrays).faults[0]);
    let through =
        "CREATE DOMAIN d AS int; CREATE TYPE c AS (x d); DROP DOMAIN IF EXISTS d; CREATE DOMAIN d AS c;";
    assert!(read(through).faults[0].message.contains("made of itself"), "{:?}", read(through).faults[0]);
    let on = |it: usize| format!("CREATE DOMAIN d{} AS d{it};", it + 1);
    let deep = format!("CREATE DOMAIN d0 AS text; {}", (0..1_000).map(on).collect::<String>());
    assert!(read(&deep).faults[0].message.contains("more than"), "{:?}", read(&deep).faults[0]);
}
