//! How carrying out a plan fails, and what is true afterwards. Knows the driver's errors, and never a
//! password.

use std::fmt;
use std::ops::Range;

use model::{ObjectId, Span};
use postgres::error::SqlState;

/// Why a plan was not carried out to its end.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Somebody else is at it.
    #[error("another reconcile is at work on this database{}", holder.as_deref().map(|it| format!(" ({it})")).unwrap_or_default())]
    Locked {
        /// Who, as far as the server tells.
        holder: Option<String>,
    },
    /// What must be committed together does not fit into the server's lock table.
    #[error(transparent)]
    Oversized(#[from] plan::Oversized),
    /// A step was refused.
    #[error("step {number} ({id}) failed: {refusal}")]
    Step {
        /// Its number in the plan, from 1.
        number: usize,
        /// What it is about.
        id: ObjectId,
        /// What the server said.
        refusal: Refusal,
    },
    /// A routine was made, but its body is not what its language takes.
    #[error("step {number} ({id}): the body is refused: {refusal}")]
    Body {
        /// The step that makes the routine, from 1.
        number: usize,
        /// The routine.
        id: ObjectId,
        /// What the language's validator said.
        refusal: Refusal,
    },
    /// A statement of ours between the steps was refused.
    #[error("{what} failed: {refusal}")]
    Control {
        /// The statement, or what it is for.
        what: String,
        /// What the server said.
        refusal: Refusal,
    },
    /// A data statement of the file was refused.
    #[error("a data statement failed: {refusal}")]
    Data {
        /// Where it stands in the file.
        span: Span,
        /// What the server said.
        refusal: Refusal,
    },
    /// A secret is not to be had; nothing was done.
    #[error("{placeholder} cannot be filled in: {why}")]
    Secret {
        /// What the file says.
        placeholder: String,
        /// Why.
        why: String,
    },
    /// The user asked to stop.
    #[error("stopped on request")]
    Stopped,
}

/// What the server said, or that it says nothing any more.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.text())]
pub struct Refusal {
    /// The place in the statement the server points at: the text that stands there.
    pub near: Option<String>,
    driver: postgres::Error,
}

/// A plan that was not carried out to its end: why, and what the database holds now.
#[derive(Debug)]
pub struct Failure {
    /// Why.
    pub error: Error,
    /// How many steps there are.
    pub total: usize,
    /// The first so many steps are committed for sure.
    pub committed: usize,
    /// These ran and were taken back by the server.
    pub rolled_back: Range<usize>,
    /// Of these nobody knows: the connection was lost before the server said that they are committed.
    /// Where they are many, they are committed all together or not at all.
    pub in_doubt: Range<usize>,
    /// What a step outside any transaction left behind.
    pub residue: Option<String>,
}

impl Refusal {
    /// Takes what the driver says about a statement.
    pub(crate) fn new(source: postgres::Error, sql: &str) -> Refusal {
        Refusal { near: near(&source, sql), driver: source }
    }

    /// The SQLSTATE, where the server gave one.
    pub fn code(&self) -> Option<&SqlState> {
        self.driver.code()
    }

    /// Whether there is nobody to talk to any more.
    pub fn is_lost(&self) -> bool {
        let said = self.driver.as_db_error();
        said.is_none_or(|it| matches!(it.severity(), "FATAL" | "PANIC")) || self.driver.is_closed()
    }

    /// Whether the same statement may well succeed in a moment: it waited too long for a lock, or was the
    /// victim of a deadlock.
    pub fn is_passing(&self) -> bool {
        let passing = [SqlState::LOCK_NOT_AVAILABLE, SqlState::T_R_DEADLOCK_DETECTED];
        self.code().is_some_and(|it| passing.contains(it))
    }

    /// Whether it was cancelled, as we do when asked to stop.
    pub(crate) fn is_cancelled(&self) -> bool {
        self.code() == Some(&SqlState::QUERY_CANCELED)
    }

    fn text(&self) -> String {
        let Some(said) = self.driver.as_db_error() else {
            return format!("the connection to the server is lost: {}", self.driver);
        };
        let mut text = said.message().to_owned();
        let more = [
            ("near", self.near.as_deref()),
            ("detail", said.detail()),
            ("hint", said.hint()),
            ("in", said.where_()),
        ];
        for (word, said) in more.into_iter().filter_map(|(word, said)| Some((word, said?))) {
            text.push_str(&format!("\n  {word}: {}", said.replace('\n', "\n    ")));
        }
        text.push_str(&format!("\n  SQLSTATE {}", said.code().code()));
        text
    }
}

/// The words at the place the server points at. It counts characters, from 1.
fn near(error: &postgres::Error, sql: &str) -> Option<String> {
    let position = match error.as_db_error()?.position()? {
        postgres::error::ErrorPosition::Original(it) => *it,
        postgres::error::ErrorPosition::Internal { .. } => return None,
    };
    let from = sql.chars().skip(usize::try_from(position).ok()?.checked_sub(1)?);
    let words: String = from.take(40).take_while(|it| *it != '\n').collect();
    (!words.trim().is_empty()).then(|| words.trim_end().to_owned())
}

impl Error {
    /// The SQLSTATE, where the server gave one.
    pub fn code(&self) -> Option<&SqlState> {
        self.refusal().and_then(Refusal::code)
    }

    /// What the server said, where it was the server.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Error::Step { refusal, .. }
            | Error::Body { refusal, .. }
            | Error::Control { refusal, .. }
            | Error::Data { refusal, .. } => Some(refusal),
            Error::Locked { .. } | Error::Oversized(_) | Error::Secret { .. } | Error::Stopped => None,
        }
    }

    /// The object it is about.
    pub fn id(&self) -> Option<&ObjectId> {
        match self {
            Error::Step { id, .. } | Error::Body { id, .. } => Some(id),
            _ => None,
        }
    }

    pub(crate) fn control(what: &str, source: postgres::Error) -> Error {
        Error::Control { what: what.to_owned(), refusal: Refusal::new(source, what) }
    }
}

impl Failure {
    /// A failure before the first step.
    pub(crate) fn before(error: Error, total: usize) -> Failure {
        Failure { error, total, committed: 0, rolled_back: 0..0, in_doubt: 0..0, residue: None }
    }

    /// Whether the database is another than before, or may be.
    pub fn has_committed(&self) -> bool {
        self.committed > 0 || !self.in_doubt.is_empty() || self.residue.is_some()
    }

    /// What is true of the database now, as sentences.
    pub fn account(&self) -> String {
        let Failure { error: _, total, committed, rolled_back, in_doubt, residue } = self;
        let mut said = vec![match *committed {
            0 if in_doubt.is_empty() && residue.is_none() => "Nothing was committed.".to_owned(),
            0 => "No step is known to be committed.".to_owned(),
            all if all == *total => format!("All {total} steps were committed."),
            1 => format!("Step 1 of {total} was committed."),
            some => format!("Steps 1 to {some} of {total} were committed."),
        }];
        if !rolled_back.is_empty() {
            said.push(format!("{} rolled back.", count(rolled_back.clone())));
        }
        if !in_doubt.is_empty() {
            let together = if in_doubt.len() > 1 { ", all of them or none" } else { "" };
            said.push(format!(
                "It is not known whether {} committed{together}: the connection was lost before the server \
                 said so.",
                count(in_doubt.clone()).to_lowercase()
            ));
        }
        said.extend(residue.clone());
        if self.has_committed() {
            said.push("The next plan carries on from there.".to_owned());
        }
        said.join(" ")
    }
}

/// `Steps 3 to 5 were`, `Step 3 was`.
fn count(steps: Range<usize>) -> String {
    match steps.len() {
        1 => format!("Step {} was", steps.end),
        _ => format!("Steps {} to {} were", steps.start + 1, steps.end),
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n{}", self.error, self.account())
    }
}

impl std::error::Error for Failure {}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(committed: usize, rolled_back: Range<usize>, in_doubt: Range<usize>) -> String {
        let error = Error::Stopped;
        Failure { error, total: 9, committed, rolled_back, in_doubt, residue: None }.account()
    }

    #[test]
    fn the_account_is_exact() {
        assert_eq!(failure(0, 0..2, 0..0), "Nothing was committed. Steps 1 to 2 were rolled back.");
        assert_eq!(
            failure(3, 3..4, 0..0),
            "Steps 1 to 3 of 9 were committed. Step 4 was rolled back. The next plan carries on from there."
        );
        assert_eq!(
            failure(0, 0..0, 0..2),
            "No step is known to be committed. It is not known whether steps 1 to 2 were committed, all of \
             them or none: the connection was lost before the server said so. The next plan carries on \
             from there."
        );
    }
}
