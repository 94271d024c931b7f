//! What the server's answers amount to. Knows SQLSTATEs, and not which question was asked.

use model::ObjectId;

/// An object whose expressions are not known to mean the same as the server's.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unsettled {
    /// Who.
    pub id: ObjectId,
    /// What is known instead.
    pub verdict: Verdict,
}

/// What is known of two expressions that are not the same.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// The server would store something else.
    Different,
    /// The server does not take the file's text, as things are now.
    Refused {
        /// The server's code for why.
        sqlstate: String,
        /// The server's words.
        message: String,
    },
    /// Nobody could be asked.
    Unknown {
        /// Why.
        why: String,
    },
}

/// What is known of one pair of expressions.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Answer {
    Same,
    Different,
    /// The server refuses the file's text.
    Refused(Refusal),
    /// The server refuses its own text where the file's is taken.
    Stale(Refusal),
    Unknown(String),
}

/// Why the server did not take a statement.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Refusal {
    pub(super) sqlstate: String,
    pub(super) message: String,
}

impl Verdict {
    /// Which of several verdicts on one object stands for it: the highest.
    pub(super) fn rank(&self) -> u8 {
        match self {
            Verdict::Unknown { .. } => 0,
            Verdict::Refused { .. } => 1,
            Verdict::Different => 2,
        }
    }
}

impl Refusal {
    /// Whether the refusal is about us or the moment, and says nothing of the text: a missing right, a
    /// lock, a read-only server, a raised exception (of an event trigger), exhausted resources.
    pub(super) fn is_about_us(&self) -> bool {
        const CODES: [&str; 6] = ["42501", "25006", "55P03", "57014", "P0001", "40P01"];
        const CLASSES: [&str; 4] = ["53", "54", "57", "XX"];
        CODES.contains(&self.sqlstate.as_str()) || CLASSES.iter().any(|it| self.sqlstate.starts_with(it))
    }

    pub(super) fn is_lock(&self) -> bool {
        self.sqlstate == "55P03"
    }

    pub(super) fn words(&self) -> String {
        format!("{} (SQLSTATE {})", self.message, self.sqlstate)
    }
}
