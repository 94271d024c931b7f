//! Reads extended statistics. Knows nothing of what was gathered.

use model::{Expr, Kind, Statistics, StatisticsKind};

use crate::address::class;
use crate::query::{Answers, Query, Record};
use crate::reader::Reader;
use crate::{Error, text};

pub(crate) const QUERY: Query = Query { name: "statistics", sql: include_str!("statistics.sql") };

pub(crate) fn read(reader: &mut Reader, answers: &Answers) -> Result<(), Error> {
    for row in QUERY.rows(answers)? {
        let oid: u32 = row.get("oid")?;
        let Some(name) = reader.qual_name(&row)?.filter(|_| !reader.is_member(class::STATISTICS, oid)) else {
            continue;
        };
        if reader.relation_id(row.get("relation")?).is_none() {
            continue;
        }
        let statistics = statistics(reader, &row)?;
        let id = Kind::Statistics.named(&name);
        reader.insert((class::STATISTICS, oid), id.clone(), statistics);
        reader.owned(&id, row.get("owner")?, None);
    }
    Ok(())
}

fn statistics(reader: &Reader, row: &Record) -> Result<Statistics, Error> {
    let relation: u32 = row.get("relation")?;
    let mut kinds = Vec::new();
    for kind in row.get::<Vec<String>>("kinds")? {
        match kind.as_str() {
            "d" => kinds.push(StatisticsKind::Ndistinct),
            "f" => kinds.push(StatisticsKind::Dependencies),
            "m" => kinds.push(StatisticsKind::Mcv),
            "e" => (),
            other => return Err(row.unknown(format!("kind of statistics {other}"))),
        }
    }
    kinds.sort();
    let columns = reader.column_names(row, relation, &row.get::<Vec<i16>>("columns")?)?;
    Ok(Statistics {
        relation: reader.relation_id(relation).cloned().ok_or(Error::Moved { query: row.query })?,
        kinds,
        columns: columns.into_iter().collect(),
        expressions: expressions(reader, row)?,
        target: row.get::<Option<i32>>("target")?.filter(|it| *it >= 0),
    })
}

fn expressions(reader: &Reader, row: &Record) -> Result<Vec<Expr>, Error> {
    if !row.get::<bool>("expressed")? {
        return Ok(Vec::new());
    }
    let texts = row.get::<Option<Vec<String>>>("expressions")?.ok_or(Error::Moved { query: row.query })?;
    Ok(texts.iter().map(|it| reader.expr(text::unwrapped(it))).collect())
}
