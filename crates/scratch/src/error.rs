//! The one error of this crate: what failed, why, and what to do next.
//!
//! It does not know how errors are shown; the command line renders them.

use std::path::Path;

/// A failure to find, fetch, start or end a server.
#[derive(Debug, thiserror::Error)]
#[error("{what}: {why}{}", if next.is_empty() { String::new() } else { format!("\n{next}") })]
pub struct Error {
    /// What was being done, as a phrase: "cannot start PostgreSQL 17".
    pub what: String,
    /// Why it failed.
    #[source]
    pub why: Why,
    /// What the reader can do about it; empty when nothing sensible can be said.
    pub next: String,
}

/// Why an operation failed.
#[derive(Debug, thiserror::Error)]
pub enum Why {
    /// The operating system refused.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// The server refused; the SQLSTATE is inside.
    #[error("{}", server_words(.0))]
    Server(#[from] postgres::Error),
    /// A program said so, or we found it ourselves.
    #[error("{0}")]
    Said(String),
}

/// The server's own message where there is one: the driver's `Display` hides it behind "db error".
fn server_words(error: &postgres::Error) -> String {
    match error.as_db_error() {
        Some(db) => format!("{} ({})", db.message(), db.code().code()),
        None => match std::error::Error::source(error) {
            Some(source) => format!("{error}: {source}"),
            None => error.to_string(),
        },
    }
}

impl Error {
    /// A failure that some program, or we ourselves, explained in words.
    pub(crate) fn said(what: impl Into<String>, why: impl Into<String>, next: impl Into<String>) -> Self {
        Self { what: what.into(), why: Why::Said(why.into()), next: next.into() }
    }

    /// A failure of the file system at `path`.
    pub(crate) fn at(doing: &str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let what = format!("cannot {doing} {}", path.display());
        move |error| Self { what, why: Why::Io(error), next: String::new() }
    }

    /// A failure to run `program`.
    pub(crate) fn run(program: &Path) -> impl FnOnce(std::io::Error) -> Self {
        Self::at("run", program)
    }

    /// A failure the server reported while doing `what`.
    pub(crate) fn server(what: impl Into<String>) -> impl FnOnce(postgres::Error) -> Self {
        let what = what.into();
        move |error| Self { what, why: Why::Server(error), next: String::new() }
    }
}
