//! Secrets: what a file may say of them, and that no answer shows one.
//!
//! Knows words, not statements.

use std::ops::Range;
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
/// More than this is no secret but a text that lacks its closing quote.
const LONGEST: usize = 4096;

fn blotted(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    let mut places: Vec<Range<usize>> = Vec::new();
    for word in WORDS {
        places
            .extend(lower.match_indices(word).filter_map(|(at, _)| value(text.as_bytes(), at + word.len())));
    }
    places.extend(text.match_indices("://").filter_map(|(at, _)| in_url(text, at + 3)));
    let is_secret =
        |it: &Range<usize>| !it.is_empty() && text.get(it.clone()).is_none_or(|it| !is_placeholder(it));
    places.retain(is_secret);
    if places.is_empty() {
        return None;
    }
    let mut bytes = text.as_bytes().to_vec();
    for place in places {
        blank(&mut bytes[place]);
    }
    String::from_utf8(bytes).ok()
}

/// Lines stay lines.
fn blank(bytes: &mut [u8]) {
    bytes.iter_mut().filter(|it| **it != b'\n').for_each(|it| *it = b'*');
}

/// What is said behind a word: a string in whatever quotes, the mark of an escape string aside, or whatever
/// follows an equals sign, as in a connection string.
fn value(text: &[u8], mut at: usize) -> Option<Range<usize>> {
    let skip = |mut at: usize, test: &dyn Fn(u8) -> bool| {
        while text.get(at).copied().is_some_and(test) {
            at += 1;
        }
        at
    };
    at = skip(at, &|it| it.is_ascii_alphanumeric() || it == b'_' || it == b'"');
    at = skip(at, &|it| it.is_ascii_whitespace());
    let assigned = text.get(at) == Some(&b'=');
    at = if assigned { skip(at + 1, &|it| it.is_ascii_whitespace()) } else { at };
    let escapes = matches!(text.get(at..at + 2), Some(b"E'" | b"e'"));
    at += usize::from(escapes);
    let rest = &text[at..(at + LONGEST).min(text.len())];
    match rest.first() {
        Some(b'\'') => Some(quoted(rest)).map(|it| at + it.start..at + it.end),
        Some(b'$') if !rest.starts_with(b"${") => {
            let tag = 2 + rest[1..].iter().position(|it| *it == b'$')?;
            let inside = &rest[tag..];
            let end = inside.windows(tag).position(|it| *it == rest[..tag]).unwrap_or(inside.len());
            Some(at + tag..at + tag + end)
        }
        Some(_) if assigned => {
            let ends = |it: &u8| it.is_ascii_whitespace() || b"'&;,()".contains(it);
            let end = rest.iter().position(ends).unwrap_or(rest.len());
            // What is called is no secret.
            (rest.get(end) != Some(&b'(')).then_some(at..at + end)
        }
        _ => None,
    }
}

/// What stands between quotes. In a text within a text they come in twos, and those inside in fours.
fn quoted(text: &[u8]) -> Range<usize> {
    let run = |at: usize| text[at..].iter().take_while(|it| **it == b'\'').count();
    let width = run(0);
    let mut at = width;
    while at < text.len() {
        match run(at) {
            0 => at += 1,
            found if (found / width) % 2 == 1 => break,
            found => at += found,
        }
    }
    width..at
}

/// The password of a URL, of which `at` is the place behind the scheme.
fn in_url(text: &str, at: usize) -> Option<Range<usize>> {
    let rest = &text[at..];
    let ends = |it: char| it.is_whitespace() || matches!(it, '"' | '\'' | '<' | '>');
    let rest = &rest[..rest.find(ends).unwrap_or(rest.len())];
    let end = rest.rfind('@')?;
    let colon = rest[..end].find(':')?;
    Some(at + colon + 1..at + end)
}

/// Blots out all of a string, and what it holds wherever else it stands.
pub(crate) fn blot_out(sources: &mut Sources, string: Span, secrets: &[String]) {
    for (at, file) in sources.files.iter_mut().enumerate() {
        let mut text = file.text.to_string();
        for it in secrets.iter().filter(|it| it.len() > 3) {
            text = text.replace(it.as_str(), &"*".repeat(it.len()));
        }
        let place = string.start as usize..string.end as usize;
        let mut bytes = text.into_bytes();
        if at == string.file as usize
            && let Some(bytes) = bytes.get_mut(place)
        {
            blank(bytes);
        }
        file.text = String::from_utf8(bytes).unwrap_or_default().into();
    }
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
        assert_eq!(blotted("NEW.password = crypt(x)"), None);
        for (text, shown) in [
            ("password $$hunter2$$, x", "password $$*******$$, x"),
            ("PASSWORD $a$hun$ter2$a$", "PASSWORD $a$********$a$"),
            ("PASSWORD 'it''s' x 'y'", "PASSWORD '*****' x 'y'"),
            ("'host=a password=hunter2 user=x'", "'host=a password=******* user=x'"),
            ("'password = ''a b'' user=x'", "'password = ''***'' user=x'"),
            ("'password=${env:P}'", "'password=${env:P}'"),
            ("'postgres://u:p@ss@h/d'", "'postgres://u:****@h/d'"),
            ("'postgres://u:${env:P}@h/d?password=x&a=b'", "'postgres://u:${env:P}@h/d?password=*&a=b'"),
            ("PASSWORD 'never closed", "PASSWORD '************"),
            ("PASSWORD E'é\n1'", "PASSWORD E'**\n*'"),
        ] {
            assert_eq!(blotted(text).as_deref().unwrap_or(text), shown);
        }
    }
}
