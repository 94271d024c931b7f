//! Reads operators. Does not know what their functions do.

use model::{Operator, QualName, Type};

use crate::Error;
use crate::address::class;
use crate::query::{Answers, Query, Record};
use crate::reader::Reader;

pub(crate) const QUERY: Query = Query { name: "operators", sql: include_str!("operator.sql") };

pub(crate) fn read(reader: &mut Reader, answers: &Answers) -> Result<(), Error> {
    for row in QUERY.rows(answers)? {
        let oid = row.get("oid")?;
        let Some(name) = reader.qual_name(&row)? else { continue };
        if reader.is_member(class::OPERATOR, oid) {
            continue;
        }
        let operator = operator(reader, &row)?;
        let id = Operator::id(&name, operator.left.as_ref(), operator.right.as_ref());
        for shell in row.get::<Vec<u32>>("shells")? {
            reader.put_address(class::OPERATOR, shell, 0, id.clone());
        }
        reader.insert((class::OPERATOR, oid), id.clone(), operator);
        reader.owned(&id, row.get("owner")?, None);
    }
    model::pair_operators(&mut reader.schema);
    Ok(())
}

fn operator(reader: &Reader, row: &Record) -> Result<Operator, Error> {
    let operand = |column| -> Result<Option<Type>, Error> {
        row.get::<Option<u32>>(column)?.map(|it| reader.ty(row.query, it, None)).transpose()
    };
    let other = |namespace, name| -> Result<Option<QualName>, Error> {
        Ok(row.maybe_name(name)?.zip(row.maybe_name(namespace)?).map(|(name, within)| name.within(within)))
    };
    Ok(Operator {
        left: operand("left")?,
        right: operand("right")?,
        function: row.name("function")?.within(row.name("function_namespace")?),
        commutator: other("commutator_namespace", "commutator")?,
        negator: other("negator_namespace", "negator")?,
        restrict: other("restrict_namespace", "restrict")?,
        join: other("join_namespace", "join")?,
        hashes: row.get("hashes")?,
        merges: row.get("merges")?,
    })
}
