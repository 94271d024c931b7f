//! CREATE SUBSCRIPTION and ALTER SUBSCRIPTION.
//!
//! Knows that a secret is never written out; not where a subscription leads.

use model::{Expr, Kind, Making, Name, NameSet, Object, ObjectId, Settings, Span, Subscription};
use sql::{Code, Cursor, Fault};

use crate::reader::Reader;
use crate::{Verdict, option, owner, rename, secret};

/// What is set of a subscription beside its connection: the name, what it is by itself, and since when.
const OPTIONS: &[(&str, &str, u32)] = &[
    ("binary", "false", 0),
    ("streaming", "off", 0),
    ("synchronous_commit", "off", 0),
    ("two_phase", "false", 15),
    ("disable_on_error", "false", 15),
    ("password_required", "true", 16),
    ("run_as_owner", "false", 16),
    ("origin", "any", 16),
    ("failover", "false", 17),
];
/// What is done once, when a subscription is made.
const ONCE: &[&str] = &["connect", "create_slot", "copy_data", "enabled"];

/// `CREATE SUBSCRIPTION name CONNECTION '…' PUBLICATION name, … [WITH (…)]`
pub(crate) fn create(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Verdict, Fault> {
    let begin = cursor.span();
    cursor.expect(&["create", "subscription"])?;
    let name = cursor.name()?;
    let connection = connection(reader, cursor)?;
    cursor.expect(&["publication"])?;
    let publications = names(cursor)?;
    let said = if cursor.eat(&["with"]) { said(reader, cursor)? } else { Settings::new() };
    cursor.expect_done()?;
    let flag = |name: &str, default: bool| said.get(name).map_or(default, |it| it == "true");
    let connect = flag("connect", true);
    let making =
        Making { connect, create_slot: flag("create_slot", connect), copy_data: flag("copy_data", connect) };
    let mut subscription = Subscription {
        connection,
        publications,
        enabled: flag("enabled", connect),
        slot: Some(name.clone()),
        options: Settings::new(),
        making,
    };
    set(&mut subscription, said, &reader.facts.major);
    let id = Kind::Subscription.root(&name);
    let span = begin.to(cursor.previous());
    reader.is_free(&id, span)?;
    rename::said(reader, &id, begin);
    reader.declare(&id, subscription, span);
    Ok(Verdict::Declared)
}

/// A secret in it stands for itself only as `${env:NAME}` or `${file:PATH}`.
fn connection(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Expr, Fault> {
    let at = cursor.span();
    cursor.expect(&["connection"])?;
    let string = cursor.span();
    let text = cursor.string()?;
    let info = sql::conninfo(&text, "***");
    if info.literals.is_empty() {
        return Ok(info.expr());
    }
    secret::blot_out(&mut reader.desired.sources, string, &info.literals);
    Err(secret::literal(at))
}

fn names(cursor: &mut Cursor<'_>) -> Result<NameSet, Fault> {
    let mut names = NameSet::new();
    loop {
        names.insert(cursor.name()?);
        if !cursor.eat_symbol(",") {
            return Ok(names);
        }
    }
}

/// `(name [= value], …)`, each value as the server would keep it.
fn said(reader: &Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Settings, Fault> {
    let at = cursor.span();
    let mut found = Settings::new();
    for (name, value) in option::list(cursor)? {
        let known = OPTIONS.iter().find(|it| it.0 == name);
        let too_old = known.is_some_and(|it| it.2 > reader.facts.major) && !reader.facts.offline;
        if too_old || (known.is_none() && !ONCE.contains(&name.as_str()) && name != "slot_name") {
            let message = format!("a subscription has no option {name} in PostgreSQL {}", reader.facts.major);
            return Err(Fault::new(Code::Unsupported, at, message));
        }
        let words = ["streaming", "synchronous_commit", "origin", "slot_name"].contains(&name.as_str());
        let value = match (words, option::boolean(&value)) {
            (false, Some(on)) => on.to_string(),
            (true, Some(on)) if name == "streaming" => if on { "on" } else { "off" }.to_owned(),
            (false, None) => {
                return Err(Fault::new(
                    Code::Syntax,
                    at,
                    format!("{name} takes true or false, not `{value}`"),
                ));
            }
            (true, _) if name == "slot_name" => value,
            (true, _) => value.to_lowercase(),
        };
        found.insert(name, value);
    }
    Ok(found)
}

/// Takes over what was said; what a thing is by itself need not be said.
fn set(subscription: &mut Subscription, said: Settings, major: &u32) {
    for (name, value) in said {
        if name == "slot_name" {
            subscription.slot =
                Some(Name::from(value)).filter(|it| !it.as_str().eq_ignore_ascii_case("none"));
        } else if let Some((_, usual, _)) = OPTIONS.iter().find(|it| it.0 == name) {
            let usual = if name == "streaming" && *major >= 18 { "parallel" } else { *usual };
            match value == usual {
                true => _ = subscription.options.shift_remove(&name),
                false => _ = subscription.options.insert(name, value),
            }
        }
    }
}

/// `ALTER SUBSCRIPTION name { CONNECTION … | {SET|ADD|DROP} PUBLICATION … | ENABLE | DISABLE | SET (…) |
/// OWNER TO … | RENAME TO … | REFRESH … | SKIP … }`
pub(crate) fn alter(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Verdict, Fault> {
    let begin = cursor.span();
    cursor.expect(&["alter", "subscription"])?;
    let id = reader.declared_root(cursor, Kind::Subscription)?;
    match () {
        () if cursor.at(&["owner"]) => return owner::owner_to(reader, cursor, &id),
        () if cursor.at(&["rename"]) => return rename::clause(reader, cursor, &id, begin),
        () if cursor.at(&["refresh"]) || cursor.at(&["skip"]) => {
            return Ok(Verdict::Passed("it changes what has been received, and declares nothing"));
        }
        () => (),
    }
    let Some(Object::Subscription(mut it)) = reader.desired.schema.get(&id).cloned() else {
        return Ok(Verdict::Declared);
    };
    match () {
        () if cursor.at(&["connection"]) => it.connection = connection(reader, cursor)?,
        () if cursor.eat(&["enable"]) => it.enabled = true,
        () if cursor.eat(&["disable"]) => it.enabled = false,
        () if cursor.eat(&["set", "publication"]) => it.publications = published(reader, cursor)?,
        () if cursor.eat(&["add", "publication"]) => it.publications.extend(published(reader, cursor)?),
        () if cursor.eat(&["drop", "publication"]) => {
            let gone = published(reader, cursor)?;
            it.publications.retain(|name| !gone.contains(name));
        }
        () if cursor.eat(&["set"]) => {
            let said = said(reader, cursor)?;
            set(&mut it, said, &reader.facts.major);
        }
        () => {
            return Err(cursor.wanted("CONNECTION, PUBLICATION, ENABLE, DISABLE, SET, OWNER TO or RENAME TO"));
        }
    }
    cursor.expect_done()?;
    keep(reader, &id, it, begin.to(cursor.previous()));
    Ok(Verdict::Declared)
}

/// Publications, and how the tables in them are fetched, which is done once.
fn published(_: &Reader<'_>, cursor: &mut Cursor<'_>) -> Result<NameSet, Fault> {
    let names = names(cursor)?;
    if cursor.eat(&["with"]) {
        option::list(cursor)?;
    }
    Ok(names)
}

fn keep(reader: &mut Reader<'_>, id: &ObjectId, subscription: Subscription, span: Span) {
    reader.desired.spans.insert(id.clone(), span);
    if let Some(known) = reader.desired.schema.get_mut(id) {
        *known = subscription.into();
    }
}
