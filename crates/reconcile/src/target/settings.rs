//! What connection parameters mean: hosts, a role, a database, how to protect the connection.
//! It does not know where the parameters came from, nor how a connection is made.

use super::environment::Environment;
use super::params::Params;
use super::passfile::{self, SOCKET_FOLDERS, Wanted};
use super::secret::Secret;
use crate::problem::Problem;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Everything needed to connect.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Settings {
    /// The servers, to be tried in order.
    pub(crate) endpoints: Vec<Endpoint>,
    pub(crate) user: String,
    pub(crate) database: String,
    pub(crate) application_name: String,
    /// Command line options of the server process: `-c search_path=…`.
    pub(crate) options: Option<String>,
    /// How long one server may take to answer.
    pub(crate) connect_timeout: Option<Duration>,
    pub(crate) keepalive: Keepalive,
    /// Which kind of server will do.
    pub(crate) session: SessionAttrs,
    /// The servers are tried in random order.
    pub(crate) shuffle: bool,
    pub(crate) channel_binding: ChannelBinding,
    pub(crate) tls: TlsSettings,
}

/// One server.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Endpoint {
    pub(crate) host: Host,
    pub(crate) port: u16,
    /// The password for this server, as `.pgpass` may know another for each.
    pub(crate) password: Option<Secret>,
}

/// Where a server listens.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Host {
    /// A name or address, and the address to use instead of asking for the name's.
    Tcp { name: String, addr: Option<IpAddr> },
    /// The folder of a Unix socket.
    Unix(PathBuf),
}

/// libpq's keepalive parameters; what is not set is the operating system's default.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Keepalive {
    pub(crate) on: bool,
    pub(crate) idle: Option<Duration>,
    pub(crate) interval: Option<Duration>,
    pub(crate) count: Option<u32>,
    pub(crate) user_timeout: Option<Duration>,
}

/// How the connection is protected.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct TlsSettings {
    pub(crate) mode: SslMode,
    /// TLS starts at once, without asking the server first (PostgreSQL 17).
    pub(crate) direct: bool,
    /// Who is trusted.
    pub(crate) roots: Option<Roots>,
    /// The client's own certificate and key.
    pub(crate) client: Option<ClientCert>,
    /// The client has no certificate, and one is demanded.
    pub(crate) client_required: bool,
    /// Certificates taken back by their authority.
    pub(crate) crl: Option<PathBuf>,
    /// The server is told the name it is reached by.
    pub(crate) sni: bool,
    /// TLS 1.2 may be used, TLS 1.3 may be used.
    pub(crate) versions: (bool, bool),
}

/// Whose signatures on server certificates are trusted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Roots {
    /// Those the operating system trusts.
    System,
    /// Those in a file.
    File(PathBuf),
}

/// A client certificate.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct ClientCert {
    pub(crate) cert: PathBuf,
    pub(crate) key: PathBuf,
}

macro_rules! words {
    ($(#[$doc:meta] $Name:ident = $param:literal { $(#[$word_doc:meta] $Word:ident = $text:literal),* })*) => {
        $(
            #[$doc]
            #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
            pub(crate) enum $Name { $(#[$word_doc] $Word),* }

            impl $Name {
                const PARAM: &str = $param;
                const WORDS: &[(&str, $Name)] = &[$(($text, $Name::$Word)),*];

                fn read(params: &Params, source: &str) -> Result<Option<$Name>, Problem> {
                    one_of(params, Self::PARAM, Self::WORDS, source)
                }
            }
        )*
    };
}

words! {
    /// libpq's `sslmode`, from no protection to all of it.
    SslMode = "sslmode" {
        /// No TLS.
        Disable = "disable",
        /// TLS only if the server wants it.
        Allow = "allow",
        /// TLS if the server has it.
        Prefer = "prefer",
        /// TLS.
        Require = "require",
        /// TLS, and a certificate signed by someone trusted.
        VerifyCa = "verify-ca",
        /// TLS, a certificate signed by someone trusted, and made out to the host's name.
        VerifyFull = "verify-full"
    }
    /// libpq's `target_session_attrs`.
    SessionAttrs = "target_session_attrs" {
        /// Any server.
        Any = "any",
        /// One that takes writes.
        ReadWrite = "read-write",
        /// One that takes no writes.
        ReadOnly = "read-only",
        /// One that is no standby.
        Primary = "primary",
        /// One that is a standby.
        Standby = "standby",
        /// A standby if there is one.
        PreferStandby = "prefer-standby"
    }
    /// libpq's `channel_binding`.
    ChannelBinding = "channel_binding" {
        /// Not used.
        Disable = "disable",
        /// Used where it can be.
        Prefer = "prefer",
        /// Demanded.
        Require = "require"
    }
}

fn one_of<T: Copy>(
    params: &Params,
    name: &str,
    words: &[(&str, T)],
    source: &str,
) -> Result<Option<T>, Problem> {
    let Some(value) = params.get(name) else { return Ok(None) };
    match words.iter().find(|(word, _)| *word == value) {
        Some((_, word)) => Ok(Some(*word)),
        None => {
            let words: Vec<_> = words.iter().map(|(word, _)| *word).collect();
            Err(Problem::new(format!("{source}: {name} cannot be \"{value}\""))
                .help(format!("It is one of {}.", words.join(", "))))
        }
    }
}

impl Settings {
    /// Makes sense of parameters. What is odd but no error comes back as warnings.
    pub(crate) fn new(
        params: &Params,
        source: &str,
        env: &Environment,
    ) -> Result<(Settings, Vec<String>), Problem> {
        params.refuse_unsupported(source)?;
        let user = params.get("user").or(env.user.as_deref()).map(str::to_owned).ok_or_else(|| {
            Problem::new(format!("{source}: no user is named, and the operating system does not tell yours"))
        })?;
        let database = params.get("dbname").unwrap_or(&user).to_owned();
        let mut endpoints = endpoints(params, source)?;
        let warnings = passwords(&mut endpoints, params, &user, &database, env);
        let application = params.get("application_name").or(params.get("fallback_application_name"));
        let settings = Settings {
            endpoints,
            application_name: application.unwrap_or("reconcile").to_owned(),
            options: params.get("options").map(str::to_owned),
            connect_timeout: seconds(params, "connect_timeout", source)?,
            keepalive: Keepalive::new(params, source)?,
            session: SessionAttrs::read(params, source)?.unwrap_or(SessionAttrs::Any),
            shuffle: one_of(params, "load_balance_hosts", &[("disable", false), ("random", true)], source)?
                .unwrap_or(false),
            channel_binding: ChannelBinding::read(params, source)?.unwrap_or(ChannelBinding::Prefer),
            tls: TlsSettings::new(params, source, env)?,
            user,
            database,
        };
        Ok((settings, warnings))
    }
}

fn endpoints(params: &Params, source: &str) -> Result<Vec<Endpoint>, Problem> {
    let list = |name| {
        params.get(name).map(|it| it.split(',').map(str::trim).collect::<Vec<_>>()).unwrap_or_default()
    };
    let (hosts, addrs, ports) = (list("host"), list("hostaddr"), list("port"));
    let count = hosts.len().max(addrs.len()).max(1);
    let fits = |len: usize| len == 0 || len == count;
    if !fits(hosts.len()) || !fits(addrs.len()) || !(fits(ports.len()) || ports.len() == 1) {
        let lens = (hosts.len(), addrs.len(), ports.len());
        return Err(Problem::new(format!(
            "{source}: {} hosts, {} host addresses and {} ports do not go together",
            lens.0, lens.1, lens.2
        )));
    }
    (0..count)
        .map(|at| {
            let port = port(ports.get(at).or(ports.first()).copied().unwrap_or(""), source)?;
            let addr = addrs.get(at).filter(|it| !it.is_empty()).map(|it| {
                it.parse().map_err(|_| Problem::new(format!("{source}: hostaddr \"{it}\" is no IP address")))
            });
            let host = host(hosts.get(at).copied().unwrap_or(""), addr.transpose()?, port);
            Ok(Endpoint { host, port, password: None })
        })
        .collect()
}

fn port(text: &str, source: &str) -> Result<u16, Problem> {
    match text {
        "" => Ok(5432),
        text => match text.parse() {
            Ok(port) if port > 0 => Ok(port),
            _ => Err(Problem::new(format!("{source}: \"{text}\" is no port"))),
        },
    }
}

/// A host that is not named is the Unix socket in its usual place, where there is one, else this machine.
fn host(name: &str, addr: Option<IpAddr>, port: u16) -> Host {
    match (name, addr) {
        ("", Some(addr)) => Host::Tcp { name: addr.to_string(), addr: None },
        ("", None) => {
            let socket = format!(".s.PGSQL.{port}");
            match SOCKET_FOLDERS.into_iter().map(Path::new).find(|it| it.join(&socket).exists()) {
                Some(folder) => Host::Unix(folder.to_owned()),
                None => Host::Tcp { name: "localhost".into(), addr: None },
            }
        }
        (name, _) if name.starts_with('/') => Host::Unix(name.into()),
        (name, addr) => Host::Tcp { name: name.into(), addr },
    }
}

/// Gives each endpoint its password: the one that was stated, else the one `.pgpass` has for it.
fn passwords(
    endpoints: &mut [Endpoint],
    params: &Params,
    user: &str,
    database: &str,
    env: &Environment,
) -> Vec<String> {
    let file = params.get("passfile").map(PathBuf::from).or_else(|| env.at_home(".pgpass"));
    let mut warnings = Vec::new();
    for endpoint in endpoints {
        if let Some(password) = params.get("password") {
            endpoint.password = Some(Secret::new(password));
        } else if let Some(file) = &file {
            let host = endpoint.host.to_string();
            match passfile::find(file, Wanted { host: &host, port: endpoint.port, database, user }) {
                Ok(password) => endpoint.password = password,
                Err(warning) => warnings.push(warning),
            }
        }
    }
    warnings.dedup();
    warnings
}

impl std::fmt::Display for Host {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Host::Tcp { name, .. } => f.write_str(name),
            Host::Unix(folder) => folder.display().fmt(f),
        }
    }
}

impl Keepalive {
    fn new(params: &Params, source: &str) -> Result<Keepalive, Problem> {
        Ok(Keepalive {
            on: number(params, "keepalives", source)?.is_none_or(|it| it != 0),
            idle: seconds(params, "keepalives_idle", source)?,
            interval: seconds(params, "keepalives_interval", source)?,
            count: number(params, "keepalives_count", source)?
                .and_then(|it| u32::try_from(it).ok())
                .filter(|it| *it > 0),
            user_timeout: positive(params, "tcp_user_timeout", source)?.map(Duration::from_millis),
        })
    }
}

fn number(params: &Params, name: &str, source: &str) -> Result<Option<i64>, Problem> {
    params
        .get(name)
        .map(|it| {
            it.trim()
                .parse::<i32>()
                .map(i64::from)
                .map_err(|_| Problem::new(format!("{source}: {name} must be a whole number")))
        })
        .transpose()
}

/// A number above nothing; as in libpq, zero and less mean that there is no limit.
fn positive(params: &Params, name: &str, source: &str) -> Result<Option<u64>, Problem> {
    Ok(number(params, name, source)?.and_then(|it| u64::try_from(it).ok()).filter(|it| *it > 0))
}

fn seconds(params: &Params, name: &str, source: &str) -> Result<Option<Duration>, Problem> {
    Ok(positive(params, name, source)?.map(Duration::from_secs))
}

impl TlsSettings {
    fn new(params: &Params, source: &str, env: &Environment) -> Result<TlsSettings, Problem> {
        let roots = roots(params, env);
        let default = if roots == Some(Roots::System) { SslMode::VerifyFull } else { SslMode::Prefer };
        let mode = SslMode::read(params, source)?.unwrap_or(default);
        if roots == Some(Roots::System) && mode != SslMode::VerifyFull {
            // Anyone can get a certificate from a public authority: without the name it proves nothing.
            return Err(Problem::new(format!("{source}: sslrootcert=system needs sslmode=verify-full")));
        }
        let direct = one_of(params, "sslnegotiation", &[("postgres", false), ("direct", true)], source)?
            .unwrap_or(false);
        if direct && mode < SslMode::Require {
            return Err(Problem::new(format!(
                "{source}: sslnegotiation=direct needs sslmode=require or stricter"
            )));
        }
        let cert_modes = [("disable", (false, false)), ("allow", (true, false)), ("require", (true, true))];
        let (client_allowed, client_required) =
            one_of(params, "sslcertmode", &cert_modes, source)?.unwrap_or((true, false));
        let crl = params.get("sslcrl").map(PathBuf::from);
        Ok(TlsSettings {
            mode,
            direct,
            roots,
            client: if client_allowed { client(params, env) } else { None },
            client_required,
            crl: crl.or_else(|| env.at_home(".postgresql/root.crl").filter(|it| it.exists())),
            sni: params.get("sslsni") != Some("0"),
            versions: versions(params, source)?,
        })
    }
}

/// As in libpq, the file in the home folder counts when it is there, and whoever asks for verification
/// without any file is told so when connecting.
fn roots(params: &Params, env: &Environment) -> Option<Roots> {
    match params.get("sslrootcert") {
        Some("system") => Some(Roots::System),
        Some(file) => Some(Roots::File(file.into())),
        None => env.at_home(".postgresql/root.crt").filter(|it| it.exists()).map(Roots::File),
    }
}

fn client(params: &Params, env: &Environment) -> Option<ClientCert> {
    let named = params.get("sslcert").map(PathBuf::from);
    let cert = named.or_else(|| env.at_home(".postgresql/postgresql.crt").filter(|it| it.exists()))?;
    let key =
        params.get("sslkey").map(PathBuf::from).or_else(|| env.at_home(".postgresql/postgresql.key"))?;
    Some(ClientCert { cert, key })
}

/// Which of TLS 1.2 and 1.3 the limits leave. Older versions are never spoken, which a lower limit below
/// them allows for.
fn versions(params: &Params, source: &str) -> Result<(bool, bool), Problem> {
    let words = [("TLSv1", 10), ("TLSv1.1", 11), ("TLSv1.2", 12), ("TLSv1.3", 13)];
    let min = one_of(params, "ssl_min_protocol_version", &words, source)?.unwrap_or(12);
    let max = one_of(params, "ssl_max_protocol_version", &words, source)?.unwrap_or(13);
    match (min <= 12 && max >= 12, max >= 13) {
        (false, false) => {
            Err(Problem::new(format!("{source}: the protocol limits leave neither TLS 1.2 nor TLS 1.3")))
        }
        versions => Ok(versions),
    }
}
