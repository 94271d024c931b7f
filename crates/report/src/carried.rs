//! What came of carrying a plan out, as JSON. Does not know how it is carried out.

use std::ops::Range;

use serde::Serialize;

use crate::answer::Held;
use crate::json::{FORMAT, HeldRow, held, print};
use crate::{Answer, Summary};

/// What came of carrying a plan out.
#[derive(Clone, Debug, Default)]
pub struct Carried {
    /// The first so many steps are committed for sure.
    pub committed: usize,
    /// These ran and were taken back, from 0.
    pub rolled_back: Range<usize>,
    /// Of these nobody knows, from 0.
    pub in_doubt: Range<usize>,
    /// Why it came to no end.
    pub error: Option<String>,
    /// The SQLSTATE of that.
    pub sqlstate: Option<String>,
    /// What is true of the database now, as sentences.
    pub account: String,
    /// What differs though nobody announced it, after all steps were committed.
    pub unexpected: Vec<Held>,
    /// How many rows the data statements wrote, where they were asked for.
    pub rows: Option<u64>,
}

/// The carrying out of a plan.
#[derive(Serialize)]
struct Document<'a> {
    /// [`FORMAT`]
    format: u32,
    /// Always `apply`.
    kind: &'static str,
    /// The database, without its password.
    target: &'a str,
    /// Whether everything was committed, and nothing differs but what is pending.
    done: bool,
    /// What the plan was.
    summary: Summary,
    /// How many steps there are.
    steps: usize,
    /// The first so many of them are committed for sure.
    committed: usize,
    /// Numbers of steps that ran and were taken back.
    rolled_back: Vec<usize>,
    /// Numbers of steps of which nobody knows whether they were committed.
    in_doubt: Vec<usize>,
    /// Why it came to no end.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
    /// The SQLSTATE of that.
    #[serde(skip_serializing_if = "Option::is_none")]
    sqlstate: Option<&'a str>,
    /// What is true of the database now.
    account: &'a str,
    /// What differs as announced.
    pending: Vec<HeldRow<'a>>,
    /// What differs though nobody announced it.
    unexpected: Vec<HeldRow<'a>>,
    /// What could not be compared.
    unverified: Vec<HeldRow<'a>>,
    /// How many rows the data statements wrote.
    #[serde(skip_serializing_if = "Option::is_none")]
    rows: Option<u64>,
}

impl Answer<'_> {
    /// What came of this plan, as JSON, indented, with a final line end.
    pub fn carried_json(&self, carried: &Carried) -> String {
        let Carried { committed, rolled_back, in_doubt, error, sqlstate, account, unexpected, rows } =
            carried;
        let numbers = |it: &Range<usize>| it.clone().map(|it| it + 1).collect();
        print(&Document {
            format: FORMAT,
            kind: "apply",
            target: &self.target,
            done: error.is_none() && unexpected.is_empty(),
            summary: self.summary(),
            steps: self.steps.len(),
            committed: *committed,
            rolled_back: numbers(rolled_back),
            in_doubt: numbers(in_doubt),
            error: error.as_deref(),
            sqlstate: sqlstate.as_deref(),
            account,
            pending: held(&self.pending, self.places),
            unexpected: held(unexpected, self.places),
            unverified: held(&self.unverified, self.places),
            rows: *rows,
        })
    }
}
