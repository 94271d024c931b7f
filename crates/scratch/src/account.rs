//! The operating system account a server runs as: ours, or an unprivileged one when we are root.
//!
//! It does not know PostgreSQL's roles.

use crate::{Error, Result};
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Who runs the server; initdb and postgres refuse root, and need a passwd entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    /// We are root and hand over to another account.
    pub(crate) switch: bool,
}

impl Account {
    /// The account for servers started by this process: ourselves, or `postgres`, else `nobody`, when we are root.
    pub(crate) fn current() -> Result<Self> {
        let (uid, gid) = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
        if uid != 0 {
            return Ok(Self { uid, gid, switch: false });
        }
        let passwd = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
        let (uid, gid) =
            entry(&passwd, "postgres").or_else(|| entry(&passwd, "nobody")).ok_or_else(|| {
                Error::said(
                    "cannot choose an account for the server",
                    "PostgreSQL refuses to run as root, and /etc/passwd has neither postgres nor nobody",
                    "run this as an ordinary user, or add an account: useradd --system postgres",
                )
            })?;
        Ok(Self { uid, gid, switch: true })
    }

    /// A command that runs as this account, in `directory`, without our PG* variables, with messages in English.
    pub(crate) fn command(&self, program: &Path, directory: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(directory).stdin(Stdio::null()).env("LC_ALL", "C").env("TZ", "UTC");
        for (name, _) in std::env::vars_os() {
            if name.as_encoded_bytes().starts_with(b"PG") {
                command.env_remove(name);
            }
        }
        if self.switch {
            command.uid(self.uid).gid(self.gid);
        }
        command
    }

    /// Makes a directory that only this account (and root) may enter.
    pub(crate) fn make_private(&self, path: &Path) -> Result<()> {
        use std::os::unix::fs::DirBuilderExt;
        std::fs::DirBuilder::new().mode(0o700).create(path).map_err(Error::at("make", path))?;
        self.give(path)
    }

    /// Hands `path` over to this account, when we are root.
    pub(crate) fn give(&self, path: &Path) -> Result<()> {
        if self.switch {
            chown(path, Some(self.uid), Some(self.gid)).map_err(Error::at("hand over", path))?;
        }
        Ok(())
    }

    /// `path` itself (not what a link points to) belongs to this account.
    pub(crate) fn owns(&self, path: &Path) -> bool {
        path.symlink_metadata().is_ok_and(|meta| meta.is_dir() && meta.uid() == self.uid)
    }

    /// The first directory on the way to `path` (itself included) that this account may not enter or read.
    pub(crate) fn barrier(&self, path: &Path) -> Option<PathBuf> {
        if !self.switch {
            return None;
        }
        let path = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
        let mut way: Vec<_> = path.ancestors().collect();
        way.reverse();
        way.into_iter().find(|step| !self.may_enter(step)).map(Path::to_path_buf)
    }

    fn may_enter(&self, path: &Path) -> bool {
        let meta = match path.metadata() {
            Ok(meta) => meta,
            // What is not there is somebody else's complaint.
            Err(error) => return error.kind() == std::io::ErrorKind::NotFound,
        };
        let shift = if meta.uid() == self.uid {
            6
        } else if meta.gid() == self.gid {
            3
        } else {
            0
        };
        meta.mode() >> shift & 0o1 == 0o1
    }
}

/// The uid and gid of `name` in the text of /etc/passwd.
fn entry(passwd: &str, name: &str) -> Option<(u32, u32)> {
    let line = passwd.lines().find(|line| line.split(':').next() == Some(name))?;
    let mut fields = line.split(':').skip(2);
    Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::entry;

    #[test]
    fn passwd_entries_are_found_by_whole_name() {
        let passwd = "root:x:0:0::/root:/bin/sh\npostgres2:x:7:8::/:/bin/sh\npostgres:x:101:104:PostgreSQL:/var:/bin/sh\n";
        assert_eq!(entry(passwd, "postgres"), Some((101, 104)));
        assert_eq!(entry(passwd, "nobody"), None);
    }
}
