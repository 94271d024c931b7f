//! The user's text: files, and texts decoded out of strings in them.

use std::path::PathBuf;
use std::sync::Arc;

use model::Span;

/// One file as it was read.
#[derive(Clone, Debug)]
pub struct Source {
    /// Where it came from, as the user would write it.
    pub path: PathBuf,
    /// Its text, without a byte order mark.
    pub text: Arc<str>,
    /// For a text that stands as a string inside another (the body of EXECUTE): where that string is.
    pub origin: Option<Span>,
}

/// Everything that was read, in order. A [`Span`]'s `file` is a place in this list.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// The files.
    pub files: Vec<Source>,
    /// psql variables given by `--set`.
    pub variables: std::collections::BTreeMap<String, String>,
}

impl Sources {
    /// One file.
    pub fn one(path: impl Into<PathBuf>, text: impl Into<Arc<str>>) -> Sources {
        let files = vec![Source { path: path.into(), text: text.into(), origin: None }];
        Sources { files, variables: Default::default() }
    }

    /// A span in a real file: for a place in a decoded text, the string it was decoded from.
    pub fn real(&self, span: Span) -> Span {
        let origin = self.files.get(span.file as usize).and_then(|it| it.origin);
        origin.map_or(span, |it| self.real(it))
    }

    /// Line and column of a span's start, both from 1, the column in characters.
    pub fn line_column(&self, span: Span) -> (usize, usize) {
        let span = self.real(span);
        let Some(source) = self.files.get(span.file as usize) else { return (1, 1) };
        let before = source.text.get(..span.start as usize).unwrap_or(&source.text);
        let line_start = before.rfind('\n').map_or(0, |it| it + 1);
        (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
    }
}
