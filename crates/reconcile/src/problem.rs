//! What is wrong with the way the command was called or configured, told so that it can be put right.
//! It does not know what the command would have done.

use miette::{Diagnostic, NamedSource, SourceSpan};
use std::ops::Range;

/// A mistake in the arguments, in `reconcile.yaml`, in the environment or in a file that names a
/// target. Neither its text nor its source ever holds a password.
#[derive(Debug, thiserror::Error, Diagnostic)]
#[error(transparent)]
#[diagnostic(transparent)]
pub(crate) struct Problem(Box<Parts>);

#[derive(Debug, thiserror::Error, Diagnostic)]
#[error("{message}")]
struct Parts {
    message: String,
    #[help]
    help: Option<String>,
    #[source_code]
    file: Option<NamedSource<String>>,
    #[label("here")]
    span: Option<SourceSpan>,
}

impl Problem {
    /// A problem that points at no file.
    pub(crate) fn new(message: impl Into<String>) -> Problem {
        Problem(Box::new(Parts { message: redact(&message.into()), help: None, file: None, span: None }))
    }

    /// What to do about it.
    pub(crate) fn help(mut self, help: impl Into<String>) -> Problem {
        self.0.help = Some(redact(&help.into()));
        self
    }

    /// The place in a file, by byte offsets. The passwords of the text are blanked out.
    pub(crate) fn at(mut self, name: &str, text: &str, span: Range<usize>) -> Problem {
        self.0.file = Some(NamedSource::new(name, redact_file(text)));
        self.0.span = Some(span.into());
        self
    }
}

/// The text with every password blanked out that it shows by its surroundings: the one in a URL
/// (`://user:password@`), and the value of a `password=` or `sslpassword=`.
pub(crate) fn redact(text: &str) -> String {
    let mut out = text.to_owned();
    for Range { start, end } in secrets(text, &['=']).into_iter().rev() {
        out.replace_range(start..end, "***");
    }
    out
}

/// As [`redact`], for a whole file: every byte keeps its place, so spans still point where they did,
/// and the values of `password:` keys go too.
fn redact_file(text: &str) -> String {
    let mut out = text.to_owned();
    for range in secrets(text, &['=', ':']).into_iter().chain(blocks(text)) {
        let blank: String = "***".chars().chain(std::iter::repeat(' ')).take(range.len()).collect();
        let kept: String = text[range.clone()].bytes().zip(blank.chars()).map(keep_newline).collect();
        out.replace_range(range, &kept);
    }
    out
}

fn keep_newline((byte, blank): (u8, char)) -> char {
    if byte == b'\n' { '\n' } else { blank }
}

/// The places of passwords on one line each, in order and apart from each other.
fn secrets(text: &str, assigns: &[char]) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        let hit = url_password(rest).or_else(|| assigned(rest, assigns));
        match hit {
            Some(range) if !range.is_empty() && !is_placeholder(&rest[range.clone()]) => {
                found.push(at + range.start..at + range.end);
                at += range.end;
            }
            _ => at += rest.chars().next().map_or(1, char::len_utf8),
        }
    }
    found
}

/// The password of a URL whose `://` stands at the start of `text`: what is between the first colon and
/// the last at sign before the next white space or quote, for a password with a bare `@` or `/` in it
/// is just as secret.
fn url_password(text: &str) -> Option<Range<usize>> {
    let rest = text.strip_prefix("://")?;
    let end =
        rest.find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>')).unwrap_or(rest.len());
    let at = rest[..end].rfind('@')?;
    let colon = rest[..at].find(':')?;
    Some(3 + colon + 1..3 + at)
}

/// The value of a `password=` (or another assignment sign) at the start of `text`.
fn assigned(text: &str, assigns: &[char]) -> Option<Range<usize>> {
    let word = text.get(..8).filter(|it| it.eq_ignore_ascii_case("password"))?;
    let after = text[word.len()..].trim_start_matches(['"', '\'', ' ']);
    let value = after.strip_prefix(assigns)?.trim_start_matches(' ');
    let start = text.len() - value.len();
    let len = match value.chars().next() {
        Some(quote @ ('\'' | '"')) => quoted_len(value, quote),
        _ if assigns.contains(&':') => value.find('\n').unwrap_or(value.len()),
        _ => value.find(|c: char| c.is_whitespace() || c == '&').unwrap_or(value.len()),
    };
    Some(start..start + len)
}

/// How long a quoted value is, both quotes and escaped ones included; to the end if it is not closed.
fn quoted_len(value: &str, quote: char) -> usize {
    let mut chars = value.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => drop(chars.next()),
            _ if c == quote => return at + c.len_utf8(),
            _ => (),
        }
    }
    value.len()
}

/// The lines that belong to a `password:` key without standing on its line.
fn blocks(text: &str) -> Vec<Range<usize>> {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let mut found = Vec::new();
    let (mut at, mut inside) = (0, None);
    for line in text.split_inclusive('\n') {
        inside = match inside {
            Some(depth) if line.trim().is_empty() || indent(line) > depth => {
                found.push(at + indent(line)..at + line.trim_end().len().max(indent(line)));
                Some(depth)
            }
            _ => {
                let key = line.trim_start().trim_start_matches(['-', ' ', '"', '\'']);
                (key.starts_with("password") || key.starts_with("sslpassword")).then(|| indent(line))
            }
        };
        at += line.len();
    }
    found.retain(|it| it.start < it.end);
    found
}

/// Whether the value only says where the secret is: `${env:NAME}`, `${file:PATH}`.
pub(crate) fn is_placeholder(value: &str) -> bool {
    let value = value.trim().trim_matches(['"', '\'']);
    value.strip_prefix("${").and_then(|it| it.strip_suffix('}')).is_some_and(|it| !it.contains(['{', '}']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_in_a_url_is_blanked() {
        assert_eq!(redact("bad postgres://u:p@ss/w@h/db here"), "bad postgres://u:***@h/db here");
        assert_eq!(redact("postgres://u@h:5432/db"), "postgres://u@h:5432/db");
    }

    #[test]
    fn a_password_that_is_assigned_is_blanked() {
        assert_eq!(redact("host=h password=secret user=u"), "host=h password=*** user=u");
        assert_eq!(redact("password = 'a \\' b' user=u"), "password = *** user=u");
        assert_eq!(redact("PGPASSWORD=x"), "PGPASSWORD=***");
        assert_eq!(redact("?sslpassword=x&user=u"), "?sslpassword=***&user=u");
    }

    #[test]
    fn a_file_keeps_its_shape() {
        let text = "database:\n  host: h\n  password: |\n    very\n    secret\n  user: u\n";
        let clean = redact_file(text);
        assert_eq!(clean.len(), text.len());
        assert!(!clean.contains("very") && !clean.contains("secret"), "{clean}");
        assert!(clean.ends_with("  user: u\n"), "{clean}");
    }

    #[test]
    fn a_flow_mapping_and_a_tag_are_blanked() {
        for text in [
            "{host: h, password: secret}",
            "password: !!str secret",
            "\"password\": 'se\\'cret'",
            "password: sécret",
        ] {
            let clean = redact_file(text);
            assert_eq!(clean.len(), text.len());
            assert!(!clean.contains("cret"), "{clean}");
        }
    }

    #[test]
    fn a_placeholder_may_be_seen() {
        assert_eq!(redact_file("password: ${env:PW}\n"), "password: ${env:PW}\n");
        assert_eq!(redact("postgres://u:${env:PW}@h/db"), "postgres://u:${env:PW}@h/db");
    }
}
