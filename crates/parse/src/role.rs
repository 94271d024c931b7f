//! CREATE ROLE, USER and GROUP as existence; ALTER ROLE passed over. Keeps no password.

use model::{Kind, Role, Stated};
use sql::{Code, Cursor, Fault, TokenKind};

use crate::reader::Reader;
use crate::{Verdict, secret};

/// `CREATE ROLE | USER | GROUP name [WITH] option …`
pub(crate) fn create(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Verdict, Fault> {
    let begin = cursor.span();
    cursor.expect(&["create"])?;
    let word = cursor.eat_any(&["role", "user", "group"]);
    let word = word.ok_or_else(|| cursor.wanted("ROLE, USER or GROUP"))?;
    let name = cursor.name()?;
    cursor.eat(&["with"]);
    let mut options = options(reader, cursor)?;
    if word == "user" && !says_login(&options) {
        options.insert(0, "LOGIN".to_string());
    }
    let id = Kind::Role.root(&name);
    let span = begin.to(cursor.previous());
    reader.is_free(&id, span)?;
    reader.declare(&id, Role { options: Stated(options.join(" ")) }, span);
    Ok(Verdict::Declared)
}

fn says_login(options: &[String]) -> bool {
    options.iter().any(|it| it.eq_ignore_ascii_case("login") || it.eq_ignore_ascii_case("nologin"))
}

/// The options as written, one token a text, with passwords blotted out.
fn options(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Vec<String>, Fault> {
    let mut found = Vec::new();
    while let Some(token) = cursor.next() {
        found.push(cursor.slice(token.span).to_string());
        if token.is("password") {
            let Some(token) = cursor.next() else { return Err(cursor.wanted("a password or NULL")) };
            let written = cursor.slice(token.span).to_string();
            let shown = token.kind != TokenKind::Text || secret::is_placeholder(&token.value);
            if !shown {
                reader.desired.faults.push(secret::literal(token.span));
            }
            found.push(if shown { written } else { "'***'".to_string() });
        } else if matches!(token.kind, TokenKind::Symbol) && !["-", ",", "+"].contains(&token.value.as_str())
        {
            return Err(Fault::new(Code::Syntax, token.span, "this is no option of a role"));
        }
    }
    Ok(found)
}

/// `ALTER ROLE | USER | GROUP …`
pub(crate) fn alter(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Verdict, Fault> {
    let begin = cursor.span();
    cursor.expect(&["alter"])?;
    cursor.eat_any(&["role", "user", "group"]);
    reader.role_name(cursor)?;
    if cursor.at(&["rename"]) {
        let span = begin.to(cursor.span());
        return Err(Fault::new(Code::Unsupported, span, "roles are not renamed: they are existence only"));
    }
    options_passed(reader, cursor)?;
    Ok(Verdict::Passed("roles are existence only: attributes are not managed"))
}

/// Settings and attributes alike are passed over, but not a password.
fn options_passed(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<(), Fault> {
    match cursor.rest().iter().any(|it| it.is("password")) {
        true => options(reader, cursor).map(|_| ()),
        false => {
            while cursor.next().is_some() {}
            Ok(())
        }
    }
}
