//! Who may do what: grants, default privileges, owners.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::kind::Facets;
use crate::{Kind, Name, ObjectId, Schema};

/// A right, as `aclexplode` names it (PostgreSQL manual, 5.8 "Privileges").
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[expect(missing_docs, reason = "the names are PostgreSQL's own")]
pub enum Privilege {
    Select,
    Insert,
    Update,
    Delete,
    Truncate,
    References,
    Trigger,
    Maintain,
    Usage,
    Create,
    Connect,
    Temporary,
    Execute,
    Set,
    AlterSystem,
}

/// Rights held, and whether each may be granted on.
pub type Privileges = BTreeMap<Privilege, bool>;

/// What one role may do with one object: `Kind::Grant.to(target, role)`; PUBLIC is the role `public`.
///
/// Exists only where it differs from what the server gives by itself ([`Privilege::implied`] to
/// PUBLIC, everything to the owner), and then holds the whole set, which may be empty.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Grant {
    /// What is held.
    pub privileges: Privileges,
}

/// What a role's new objects are granted by themselves (`pg_default_acl`):
/// `Kind::DefaultPrivilege.keys([owner, namespace or "", kind of object, grantee])`, where the kind is
/// one of `TABLES`, `SEQUENCES`, `FUNCTIONS`, `TYPES`, `SCHEMAS`, `LARGE OBJECTS`.
///
/// Likewise exists only where it differs from the built-in default.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct DefaultPrivilege {
    /// What will be held.
    pub privileges: Privileges,
}

/// Who owns an object: `Kind::Owner.on(target)`. In a file only where it says so.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Owner {
    /// `pg_class.relowner` and its like.
    pub role: Name,
}

impl Privilege {
    /// Every right, in order.
    pub const ALL: &[Privilege] = &[
        Privilege::Select,
        Privilege::Insert,
        Privilege::Update,
        Privilege::Delete,
        Privilege::Truncate,
        Privilege::References,
        Privilege::Trigger,
        Privilege::Maintain,
        Privilege::Usage,
        Privilege::Create,
        Privilege::Connect,
        Privilege::Temporary,
        Privilege::Execute,
        Privilege::Set,
        Privilege::AlterSystem,
    ];

    /// The word in GRANT and in `aclexplode().privilege_type`.
    pub fn word(self) -> &'static str {
        match self {
            Privilege::Select => "SELECT",
            Privilege::Insert => "INSERT",
            Privilege::Update => "UPDATE",
            Privilege::Delete => "DELETE",
            Privilege::Truncate => "TRUNCATE",
            Privilege::References => "REFERENCES",
            Privilege::Trigger => "TRIGGER",
            Privilege::Maintain => "MAINTAIN",
            Privilege::Usage => "USAGE",
            Privilege::Create => "CREATE",
            Privilege::Connect => "CONNECT",
            Privilege::Temporary => "TEMPORARY",
            Privilege::Execute => "EXECUTE",
            Privilege::Set => "SET",
            Privilege::AlterSystem => "ALTER SYSTEM",
        }
    }

    /// The right of that word, in any case.
    pub fn parse(word: &str) -> Option<Privilege> {
        let word = if word.eq_ignore_ascii_case("TEMP") { "TEMPORARY" } else { word };
        Privilege::ALL.iter().copied().find(|it| it.word().eq_ignore_ascii_case(word))
    }

    /// What ALL PRIVILEGES means on an object of a kind, which is also what its owner holds
    /// (manual, table 5.2). `Maintain` exists from 17 on.
    pub fn all_of(kind: Kind, major: u32) -> Vec<Privilege> {
        use Privilege::{
            Create, Delete, Execute, Insert, Maintain, References, Select, Trigger, Truncate, Update, Usage,
        };
        match kind {
            Kind::Table | Kind::View | Kind::MaterializedView => {
                let mut all = vec![Select, Insert, Update, Delete, Truncate, References, Trigger];
                if major >= 17 {
                    all.push(Maintain);
                }
                all
            }
            Kind::Column => vec![Select, Insert, Update, References],
            Kind::Sequence => vec![Select, Update, Usage],
            Kind::Function | Kind::Procedure | Kind::Aggregate => vec![Execute],
            Kind::Namespace => vec![Usage, Create],
            Kind::Language => vec![Usage],
            Kind::Wrapper | Kind::Server => vec![Usage],
            Kind::Enum | Kind::Domain | Kind::Composite | Kind::Range => vec![Usage],
            _ => Vec::new(),
        }
    }

    /// What a role holds on an object of that owner without being told (manual, 5.8): the owner everything, PUBLIC
    /// what is implied. On a column nobody holds anything of its own.
    pub fn built_in(target: &ObjectId, role: &Name, owner: &Name, major: u32) -> Privileges {
        match role.as_str() {
            _ if target.kind == Kind::Column => Privileges::new(),
            "public" => Privilege::without_option(&Privilege::implied_on(target, major)),
            _ if role == owner => Privilege::without_option(&Privilege::all_of(target.kind, major)),
            _ => Privileges::new(),
        }
    }

    /// What is held by one grant or the other.
    pub fn merged(mut one: Privileges, other: Privileges) -> Privileges {
        for (privilege, option) in other {
            *one.entry(privilege).or_default() |= option;
        }
        one
    }

    /// Rights that may not be passed on.
    pub fn without_option(privileges: &[Privilege]) -> Privileges {
        privileges.iter().map(|it| (*it, false)).collect()
    }

    /// What PUBLIC holds on a new object of a kind without being told (manual, table 5.2).
    pub fn implied(kind: Kind) -> &'static [Privilege] {
        match kind {
            Kind::Function | Kind::Procedure | Kind::Aggregate => &[Privilege::Execute],
            Kind::Enum | Kind::Domain | Kind::Composite | Kind::Range | Kind::Language => &[Privilege::Usage],
            _ => &[],
        }
    }

    /// What PUBLIC holds on one object without being told: as on any of its kind, but initdb lets PUBLIC
    /// use the namespace `public`, and before 15 also create in it.
    pub fn implied_on(target: &ObjectId, major: u32) -> Vec<Privilege> {
        match target.kind {
            Kind::Namespace if target.name().as_str() == "public" => {
                let create = (major < 15).then_some(Privilege::Create);
                [Privilege::Usage].into_iter().chain(create).collect()
            }
            kind => Privilege::implied(kind).to_vec(),
        }
    }
}

impl Facets for Grant {
    fn uses(&self, id: &ObjectId, schema: &Schema) -> Vec<ObjectId> {
        let owner = id.target().map(|it| Kind::Owner.on(it)).filter(|it| schema.contains(it));
        let role = id.grantee().map(|it| Kind::Role.root(it));
        id.target().cloned().into_iter().chain(owner).chain(role).collect()
    }

    fn parent(&self, id: &ObjectId) -> Option<ObjectId> {
        id.target().cloned()
    }
}

impl Facets for DefaultPrivilege {
    fn uses(&self, id: &ObjectId, _: &Schema) -> Vec<ObjectId> {
        let crate::Path::Keys(keys) = &id.path else { return Vec::new() };
        let [owner, namespace, _, grantee] = &keys[..] else { return Vec::new() };
        let namespace = (!namespace.as_str().is_empty()).then(|| Kind::Namespace.root(namespace));
        [Kind::Role.root(owner), Kind::Role.root(grantee)].into_iter().chain(namespace).collect()
    }
}

impl Facets for Owner {
    fn uses(&self, id: &ObjectId, _: &Schema) -> Vec<ObjectId> {
        id.target().cloned().into_iter().chain([Kind::Role.root(&self.role)]).collect()
    }

    fn parent(&self, id: &ObjectId) -> Option<ObjectId> {
        id.target().cloned()
    }
}
