//! Connection strings of subscriptions: what of them may be shown and compared. Secrets are left out.
//!
//! Knows keywords with values and URLs, as libpq reads them; resolves nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::Expr;

/// What is never shown and never compared.
const SECRETS: &[&str] = &["password", "sslpassword", "scram_client_key", "scram_server_key"];
const SCHEMES: &[&str] = &["postgresql://", "postgres://"];

/// A connection string taken apart.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Conninfo {
    /// What is compared: keywords in order of their names, secrets left out.
    key: String,
    /// Secrets that are written out.
    pub literals: Vec<String>,
    /// The text, with `put` in the place of each secret written out.
    redacted: String,
}

/// Takes a connection string apart. `put` stands in the redacted text where a secret is written out.
pub fn conninfo(text: &str, put: &str) -> Conninfo {
    if is_placeholder(text) {
        return Conninfo { key: String::new(), literals: Vec::new(), redacted: text.to_owned() };
    }
    match SCHEMES.iter().find_map(|it| text.strip_prefix(it)) {
        Some(rest) => url(text, rest, put),
        None => keywords(text, put),
    }
}

/// A secret, or what stands for one until the statement is sent.
fn is_placeholder(value: &str) -> bool {
    value.starts_with("${") && value.ends_with('}')
}

/// `scheme://user:password@host/database?name=value&…`
fn url(text: &str, rest: &str, put: &str) -> Conninfo {
    let mut read = Conninfo { key: String::new(), literals: Vec::new(), redacted: String::new() };
    let mut shown = |key: &str, redacted: &str| {
        read.key.push_str(key);
        read.redacted.push_str(redacted);
    };
    let scheme = &text[..text.len() - rest.len()];
    shown(scheme, scheme);
    let at = credentials(rest);
    let mut literals = Vec::new();
    let mut secret = |value: &str| match value.is_empty() || is_placeholder(value) {
        true => value.to_owned(),
        false => {
            literals.push(value.to_owned());
            put.to_owned()
        }
    };
    if let Some((user, password)) = rest[..at].split_once(':') {
        shown(user, &format!("{user}:{}", secret(password)));
    } else {
        shown(&rest[..at], &rest[..at]);
    }
    let (place, query) =
        rest[at..].split_once('?').map_or((&rest[at..], None), |(it, query)| (it, Some(query)));
    shown(place, place);
    let (mut keys, mut all) = (Vec::new(), Vec::new());
    for pair in query.into_iter().flat_map(|it| it.split('&')) {
        match pair.split_once('=').filter(|(name, _)| SECRETS.contains(&decoded(name).as_str())) {
            Some((name, value)) => all.push(format!("{name}={}", secret(value))),
            None => {
                keys.push(pair);
                all.push(pair.to_owned());
            }
        }
    }
    let joined = |all: &str| if all.is_empty() { String::new() } else { format!("?{all}") };
    shown(&joined(&keys.join("&")), &joined(&all.join("&")));
    Conninfo { literals, ..read }
}

/// Where the credentials end. libpq ends them at an at sign before any slash; a password with a slash in it
/// is refused, and just as secret.
fn credentials(rest: &str) -> usize {
    let authority = rest.split('/').next().unwrap_or_default();
    if let Some(at) = authority.rfind('@') {
        return at;
    }
    let path = rest.split('?').next().unwrap_or_default();
    let is_port = |it: &str| it.bytes().all(|it| it.is_ascii_digit());
    match authority.split_once(':') {
        Some((_, port)) if !is_port(port) => path.rfind('@').unwrap_or(0),
        _ => 0,
    }
}

/// A word with its `%xx` put in; what is no such thing stays.
fn decoded(word: &str) -> String {
    let mut bytes = Vec::with_capacity(word.len());
    let mut rest = word.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        let code = behind.get(..2).filter(|_| *first == b'%').and_then(|it| std::str::from_utf8(it).ok());
        match code.and_then(|it| u8::from_str_radix(it, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &behind[2..];
            }
            None => {
                bytes.push(*first);
                rest = behind;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn keywords(text: &str, put: &str) -> Conninfo {
    let mut pairs = BTreeMap::new();
    let mut literals = Vec::new();
    let mut redacted = Vec::new();
    for (name, value) in split(text) {
        let secret = SECRETS.contains(&name.as_str());
        let literal = secret && !is_placeholder(&value);
        let shown = if literal { put.to_owned() } else { value.clone() };
        redacted.push(format!("{name}={}", quoted(&shown)));
        if literal {
            literals.push(value);
        } else if !secret {
            pairs.insert(name, value);
        }
    }
    let words = pairs.iter().map(|(name, value)| format!("{name}={}", quoted(value)));
    Conninfo { key: words.collect::<Vec<_>>().join(" "), literals, redacted: redacted.join(" ") }
}

/// `name = value` pairs; a value in quotes has its backslashes taken away.
fn split(text: &str) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    let mut chars = text.chars().peekable();
    loop {
        while chars.next_if(|it| it.is_whitespace()).is_some() {}
        let mut name = String::new();
        while let Some(c) = chars.next_if(|it| !it.is_whitespace() && *it != '=') {
            name.push(c);
        }
        while chars.next_if(|it| it.is_whitespace() || *it == '=').is_some() {}
        if name.is_empty() {
            return pairs;
        }
        let quote = chars.next_if_eq(&'\'').is_some();
        let mut value = String::new();
        while let Some(c) = chars.next_if(|it| quote || !it.is_whitespace()) {
            match c {
                // libpq refuses a doubled quote; read as one, no part of a secret is left outside of it.
                '\'' if quote && chars.next_if_eq(&'\'').is_some() => value.push('\''),
                '\'' if quote => break,
                '\\' => value.extend(chars.next()),
                c => value.push(c),
            }
        }
        pairs.push((name, value));
    }
}

fn quoted(value: &str) -> String {
    let plain =
        !value.is_empty() && !value.contains(|it: char| it.is_whitespace() || it == '\'' || it == '\\');
    match plain {
        true => value.to_owned(),
        false => format!("'{}'", value.replace('\\', "\\\\").replace('\'', "\\'")),
    }
}

impl Conninfo {
    /// What may be shown and compared of the string.
    pub fn expr(&self) -> Expr {
        Expr {
            text: self.redacted.as_str().into(),
            key: self.key.as_str().into(),
            path: Arc::from([]),
            mentions: Arc::from([]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::conninfo;

    #[test]
    fn secrets_are_neither_shown_nor_compared() {
        let one = conninfo("host=a user = 'b c' password='it''s' dbname=d", "***");
        assert_eq!(&*one.expr().text, "host=a user='b c' password=*** dbname=d");
        let other = conninfo("dbname=d host=a  user='b c' password=${env:P}", "***");
        assert_eq!(one.expr(), other.expr());
        assert!(other.literals.is_empty());
        assert_eq!(&*other.expr().text, "dbname=d host=a user='b c' password=${env:P}");
        let url = conninfo("postgresql://u:secret@h:5432/d?sslmode=require", "***");
        assert_eq!(&*url.expr().text, "postgresql://u:***@h:5432/d?sslmode=require");
        assert_eq!(&*url.expr().key, "postgresql://u@h:5432/d?sslmode=require");
        assert_eq!(url.literals, ["secret"]);
        assert!(conninfo("postgresql://u:${env:P}@h/d", "***").literals.is_empty());
    }

    #[test]
    fn a_url_hides_its_secrets_wherever_they_stand() {
        for (text, shown) in [
            ("postgres://u@h/d?password=s3cret&a=b", "postgres://u@h/d?password=***&a=b"),
            ("postgres://h/d?a=b&pass%77ord=s3cret", "postgres://h/d?a=b&pass%77ord=***"),
            ("postgres://u:s3?cr@et@h:1/d", "postgres://u:***@h:1/d"),
            ("postgres://u:s3/cret@h/d", "postgres://u:***@h/d"),
            ("postgres://u:${file:/run/s}@h/d", "postgres://u:${file:/run/s}@h/d"),
            ("postgres://h:5432/d@e", "postgres://h:5432/d@e"),
            ("postgres://u:@h", "postgres://u:@h"),
            ("postgres://?host=/tmp", "postgres://?host=/tmp"),
        ] {
            let read = conninfo(text, "***");
            assert_eq!(&*read.expr().text, shown);
            assert!(!read.expr().key.contains("s3"), "{}", read.expr().key);
        }
        let key = |text| conninfo(text, "***").expr().key;
        assert_eq!(key("postgres://u:x@h?a=b&password=y"), key("postgres://u@h?password=z&a=b"));
    }
}
