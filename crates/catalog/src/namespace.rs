//! Reads namespaces. Knows nothing of what stands in them.

use model::{Kind, Namespace};

use crate::Error;
use crate::address::class;
use crate::query::{Answers, Query};
use crate::reader::Reader;

pub(crate) const QUERY: Query = Query { name: "schemas", sql: include_str!("namespace.sql") };

pub(crate) fn read(reader: &mut Reader, answers: &Answers) -> Result<(), Error> {
    for row in QUERY.rows(answers)? {
        let (oid, name) = (row.get("oid")?, row.name("name")?);
        reader.namespaces.insert(oid, name.clone());
        if reader.is_member(class::NAMESPACE, oid) {
            continue;
        }
        let id = Kind::Namespace.root(&name);
        reader.insert((class::NAMESPACE, oid), id.clone(), Namespace {});
        reader.owned(&id, row.get("owner")?, row.get("acl")?);
    }
    Ok(())
}
