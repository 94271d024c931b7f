//! Secrets: what a file may say of them, and that no answer shows one.
//!
//! Knows words, not statements.

use std::sync::Arc;

use model::Span;
use sql::{Code, Fault};

use crate::Sources;

/// `${env:NAME}` and `${file:PATH}` are filled in while the statement is sent.
pub(crate) fn is_placeholder(text: &str) -> bool {
    let inside = text.strip_prefix("${").and_then(|it| it.strip_suffix('}'));
    inside.is_some_and(|it| it.starts_with("env:") || it.starts_with("file:"))
}

/// The fault of a secret that is written out.
pub(crate) fn literal(span: Span) -> Fault {
    Fault::new(Code::Lint, span, "a password stands in the file")
        .hint("write '${env:NAME}' or '${file:PATH}', or set it outside the schema")
}

/// The texts as answers may show them: what stands in quotes behind a word for a secret is blotted out, and
/// every place stays where it is.
pub(crate) fn blot(sources: &mut Sources) {
    for file in &mut sources.files {
        if let Some(text) = blotted(&file.text) {
            file.text = Arc::from(text);
        }
    }
}

const WORDS: &[&str] = &["password", "passwd", "passphrase", "secret", "token", "private_key", "api_key"];

fn blotted(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    let mut bytes = Vec::new();
    for word in WORDS {
        for (at, _) in lower.match_indices(word) {
            let Some((from, to)) = quoted(text.as_bytes(), at + word.len()) else { continue };
            if is_placeholder(&text[from..to]) {
                continue;
            }
            if bytes.is_empty() {
                bytes = text.as_bytes().to_vec();
            }
            bytes[from..to].fill(b'*');
        }
    }
    if bytes.is_empty() { None } else { String::from_utf8(bytes).ok() }
}

/// What stands between quotes behind the rest of a word, blanks and the mark of an escape string aside. In a
/// text within a text quotes come in twos.
fn quoted(text: &[u8], mut at: usize) -> Option<(usize, usize)> {
    let is = |at: usize, test: &dyn Fn(u8) -> bool| text.get(at).copied().is_some_and(test);
    while is(at, &|it| it.is_ascii_alphanumeric() || it == b'_' || it == b'"') {
        at += 1;
    }
    while is(at, &|it| it.is_ascii_whitespace()) {
        at += 1;
    }
    if is(at, &|it| it == b'E' || it == b'e') {
        at += 1;
    }
    let width = if is(at, &|it| it == b'\'') && is(at + 1, &|it| it == b'\'') { 2 } else { 1 };
    if !is(at, &|it| it == b'\'') {
        return None;
    }
    let from = at + width;
    let length = text.get(from..)?.iter().position(|it| *it == b'\'')?;
    Some((from, from + length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_secret_is_blotted_out_where_it_stands() {
        let text = "OPTIONS (user 'u', password 'hunter2', Password_X E'é1', password '${env:A}')";
        let shown = "OPTIONS (user 'u', password '*******', Password_X E'***', password '${env:A}')";
        assert_eq!(blotted(text).as_deref(), Some(shown));
        assert_eq!(
            blotted("EXECUTE 'ALTER ROLE a PASSWORD ''abc'''").as_deref(),
            Some("EXECUTE 'ALTER ROLE a PASSWORD ''***'''")
        );
        assert_eq!(blotted("a password column text"), None);
    }
}
