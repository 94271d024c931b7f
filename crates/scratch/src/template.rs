//! Fresh data directories: initdb runs once per version and account, every later server gets a copy.
//!
//! It does not know who will run the server, nor with which settings.

use crate::account::Account;
use crate::{Error, Install, Result, SUPERUSER, storage};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Stdio;

/// Part of the template's name: raised when the arguments of initdb change.
const RECIPE: u32 = 1;

/// Fills `data`, which must not exist yet, with a fresh cluster.
pub(crate) fn fresh(install: &Install, account: &Account, data: &Path) -> Result<()> {
    match cached(install, account) {
        Some(template) => copy(account, &template, data, false),
        None => {
            account.make_private(data)?;
            initdb(install, account, data)
        }
    }
}

/// The template of this version, made when missing; none when the cache cannot hold one.
fn cached(install: &Install, account: &Account) -> Option<PathBuf> {
    let folder = storage::cache().join("template");
    let name = name(install, account);
    let template = folder.join(&name);
    let _lock = storage::lock(&folder, &name).ok()?;
    if account.barrier(&folder).is_some() {
        return None;
    }
    if !template.is_dir() {
        let unfinished = folder.join(format!("{name}.new"));
        storage::remove(&unfinished);
        account.make_private(&unfinished).ok()?;
        initdb(install, account, &unfinished).ok()?;
        std::fs::rename(&unfinished, &template).ok()?;
    }
    Some(template)
}

/// One template for each build, place of binaries, account and recipe.
fn name(install: &Install, account: &Account) -> String {
    let mut hasher = DefaultHasher::new();
    (&install.version, &install.bin, account.uid, RECIPE).hash(&mut hasher);
    format!("{}.{}-{:016x}", install.major, install.minor, hasher.finish())
}

/// Copies a data directory. While its server is `running`, files may vanish meanwhile: the log says what became of them.
pub(crate) fn copy(account: &Account, template: &Path, data: &Path, running: bool) -> Result<()> {
    let parent = data.parent().unwrap_or(data);
    let cp = Path::new("cp");
    let output =
        account.command(cp, parent).arg("-a").arg(template).arg(data).output().map_err(Error::run(cp))?;
    if output.status.success() {
        return Ok(());
    }
    let why = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    if running && why.lines().all(|it| it.ends_with("No such file or directory")) {
        return Ok(());
    }
    Err(Error::said(
        format!("cannot copy a data directory to {}", data.display()),
        why,
        "is there room left on that file system?",
    ))
}

fn initdb(install: &Install, account: &Account, data: &Path) -> Result<()> {
    let program = install.program("initdb");
    let output = account
        .command(&program, data)
        .args(["--no-sync", "--no-instructions", "--auth=trust", "--encoding=UTF8", locale()])
        .arg(format!("--username={SUPERUSER}"))
        .arg("--pgdata")
        .arg(data)
        .output()
        .map_err(Error::run(&program))?;
    if output.status.success() {
        return Ok(());
    }
    let why = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(Error::said(
        format!("cannot make a data directory with {}", program.display()),
        why,
        "set RECONCILE_PG_BIN to a directory with working PostgreSQL binaries, or name a database with --database-url",
    ))
}

/// Writes a data directory to disk, for servers whose data is to survive a crash of the machine.
pub(crate) fn sync(install: &Install, account: &Account, data: &Path) -> Result<()> {
    let program = install.program("initdb");
    let status = account
        .command(&program, data)
        .arg("--sync-only")
        .arg("--pgdata")
        .arg(data)
        .stdout(Stdio::null())
        .status()
        .map_err(Error::run(&program))?;
    if status.success() {
        return Ok(());
    }
    Err(Error::said(format!("cannot write {} to disk", data.display()), status.to_string(), ""))
}

/// C.UTF-8 exists on every Linux; other systems have only C for certain.
fn locale() -> &'static str {
    if cfg!(target_os = "linux") { "--locale=C.UTF-8" } else { "--locale=C" }
}
