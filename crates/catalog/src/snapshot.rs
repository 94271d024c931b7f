//! The one transaction in which a database is read. Knows the order of the families, not their rows.

use std::collections::HashMap;

use model::{Facts, Schema, Unmodelled};
use postgres::{Client, IsolationLevel, Transaction};

use crate::reader::Reader;
use crate::{
    Addresses, Error, comment, constraint, facts, grant, index, namespace, policy, relation, routine,
    sequence, table, trigger, types, unmodelled, view,
};

/// A database as it is.
#[derive(Clone, Debug, Default)]
pub struct Actual {
    /// Every object of every namespace but the system's.
    pub schema: Schema,
    /// What the server is like.
    pub facts: Facts,
    /// The objects by the server's own addresses, parts and inner objects included.
    pub addresses: Addresses,
    /// Live objects of kinds that are not modelled, by class and oid.
    pub(crate) outsiders: HashMap<(u32, u32), Unmodelled>,
}

/// How often a read begins anew because somebody changed the schema meanwhile.
const TRIES: usize = 3;

/// What the server's prints depend on, pinned until the transaction ends. Everything outside pg_catalog
/// is printed qualified, times under UTC.
const PIN: &str = "SET LOCAL search_path = pg_catalog; SET LOCAL jit = off; SET LOCAL TimeZone = 'UTC'; \
    SET LOCAL quote_all_identifiers = off; SET LOCAL DateStyle = 'ISO'; SET LOCAL IntervalStyle = 'postgres'; \
    SET LOCAL extra_float_digits = 1; SET LOCAL bytea_output = 'hex'; SET LOCAL xmloption = 'content'; \
    SET LOCAL standard_conforming_strings = on";

/// Reads the database the client is connected to, in one snapshot that is left before returning.
///
/// # Errors
/// When a query fails, or when the schema changes under the read three times in a row.
pub fn actual(client: &mut Client) -> Result<Actual, Error> {
    let mut tries = 1;
    loop {
        match read(client) {
            Err(error) if error.is_passing() && tries < TRIES => tries += 1,
            done => return done,
        }
    }
}

fn read(client: &mut Client) -> Result<Actual, Error> {
    let failed = |it| Error::query("the transaction", it);
    let builder = client.build_transaction().isolation_level(IsolationLevel::RepeatableRead).read_only(true);
    let mut transaction = builder.start().map_err(failed)?;
    let settings = facts::settings(&mut transaction)?;
    transaction.batch_execute(PIN).map_err(failed)?;
    let mut reader = Reader::new(settings);
    families(&mut reader, &mut transaction)?;
    transaction.rollback().map_err(failed)?;
    Ok(reader.finish())
}

/// Each family after those whose names it speaks of.
fn families(reader: &mut Reader, transaction: &mut Transaction<'_>) -> Result<(), Error> {
    facts::read(reader, transaction)?;
    namespace::read(reader, transaction)?;
    types::read(reader, transaction)?;
    relation::read(reader, transaction)?;
    let sequences = sequence::read(reader, transaction)?;
    table::read(reader, transaction)?;
    sequence::build(reader, &sequences)?;
    view::read(reader, transaction)?;
    index::read(reader, transaction)?;
    constraint::read(reader, transaction)?;
    index::build(reader);
    routine::read(reader, transaction)?;
    trigger::read(reader, transaction)?;
    policy::read(reader, transaction)?;
    grant::read(reader, transaction)?;
    comment::read(reader, transaction)?;
    unmodelled::read(reader, transaction)
}
