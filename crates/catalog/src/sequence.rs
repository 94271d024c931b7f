//! Reads sequences: those of their own as objects, those behind identity columns for their columns.

use model::{Sequence, SequenceOptions};

use crate::Error;
use crate::address::class;
use crate::query::{Answers, Query, Record};
use crate::reader::Reader;

pub(crate) const QUERY: Query = Query { name: "sequences", sql: include_str!("sequence.sql") };

/// What is read of sequences before columns are known: how they count.
pub(crate) fn read(reader: &mut Reader, answers: &Answers) -> Result<Vec<Record>, Error> {
    let rows = QUERY.rows(answers)?;
    for row in &rows {
        if row.get::<Option<&str>>("link")? == Some("i") {
            let found = (row.get("oid")?, options(reader, row)?);
            reader.identities.insert((row.get("relation")?, row.get("number")?), found);
        }
    }
    Ok(rows)
}

/// Puts the sequences in, each with the column it goes with.
pub(crate) fn build(reader: &mut Reader, rows: &[Record]) -> Result<(), Error> {
    for row in rows {
        let oid: u32 = row.get("oid")?;
        let Some(id) = reader.relation_id(oid).cloned() else { continue };
        let link: Option<String> = row.get("link")?;
        let column = match link {
            None => None,
            Some(_) => {
                let number = i16::try_from(row.get::<i32>("number")?).unwrap_or_default();
                Some((row.get::<u32>("relation")?, number))
            }
        };
        if link.as_deref() == Some("i") {
            let owner = column.and_then(|(relation, number)| {
                reader.addresses.get(&(class::RELATION, relation, number.into()))
            });
            if let Some(owner) = owner.cloned() {
                reader.put_address(class::RELATION, oid, 0, owner);
            }
            continue;
        }
        let owned_by = column.and_then(|(relation, number)| {
            let name = reader.column(relation, number)?.name.clone();
            Some((reader.relations.get(&relation)?.name.clone(), name))
        });
        let Some(relation) = reader.relations.get(&oid) else { continue };
        let sequence =
            Sequence { options: options(reader, row)?, owned_by, persistence: relation.persistence };
        let owner = relation.owner;
        reader.insert((class::RELATION, oid), id.clone(), sequence);
        reader.owned(&id, owner, None);
    }
    Ok(())
}

fn options(reader: &Reader, row: &Record) -> Result<SequenceOptions, Error> {
    Ok(SequenceOptions {
        ty: reader.ty(row.query, row.get("type")?, Some(-1))?,
        start: row.get("start")?,
        increment: row.get("increment")?,
        min: row.get("min")?,
        max: row.get("max")?,
        cache: row.get("cache")?,
        cycle: row.get("cycle")?,
    })
}
