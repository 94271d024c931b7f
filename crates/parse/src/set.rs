//! SET, RESET and their like: what they change for the names below.

use std::sync::Arc;

use model::{Name, SearchPath};
use sql::{Code, Cursor, Fault, TokenKind};

use crate::Verdict;
use crate::reader::Reader;

pub(crate) const SESSION: Verdict = Verdict::Passed("a setting of the session");

/// `SET [SESSION | LOCAL] …`
pub(crate) fn set(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Verdict, Fault> {
    cursor.expect(&["set"])?;
    if cursor.eat(&["session", "characteristics"])
        || cursor.at(&["transaction"])
        || cursor.at(&["constraints"])
    {
        return passed(cursor, SESSION);
    }
    if cursor.at(&["session", "authorization"]) || cursor.at(&["local", "session", "authorization"]) {
        cursor.eat(&["local"]);
        cursor.expect(&["session", "authorization"])?;
        let role = role(reader, cursor)?.unwrap_or_else(|| reader.facts.role.clone());
        (reader.session_role, reader.role) = (role.clone(), role);
        cursor.expect_done()?;
        return Ok(SESSION);
    }
    let local = cursor.eat(&["local"]);
    _ = !local && cursor.eat(&["session"]);
    if cursor.eat(&["role"]) {
        _ = cursor.eat(&["to"]) || cursor.eat_symbol("=");
        reader.role = role(reader, cursor)?.unwrap_or_else(|| reader.session_role.clone());
        cursor.expect_done()?;
        return Ok(SESSION);
    }
    if cursor.eat(&["schema"]) {
        let path = vec![Name::from(cursor.string()?)];
        turn(reader, path, local);
        return passed(cursor, SESSION);
    }
    if cursor.eat(&["time", "zone"]) || cursor.eat(&["xml", "option"]) || cursor.eat(&["names"]) {
        return passed(cursor, SESSION);
    }
    variable(reader, cursor, local)
}

/// A role, or nothing for NONE and DEFAULT.
fn role(reader: &Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Option<Name>, Fault> {
    if cursor.eat_any(&["none", "default"]).is_some() {
        return Ok(None);
    }
    match cursor.peek().map(|it| it.kind) {
        Some(TokenKind::Text) => cursor.string().map(|it| Some(it.into())),
        _ => reader.role_name(cursor).map(Some),
    }
}

fn variable(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>, local: bool) -> Result<Verdict, Fault> {
    let begin = cursor.span();
    let name = setting(cursor)?;
    if !cursor.eat(&["to"]) {
        cursor.expect_symbol("=")?;
    }
    let values = values(cursor)?;
    cursor.expect_done()?;
    match name.as_str() {
        "search_path" => match values {
            Some(it) => turn(reader, it.into_iter().map(|it| it.0.into()).collect(), local),
            None => reader.path = reader.facts.search_path.as_slice().into(),
        },
        "role" => reader.role = first(values).map_or_else(|| reader.session_role.clone(), Name::from),
        "session_authorization" => {
            let role = first(values).map_or_else(|| reader.facts.role.clone(), Name::from);
            (reader.session_role, reader.role) = (role.clone(), role);
        }
        "standard_conforming_strings" if first(values.clone()).is_some_and(|it| is_off(&it)) => {
            let message = "strings in which a backslash escapes are not read";
            return Err(Fault::new(Code::Unsupported, begin.to(cursor.previous()), message)
                .hint("write E'…' for them, and leave standard_conforming_strings on"));
        }
        "check_function_bodies" => {
            reader.desired.unchecked_bodies |= first(values).is_some_and(|it| is_off(&it));
        }
        _ => (),
    }
    Ok(SESSION)
}

fn first(values: Option<Vec<(String, bool)>>) -> Option<String> {
    values.and_then(|it| it.into_iter().next()).map(|it| it.0).filter(|it| it != "none")
}

fn is_off(value: &str) -> bool {
    ["off", "false", "no", "0"].contains(&value.to_ascii_lowercase().as_str())
}

/// Takes a setting's name, prefix included, in lower case.
pub(crate) fn setting(cursor: &mut Cursor<'_>) -> Result<String, Fault> {
    let parts = cursor.dotted()?;
    let parts: Vec<String> = parts.iter().map(|it| it.as_str().to_ascii_lowercase()).collect();
    Ok(parts.join("."))
}

/// Takes values with commas between: each, and whether it was written as a number. `None` for DEFAULT.
pub(crate) fn values(cursor: &mut Cursor<'_>) -> Result<Option<Vec<(String, bool)>>, Fault> {
    if cursor.eat(&["default"]) {
        return Ok(None);
    }
    let mut found = Vec::new();
    loop {
        let sign = if cursor.eat_symbol("-") { "-" } else { "" };
        _ = sign.is_empty() && cursor.eat_symbol("+");
        match cursor.peek() {
            Some(it) if it.kind != TokenKind::Symbol => {
                cursor.next();
                found.push((format!("{sign}{}", it.value), it.kind == TokenKind::Number));
            }
            _ => return Err(cursor.wanted("a value")),
        }
        if !cursor.eat_symbol(",") {
            return Ok(Some(found));
        }
    }
}

/// From here on names are looked up along another path.
pub(crate) fn turn(reader: &mut Reader<'_>, path: Vec<Name>, local: bool) {
    let resolved = path.into_iter().filter(|it| !it.as_str().is_empty());
    let resolved = resolved.map(|it| if it.as_str() == "$user" { reader.role.clone() } else { it });
    let path: SearchPath = resolved.collect::<Vec<_>>().into();
    let outer = std::mem::replace(&mut reader.path, path);
    if local {
        reader.outer_path.get_or_insert(outer);
    } else {
        reader.outer_path = None;
    }
}

/// `RESET name | ALL | ROLE | SESSION AUTHORIZATION`, `DISCARD …`
pub(crate) fn reset(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Verdict, Fault> {
    cursor.next();
    let all = cursor.at(&["all"]);
    if all || cursor.at(&["search_path"]) {
        reader.path = Arc::from(reader.facts.search_path.as_slice());
        reader.outer_path = None;
    }
    if cursor.at(&["role"]) {
        reader.role = reader.session_role.clone();
    }
    if cursor.at(&["session", "authorization"]) {
        (reader.session_role, reader.role) = (reader.facts.role.clone(), reader.facts.role.clone());
    }
    passed(cursor, SESSION)
}

/// The rest of a statement that declares nothing.
pub(crate) fn passed(cursor: &mut Cursor<'_>, verdict: Verdict) -> Result<Verdict, Fault> {
    while cursor.next().is_some() {}
    Ok(verdict)
}
