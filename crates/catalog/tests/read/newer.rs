//! What newer servers have to say that older ones have not.

use model::{Kind, Object, ObjectId, Reaction, Rule};
use scratch::{Options, Server};

use crate::{installs, must, read, shop};

const FIFTEEN: &str = "
    CREATE SCHEMA shop;
    CREATE TABLE shop.p (a integer, b integer, PRIMARY KEY (a, b));
    CREATE TABLE shop.t (a integer, b integer, CONSTRAINT u UNIQUE NULLS NOT DISTINCT (a),
        CONSTRAINT f FOREIGN KEY (a, b) REFERENCES shop.p ON DELETE SET NULL (b));
    CREATE UNIQUE INDEX i ON shop.t (b) NULLS NOT DISTINCT;
    CREATE UNLOGGED SEQUENCE shop.s;
    CREATE VIEW shop.v WITH (security_invoker = true) AS SELECT 1 AS one;";

const SEVENTEEN: &str = "
    CREATE ROLE keeper;
    GRANT MAINTAIN ON shop.t TO keeper;
    ALTER TABLE shop.t OWNER TO keeper;";

const EIGHTEEN: &str = "
    CREATE EXTENSION btree_gist;
    CREATE TABLE shop.n (
        id integer,
        x integer CONSTRAINT has_x NOT NULL NO INHERIT,
        v integer GENERATED ALWAYS AS (id + 1) VIRTUAL,
        w integer,
        at daterange,
        PRIMARY KEY (id, at WITHOUT OVERLAPS),
        CONSTRAINT c CHECK (w > 0) NOT ENFORCED);
    ALTER TABLE shop.n ADD CONSTRAINT later NOT NULL w NOT VALID;
    CREATE TABLE shop.m (id integer, at daterange,
        CONSTRAINT f FOREIGN KEY (id, PERIOD at) REFERENCES shop.n (id, PERIOD at) NOT ENFORCED);
    CREATE TABLE shop.child (extra integer NOT NULL) INHERITS (shop.m);
    ALTER TABLE shop.m ADD CONSTRAINT m_id NOT NULL id;";

#[test]
fn newer_majors_are_read_in_full() {
    for install in installs().iter().filter(|it| it.major >= 15) {
        let server = must(Server::start(install, &Options::default()));
        let mut client = must(server.connect("postgres"));
        must(client.batch_execute(FIFTEEN));
        for (major, text) in [(17, SEVENTEEN), (18, EIGHTEEN)] {
            if install.major >= major {
                must(client.batch_execute(text));
            }
        }
        let schema = read(&mut client).schema;
        let get = |id: ObjectId| schema.get(&id).unwrap_or_else(|| panic!("no {id}")).clone();
        fifteen(get);
        if install.major >= 17 {
            let grants = schema.iter().filter(|(id, _)| id.kind == Kind::Grant).count();
            assert_eq!(grants, 0, "the owner's own right to maintain says nothing");
        }
        if install.major >= 18 {
            eighteen(get);
            assert!(!schema.contains(&Kind::NotNull.of(&shop("child"), &"id".into())));
        }
    }
}

fn fifteen(get: impl Fn(ObjectId) -> Object) {
    let Object::Constraint(unique) = get(Kind::Constraint.of(&shop("t"), &"u".into())) else { panic!() };
    assert!(matches!(unique.rule, Rule::Unique { nulls_not_distinct: true, .. }));
    let Object::ForeignKey(key) = get(Kind::ForeignKey.of(&shop("t"), &"f".into())) else { panic!() };
    assert_eq!((key.on_delete, key.on_delete_columns), (Reaction::SetNull, vec!["b".into()]));
    let Object::Index(index) = get(Kind::Index.named(&shop("i"))) else { panic!() };
    assert!(index.nulls_not_distinct);
    let Object::Sequence(sequence) = get(Kind::Sequence.named(&shop("s"))) else { panic!() };
    assert_eq!(sequence.persistence, model::Persistence::Unlogged);
    let Object::View(view) = get(Kind::View.named(&shop("v"))) else { panic!() };
    assert_eq!(view.options.get("security_invoker").map(String::as_str), Some("true"));
}

fn eighteen(get: impl Fn(ObjectId) -> Object) {
    let not_null = |table: &str, column: &str| {
        let Object::NotNull(it) = get(Kind::NotNull.of(&shop(table), &column.into())) else { panic!() };
        (it.name.map(|it| it.to_string()).unwrap_or_default(), it.no_inherit, it.not_valid)
    };
    assert_eq!(not_null("n", "x"), ("has_x".into(), true, false));
    assert_eq!(not_null("n", "w"), ("later".into(), false, true));
    assert_eq!(not_null("child", "extra"), ("child_extra_not_null".into(), false, false));
    let Object::Column(column) = get(Kind::Column.of(&shop("n"), &"v".into())) else { panic!() };
    assert!(column.generated.is_some_and(|it| !it.stored));
    let Object::Constraint(key) = get(Kind::Constraint.of(&shop("n"), &"n_pkey".into())) else { panic!() };
    assert!(matches!(key.rule, Rule::PrimaryKey { without_overlaps: true, .. }));
    let Object::Constraint(check) = get(Kind::Constraint.of(&shop("n"), &"c".into())) else { panic!() };
    assert!(!check.enforced);
    let Object::ForeignKey(key) = get(Kind::ForeignKey.of(&shop("m"), &"f".into())) else { panic!() };
    assert!(key.period && !key.enforced);
}
