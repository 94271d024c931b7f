//! The user's text: files, and texts decoded out of strings in them.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::Arc;

use model::Span;
use sql::{Code, Fault};

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
    pub variables: BTreeMap<String, String>,
    /// Files read because of `\i` or `\ir`, by the span of the command: each is read in its place.
    pub included: HashMap<Span, usize>,
    /// What is wrong with the bytes of the files.
    pub faults: Vec<Fault>,
}

impl Sources {
    /// One file.
    pub fn one(path: impl Into<PathBuf>, text: impl Into<Arc<str>>) -> Sources {
        let files = vec![Source { path: path.into(), text: text.into(), origin: None }];
        Sources { files, ..Sources::default() }
    }

    /// Takes the bytes of one more file, and says which it is. Bytes that are no UTF-8 are a fault.
    pub fn add(&mut self, path: impl Into<PathBuf>, bytes: &[u8]) -> usize {
        let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
        let text = String::from_utf8_lossy(bytes);
        let file = self.files.len();
        if let Err(error) = std::str::from_utf8(bytes) {
            let start = u32::try_from(error.valid_up_to()).unwrap_or(u32::MAX);
            let span =
                Span { file: u32::try_from(file).unwrap_or(u32::MAX), start, end: start.saturating_add(3) };
            let fault = Fault::new(Code::Syntax, span, "the bytes here are not UTF-8");
            self.faults.push(fault.hint("save the file as UTF-8"));
        }
        self.files.push(Source { path: path.into(), text: text.into(), origin: None });
        file
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
