//! Which element a `renamed from` directive speaks of, wherever it stands.

use model::{Facts, Name};
use parse::{Desired, Sources};

fn read(text: &str) -> Desired {
    let facts = Facts {
        offline: true,
        major: 17,
        role: Name::from("postgres"),
        search_path: vec![Name::from("public")],
        ..Facts::default()
    };
    parse::desired(&Sources::one("master_schema.sql", text), &facts)
}

/// The renames a text declares, as `old -> new`.
fn renames(text: &str) -> Vec<String> {
    let desired = read(text);
    assert!(desired.faults.is_empty(), "{:?}", desired.faults);
    let mut said: Vec<String> = desired.renames.iter().map(|(old, new)| format!("{old} -> {new}")).collect();
    said.extend(desired.label_renames.iter().map(|(id, old, new)| format!("{id}: {old} -> {new}")));
    said
}

#[test]
fn above_and_beside() {
    let text = "
-- reconcile: renamed from people
CREATE TABLE person (
  id int, -- reconcile: renamed from no
  -- reconcile: renamed from nm
  -- what it is called
  name text NOT NULL,
  \"Mail\" text -- @renamed from=\"E Mail\"
  , CONSTRAINT u UNIQUE (id) -- @renamed from=old_u
);
-- reconcile: renamed from i0
CREATE INDEX i1 ON person (id);
CREATE INDEX i2 /* @renamed from=i3 */ ON person (id, name);
CREATE TABLE other ( -- @renamed from=another
  id int
);";
    assert_eq!(
        renames(text),
        [
            "table public.people -> table public.person",
            "column public.person.no -> column public.person.id",
            "column public.person.nm -> column public.person.name",
            "column public.person.\"E Mail\" -> column public.person.\"Mail\"",
            "constraint old_u ON public.person -> constraint u ON public.person",
            "index public.i0 -> index public.i1",
            "index public.i3 -> index public.i2",
            "table public.another -> table public.other",
        ]
    );
}

#[test]
fn of_types_and_labels() {
    let text = "
CREATE TYPE state AS ENUM ( /* @renamed from=status */
  'open', -- @renamed from=todo
  /* @renamed from='in work' */
  'doing',
  'done'
);
-- reconcile: renamed from mail
CREATE DOMAIN email AS text;";
    assert_eq!(
        renames(text),
        [
            "enum public.status -> enum public.state",
            "domain public.mail -> domain public.email",
            "enum public.state: todo -> open",
            "enum public.state: in work -> doing",
        ]
    );
}

#[test]
fn the_first_of_two_foreign_comments_on_a_line_counts() {
    let text = "CREATE TYPE state /* @renamed from=status */ AS ENUM ( /* @renamed from=other */
  'open'
);";
    assert_eq!(renames(text), ["enum public.status -> enum public.state"]);
    assert!(read(text).faults.is_empty());
}

#[test]
fn by_statements_that_have_done_their_work() {
    let text = "
CREATE TABLE t (id int, name text, CONSTRAINT c CHECK (id > 0));
ALTER TABLE t RENAME COLUMN nm TO name;
ALTER TABLE t RENAME CONSTRAINT d TO c;
ALTER TABLE s RENAME TO t;
CREATE TYPE e AS ENUM ('a', 'b');
ALTER TYPE e RENAME VALUE 'x' TO 'b';";
    assert_eq!(
        renames(text),
        [
            "column public.t.nm -> column public.t.name",
            "constraint d ON public.t -> constraint c ON public.t",
            "table public.s -> table public.t",
            "enum public.e: x -> b",
        ]
    );
}

#[test]
fn within_the_file_everything_follows() {
    let desired = read(
        "CREATE TABLE a (id int PRIMARY KEY, n int CHECK (n > 0));
         CREATE TABLE b (a_id int REFERENCES a);
         ALTER TABLE a RENAME COLUMN id TO key;
         ALTER TABLE a RENAME TO aa;",
    );
    let mut ids: Vec<String> = desired.schema.iter().map(|(id, _)| id.to_string()).collect();
    ids.sort();
    assert_eq!(
        ids,
        [
            "column public.aa.key",
            "column public.aa.n",
            "column public.b.a_id",
            "constraint a_n_check ON public.aa",
            "constraint a_pkey ON public.aa",
            "foreign key b_a_id_fkey ON public.b",
            "not-null public.aa.key",
            "table public.aa",
            "table public.b",
        ]
    );
    assert!(desired.renames.is_empty());
}

#[test]
fn what_nobody_hears_is_a_fault() {
    let said =
        |text: &str| -> Vec<String> { read(text).faults.iter().map(|it| it.message.clone()).collect() };
    let nothing = "stands beside nothing that can be renamed";
    for text in [
        "-- reconcile: renamed from old\nCREATE ROLE r;",
        "CREATE TABLE t (a int);\n-- reconcile: renamed from x\nGRANT SELECT ON t TO PUBLIC;",
        "CREATE TABLE t (a int);\nGRANT SELECT ON t TO PUBLIC; -- @renamed from=x",
    ] {
        assert!(matches!(said(text).as_slice(), [it] if it.ends_with(nothing)), "{text}: {:?}", said(text));
    }
    let other = "-- reconcile: renamed from s.old\nCREATE TABLE t (a int);";
    assert!(matches!(said(other).as_slice(), [it] if it.contains("names a schema")), "{:?}", said(other));
    // What is not read, or is there already, has nothing to hear.
    for text in [
        "-- reconcile: ignore\n-- reconcile: renamed from old\nCREATE ROLE r;",
        "\\if false\n-- reconcile: renamed from old\nCREATE ROLE r;\n\\endif\nCREATE TABLE t (a int);",
        "CREATE TABLE t (a int); -- @renamed from=x\nGRANT SELECT ON t TO PUBLIC;",
    ] {
        assert!(said(text).is_empty(), "{text}: {:?}", said(text));
    }
}
