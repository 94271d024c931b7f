//! COMMENT ON, for every kind that is modelled.

use model::{Comment, Kind, Name, ObjectId, QualName, Span};
use sql::{Code, Cursor, Fault};

use crate::alter_table::not_modelled;
use crate::reader::{Reader, unknown};
use crate::refer::{Found, kinds_of};
use crate::{Verdict, cast, foreign, operator, operator_class, types_composite, types_range};

/// What initdb says about the namespace public.
const PUBLIC: &str = "standard public schema";

/// `COMMENT ON kind object IS 'text' | NULL`
pub(crate) fn comment(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Verdict, Fault> {
    let begin = cursor.span();
    cursor.expect(&["comment", "on"])?;
    let found = target(reader, cursor)?;
    cursor.expect(&["is"])?;
    let text = if cursor.eat(&["null"]) { String::new() } else { cursor.string()? };
    cursor.expect_done()?;
    let span = begin.to(cursor.previous());
    match found {
        Target::Found(Found::Declared(target)) => {
            say(reader, &target, text, span);
            Ok(Verdict::Declared)
        }
        Target::Found(Found::Outside) => Ok(Verdict::Passed("it is about an object that is not the file's")),
        Target::Elsewhere(why) => Ok(Verdict::Passed(why)),
    }
}

/// Says what an object's comment is from now on; an empty one is none.
fn say(reader: &mut Reader<'_>, target: &ObjectId, text: String, span: Span) {
    let id = Kind::Comment.on(target);
    let built_in = match target.kind {
        Kind::Namespace => target.name().as_str() == "public" && text == PUBLIC,
        Kind::Extension => reader.facts.extensions.comments.get(target.name()) == Some(&text),
        _ => false,
    };
    if text.is_empty() || built_in {
        reader.desired.schema.remove(&id);
        reader.desired.spans.remove(&id);
        return;
    }
    reader.desired.spans.insert(id.clone(), span);
    reader.desired.schema.insert(id, Comment { text });
}

/// What a comment or label is about.
pub(crate) enum Target {
    /// Something of the schema, or of nobody's.
    Found(Found),
    /// Nothing of the schema: why.
    Elsewhere(&'static str),
}

/// Takes the words of a kind and what addresses one of it.
pub(crate) fn target(reader: &Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Target, Fault> {
    const ROLES: &str = "roles are existence only: comments on them are not managed";
    if cursor.eat(&["database"]) {
        cursor.name()?;
        return Ok(Target::Elsewhere("the database itself is not managed"));
    }
    if cursor.eat(&["role"]) {
        cursor.name()?;
        return Ok(Target::Elsewhere(ROLES));
    }
    _ = cursor.at(&["materialized", "view"]) && cursor.eat(&["materialized"]);
    for (words, kind) in [("class", Kind::OperatorClass), ("family", Kind::OperatorFamily)] {
        if cursor.eat(&["operator", words]) {
            return operator_class::reference(reader, cursor, kind).map(Target::Found);
        }
    }
    if let Some(found) = reader.find_addressed(cursor) {
        return found.map(Target::Found);
    }
    _ = cursor.at(&["procedural", "language"]) && cursor.eat(&["procedural"]);
    if let Some((words, kind)) = foreign::WORDS.iter().find(|(words, _)| cursor.at(words)) {
        cursor.eat(words);
        return foreign::reference(reader, cursor, *kind).map(Target::Found);
    }
    _ = cursor.at(&["foreign", "table"]) && cursor.eat(&["foreign"]);
    let word = cursor.eat_any(&[
        "table",
        "view",
        "sequence",
        "column",
        "index",
        "constraint",
        "trigger",
        "policy",
        "rule",
        "function",
        "procedure",
        "aggregate",
        "routine",
        "type",
        "domain",
        "schema",
        "extension",
        "collation",
        "operator",
        "cast",
        "conversion",
        "language",
        "statistics",
    ]);
    let found = match word {
        Some("table" | "view" | "sequence") => reader.find_relation(cursor)?,
        Some("column") => column(reader, cursor)?,
        Some("index") => index(reader, cursor)?,
        Some("constraint") => constraint(reader, cursor)?,
        Some("trigger") => part(reader, cursor, Kind::Trigger)?,
        Some("rule") => part(reader, cursor, Kind::Rule)?,
        Some("policy") => part(reader, cursor, Kind::Policy)?,
        Some("type" | "domain") => of_type(reader, cursor)?,
        Some("schema") => reader.find_namespace(cursor)?,
        Some("statistics") => reader.find_plain(cursor, Kind::Statistics)?,
        Some("extension") => extension(reader, cursor)?,
        Some("cast") => cast::reference(reader, cursor)?,
        Some("conversion") => reader.find_plain(cursor, Kind::Conversion)?,
        Some("language") => cast::find_language(reader, cursor)?,
        Some("operator") => operator::reference(reader, cursor)?,
        Some("collation") => reader.find_plain(cursor, Kind::Collation)?,
        Some(word) => {
            let name = reader.routine_name(cursor)?;
            reader.routine(&name, kinds_of(word))?
        }
        None => {
            return Err(Fault { code: Code::Unsupported, ..cursor.wanted("a kind of object that is read") });
        }
    };
    Ok(Target::Found(found))
}

/// A type; a comment on a multirange type is not one on its range.
fn of_type(reader: &Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Found, Fault> {
    let (begin, mark) = (cursor.span(), cursor.mark());
    let parts = cursor.dotted()?;
    let span = begin.to(cursor.previous());
    cursor.reset(mark);
    let found = reader.find_type(cursor)?;
    match &found {
        Found::Declared(id) if types_range::is_multirange(reader, id, &parts) => {
            Err(Fault::new(Code::Unsupported, span, "a comment on a multirange type is not modelled"))
        }
        _ => Ok(found),
    }
}

fn extension(reader: &Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Found, Fault> {
    let id = Kind::Extension.root(&cursor.name()?);
    // Every database has it, whether a file declares it or not.
    match id.name().as_str() {
        "plpgsql" => Ok(Found::Declared(id)),
        _ => Ok(reader.declared_or_outside(id)),
    }
}

fn column(reader: &Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Found, Fault> {
    let begin = cursor.span();
    let mut parts = cursor.dotted()?;
    let span = begin.to(cursor.previous());
    let name = parts.pop().unwrap_or_default();
    if parts.is_empty() {
        return Err(Fault::new(Code::Syntax, span, "a column's name stands behind its table's"));
    }
    if let Some(id) = types_composite::attribute(reader, &parts, &name) {
        return Ok(Found::Declared(id));
    }
    let relation = match reader.find_relation_named(&parts, span)? {
        Found::Declared(it) => it,
        Found::Outside => return Ok(Found::Outside),
    };
    let Some(of) = relation.qual_name() else { return Ok(Found::Outside) };
    let id = Kind::Column.of(of, &name);
    let known = relation.kind != Kind::Table || reader.columns(of).contains(&name);
    match known {
        true => Ok(Found::Declared(id)),
        false => Err(unknown(&[parts, vec![name]].concat(), "column", span)),
    }
}

/// An index, or the one behind a constraint.
fn index(reader: &Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Found, Fault> {
    let begin = cursor.span();
    let parts = cursor.dotted()?;
    let span = begin.to(cursor.previous());
    let declared = |it: &QualName| {
        let id = Kind::Index.named(it);
        (reader.desired.schema.contains(&id) || reader.relation_taken(it)).then_some(id)
    };
    match reader.lookup(&parts, declared) {
        Some(id) => Ok(Found::Declared(id)),
        None => Err(unknown(&parts, "index", span)),
    }
}

fn constraint(reader: &Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Found, Fault> {
    let begin = cursor.span();
    let name = cursor.name()?;
    cursor.expect(&["on"])?;
    let on_domain = cursor.eat(&["domain"]);
    let found = if on_domain { reader.find_type(cursor)? } else { reader.find_relation(cursor)? };
    let Found::Declared(owner) = found else { return Ok(Found::Outside) };
    let Some(of) = owner.qual_name() else { return Ok(Found::Outside) };
    let id = match on_domain {
        true => Some(Kind::DomainConstraint.of(of, &name)).filter(|it| reader.desired.schema.contains(it)),
        false => reader.constraint(of, &name),
    };
    let at = begin.to(cursor.previous());
    id.map(Found::Declared).ok_or_else(|| match reader.parents(of).is_empty() {
        true if crate::types_domain::is_not_null(reader, of, &name) => {
            not_modelled(at, "a comment on the NOT NULL of a domain")
        }
        true => missing_part(&name, &owner, "constraint", at),
        false => not_modelled(at, "a comment on a constraint that a table may have from above"),
    })
}

/// A trigger or policy on a relation.
pub(crate) fn part(reader: &Reader<'_>, cursor: &mut Cursor<'_>, kind: Kind) -> Result<Found, Fault> {
    let begin = cursor.span();
    let name = cursor.name()?;
    cursor.expect(&["on"])?;
    let Found::Declared(owner) = reader.find_relation(cursor)? else { return Ok(Found::Outside) };
    let Some(of) = owner.qual_name() else { return Ok(Found::Outside) };
    let id = kind.of(of, &name);
    match reader.desired.schema.contains(&id) {
        true => Ok(Found::Declared(id)),
        false => Err(missing_part(&name, &owner, kind.meta().noun, begin.to(cursor.previous()))),
    }
}

fn missing_part(name: &Name, owner: &ObjectId, what: &str, span: Span) -> Fault {
    Fault::new(Code::Unknown, span, format!("{owner} has no {what} `{name}` at this point of the file"))
}
