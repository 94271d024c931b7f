//! Reads the two forms of a connection string, as libpq does: `postgres://…` and `key=value …`.
//! It does not know what the values mean.

use super::params::Params;
use crate::problem::Problem;
use std::iter::Peekable;
use std::str::Chars;

/// Reads a connection string. `place` says where it stood; the string itself is never shown, for it may
/// hold a password.
pub(crate) fn read(text: &str, place: &str) -> Result<Params, Problem> {
    let text = text.trim();
    match text.strip_prefix("postgresql://").or_else(|| text.strip_prefix("postgres://")) {
        Some(rest) => url(rest, place),
        None if text.contains("://") => {
            Err(wrong(place, "a URL must start with postgres:// or postgresql://"))
        }
        None => pairs(text, place),
    }
}

fn wrong(place: &str, what: &str) -> Problem {
    Problem::new(format!("{place}: {what}"))
        .help("Write postgres://user@host:5432/database, or host=… port=… user=… dbname=…, as for psql.")
}

/// `[user[:password]@][host[:port][,…]][/database][?name=value&…]`
fn url(text: &str, place: &str) -> Result<Params, Problem> {
    let mut params = Params::default();
    // As in libpq, the first at sign before any slash ends the credentials.
    let rest = match text.find(['@', '/']).filter(|at| text[*at..].starts_with('@')) {
        Some(at) => {
            credentials(&text[..at], place, &mut params)?;
            &text[at + 1..]
        }
        None => text,
    };
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (hosts, database) = rest.split_once('/').unwrap_or((rest, ""));
    url_hosts(hosts, place, &mut params)?;
    if !database.is_empty() {
        params.set("dbname", decode(database, place)?, place)?;
    }
    for pair in query.split('&').filter(|it| !it.is_empty()) {
        url_param(pair, place, &mut params)?;
    }
    Ok(params)
}

fn credentials(text: &str, place: &str, params: &mut Params) -> Result<(), Problem> {
    let (user, password) = text.split_once(':').unwrap_or((text, ""));
    for (name, value) in [("user", user), ("password", password)] {
        if !value.is_empty() {
            params.set(name, decode(value, place)?, place)?;
        }
    }
    Ok(())
}

fn url_hosts(text: &str, place: &str, params: &mut Params) -> Result<(), Problem> {
    if text.is_empty() {
        return Ok(());
    }
    let (mut hosts, mut ports) = (Vec::new(), Vec::new());
    for part in text.split(',') {
        let (host, port) = match part.strip_prefix('[') {
            Some(rest) => {
                let (host, rest) = rest
                    .split_once(']')
                    .ok_or_else(|| wrong(place, "an IPv6 address lacks its closing bracket"))?;
                match rest.strip_prefix(':') {
                    Some(port) => (host, port),
                    None if rest.is_empty() => (host, ""),
                    None => {
                        return Err(wrong(
                            place,
                            "after an IPv6 address, a port or the database is expected",
                        ));
                    }
                }
            }
            None => part.split_once(':').unwrap_or((part, "")),
        };
        hosts.push(decode(host, place)?);
        ports.push(decode(port, place)?);
    }
    // A host behind the question mark (`?host=/socket/dir`) stands in for one left out before it.
    if hosts.iter().any(|it| !it.is_empty()) {
        params.set("host", hosts.join(","), place)?;
    }
    if ports.iter().any(|it| !it.is_empty()) {
        params.set("port", ports.join(","), place)?;
    }
    Ok(())
}

fn url_param(pair: &str, place: &str, params: &mut Params) -> Result<(), Problem> {
    let Some((name, value)) = pair.split_once('=') else {
        return Err(wrong(place, "a parameter behind the question mark lacks its value"));
    };
    if value.contains('=') {
        return Err(wrong(
            place,
            "a parameter behind the question mark has two equal signs; write the second one %3D",
        ));
    }
    let (name, value) = (decode(name, place)?, decode(value, place)?);
    // JDBC's word for it, which libpq takes too.
    if name == "ssl" && value == "true" {
        return params.set("sslmode", "require", place);
    }
    params.set(&name, value, place)
}

/// Undoes percent-encoding.
fn decode(text: &str, place: &str) -> Result<String, Problem> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digit = |it: Option<u8>| {
            it.and_then(|it| char::from(it).to_digit(16)).and_then(|it| u8::try_from(it).ok())
        };
        match (digit(rest.next()), digit(rest.next())) {
            (Some(0), Some(0)) => return Err(wrong(place, "%00 cannot stand in a connection string")),
            (Some(high), Some(low)) => bytes.push(high * 16 + low),
            _ => {
                return Err(wrong(
                    place,
                    "a percent sign is not followed by two hexadecimal digits; a plain one is written %25",
                ));
            }
        }
    }
    String::from_utf8(bytes).map_err(|_| wrong(place, "a percent-encoded value is not UTF-8"))
}

/// `name = value …`, where a value may stand in single quotes and a backslash takes the next character as it is.
fn pairs(text: &str, place: &str) -> Result<Params, Problem> {
    let mut params = Params::default();
    let mut chars = text.chars().peekable();
    loop {
        skip_space(&mut chars);
        if chars.peek().is_none() {
            return Ok(params);
        }
        let name = take(&mut chars, |c| c == '=' || c.is_whitespace());
        skip_space(&mut chars);
        if chars.next() != Some('=') {
            return Err(wrong(place, "this is neither a URL nor key=value pairs: an equal sign is missing"));
        }
        skip_space(&mut chars);
        let value = match chars.next_if_eq(&'\'') {
            Some(_) => quoted(&mut chars).ok_or_else(|| wrong(place, "a quoted value is not closed"))?,
            None => take(&mut chars, char::is_whitespace),
        };
        params.set(&name, value, place)?;
    }
}

fn skip_space(chars: &mut Peekable<Chars<'_>>) {
    while chars.next_if(|c| c.is_whitespace()).is_some() {}
}

fn take(chars: &mut Peekable<Chars<'_>>, stop: impl Fn(char) -> bool) -> String {
    let mut out = String::new();
    while let Some(c) = chars.next_if(|c| !stop(*c)) {
        out.extend(if c == '\\' { chars.next() } else { Some(c) });
    }
    out
}

fn quoted(chars: &mut Peekable<Chars<'_>>) -> Option<String> {
    let mut out = String::new();
    loop {
        match chars.next()? {
            '\'' => return Some(out),
            '\\' => out.push(chars.next()?),
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(text: &str) -> Vec<(&'static str, String)> {
        read(text, "test").unwrap().iter().map(|(name, value)| (name, value.to_owned())).collect()
    }

    fn same(text: &str, wanted: &[(&str, &str)]) {
        let found = list(text);
        let found: Vec<_> = found.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(found, wanted, "{text}");
    }

    #[test]
    fn urls_are_read_as_libpq_does() {
        same(
            "postgres://u:p@h:5433/db",
            &[("dbname", "db"), ("host", "h"), ("password", "p"), ("port", "5433"), ("user", "u")],
        );
        same("postgresql://", &[]);
        same("postgresql://h", &[("host", "h")]);
        same("postgres:///db", &[("dbname", "db")]);
        same(
            "postgres://u%40x:p%3A%2F@h/d%20b",
            &[("dbname", "d b"), ("host", "h"), ("password", "p:/"), ("user", "u@x")],
        );
        same("postgres://[::1]:5/db", &[("dbname", "db"), ("host", "::1"), ("port", "5")]);
        same("postgres://a:1,b,c:3/db", &[("dbname", "db"), ("host", "a,b,c"), ("port", "1,,3")]);
        same(
            "postgres://h?sslmode=require&connect_timeout=3",
            &[("connect_timeout", "3"), ("host", "h"), ("sslmode", "require")],
        );
        same("postgres://h/db?ssl=true", &[("dbname", "db"), ("host", "h"), ("sslmode", "require")]);
    }

    #[test]
    fn sockets_in_urls() {
        same(
            "postgres:///db?host=/run/pg&port=5433",
            &[("dbname", "db"), ("host", "/run/pg"), ("port", "5433")],
        );
        same("postgres://u@%2Frun%2Fpg/db", &[("dbname", "db"), ("host", "/run/pg"), ("user", "u")]);
        same(
            "postgres://u@%2Frun%2Fpg:5433/db",
            &[("dbname", "db"), ("host", "/run/pg"), ("port", "5433"), ("user", "u")],
        );
    }

    #[test]
    fn pairs_are_read_as_libpq_does() {
        same(
            "host=h port = 5 user='a b' dbname='it\\'s' password=\\'x",
            &[("dbname", "it's"), ("host", "h"), ("password", "'x"), ("port", "5"), ("user", "a b")],
        );
        same("  ", &[]);
        same("user=''", &[("user", "")]);
    }

    #[test]
    fn errors_tell_no_secret() {
        for text in [
            "postgres://u:hunter2@h:x%zz/db",
            "postgres://u:hunter2%00@h",
            "postgres://u:hunter2%@h",
            "mysql://u:hunter2@h",
            "password=hunter2 host",
            "password='hunter2",
            "postgres://u:hunter2@[::1/db",
            "postgres://u:hunter2@h?x",
            "postgres://u:hunter2@h?bad=1",
            "hunter2",
            "postgres://u:hunter2@[::1]x/db",
            "postgres://h?password=hunter2=",
        ] {
            let error = read(text, "DATABASE_URL").unwrap_err();
            let shown = format!("{error} {error:?}");
            assert!(!shown.contains("hunter2"), "{shown}");
            assert!(shown.starts_with("DATABASE_URL: "), "{shown}");
        }
    }
}
