//! What the user lets a plan do. Knows hazards by name and objects by glob, no statement.

use std::fmt;
use std::str::FromStr;

use model::{ObjectId, Path};

use crate::Hazard;

/// How a plan is to be made.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Hazards that are taken.
    pub allow: Vec<Allow>,
    /// All of them.
    pub allow_destructive: bool,
    /// Only what adds; the rest is pending.
    pub additive: bool,
    /// What the server grants by itself on a new object stays, where the file grants nothing on it.
    pub keep_default_grants: bool,
    /// `lock_timeout` of every step that locks a relation, in milliseconds.
    pub lock_timeout: Option<u64>,
}

/// Leave to take one hazard: `drop-column` or `drop-column:public.users.*`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Allow {
    /// Which hazard.
    pub hazard: Hazard,
    /// On which objects; `None` is on all. `*` is anything, `?` is one character.
    pub objects: Option<String>,
}

/// A hazard that is not in the table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UnknownHazard(pub String);

impl fmt::Display for UnknownHazard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is no hazard \"{}\"; `reconcile hazards` lists them", self.0)
    }
}

impl std::error::Error for UnknownHazard {}

impl FromStr for Allow {
    type Err = UnknownHazard;

    fn from_str(text: &str) -> Result<Allow, UnknownHazard> {
        let (name, objects) = match text.split_once(':') {
            Some((name, objects)) => (name, Some(objects.trim().to_string())),
            None => (text, None),
        };
        let hazard = Hazard::named(name.trim()).ok_or_else(|| UnknownHazard(name.trim().to_string()))?;
        Ok(Allow { hazard, objects })
    }
}

impl fmt::Display for Allow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.objects {
            Some(objects) => write!(f, "{}:{objects}", self.hazard.name()),
            None => f.write_str(self.hazard.name()),
        }
    }
}

impl Allow {
    /// Leave for one hazard on one object.
    pub fn on(hazard: Hazard, id: &ObjectId) -> Allow {
        Allow { hazard, objects: Some(object_name(id)) }
    }

    fn covers(&self, hazard: Hazard, id: &ObjectId) -> bool {
        let objects = self.objects.as_ref();
        self.hazard == hazard && objects.is_none_or(|it| diff::glob(it, &object_name(id)))
    }
}

impl Options {
    /// Whether a hazard may be taken on an object.
    pub fn allows(&self, hazard: Hazard, id: &ObjectId) -> bool {
        let all = self.allow_destructive && hazard != Hazard::RebuildUnmanaged;
        !hazard.needs_leave() || all || self.allow.iter().any(|it| it.covers(hazard, id))
    }
}

/// An object's name as `--allow` has it: `public.users.email`, `public.f(integer)`, unquoted.
pub fn object_name(id: &ObjectId) -> String {
    match &id.path {
        Path::Root(name) => name.as_str().to_string(),
        Path::In(it) => format!("{}.{}", it.namespace.as_str(), it.name.as_str()),
        Path::Routine(it, types) => format!("{}.{}({types})", it.namespace.as_str(), it.name.as_str()),
        Path::Of(it, name) => format!("{}.{}.{}", it.namespace.as_str(), it.name.as_str(), name.as_str()),
        Path::On(target) | Path::To(target, _) => object_name(target),
        Path::Keys(keys) => keys.iter().map(|it| it.as_str()).collect::<Vec<_>>().join("."),
    }
}

#[cfg(test)]
mod tests {
    use model::{Kind, Name, QualName};

    use super::*;

    #[test]
    fn leave_is_by_hazard_and_glob() {
        let column = Kind::Column.of(&QualName::new("public", "users"), &Name::from("old"));
        let allows = |text: &str| {
            let allow = text.parse::<Allow>().map(|it| vec![it]).unwrap_or_default();
            Options { allow, ..Options::default() }.allows(Hazard::DropColumn, &column)
        };
        assert!(allows("drop-column"));
        assert!(allows("drop-column:public.users.old"));
        assert!(allows("drop-column:public.users.*"));
        assert!(!allows("drop-column:public.orders.*"));
        assert!(!allows("drop-table"));
        assert!("drop-everything".parse::<Allow>().is_err());
        assert_eq!(Allow::on(Hazard::DropColumn, &column).to_string(), "drop-column:public.users.old");
    }
}
