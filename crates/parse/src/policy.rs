//! CREATE POLICY and ALTER POLICY.

use model::{Command, Expr, Kind, Name, Object, Policy, QualName};
use sql::{Cursor, Fault};

use crate::reader::Reader;
use crate::refer::Found;
use crate::{Verdict, comment, rename};

/// `CREATE POLICY name ON table [AS …] [FOR …] [TO …] [USING (…)] [WITH CHECK (…)]`
pub(crate) fn create(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Verdict, Fault> {
    let begin = cursor.span();
    cursor.expect(&["create", "policy"])?;
    let name = cursor.name()?;
    cursor.expect(&["on"])?;
    let table = reader.host(cursor)?;
    let permissive = !cursor.eat(&["as", "restrictive"]);
    _ = permissive && cursor.eat(&["as", "permissive"]);
    let command = if cursor.eat(&["for"]) { command(cursor)? } else { Command::All };
    let roles = if cursor.eat(&["to"]) { roles(reader, cursor)? } else { vec!["public".into()] };
    let using = if cursor.eat(&["using"]) { Some(condition(reader, cursor)?) } else { None };
    let check = if cursor.eat(&["with", "check"]) { Some(condition(reader, cursor)?) } else { None };
    cursor.expect_done()?;
    let id = Kind::Policy.of(&table, &name);
    let span = begin.to(cursor.previous());
    reader.is_free(&id, span)?;
    rename::said(reader, &id, begin);
    reader.declare(&id, Policy { permissive, command, roles, using, check }, span);
    Ok(Verdict::Declared)
}

impl Reader<'_> {
    /// Takes the name of the table or view that something is declared on, be it the file's or not.
    pub(crate) fn host(&self, cursor: &mut Cursor<'_>) -> Result<QualName, Fault> {
        let mark = cursor.mark();
        match self.find_relation(cursor)? {
            Found::Declared(id) => Ok(id.qual_name().cloned().unwrap_or_else(|| QualName::new("", ""))),
            Found::Outside => {
                cursor.reset(mark);
                Ok(self.reference(&cursor.dotted()?))
            }
        }
    }
}

fn command(cursor: &mut Cursor<'_>) -> Result<Command, Fault> {
    match cursor.eat_any(&["all", "select", "insert", "update", "delete"]) {
        Some("all") => Ok(Command::All),
        Some("select") => Ok(Command::Select),
        Some("insert") => Ok(Command::Insert),
        Some("update") => Ok(Command::Update),
        Some(_) => Ok(Command::Delete),
        None => Err(cursor.wanted("ALL, SELECT, INSERT, UPDATE or DELETE")),
    }
}

/// Sorted, each once; beside PUBLIC nobody else counts.
fn roles(reader: &Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Vec<Name>, Fault> {
    let mut roles = reader.role_list(cursor)?;
    roles.sort();
    roles.dedup();
    if roles.iter().any(|it| it.as_str() == "public") {
        roles.retain(|it| it.as_str() == "public");
    }
    Ok(roles)
}

fn condition(reader: &Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Expr, Fault> {
    let tokens = cursor.parenthesised()?;
    Ok(reader.expr(cursor, tokens))
}

/// `ALTER POLICY name ON table RENAME TO name | [TO …] [USING (…)] [WITH CHECK (…)]`
pub(crate) fn alter(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Verdict, Fault> {
    let begin = cursor.span();
    cursor.expect(&["alter", "policy"])?;
    let Found::Declared(id) = comment::part(reader, cursor, Kind::Policy)? else {
        return Ok(Verdict::Passed("it is about a table that is not the file's"));
    };
    if cursor.at(&["rename", "to"]) {
        return rename::clause(reader, cursor, &id, begin);
    }
    let Some(Object::Policy(old)) = reader.desired.schema.get(&id) else { return Ok(Verdict::Declared) };
    let mut policy = old.clone();
    if cursor.eat(&["to"]) {
        policy.roles = roles(reader, cursor)?;
    }
    if cursor.eat(&["using"]) {
        policy.using = Some(condition(reader, cursor)?);
    }
    if cursor.eat(&["with", "check"]) {
        policy.check = Some(condition(reader, cursor)?);
    }
    cursor.expect_done()?;
    reader.declare(&id, policy, begin.to(cursor.previous()));
    Ok(Verdict::Declared)
}
