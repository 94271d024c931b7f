//! The locks a statement takes on relations. Knows no statement, only PostgreSQL's eight modes.

use model::QualName;
use serde::Serialize;

/// A lock on one relation, held until its transaction ends.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Lock {
    /// How strong it is.
    pub mode: Mode,
    /// What is locked.
    pub relation: QualName,
}

/// PostgreSQL's lock modes on tables, weakest first (manual, 13.3.1).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[expect(missing_docs, reason = "the names are PostgreSQL's own")]
pub enum Mode {
    AccessShare,
    RowShare,
    RowExclusive,
    ShareUpdateExclusive,
    Share,
    ShareRowExclusive,
    Exclusive,
    AccessExclusive,
}

impl Mode {
    /// The words of `LOCK TABLE … IN … MODE`.
    pub fn words(self) -> &'static str {
        match self {
            Mode::AccessShare => "ACCESS SHARE",
            Mode::RowShare => "ROW SHARE",
            Mode::RowExclusive => "ROW EXCLUSIVE",
            Mode::ShareUpdateExclusive => "SHARE UPDATE EXCLUSIVE",
            Mode::Share => "SHARE",
            Mode::ShareRowExclusive => "SHARE ROW EXCLUSIVE",
            Mode::Exclusive => "EXCLUSIVE",
            Mode::AccessExclusive => "ACCESS EXCLUSIVE",
        }
    }

    /// Whether SELECT waits for it.
    pub fn blocks_reads(self) -> bool {
        self == Mode::AccessExclusive
    }

    /// Whether INSERT, UPDATE and DELETE wait for it.
    pub fn blocks_writes(self) -> bool {
        self >= Mode::Share
    }
}
