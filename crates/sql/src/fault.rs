//! Mistakes in the user's text. Knows what went wrong and where, not how it is shown.

use model::Span;

/// A mistake in the user's text: collected, never thrown, and shown with all others of the file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault {
    /// What sort of mistake.
    pub code: Code,
    /// Where it is.
    pub span: Span,
    /// What is wrong, as a sentence without its full stop.
    pub message: String,
    /// What to do next.
    pub hint: Option<String>,
}

/// What sort of mistake a [`Fault`] is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Code {
    /// The text is no SQL.
    Syntax,
    /// SQL that is read nowhere in this program.
    Unsupported,
    /// The text names something that is not there.
    Unknown,
    /// The text declares one thing twice, or says two things of one.
    Conflict,
    /// A guard or condition that cannot be decided.
    Guard,
    /// A literal secret, or another thing better not written.
    Lint,
}

impl Fault {
    /// A fault without a hint.
    pub fn new(code: Code, span: Span, message: impl Into<String>) -> Fault {
        Fault { code, span, message: message.into(), hint: None }
    }

    /// Says what to do next.
    #[must_use]
    pub fn hint(self, hint: impl Into<String>) -> Fault {
        Fault { hint: Some(hint.into()), ..self }
    }
}

impl Code {
    /// The stable word for the code, such as `reconcile::syntax`.
    pub fn word(self) -> &'static str {
        match self {
            Code::Syntax => "reconcile::syntax",
            Code::Unsupported => "reconcile::unsupported",
            Code::Unknown => "reconcile::unknown",
            Code::Conflict => "reconcile::conflict",
            Code::Guard => "reconcile::guard",
            Code::Lint => "reconcile::lint",
        }
    }
}
