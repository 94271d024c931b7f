//! Reads operator families and classes. Does not know what indexes use them.

use model::{Kind, Member, OperatorClass, OperatorFamily, Slot, Support};

use crate::Error;
use crate::address::class;
use crate::query::{Answers, Query, Record};
use crate::reader::Reader;

pub(crate) const FAMILIES: Query =
    Query { name: "operator families", sql: include_str!("operator_family.sql") };
pub(crate) const CLASSES: Query =
    Query { name: "user-defined operator classes", sql: include_str!("operator_class.sql") };

pub(crate) fn read(reader: &mut Reader, answers: &Answers) -> Result<(), Error> {
    let rows = FAMILIES.rows(answers)?;
    for rows in rows.chunk_by(|a, b| a.get::<u32>("oid").ok() == b.get::<u32>("oid").ok()) {
        family(reader, rows)?;
    }
    for row in CLASSES.rows(answers)? {
        one(reader, &row)?;
    }
    Ok(())
}

fn family(reader: &mut Reader, rows: &[Record]) -> Result<(), Error> {
    let Some(first) = rows.first() else { return Ok(()) };
    let oid = first.get("oid")?;
    let Some(name) = reader.qual_name(first)? else { return Ok(()) };
    if reader.is_member(class::OPERATOR_FAMILY, oid) {
        return Ok(());
    }
    let mut family = OperatorFamily::default();
    for row in rows {
        if let Some(member) = member(reader, row)? {
            family.put(member);
        }
    }
    let id = Kind::OperatorFamily.routine(&name, first.get::<&str>("method")?);
    reader.insert((class::OPERATOR_FAMILY, oid), id.clone(), family);
    reader.owned(&id, first.get("owner")?, None);
    Ok(())
}

fn member(reader: &Reader, row: &Record) -> Result<Option<Member>, Error> {
    let Some(function) = row.get::<Option<bool>>("function")? else { return Ok(None) };
    let name = row.name("member")?.within(row.name("member_namespace")?);
    let slot = Slot {
        number: row.get("number")?,
        left: reader.ty(row.query, row.get("left")?, None)?,
        right: reader.ty(row.query, row.get("right")?, None)?,
    };
    let what = match function {
        true => {
            let arguments = reader.types(row.query, &row.get::<Vec<u32>>("arguments")?)?;
            let arguments: Vec<&str> = arguments.iter().map(|it| &*it.text).collect();
            Support::Function { name, arguments: arguments.join(", ").into() }
        }
        false => {
            let order_by = row.maybe_name("sort")?.zip(row.maybe_name("sort_namespace")?);
            Support::Operator { name, order_by: order_by.map(|(name, within)| name.within(within)) }
        }
    };
    Ok(Some(Member { slot, what }))
}

fn one(reader: &mut Reader, row: &Record) -> Result<(), Error> {
    let oid = row.get("oid")?;
    let Some(name) = reader.qual_name(row)? else { return Ok(()) };
    let foreign = reader.is_member(class::OPERATOR_FAMILY, row.get("family_oid")?);
    if foreign || reader.is_member(class::OPERATOR_CLASS, oid) {
        return Ok(());
    }
    let ty = reader.ty(row.query, row.get("type")?, None)?;
    let storage: Option<u32> = row.get("storage")?;
    let found = OperatorClass {
        family: row.name("family")?.within(row.name("family_namespace")?),
        ty,
        default: row.get("is_default")?,
        storage: storage.map(|it| reader.ty(row.query, it, None)).transpose()?,
    };
    let id = Kind::OperatorClass.routine(&name, row.get::<&str>("method")?);
    reader.insert((class::OPERATOR_CLASS, oid), id.clone(), found);
    reader.owned(&id, row.get("owner")?, None);
    Ok(())
}
