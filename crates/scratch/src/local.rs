//! The kept server of a project: under `.reconcile/`, durable, alive until it is stopped.
//!
//! It does not know which databases the project wants in it.

use crate::account::Account;
use crate::server::{self, PORT};
use crate::{Error, Install, Result, obtain, storage, template};
use postgres::{Client, Config, NoTls};
use std::fs::File;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::Duration;

/// Where data goes when we are root and the server's account may not enter the project.
const ELSEWHERE: &str = "/var/lib/reconcile";
/// Longer paths do not fit into the address of a unix socket on every system.
const SOCKET_PARENT: usize = 80;

/// A project's kept server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Local {
    /// Its major version.
    pub major: u16,
    /// Its data directory: `.reconcile/pg/<major>`, unless the server's account may not enter the project.
    pub data: PathBuf,
    /// The directory of its unix socket, which nobody else may enter.
    pub socket: PathBuf,
}

impl Local {
    /// A connection string for `database`.
    pub fn url(&self, database: &str) -> String {
        server::socket_url(&self.socket, PORT, database)
    }

    /// The driver's configuration for the superuser in `database`.
    pub fn config(&self, database: &str) -> Config {
        server::socket_config(&self.socket, PORT, database)
    }

    /// Connects to `database` as the superuser.
    pub fn connect(&self, database: &str) -> Result<Client> {
        self.config(database)
            .connect(NoTls)
            .map_err(Error::server(format!("cannot connect to {database} on the local server")))
    }

    /// Makes the database unless it is there; says whether it was made.
    pub fn ensure_database(&self, name: &str) -> Result<bool> {
        let mut client = self.connect("postgres")?;
        let known = client
            .query_opt("SELECT 1 FROM pg_catalog.pg_database WHERE datname = $1", &[&name])
            .map_err(Error::server("cannot list the databases of the local server"))?;
        if known.is_none() {
            server::create_database(&mut client, name, "template0")?;
        }
        Ok(known.is_none())
    }

    fn is_running(&self) -> bool {
        storage::running(&self.data).is_some()
    }

    fn log(&self) -> PathBuf {
        self.data.with_extension("log")
    }
}

/// The kept server of `project` if it runs.
pub fn running(project: &Path) -> Result<Option<Local>> {
    Ok(recorded(&folder(project))?.filter(Local::is_running))
}

/// Starts the kept server of `project`, or returns the one that runs. Without `major` it is the one used last, else the
/// newest installed, else one that is fetched. Each major version keeps its own data; a server of another one is stopped.
pub fn start(project: &Path, major: Option<u16>) -> Result<Local> {
    let folder = folder(project);
    let _lock = claim(&folder)?;
    let last = recorded(&folder)?;
    if let Some(last) = &last {
        if last.is_running() && major.is_none_or(|major| major == last.major) {
            return Ok(last.clone());
        }
        end(last)?;
    }
    launch(&folder, major.or(last.map(|last| last.major)))
}

/// Stops the kept server of `project`; says whether one ran.
pub fn stop(project: &Path) -> Result<bool> {
    let folder = folder(project);
    if !folder.is_dir() {
        return Ok(false);
    }
    let _lock = claim(&folder)?;
    match recorded(&folder)? {
        Some(local) => end(&local),
        None => Ok(false),
    }
}

/// Throws the data of the kept server away and starts it anew, empty.
pub fn reset(project: &Path, major: Option<u16>) -> Result<Local> {
    let folder = folder(project);
    let _lock = claim(&folder)?;
    let last = recorded(&folder)?;
    if let Some(last) = &last {
        end(last)?;
    }
    let major = major.or(last.as_ref().map(|last| last.major));
    if let Some(last) = last.filter(|last| Some(last.major) == major) {
        discard(&last.data)?;
    }
    launch(&folder, major)
}

fn folder(project: &Path) -> PathBuf {
    project.join(".reconcile")
}

/// Makes the folder, hides it from git, and locks out other commands of ours until the file is dropped.
fn claim(folder: &Path) -> Result<File> {
    std::fs::create_dir_all(folder).map_err(Error::at("make", folder))?;
    let ignore = folder.join(".gitignore");
    if !ignore.exists() {
        std::fs::write(&ignore, "*\n").map_err(Error::at("write", &ignore))?;
    }
    storage::lock(folder, "local")
}

/// The server started last, as the record in `.reconcile/local` tells; a record that cannot be read is an error.
fn recorded(folder: &Path) -> Result<Option<Local>> {
    let path = folder.join("local");
    let text = match std::fs::read_to_string(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        other => other.map_err(Error::at("read", &path))?,
    };
    parse(&text).map(Some).ok_or_else(|| {
        let next = format!("remove {} and start again; the data stays where it is", path.display());
        Error::said(format!("cannot read {}", path.display()), "it is not a record of a local server", next)
    })
}

fn parse(text: &str) -> Option<Local> {
    let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
    Some(Local {
        major: field("major")?.parse().ok()?,
        data: PathBuf::from(field("data")?),
        socket: PathBuf::from(field("socket")?),
    })
}

fn record(folder: &Path, local: &Local) -> Result<()> {
    let path = folder.join("local");
    let Local { major, data, socket } = local;
    let text = format!("major={major}\ndata={}\nsocket={}\n", data.display(), socket.display());
    std::fs::write(&path, text).map_err(Error::at("write", &path))
}

/// Starts the server, making its data directory when it is missing.
fn launch(folder: &Path, major: Option<u16>) -> Result<Local> {
    let account = Account::current()?;
    let install = obtain(major)?;
    let home = home(folder, &account)?;
    let local = Local {
        major: install.major,
        data: home.join(install.major.to_string()),
        socket: socket(&home, &account)?,
    };
    if !local.data.join("PG_VERSION").exists() {
        fill(&install, &account, &local.data)?;
    }
    record(folder, &local)?;
    let mut process = spawn(&install, &account, &local)?;
    let socket = server::socket_file(&local.socket, PORT);
    server::wait_until_ready(&mut process, &local.config("postgres"), &socket).map_err(|why| {
        let log = std::fs::read(local.log()).unwrap_or_default();
        server::refusal(&install, &why, &String::from_utf8_lossy(&log))
    })?;
    Ok(local)
}

/// The directory for data, logs and the socket: in the project, or apart from it with the record as pointer.
fn home(folder: &Path, account: &Account) -> Result<PathBuf> {
    let folder = folder.canonicalize().map_err(Error::at("enter", folder))?;
    if account.barrier(&folder).is_none() {
        let home = folder.join("pg");
        std::fs::create_dir_all(&home).map_err(Error::at("make", &home))?;
        return Ok(home);
    }
    let home = Path::new(ELSEWHERE).join(mark(&folder));
    std::fs::create_dir_all(&home).map_err(Error::at("make", &home))?;
    Ok(home)
}

/// The socket's directory, private to the server's account.
fn socket(home: &Path, account: &Account) -> Result<PathBuf> {
    let inside = home.join("run");
    let short = inside.as_os_str().len() <= SOCKET_PARENT;
    let socket = if short { inside } else { Path::new("/tmp").join(format!("reconcile-{}", mark(home))) };
    if !socket.exists() {
        account.make_private(&socket)?;
    }
    if account.owns(&socket) {
        return Ok(socket);
    }
    let next = format!("remove it: rm -r {}", socket.display());
    Err(Error::said(
        format!("cannot use {} for the local server", socket.display()),
        "it belongs to somebody else",
        next,
    ))
}

/// Tells projects apart in directories they share.
fn mark(path: &Path) -> String {
    let mut hasher = DefaultHasher::new();
    path.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

/// Makes a data directory that is either whole or not there.
fn fill(install: &Install, account: &Account, data: &Path) -> Result<()> {
    discard(data)?;
    let unfinished = data.with_extension("new");
    discard(&unfinished)?;
    account.make_private(&data.with_extension("new"))?;
    template::fresh(install, account, &unfinished.join("data"))?;
    template::sync(install, account, &unfinished.join("data"))?;
    std::fs::rename(unfinished.join("data"), data).map_err(Error::at("make", data))?;
    discard(&unfinished)
}

fn discard(directory: &Path) -> Result<()> {
    match std::fs::remove_dir_all(directory) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        other => other.map_err(Error::at("remove", directory)),
    }
}

fn spawn(install: &Install, account: &Account, local: &Local) -> Result<Child> {
    let log = local.log();
    let output = File::options().create(true).append(true).open(&log).map_err(Error::at("open", &log))?;
    let program = install.program("postgres");
    let mut command = account.command(&program, &local.data);
    command.arg("-D").arg(&local.data).args(["-c", "listen_addresses=", "-c", "logging_collector=off"]);
    command.arg("-c").arg(format!("port={PORT}"));
    command.arg("-c").arg(format!("unix_socket_directories={}", local.socket.display()));
    // Its own process group, so that a Ctrl-C meant for us does not stop it.
    command.process_group(0).stdout(Stdio::null()).stderr(output);
    command.spawn().map_err(Error::run(&program))
}

/// Stops the server in the way that loses nothing and waits for nobody; says whether it ran.
fn end(local: &Local) -> Result<bool> {
    let Some(pid) = storage::running(&local.data) else { return Ok(false) };
    let what = format!("cannot stop the local server of {}", local.data.display());
    if let Err(error) = rustix::process::kill_process(pid, rustix::process::Signal::INT) {
        return Err(Error { what, why: std::io::Error::from(error).into(), next: String::new() });
    }
    for _ in 0..3000 {
        if storage::running(&local.data).is_none() {
            return Ok(true);
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    let next = format!("look into {}", local.log().display());
    Err(Error::said(what, "it still runs half a minute after being asked", next))
}

#[cfg(test)]
mod tests {
    use super::{Local, parse};
    use std::path::PathBuf;

    #[test]
    fn a_damaged_record_is_noticed() {
        let whole = "major=17\ndata=/p/.reconcile/pg/17\nsocket=/p/.reconcile/pg/run\n";
        let local = Local {
            major: 17,
            data: PathBuf::from("/p/.reconcile/pg/17"),
            socket: PathBuf::from("/p/.reconcile/pg/run"),
        };
        assert_eq!(parse(whole), Some(local));
        assert_eq!(parse("major=seventeen\ndata=x\nsocket=y\n"), None);
        assert_eq!(parse(""), None);
    }
}
