//! Looks a password up in `.pgpass`, by libpq's rules.
//! It does not know who wants to connect.

use super::secret::Secret;
use std::fs::{self, Metadata};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// The folders of the server's socket that count as "localhost" here: Debian's and PostgreSQL's own.
pub(crate) const SOCKET_FOLDERS: [&str; 2] = ["/var/run/postgresql", "/tmp"];

/// What a line of the file must match.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted<'a> {
    /// The host as named, or the folder of the socket.
    pub(crate) host: &'a str,
    pub(crate) port: u16,
    pub(crate) database: &'a str,
    pub(crate) user: &'a str,
}

/// The password for `wanted`, if the file has one. The error is a reason to disregard the file, to be
/// told as a warning.
pub(crate) fn find(path: &Path, wanted: Wanted<'_>) -> Result<Option<Secret>, String> {
    let Ok(metadata) = fs::metadata(path) else { return Ok(None) };
    trusted(path, &metadata)?;
    let bytes = fs::read(path)
        .map_err(|error| format!("cannot read the password file {}: {error}", path.display()))?;
    let text = String::from_utf8_lossy(&bytes);
    Ok(text
        .lines()
        .filter(|line| !line.starts_with('#'))
        .find_map(|line| password(line, wanted))
        .map(Secret::new))
}

/// libpq disregards a password file that others can read.
fn trusted(path: &Path, metadata: &Metadata) -> Result<(), String> {
    let path = path.display();
    if !metadata.is_file() {
        return Err(format!("the password file {path} is not a plain file, and was disregarded"));
    }
    if metadata.permissions().mode() & 0o077 != 0 {
        return Err(format!(
            "the password file {path} was disregarded, because others can read it: its permissions should be u=rw (0600) or less"
        ));
    }
    Ok(())
}

/// The password of a line `host:port:database:user:password`, if it matches.
fn password(line: &str, wanted: Wanted<'_>) -> Option<String> {
    let host = if SOCKET_FOLDERS.contains(&wanted.host) || wanted.host.is_empty() {
        "localhost"
    } else {
        wanted.host
    };
    let port = wanted.port.to_string();
    let mut rest = line.trim_end_matches('\r');
    for value in [host, port.as_str(), wanted.database, wanted.user] {
        let (matches, after) = field(rest, value)?;
        if !matches {
            return None;
        }
        rest = after;
    }
    let password = unescape(rest);
    (!password.is_empty()).then_some(password)
}

/// Whether the first field of `line` is `*` or `value`, and what comes after its colon.
fn field<'a>(line: &'a str, value: &str) -> Option<(bool, &'a str)> {
    let mut escaped = false;
    let end = line.find(|c| {
        let ends = c == ':' && !escaped;
        escaped = c == '\\' && !escaped;
        ends
    })?;
    let text = &line[..end];
    Some((text == "*" || unescape(text) == value, &line[end + 1..]))
}

fn unescape(text: &str) -> String {
    let mut chars = text.chars();
    let mut out = String::new();
    while let Some(c) = chars.next() {
        out.extend(if c == '\\' { chars.next() } else { Some(c) });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const WANTED: Wanted<'_> = Wanted { host: "db.example", port: 5432, database: "shop", user: "ann" };

    fn in_file(text: &str, mode: u32) -> Result<Option<String>, String> {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), text).unwrap();
        fs::set_permissions(file.path(), fs::Permissions::from_mode(mode)).unwrap();
        find(file.path(), WANTED).map(|it| it.map(|it| it.reveal().to_owned()))
    }

    #[test]
    fn the_first_line_that_matches_counts() {
        let text = "# db.example:*:*:*:no\nother:*:*:*:no\ndb.example:5433:*:*:no\n\
                    db.example:5432:shop:ann:first\n*:*:*:*:second\n";
        assert_eq!(in_file(text, 0o600), Ok(Some("first".into())));
        assert_eq!(in_file("*:*:*:*:any\r\n", 0o400), Ok(Some("any".into())));
        assert_eq!(in_file("*:*:*:bob:no\nshort:line\n", 0o600), Ok(None));
    }

    #[test]
    fn colons_and_backslashes_are_escaped() {
        let wanted = Wanted { host: "::1", user: "a\\b", ..WANTED };
        assert_eq!(password("\\:\\:1:*:*:a\\\\b:p\\:w\\\\d", wanted), Some("p:w\\d".into()));
        assert_eq!(password("*:*:*:*:a:b", WANTED), Some("a:b".into()));
    }

    #[test]
    fn a_socket_in_its_usual_place_is_localhost() {
        let wanted = Wanted { host: "/var/run/postgresql", ..WANTED };
        assert_eq!(password("localhost:*:*:*:x", wanted), Some("x".into()));
        let wanted = Wanted { host: "/srv/pg", ..WANTED };
        assert_eq!(password("localhost:*:*:*:x", wanted), None);
        assert_eq!(password("/srv/pg:*:*:*:x", wanted), Some("x".into()));
    }

    #[test]
    fn a_file_that_others_can_read_is_disregarded() {
        let error = in_file("*:*:*:*:hunter2\n", 0o644).unwrap_err();
        assert!(error.contains("0600") && !error.contains("hunter2"), "{error}");
    }

    #[test]
    fn no_file_is_no_error() {
        assert!(matches!(find(Path::new("/nowhere/.pgpass"), WANTED), Ok(None)));
    }
}
