//! Reads row level security policies.

use model::{Command, Expr, Kind, Name, Policy};

use crate::Error;
use crate::address::class;
use crate::query::{Answers, Query, Record};
use crate::reader::Reader;

pub(crate) const QUERY: Query = Query { name: "policies", sql: include_str!("policy.sql") };

pub(crate) fn read(reader: &mut Reader, answers: &Answers) -> Result<(), Error> {
    for row in QUERY.rows(answers)? {
        let relation: u32 = row.get("relation")?;
        let Some(table) = reader.relation_id(relation).and_then(|it| it.qual_name()) else { continue };
        let id = Kind::Policy.of(table, &row.name("name")?);
        let policy = policy(reader, &row)?;
        reader.insert((class::POLICY, row.get("oid")?), id, policy);
    }
    Ok(())
}

fn policy(reader: &Reader, row: &Record) -> Result<Policy, Error> {
    let oids: Vec<u32> = row.get("roles")?;
    let role = |oid: &u32| match oid {
        0 => Ok(Name::from("public")),
        _ => reader.roles.get(oid).cloned().ok_or(Error::Moved { query: row.query }),
    };
    let mut roles: Vec<Name> = oids.iter().map(role).collect::<Result<_, _>>()?;
    roles.sort();
    Ok(Policy {
        permissive: row.get("permissive")?,
        command: match row.get::<&str>("command")? {
            "*" => Command::All,
            "r" => Command::Select,
            "a" => Command::Insert,
            "w" => Command::Update,
            "d" => Command::Delete,
            other => return Err(row.unknown(format!("command {other}"))),
        },
        roles,
        using: condition(reader, row, "has_using", "using")?,
        check: condition(reader, row, "has_check", "check")?,
    })
}

fn condition(
    reader: &Reader,
    row: &Record,
    present: &'static str,
    text: &'static str,
) -> Result<Option<Expr>, Error> {
    Ok(match row.get(present)? {
        true => Some(reader.expr(row.deparsed(text)?)),
        false => None,
    })
}
