//! Partitions and children made at run time: kept, listed, and no drift, whatever else changes.

use diff::{Reason, Scope};
use model::{Kind, QualName};

use crate::laws::{assert_in_sync, carry_out, compare_within, planned};
use crate::live::Database;

const FILE: &str = "
    CREATE TABLE events (id int, at date NOT NULL, note text) PARTITION BY RANGE (at);
    CREATE INDEX events_note ON events (note);
    CREATE TABLE events_rest PARTITION OF events DEFAULT;
    CREATE TABLE base (id int);
";

/// What a job does: a partition with partitions, one with an index, a check and a grant of its own, a child.
const JOB: &str = "
    CREATE TABLE events_2023 PARTITION OF events FOR VALUES FROM ('2023-01-01') TO ('2024-01-01')
        PARTITION BY LIST (note);
    CREATE TABLE events_2023_1 PARTITION OF events_2023 FOR VALUES IN ('a');
    CREATE TABLE events_2024 (id int CHECK (id > 0), at date NOT NULL, note text);
    CREATE INDEX own ON events_2024 (id);
    ALTER TABLE events ATTACH PARTITION events_2024 FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
    GRANT SELECT ON events_2024 TO PUBLIC;
    COMMENT ON TABLE events_2024 IS 'by the job';
    CREATE TABLE child (more text) INHERITS (base);
";

const LATER: &str = "
    CREATE TABLE events (id bigint, at date NOT NULL, note text, extra boolean DEFAULT true)
        PARTITION BY RANGE (at);
    CREATE INDEX events_id ON events (id);
    CREATE TABLE events_rest PARTITION OF events DEFAULT;
    CREATE TABLE base (id bigint NOT NULL);
";

#[test]
fn what_was_made_at_run_time_is_kept() {
    let database = Database::new();
    database.load("kept", FILE);
    let mut client = database.load("kept", JOB);
    let kept = compare_within(&mut client, "kept", FILE, Scope::default());
    assert_in_sync("kept", &kept);
    for name in ["events_2023", "events_2023_1", "events_2024", "child"] {
        let id = Kind::Table.named(&QualName::new("public", name));
        assert_eq!(kept.left.get(&id), Some(&Reason::RunTime), "{id}");
    }
    let mut changed = compare_within(&mut client, "kept", LATER, Scope::default());
    let plan = planned(&mut client, "kept", &mut changed);
    carry_out("kept", &mut client, &plan);
    assert_in_sync("kept", &compare_within(&mut client, "kept", LATER, Scope::default()));
}

#[test]
fn a_rule_makes_it_drift() {
    let database = Database::new();
    database.load("kept", FILE);
    let mut client = database.load("kept", JOB);
    let everything = Scope { drop_partitions: true, ..Scope::default() };
    let all = compare_within(&mut client, "kept", FILE, everything);
    assert!(all.changes().len() > 4);
    let rule = diff::ScopeRule {
        ignore: false,
        kind: "table".into(),
        namespace: "*".into(),
        name: "events_2024".into(),
    };
    let one = compare_within(&mut client, "kept", FILE, Scope { rules: vec![rule], ..Scope::default() });
    let dropped: Vec<_> = one.changes().iter().map(|it| it.id().clone()).collect();
    assert!(dropped.contains(&Kind::Table.named(&QualName::new("public", "events_2024"))), "{dropped:?}");
    assert!(!dropped.contains(&Kind::Table.named(&QualName::new("public", "child"))), "{dropped:?}");
}
