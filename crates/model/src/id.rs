//! Identity: who an object is. Knows no object, only how each is addressed.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use crate::{Kind, Name, QualName};

/// Who an object is: the same for both sides of a diff, in every database, on every run.
///
/// Identity is by name, never by oid. Everything that can be created, altered or dropped by a
/// statement of its own has one.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize)]
pub struct ObjectId {
    /// What kind of object.
    pub kind: Kind,
    /// Where it is.
    pub path: Path,
}

/// The shapes an address can have.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize)]
pub enum Path {
    /// `public`
    Root(Name),
    /// `public.users`
    In(QualName),
    /// `public.f` and its input types, as `pg_get_function_identity_arguments` would list them without
    /// names and modes, each type qualified unless it is of pg_catalog: `integer, public.mood`. Operators are
    /// addressed so too, and operator families and classes by their access method.
    Routine(QualName, Arc<str>),
    /// `users_pkey` of `public.users`
    Of(QualName, Name),
    /// A fact about another object, such as its comment.
    On(Arc<ObjectId>),
    /// A fact between another object and a role, such as a grant, or a provider of labels.
    To(Arc<ObjectId>, Name),
    /// What several names address together, such as a default privilege.
    Keys(Arc<[Name]>),
}

impl Kind {
    /// `kind name`
    pub fn root(self, name: &Name) -> ObjectId {
        ObjectId { kind: self, path: Path::Root(name.clone()) }
    }

    /// `kind namespace.name`
    pub fn named(self, name: &QualName) -> ObjectId {
        ObjectId { kind: self, path: Path::In(name.clone()) }
    }

    /// `kind namespace.name(types)`
    pub fn routine(self, name: &QualName, types: impl Into<Arc<str>>) -> ObjectId {
        ObjectId { kind: self, path: Path::Routine(name.clone(), types.into()) }
    }

    /// `kind name` of a relation (or of a domain)
    pub fn of(self, relation: &QualName, name: &Name) -> ObjectId {
        ObjectId { kind: self, path: Path::Of(relation.clone(), name.clone()) }
    }

    /// `kind` between an object and a role
    pub fn to(self, target: &ObjectId, role: &Name) -> ObjectId {
        ObjectId { kind: self, path: Path::To(Arc::new(target.clone()), role.clone()) }
    }

    /// `kind` about an object
    pub fn on(self, target: &ObjectId) -> ObjectId {
        ObjectId { kind: self, path: Path::On(Arc::new(target.clone())) }
    }

    /// `kind` addressed by several names
    pub fn keys(self, keys: impl Into<Arc<[Name]>>) -> ObjectId {
        ObjectId { kind: self, path: Path::Keys(keys.into()) }
    }
}

impl ObjectId {
    /// The object's own bare name; for a fact about another object, that one's.
    pub fn name(&self) -> &Name {
        match &self.path {
            Path::Root(name) | Path::Of(_, name) => name,
            Path::In(qual) | Path::Routine(qual, _) => &qual.name,
            Path::On(target) | Path::To(target, _) => target.name(),
            Path::Keys(keys) => &keys[keys.len() - 1],
        }
    }

    /// The relation a column, constraint or policy belongs to.
    pub fn relation(&self) -> Option<&QualName> {
        match &self.path {
            Path::Of(relation, _) => Some(relation),
            _ => None,
        }
    }

    /// The name inside a namespace, for what lives directly in one.
    pub fn qual_name(&self) -> Option<&QualName> {
        match &self.path {
            Path::In(name) | Path::Routine(name, _) => Some(name),
            _ => None,
        }
    }

    /// The object a comment, grant or owner is about.
    pub fn target(&self) -> Option<&ObjectId> {
        match &self.path {
            Path::On(target) | Path::To(target, _) => Some(target),
            _ => None,
        }
    }

    /// The same comment, grant or owner, about another object.
    #[must_use]
    pub fn about(&self, target: &ObjectId) -> ObjectId {
        match &self.path {
            Path::To(_, role) => self.kind.to(target, role),
            _ => self.kind.on(target),
        }
    }

    /// The role a grant is to.
    pub fn grantee(&self) -> Option<&Name> {
        match &self.path {
            Path::To(_, role) => Some(role),
            _ => None,
        }
    }

    /// The namespace the object stands in, if it stands in one; a namespace stands in itself.
    pub fn namespace(&self) -> Option<&Name> {
        match &self.path {
            Path::Root(name) => (self.kind == Kind::Namespace).then_some(name),
            Path::In(qual) | Path::Routine(qual, _) | Path::Of(qual, _) => Some(&qual.namespace),
            Path::On(target) | Path::To(target, _) => target.namespace(),
            Path::Keys(_) => None,
        }
    }

    /// How DDL addresses the object after its kind's word: `p ON public.t`, `public.t.c`, `public.t`.
    pub fn address(&self) -> String {
        match &self.path {
            Path::Root(name) => name.to_string(),
            Path::In(qual) => qual.to_string(),
            Path::Routine(qual, types) if self.kind == Kind::Aggregate && types.is_empty() => {
                format!("{qual}(*)")
            }
            Path::Routine(qual, types) if self.kind == Kind::Operator => {
                format!("{} ({types})", crate::operator::symbol(qual))
            }
            Path::Routine(qual, method)
                if matches!(self.kind, Kind::OperatorFamily | Kind::OperatorClass) =>
            {
                format!("{qual} USING {}", Name::from(&**method))
            }
            Path::Routine(qual, types) => format!("{qual}({types})"),
            Path::Of(relation, name) => match self.kind.meta().address {
                "DOMAIN" => format!("{name} ON DOMAIN {relation}"),
                "." => format!("{relation}.{name}"),
                _ => format!("{name} ON {relation}"),
            },
            Path::On(target) | Path::To(target, _) => {
                format!("{} {}", target.kind.meta().sql, target.address())
            }
            Path::Keys(keys) if self.kind == Kind::Cast => {
                format!("({})", keys.iter().map(Name::as_str).collect::<Vec<_>>().join(" AS "))
            }
            Path::Keys(keys) if self.kind.meta().address == "IN" && keys.len() > 1 => {
                let own = keys[1..].iter().map(Name::to_string).collect::<Vec<_>>();
                format!("{} in {}", own.join("."), keys[0])
            }
            Path::Keys(keys) => keys.iter().map(Name::to_string).collect::<Vec<_>>().join(" "),
        }
    }
}

impl ObjectId {
    /// The object as messages name it: a name can neither fake a line nor move the cursor.
    pub fn shown(&self) -> String {
        let visible = |it: char| if it.is_control() { char::REPLACEMENT_CHARACTER } else { it };
        self.to_string().chars().map(visible).collect()
    }
}

/// For people: `column public.users.email`, `grant to app on table public.users`.
impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let noun = self.kind.meta().noun;
        match &self.path {
            Path::On(target) => write!(f, "{noun} on {target}"),
            Path::To(target, provider) if self.kind == Kind::SecurityLabel => {
                write!(f, "{noun} for {provider} on {target}")
            }
            Path::To(target, role) => write!(f, "{noun} to {role} on {target}"),
            _ => write!(f, "{noun} {}", self.address()),
        }
    }
}
