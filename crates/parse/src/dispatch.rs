//! Which reader a statement goes to, by its first words. The one match on statements.

use sql::{Code, Cursor, Fault};

use crate::reader::Reader;
use crate::{
    Verdict, aggregate, alter_table, call, cast, collation, comment, data, default_privilege, drop,
    extension, foreign, grant, idiom, index, namespace, operator, operator_class, policy, rewrite, role,
    routine, sequence, session, set, statistics, table, trigger, types, types_domain, view,
};

/// Reads one statement from its first word to its last token.
type Read = fn(&mut Reader<'_>, &mut Cursor<'_>) -> Result<Verdict, Fault>;

/// Reads one statement.
pub(crate) fn statement(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Verdict, Fault> {
    let (verb, noun) = head(cursor);
    let read = structure(&verb, &noun).or_else(|| database(&verb, &noun));
    match read.or_else(|| behaviour(&verb, &noun)).or_else(|| upkeep(&verb)) {
        Some(read) => read(reader, cursor),
        None => Err(unsupported(cursor, &verb, &noun)),
    }
}

/// Types, sequences, tables and what lives on them.
fn structure(verb: &str, noun: &str) -> Option<Read> {
    match (verb, noun) {
        ("create", "table") => Some(table::create),
        ("alter", "table") => Some(alter_table::alter),
        ("create", "foreign table") => Some(table::create),
        ("alter", "foreign table") => Some(alter_table::alter),
        ("create", "index") => Some(index::create),
        ("alter", "index") => Some(index::alter),
        ("create", "sequence") => Some(sequence::create),
        ("alter", "sequence") => Some(sequence::alter),
        ("create", "statistics") => Some(statistics::create),
        ("alter", "statistics") => Some(statistics::alter),
        ("create", "type") => Some(types::create),
        ("alter", "type") => Some(types::alter),
        ("create", "collation") => Some(collation::create),
        ("alter", "collation") => Some(collation::alter),
        ("create", "domain") => Some(types_domain::create),
        ("alter", "domain") => Some(types_domain::alter),
        _ => None,
    }
}

/// What belongs to the whole database, or names no columns.
fn database(verb: &str, noun: &str) -> Option<Read> {
    match (verb, noun) {
        ("create", "publication") => Some(crate::publication::create),
        ("alter", "publication") => Some(crate::publication::alter),
        ("create", "subscription") => Some(crate::subscription::create),
        ("alter", "subscription") => Some(crate::subscription::alter),
        ("create", "text search parser") => Some(crate::text_search::create_parser),
        ("create", "text search template") => Some(crate::text_search::create_template),
        ("alter", "text search parser" | "text search template") => Some(crate::text_search::alter_parser),
        ("create", "text search dictionary") => Some(crate::text_search::create_dictionary),
        ("alter", "text search dictionary") => Some(crate::text_search::alter_dictionary),
        ("create", "text search configuration") => Some(crate::text_search_configuration::create),
        ("alter", "text search configuration") => Some(crate::text_search_configuration::alter),
        ("create", "event trigger") => Some(crate::event_trigger::create),
        ("alter", "event trigger") => Some(crate::event_trigger::alter),
        _ => None,
    }
}

/// Everything else.
fn behaviour(verb: &str, noun: &str) -> Option<Read> {
    match (verb, noun) {
        ("create", "schema") => Some(namespace::create),
        ("alter", "schema") => Some(namespace::alter),
        ("create", "foreign data wrapper") => Some(foreign::create_wrapper),
        ("alter", "foreign data wrapper") => Some(foreign::alter_wrapper),
        ("create", "server") => Some(foreign::create_server),
        ("alter", "server") => Some(foreign::alter_server),
        ("create", "user mapping") => Some(foreign::create_mapping),
        ("alter", "user mapping") => Some(foreign::alter_mapping),
        ("drop", "user mapping") => Some(foreign::drop_mapping),
        ("import", _) => Some(foreign::import),
        ("create", "extension") => Some(extension::create),
        ("alter", "extension") => Some(extension::alter),
        ("create", "role" | "user" | "group") => Some(role::create),
        ("alter", "role" | "user" | "group") => Some(role::alter),
        ("grant" | "revoke", _) => Some(grant::grant),
        ("alter", "default privileges") => Some(default_privilege::alter),
        ("security", _) => Some(crate::security_label::label),
        ("comment", _) => Some(comment::comment),
        ("create", "view") => Some(view::create),
        ("create", "materialized view") => Some(view::create_materialized),
        ("alter", "view" | "materialized view") => Some(view::alter),
        ("create", "function" | "procedure") => Some(routine::create),
        ("create", "aggregate") => Some(aggregate::create),
        ("create", "operator") => Some(operator::create),
        ("alter", "operator") => Some(operator::alter),
        ("create", "cast") => Some(cast::create),
        ("create", "conversion" | "default conversion") => Some(cast::create_conversion),
        ("alter", "conversion") => Some(cast::alter_conversion),
        ("create", "language") => Some(cast::create_language),
        ("alter", "language") => Some(cast::alter_language),
        ("create", "operator class") => Some(operator_class::create_class),
        ("alter", "operator class") => Some(operator_class::alter_class),
        ("create", "operator family") => Some(operator_class::create_family),
        ("alter", "operator family") => Some(operator_class::alter_family),
        ("alter", "function" | "procedure" | "aggregate" | "routine") => Some(routine::alter),
        ("create", "trigger" | "constraint trigger") => Some(trigger::create),
        ("alter", "trigger") => Some(trigger::alter),
        ("create", "rule") => Some(rewrite::create),
        ("alter", "rule") => Some(rewrite::alter),
        ("create", "policy") => Some(policy::create),
        ("alter", "policy") => Some(policy::alter),
        ("drop", noun) if drop::knows(noun) => Some(drop::drop),
        ("do", _) => Some(idiom::block),
        ("insert" | "update" | "delete" | "merge" | "truncate" | "copy", _) => Some(data::rows),
        ("select" | "values" | "table" | "with", _) => Some(call::select),
        ("call", _) => Some(call::call),
        _ => None,
    }
}

/// What ends with the session or the transaction, or tends what is there.
fn upkeep(verb: &str) -> Option<Read> {
    match verb {
        "set" => Some(set::set),
        "reset" | "discard" => Some(set::reset),
        "begin" | "start" | "commit" | "end" | "rollback" | "abort" | "savepoint" | "release" => {
            Some(session::transaction)
        }
        "prepare" | "deallocate" => Some(session::prepared),
        "show" => Some(session::show),
        "explain" => Some(session::explain),
        "lock" => Some(session::lock),
        "load" => Some(session::load),
        "vacuum" | "analyze" | "analyse" | "refresh" | "reindex" | "notify" | "listen" | "unlisten"
        | "checkpoint" => Some(data::upkeep),
        "cluster" => Some(data::cluster),
        _ => None,
    }
}

fn unsupported(cursor: &Cursor<'_>, verb: &str, noun: &str) -> Fault {
    let what = match noun.is_empty() {
        true => verb.to_uppercase(),
        false => format!("{} {}", verb.to_uppercase(), noun.to_uppercase()),
    };
    let span = cursor.rest().get(..2).map_or_else(|| cursor.span(), |it| it[0].span.to(it[1].span));
    Fault::new(Code::Unsupported, span, format!("{what} is not understood"))
        .hint("`-- reconcile: ignore` above the statement leaves it alone")
}

/// Words that may stand between CREATE and what is created.
const MODIFIERS: &[&str] = &[
    "or",
    "replace",
    "temp",
    "temporary",
    "local",
    "global",
    "unlogged",
    "unique",
    "recursive",
    "trusted",
    "procedural",
];

/// Nouns of more than one word.
const LONG: &[&[&str]] = &[
    &["materialized", "view"],
    &["foreign", "table"],
    &["foreign", "data", "wrapper"],
    &["default", "privileges"],
    &["default", "conversion"],
    &["event", "trigger"],
    &["constraint", "trigger"],
    &["user", "mapping"],
    &["access", "method"],
    &["text", "search", "configuration"],
    &["text", "search", "dictionary"],
    &["text", "search", "parser"],
    &["text", "search", "template"],
    &["operator", "class"],
    &["operator", "family"],
    &["large", "object"],
];

/// What a statement does and, for CREATE, ALTER and DROP, to what: `("create", "view")`.
pub(crate) fn head(cursor: &Cursor<'_>) -> (String, String) {
    let mut ahead = cursor.clone();
    let Some(verb) = ahead.next().map(|it| it.value.clone()) else { return Default::default() };
    if !["create", "alter", "drop"].contains(&verb.as_str()) {
        return (verb, String::new());
    }
    while ahead.eat_any(MODIFIERS).is_some() {}
    let long = LONG.iter().find(|it| ahead.at(it));
    let noun = long.map(|it| it.join(" "));
    let noun = noun.or_else(|| ahead.peek().map(|it| it.value.clone())).unwrap_or_default();
    (verb, noun)
}
