//! The one transaction in which a database is read. Knows the order of the families, not their rows.

use std::collections::BTreeMap;
use std::sync::mpsc;
use std::time::Duration;

use model::{Facts, Schema, Unmodelled};
use postgres::{Client, IsolationLevel};
use rustc_hash::FxHashMap;

use crate::query::{Answers, Query};
use crate::reader::Reader;
use crate::{
    Addresses, Error, cast, collation, comment, constraint, facts, foreign, grant, index, names, namespace,
    operator, operator_class, policy, query, relation, rewrite, routine, sequence, statistics, table,
    trigger, types, unmodelled, view,
};
use crate::{publication, subscription};

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
    pub(crate) outsiders: FxHashMap<(u32, u32), Unmodelled>,
}

/// How often a read begins anew because somebody changed the schema meanwhile.
const TRIES: usize = 3;

/// How long such a change is given to come to its end.
const PAUSE: Duration = Duration::from_millis(20);

/// What the server's prints depend on, pinned until the transaction ends. Everything outside pg_catalog
/// is printed qualified, times under UTC. The memory is for the hash that columns are sorted out by, which would
/// be given up where the server's own setting does not hold the tables.
const PIN: &str = "SET LOCAL search_path = pg_catalog; SET LOCAL jit = off; SET LOCAL work_mem = '64MB'; \
    SET LOCAL TimeZone = 'UTC'; SET LOCAL DateStyle = 'ISO'; SET LOCAL IntervalStyle = 'postgres'; \
    SET LOCAL quote_all_identifiers = off; SET LOCAL extra_float_digits = 1; SET LOCAL bytea_output = 'hex'; \
    SET LOCAL xmloption = 'content'; SET LOCAL standard_conforming_strings = on";

/// Reads the database the client is connected to, in one snapshot that is left before returning.
///
/// # Errors
/// When a query fails, or when the schema changes under the read three times in a row.
pub fn actual(client: &mut Client) -> Result<Actual, Error> {
    actual_with(client, |_| ())
}

/// As [`actual`]; as soon as the facts are known that reading a file needs, and long before the rest is,
/// `early` is given them (without sizes, what is not modelled, and owners but those of namespaces). It is called once more whenever the read begins anew.
///
/// # Errors
/// As [`actual`].
pub fn actual_with(client: &mut Client, mut early: impl FnMut(Facts)) -> Result<Actual, Error> {
    let mut tries = 1;
    loop {
        match read(client, &mut early) {
            Err(error) if error.is_passing() && tries < TRIES => {
                std::thread::sleep(PAUSE);
                tries += 1;
            }
            Err(error) => return Err(error.settled()),
            done => return done,
        }
    }
}

/// Every query, in the order the families read their rows.
const QUERIES: &[&Query] = &[
    &facts::FACTS,
    &facts::ROLES,
    &facts::MEMBERSHIPS,
    &facts::ROLE_SETTINGS,
    &facts::EXTENSIONS,
    &facts::AVAILABLE,
    &facts::MEMBERS,
    &names::QUERY,
    &namespace::QUERY,
    &collation::QUERY,
    &types::TEXTS,
    &types::QUERY,
    &relation::PARENTS,
    &relation::QUERY,
    &sequence::QUERY,
    &table::DEFAULTS,
    &table::QUERY,
    &view::QUERY,
    &index::CLASSES,
    &index::QUERY,
    &constraint::QUERY,
    &statistics::QUERY,
    &routine::AGGREGATES,
    &routine::QUERY,
    &cast::CASTS,
    &cast::CONVERSIONS,
    &cast::LANGUAGES,
    &operator::QUERY,
    &operator_class::FAMILIES,
    &operator_class::CLASSES,
    &trigger::QUERY,
    &rewrite::QUERY,
    &policy::QUERY,
    &crate::event_trigger::QUERY,
    &publication::QUERY,
    &publication::TABLES,
    &publication::NAMESPACES,
    &foreign::WRAPPERS,
    &foreign::SERVERS,
    &foreign::MAPPINGS,
    &crate::text_search::FUNCTIONS,
    &crate::text_search::MAPPINGS,
    &crate::text_search::QUERY,
    &subscription::QUERY,
    &subscription::CONNECTIONS,
    &grant::QUERY,
    &comment::QUERY,
    &crate::security_label::QUERY,
    &unmodelled::QUERY,
];

fn read(client: &mut Client, early: &mut impl FnMut(Facts)) -> Result<Actual, Error> {
    let failed = |it| Error::query("the transaction", it);
    let builder = client.build_transaction().isolation_level(IsolationLevel::RepeatableRead).read_only(true);
    let mut transaction = builder.start().map_err(failed)?;
    let settings = facts::settings(&facts::SETTINGS.ask(&mut transaction)?)?;
    transaction.batch_execute(PIN).map_err(failed)?;
    let queries = queries(&settings);
    let mut reader = Reader::new(settings);
    let (sender, coming) = mpsc::channel();
    std::thread::scope(|threads| {
        let transaction = &mut transaction;
        threads.spawn(move || query::ask_all(&queries, transaction, &sender));
        let answers = Answers(coming);
        facts::read(&mut reader, &answers)?;
        names::read(&mut reader, &answers)?;
        namespace::read(&mut reader, &answers)?;
        collation::read(&mut reader, &answers)?;
        // Whatever `parse` asks the facts for has been read by now.
        early(reader.facts.clone());
        families(&mut reader, &answers)
    })?;
    transaction.rollback().map_err(failed)?;
    Ok(reader.finish())
}

/// The queries that a server is new enough for.
fn queries(settings: &BTreeMap<String, String>) -> Vec<&'static Query> {
    let version =
        settings.get("server_version_num").and_then(|it| it.parse::<u32>().ok()).unwrap_or_default();
    let old = version / 10_000 < publication::NAMESPACES_SINCE;
    let is_told = subscription::is_told(settings);
    let wanted = |it: &&Query| {
        (!old || it.name != publication::NAMESPACES.name)
            && (is_told || it.name != subscription::CONNECTIONS.name)
    };
    QUERIES.iter().copied().filter(wanted).collect()
}

/// Each family after those whose names it speaks of.
fn families(reader: &mut Reader, answers: &Answers) -> Result<(), Error> {
    types::read(reader, answers)?;
    relation::read(reader, answers)?;
    let sequences = sequence::read(reader, answers)?;
    table::read(reader, answers)?;
    sequence::build(reader, &sequences)?;
    view::read(reader, answers)?;
    index::read(reader, answers)?;
    constraint::read(reader, answers)?;
    index::build(reader);
    statistics::read(reader, answers)?;
    routine::read(reader, answers)?;
    cast::read(reader, answers)?;
    operator::read(reader, answers)?;
    operator_class::read(reader, answers)?;
    trigger::read(reader, answers)?;
    rewrite::read(reader, answers)?;
    policy::read(reader, answers)?;
    crate::event_trigger::read(reader, answers)?;
    publication::read(reader, answers)?;
    foreign::read(reader, answers)?;
    crate::text_search::read(reader, answers)?;
    subscription::read(reader, answers)?;
    grant::read(reader, answers)?;
    comment::read(reader, answers)?;
    crate::security_label::read(reader, answers)?;
    // Behind the comments, because one on a multirange type is not one on its range.
    types::link_ranges(reader);
    unmodelled::read(reader, answers)
}
