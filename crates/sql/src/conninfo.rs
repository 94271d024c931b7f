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

fn url(text: &str, rest: &str, put: &str) -> Conninfo {
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let password = authority.rsplit_once('@').and_then(|(user, _)| user.split_once(':')).map(|it| it.1);
    let Some(password) = password.filter(|it| !it.is_empty()) else {
        return Conninfo { key: text.to_owned(), literals: Vec::new(), redacted: text.to_owned() };
    };
    let shown = |by: &str| text.replacen(&format!(":{password}@"), by, 1);
    let literal = !is_placeholder(password);
    Conninfo {
        key: shown("@"),
        literals: if literal { vec![password.to_owned()] } else { Vec::new() },
        redacted: if literal { shown(&format!(":{put}@")) } else { text.to_owned() },
    }
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
}
