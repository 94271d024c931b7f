//! A throw-away server: started in a private directory, reached through a unix socket, gone with its owner.
//!
//! It does not know where the binaries come from, nor what is done with the databases.

use crate::account::Account;
use crate::storage::{self, Home};
use crate::{Error, Install, Result, SUPERUSER, template};
use postgres::error::SqlState;
use postgres::{Client, Config, NoTls};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

/// The port that names the socket; a private directory has no other server to collide with.
pub(crate) const PORT: u16 = 5432;
const PATIENCE: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(10);

/// Runs the server and ends it when its standard input closes, which happens however its owner dies.
/// The owner's signals do not reach it: it runs in a process group of its own.
const WATCH: &str = r#"
trap '' INT TERM HUP
home=$1; shift
exec 3<&0
"$@" </dev/null 3<&- &
server=$!
{ read -r _ <&3; : >"$home/ending"; kill -QUIT "$server"; } 2>/dev/null &
watcher=$!
wait "$server"
code=$?
if [ -e "$home/ending" ]; then rm -rf -- "$home"; else kill -KILL "$watcher" 2>/dev/null; fi
exit "$code"
"#;

/// Settings of every throw-away server: nothing needs to survive a crash, and nothing happens behind the user's back.
const SETTINGS: [(&str, &str); 11] = [
    ("fsync", "off"),
    ("full_page_writes", "off"),
    ("synchronous_commit", "off"),
    ("autovacuum", "off"),
    ("jit", "off"),
    ("log_checkpoints", "off"),
    ("logging_collector", "off"),
    // Parallel queries share memory in the data directory, so that nothing is left elsewhere.
    ("dynamic_shared_memory_type", "mmap"),
    ("max_wal_size", "256MB"),
    ("min_wal_size", "32MB"),
    ("timezone", "UTC"),
];

/// Any user of this machine can reach the loopback interface, so there it takes the password.
const TCP_RULES: &str =
    "local all all trust\nlocal replication all trust\nhost all all 127.0.0.1/32 scram-sha-256\n";

/// How a throw-away server is to be started.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Listen on a free port of 127.0.0.1 besides the unix socket; a random password guards it.
    pub tcp: bool,
    /// Further settings, as in postgresql.conf; they win over ours.
    pub settings: Vec<(String, String)>,
    /// Files to put into the data directory before the start, such as a certificate's key or a pg_hba.conf: name and content.
    pub files: Vec<(String, String)>,
    /// The libraries of `shared_preload_libraries`.
    pub shared_preload_libraries: Vec<String>,
}

/// A running throw-away server. Dropping it ends the server and removes its files; so does the death of this process,
/// however it comes. A server in a `static` is therefore as good as one on the stack.
#[derive(Debug)]
pub struct Server {
    install: Install,
    tcp: Option<Tcp>,
    /// Ends before `home` is removed: fields are dropped in order.
    process: Process,
    home: Home,
}

pub(crate) struct Tcp {
    port: u16,
    password: String,
}

impl std::fmt::Debug for Tcp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tcp").field("port", &self.port).finish_non_exhaustive()
    }
}

#[derive(Debug)]
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let deadline = Instant::now() + Duration::from_secs(10);
        while matches!(self.0.try_wait(), Ok(None)) {
            if Instant::now() > deadline {
                let _ = self.0.kill();
                let _ = self.0.wait();
                return;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}

impl Server {
    /// Starts a server and waits until it answers.
    pub fn start(install: &Install, options: &Options) -> Result<Self> {
        let account = Account::current()?;
        let home = Home::claim(&account)?;
        template::fresh(install, &account, &home.path().join("data"))?;
        let tcp = options.tcp.then(Tcp::choose).transpose()?;
        if tcp.is_some() {
            put(&account, home.path(), "pg_hba.conf", TCP_RULES)?;
        }
        for (name, content) in &options.files {
            put(&account, home.path(), name, content)?;
        }
        let server = Self::open(install, &account, home, options, tcp)?;
        server.set_password()?;
        Ok(server)
    }

    /// Runs the server of a data directory that is there.
    pub(crate) fn open(
        install: &Install,
        account: &Account,
        home: Home,
        options: &Options,
        tcp: Option<Tcp>,
    ) -> Result<Self> {
        let process = Process(spawn(install, account, home.path(), options, tcp.as_ref())?);
        let mut server = Self { install: install.clone(), tcp, process, home };
        server.wait_until_ready()?;
        Ok(server)
    }

    /// The binaries it runs.
    pub fn install(&self) -> &Install {
        &self.install
    }

    /// The directory of its unix socket: what libpq calls the host.
    pub fn socket_directory(&self) -> &Path {
        self.home.path()
    }

    /// The directory its files lie in: data directory and log.
    pub fn data_directory(&self) -> PathBuf {
        self.home.path().join("data")
    }

    /// The port: that of the loopback interface with `Options::tcp`, and in any case the one in the socket's name.
    pub fn port(&self) -> u16 {
        self.tcp.as_ref().map_or(PORT, |tcp| tcp.port)
    }

    /// The superuser's password, needed on the loopback port only.
    pub fn password(&self) -> Option<&str> {
        self.tcp.as_ref().map(|tcp| tcp.password.as_str())
    }

    /// A connection string for `database` through the unix socket, as libpq and this project's command line read it.
    pub fn url(&self, database: &str) -> String {
        socket_url(self.socket_directory(), self.port(), database)
    }

    /// A connection string for `database` over TCP, password included; none without `Options::tcp`.
    pub fn tcp_url(&self, database: &str) -> Option<String> {
        let tcp = self.tcp.as_ref()?;
        Some(format!("postgresql://{SUPERUSER}:{}@127.0.0.1:{}/{}", tcp.password, tcp.port, encode(database)))
    }

    /// The driver's configuration for the superuser in `database`.
    pub fn config(&self, database: &str) -> Config {
        socket_config(self.socket_directory(), self.port(), database)
    }

    /// Connects to `database` as the superuser.
    pub fn connect(&self, database: &str) -> Result<Client> {
        self.config(database)
            .connect(NoTls)
            .map_err(Error::server(format!("cannot connect to {database} on the scratch server")))
    }

    /// Makes an empty database from template0.
    pub fn create_database(&self, name: &str) -> Result<()> {
        create_database(&mut self.connect("postgres")?, name, "template0")
    }

    /// Makes a copy of a database to which nobody is connected.
    pub fn copy_database(&self, from: &str, to: &str) -> Result<()> {
        create_database(&mut self.connect("postgres")?, to, from)
    }

    /// Drops a database, throwing out who is connected.
    pub fn drop_database(&self, name: &str) -> Result<()> {
        let mut client = self.connect("postgres")?;
        run_formatted(&mut client, "SELECT format('DROP DATABASE %I WITH (FORCE)', $1::text)", &[&name])
            .map_err(Error::server(format!("cannot drop database {name}")))
    }

    /// The server's log so far.
    pub fn log(&self) -> String {
        log_of(self.home.path())
    }

    fn wait_until_ready(&mut self) -> Result<()> {
        let config = self.config("postgres");
        let socket = socket_file(self.socket_directory(), self.port());
        wait_until_ready(&mut self.process.0, &config, &socket).map_err(|why| self.refusal(&why))
    }

    fn set_password(&self) -> Result<()> {
        let Some(tcp) = &self.tcp else { return Ok(()) };
        let mut client = self.connect("postgres")?;
        let statement = "SELECT format('ALTER ROLE %I PASSWORD %L', $1::text, $2::text)";
        run_formatted(&mut client, statement, &[&SUPERUSER, &tcp.password.as_str()])
            .map_err(Error::server("cannot set a password"))
    }

    fn refusal(&self, why: &str) -> Error {
        refusal(&self.install, why, &self.log())
    }
}

impl Tcp {
    /// A port nobody listens on now, and a password nobody knows.
    fn choose() -> Result<Self> {
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0));
        let port = listener
            .and_then(|listener| listener.local_addr())
            .map_err(Error::at("find a free port of", Path::new("127.0.0.1")))?
            .port();
        Ok(Self { port, password: storage::random_hex(16)? })
    }
}

/// Polls until the server answers; otherwise says why it never will.
pub(crate) fn wait_until_ready(
    process: &mut Child,
    config: &Config,
    socket: &Path,
) -> std::result::Result<(), String> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Ok(Some(status)) = process.try_wait() {
            return Err(format!("it ended with {status}"));
        }
        if socket.exists() {
            match config.connect(NoTls) {
                Ok(_) => return Ok(()),
                Err(error) if !passing(&error) => return Err(error.to_string()),
                Err(_) => {}
            }
        }
        if Instant::now() > deadline {
            return Err("it did not answer within a minute".to_owned());
        }
        std::thread::sleep(POLL);
    }
}

/// The name PostgreSQL gives to the socket of a port.
pub(crate) fn socket_file(directory: &Path, port: u16) -> PathBuf {
    directory.join(format!(".s.PGSQL.{port}"))
}

/// Why a server did not come up, with the end of its log.
pub(crate) fn refusal(install: &Install, why: &str, log: &str) -> Error {
    let tail: Vec<&str> = log.lines().rev().take(12).collect();
    let tail: String = tail.into_iter().rev().map(|line| format!("\n  {line}")).collect();
    let what =
        format!("cannot start PostgreSQL {}.{} from {}", install.major, install.minor, install.bin.display());
    Error::said(
        what,
        format!("{why}{tail}"),
        "set RECONCILE_PG_BIN to other binaries, or name a database with --database-url",
    )
}

/// The connection was refused only because the server is still starting.
fn passing(error: &postgres::Error) -> bool {
    error.code().is_none_or(|code| *code == SqlState::CANNOT_CONNECT_NOW)
}

/// Puts a file that only the server may read into its data directory.
pub(crate) fn put(account: &Account, home: &Path, name: &str, content: &str) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let path = home.join("data").join(name);
    std::fs::write(&path, content).map_err(Error::at("write", &path))?;
    let private = std::fs::Permissions::from_mode(0o600);
    std::fs::set_permissions(&path, private).map_err(Error::at("protect", &path))?;
    account.give(&path)
}

fn spawn(
    install: &Install,
    account: &Account,
    home: &Path,
    options: &Options,
    tcp: Option<&Tcp>,
) -> Result<Child> {
    use std::os::unix::process::CommandExt;
    let shell = Path::new("/bin/sh");
    let log = home.join("log");
    let output = std::fs::File::create_new(&log).map_err(Error::at("make", &log))?;
    let mut command = account.command(shell, home);
    command.arg("-c").arg(WATCH).arg("reconcile-pg").arg(home).arg(install.program("postgres"));
    command.arg("-D").arg(home.join("data")).args(arguments(home, options, tcp));
    command.process_group(0).stdin(Stdio::piped()).stderr(output).stdout(Stdio::null());
    command.spawn().map_err(Error::run(shell))
}

fn arguments(home: &Path, options: &Options, tcp: Option<&Tcp>) -> Vec<String> {
    let mut settings: Vec<(String, String)> =
        SETTINGS.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    settings.push(("unix_socket_directories".into(), home.display().to_string()));
    settings
        .push(("listen_addresses".into(), if tcp.is_some() { "127.0.0.1".into() } else { String::new() }));
    settings.push(("port".into(), tcp.map_or(PORT, |tcp| tcp.port).to_string()));
    if !options.shared_preload_libraries.is_empty() {
        settings.push(("shared_preload_libraries".into(), options.shared_preload_libraries.join(",")));
    }
    settings.extend(options.settings.iter().cloned());
    settings.into_iter().flat_map(|(name, value)| ["-c".to_owned(), format!("{name}={value}")]).collect()
}

pub(crate) fn log_of(home: &Path) -> String {
    let mut bytes = Vec::new();
    let _ = std::fs::File::open(home.join("log")).and_then(|mut file| file.read_to_end(&mut bytes));
    String::from_utf8_lossy(&bytes).into_owned()
}

pub(crate) fn socket_config(directory: &Path, port: u16, database: &str) -> Config {
    let mut config = Config::new();
    config.host_path(directory).port(port).user(SUPERUSER).dbname(database).application_name("reconcile");
    config
}

pub(crate) fn socket_url(directory: &Path, port: u16, database: &str) -> String {
    let host = encode(&directory.to_string_lossy()).replace("%2F", "/");
    format!("postgresql://{SUPERUSER}@/{}?host={host}&port={port}", encode(database))
}

pub(crate) fn create_database(client: &mut Client, name: &str, template: &str) -> Result<()> {
    let statement = "SELECT format('CREATE DATABASE %I TEMPLATE %I', $1::text, $2::text)";
    run_formatted(client, statement, &[&name, &template])
        .map_err(Error::server(format!("cannot make database {name}")))
}

/// Lets the server quote the parameters into a statement, and runs that.
fn run_formatted(
    client: &mut Client,
    statement: &str,
    parameters: &[&(dyn postgres::types::ToSql + Sync)],
) -> std::result::Result<(), postgres::Error> {
    let text: String = client.query_one(statement, parameters)?.try_get(0)?;
    client.batch_execute(&text)
}

/// Percent-encodes what a URL cannot carry as it is.
fn encode(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    text.bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{encode, socket_url};
    use std::path::Path;

    #[test]
    fn urls_carry_any_name() {
        assert_eq!(encode("a b/ü"), "a%20b%2F%C3%BC");
        assert_eq!(
            socket_url(Path::new("/dev/shm/x"), 5432, "my db"),
            "postgresql://postgres@/my%20db?host=/dev/shm/x&port=5432"
        );
    }
}
