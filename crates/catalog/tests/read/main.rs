//! Reads what `clauses.sql` makes, on real servers.

mod newer;

use std::collections::BTreeSet;

use catalog::Actual;
use model::{Kind, Name, ObjectId, QualName};
use postgres::Client;
use scratch::{Install, Options, Server};

const CLAUSES: &str = include_str!("clauses.sql");

/// What cannot happen unless the test itself is broken.
fn must<T, E: std::fmt::Debug>(result: Result<T, E>) -> T {
    result.unwrap_or_else(|error| panic!("{error:?}"))
}

/// A server with everything on it, which ends when it is dropped.
fn loaded(install: &Install) -> (Server, Client) {
    let server = must(Server::start(install, &Options::default()));
    must(server.create_database("clauses"));
    let mut client = must(server.connect("clauses"));
    must(client.batch_execute(CLAUSES));
    (server, client)
}

fn fifteen() -> Install {
    must(scratch::obtain(Some(15)))
}

/// One installation of each supported major that is at hand.
fn installs() -> Vec<Install> {
    let mut installs = must(scratch::find_all());
    installs.retain(|it| (14..=18).contains(&it.major));
    installs.sort_by_key(|it| it.major);
    installs.dedup_by_key(|it| it.major);
    installs
}

fn read(client: &mut Client) -> Actual {
    must(catalog::actual(client))
}

fn shop(name: &str) -> QualName {
    QualName::new("shop", name)
}

fn ids(actual: &Actual) -> BTreeSet<String> {
    actual.schema.iter().map(|(id, _)| id.to_string()).collect()
}

#[test]
fn everything_is_read_as_recorded() {
    let (_server, mut client) = loaded(&fifteen());
    let actual = read(&mut client);
    let mut lines: Vec<String> = actual
        .schema
        .iter()
        .filter(|(id, _)| id.kind != Kind::Extension)
        .map(|(id, object)| format!("{id}\n    {}\n", must(serde_json::to_string(object))))
        .collect();
    lines.extend(
        actual.facts.unmodelled.iter().map(|it| format!("not modelled: {} {}\n", it.kind, it.identity)),
    );
    let text = lines.concat();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/read/clauses.txt");
    if std::env::var_os("UPDATE").is_some() {
        must(std::fs::write(path, &text));
    }
    let recorded = must(std::fs::read_to_string(path));
    for (now, then) in text.lines().zip(recorded.lines()) {
        assert_eq!(now, then);
    }
    assert_eq!(text.lines().count(), recorded.lines().count());
}

#[test]
fn every_major_has_the_same_objects_and_reading_changes_nothing() {
    let mut all: Vec<(u16, BTreeSet<String>)> = Vec::new();
    for install in installs() {
        let (_server, mut client) = loaded(&install);
        must(client.batch_execute("SET search_path = shop"));
        let (first, second) = (read(&mut client), read(&mut client));
        assert!(first.schema == second.schema);
        assert_eq!(first.facts.major, u32::from(install.major));
        let path: String = must(client.query_one("SHOW search_path", &[])).get(0);
        assert_eq!(path, "shop");
        let mut ids = ids(&first);
        if install.major < 15 {
            // PUBLIC could create in public, and cannot any more.
            assert!(ids.remove("grant to public on schema public"));
        }
        all.push((install.major, ids));
    }
    for pair in all.windows(2) {
        assert_eq!(pair[0].1, pair[1].1, "{} and {}", pair[0].0, pair[1].0);
    }
}

#[test]
fn a_role_that_may_only_connect_reads_the_same() {
    for install in installs() {
        let (_server, mut client) = loaded(&install);
        must(client.batch_execute("CREATE ROLE guest; REVOKE ALL ON SCHEMA public FROM PUBLIC"));
        let owner = read(&mut client);
        must(client.batch_execute("SET SESSION AUTHORIZATION guest"));
        let guest = read(&mut client);
        assert!(owner.schema == guest.schema);
        assert_eq!(owner.facts.unmodelled, guest.facts.unmodelled);
        assert_eq!(guest.facts.reader.as_str(), "guest");
        // Who may create nothing does not run the file: whoever owns what is there does.
        assert_eq!(guest.facts.role.as_str(), "postgres");
        assert!(!guest.facts.superuser);
        assert_eq!(guest.facts.acts_for, BTreeSet::from([Name::from("guest")]));
    }
}

#[test]
fn the_facts_are_the_sessions_own() {
    let (_server, mut client) = loaded(&fifteen());
    must(client.batch_execute("SET search_path = \"$user\", Shop, \"No Such\"; SET TimeZone = 'Asia/Tokyo'"));
    let facts = read(&mut client).facts;
    assert_eq!(facts.search_path, ["postgres", "shop", "No Such"].map(Name::from));
    assert_eq!(facts.settings.get("timezone").map(String::as_str), Some("Asia/Tokyo"));
    assert!(facts.superuser && facts.may_temp && !facts.standby && facts.lock_slots > 0);
    assert_eq!(facts.types.get(&Name::from("citext")), Some(&vec![Name::from("shop")]));
    assert_eq!(facts.functions.get(&Name::from("similarity")), Some(&vec![Name::from("public")]));
    assert_eq!(facts.collations.get(&Name::from("german")), Some(&vec![Name::from("shop")]));
    assert_eq!(facts.relations.get(&Name::from("totals")), Some(&vec![Name::from("shop")]));
    assert!(facts.extensions.available.contains_key(&Name::from("plpgsql")));
    assert_eq!(facts.owners.get(&Kind::Table.named(&shop("kinds"))), Some(&Name::from("writer")));
}

#[test]
fn the_server_tells_who_uses_what() {
    let (_server, mut client) = loaded(&fifteen());
    let mut actual = read(&mut client);
    let outsiders = must(catalog::edges(&mut client, &mut actual));
    let column = |table: &str, name: &str| Kind::Column.of(&shop(table), &name.into());
    let function = |name: &str, types: &str| Kind::Function.routine(&shop(name), types);
    let items = |kind: Kind, name: &str| kind.of(&shop("items"), &name.into());
    let expected: [(ObjectId, ObjectId); 12] = [
        (Kind::View.named(&shop("cheap")), column("items", "price")),
        (Kind::MaterializedView.named(&shop("totals")), column("items", "kind")),
        (
            Kind::View.named(&QualName::new("public", "by_kind")),
            Kind::Constraint.of(&shop("kinds"), &"kinds_pkey".into()),
        ),
        (items(Kind::Default, "old"), Kind::Sequence.named(&shop("items_old_seq"))),
        (items(Kind::Default, "computed"), function("std", "integer")),
        (items(Kind::Column, "ci"), Kind::Extension.root(&"citext".into())),
        (items(Kind::Column, "moods"), Kind::Enum.named(&shop("mood"))),
        (items(Kind::Column, "doubled"), column("items", "price")),
        (items(Kind::Policy, "own"), column("kinds", "rank")),
        (function("std", "text"), column("items", "kind")),
        (
            items(Kind::ForeignKey, "items_kind_fkey"),
            Kind::Constraint.of(&shop("kinds"), &"kinds_pkey".into()),
        ),
        (Kind::Index.named(&shop("items_expr")), column("items", "price")),
    ];
    for (user, used) in expected {
        assert!(actual.schema.uses(&user).contains(&used), "{user} uses {used}");
    }
    let transforms = outsiders.iter().filter(|it| it.user.kind == "transform");
    let used: Vec<String> = transforms.map(|it| it.used.to_string()).collect();
    assert_eq!(used, ["enum shop.mood"]);
}

#[test]
fn nothing_is_passed_over() {
    for install in installs() {
        let (_server, mut client) = loaded(&install);
        let actual = read(&mut client);
        for row in must(client.query(include_str!("left.sql"), &[])) {
            let (class, oid): (u32, u32) = (row.get("class"), row.get("oid"));
            let (kind, identity): (String, String) = (row.get("kind"), row.get("identity"));
            let bare = identity.trim_end_matches("[]");
            let listed = actual.facts.unmodelled.iter().any(|it| it.identity == bare);
            assert!(listed || actual.addresses.contains_key(&(class, oid, 0)), "{kind} {identity}");
        }
    }
}
