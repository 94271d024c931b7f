//! A step: one statement and everything later stages may ask about it. Nobody downstream reads its
//! SQL. Knows nothing of how it came about.

use model::{ObjectId, SearchPath};
use serde::Serialize;

use crate::{Hazard, Lock};

/// One statement, and all that later stages may ask about it.
#[derive(Clone, Debug, Serialize)]
pub struct Step {
    /// What it does to its object.
    pub verb: Verb,
    /// The object it is about.
    pub id: ObjectId,
    /// One statement, without a semicolon.
    pub sql: String,
    /// The search_path the text was written or read under; empty where the text is wholly qualified.
    pub path: SearchPath,
    /// The locks it takes on relations that exist before it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub locks: Vec<Lock>,
    /// What may go wrong or be lost.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hazards: Vec<Hazard>,
    /// Where it stands to transactions.
    pub transaction: Transaction,
    /// What it also brings into being, or takes down, such as the columns of a table.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub makes: Vec<ObjectId>,
    /// Why it is there.
    pub why: Vec<Why>,
    /// A statement that takes it back, where it runs outside a transaction or is a rename.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub undo: Option<String>,
    /// Placeholders of secrets in the statement, filled in while it is sent: `${env:NAME}`, `${file:PATH}`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<String>,
    /// `lock_timeout` in milliseconds, where a wait is to be bounded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lock_timeout: Option<u64>,
}

/// What a step does, in the order ties are broken by.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verb {
    /// Takes it down.
    Drop,
    /// Brings it into being.
    Create,
    /// Changes it in place.
    Alter,
    /// Gives it another name.
    Rename,
}

impl Verb {
    /// The word for people.
    pub fn word(self) -> &'static str {
        match self {
            Verb::Drop => "drop",
            Verb::Create => "create",
            Verb::Alter => "alter",
            Verb::Rename => "rename",
        }
    }
}

/// Where a step stands to transactions.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Transaction {
    /// Runs in a transaction with its neighbours.
    #[default]
    Inside,
    /// Cannot run in a transaction.
    Outside,
    /// Runs in a transaction that is committed before a step that is not of this sort.
    CommitAfter,
}

/// Why a step is there.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// The file declares it and the server lacks it.
    New,
    /// The file no longer declares it.
    Undeclared,
    /// A field differs.
    Changed {
        /// Which one.
        field: &'static str,
        /// What it is.
        old: String,
        /// What it shall be.
        new: String,
    },
    /// A field differs that cannot be changed in place.
    Replaced {
        /// Of which object.
        id: ObjectId,
        /// Which one.
        field: &'static str,
    },
    /// It stands on an object that is taken down or changed.
    StandsOn {
        /// On which.
        id: ObjectId,
    },
    /// It was taken down because it stands on this object, and comes back.
    PutBack {
        /// On which it stands.
        id: ObjectId,
    },
    /// A directive says that it had another name.
    Renamed {
        /// Which one.
        from: ObjectId,
    },
    /// The server grants it by itself to whatever the role creates (`pg_default_acl`).
    DefaultGrant,
}
