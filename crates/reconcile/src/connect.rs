//! Opens a session on a target: host by host, with TLS as asked for, and with the settings pinned that
//! change how the server prints.
//! It does not know who named the target, nor what the session is for.

mod error;
#[cfg(test)]
mod tests;
mod tls;
mod verify;

use crate::target::Target;
use crate::target::settings::{self, Endpoint, Host, SessionAttrs, Settings, SslMode};
pub(crate) use error::ConnectError;
use error::Failure;
use postgres::config as pg;
use postgres::error::SqlState;
use postgres::{CancelToken, Client, Config, SimpleQueryMessage};
use std::hash::{BuildHasher, RandomState};
use std::sync::mpsc;
use std::time::Duration;
use tls::Tls;

/// The oldest server whose catalog is known.
const OLDEST: u32 = 140_000;

/// What every session is told first, and what it is asked: one message, one answer. The search_path stays
/// the session's own here, as it is a fact about the target.
const PIN: &str = "\
SET quote_all_identifiers = off; SET DateStyle = ISO; SET IntervalStyle = postgres; SET extra_float_digits = 1; \
SET bytea_output = hex; SET xmloption = content; SET standard_conforming_strings = on; SET client_encoding = 'UTF8'; \
SELECT current_setting('server_version_num'), current_setting('server_version'), current_user, current_database(), \
current_setting('search_path'), current_setting('TimeZone'), pg_catalog.pg_is_in_recovery(), \
current_setting('transaction_read_only')::bool, current_setting('is_superuser')::bool";

/// An open session.
pub(crate) struct Session {
    /// The connection.
    pub(crate) client: Client,
    /// What the session told about itself.
    pub(crate) server: Server,
    /// A way to stop a running statement, from another thread.
    pub(crate) canceller: Canceller,
}

/// What a session tells about itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Server {
    /// `server_version_num`: 170004.
    pub(crate) version: u32,
    /// `server_version`, as the packager wrote it.
    pub(crate) version_text: String,
    /// `current_user`.
    pub(crate) user: String,
    /// `current_database()`.
    pub(crate) database: String,
    /// `search_path`, as the role, the database or the connection's options set it.
    pub(crate) search_path: String,
    /// `TimeZone`, the target's own.
    pub(crate) time_zone: String,
    /// `pg_is_in_recovery()`: the server is a standby.
    pub(crate) standby: bool,
    /// `transaction_read_only`: transactions take no writes unless they ask to.
    pub(crate) read_only: bool,
    /// `is_superuser`.
    pub(crate) superuser: bool,
    /// The connection is protected by TLS.
    pub(crate) tls: bool,
    /// The one of the target's servers that answered: `host:port`.
    pub(crate) endpoint: String,
}

/// Stops a statement that runs on a session.
#[derive(Clone)]
pub(crate) struct Canceller {
    token: CancelToken,
    tls: Tls,
}

impl Canceller {
    /// Asks the server to stop the running statement; it may have ended by itself.
    pub(crate) fn cancel(&self) -> Result<(), postgres::Error> {
        self.token.cancel_query(self.tls.fresh())
    }
}

/// Opens a session on the first of the target's servers that answers and is of the kind asked for.
pub(crate) fn open(target: &Target) -> Result<Session, ConnectError> {
    let settings = &target.settings;
    let tls = Tls::new(&settings.tls).map_err(|problem| ConnectError::setup(target, problem))?;
    let mut endpoints: Vec<_> = settings.endpoints.iter().collect();
    if settings.shuffle {
        let random = RandomState::new();
        endpoints.sort_by_cached_key(|it| random.hash_one(it.to_string()));
    }
    let passes: &[SessionAttrs] = match settings.session {
        SessionAttrs::PreferStandby => &[SessionAttrs::Standby, SessionAttrs::Any],
        ref wanted => std::slice::from_ref(wanted),
    };
    let mut failures = Vec::new();
    for wanted in passes {
        failures.clear();
        for endpoint in &endpoints {
            match endpoint_session(settings, endpoint, &tls).and_then(|it| fits(it, *wanted)) {
                Ok(session) => return Ok(session),
                Err(failure) => {
                    // As in libpq, a server that answers and refuses ends the search.
                    let last = failure.is_refusal();
                    failures.push(failure);
                    if last {
                        break;
                    }
                }
            }
        }
    }
    Err(ConnectError::new(target, failures))
}

fn fits(session: Session, wanted: SessionAttrs) -> Result<Session, Failure> {
    let Server { standby, read_only, version, .. } = session.server;
    let wrong = match wanted {
        SessionAttrs::Any | SessionAttrs::PreferStandby => None,
        SessionAttrs::ReadWrite => (standby || read_only).then_some("takes no writes"),
        SessionAttrs::ReadOnly => (!standby && !read_only).then_some("takes writes"),
        SessionAttrs::Primary => standby.then_some("is a standby"),
        SessionAttrs::Standby => (!standby).then_some("is no standby"),
    };
    match wrong {
        Some(wrong) => Err(Failure::of(&session.server.endpoint, format!("the server {wrong}"))),
        None if version < OLDEST => {
            let text = format!(
                "the server is PostgreSQL {}; 14 is the oldest that is supported",
                session.server.version_text
            );
            Err(Failure::of(&session.server.endpoint, text))
        }
        None => Ok(session),
    }
}

/// Connects to one server in each way that `sslmode` allows, until one works.
fn endpoint_session(settings: &Settings, endpoint: &Endpoint, tls: &Tls) -> Result<Session, Failure> {
    use pg::SslMode::{Disable, Prefer, Require};
    let first = match (&endpoint.host, settings.tls.mode) {
        // A socket does not leave the machine; libpq never uses TLS on one.
        (Host::Unix(_), _) | (_, SslMode::Disable | SslMode::Allow) => Disable,
        (_, SslMode::Prefer) => Prefer,
        (_, SslMode::Require | SslMode::VerifyCa | SslMode::VerifyFull) => Require,
    };
    let error = match attempt(settings, endpoint, first, tls) {
        Ok(session) => return Ok(session),
        Err(error) => error,
    };
    let tcp = matches!(endpoint.host, Host::Tcp { .. });
    let second = match settings.tls.mode {
        SslMode::Allow if tcp && error.wants_other_protection() => Require,
        SslMode::Prefer
            if tcp && error.used_tls && (error.wants_other_protection() || error.code.is_none()) =>
        {
            Disable
        }
        _ => return Err(error),
    };
    attempt(settings, endpoint, second, tls).map_err(|second| error.and_then(second))
}

/// Connects once. A server that takes the connection and then keeps silent is given up after
/// `connect_timeout`, which is why another thread does the waiting.
fn attempt(
    settings: &Settings,
    endpoint: &Endpoint,
    mode: pg::SslMode,
    tls: &Tls,
) -> Result<Session, Failure> {
    let config = config(settings, endpoint, mode);
    let (name, tls) = (endpoint.to_string(), tls.fresh());
    let Some(limit) = settings.connect_timeout else { return session(&config, name, tls) };
    let (sender, receiver) = mpsc::channel();
    let place = name.clone();
    // Nobody listens any more once the time is over.
    std::thread::spawn(move || drop(sender.send(session(&config, place, tls))));
    receiver.recv_timeout(limit + Duration::from_millis(50)).unwrap_or_else(|_| {
        Err(Failure::of(&name, format!("no answer within connect_timeout, {} s", limit.as_secs())))
    })
}

fn session(config: &Config, endpoint: String, tls: Tls) -> Result<Session, Failure> {
    let failed =
        |error: postgres::Error| Failure::new(&endpoint, &error, tls.was_used(), config.get_ssl_mode());
    let mut client = config.connect(tls.clone()).map_err(failed)?;
    let canceller = Canceller { token: client.cancel_token(), tls: tls.clone() };
    let messages = client.simple_query(PIN).map_err(failed)?;
    match server(&messages, tls.was_used(), &endpoint) {
        Some(server) => Ok(Session { client, server, canceller }),
        None => Err(Failure::of(&endpoint, "the server does not answer as PostgreSQL does".into())),
    }
}

fn server(messages: &[SimpleQueryMessage], tls: bool, endpoint: &str) -> Option<Server> {
    let row = messages
        .iter()
        .find_map(|it| if let SimpleQueryMessage::Row(row) = it { Some(row) } else { None })?;
    let text = |at| row.try_get(at).ok().flatten().map(str::to_owned);
    let truth = |at| text(at).map(|it| it == "t");
    Some(Server {
        version: text(0)?.parse().ok()?,
        version_text: text(1)?,
        user: text(2)?,
        database: text(3)?,
        search_path: text(4)?,
        time_zone: text(5)?,
        standby: truth(6)?,
        read_only: truth(7)?,
        superuser: truth(8)?,
        tls,
        endpoint: endpoint.to_owned(),
    })
}

fn config(settings: &Settings, endpoint: &Endpoint, mode: pg::SslMode) -> Config {
    let mut config = Config::new();
    match &endpoint.host {
        Host::Tcp { name, addr } => {
            config.host(name);
            addr.map(|it| config.hostaddr(it));
        }
        Host::Unix(folder) => drop(config.host_path(folder)),
    }
    config.port(endpoint.port).user(&settings.user).dbname(&settings.database);
    config.application_name(&settings.application_name).ssl_mode(mode);
    config.channel_binding(match settings.channel_binding {
        settings::ChannelBinding::Disable => pg::ChannelBinding::Disable,
        settings::ChannelBinding::Prefer => pg::ChannelBinding::Prefer,
        settings::ChannelBinding::Require => pg::ChannelBinding::Require,
    });
    if settings.tls.direct {
        config.ssl_negotiation(pg::SslNegotiation::Direct);
    }
    endpoint.password.as_ref().map(|it| config.password(it.reveal()));
    settings.options.as_ref().map(|it| config.options(it));
    settings.connect_timeout.map(|it| config.connect_timeout(it));
    keepalive(&settings.keepalive, &mut config);
    config
}

fn keepalive(keepalive: &settings::Keepalive, config: &mut Config) {
    let settings::Keepalive { on, idle, interval, count, user_timeout } = keepalive;
    config.keepalives(*on);
    idle.map(|it| config.keepalives_idle(it));
    interval.map(|it| config.keepalives_interval(it));
    count.map(|it| config.keepalives_retries(it));
    user_timeout.map(|it| config.tcp_user_timeout(it));
}
