//! CREATE SCHEMA and ALTER SCHEMA. Knows which elements may stand inside, not how they are read.

use model::{Kind, Name, Namespace};
use sql::{Code, Cursor, Fault, Tok};

use crate::reader::Reader;
use crate::{Verdict, dispatch, owner, rename};

/// `CREATE SCHEMA [IF NOT EXISTS] [name] [AUTHORIZATION role] [element …]`
pub(crate) fn create(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Verdict, Fault> {
    let begin = cursor.span();
    cursor.expect(&["create", "schema"])?;
    let guarded = cursor.eat(&["if", "not", "exists"]);
    let named = if cursor.at(&["authorization"]) { None } else { Some(cursor.name()?) };
    let role = if cursor.eat(&["authorization"]) { Some(reader.role_name(cursor)?) } else { None };
    let name = named.or_else(|| role.clone()).unwrap_or_default();
    let id = Kind::Namespace.root(&name);
    let span = begin.to(cursor.previous());
    let elements = elements(cursor)?;
    if !guarded {
        reader.is_free(&id, span)?;
    } else if reader.desired.schema.contains(&id) {
        return Ok(Verdict::Idiom);
    }
    rename::said(reader, &id, begin);
    reader.declare(&id, Namespace {}, span);
    if let Some(role) = &role {
        owner::change(reader, &id, role.clone(), span);
    }
    inside(reader, cursor, &name, role, elements)?;
    Ok(Verdict::Declared)
}

/// The elements, cut where the next CREATE or GRANT stands outside parentheses, in the order in which
/// the server makes them.
fn elements<'a>(cursor: &mut Cursor<'a>) -> Result<Vec<&'a [Tok]>, Fault> {
    let mut found = Vec::new();
    while !cursor.is_done() {
        if !cursor.at(&["create"]) && !cursor.at(&["grant"]) {
            cursor.expect_done()?;
        }
        let mark = cursor.mark();
        cursor.next();
        cursor.until(|it| it.at(&["create"]) || it.at(&["grant"]) && !it.at(&["grant", "option"]));
        if cursor.at_symbol(")") || cursor.at_symbol("]") {
            return Err(cursor.fault("this is never opened"));
        }
        found.push(cursor.since(mark));
    }
    let rank = |it: &&[Tok]| {
        let word = |word: &str| it.iter().take(5).any(|it| it.is(word));
        ["sequence", "table", "view", "index", "trigger"].iter().position(|it| word(it)).unwrap_or(9)
    };
    found.sort_by_key(rank);
    Ok(found)
}

/// Reads the elements as the namespace's owner would, with the namespace first in the path.
fn inside(
    reader: &mut Reader<'_>,
    cursor: &Cursor<'_>,
    name: &Name,
    role: Option<Name>,
    elements: Vec<&[Tok]>,
) -> Result<(), Fault> {
    let path = [name.clone()].into_iter().chain(reader.path.iter().cloned()).collect();
    let outer_path = std::mem::replace(&mut reader.path, path);
    let outer_role = reader.role.clone();
    reader.role = role.unwrap_or_else(|| outer_role.clone());
    for element in elements {
        if let Err(fault) = dispatch::statement(reader, &mut cursor.within(element)) {
            reader.desired.faults.push(fault);
        }
    }
    (reader.path, reader.role) = (outer_path, outer_role);
    Ok(())
}

/// `ALTER SCHEMA name OWNER TO role | RENAME TO name`
pub(crate) fn alter(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Verdict, Fault> {
    let begin = cursor.span();
    cursor.expect(&["alter", "schema"])?;
    let name = cursor.name()?;
    let id = Kind::Namespace.root(&name);
    if cursor.at(&["owner"]) {
        return owner::owner_to(reader, cursor, &id);
    }
    cursor.expect(&["rename", "to"])?;
    let to = cursor.name()?;
    cursor.expect_done()?;
    if !reader.desired.schema.contains(&id) {
        let message = format!("there is no schema `{name}` at this point of the file");
        return Err(Fault::new(Code::Unknown, begin.to(cursor.previous()), message));
    }
    rename::namespace(reader, &name, &to, begin.to(cursor.previous()))?;
    Ok(Verdict::Declared)
}
