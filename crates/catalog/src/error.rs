//! How reading a server fails. Knows which query was asked, and never what the connection's password is.

use postgres::error::SqlState;

/// What went wrong between us and the server.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The server refused a query, or the connection was lost.
    #[error("cannot read {query} from the server: {message}{}", code(source))]
    Query {
        /// Which of our queries.
        query: &'static str,
        /// The server's own words.
        message: String,
        /// The driver's error, with SQLSTATE where the server answered.
        source: postgres::Error,
    },
    /// A row does not have the shape its query promises.
    #[error("the server's answer about {query} has no readable {column}")]
    Row {
        /// Which of our queries.
        query: &'static str,
        /// The column.
        column: &'static str,
        /// The driver's error.
        source: postgres::Error,
    },
    /// An object vanished while it was read: what the server prints comes from its newest catalog, not
    /// from our snapshot.
    #[error("the schema kept changing while {query} was read; try again")]
    Moved {
        /// Which of our queries.
        query: &'static str,
    },
    /// The catalog holds what no supported server is known to write.
    #[error("the server's answer about {query} says {value}, which this version does not know")]
    Unknown {
        /// Which of our queries.
        query: &'static str,
        /// What it said.
        value: String,
    },
}

impl Error {
    /// The SQLSTATE, where the server gave one.
    pub fn code(&self) -> Option<&SqlState> {
        match self {
            Error::Query { source, .. } | Error::Row { source, .. } => source.code(),
            Error::Moved { .. } | Error::Unknown { .. } => None,
        }
    }

    /// Whether a query failed because somebody dropped an object meanwhile, so that asking again may do.
    pub(crate) fn is_passing(&self) -> bool {
        const WORDS: [&str; 3] =
            ["cache lookup failed", "could not open relation with OID", "could not find tuple for"];
        match self {
            Error::Moved { .. } => true,
            Error::Query { message, .. } => WORDS.iter().any(|it| message.contains(it)),
            Error::Row { .. } | Error::Unknown { .. } => false,
        }
    }

    /// What is said when asking again does not help either.
    pub(crate) fn settled(self) -> Error {
        match self {
            Error::Query { query, .. } if self.is_passing() => Error::Moved { query },
            error => error,
        }
    }

    pub(crate) fn query(query: &'static str, source: postgres::Error) -> Error {
        let said = source.as_db_error().map(|it| it.message().to_owned());
        Error::Query { query, message: said.unwrap_or_else(|| source.to_string()), source }
    }
}

fn code(source: &postgres::Error) -> String {
    source.code().map(|it| format!(" (SQLSTATE {})", it.code())).unwrap_or_default()
}
