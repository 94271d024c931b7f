//! How a command ended, and the exit code that says so: the one place that decides them.
//! It does not know why it ended that way.

use std::process::ExitCode;

/// What `check` found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Verdict {
    /// Nothing differs, and everything was verified.
    InSync,
    /// Something differs, or is pending.
    Drift,
    /// Nothing is known to differ, but something could not be verified.
    Unverified,
}

/// How a command ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Outcome {
    /// The command did what it is for, and has nothing to tell by its exit code.
    Done,
    /// A plan was made.
    Planned {
        /// There are steps, or something is pending.
        differs: bool,
        /// `--detailed-exitcode` was given.
        detailed: bool,
    },
    /// The database was compared.
    Checked {
        /// What was found.
        verdict: Verdict,
        /// `--unverified=ok` was given.
        unverified_ok: bool,
    },
    /// A plan could not be carried out to its end.
    ApplyFailed {
        /// Some of its steps were committed.
        committed: bool,
    },
    /// The question whether to go on was answered with no.
    Declined,
    /// The command could not do what it is for; also for arguments that make no sense, because 2 means drift.
    Failed,
}

impl Outcome {
    /// The number the shell sees.
    pub(crate) fn code(self) -> u8 {
        match self {
            Outcome::Done => 0,
            Outcome::Failed => 1,
            Outcome::Planned { differs, detailed } => {
                if differs && detailed {
                    2
                } else {
                    0
                }
            }
            Outcome::Checked { verdict: Verdict::InSync, .. } => 0,
            Outcome::Checked { verdict: Verdict::Drift, .. } => 2,
            Outcome::Checked { verdict: Verdict::Unverified, unverified_ok } => {
                if unverified_ok {
                    0
                } else {
                    3
                }
            }
            Outcome::ApplyFailed { committed } => {
                if committed {
                    3
                } else {
                    1
                }
            }
            Outcome::Declined => 4,
        }
    }
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> ExitCode {
        ExitCode::from(outcome.code())
    }
}

#[cfg(test)]
mod tests {
    use super::{Outcome::*, Verdict::*};

    #[test]
    fn codes_are_as_promised() {
        let plan = |differs, detailed| Planned { differs, detailed }.code();
        assert_eq!([plan(true, false), plan(true, true), plan(false, true)], [0, 2, 0]);
        let check = |verdict, unverified_ok| Checked { verdict, unverified_ok }.code();
        assert_eq!(
            [check(InSync, false), check(Drift, true), check(Unverified, false), check(Unverified, true)],
            [0, 2, 3, 0]
        );
        assert_eq!(
            [Done.code(), ApplyFailed { committed: false }.code(), ApplyFailed { committed: true }.code()],
            [0, 1, 3]
        );
        assert_eq!([Declined.code(), Failed.code()], [4, 1]);
    }
}
