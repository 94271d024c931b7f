//! Reads triggers that users made.

use model::{Deferral, Enabled, Event, Expr, Kind, Level, Timing, Trigger};

use crate::address::class;
use crate::query::{Answers, Query, Record};
use crate::reader::Reader;
use crate::{Error, text};

pub(crate) const QUERY: Query = Query { name: "triggers", sql: include_str!("trigger.sql") };

/// Bits of `tgtype` (`src/include/catalog/pg_trigger.h`).
const ROW: i16 = 1;
const BEFORE: i16 = 1 << 1;
const INSTEAD: i16 = 1 << 6;
const EVENTS: [(i16, Event); 4] =
    [(1 << 2, Event::Insert), (1 << 3, Event::Delete), (1 << 4, Event::Update), (1 << 5, Event::Truncate)];

pub(crate) fn read(reader: &mut Reader, answers: &Answers) -> Result<(), Error> {
    for row in QUERY.rows(answers)? {
        let relation = reader.relation_id(row.get("relation")?);
        let Some(name) = relation.and_then(|it| it.qual_name()) else { continue };
        let id = Kind::Trigger.of(name, &row.name("name")?);
        let trigger = trigger(reader, &row)?;
        let constraint: u32 = row.get("constraint")?;
        if constraint != 0 {
            reader.put_address(class::CONSTRAINT, constraint, 0, id.clone());
        }
        reader.insert((class::TRIGGER, row.get("oid")?), id, trigger);
    }
    Ok(())
}

fn trigger(reader: &Reader, row: &Record) -> Result<Trigger, Error> {
    let (relation, bits): (u32, i16) = (row.get("relation")?, row.get("bits")?);
    let moved = || Error::Moved { query: row.query };
    let columns: Vec<i16> = row.get("columns")?;
    let columns = reader.column_names(row, relation, &columns)?.into_iter().collect();
    let from: u32 = row.get("from")?;
    Ok(Trigger {
        relation: reader.relation_id(relation).cloned().ok_or_else(moved)?,
        timing: match bits & (BEFORE | INSTEAD) {
            BEFORE => Timing::Before,
            INSTEAD => Timing::InsteadOf,
            _ => Timing::After,
        },
        events: EVENTS.iter().filter(|(bit, _)| bits & bit != 0).map(|(_, it)| *it).collect(),
        columns,
        level: if bits & ROW != 0 { Level::Row } else { Level::Statement },
        when: condition(reader, row)?,
        function: row.name("function")?.within(row.name("function_namespace")?),
        arguments: arguments(&row.get::<Vec<u8>>("arguments")?, row.get("argument_count")?),
        old_table: row.maybe_name("old_table")?,
        new_table: row.maybe_name("new_table")?,
        constraint: constraint(row)?,
        from: reader.relations.get(&from).map(|it| it.name.clone()),
        enabled: enabled(row)?,
    })
}

/// When a trigger or rule counts, as `tgenabled` and its like have it.
pub(crate) fn enabled(row: &Record) -> Result<Enabled, Error> {
    match row.get::<&str>("enabled")? {
        "O" => Ok(Enabled::Origin),
        "D" => Ok(Enabled::Disabled),
        "R" => Ok(Enabled::Replica),
        "A" => Ok(Enabled::Always),
        other => Err(row.unknown(format!("enabled state {other}"))),
    }
}

fn condition(reader: &Reader, row: &Record) -> Result<Option<Expr>, Error> {
    if !row.get::<bool>("conditional")? {
        return Ok(None);
    }
    let definition = row.deparsed("definition")?;
    let condition = text::condition(definition).ok_or(Error::Moved { query: row.query })?;
    Ok(Some(reader.expr(condition)))
}

fn constraint(row: &Record) -> Result<Option<Deferral>, Error> {
    if row.get::<u32>("constraint")? == 0 {
        return Ok(None);
    }
    Ok(Some(match (row.get("deferrable")?, row.get("deferred")?) {
        (false, _) => Deferral::Never,
        (true, false) => Deferral::Immediate,
        (true, true) => Deferral::Deferred,
    }))
}

/// `tgargs` ends each argument with a zero byte.
fn arguments(bytes: &[u8], count: i16) -> Vec<String> {
    let count = usize::try_from(count).unwrap_or_default();
    bytes.split(|it| *it == 0).take(count).map(|it| String::from_utf8_lossy(it).into_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_may_be_empty() {
        assert_eq!(arguments(b"a\0\0b\0", 3), ["a", "", "b"]);
        assert_eq!(arguments(b"", 0), [""; 0]);
    }
}
