//! Whole files, and parts of files put where a reader of statements meets them.

use std::collections::{BTreeMap, HashSet};

use model::{Facts, Name, Schema};
use parse::{Desired, Sources, Verdict};
use sql::PieceKind;

use crate::between;
use crate::statements::assert_slice;

fn facts(major: u32) -> Facts {
    Facts {
        major,
        version_num: major * 10_000,
        role: Name::new("postgres"),
        database: Name::new("postgres"),
        search_path: vec![Name::new("public")],
        superuser: true,
        offline: true,
        ..Facts::default()
    }
}

/// Objects for the statements behind to name.
const PRELUDE: &str = "\
CREATE SCHEMA app; CREATE ROLE r;
CREATE TYPE mood AS ENUM ('a', 'b'); CREATE DOMAIN d AS int CHECK (VALUE > 0);
CREATE TYPE pair AS (x int, y text); CREATE SEQUENCE s;
CREATE FUNCTION f(a int DEFAULT 1) RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION trg() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN END';
CREATE TABLE t (id bigserial PRIMARY KEY, a int NOT NULL DEFAULT 7, b text UNIQUE, m mood, CONSTRAINT c CHECK (a > 0));
CREATE TABLE u (id bigint REFERENCES t, x int GENERATED ALWAYS AS IDENTITY, k text COLLATE \"C\");
CREATE TABLE p (a int, b int) PARTITION BY RANGE (a); CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (1) TO (9);
CREATE INDEX i ON t (a); CREATE VIEW v AS SELECT a, b FROM t; CREATE MATERIALIZED VIEW w AS SELECT id FROM u;
CREATE TRIGGER tr BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION trg();
CREATE POLICY po ON t USING (a > 1); CREATE STATISTICS st ON a, b FROM t; CREATE RULE ru AS ON DELETE TO u DO NOTHING;
CREATE PUBLICATION pub FOR TABLE t; CREATE FOREIGN DATA WRAPPER fdw; CREATE SERVER srv FOREIGN DATA WRAPPER fdw;
CREATE COLLATION co (provider = libc, locale = 'C');
";

fn read(text: &str, major: u32) -> Desired {
    let desired = parse::desired(&Sources::one("file.sql", text), &facts(major));
    checked(text, &desired);
    desired
}

/// Every place is a place of a text, and every statement is accounted for.
fn checked(text: &str, desired: &Desired) {
    let file = |span: model::Span| {
        let source = desired.sources.files.get(span.file as usize);
        &source.unwrap_or_else(|| panic!("{span:?} is in no file")).text
    };
    for fault in &desired.faults {
        assert_slice(file(fault.span), fault.span);
        assert_slice(file(desired.sources.real(fault.span)), desired.sources.real(fault.span));
        _ = desired.sources.line_column(fault.span);
    }
    for entry in &desired.ledger {
        assert_slice(file(entry.span), entry.span);
    }
    for span in desired.spans.values() {
        assert_slice(file(*span), *span);
    }
    if text.contains('\0') {
        assert!(!desired.faults.is_empty());
        return;
    }
    let faulty = desired.ledger.iter().any(|it| it.verdict == Verdict::Fault);
    assert!(!faulty || !desired.faults.is_empty(), "a statement is not understood, and nobody says why");
    let known: HashSet<_> = desired.ledger.iter().map(|it| it.span).collect();
    for piece in sql::split(text, 0).pieces.iter().filter(|it| it.kind != PieceKind::CopyData) {
        assert!(known.contains(&piece.span), "{piece:?} is not accounted for");
    }
}

/// A whole file, for the oldest server.
pub(crate) fn file14(text: &str) {
    read(text, 14);
}

/// A whole file, for the newest server.
pub(crate) fn file18(text: &str) {
    let desired = read(text, 18);
    assert!(same_schema(&desired.schema, &read(text, 18).schema), "read twice, it is not the same");
}

fn same_schema(one: &Schema, other: &Schema) -> bool {
    diff::diff(diff::Pair { actual: one, desired: other }).is_empty()
}

/// Statements with something to name, for the oldest server.
pub(crate) fn statement14(text: &str) {
    read(&format!("{PRELUDE}{text}"), 14);
}

/// Statements with something to name, for the newest server.
pub(crate) fn statement18(text: &str) {
    read(&format!("{PRELUDE}{text}"), 18);
}

/// The body of a DO block; or a condition, which guards one.
pub(crate) fn guard(text: &str) {
    if text.contains("$fuzz$") {
        return;
    }
    let first = text.trim_ascii_start().get(..3).unwrap_or_default().to_ascii_lowercase();
    let body = match first.as_str() {
        "beg" | "dec" | "<<" => text.to_owned(),
        _ => {
            format!("BEGIN IF {text}\nTHEN CREATE TABLE g (a int); ELSE CREATE TABLE h (a int); END IF; END")
        }
    };
    read(&format!("{PRELUDE}DO $fuzz$ {body}\n$fuzz$;"), 18);
}

/// psql's commands and variables, some of which are set.
pub(crate) fn psql(text: &str) {
    let mut sources = Sources::one("file.sql", text);
    let values = [("a", "1"), ("on", "true"), ("off", "off"), ("q", "it's"), ("n", "\"x y\""), ("e", "")];
    sources.variables = values.map(|(name, value)| (name.to_owned(), value.to_owned())).into_iter().collect();
    for include in sources.files.clone().iter().enumerate().flat_map(|(at, it)| parse::includes(it, at)) {
        assert_slice(text, include.span);
        sources.files.push(parse::Source {
            path: include.path,
            text: "CREATE TABLE included (a int); \\if :a \\endif".into(),
            origin: None,
        });
        sources.included.insert(include.span, sources.files.len() - 1);
    }
    checked(text, &parse::desired(&sources, &facts(17)));
}

/// A directive in each of its places.
pub(crate) fn directive(text: &str) {
    if text.contains(['\n', '\r']) || text.contains("*/") || text.contains("/*") || text.contains("$fuzz$") {
        return;
    }
    read(
        &format!(
            "{PRELUDE}-- reconcile: {text}\nCREATE TABLE x (\n -- reconcile: {text}\n a int,\n /* @renamed from={text} */ b text);\n\
             -- reconcile: {text}\nALTER TABLE x ADD COLUMN z int; -- reconcile: {text}\nCREATE TYPE e AS ENUM (\n-- reconcile: {text}\n'a', 'b');\n\
             DO $fuzz$ BEGIN -- reconcile: {text}\n CREATE INDEX j ON x (a); END $fuzz$; -- reconcile: {text}"
        ),
        17,
    );
}

/// Statements that hold a secret. Whatever stands around it, it is not told, unless what stands around
/// changes where texts begin and end.
pub(crate) fn secret(text: &str) {
    const SECRET: &str = "hunter2";
    let plain = |it: char| it.is_ascii_alphanumeric() || " \n,()=.+-_[]{}:;".contains(it);
    if !text.chars().all(plain) || text.contains("--") || text.contains(SECRET) {
        return;
    }
    let (before, behind) = text.split_once(';').unwrap_or((text, ""));
    let file = format!(
        "CREATE ROLE a {before} PASSWORD '{SECRET}' {behind};\nALTER ROLE a {before} ENCRYPTED PASSWORD E'{SECRET}' {behind};\n\
         CREATE FOREIGN DATA WRAPPER fdw; CREATE SERVER srv FOREIGN DATA WRAPPER fdw;\n\
         CREATE USER MAPPING FOR CURRENT_USER {before} SERVER srv OPTIONS (user 'x', password '{SECRET}') {behind};\n\
         ALTER USER MAPPING FOR CURRENT_USER SERVER srv {before} OPTIONS (SET password $${SECRET}$$) {behind};\n\
         CREATE SUBSCRIPTION sub {before} CONNECTION 'host=a password={SECRET}' {behind} PUBLICATION p;\n\
         ALTER SUBSCRIPTION sub {before} CONNECTION 'postgres://u:{SECRET}@h/d' {behind};\n"
    );
    let desired = read(&file, 17);
    for fault in &desired.faults {
        assert!(!format!("{fault:?}").contains(SECRET), "{fault:?} tells it, of {file}");
    }
    for source in &desired.sources.files {
        assert!(!source.text.contains(SECRET), "the text shows it: {}", source.text);
    }
    assert!(!format!("{:?}", desired.schema).contains(SECRET), "the schema holds it, of {file}");
}

/// Two files, with `~~~` between them: what takes the one to the other, and back, is found without a cycle;
/// a file written out anew is the file.
pub(crate) fn plan(text: &str) {
    let (one, other) = text.split_once("~~~").unwrap_or((text, ""));
    let facts = facts(18);
    let (one, other) = (read(one, 18), read(other, 18));
    if !one.faults.is_empty() || !other.faults.is_empty() {
        return;
    }
    planned(&one, &other, &facts);
    planned(&other, &one, &facts);
    printed(&one.schema, &facts);
}

fn planned(from: &Desired, to: &Desired, facts: &Facts) -> String {
    let plan = between::plan(from, to, facts);
    plan.steps.iter().map(|it| format!("{};\n", it.sql)).collect()
}

/// What a schema is written as reads as that schema.
fn printed(schema: &Schema, facts: &Facts) {
    let whole = Desired { schema: schema.clone(), ..Desired::default() };
    let text = planned(&Desired::default(), &whole, facts);
    let again = parse::desired(&Sources::one("printed.sql", text.as_str()), facts);
    assert!(again.faults.is_empty(), "{:?} in {text}", again.faults);
    let changes = diff::diff(diff::Pair { actual: schema, desired: &again.schema });
    let differing: BTreeMap<String, String> =
        changes.iter().map(|it| (it.id().to_string(), format!("{it:?}"))).collect();
    assert!(differing.is_empty(), "{differing:?} in {text}");
}
