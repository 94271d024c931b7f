//! Finds PostgreSQL's binaries on this machine.
//!
//! It does not know how to get binaries that are not there; `fetch` does.

use crate::account::Account;
use crate::{Error, Result, storage};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The server binaries of one PostgreSQL version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Install {
    /// The major version: 17 of 17.10.
    pub major: u16,
    /// The minor version: 10 of 17.10.
    pub minor: u16,
    /// The version as `postgres --version` prints it, packager's words included.
    pub version: String,
    /// The directory with `postgres` and `initdb`.
    pub bin: PathBuf,
    /// `psql` stands beside them.
    pub has_psql: bool,
    /// `pg_dump` stands beside them.
    pub has_pg_dump: bool,
}

impl Install {
    /// Reads the installation in `bin`; none when `postgres` or `initdb` is missing or does not run here.
    pub fn at(bin: &Path) -> Option<Self> {
        let (postgres, initdb) = (bin.join("postgres"), bin.join("initdb"));
        if !postgres.is_file() || !initdb.is_file() {
            return None;
        }
        let version = version_of(&postgres)?;
        let (major, minor) = numbers(&version)?;
        Some(Self {
            major,
            minor,
            version,
            bin: bin.to_path_buf(),
            has_psql: bin.join("psql").is_file(),
            has_pg_dump: bin.join("pg_dump").is_file(),
        })
    }

    /// The path of one of its programs.
    pub fn program(&self, name: &str) -> PathBuf {
        self.bin.join(name)
    }
}

/// The installation to use: `RECONCILE_PG_BIN` if set, else the newest found of `major`, or the newest of all. None when there is none.
pub fn find(major: Option<u16>) -> Result<Option<Install>> {
    if let Some(bin) = std::env::var_os("RECONCILE_PG_BIN").filter(|bin| !bin.is_empty()) {
        let named = explicit(Path::new(&bin))?;
        if major.is_none_or(|major| major == named.major) {
            return Ok(Some(named));
        }
    }
    Ok(find_all()?.into_iter().find(|install| major.is_none_or(|major| major == install.major)))
}

/// Every installation found, newest first; of one version, the one with its client programs first.
pub fn find_all() -> Result<Vec<Install>> {
    let account = Account::current()?;
    let mut found: Vec<Install> = Vec::new();
    for bin in places() {
        // A directory of links, as /usr/local/bin may be, stands for the one they point to.
        let Ok(postgres) = bin.join("postgres").canonicalize() else { continue };
        let bin = postgres.parent().unwrap_or(&bin).to_path_buf();
        if found.iter().any(|known| known.bin == bin) || account.barrier(&bin).is_some() {
            continue;
        }
        found.extend(Install::at(&bin));
    }
    found.sort_by_key(|install| std::cmp::Reverse((install.major, install.minor, install.has_pg_dump)));
    Ok(found)
}

/// A client program (`psql`, `pg_dump`) of at least `major`: pg_dump refuses servers newer than itself.
/// The lowest that will do comes first, because it knows the server best.
pub fn tool(name: &str, major: u16) -> Result<Option<PathBuf>> {
    let mut tools: Vec<((u16, u16), PathBuf)> = Vec::new();
    for bin in places().into_iter().chain(versions_in("client")) {
        let program = bin.join(name);
        if !program.is_file() {
            continue;
        }
        if let Some(version) = version_of(&program).as_deref().and_then(numbers) {
            tools.push((version, program));
        }
    }
    tools.retain(|(version, _)| version.0 >= major);
    tools.sort_by_key(|(version, _)| (version.0, std::cmp::Reverse(version.1)));
    Ok(tools.into_iter().next().map(|(_, program)| program))
}

/// The installation a user named: what is wrong with it is an error, never a reason to look elsewhere.
fn explicit(bin: &Path) -> Result<Install> {
    let what = format!("cannot use RECONCILE_PG_BIN={}", bin.display());
    if let Some(wall) = Account::current()?.barrier(bin) {
        let why =
            format!("PostgreSQL does not run as root, and its account may not enter {}", wall.display());
        let next = "copy the whole installation to a directory that everybody may enter, or run this as an ordinary user";
        return Err(Error::said(what, why, next));
    }
    Install::at(bin).ok_or_else(|| {
        let next =
            "name the directory that holds postgres and initdb, for instance /usr/lib/postgresql/17/bin";
        Error::said(what, "no working postgres and initdb there", next)
    })
}

/// The directories that may hold binaries: our own caches, then where Debian, Red Hat and Homebrew put them, then PATH.
fn places() -> Vec<PathBuf> {
    let mut places = versions_in("pg");
    let packaged = [
        ("/usr/lib/postgresql", ""),
        ("/usr", "pgsql-"),
        ("/opt/homebrew/opt", "postgresql"),
        ("/usr/local/opt", "postgresql"),
    ];
    for (parent, prefix) in packaged {
        let versions = children(Path::new(parent)).into_iter().filter(|child| starts_with(child, prefix));
        places.extend(versions.map(|version| version.join("bin")));
    }
    if let Some(path) = std::env::var_os("PATH") {
        places.extend(std::env::split_paths(&path));
    }
    places
}

/// `bin` of every version in the folder `what` of our caches.
fn versions_in(what: &str) -> Vec<PathBuf> {
    let caches = storage::caches();
    caches.iter().flat_map(|cache| children(&cache.join(what))).map(|version| version.join("bin")).collect()
}

fn children(directory: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory).into_iter().flatten();
    entries.filter_map(|entry| Some(entry.ok()?.path())).collect()
}

fn starts_with(path: &Path, prefix: &str) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(prefix))
}

/// What `program --version` prints, without the program's name: "17.10 (Debian 17.10-1)".
fn version_of(program: &Path) -> Option<String> {
    let output = Command::new(program).arg("--version").stdin(Stdio::null()).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let (_, version) = text.trim().split_once("(PostgreSQL) ")?;
    Some(version.to_owned())
}

/// Major and minor of a version text; a beta or a development version has minor 0.
fn numbers(version: &str) -> Option<(u16, u16)> {
    let number: String = version.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
    let mut parts = number.split('.');
    let major = parts.next()?.parse().ok()?;
    Some((major, parts.next().and_then(|minor| minor.parse().ok()).unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::numbers;

    #[test]
    fn versions_of_every_form_are_read() {
        assert_eq!(numbers("17.10"), Some((17, 10)));
        assert_eq!(numbers("15.18 (Debian 15.18-0+deb12u1)"), Some((15, 18)));
        assert_eq!(numbers("19devel"), Some((19, 0)));
        assert_eq!(numbers("18beta2"), Some((18, 0)));
        assert_eq!(numbers("none"), None);
    }
}
