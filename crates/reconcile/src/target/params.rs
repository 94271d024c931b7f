//! The connection parameters of libpq, by name: which there are, which environment variable sets each,
//! and what becomes of those that we cannot honour.
//! It does not know where they come from, nor what their values mean.

use crate::problem::Problem;
use std::collections::BTreeMap;
use std::fmt;

/// What we do with a parameter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Support {
    /// It is honoured.
    Used,
    /// It cannot change what happens here: an optimisation, or a default we pin.
    Ignored,
    /// It asks for something we cannot do, unless it has one of these values.
    Refused(&'static [&'static str]),
}

/// A parameter of libpq.
#[derive(Debug)]
pub(crate) struct Param {
    /// Its name in a URL, a connection string, a service file and `reconcile.yaml`.
    pub(crate) name: &'static str,
    /// The variable that sets it, if there is one.
    pub(crate) env: &'static str,
    /// What we do with it.
    pub(crate) support: Support,
    /// It says which database, and not only how to get there: such values are never taken from two sources.
    pub(crate) names_target: bool,
}

const fn used(name: &'static str, env: &'static str) -> Param {
    Param { name, env, support: Support::Used, names_target: false }
}

const fn target(name: &'static str, env: &'static str) -> Param {
    Param { name, env, support: Support::Used, names_target: true }
}

const fn ignored(name: &'static str, env: &'static str) -> Param {
    Param { name, env, support: Support::Ignored, names_target: false }
}

const fn refused(name: &'static str, env: &'static str, unless: &'static [&'static str]) -> Param {
    Param { name, env, support: Support::Refused(unless), names_target: false }
}

/// Every parameter of libpq 18.
pub(crate) const PARAMS: &[Param] = &[
    target("host", "PGHOST"),
    target("hostaddr", "PGHOSTADDR"),
    target("port", "PGPORT"),
    target("dbname", "PGDATABASE"),
    target("user", "PGUSER"),
    target("service", "PGSERVICE"),
    used("servicefile", "PGSERVICEFILE"),
    used("password", "PGPASSWORD"),
    used("passfile", "PGPASSFILE"),
    used("application_name", "PGAPPNAME"),
    used("fallback_application_name", ""),
    used("connect_timeout", "PGCONNECT_TIMEOUT"),
    used("options", "PGOPTIONS"),
    used("target_session_attrs", "PGTARGETSESSIONATTRS"),
    used("load_balance_hosts", "PGLOADBALANCEHOSTS"),
    used("channel_binding", "PGCHANNELBINDING"),
    used("keepalives", ""),
    used("keepalives_idle", ""),
    used("keepalives_interval", ""),
    used("keepalives_count", ""),
    used("tcp_user_timeout", ""),
    used("sslmode", "PGSSLMODE"),
    used("sslnegotiation", "PGSSLNEGOTIATION"),
    used("sslrootcert", "PGSSLROOTCERT"),
    used("sslcert", "PGSSLCERT"),
    used("sslkey", "PGSSLKEY"),
    used("sslcertmode", "PGSSLCERTMODE"),
    used("sslcrl", "PGSSLCRL"),
    used("sslsni", "PGSSLSNI"),
    used("ssl_min_protocol_version", "PGSSLMINPROTOCOLVERSION"),
    used("ssl_max_protocol_version", "PGSSLMAXPROTOCOLVERSION"),
    ignored("client_encoding", "PGCLIENTENCODING"),
    ignored("sslcompression", "PGSSLCOMPRESSION"),
    ignored("krbsrvname", "PGKRBSRVNAME"),
    ignored("gsslib", "PGGSSLIB"),
    ignored("gssdelegation", "PGGSSDELEGATION"),
    ignored("min_protocol_version", "PGMINPROTOCOLVERSION"),
    ignored("max_protocol_version", "PGMAXPROTOCOLVERSION"),
    ignored("sslkeylogfile", ""),
    ignored("oauth_issuer", ""),
    ignored("oauth_client_id", ""),
    ignored("oauth_client_secret", ""),
    ignored("oauth_scope", ""),
    refused("sslpassword", "", &[""]),
    refused("sslcrldir", "PGSSLCRLDIR", &[""]),
    refused("gssencmode", "PGGSSENCMODE", &["", "disable", "prefer"]),
    refused("require_auth", "PGREQUIREAUTH", &[""]),
    refused("requirepeer", "PGREQUIREPEER", &[""]),
    refused("requiressl", "", &["0"]),
    refused("replication", "", &["", "false", "off", "no", "0"]),
    refused("scram_client_key", "", &[""]),
    refused("scram_server_key", "", &[""]),
];

/// The row of a parameter.
pub(crate) fn find(name: &str) -> Option<&'static Param> {
    PARAMS.iter().find(|it| it.name == name)
}

/// The closest name there is to one that there is not: another word for it, or the longest common start.
pub(crate) fn similar(name: &str) -> Option<&'static str> {
    let words = [
        ("database", "dbname"),
        ("db", "dbname"),
        ("username", "user"),
        ("hostname", "host"),
        ("pass", "password"),
    ];
    if let Some((_, known)) = words.iter().find(|(word, _)| *word == name) {
        return Some(known);
    }
    let common = |it: &str| it.bytes().zip(name.bytes()).take_while(|(a, b)| a == b).count();
    let near = PARAMS.iter().map(|it| (common(it.name), it.name)).filter(|(common, _)| *common >= 3);
    near.max_by_key(|(common, it)| (*common, usize::MAX - it.len().abs_diff(name.len()))).map(|(_, it)| it)
}

/// Values of connection parameters. What they hold is never shown whole: passwords are left out.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Params(BTreeMap<&'static str, String>);

impl Params {
    /// Sets a parameter; a name that libpq does not know is a problem that says where it stood.
    pub(crate) fn set(&mut self, name: &str, value: impl Into<String>, place: &str) -> Result<(), Problem> {
        match find(name) {
            Some(param) => {
                self.0.insert(param.name, value.into());
                Ok(())
            }
            None => {
                let problem = Problem::new(format!("{place}: there is no connection parameter \"{name}\""));
                Err(match similar(name) {
                    Some(near) => problem.help(format!("Did you mean {near}?")),
                    None => problem.help("The parameters are those of libpq, as psql takes them."),
                })
            }
        }
    }

    /// Sets a parameter that has no value yet.
    pub(crate) fn fill(&mut self, name: &'static str, value: impl Into<String>) {
        self.0.entry(name).or_insert_with(|| value.into());
    }

    /// Takes every parameter that has no value yet from `other`.
    pub(crate) fn fill_from(&mut self, other: Params) {
        other.0.into_iter().for_each(|(name, value)| self.fill(name, value));
    }

    /// The value of a parameter; an empty one counts as none, as in libpq.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|it| !it.is_empty())
    }

    /// All of them, in order of name.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0.iter().map(|(name, value)| (*name, value.as_str()))
    }

    /// The same parameters with other values.
    pub(crate) fn map(
        self,
        mut f: impl FnMut(&str, String) -> Result<String, Problem>,
    ) -> Result<Params, Problem> {
        self.0
            .into_iter()
            .map(|(name, value)| Ok((name, f(name, value)?)))
            .collect::<Result<_, _>>()
            .map(Params)
    }

    /// Refuses what we would otherwise disregard to the user's harm.
    pub(crate) fn refuse_unsupported(&self, source: &str) -> Result<(), Problem> {
        for param in PARAMS {
            let Support::Refused(unless) = param.support else { continue };
            if self.0.get(param.name).is_some_and(|it| !unless.contains(&it.as_str())) {
                let message = format!("{source}: the connection parameter {} is not supported", param.name);
                return Err(
                    Problem::new(message).help("Leave it out, or connect through something that honours it.")
                );
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Params {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let secret = |name: &str| {
            matches!(name, "password" | "sslpassword" | "oauth_client_secret" | "scram_client_key")
        };
        f.debug_map()
            .entries(self.iter().map(|(name, value)| (name, if secret(name) { "***" } else { value })))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_password() {
        let mut params = Params::default();
        params.set("password", "hunter2", "test").unwrap();
        params.set("user", "u", "test").unwrap();
        assert_eq!(format!("{params:?}"), r#"{"password": "***", "user": "u"}"#);
    }

    #[test]
    fn a_misspelt_name_is_not_taken() {
        let error = Params::default().set("sslmod", "require", "the URL").unwrap_err();
        assert_eq!(error.to_string(), "the URL: there is no connection parameter \"sslmod\"");
        assert_eq!(similar("sslmod"), Some("sslmode"));
        assert_eq!(similar("database"), Some("dbname"));
        assert_eq!(similar("pgbouncer"), None);
    }

    #[test]
    fn what_cannot_be_honoured_is_refused() {
        let mut params = Params::default();
        params.set("gssencmode", "prefer", "test").unwrap();
        assert!(params.refuse_unsupported("test").is_ok());
        params.set("gssencmode", "require", "test").unwrap();
        assert!(params.refuse_unsupported("test").is_err());
    }
}
