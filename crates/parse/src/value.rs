//! Values of constant expressions in guards. Knows how SQL compares and prints them.

use std::cmp::Ordering;

use model::{Name, ObjectId, literal};

/// What a constant expression comes to. What cannot be known is no value at all.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    List(Vec<Value>),
    /// What the server would hold as an oid.
    Object(ObjectId),
    /// A row: columns and their values, `None` for what is not known.
    Row(Vec<(String, Option<Value>)>),
}

impl Value {
    pub(crate) fn text(text: impl Into<String>) -> Value {
        Value::Text(text.into())
    }

    /// As `::text` prints it; NULL has no print.
    pub(crate) fn printed(&self) -> Option<String> {
        match self {
            Value::Null | Value::Row(_) | Value::List(_) => None,
            Value::Bool(it) => Some(if *it { "true" } else { "false" }.to_string()),
            Value::Number(it) => Some(it.to_string()),
            Value::Text(it) => Some(it.clone()),
            Value::Object(it) => {
                Some(it.qual_name().map_or_else(|| it.name().to_string(), ToString::to_string))
            }
        }
    }

    pub(crate) fn number(&self) -> Option<f64> {
        match self {
            Value::Number(it) => Some(*it),
            Value::Text(it) => it.trim().parse().ok(),
            _ => None,
        }
    }

    /// The order of two values as SQL has it; `None` where either is NULL or they do not compare.
    pub(crate) fn order(&self, other: &Value) -> Option<Ordering> {
        match (self, other) {
            (Value::Number(a), _) => a.partial_cmp(&other.number()?),
            (_, Value::Number(b)) => self.number()?.partial_cmp(b),
            (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
            (Value::Bool(a), Value::Text(b)) | (Value::Text(b), Value::Bool(a)) => {
                truth(b).map(|b| a.cmp(&b))
            }
            (Value::Text(a), Value::Text(b)) => Some(a.cmp(b)),
            (Value::Object(a), Value::Object(b)) => Some(a.cmp(b)),
            (Value::List(a), Value::List(b)) => Some(if a == b { Ordering::Equal } else { Ordering::Less }),
            _ => None,
        }
    }
}

/// A text as a boolean.
pub(crate) fn truth(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "t" | "true" | "on" | "yes" | "y" | "1" => Some(true),
        "f" | "false" | "off" | "no" | "n" | "0" => Some(false),
        _ => None,
    }
}

/// `text LIKE pattern`: `%` is anything, `_` one character, a backslash takes the next as it is.
pub(crate) fn like(text: &str, pattern: &str) -> bool {
    let (text, pattern): (Vec<char>, Vec<char>) = (text.chars().collect(), pattern.chars().collect());
    let (mut at, mut from) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while from < text.len() {
        let (exact, width) = match pattern.get(at) {
            Some('\\') => (pattern.get(at + 1), 2),
            other => (other, 1),
        };
        match (pattern.get(at), exact) {
            (Some('%'), _) => {
                star = Some((at, from));
                at += 1;
            }
            (Some('_'), _) => (at, from) = (at + 1, from + 1),
            (Some(_), Some(it)) if *it == text[from] => (at, from) = (at + width, from + 1),
            _ => match star {
                Some((place, eaten)) => {
                    star = Some((place, eaten + 1));
                    (at, from) = (place + 1, eaten + 1);
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|it| *it == '%')
}

/// `format(pattern, …)`; `None` where the pattern wants what is not there.
pub(crate) fn format(pattern: &str, arguments: &[Value]) -> Option<String> {
    let (mut out, mut next) = (String::new(), 0_usize);
    let mut rest = pattern;
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let digits = rest.find(|it: char| !it.is_ascii_digit()).unwrap_or(rest.len());
        if digits > 0 && rest[digits..].starts_with('$') {
            next = rest[..digits].parse::<usize>().ok()?.checked_sub(1)?;
            rest = &rest[digits + 1..];
        }
        let what = rest.chars().next()?;
        rest = &rest[what.len_utf8()..];
        if what == '%' {
            out.push('%');
            continue;
        }
        let value = arguments.get(next)?;
        next += 1;
        match (what, value.printed()) {
            ('s', it) => out.push_str(&it.unwrap_or_default()),
            ('I', Some(it)) => out.push_str(&Name::from(it).to_string()),
            ('L', Some(it)) => out.push_str(&literal(&it)),
            ('L', None) => out.push_str("NULL"),
            _ => return None,
        }
    }
    out.push_str(rest);
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn like_is_sqls() {
        for (text, pattern, matches) in [
            ("timescaledb,cron", "%timescaledb%", true),
            ("abc", "a_c", true),
            ("abc", "a_", false),
            ("a%c", "a\\%c", true),
            ("abc", "a\\%c", false),
            ("", "%", true),
        ] {
            assert_eq!(like(text, pattern), matches, "{text} {pattern}");
        }
    }

    #[test]
    fn format_is_the_servers() {
        let args = [Value::text("My table"), Value::text("it's")];
        assert_eq!(format("%I %L %% %1$s", &args).as_deref(), Some("\"My table\" 'it''s' % My table"));
        assert_eq!(format("%I %I %I", &args), None);
    }
}
