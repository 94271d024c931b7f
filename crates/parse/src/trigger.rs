//! CREATE TRIGGER, all forms, and ALTER TRIGGER.

use model::{Deferral, Enabled, Event, Kind, Level, Name, NameSet, ObjectId, QualName, Timing, Trigger};
use sql::{Code, Cursor, Fault, TokenKind};

use crate::reader::{Reader, unknown};
use crate::refer::{self, Found};
use crate::{Verdict, comment, rename};

/// Trigger functions of pg_catalog.
const BUILT_IN: &[&str] =
    &["tsvector_update_trigger", "tsvector_update_trigger_column", "suppress_redundant_updates_trigger"];

/// `CREATE [OR REPLACE] [CONSTRAINT] TRIGGER …`
pub(crate) fn create(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Verdict, Fault> {
    let begin = cursor.span();
    cursor.expect(&["create"])?;
    let replace = cursor.eat(&["or", "replace"]);
    let is_constraint = cursor.eat(&["constraint"]);
    cursor.expect(&["trigger"])?;
    let name = cursor.name()?;
    let timing = timing(cursor)?;
    let (events, columns) = events(cursor)?;
    cursor.expect(&["on"])?;
    let relation = host(reader, cursor)?;
    let from = if cursor.eat(&["from"]) { Some(reader.reference(&cursor.dotted()?)) } else { None };
    let deferral = deferral(cursor)?;
    let (old_table, new_table) = transition_tables(cursor)?;
    let level = level(cursor)?;
    let when = match cursor.eat(&["when"]) {
        true => {
            let tokens = cursor.parenthesised()?;
            Some(reader.expr(cursor, tokens))
        }
        false => None,
    };
    let (function, arguments) = call(reader, cursor)?;
    cursor.expect_done()?;
    let constraint = is_constraint.then_some(deferral);
    let trigger = Trigger {
        relation: relation.clone(),
        timing,
        events,
        columns,
        level,
        when,
        function,
        arguments,
        old_table,
        new_table,
        constraint,
        from,
        enabled: Enabled::Origin,
    };
    let Some(of) = relation.qual_name() else { return Ok(Verdict::Declared) };
    let id = Kind::Trigger.of(of, &name);
    let span = begin.to(cursor.previous());
    if !replace {
        reader.is_free(&id, span)?;
    }
    rename::said(reader, &id, begin);
    reader.declare(&id, trigger, span);
    Ok(Verdict::Declared)
}

/// The table or view that something is declared on.
pub(crate) fn host(reader: &Reader<'_>, cursor: &mut Cursor<'_>) -> Result<ObjectId, Fault> {
    let name = reader.host(cursor)?;
    Ok(reader.desired.schema.relation(&name).unwrap_or_else(|| Kind::Table.named(&name)))
}

fn timing(cursor: &mut Cursor<'_>) -> Result<Timing, Fault> {
    if cursor.eat(&["instead", "of"]) {
        return Ok(Timing::InsteadOf);
    }
    match cursor.eat_any(&["before", "after"]) {
        Some("before") => Ok(Timing::Before),
        Some(_) => Ok(Timing::After),
        None => Err(cursor.wanted("BEFORE, AFTER or INSTEAD OF")),
    }
}

/// The events, sorted, and the columns of UPDATE OF.
fn events(cursor: &mut Cursor<'_>) -> Result<(Vec<Event>, NameSet), Fault> {
    let (mut events, mut columns) = (Vec::new(), NameSet::new());
    loop {
        events.push(match cursor.eat_any(&["insert", "delete", "update", "truncate"]) {
            Some("insert") => Event::Insert,
            Some("delete") => Event::Delete,
            Some("update") => Event::Update,
            Some(_) => Event::Truncate,
            None => return Err(cursor.wanted("INSERT, UPDATE, DELETE or TRUNCATE")),
        });
        if events.last() == Some(&Event::Update) && cursor.eat(&["of"]) {
            columns.insert(cursor.name()?);
            while cursor.eat_symbol(",") {
                columns.insert(cursor.name()?);
            }
        }
        if !cursor.eat(&["or"]) {
            break;
        }
    }
    events.sort();
    events.dedup();
    Ok((events, columns.into_iter().collect()))
}

fn deferral(cursor: &mut Cursor<'_>) -> Result<Deferral, Fault> {
    let mut deferral = Deferral::Never;
    loop {
        if cursor.eat(&["not", "deferrable"]) {
            deferral = Deferral::Never;
        } else if cursor.eat(&["deferrable"]) {
            deferral = if deferral == Deferral::Deferred { deferral } else { Deferral::Immediate };
        } else if cursor.eat(&["initially", "deferred"]) {
            deferral = Deferral::Deferred;
        } else if !cursor.eat(&["initially", "immediate"]) {
            return Ok(deferral);
        }
    }
}

fn transition_tables(cursor: &mut Cursor<'_>) -> Result<(Option<Name>, Option<Name>), Fault> {
    let (mut old, mut new) = (None, None);
    if !cursor.eat(&["referencing"]) {
        return Ok((old, new));
    }
    while let Some(which) = cursor.eat_any(&["old", "new"]) {
        if cursor.at(&["row"]) {
            return Err(Fault {
                code: Code::Unsupported,
                ..cursor.fault("PostgreSQL has no transition variables for rows")
            });
        }
        cursor.expect(&["table"])?;
        cursor.eat(&["as"]);
        let name = Some(cursor.name()?);
        match which {
            "old" => old = name,
            _ => new = name,
        }
    }
    Ok((old, new))
}

fn level(cursor: &mut Cursor<'_>) -> Result<Level, Fault> {
    if !cursor.eat(&["for"]) {
        return Ok(Level::Statement);
    }
    cursor.eat(&["each"]);
    match cursor.eat_any(&["row", "statement"]) {
        Some("row") => Ok(Level::Row),
        Some(_) => Ok(Level::Statement),
        None => Err(cursor.wanted("ROW or STATEMENT")),
    }
}

/// The function, looked up along the path, and its arguments, which are strings whatever they look like.
fn call(reader: &Reader<'_>, cursor: &mut Cursor<'_>) -> Result<(QualName, Vec<String>), Fault> {
    cursor.expect(&["execute"])?;
    if cursor.eat_any(&["function", "procedure"]).is_none() {
        return Err(cursor.wanted("FUNCTION or PROCEDURE"));
    }
    let begin = cursor.span();
    let parts = cursor.dotted()?;
    let span = begin.to(cursor.previous());
    let function = reader.trigger_function(&parts).ok_or_else(|| unknown(&parts, "function", span))?;
    let inside = cursor.parenthesised()?;
    let mut inside = cursor.within(inside);
    let mut arguments = Vec::new();
    while !inside.is_done() {
        if !arguments.is_empty() {
            inside.expect_symbol(",")?;
        }
        let sign = if inside.eat_symbol("-") { "-" } else { "" };
        let token = inside.next().filter(|it| it.kind != TokenKind::Symbol);
        let token = token.ok_or_else(|| inside.wanted("an argument"))?;
        arguments.push(format!("{sign}{}", token.value));
    }
    Ok((function, arguments))
}

impl Reader<'_> {
    /// A function without parameters: declared, live, or of an extension to come.
    pub(crate) fn trigger_function(&self, parts: &[Name]) -> Option<QualName> {
        let declared =
            |it: &QualName| self.desired.schema.contains(&Kind::Function.routine(it, "")).then(|| it.clone());
        let live = |it: &QualName| refer::live(&self.facts.functions, it);
        let built_in = || {
            let name = parts.last().filter(|it| BUILT_IN.contains(&it.as_str()))?;
            Some(name.clone().within("pg_catalog".into()))
        };
        let to_come = || {
            let (_, namespace) = self.extensions_to_come.last()?;
            let name = parts.last()?.clone();
            match parts {
                [.., own, _] if own != namespace => None,
                _ => Some(name.within(namespace.clone())),
            }
        };
        let offline = || self.facts.offline.then(|| self.reference(parts));
        let found = self.lookup(parts, declared).or_else(|| self.lookup(parts, live)).or_else(built_in);
        found.or_else(to_come).or_else(offline)
    }
}

/// `ALTER TRIGGER name ON table RENAME TO name`
pub(crate) fn alter(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Verdict, Fault> {
    alter_part(reader, cursor, Kind::Trigger)
}

/// `ALTER kind name ON relation RENAME TO name`, of what can only be renamed.
pub(crate) fn alter_part(
    reader: &mut Reader<'_>,
    cursor: &mut Cursor<'_>,
    kind: Kind,
) -> Result<Verdict, Fault> {
    let begin = cursor.span();
    cursor.expect(&["alter", kind.meta().noun])?;
    let Found::Declared(id) = comment::part(reader, cursor, kind)? else {
        return Ok(Verdict::Passed("it is about a table that is not the file's"));
    };
    match cursor.at(&["rename", "to"]) {
        true => rename::clause(reader, cursor, &id, begin),
        false => Err(Fault { code: Code::Unsupported, ..cursor.wanted("RENAME TO") }),
    }
}
