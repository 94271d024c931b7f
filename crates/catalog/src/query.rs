//! Asks one query and reads its rows by column name. Knows nothing of what a query is about.

use std::collections::BTreeMap;

use model::Name;
use postgres::types::FromSqlOwned;
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
}

/// A row and the query it answers.
pub(crate) struct Record {
    row: Row,
    pub(crate) query: &'static str,
}

impl Record {
    /// The value of a column, of whatever type the reader expects.
    pub(crate) fn get<T: FromSqlOwned>(&self, column: &'static str) -> Result<T, Error> {
        self.row.try_get(column).map_err(|source| Error::Row { query: self.query, column, source })
    }

    pub(crate) fn name(&self, column: &'static str) -> Result<Name, Error> {
        self.get::<String>(column).map(Name::new)
    }

    pub(crate) fn maybe_name(&self, column: &'static str) -> Result<Option<Name>, Error> {
        Ok(self.get::<Option<String>>(column)?.map(Name::new))
    }

    /// A text the server prints from its newest catalog: NULL when the object is gone by now.
    pub(crate) fn deparsed(&self, column: &'static str) -> Result<String, Error> {
        self.get::<Option<String>>(column)?.ok_or(Error::Moved { query: self.query })
    }

    /// `{name=value, …}`, as `reloptions` and its like are kept.
    pub(crate) fn options(&self, column: &'static str) -> Result<BTreeMap<String, String>, Error> {
        Ok(options(&self.get::<Option<Vec<String>>>(column)?.unwrap_or_default()))
    }

    /// The error that the catalog holds a word nobody knows.
    pub(crate) fn unknown(&self, value: impl Into<String>) -> Error {
        Error::Unknown { query: self.query, value: value.into() }
    }
}

/// Splits each at its first `=`.
pub(crate) fn options(items: &[String]) -> BTreeMap<String, String> {
    let pairs = items.iter().map(|it| it.split_once('=').unwrap_or((it, "")));
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}
