//! What the server says depends on what. Paid for only when something is to change.

use std::collections::HashSet;

use model::{Kind, ObjectId, Schema, Unmodelled};
use postgres::Client;

use crate::query::Query;
use crate::{Actual, Error, address};

const QUERY: Query = Query { name: "dependencies", sql: include_str!("edge.sql") };

/// An object of a kind that is not modelled, which stands on one that is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Outsider {
    /// Who stands on it.
    pub user: Unmodelled,
    /// What it stands on.
    pub used: ObjectId,
}

/// Reads `pg_depend` into the edges of the schema ([`model::Schema::link`]), and returns who else stands on
/// its objects.
///
/// # Errors
/// When the query fails.
pub fn edges(client: &mut Client, actual: &mut Actual) -> Result<Vec<Outsider>, Error> {
    let mut transaction = client
        .build_transaction()
        .read_only(true)
        .start()
        .map_err(|it| Error::query("the transaction", it))?;
    let pin = transaction.batch_execute("SET LOCAL search_path = pg_catalog");
    pin.map_err(|it| Error::query("the transaction", it))?;
    let (mut seen, mut outsiders) = (HashSet::new(), Vec::new());
    for row in QUERY.ask(&mut transaction)? {
        let (class, oid): (u32, u32) = (row.get("class")?, row.get("oid")?);
        let used = (row.get("used_class")?, row.get("used_oid")?, row.get("used_part")?);
        let (used_class, used_oid, used_part) = used;
        // A column of a partition key holds on to its own table, which goes without saying.
        if (class, oid, 0) == (used_class, used_oid, used_part) {
            continue;
        }
        let whole = actual.addresses.get(&(used_class, used_oid, 0)).cloned();
        let Some(used) = whole_or_part(actual, used).cloned() else { continue };
        let user = whole_or_part(actual, (class, oid, row.get("part")?)).cloned();
        if user.as_ref().is_some_and(|it| is_above(it, &used, &actual.schema)) {
            continue;
        }
        // A column that a partition has from its parent is the parent's; who uses it stands on the
        // partition as well, unless the partition has the user from there too.
        if let (Some(user), Some(whole)) = (&user, whole)
            && used.relation().is_some_and(|it| Some(it) != whole.qual_name())
            && whole.qual_name().is_some()
            && *user != whole
            && user.relation() != used.relation()
            && !is_above(user, &whole, &actual.schema)
            && seen.insert((user.clone(), whole.clone()))
        {
            actual.schema.link(user, whole);
        }
        match user {
            // A member of an extension stands for the extension when used, not when it uses.
            Some(user) if user.kind == Kind::Extension && class != address::class::EXTENSION => (),
            Some(user) if user != used && seen.insert((user.clone(), used.clone())) => {
                actual.schema.link(&user, used);
            }
            Some(_) => (),
            None => {
                let user = actual.outsiders.get(&(class, oid)).cloned();
                let found = user.map(|user| Outsider { user, used });
                outsiders.extend(found.filter(|it| !outsiders.contains(it)));
            }
        }
    }
    Ok(outsiders)
}

/// Whether an object is of a table above a partition, or a check or default of one above an heir: what those have from
/// there stands on them, and what they have it from does not.
fn is_above(id: &ObjectId, table: &ObjectId, schema: &Schema) -> bool {
    let table = table.qual_name().filter(|_| table.kind == Kind::Table);
    let (Some(of), Some(table)) = (id.relation(), table) else { return false };
    let is_partition = schema.table(table).is_some_and(|it| it.partition_of.is_some());
    (is_partition || matches!(id.kind, Kind::Constraint | Kind::Default))
        && schema.above(table).any(|it| it == of)
}

/// The object at an address; a part that is no object of its own is the whole.
fn whole_or_part(actual: &Actual, (class, oid, part): (u32, u32, i32)) -> Option<&ObjectId> {
    let part = actual.addresses.get(&(class, oid, part));
    part.or_else(|| actual.addresses.get(&(class, oid, 0)))
}
