//! CREATE CAST, CREATE CONVERSION and CREATE LANGUAGE, and what ALTER says of them.
//!
//! Knows which options there are; not what the functions do.

use model::{Cast, CastContext, CastMethod, Conversion, Extension, Kind, Language, ObjectId, QualName, Span};
use sql::{Code, Cursor, Fault};

use crate::alter_table::{self, Target, not_modelled};
use crate::reader::{Reader, unknown};
use crate::refer::Found;
use crate::{Verdict, owner, rename, signature};

/// Takes `(source AS target)`.
pub(crate) fn identity(reader: &Reader<'_>, cursor: &mut Cursor<'_>) -> Result<ObjectId, Fault> {
    types(reader, cursor).map(|(source, target)| Cast::id(&source, &target))
}

fn types(reader: &Reader<'_>, cursor: &mut Cursor<'_>) -> Result<(model::Type, model::Type), Fault> {
    cursor.expect_symbol("(")?;
    let source = signature::bare_type(reader, cursor)?;
    cursor.expect(&["as"])?;
    let target = signature::bare_type(reader, cursor)?;
    cursor.expect_symbol(")")?;
    Ok((source, target))
}

/// `CREATE CAST (source AS target) {WITH FUNCTION f [(types)] | WITHOUT FUNCTION | WITH INOUT} [AS …]`
pub(crate) fn create(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Verdict, Fault> {
    let begin = cursor.span();
    cursor.expect(&["create", "cast"])?;
    let (source, target) = types(reader, cursor)?;
    let method = match () {
        () if cursor.eat(&["without", "function"]) => CastMethod::Binary,
        () if cursor.eat(&["with", "inout"]) => CastMethod::Inout,
        () => {
            cursor.expect(&["with", "function"])?;
            let called = reader.routine_name(cursor)?;
            let name = reader.function_named(&called.parts);
            let arguments = match &called.parameters {
                Some(parameters) => signature::types(parameters),
                None => only_arguments(reader, &name).unwrap_or_else(|| source.text.clone()),
            };
            CastMethod::Function { name, arguments }
        }
    };
    let context = match () {
        () if cursor.eat(&["as", "assignment"]) => CastContext::Assignment,
        () if cursor.eat(&["as", "implicit"]) => CastContext::Implicit,
        () => CastContext::Explicit,
    };
    cursor.expect_done()?;
    let (id, span) = (Cast::id(&source, &target), begin.to(cursor.previous()));
    reader.is_free(&id, span)?;
    reader.declare(&id, Cast { source, target, method, context }, span);
    Ok(Verdict::Declared)
}

/// The input types of the one declared function of a name.
fn only_arguments(reader: &Reader<'_>, name: &QualName) -> Option<std::sync::Arc<str>> {
    let mut all = reader.desired.schema.routines(name).filter(|it| it.kind == Kind::Function);
    match (all.next().map(|it| &it.path), all.next()) {
        (Some(model::Path::Routine(_, types)), None) => Some(types.clone()),
        _ => None,
    }
}

/// What COMMENT ON CAST is about.
pub(crate) fn reference(reader: &Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Found, Fault> {
    let id = identity(reader, cursor)?;
    Ok(reader.declared_or_outside(id))
}

/// `CREATE [DEFAULT] CONVERSION name FOR 'encoding' TO 'encoding' FROM function`
pub(crate) fn create_conversion(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Verdict, Fault> {
    let begin = cursor.span();
    cursor.expect(&["create"])?;
    let default = cursor.eat(&["default"]);
    cursor.expect(&["conversion"])?;
    let (at, parts) = (cursor.span(), cursor.dotted()?);
    let name = reader.created(parts, at)?;
    cursor.expect(&["for"])?;
    let from = cursor.string()?;
    cursor.expect(&["to"])?;
    let to = cursor.string()?;
    cursor.expect(&["from"])?;
    let function = reader.function_named(&cursor.dotted()?);
    cursor.expect_done()?;
    let (id, span) = (Kind::Conversion.named(&name), begin.to(cursor.previous()));
    reader.is_free(&id, span)?;
    rename::said(reader, &id, begin);
    reader.declare(&id, Conversion { from, to, function, default }, span);
    Ok(Verdict::Declared)
}

/// `ALTER CONVERSION name {RENAME TO | OWNER TO | SET SCHEMA} …`
pub(crate) fn alter_conversion(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Verdict, Fault> {
    let begin = cursor.span();
    cursor.expect(&["alter", "conversion"])?;
    match reader.find_plain(cursor, Kind::Conversion)? {
        Found::Declared(id) => whole(reader, cursor, id, begin),
        Found::Outside => Ok(Verdict::Passed("it is about a conversion that is not the file's")),
    }
}

fn whole(
    reader: &mut Reader<'_>,
    cursor: &mut Cursor<'_>,
    id: ObjectId,
    begin: Span,
) -> Result<Verdict, Fault> {
    let verdict = alter_table::whole(reader, cursor, &Target { id, begin })?;
    cursor.expect_done()?;
    verdict.ok_or_else(|| not_modelled(begin.to(cursor.span()), "this change"))
}

/// `CREATE [OR REPLACE] [TRUSTED] [PROCEDURAL] LANGUAGE name [HANDLER h [INLINE i] [VALIDATOR v]]`. A name
/// alone asks for the extension of that name.
pub(crate) fn create_language(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Verdict, Fault> {
    let begin = cursor.span();
    cursor.expect(&["create"])?;
    let replace = cursor.eat(&["or", "replace"]);
    let trusted = cursor.eat(&["trusted"]);
    cursor.eat(&["procedural"]);
    cursor.expect(&["language"])?;
    let name = cursor.name()?;
    let function = |reader: &Reader<'_>, cursor: &mut Cursor<'_>| -> Result<QualName, Fault> {
        Ok(reader.function_named(&cursor.dotted()?))
    };
    if !cursor.eat(&["handler"]) {
        cursor.expect_done()?;
        let (id, span) = (Kind::Extension.root(&name), begin.to(cursor.previous()));
        if reader.desired.schema.contains(&id) {
            return Ok(Verdict::Idiom);
        }
        reader.declare(&id, Extension::default(), span);
        return Ok(Verdict::Declared);
    }
    let handler = function(reader, cursor)?;
    let inline = if cursor.eat(&["inline"]) { Some(function(reader, cursor)?) } else { None };
    let validator = match () {
        () if cursor.eat(&["no", "validator"]) => None,
        () if cursor.eat(&["validator"]) => Some(function(reader, cursor)?),
        () => None,
    };
    cursor.expect_done()?;
    let (id, span) = (Kind::Language.root(&name), begin.to(cursor.previous()));
    if !replace {
        reader.is_free(&id, span)?;
    }
    rename::said(reader, &id, begin);
    reader.declare(&id, Language { trusted, handler, inline, validator }, span);
    Ok(Verdict::Declared)
}

/// `ALTER [PROCEDURAL] LANGUAGE name {RENAME TO | OWNER TO} …`
pub(crate) fn alter_language(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Verdict, Fault> {
    let begin = cursor.span();
    cursor.expect(&["alter"])?;
    cursor.eat(&["procedural"]);
    cursor.expect(&["language"])?;
    match find_language(reader, cursor)? {
        Found::Declared(id) if cursor.at(&["rename"]) => rename::clause(reader, cursor, &id, begin),
        Found::Declared(id) => owner::owner_to(reader, cursor, &id),
        Found::Outside => Ok(Verdict::Passed("it is about a language that is not the file's")),
    }
}

/// Takes the name of a language. The server has some, and extensions bring others.
pub(crate) fn find_language(reader: &Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Found, Fault> {
    const BUILT_IN: &[&str] = &["internal", "c", "sql", "plpgsql"];
    let (at, name) = (cursor.span(), cursor.name()?);
    let id = Kind::Language.root(&name);
    let brought = reader.desired.schema.contains(&Kind::Extension.root(&name))
        || reader.facts.extensions.installed.contains_key(&name);
    match reader.desired.schema.contains(&id) {
        true => Ok(Found::Declared(id)),
        false if brought || BUILT_IN.contains(&name.as_str()) => Ok(Found::Outside),
        false => Err(Fault { code: Code::Unknown, ..unknown(&[name], "language", at) }),
    }
}
