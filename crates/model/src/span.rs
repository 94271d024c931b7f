use rustc_hash::FxHashMap;
use serde::Serialize;

use crate::ObjectId;

/// A place in the user's text: byte offsets into one of the files that were read.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default, Serialize)]
pub struct Span {
    /// Which of the files, in the order they were read.
    pub file: u32,
    /// The first byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

/// Where each object is declared.
pub type Spans = FxHashMap<ObjectId, Span>;

impl Span {
    /// The smallest span that covers both.
    #[must_use]
    pub fn to(self, end: Span) -> Span {
        Span { file: self.file, start: self.start.min(end.start), end: self.end.max(end.end) }
    }
}
