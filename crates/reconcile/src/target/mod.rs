//! Which database is meant: the first source that names one wins whole.
//! It does not know how a connection is made, nor what happens where no source names one.

pub(crate) mod dsn;
pub(crate) mod environment;
pub(crate) mod params;
mod passfile;
pub(crate) mod secret;
mod service;
pub(crate) mod settings;
#[cfg(test)]
mod tests;

use crate::config::{Config, Database};
use crate::problem::Problem;
use environment::Environment;
use params::{PARAMS, Params};
use settings::{Host, Settings};
use std::fmt;
use std::ops::Range;

/// A database, and how to connect to it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Target {
    /// `user@host:port/database`.
    pub(crate) display: String,
    /// What named it: `--database-url`, `DATABASE_URL`, `reconcile.yaml` …
    pub(crate) source: String,
    /// How to connect.
    pub(crate) settings: Settings,
    /// What is odd about it, but no error.
    pub(crate) warnings: Vec<String>,
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.display, self.source)
    }
}

/// The variables that frameworks set in place of libpq's, and the parameters they stand for. Of two for
/// one parameter the first counts.
const POSTGRES_VARS: [(&str, &str); 6] = [
    ("POSTGRES_HOST", "host"),
    ("POSTGRES_PORT", "port"),
    ("POSTGRES_DATABASE", "dbname"),
    ("POSTGRES_DB", "dbname"),
    ("POSTGRES_USER", "user"),
    ("POSTGRES_PASSWORD", "password"),
];

/// The target, if any source names one: `--database-url`, then `DATABASE_URL`, then `reconcile.yaml`, then
/// libpq's variables, then `POSTGRES_…`, then a service.
pub(crate) fn find(
    argument: Option<&str>,
    config: &Config,
    env: &Environment,
) -> Result<Option<Target>, Problem> {
    if let Some(url) = argument {
        if url.trim().is_empty() {
            return Err(Problem::new("--database-url is empty"));
        }
        return target(dsn::read(url, "--database-url")?, "--database-url", env).map(Some);
    }
    if let Some(url) = env.var("DATABASE_URL") {
        return target(dsn::read(url, "DATABASE_URL")?, "DATABASE_URL", env).map(Some);
    }
    if let Some(database) = &config.database {
        return target(resolve(database, config, env)?, &config_name(config), env).map(Some);
    }
    if let Some((params, source)) = libpq_vars(env)?.map_or_else(|| postgres_vars(env), |it| Ok(Some(it)))? {
        return target(params, &source, env).map(Some);
    }
    match env.var("PGSERVICE") {
        Some(service) => {
            let mut params = Params::default();
            params.set("service", service, "PGSERVICE")?;
            target(params, &format!("PGSERVICE={service}"), env).map(Some)
        }
        None => Ok(None),
    }
}

/// The target of a URL that we made ourselves: it is whole, and the environment's variables are for others.
pub(crate) fn of_url(url: &str, source: &str, env: &Environment) -> Result<Target, Problem> {
    target(dsn::read(url, source)?, source, &env.without_variables())
}

/// Why no target was found, where something was set that was meant to name one.
pub(crate) fn hint(env: &Environment) -> String {
    let empty = ["DATABASE_URL", "PGHOST", "PGDATABASE", "POSTGRES_HOST", "PGSERVICE"]
        .into_iter()
        .find(|it| env.is_empty(it));
    let lonely = ["PGUSER", "PGPASSWORD", "POSTGRES_USER", "POSTGRES_PASSWORD"]
        .into_iter()
        .find(|it| env.var(it).is_some());
    match (empty, lonely) {
        (Some(name), _) => format!("{name} is set, but empty."),
        (None, Some(name)) => format!("{name} alone names no database: add a host or a database."),
        (None, None) => {
            "Name it by --database-url, DATABASE_URL, reconcile.yaml or PGHOST and PGDATABASE.".into()
        }
    }
}

fn config_name(config: &Config) -> String {
    config.file.as_ref().map_or_else(|| crate::config::FILE.to_owned(), |it| it.path.display().to_string())
}

/// Makes the parameters of one source a target. What only says how to get there (passwords, certificates,
/// time limits) is filled in from libpq's variables, as psql does; what says where is not.
fn target(mut params: Params, source: &str, env: &Environment) -> Result<Target, Problem> {
    if let Some(name) = params.get("service").map(str::to_owned) {
        let file = params.get("servicefile").map(str::to_owned);
        params.fill_from(service::read(&name, file.as_deref(), env)?);
    }
    for param in PARAMS.iter().filter(|it| !it.names_target && !it.env.is_empty()) {
        if let Some(value) = env.var(param.env) {
            params.fill(param.name, value);
        }
    }
    let (settings, warnings) = Settings::new(&params, source, env)?;
    Ok(Target { display: display(&settings), source: source.to_owned(), settings, warnings })
}

fn display(settings: &Settings) -> String {
    let hosts: Vec<_> = settings.endpoints.iter().map(|it| it.to_string()).collect();
    let text = format!("{}@{}/{}", settings.user, hosts.join(","), settings.database);
    text.chars().map(|c| if c.is_control() { '?' } else { c }).collect()
}

impl fmt::Display for settings::Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            Host::Tcp { name, .. } if name.contains(':') => write!(f, "[{name}]:{}", self.port),
            host => write!(f, "{host}:{}", self.port),
        }
    }
}

/// libpq's variables name a target when one of them says where: a role or a password alone does not.
fn libpq_vars(env: &Environment) -> Result<Option<(Params, String)>, Problem> {
    let naming: Vec<_> = ["PGHOST", "PGHOSTADDR", "PGPORT", "PGDATABASE"]
        .into_iter()
        .filter(|it| env.var(it).is_some())
        .collect();
    if naming.is_empty() {
        return Ok(None);
    }
    let mut params = Params::default();
    for param in PARAMS.iter().filter(|it| it.names_target && it.name != "service") {
        if let Some(value) = env.var(param.env) {
            params.set(param.name, value, param.env)?;
        }
    }
    Ok(Some((params, naming.join(", "))))
}

fn postgres_vars(env: &Environment) -> Result<Option<(Params, String)>, Problem> {
    let set: Vec<_> = POSTGRES_VARS.into_iter().filter(|(var, _)| env.var(var).is_some()).collect();
    let naming: Vec<_> =
        set.iter().filter(|(_, name)| !matches!(*name, "user" | "password")).map(|(var, _)| *var).collect();
    if naming.is_empty() {
        return Ok(None);
    }
    let mut params = Params::default();
    for (var, name) in set {
        params.fill(name, env.var(var).unwrap_or_default());
    }
    Ok(Some((params, naming.join(", "))))
}

/// The database of `reconcile.yaml`, with its placeholders put in.
fn resolve(database: &Database, config: &Config, env: &Environment) -> Result<Params, Problem> {
    let mut params = match &database.url {
        Some(url) => {
            let text = fill_in(&url.value, env).map_err(|it| config.problem(&url.span, it))?;
            dsn::read(&text, &url.value)?
        }
        None => Params::default(),
    };
    let nowhere: Range<usize> = 0..0;
    let filled = database.params.clone().map(|name, value| {
        let span = database.spans.get(name).unwrap_or(&nowhere);
        fill_in(&value, env).map_err(|it| config.problem(span, it))
    })?;
    params.fill_from(filled);
    Ok(params)
}

/// Puts the values of `${env:NAME}` and `${file:PATH}` in their places.
fn fill_in(text: &str, env: &Environment) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let (inside, after) = after.split_once('}').ok_or("a placeholder is not closed")?;
        out.push_str(before);
        match inside.split_once(':') {
            Some(("env", name)) => {
                out.push_str(env.var(name).ok_or_else(|| format!("the variable {name} is not set"))?)
            }
            Some(("file", path)) => {
                let text =
                    std::fs::read_to_string(path).map_err(|error| format!("cannot read {path}: {error}"))?;
                out.push_str(text.trim_end_matches(['\n', '\r']));
            }
            _ => return Err("a placeholder is ${env:NAME} or ${file:PATH}".into()),
        }
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}
