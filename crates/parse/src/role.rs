//! CREATE ROLE, USER and GROUP as existence; what ALTER ROLE and GRANT say of attributes, memberships and
//! settings, which count only where roles are managed. Keeps no password.

use model::{Attributes, Kind, Membership, Name, Object, ObjectId, Role, RoleSetting, Stated};
use sql::{Code, Cursor, Fault, TokenKind};

use crate::reader::Reader;
use crate::{Verdict, routine_option, secret};

const PASSED: Verdict = Verdict::Passed("roles are existence only, unless `manage: roles` says otherwise");

/// `CREATE ROLE | USER | GROUP name [WITH] option …`
pub(crate) fn create(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Verdict, Fault> {
    let begin = cursor.span();
    cursor.expect(&["create"])?;
    let word = cursor.eat_any(&["role", "user", "group"]);
    let word = word.ok_or_else(|| cursor.wanted("ROLE, USER or GROUP"))?;
    let name = cursor.name()?;
    cursor.eat(&["with"]);
    let mut attributes = Attributes { login: word == "user", ..Attributes::default() };
    let mut ahead = cursor.clone();
    let mut options = options(reader, cursor)?;
    if word == "user" && !says_login(&options) {
        options.insert(0, "LOGIN".to_string());
    }
    let id = Kind::Role.root(&name);
    let span = begin.to(cursor.previous());
    reader.is_free(&id, span)?;
    let mut made_among = Vec::new();
    while !ahead.is_done() {
        made_among.extend(attribute(reader, &mut ahead, &name, &mut attributes)?);
    }
    let made_with = attributes.clone();
    let options = Stated(options.join(" "));
    let role = Role { options, made_with, made_among, attributes, compared: false };
    reader.declare(&id, role, span);
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

/// One option: an attribute, a membership, or something that is not compared. Gives the roles it names.
fn attribute(
    reader: &mut Reader<'_>,
    cursor: &mut Cursor<'_>,
    role: &Name,
    it: &mut Attributes,
) -> Result<Vec<Name>, Fault> {
    let word = cursor.name()?.as_str().to_lowercase();
    let (word, on) = match word.strip_prefix("no") {
        Some(rest) => (rest.to_string(), false),
        None => (word, true),
    };
    match word.as_str() {
        "superuser" => it.superuser = on,
        "createdb" => it.create_db = on,
        "createrole" => it.create_role = on,
        "inherit" => it.inherit = on,
        "login" => it.login = on,
        "replication" => it.replication = on,
        "bypassrls" => it.bypass_rls = on,
        "connection" => {
            cursor.expect(&["limit"])?;
            it.connection_limit = cursor.integer()?;
        }
        "valid" => {
            cursor.expect(&["until"])?;
            it.valid_until = Some(moment(&cursor.string()?)).filter(|it| it != "infinity");
        }
        "encrypted" | "unencrypted" => (),
        "password" | "sysid" => _ = cursor.next(),
        "in" => {
            cursor.eat_any(&["role", "group"]);
            let all = crate::grant::names(cursor)?;
            all.iter().for_each(|of| member(reader, of, role, false));
            return Ok(all);
        }
        "role" | "user" | "admin" => {
            let all = crate::grant::names(cursor)?;
            all.iter().for_each(|who| member(reader, role, who, word == "admin"));
            return Ok(all);
        }
        _ => return Err(Fault { code: Code::Syntax, ..cursor.fault("this is no option of a role") }),
    }
    Ok(Vec::new())
}

/// A moment as the server prints it under UTC, where it is given with that offset.
fn moment(text: &str) -> String {
    let text = text.trim();
    let bare = text.strip_suffix("+00:00").or(text.strip_suffix("+00")).or(text.strip_suffix('Z'));
    match bare.map(|it| it.trim_end().replacen('T', " ", 1)) {
        Some(it) if it.len() == "2030-01-01".len() => format!("{it} 00:00:00+00"),
        Some(it) => format!("{it}+00"),
        None => text.to_lowercase(),
    }
}

fn member(reader: &mut Reader<'_>, role: &Name, member: &Name, admin: bool) {
    let inherit = inherits(reader, member);
    let id = Kind::Membership.keys([role.clone(), member.clone()]);
    reader.desired.roles.insert(id, Membership { admin, inherit, set: true }.into());
}

/// From 16 on a membership is inherited as the member's own attribute says when it is made.
fn inherits(reader: &Reader<'_>, member: &Name) -> bool {
    match reader.desired.schema.get(&Kind::Role.root(member)) {
        Some(Object::Role(it)) if reader.facts.major >= 16 => it.attributes.inherit,
        _ => true,
    }
}

/// `ALTER ROLE | USER | GROUP …`
pub(crate) fn alter(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Verdict, Fault> {
    let begin = cursor.span();
    cursor.expect(&["alter"])?;
    cursor.eat_any(&["role", "user", "group"]);
    let name = if cursor.eat(&["all"]) { Name::default() } else { reader.role_name(cursor)? };
    if cursor.at(&["rename"]) {
        let span = begin.to(cursor.span());
        return Err(Fault::new(Code::Unsupported, span, "roles are not renamed: they are existence only"));
    }
    let place = if cursor.eat(&["in", "database"]) { cursor.name()? } else { Name::default() };
    if cursor.at(&["set"]) || cursor.at(&["reset"]) {
        return setting(reader, cursor, &name, &place);
    }
    if let Some(word) = cursor.eat_any(&["add", "drop"]) {
        cursor.expect(&["user"])?;
        for who in crate::grant::names(cursor)? {
            match word {
                "add" => member(reader, &name, &who, false),
                _ => _ = reader.desired.roles.remove(&Kind::Membership.keys([name.clone(), who])),
            }
        }
        return Ok(PASSED);
    }
    cursor.eat(&["with"]);
    let mut ahead = cursor.clone();
    options(reader, cursor)?;
    let id = Kind::Role.root(&name);
    if let Some(Object::Role(mut role)) = reader.desired.schema.get(&id).cloned() {
        while !ahead.is_done() {
            attribute(reader, &mut ahead, &name, &mut role.attributes)?;
        }
        reader.schema().insert(id, role);
    }
    Ok(PASSED)
}

/// `SET name TO value`, `RESET name`, `RESET ALL`
fn setting(
    reader: &mut Reader<'_>,
    cursor: &mut Cursor<'_>,
    role: &Name,
    database: &Name,
) -> Result<Verdict, Fault> {
    let id = |name: &str| Kind::RoleSetting.keys([role.clone(), database.clone(), Name::from(name)]);
    if cursor.eat(&["reset", "all"]) {
        let own = |it: &ObjectId| matches!(&it.path, model::Path::Keys(keys) if it.kind == Kind::RoleSetting && keys[0] == *role && keys[1] == *database);
        reader.desired.roles.retain(|it, _| !own(it));
        return Ok(PASSED);
    }
    let Some((name, value)) = routine_option::setting(cursor)? else {
        return Err(cursor.wanted("SET or RESET"));
    };
    match value {
        Some(value) => _ = reader.desired.roles.insert(id(&name), RoleSetting { value }.into()),
        None => _ = reader.desired.roles.remove(&id(&name)),
    }
    Ok(PASSED)
}

/// `GRANT role, … TO role, … [WITH option, …]` and `REVOKE [option OPTION FOR] role, … FROM role, …`
pub(crate) fn membership(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Verdict, Fault> {
    let gives = cursor.eat_any(&["grant", "revoke"]) == Some("grant");
    let only =
        ["admin", "inherit", "set"].into_iter().find(|it| !gives && cursor.eat(&[it, "option", "for"]));
    let roles = crate::grant::names(cursor)?;
    cursor.expect(&[if gives { "to" } else { "from" }])?;
    let members = reader.role_list(cursor)?;
    let mut said: Vec<(&str, bool)> = Vec::new();
    if gives && cursor.eat(&["with"]) {
        while let Some(word) = cursor.eat_any(&["admin", "inherit", "set"]) {
            let off = cursor.eat(&["false"]);
            _ = !off && cursor.eat_any(&["option", "true"]).is_some();
            said.push((word, !off));
            cursor.eat_symbol(",");
        }
    }
    if cursor.eat(&["granted", "by"]) {
        reader.role_name(cursor)?;
    }
    cursor.eat_any(&["cascade", "restrict"]);
    cursor.expect_done()?;
    said.extend(only.map(|it| (it, false)));
    for (role, who) in roles.iter().flat_map(|role| members.iter().map(move |who| (role, who))) {
        let id = Kind::Membership.keys([role.clone(), who.clone()]);
        if !gives && only.is_none() {
            reader.desired.roles.remove(&id);
            continue;
        }
        let fresh = Membership { admin: false, inherit: inherits(reader, who), set: true };
        let mut held = match reader.desired.roles.get(&id) {
            Some(Object::Membership(it)) => it.clone(),
            _ if !gives => continue,
            _ => fresh,
        };
        for (word, on) in &said {
            match *word {
                "admin" => held.admin = *on,
                "inherit" => held.inherit = *on,
                _ => held.set = *on,
            }
        }
        reader.desired.roles.insert(id, held.into());
    }
    Ok(Verdict::Passed("memberships count only with `manage: roles`"))
}
