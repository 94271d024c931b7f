//! What every command is given.
//! It does not know what any command does with it.

use crate::args::{Global, Leave};
use crate::config::Config;
use crate::connect::{self, Session};
use crate::problem::Problem;
use crate::scope;
use crate::style::Style;
use crate::target::environment::Environment;
use crate::target::{self, Target};
use miette::IntoDiagnostic;
use std::path::{Path, PathBuf};

/// The files that are the master schema where nothing names another.
const SCHEMA_FILES: [&str; 2] = ["schema/master_schema.sql", "master_schema.sql"];

/// The database of the embedded servers.
pub(crate) const LOCAL_DATABASE: &str = "reconcile";

/// What every command is given: arguments that every command takes, the configuration, how to speak.
pub(crate) struct Context {
    /// The options of every command.
    pub(crate) args: Global,
    /// `reconcile.yaml`.
    pub(crate) config: Config,
    /// How to speak.
    pub(crate) style: Style,
    /// The process's surroundings.
    pub(crate) env: Environment,
}

/// What a command does where no source names a target.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Untargeted {
    /// Take a throw-away server, and say so.
    Throwaway,
    /// Take a throw-away server if the user agrees at a terminal.
    Ask,
    /// Refuse: success against nothing would be a lie.
    Refuse,
}

/// The database a command works on, by who keeps it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Place {
    /// One that some source names.
    Named(Box<Target>),
    /// The server kept under `.reconcile/`.
    Local,
    /// A throw-away server.
    Throwaway,
    /// The same, if the user agrees.
    ThrowawayIfAgreed,
}

impl Context {
    /// Reads the configuration and checks what the arguments and it say together.
    pub(crate) fn new(args: Global, style: Style) -> Result<Context, Problem> {
        if let Some((one, other)) = args.conflict() {
            return Err(Problem::new(format!("{one} and {other} exclude each other")));
        }
        let config = Config::load(args.config.as_deref())?;
        if config.additive && args.allow_destructive {
            return Err(Problem::new(
                "--allow-destructive and `additive: true` of the configuration exclude each other",
            ));
        }
        config.check_kinds(|it| scope::noun(it).is_some())?;
        Ok(Context { args, config, style, env: Environment::of_process() })
    }

    /// The files and folders that are the master schema.
    pub(crate) fn schema(&self) -> Result<Vec<PathBuf>, Problem> {
        if !self.args.schema.is_empty() {
            return Ok(self.args.schema.clone());
        }
        if !self.config.schema.is_empty() {
            return Ok(self.config.schema.clone());
        }
        match SCHEMA_FILES.into_iter().map(Path::new).find(|it| it.exists()) {
            Some(file) => Ok(vec![file.to_owned()]),
            None => Err(Problem::new(format!(
                "there is no schema: neither {} nor {} is here",
                SCHEMA_FILES[0], SCHEMA_FILES[1]
            ))
            .help("Name it by --schema, or by `schema` in reconcile.yaml.")),
        }
    }

    /// Whether every namespace is managed, by the arguments or the configuration.
    pub(crate) fn all_namespaces(&self) -> bool {
        self.args.all_namespaces || self.config.all_namespaces
    }

    /// Whether only additions are planned, by the arguments or the configuration.
    pub(crate) fn additive(&self) -> bool {
        self.args.additive || self.config.additive
    }

    /// Leave for hazards, by the configuration and the arguments.
    pub(crate) fn leaves(&self) -> Vec<&Leave> {
        self.config.allow.iter().map(|it| &it.value).chain(&self.args.allow).collect()
    }

    /// The psql variables of the schema; of two with one name the last counts.
    pub(crate) fn variables(&self) -> Vec<(&str, &str)> {
        let all = self.config.set.iter().chain(&self.args.variables);
        all.map(|it| (it.name.as_str(), it.value.as_str())).collect()
    }

    /// The database to work on.
    pub(crate) fn place(&self, untargeted: Untargeted) -> Result<Place, Problem> {
        if self.args.local {
            return Ok(Place::Local);
        }
        if let Some(target) = target::find(self.args.database_url.as_deref(), &self.config, &self.env)? {
            return Ok(Place::Named(Box::new(target)));
        }
        let refusal = || {
            Problem::new("no database is named")
                .help(target::hint(&self.env) + " --local takes the embedded server.")
        };
        match untargeted {
            Untargeted::Throwaway => Ok(Place::Throwaway),
            Untargeted::Ask if !self.env.is_ci() && self.style.can_ask() => Ok(Place::ThrowawayIfAgreed),
            Untargeted::Ask | Untargeted::Refuse => Err(refusal()),
        }
    }

    /// Says which target it is, and connects.
    pub(crate) fn connect(&self, target: &Target) -> miette::Result<Session> {
        self.style.note(&format!("target: {target}"));
        target.warnings.iter().for_each(|it| self.style.warn(it));
        let session = connect::open(target)?;
        let told = &session.server;
        let tls = if told.tls { "with TLS" } else { "without TLS" };
        self.style.detail(&format!(
            "PostgreSQL {} at {}, {tls}, as {}",
            told.version_text, told.endpoint, told.user
        ));
        Ok(session)
    }
}

/// The kept server of this folder, running, with its database.
pub(crate) fn local_server() -> miette::Result<scratch::local::Local> {
    let local = scratch::local::start(&project().into_diagnostic()?, None).into_diagnostic()?;
    local.ensure_database(LOCAL_DATABASE).into_diagnostic()?;
    Ok(local)
}

/// The folder whose `.reconcile/` holds the kept server.
pub(crate) fn project() -> std::io::Result<PathBuf> {
    std::env::current_dir()
}
