//! Every class of object that the server has is modelled, listed as not modelled, or left alone for a reason
//! that stands here. Walks the server's own catalogs, so that a class that comes with a new version is seen.

use std::collections::BTreeSet;

use catalog::Actual;
use model::{Kind, ObjectId, Path, Unmodelled};
use postgres::Client;

use crate::live::{Database, message, server};

/// What becomes of an object of a class.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Becomes {
    /// It is in the schema, itself or as part of an object there.
    Modelled,
    /// Every one, or those named in the README's limits, is listed as not modelled.
    Listed,
    /// It is left alone: why.
    Alone(&'static str),
}

use Becomes::{Alone, Listed, Modelled};

const WHOLE_SERVER: &str = "it belongs to the whole server, and no file of one database declares it";

const STORAGE: &str = "the server makes it with its table";

/// The words of `pg_identify_object`, and since when there are such objects.
const CLASSES: &[(&str, Becomes, u16)] = &[
    ("access method", Listed, 14),
    ("aggregate", Modelled, 14),
    ("cast", Modelled, 14),
    ("collation", Modelled, 14),
    ("composite type", Modelled, 14),
    ("composite type column", Modelled, 14),
    ("conversion", Modelled, 14),
    ("database", Alone(WHOLE_SERVER), 14),
    ("default acl", Modelled, 14),
    ("default value", Modelled, 14),
    ("domain constraint", Modelled, 14),
    ("event trigger", Modelled, 14),
    ("extension", Modelled, 14),
    ("foreign table", Modelled, 14),
    ("foreign table column", Modelled, 14),
    ("foreign-data wrapper", Modelled, 14),
    ("function", Modelled, 14),
    ("function of access method", Listed, 14),
    ("index", Modelled, 14),
    ("index column", Modelled, 14),
    ("language", Modelled, 14),
    ("large object", Alone("it is data"), 14),
    ("materialized view", Modelled, 14),
    ("materialized view column", Modelled, 14),
    ("operator", Modelled, 14),
    ("operator class", Listed, 14),
    ("operator family", Modelled, 14),
    ("operator of access method", Listed, 14),
    ("parameter ACL", Alone(WHOLE_SERVER), 15),
    ("policy", Modelled, 14),
    ("procedure", Modelled, 14),
    ("publication", Modelled, 14),
    ("publication namespace", Modelled, 15),
    ("publication relation", Modelled, 14),
    ("role", Modelled, 14),
    ("role membership", Modelled, 16),
    ("rule", Modelled, 14),
    ("schema", Modelled, 14),
    ("sequence", Modelled, 14),
    ("sequence column", Modelled, 14),
    ("server", Modelled, 14),
    ("statistics object", Modelled, 14),
    ("subscription", Modelled, 14),
    ("table", Modelled, 14),
    ("table column", Modelled, 14),
    ("table constraint", Modelled, 14),
    ("tablespace", Alone(WHOLE_SERVER), 15),
    ("text search configuration", Modelled, 14),
    ("text search dictionary", Modelled, 14),
    ("text search parser", Modelled, 14),
    ("text search template", Modelled, 14),
    ("toast table", Alone(STORAGE), 14),
    ("toast table column", Alone(STORAGE), 14),
    ("transform", Listed, 14),
    ("trigger", Modelled, 14),
    ("type", Listed, 14),
    ("user mapping", Modelled, 14),
    ("view", Modelled, 14),
    ("view column", Modelled, 14),
];

/// Labels of enums are rows with an oid of their own, and no objects to the server: fields of their type.
const NO_OBJECTS: &str = "pg_enum";

/// One object made by hand.
#[derive(Debug)]
struct Live {
    address: (u32, u32, i32),
    word: String,
    identity: String,
    /// The family it is a member of.
    family: u32,
}

/// `pg_opfamily`
const FAMILY: u32 = 2753;

/// Catalogs with objects in them; large objects have the class of their bytes.
const CATALOGS: &str = "select case c.relname when 'pg_largeobject_metadata' then 2613 else c.oid end, c.relname::text \
    from pg_class c join pg_attribute a on a.attrelid = c.oid \
    where c.relnamespace = 'pg_catalog'::regnamespace and c.relkind = 'r' and a.attname = 'oid' order by 2";

/// Parts of relations that are objects to the server.
const COLUMNS: &str = "select 1259::oid, a.attrelid, a.attnum::int, i.type, i.identity, 0::oid from pg_attribute a \
    cross join lateral pg_identify_object(1259, a.attrelid, a.attnum) i \
    where a.attrelid >= 16384 and a.attnum > 0 and not a.attisdropped \
    and (i.type = 'toast table column' or i.identity not like 'pg_toast.%') order by 1, 2, 3";

/// Every object above the built-in ones, but those of extensions and those the server makes with another;
/// and the catalogs that have none.
fn live(client: &mut Client) -> (Vec<Live>, Vec<String>) {
    let (mut found, mut empty) = (Vec::new(), Vec::new());
    for row in rows(client, CATALOGS) {
        let (class, name): (u32, String) = (row.get(0), row.get(1));
        if name == NO_OBJECTS {
            continue;
        }
        let objects = rows(
            client,
            &format!(
                "select {class}::oid, c.oid, 0, i.type, i.identity, coalesce((to_jsonb(c) ->> 'amopfamily')::oid, (to_jsonb(c) ->> 'amprocfamily')::oid, 0) from {name} c \
             cross join lateral pg_identify_object({class}, c.oid, 0) i \
             where c.oid >= 16384 and (i.schema is null or i.schema <> 'pg_toast' or i.type = 'toast table') \
             and not exists (select from pg_depend d where d.classid = {class} and d.objid = c.oid \
             and d.deptype in ('e', 'P', 'S') or d.classid = {class} and d.objid = c.oid and d.deptype = 'i' \
             and i.type not in ('composite type', 'toast table'))"
            ),
        );
        // Before 15 a tablespace takes a folder of its own.
        let needless = name == "pg_tablespace" && server().install().major < 15;
        if objects.is_empty() && !needless {
            empty.push(name);
        }
        found.extend(objects);
    }
    found.extend(rows(client, COLUMNS));
    let object = |it: postgres::Row| Live {
        address: (it.get(0), it.get(1), it.get(2)),
        word: it.get(3),
        identity: it.get(4),
        family: it.get(5),
    };
    (found.into_iter().map(object).collect(), empty)
}

fn rows(client: &mut Client, text: &str) -> Vec<postgres::Row> {
    client.query(text, &[]).unwrap_or_else(|it| panic!("{it}\n{text}"))
}

/// A database with one of each.
fn one_of_each() -> (Database, Client) {
    let database = Database::new();
    let mut client = database.load("classes", include_str!("classes.sql"));
    if server().install().major >= 15 {
        let newer = "CREATE PUBLICATION fx_schemas FOR TABLES IN SCHEMA app; GRANT SET ON PARAMETER work_mem TO fx_class_role; \
            SET allow_in_place_tablespaces = on";
        client.batch_execute(newer).unwrap_or_else(|it| panic!("{it}"));
        // No transaction block may stand around it.
        client.batch_execute("CREATE TABLESPACE fx_space LOCATION ''").unwrap_or_else(|it| panic!("{it}"));
    }
    (database, client)
}

/// What the whole server keeps is taken away again.
fn cleared(client: &mut Client) {
    if server().install().major >= 15 {
        let text = "REVOKE SET ON PARAMETER work_mem FROM fx_class_role";
        client.batch_execute(text).unwrap_or_else(|it| panic!("{text}: {}", message(&it)));
        client.batch_execute("DROP TABLESPACE fx_space").unwrap_or_else(|it| panic!("{it}"));
    }
    for text in [
        "DROP SUBSCRIPTION fx_subscription",
        "DROP OWNED BY fx_class_role",
        "DROP ROLE fx_class_role, fx_class_group",
    ] {
        client.batch_execute(text).unwrap_or_else(|it| panic!("{text}: {}", message(&it)));
    }
}

fn read(client: &mut Client) -> Actual {
    catalog::actual(client).unwrap_or_else(|it| panic!("{it}"))
}

/// What is wrong with how an object is accounted for.
fn wrong(actual: &Actual, it: &Live) -> Option<String> {
    let modelled = modelled(actual, it);
    let listed = |other: &Unmodelled| other.kind == it.word && other.identity == it.identity;
    let listed = actual.facts.unmodelled.iter().any(listed);
    let row = CLASSES.iter().find(|(word, ..)| *word == it.word);
    let right = match row.map(|it| it.1) {
        None => return Some(format!("{} {}: its class is not in the table", it.word, it.identity)),
        Some(Modelled) => modelled && !listed,
        Some(Listed) => modelled != listed,
        Some(Alone(_)) => !modelled && !listed,
    };
    (!right).then(|| format!("{} {}: modelled {modelled}, listed {listed}", it.word, it.identity))
}

/// Whether an object is in the schema, itself or as a part of its whole.
fn modelled(actual: &Actual, it: &Live) -> bool {
    let Live { address: (class, oid, part), word, identity, family } = it;
    let whole = || actual.addresses.contains_key(&(*class, *oid, 0));
    let keyed = |kind: Kind| actual.schema.iter().map(|it| it.0).filter(move |it| it.kind == kind);
    match word.as_str() {
        "role" => keyed(Kind::Role).any(|it| it.name().to_string() == *identity),
        "role membership" => keyed(Kind::Membership).any(|it| match &it.path {
            Path::Keys(keys) => *identity == format!("membership of role {} in role {}", keys[1], keys[0]),
            _ => false,
        }),
        "default acl" => keyed(Kind::DefaultPrivilege).next().is_some(),
        // A member of a family of ours is a field of that, or of the class that brought it.
        "operator of access method" | "function of access method" => {
            actual.addresses.contains_key(&(FAMILY, *family, 0))
        }
        "table column" | "foreign table column" => actual.addresses.contains_key(&(*class, *oid, *part)),
        _ => whole(),
    }
}

/// Comments that are neither in the schema nor listed, though what they are on is modelled.
fn lost_comments(client: &mut Client, actual: &Actual) -> Vec<String> {
    const COMMENTS: &str = "select d.classoid, d.objoid, d.objsubid, i.type, i.identity from pg_description d \
        cross join lateral pg_identify_object(d.classoid, d.objoid, d.objsubid) i where d.objoid >= 16384";
    let on = |it: &&ObjectId| it.kind == Kind::Comment;
    let read: Vec<&ObjectId> = actual.schema.iter().map(|it| it.0).filter(on).collect();
    let mut lost = Vec::new();
    let mut due = 0;
    let is_on = |it: &ObjectId, kind: Kind, name: &str| {
        it.target()
            .is_some_and(|it| it.kind == kind && it.qual_name().is_some_and(|it| it.to_string() == name))
    };
    for row in rows(client, COMMENTS) {
        let (class, oid, part): (u32, u32, i32) = (row.get(0), row.get(1), row.get(2));
        let (word, identity): (String, String) = (row.get(3), row.get(4));
        let listed = |it: &Unmodelled| it.identity == identity && (it.kind == word || it.kind == "comment");
        let id = actual.addresses.get(&(class, oid, 0)).cloned();
        match (id, part) {
            _ if actual.facts.unmodelled.iter().any(listed) => (),
            (None, _) if matches!(CLASSES.iter().find(|it| it.0 == word), Some((_, Alone(_), _))) => (),
            (Some(id), 0) if id.kind == Kind::Extension => (),
            (Some(_), 0) if word == "index" && read.iter().any(|it| is_on(it, Kind::Index, &identity)) => {
                due += 1
            }
            (Some(id), 0) if read.iter().any(|it| it.target() == Some(&id)) => due += 1,
            (Some(_), 1..) => due += 1,
            _ => lost.push(format!("the comment on {word} {identity} is lost")),
        }
    }
    if due != read.len() {
        lost.push(format!("{due} comments are due, {} are read", read.len()));
    }
    lost
}

/// Access lists of which nothing is in the schema, though what they are on is modelled.
fn lost_grants(client: &mut Client, actual: &Actual) -> Vec<String> {
    const LISTS: &str = "select c.oid, c.relname::text, a.attname::text from pg_class c \
        join pg_attribute a on a.attrelid = c.oid where c.relnamespace = 'pg_catalog'::regnamespace \
        and c.relkind = 'r' and a.atttypid = 'aclitem[]'::regtype and not c.relisshared \
        and c.relname not in ('pg_init_privs', 'pg_default_acl', 'pg_largeobject_metadata') order by 2";
    let granted: Vec<&ObjectId> =
        actual.schema.iter().filter(|it| it.0.kind == Kind::Grant).filter_map(|it| it.0.target()).collect();
    let mut lost = Vec::new();
    for row in rows(client, LISTS) {
        let (class, catalog, list): (u32, String, String) = (row.get(0), row.get(1), row.get(2));
        let parts = catalog == "pg_attribute";
        let (class, oid, part) = if parts { (1259, "attrelid", "attnum") } else { (class, "oid", "0") };
        let text =
            format!("select {oid}, ({part})::int from {catalog} where {oid} >= 16384 and {list} is not null");
        let found = rows(client, &text);
        if found.is_empty() {
            lost.push(format!("no list in {catalog}: the example lacks one"));
        }
        for row in found {
            let (oid, part): (u32, i32) = (row.get(0), row.get(1));
            let identity = identity(client, class, oid, part);
            let listed = actual.facts.unmodelled.iter().any(|it| it.identity == identity);
            let whole = actual.addresses.get(&(class, oid, 0));
            let held = match (whole, part) {
                (Some(id), 0) => id.kind == Kind::Extension || granted.contains(&id),
                (Some(id), _) => {
                    granted.iter().any(|it| it.relation().is_some() && it.relation() == id.qual_name())
                }
                (None, _) => false,
            };
            if !held && !listed {
                lost.push(format!("the grants on {identity} are lost"));
            }
        }
    }
    lost
}

fn identity(client: &mut Client, class: u32, oid: u32, part: i32) -> String {
    let text = format!("select identity from pg_identify_object({class}, {oid}, {part})");
    rows(client, &text).first().map(|it| it.get(0)).unwrap_or_default()
}

/// What is no object, and neither modelled: each must be listed.
const STATES: &[(&str, &str)] = &[
    ("dependence on an extension", "app.f(integer) (plpgsql)"),
    ("statistics target", "app.mv.a"),
    ("setting of a column", "app.mv.a"),
    ("cluster mark", "app.mv.mv_id"),
    ("setting of an inherited column", "app.child.a"),
    ("trigger state", "above on app.part"),
];

fn is_listed(actual: &Actual, (kind, identity): &(&str, &str)) -> bool {
    actual.facts.unmodelled.iter().any(|it| it.kind == *kind && it.identity == *identity)
}

#[test]
fn every_class_is_accounted_for() {
    let (_database, mut client) = one_of_each();
    let (objects, empty) = live(&mut client);
    let actual = read(&mut client);
    let mut all: Vec<String> = objects.iter().filter_map(|it| wrong(&actual, it)).collect();
    all.extend(empty.into_iter().map(|it| format!("no object in {it}: the example lacks one")));
    let seen: BTreeSet<&str> = objects.iter().map(|it| it.word.as_str()).collect();
    let major = server().install().major;
    let due = CLASSES.iter().filter(|(word, _, since)| *since <= major && !seen.contains(word));
    all.extend(due.map(|it| format!("{}: the example has none", it.0)));
    all.extend(lost_comments(&mut client, &actual));
    all.extend(lost_grants(&mut client, &actual));
    all.extend(STATES.iter().filter(|it| !is_listed(&actual, it)).map(|it| format!("{it:?} is not listed")));
    cleared(&mut client);
    assert!(all.is_empty(), "{}", all.join("\n"));
}

#[test]
fn the_words_are_the_servers() {
    let database = Database::new();
    let mut client = database.connect();
    let major = server().install().major;
    for (word, ..) in CLASSES.iter().filter(|it| it.2 <= major) {
        let said = client.query("select pg_get_object_address($1, '{x}', '{x}')", &[word]);
        let said = said.err().map(|it| message(&it)).unwrap_or_default();
        assert!(!said.contains("unrecognized object type"), "{word}: {said}");
    }
}
