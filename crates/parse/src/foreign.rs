//! Foreign-data wrappers, servers and user mappings; what foreign tables say beyond other tables.
//!
//! Keeps no secret: a secret option has to be a placeholder.

use model::{
    Foreign, Kind, Object, ObjectId, QualName, Secret, Server, Settings, Span, UserMapping, Wrapper,
};
use sql::{Code, Cursor, Fault, TokenKind};

use crate::reader::{Reader, unknown};
use crate::{Verdict, owner, rename, secret};

/// `CREATE FOREIGN DATA WRAPPER name [HANDLER f | NO HANDLER] [VALIDATOR f | NO VALIDATOR] [OPTIONS (…)]`
pub(crate) fn create_wrapper(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Verdict, Fault> {
    let begin = cursor.span();
    cursor.expect(&["create", "foreign", "data", "wrapper"])?;
    let (at, name) = (cursor.span(), cursor.name()?);
    let id = Kind::Wrapper.root(&name);
    reader.is_free(&id, at)?;
    let mut wrapper = Wrapper::default();
    while function(reader, cursor, &mut wrapper)? {}
    wrapper.options = options(cursor)?;
    cursor.expect_done()?;
    rename::said(reader, &id, begin);
    reader.declare(&id, wrapper, begin.to(cursor.previous()));
    Ok(Verdict::Declared)
}

/// `HANDLER f`, `NO HANDLER`, `VALIDATOR f`, `NO VALIDATOR`, if that is what stands here.
fn function(reader: &Reader<'_>, cursor: &mut Cursor<'_>, wrapper: &mut Wrapper) -> Result<bool, Fault> {
    let named = |cursor: &mut Cursor<'_>| Ok::<QualName, Fault>(reader.function_named(&cursor.dotted()?));
    match () {
        () if cursor.eat(&["no", "handler"]) => wrapper.handler = None,
        () if cursor.eat(&["no", "validator"]) => wrapper.validator = None,
        () if cursor.eat(&["handler"]) => wrapper.handler = Some(named(cursor)?),
        () if cursor.eat(&["validator"]) => wrapper.validator = Some(named(cursor)?),
        () => return Ok(false),
    }
    Ok(true)
}

/// `ALTER FOREIGN DATA WRAPPER name …`
pub(crate) fn alter_wrapper(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Verdict, Fault> {
    cursor.expect(&["alter", "foreign", "data", "wrapper"])?;
    let id = declared(reader, cursor, Kind::Wrapper)?;
    if cursor.at(&["owner"]) {
        return owner::owner_to(reader, cursor, &id);
    }
    let Some(Object::Wrapper(mut wrapper)) = reader.desired.schema.get(&id).cloned() else {
        return Ok(Verdict::Idiom);
    };
    while function(reader, cursor, &mut wrapper)? {}
    change(cursor, &mut wrapper.options)?;
    done(cursor)?;
    reader.schema().insert(id, wrapper);
    Ok(Verdict::Declared)
}

/// `CREATE SERVER [IF NOT EXISTS] name [TYPE t] [VERSION v] FOREIGN DATA WRAPPER w [OPTIONS (…)]`
pub(crate) fn create_server(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Verdict, Fault> {
    let begin = cursor.span();
    cursor.expect(&["create", "server"])?;
    let guarded = cursor.eat(&["if", "not", "exists"]);
    let (at, name) = (cursor.span(), cursor.name()?);
    let id = Kind::Server.root(&name);
    if guarded && reader.desired.schema.contains(&id) {
        return Ok(Verdict::Idiom);
    }
    reader.is_free(&id, at)?;
    let ty = if cursor.eat(&["type"]) { Some(cursor.string()?) } else { None };
    let version = version(cursor)?.flatten();
    cursor.expect(&["foreign", "data", "wrapper"])?;
    let wrapper = cursor.name()?;
    let options = options(cursor)?;
    cursor.expect_done()?;
    rename::said(reader, &id, begin);
    reader.declare(&id, Server { wrapper, ty, version, options }, begin.to(cursor.previous()));
    Ok(Verdict::Declared)
}

fn version(cursor: &mut Cursor<'_>) -> Result<Option<Option<String>>, Fault> {
    if !cursor.eat(&["version"]) {
        return Ok(None);
    }
    Ok(Some(if cursor.eat(&["null"]) { None } else { Some(cursor.string()?) }))
}

/// `ALTER SERVER name [VERSION v] [OPTIONS (…)]`, `… OWNER TO role`
pub(crate) fn alter_server(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Verdict, Fault> {
    cursor.expect(&["alter", "server"])?;
    let id = declared(reader, cursor, Kind::Server)?;
    if cursor.at(&["owner"]) {
        return owner::owner_to(reader, cursor, &id);
    }
    let Some(Object::Server(mut server)) = reader.desired.schema.get(&id).cloned() else {
        return Ok(Verdict::Idiom);
    };
    server.version = version(cursor)?.unwrap_or(server.version);
    change(cursor, &mut server.options)?;
    done(cursor)?;
    reader.schema().insert(id, server);
    Ok(Verdict::Declared)
}

/// `CREATE USER MAPPING [IF NOT EXISTS] FOR role SERVER name [OPTIONS (…)]`
pub(crate) fn create_mapping(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Verdict, Fault> {
    let begin = cursor.span();
    cursor.expect(&["create", "user", "mapping"])?;
    let guarded = cursor.eat(&["if", "not", "exists"]);
    let id = mapping(reader, cursor)?;
    let span = begin.to(cursor.previous());
    let mut mapping = UserMapping::default();
    if cursor.at(&["options"]) {
        cursor.next();
        for Change { name, value, .. } in changes(cursor, false)? {
            set(&mut mapping, name, value)?;
        }
    }
    cursor.expect_done()?;
    if guarded && reader.desired.schema.contains(&id) {
        return Ok(Verdict::Idiom);
    }
    reader.is_free(&id, span)?;
    reader.declare(&id, mapping, begin.to(cursor.previous()));
    Ok(Verdict::Declared)
}

/// `ALTER USER MAPPING FOR role SERVER name OPTIONS (…)`
pub(crate) fn alter_mapping(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Verdict, Fault> {
    cursor.expect(&["alter", "user", "mapping"])?;
    let (at, id) = (cursor.span(), mapping(reader, cursor)?);
    cursor.expect(&["options"])?;
    let all = changes(cursor, true)?;
    cursor.expect_done()?;
    let Some(Object::UserMapping(mapping)) = reader.desired.schema.get_mut(&id) else {
        return Err(Fault::new(Code::Unknown, at, format!("there is no {id} at this point of the file")));
    };
    for Change { verb, name, value, span } in all {
        let known = mapping.options.contains_key(&name) || mapping.secrets.contains_key(&name);
        allowed(verb, &name, known, span)?;
        mapping.options.shift_remove(&name);
        mapping.secrets.remove(&name);
        if verb != "drop" {
            set(mapping, name, value)?;
        }
    }
    Ok(Verdict::Declared)
}

/// `DROP USER MAPPING [IF EXISTS] FOR role SERVER name`
pub(crate) fn drop_mapping(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Verdict, Fault> {
    let begin = cursor.span();
    cursor.expect(&["drop", "user", "mapping"])?;
    let guarded = cursor.eat(&["if", "exists"]);
    let id = mapping(reader, cursor)?;
    cursor.expect_done()?;
    let span = begin.to(cursor.previous());
    let known = reader.schema().remove(&id).is_some();
    if !known && !guarded {
        return Err(Fault::new(Code::Unknown, span, format!("there is no {id} at this point of the file")));
    }
    reader.desired.spans.insert(id.clone(), span);
    reader.desired.absent.insert(id);
    Ok(if known { Verdict::Idiom } else { Verdict::Declared })
}

/// `IMPORT FOREIGN SCHEMA …`: what it makes only the other side knows.
pub(crate) fn import(_: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Verdict, Fault> {
    let begin = cursor.span();
    cursor.expect(&["import", "foreign", "schema"])?;
    let span = begin.to(cursor.previous());
    Err(Fault::new(
        Code::Unsupported,
        span,
        "IMPORT FOREIGN SCHEMA declares tables only the other server knows",
    )
    .hint("write the foreign tables; `-- reconcile: ignore` above the statement leaves it alone"))
}

/// `FOR role SERVER name`
fn mapping(reader: &Reader<'_>, cursor: &mut Cursor<'_>) -> Result<ObjectId, Fault> {
    cursor.expect(&["for"])?;
    let role = match cursor.eat(&["user"]) {
        true => reader.role.clone(),
        false => reader.role_name(cursor)?,
    };
    cursor.expect(&["server"])?;
    Ok(Kind::UserMapping.keys([cursor.name()?, role]))
}

fn declared(reader: &Reader<'_>, cursor: &mut Cursor<'_>, kind: Kind) -> Result<ObjectId, Fault> {
    let (at, name) = (cursor.span(), cursor.name()?);
    let id = kind.root(&name);
    match reader.desired.schema.contains(&id) {
        true => Ok(id),
        false => Err(unknown(&[name], kind.meta().noun, at)),
    }
}

fn done(cursor: &Cursor<'_>) -> Result<(), Fault> {
    match cursor.at(&["rename"]) {
        true => Err(Fault::new(Code::Unsupported, cursor.span(), "this is not renamed in the file")
            .hint("declare it under the new name")),
        false => cursor.expect_done(),
    }
}

/// A secret is a placeholder, or a fault.
fn set(mapping: &mut UserMapping, name: String, (value, span): (String, Span)) -> Result<(), Fault> {
    if !Secret::is_name(&name) {
        mapping.options.insert(name, value);
        return Ok(());
    }
    if !secret::is_placeholder(&value) {
        return Err(secret::literal(span));
    }
    mapping.secrets.insert(name, Secret::placeholder(value));
    Ok(())
}

/// One option as written: what is done to it, its name, its value and where that stands.
struct Change {
    verb: &'static str,
    name: String,
    value: (String, Span),
    span: Span,
}

/// `(name 'value', …)`; in ALTER `([ADD | SET | DROP] name ['value'], …)`.
fn changes(cursor: &mut Cursor<'_>, altering: bool) -> Result<Vec<Change>, Fault> {
    let inside = cursor.parenthesised()?;
    let mut inside = cursor.within(inside);
    let mut found: Vec<Change> = Vec::new();
    while !inside.is_done() {
        let begin = inside.span();
        // An option may be called as the verbs are: then its value stands right behind.
        let verbal = altering && inside.peek_at(1).is_some_and(|it| it.kind != TokenKind::Text);
        let verb = if verbal { inside.eat_any(&["add", "set", "drop"]) } else { None }.unwrap_or("add");
        let name = inside.name()?.as_str().to_string();
        let at = inside.span();
        let value = if verb == "drop" { String::new() } else { inside.string()? };
        if found.iter().any(|it| it.name == name) {
            return Err(Fault::new(Code::Conflict, begin, format!("the option {name} is there twice")));
        }
        found.push(Change { verb, name, value: (value, at), span: begin });
        if !inside.eat_symbol(",") {
            break;
        }
    }
    inside.expect_done()?;
    Ok(found)
}

fn allowed(verb: &str, name: &str, known: bool, span: Span) -> Result<(), Fault> {
    match (verb, known) {
        ("add", true) => Err(Fault::new(Code::Conflict, span, format!("the option {name} is there already"))),
        ("set" | "drop", false) => Err(Fault::new(Code::Unknown, span, format!("there is no option {name}"))),
        _ => Ok(()),
    }
}

/// `[OPTIONS (…)]` of something that is made.
pub(crate) fn options(cursor: &mut Cursor<'_>) -> Result<Settings, Fault> {
    match cursor.eat(&["options"]) {
        true => Ok(changes(cursor, false)?.into_iter().map(|it| (it.name, it.value.0)).collect()),
        false => Ok(Settings::new()),
    }
}

/// `[OPTIONS (…)]` of something that is changed.
pub(crate) fn change(cursor: &mut Cursor<'_>, options: &mut Settings) -> Result<(), Fault> {
    if !cursor.eat(&["options"]) {
        return Ok(());
    }
    for Change { verb, name, value: (value, _), span } in changes(cursor, true)? {
        allowed(verb, &name, options.contains_key(&name), span)?;
        match verb {
            "drop" => _ = options.shift_remove(&name),
            _ => _ = options.insert(name, value),
        }
    }
    Ok(())
}

/// `SERVER name [OPTIONS (…)]` behind a foreign table's columns.
pub(crate) fn table(cursor: &mut Cursor<'_>) -> Result<Foreign, Fault> {
    cursor.expect(&["server"])?;
    Ok(Foreign { server: cursor.name()?, options: options(cursor)? })
}

/// The name of a declared wrapper or server, or of one that is not the file's.
pub(crate) fn reference(
    reader: &Reader<'_>,
    cursor: &mut Cursor<'_>,
    kind: Kind,
) -> Result<crate::refer::Found, Fault> {
    let id = kind.root(&cursor.name()?);
    Ok(reader.declared_or_outside(id))
}

/// The kinds by the words they are called by in GRANT and COMMENT.
pub(crate) const WORDS: &[(&[&str], Kind)] = &[
    (&["foreign", "data", "wrapper"], Kind::Wrapper),
    (&["foreign", "server"], Kind::Server),
    (&["server"], Kind::Server),
];
