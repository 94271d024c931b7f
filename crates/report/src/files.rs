//! The files that were read, and places in them as people are told: file, line and column. Reads none.

use std::fmt;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use model::Span;

/// A place in a file, both numbers from 1.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Place {
    /// The file, as the user would write it.
    pub file: PathBuf,
    /// The line.
    pub line: usize,
    /// The column, in characters.
    pub column: usize,
}

/// Everything that was read, in order: the `file` of a [`Span`] is a place in this list.
#[derive(Clone, Debug, Default)]
pub struct Files {
    files: Vec<File>,
}

#[derive(Clone, Debug)]
struct File {
    path: PathBuf,
    text: Arc<str>,
    origin: Option<Span>,
    /// Where each line begins; made when it is asked for the first time.
    lines: OnceLock<Vec<usize>>,
}

impl Files {
    /// Adds a file. One that is only a string inside another, such as the text behind EXECUTE, has that
    /// string's span as its origin, and its places are that string's.
    pub fn add(&mut self, path: impl Into<PathBuf>, text: impl Into<Arc<str>>, origin: Option<Span>) {
        let (path, text) = (path.into(), text.into());
        self.files.push(File { path, text, origin, lines: OnceLock::new() });
    }

    /// Where a span begins.
    pub fn place(&self, span: Span) -> Option<Place> {
        let (file, range) = self.find(span)?;
        let line = file.line(range.start);
        let start = file.lines()[line];
        let column = file.text[start..range.start].chars().count() + 1;
        Some(Place { file: file.path.clone(), line: line + 1, column })
    }

    /// The text a span stands in, and where it stands there: within it, and at the bounds of characters.
    pub(crate) fn text(&self, span: Span) -> Option<(&str, Range<usize>)> {
        self.find(span).map(|(file, range)| (&*file.text, range))
    }

    fn find(&self, span: Span) -> Option<(&File, Range<usize>)> {
        let file = self.files.get(span.file as usize)?;
        // An origin stands before what was decoded from it, so this comes to an end.
        match file.origin.filter(|it| it.file < span.file) {
            Some(origin) => self.find(origin),
            None => {
                let start = floor(&file.text, span.start as usize);
                Some((file, start..floor(&file.text, span.end as usize).max(start)))
            }
        }
    }
}

impl File {
    fn lines(&self) -> &[usize] {
        self.lines.get_or_init(|| {
            let after = self.text.bytes().enumerate().filter(|(_, it)| *it == b'\n').map(|(at, _)| at + 1);
            std::iter::once(0).chain(after).collect()
        })
    }

    /// Which line a byte stands on, from 0.
    fn line(&self, at: usize) -> usize {
        self.lines().partition_point(|it| *it <= at).saturating_sub(1)
    }
}

/// The nearest bound of a character at or before a byte.
pub(crate) fn floor(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|it| text.is_char_boundary(*it)).unwrap_or(0)
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file.display(), self.line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(files: &Files, file: u32, start: u32) -> Option<String> {
        let place = files.place(Span { file, start, end: start })?;
        Some(format!("{place}:{}", place.column))
    }

    #[test]
    fn lines_and_columns_count_from_one() {
        let mut files = Files::default();
        files.add("a.sql", "ä\nbc\n", None);
        files.add("a.sql", "decoded", Some(Span { file: 0, start: 4, end: 5 }));
        let told: Vec<Option<String>> = [0, 1, 2, 3, 4, 6, 99].map(|it| place(&files, 0, it)).into();
        let wanted = ["1:1", "1:1", "1:2", "2:1", "2:2", "3:1", "3:1"].map(|it| Some(format!("a.sql:{it}")));
        assert_eq!(told, wanted);
        assert_eq!(place(&files, 1, 3).as_deref(), Some("a.sql:2:2"));
        assert_eq!(place(&files, 2, 0), None);
    }
}
