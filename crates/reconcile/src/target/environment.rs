//! What the process was given besides its arguments: variables, a home folder, a user's name.
//! It does not know what any of them is for.

use std::collections::BTreeMap;
use std::path::PathBuf;

/// The surroundings of the process, as a value, so that tests can have others.
#[derive(Clone, Default)]
pub(crate) struct Environment {
    vars: BTreeMap<String, String>,
    /// Where `~/.pgpass`, `~/.pg_service.conf` and `~/.postgresql` are.
    pub(crate) home: Option<PathBuf>,
    /// The operating system's name of the user: the role, where nothing names one.
    pub(crate) user: Option<String>,
}

impl Environment {
    /// The process's own.
    pub(crate) fn of_process() -> Environment {
        let vars = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        Environment { vars: vars.collect(), home: std::env::home_dir(), user: whoami::username().ok() }
    }

    /// The same user at home, with no variable set.
    pub(crate) fn without_variables(&self) -> Environment {
        Environment { vars: BTreeMap::new(), home: self.home.clone(), user: self.user.clone() }
    }

    /// A variable's value; an empty one counts as not set, as in libpq.
    pub(crate) fn var(&self, name: &str) -> Option<&str> {
        self.vars.get(name).map(String::as_str).filter(|it| !it.is_empty())
    }

    /// Whether a variable is set, but to nothing: worth a hint where it was to name a target.
    pub(crate) fn is_empty(&self, name: &str) -> bool {
        self.vars.get(name).is_some_and(String::is_empty)
    }

    /// Whether the process runs unattended, as every common CI service tells by `CI`.
    pub(crate) fn is_ci(&self) -> bool {
        self.var("CI").is_some_and(|it| !matches!(it, "false" | "0"))
    }

    /// A file below the home folder.
    pub(crate) fn at_home(&self, path: &str) -> Option<PathBuf> {
        self.home.as_ref().map(|it| it.join(path))
    }

    #[cfg(test)]
    pub(crate) fn of(vars: &[(&str, &str)]) -> Environment {
        let vars = vars.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Environment { vars, home: None, user: Some("me".into()) }
    }
}
