//! How time grows with the size of texts that are hard on a reader: `cargo xtask fuzz --growth`.
//!
//! Each text is made in four sizes and goes through everything `reconcile diff` does offline. Prints
//! seconds of processor time by stage; ends with 1 where the largest takes longer than a reader of its size may.

use std::fmt::Write;
use std::process::ExitCode;

use model::{Facts, Name};
use parse::{Desired, Sources};

#[path = "../between.rs"]
mod between;

const MEGABYTE: usize = 1 << 20;
/// In megabytes.
const SIZES: [usize; 4] = [1, 2, 5, 10];
/// Where the largest may take longer than its share of the one before: in seconds.
const FREE: f64 = 1.5;

/// A text of about that many bytes.
type Make = fn(usize) -> String;

const TEXTS: &[(&str, Make)] = &[
    ("parentheses", |size| format!("SELECT {}1{}", "(".repeat(size / 2), ")".repeat(size / 2))),
    ("open parentheses", |size| "(".repeat(size)),
    ("parentheses in a default", |size| {
        format!("CREATE TABLE t (a int DEFAULT {}1{})", "(".repeat(size / 2), ")".repeat(size / 2))
    }),
    ("10,000 levels, many times", |size| {
        many(size, |it| {
            format!("CREATE VIEW v{it} AS SELECT {}1{};\n", "(".repeat(10_000), ")".repeat(10_000))
        })
    }),
    ("one long string", |size| format!("COMMENT ON SCHEMA public IS '{}'", "x''".repeat(size / 3))),
    ("one long escape string", |size| format!("COMMENT ON SCHEMA public IS E'{}'", "\\'".repeat(size / 2))),
    ("semicolons", |size| ";".repeat(size)),
    ("blank lines", |size| "\n".repeat(size)),
    ("dollar quotes never closed", |size| many(size, |it| format!("$a{it}$ "))),
    ("dollars", |size| "$".repeat(size)),
    ("tags without an end", |size| "$a".repeat(size / 2)),
    ("quotes never closed", |size| "' \" ".repeat(size / 4)),
    ("nested comments", |size| format!("{}{}", "/*".repeat(size / 4), "*/".repeat(size / 4))),
    ("comments never closed", |size| "/* ".repeat(size / 3)),
    ("line comments", |size| "-- x\n".repeat(size / 5)),
    ("directives", |size| "-- reconcile: renamed from x\n".repeat(size / 29)),
    ("ignored statements", |size| {
        many(size, |it| format!("-- reconcile: ignore\nCREATE TABLE t{it} (a int);\n"))
    }),
    ("commands of psql", |size| many(size, |it| format!("\\set a{it} 1\n"))),
    ("variables of psql", |size| {
        format!("\\set a 1\n{}", many(size, |it| format!("CREATE TABLE t{it} (c int DEFAULT :a);\n")))
    }),
    ("branches of psql", |size| format!("{}{}", "\\if 1\n".repeat(size / 14), "\\endif\n".repeat(size / 14))),
    ("identifiers", |size| format!("GRANT SELECT ON t TO {}x", "r, ".repeat(size / 3))),
    ("a list of names", |size| format!("SELECT {}1", "a.b, ".repeat(size / 5))),
    ("operators", |size| format!("CREATE VIEW v AS SELECT {}1", "1 + ".repeat(size / 4))),
    ("a long IN", |size| format!("CREATE TABLE t (a int CHECK (a IN ({}1)))", "12, ".repeat(size / 4))),
    ("nested CASE", |size| {
        let depth = size / 24;
        format!("CREATE VIEW v AS SELECT {}1{}", "CASE WHEN true THEN ".repeat(depth), " END".repeat(depth))
    }),
    ("columns", |size| format!("CREATE TABLE t ({}z int)", many(size, |it| format!("column_{it} int, ")))),
    ("columns added", |size| {
        format!(
            "CREATE TABLE t ();{}",
            many(size, |it| format!("ALTER TABLE t ADD COLUMN IF NOT EXISTS c{it} int;\n"))
        )
    }),
    ("columns altered", |size| {
        format!(
            "CREATE TABLE t (a int);{}",
            many(size, |it| format!("ALTER TABLE t ALTER a SET DEFAULT {it};\n"))
        )
    }),
    ("checks", |size| {
        format!(
            "CREATE TABLE t (a int);{}",
            many(size, |it| format!("ALTER TABLE t ADD CHECK (a <> {it});\n"))
        )
    }),
    ("indexes of one table", |size| {
        format!(
            "CREATE TABLE t (a int);{}",
            many(size, |it| format!("CREATE INDEX ON t (a) WHERE a > {it};\n"))
        )
    }),
    ("tables", |size| {
        many(size, |it| format!("CREATE TABLE t{it} (id bigserial PRIMARY KEY, n text UNIQUE);\n"))
    }),
    ("tables replaced", |size| {
        many(size, |it| format!("DROP TABLE IF EXISTS t{it}; CREATE TABLE t{it} (a int);\n"))
    }),
    ("references to one table", |size| {
        format!(
            "CREATE TABLE t (a int PRIMARY KEY);{}",
            many(size, |it| format!("CREATE TABLE t{it} (a int REFERENCES t);\n"))
        )
    }),
    ("views on views", |size| {
        format!(
            "CREATE VIEW v0 AS SELECT 1 a;\n{}",
            many(size, |it| format!("CREATE VIEW v{} AS SELECT a FROM v{it};\n", it + 1))
        )
    }),
    ("children of children", |size| {
        format!(
            "CREATE TABLE t0 (a int);\n{}",
            many(size, |it| format!("CREATE TABLE t{} () INHERITS (t{it});\n", it + 1))
        )
    }),
    ("partitions", |size| {
        format!(
            "CREATE TABLE t (a int PRIMARY KEY, b text NOT NULL) PARTITION BY LIST (a);\n{}",
            many(size, |it| format!("CREATE TABLE t{it} PARTITION OF t FOR VALUES IN ({it});\n"))
        )
    }),
    ("blocks", |size| {
        many(size, |it| {
            format!(
                "DO $$ BEGIN IF NOT EXISTS (SELECT 1 FROM pg_class WHERE relname = 't{it}') THEN CREATE TABLE t{it} (a int); END IF; END $$;\n"
            )
        })
    }),
    ("one long block", |size| {
        format!(
            "DO $$ BEGIN {} END $$",
            many(size, |it| format!("CREATE TABLE t{it} (a int); EXECUTE 'CREATE TABLE u{it} (a int)';\n"))
        )
    }),
    ("blocks in blocks", |size| {
        format!("DO $$ {} NULL; {} $$", "BEGIN ".repeat(size / 11), "END; ".repeat(size / 11))
    }),
    ("labels", |size| format!("CREATE TYPE e AS ENUM ({}'z')", many(size, |it| format!("'label {it}', ")))),
    ("labels added", |size| {
        format!(
            "CREATE TYPE e AS ENUM ('a');{}",
            many(size, |it| format!("ALTER TYPE e ADD VALUE IF NOT EXISTS 'v{it}';\n"))
        )
    }),
    ("comments on one column", |size| {
        format!(
            "CREATE TABLE t (a int);{}",
            many(size, |it| format!("COMMENT ON COLUMN t.a IS 'text {it}';\n"))
        )
    }),
    ("grants", |size| {
        format!("CREATE TABLE t (a int);{}", many(size, |it| format!("GRANT SELECT ON t TO role_{it};\n")))
    }),
    ("default privileges", |size| {
        many(size, |it| format!("ALTER DEFAULT PRIVILEGES FOR ROLE r{it} GRANT SELECT ON TABLES TO x;\n"))
    }),
    ("functions of one name", |size| {
        many(size, |it| {
            format!(
                "CREATE TYPE e{it} AS ENUM ('a'); CREATE FUNCTION f(e{it}) RETURNS int LANGUAGE sql AS 'SELECT 1';\n"
            )
        })
    }),
    ("faults", |size| "CREATE NONSENSE x;\n".repeat(size / 19)),
    ("search paths", |size| many(size, |it| format!("SET search_path = s{it}, public;\n"))),
    ("rows", |size| format!("INSERT INTO t VALUES {}", "(1, 'some text', now()), ".repeat(size / 25))),
    ("rows to copy", |size| format!("COPY t FROM stdin;\n{}\\.\n", "1\t2\t3\n".repeat(size / 6))),
];

/// One piece after the other, up to a size.
fn many(size: usize, piece: impl Fn(usize) -> String) -> String {
    let mut text = String::with_capacity(size + 64);
    for at in 0.. {
        if text.len() >= size {
            break;
        }
        _ = write!(text, "{}", piece(at));
    }
    text
}

/// Seconds of cutting, reading, and making the plan from nothing, to itself, and to nothing.
struct Spent([f64; 5]);

impl Spent {
    fn all(&self) -> f64 {
        self.0.iter().sum()
    }
}

fn main() -> ExitCode {
    let only = std::env::args().nth(1).unwrap_or_default();
    // As the command does it: statements of any depth are read with the stack of a thread.
    let done = std::thread::spawn(move || measure(&only)).join();
    match done {
        Ok(0) => ExitCode::SUCCESS,
        Ok(slow) => {
            println!("{slow} texts take more than their share");
            ExitCode::FAILURE
        }
        Err(_) => ExitCode::FAILURE,
    }
}

fn measure(only: &str) -> usize {
    let mut slow = 0;
    println!("seconds for {SIZES:?} MB; of the last: cut, read, create, compare, drop");
    for (name, make) in TEXTS.iter().filter(|it| it.0.contains(only)) {
        let mut spent: Vec<Spent> = Vec::new();
        for size in SIZES {
            spent.push(run(&make(size * MEGABYTE)));
            // What is slow is known from two sizes.
            if spent.last().is_some_and(|it| it.all() > 60.0) {
                break;
            }
        }
        let all: Vec<f64> = spent.iter().map(Spent::all).collect();
        let steep = all.len() < SIZES.len()
            || all.windows(2).zip(SIZES.windows(2)).any(|(time, size)| is_steep(time, size));
        slow += usize::from(steep);
        let shown: Vec<String> = all.iter().map(|it| format!("{it:7.2}")).collect();
        let stages: Vec<String> =
            spent.last().iter().flat_map(|it| it.0).map(|it| format!("{it:.2}")).collect();
        println!(
            "{name:28} {}   {} {}",
            shown.join(" "),
            stages.join(" "),
            if steep { "  STEEP" } else { "" }
        );
    }
    slow
}

/// More than half as much again as in proportion.
fn is_steep(time: &[f64], size: &[usize]) -> bool {
    let share = time[0] * size[1] as f64 / size[0] as f64;
    time[1] > share * 1.5 + FREE
}

/// Seconds this thread has had a processor: other work on the machine does not count.
fn busy() -> f64 {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let spent = told.split_whitespace().next().and_then(|it| it.parse::<f64>().ok());
    spent.unwrap_or_default() / 1e9
}

fn run(text: &str) -> Spent {
    let mut spent = [0.0; 5];
    let mut begin = busy();
    let mut lap = |stage: usize| {
        let now = busy();
        spent[stage] = now - begin;
        begin = now;
    };
    _ = sql::split(text, 0);
    lap(0);
    let desired = read(text);
    lap(1);
    let nothing = Desired::default();
    let steps = plan(&nothing, &desired);
    lap(2);
    _ = plan(&desired, &desired);
    lap(3);
    if steps > 0 {
        _ = plan(&desired, &nothing);
    }
    lap(4);
    Spent(spent)
}

fn facts() -> Facts {
    Facts {
        major: 18,
        version_num: 180_000,
        role: Name::new("postgres"),
        database: Name::new("postgres"),
        search_path: vec![Name::new("public")],
        superuser: true,
        offline: true,
        ..Facts::default()
    }
}

fn read(text: &str) -> Desired {
    let mut sources = Sources::default();
    sources.add("file.sql", text.as_bytes());
    parse::desired(&sources, &facts())
}

fn plan(from: &Desired, to: &Desired) -> usize {
    between::plan(from, to, &facts()).steps.len()
}
