//! Where servers and fetched binaries are kept, and how what dead owners left behind is swept away.
//!
//! It does not know what lies in the directories it hands out.

use crate::account::Account;
use crate::{Error, Result};
use std::fs::File;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Below this much free space, shared memory is no place for a data directory.
const ROOM: u64 = 1 << 30;
/// The longest path a unix socket may have on every system we run on is 104 bytes; this leaves room for its name.
const SOCKET_PARENT: usize = 80;
const PREFIX: &str = "reconcile-pg-";
/// A younger lock file may belong to a process that is about to lock it.
const GRACE: Duration = Duration::from_secs(10);

/// The machine-wide cache, used when we are root and read by everybody.
const SHARED_CACHE: &str = "/var/cache/reconcile";

/// The cache directories, the one that is written to first.
pub(crate) fn caches() -> Vec<PathBuf> {
    let mut caches = Vec::new();
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    if let Some(named) = set("RECONCILE_PG_CACHE") {
        caches.push(named);
    } else if !rustix::process::geteuid().is_root() {
        let own = set("XDG_CACHE_HOME").or_else(|| Some(set("HOME")?.join(".cache")));
        caches.extend(own.map(|own| own.join("reconcile")));
    }
    caches.push(PathBuf::from(SHARED_CACHE));
    caches
}

/// The cache directory that is written to.
pub(crate) fn cache() -> PathBuf {
    caches().swap_remove(0)
}

/// Waits until no other process holds the lock `name` of `folder`, and holds it until the file is dropped.
pub(crate) fn lock(folder: &Path, name: &str) -> Result<File> {
    std::fs::create_dir_all(folder).map_err(Error::at("make", folder))?;
    let path = folder.join(format!("{name}.lock"));
    let lock = File::create(&path).map_err(Error::at("make", &path))?;
    lock.lock().map_err(Error::at("lock", &path))?;
    Ok(lock)
}

/// A private directory for one server, removed when dropped; its lock tells everyone that the owner lives.
#[derive(Debug)]
pub(crate) struct Home {
    path: PathBuf,
    lock_path: PathBuf,
    /// Held as long as the home lives; the kernel lets go of it when we die, however we die.
    _lock: File,
}

impl Home {
    /// Claims a new home in the best place, after sweeping what dead owners left there.
    pub(crate) fn claim(account: &Account) -> Result<Self> {
        let base = base(account);
        sweep_in(&base);
        let name = format!("{PREFIX}{}", random_hex(5)?);
        let (path, lock_path) = (base.join(&name), base.join(format!("{name}.lock")));
        let lock = File::create_new(&lock_path).map_err(Error::at("make", &lock_path))?;
        lock.lock().map_err(Error::at("lock", &lock_path))?;
        let home = Self { path, lock_path, _lock: lock };
        account.make_private(&home.path)?;
        Ok(home)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        remove(&self.path);
        // The lock goes last: whoever finds it free may assume that nobody uses the directory.
        let _ = std::fs::remove_file(&self.lock_path);
    }
}

/// Removes servers and directories that dead processes left behind. Every start does it for its own place; this does it for all.
pub fn sweep() {
    for base in [PathBuf::from("/dev/shm"), std::env::temp_dir(), PathBuf::from("/tmp")] {
        sweep_in(&base);
    }
}

/// The directory new homes are made in: shared memory when it has room, else the directory for temporary files.
fn base(account: &Account) -> PathBuf {
    let memory = PathBuf::from("/dev/shm");
    if writable(&memory) && free_bytes(&memory) >= ROOM {
        return memory;
    }
    let temp = std::env::temp_dir();
    if temp.as_os_str().len() <= SOCKET_PARENT && writable(&temp) && account.barrier(&temp).is_none() {
        return temp;
    }
    PathBuf::from("/tmp")
}

fn writable(directory: &Path) -> bool {
    rustix::fs::access(directory, rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK).is_ok()
}

fn free_bytes(directory: &Path) -> u64 {
    rustix::fs::statvfs(directory).map_or(0, |fs| fs.f_bavail.saturating_mul(fs.f_frsize))
}

/// Removes every home in `base` whose owner is dead, first ending its server if that still runs.
fn sweep_in(base: &Path) {
    for entry in std::fs::read_dir(base).into_iter().flatten().flatten() {
        let lock_path = entry.path();
        let name = entry.file_name();
        let Some(home) = name.to_str().and_then(|name| name.strip_suffix(".lock")) else { continue };
        if home.starts_with(PREFIX) && abandoned(&lock_path).unwrap_or(false) {
            let home = base.join(home);
            end_orphan(&home);
            remove(&home);
            let _ = std::fs::remove_file(&lock_path);
        }
    }
}

/// The lock file is ours, old enough, and nobody holds it.
fn abandoned(lock_path: &Path) -> std::io::Result<bool> {
    let lock = File::open(lock_path)?;
    let meta = lock.metadata()?;
    let young = meta.modified()?.elapsed().is_ok_and(|age| age < GRACE);
    Ok(meta.uid() == rustix::process::geteuid().as_raw() && !young && lock.try_lock().is_ok())
}

/// Ends the server of an abandoned home. The watching shell does that; this is for when it was killed too.
fn end_orphan(home: &Path) {
    let data = home.join("data");
    if let Some(pid) = running(&data) {
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::QUIT);
        for _ in 0..200 {
            if running(&data).is_none() {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

/// The postmaster that serves `data`, if it runs: a number in a file is believed only when the process stands in that directory.
pub(crate) fn running(data: &Path) -> Option<rustix::process::Pid> {
    let text = std::fs::read_to_string(data.join("postmaster.pid")).ok()?;
    let pid = rustix::process::Pid::from_raw(text.lines().next()?.trim().parse().ok()?)?;
    rustix::process::test_kill_process(pid).ok()?;
    let proc = PathBuf::from(format!("/proc/{}/cwd", pid.as_raw_nonzero()));
    if Path::new("/proc/self/cwd").exists() {
        let stands_in = std::fs::read_link(proc).ok()?;
        if stands_in != data.canonicalize().ok()? {
            return None;
        }
    }
    Some(pid)
}

/// Removes a directory; the watching shell may be removing it at the same time, so a second look is needed.
pub(crate) fn remove(directory: &Path) {
    for _ in 0..20 {
        match std::fs::remove_dir_all(directory) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                std::thread::sleep(Duration::from_millis(10))
            }
            _ => return,
        }
    }
}

/// Random bytes from the kernel, in hexadecimal.
pub(crate) fn random_hex(bytes: usize) -> Result<String> {
    use std::io::Read;
    let source = Path::new("/dev/urandom");
    let mut buffer = vec![0; bytes];
    File::open(source)
        .and_then(|mut file| file.read_exact(&mut buffer))
        .map_err(Error::at("read", source))?;
    Ok(buffer.iter().map(|byte| format!("{byte:02x}")).collect())
}
