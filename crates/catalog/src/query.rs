//! Asks queries and reads their rows by column name. Knows nothing of what a query is about.

use std::sync::mpsc::{Receiver, Sender};

use model::{Name, Settings};
use postgres::types::FromSql;
use postgres::{Row, Transaction};

use crate::Error;

/// One query over the catalogs, kept in a `.sql` file beside the module that reads its rows.
pub(crate) struct Query {
    /// What it is about, in messages.
    pub(crate) name: &'static str,
    /// The text, which must run on every supported server as it is.
    pub(crate) sql: &'static str,
}

impl Query {
    /// Asks it. One round trip: a query without parameters need not be prepared first.
    pub(crate) fn ask(&self, transaction: &mut Transaction<'_>) -> Result<Vec<Record>, Error> {
        let rows = transaction.query_typed(self.sql, &[]).map_err(|it| Error::query(self.name, it))?;
        Ok(rows.into_iter().map(|row| Record { row, query: self.name }).collect())
    }

    /// The rows that [`ask_all`] found, which must ask the queries in the order they are read.
    pub(crate) fn rows(&self, Answers(coming): &Answers) -> Result<Vec<Record>, Error> {
        let Ok((name, rows)) = coming.recv() else { return Err(Error::Moved { query: self.name }) };
        assert_eq!(name, self.name, "queries are asked in another order than they are read");
        rows
    }
}

/// What a query answered, under its name.
type Answer = (&'static str, Result<Vec<Record>, Error>);

/// Answers as they come in.
pub(crate) struct Answers(pub(crate) Receiver<Answer>);

/// Asks one query after another until one fails or nobody listens, so that the server is at work on the
/// next answer while the last is read.
pub(crate) fn ask_all(queries: &[&Query], transaction: &mut Transaction<'_>, answers: &Sender<Answer>) {
    for query in queries {
        let rows = query.ask(transaction);
        let failed = rows.is_err();
        if answers.send((query.name, rows)).is_err() || failed {
            return;
        }
    }
}

/// A row and the query it answers.
pub(crate) struct Record {
    row: Row,
    pub(crate) query: &'static str,
}

impl Record {
    /// The value of a column, of whatever type the reader expects.
    pub(crate) fn get<'a, T: FromSql<'a>>(&'a self, column: &'static str) -> Result<T, Error> {
        self.row.try_get(column).map_err(|source| Error::Row { query: self.query, column, source })
    }

    pub(crate) fn name(&self, column: &'static str) -> Result<Name, Error> {
        self.get::<&str>(column).map(Name::from)
    }

    pub(crate) fn maybe_name(&self, column: &'static str) -> Result<Option<Name>, Error> {
        Ok(self.get::<Option<&str>>(column)?.map(Name::from))
    }

    /// A text the server prints from its newest catalog: NULL when the object is gone by now.
    pub(crate) fn deparsed(&self, column: &'static str) -> Result<&str, Error> {
        self.get::<Option<&str>>(column)?.ok_or(Error::Moved { query: self.query })
    }

    /// `{name=value, …}`, as `reloptions` and its like are kept.
    pub(crate) fn options(&self, column: &'static str) -> Result<Settings, Error> {
        Ok(self.get::<Option<Vec<&str>>>(column)?.map(|it| options(&it)).unwrap_or_default())
    }

    /// The error that the catalog holds a word nobody knows.
    pub(crate) fn unknown(&self, value: impl Into<String>) -> Error {
        Error::Unknown { query: self.query, value: value.into() }
    }
}

/// Splits each at its first `=`.
fn options(items: &[&str]) -> Settings {
    let pairs = items.iter().map(|it| it.split_once('=').unwrap_or((it, "")));
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}
