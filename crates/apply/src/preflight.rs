//! Finds, before the first step, the steps the role has no right to. Asks the server about rights only;
//! what it cannot tell in advance is left to the step itself.

use std::collections::{BTreeSet, HashSet};
use std::fmt;

use diff::Pair;
use model::{Facts, Kind, Name, Object, ObjectId, Path, QualName};
use plan::{Step, Verb};
use postgres::Client;

use crate::Error;

/// A right that a step needs and the role lacks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Missing {
    /// The step's number in the plan, from 1.
    pub number: usize,
    /// What the step is about.
    pub id: ObjectId,
    /// What is missing, as a clause: `it belongs to app, whose rights deploy does not have`.
    pub right: String,
}

/// What a step needs.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
enum Need {
    /// To act for the owner of an object.
    Owner(Name),
    /// CREATE on a namespace.
    CreateIn(Name),
    /// CREATE on the database.
    CreateInDatabase,
    /// CREATEROLE
    CreateRole,
    /// To be a superuser, for making something of this kind.
    Superuser(Kind),
    /// TRIGGER on a relation.
    Trigger(QualName),
    /// USAGE on a language.
    Language(Name),
    /// To install an extension.
    Extension(Name),
}

/// Every right that some step needs and the role lacks, in order of the steps.
///
/// # Errors
/// When the server does not answer.
pub fn preflight(
    client: &mut Client,
    steps: &[Step],
    pair: Pair<'_>,
    facts: &Facts,
) -> Result<Vec<Missing>, Error> {
    if facts.superuser {
        return Ok(Vec::new());
    }
    let mut made: HashSet<&ObjectId> = HashSet::new();
    let mut needs: Vec<(usize, Need)> = Vec::new();
    for (at, step) in steps.iter().enumerate() {
        needs.extend(of_step(step, pair, facts, &made).into_iter().map(|it| (at, it)));
        if step.verb == Verb::Create {
            made.extend(std::iter::once(&step.id).chain(&step.makes));
        }
    }
    let lacking = lacking(client, needs.iter().map(|(_, it)| it))?;
    let missing = needs.into_iter().filter(|(_, it)| lacking.contains(it)).map(|(at, need)| Missing {
        number: at + 1,
        id: steps[at].id.clone(),
        right: sentence(&need, facts),
    });
    Ok(missing.collect())
}

/// What a step needs, as far as it is not known to be there.
fn of_step(step: &Step, pair: Pair<'_>, facts: &Facts, made: &HashSet<&ObjectId>) -> Vec<Need> {
    let id = &step.id;
    let mut needs: Vec<Need> = match (step.verb, id.kind) {
        (_, Kind::Role | Kind::Membership | Kind::RoleSetting) => vec![Need::CreateRole],
        (_, Kind::DefaultPrivilege) => default_owner(id).into_iter().map(Need::Owner).collect(),
        (_, Kind::Grant) if may_grant_on(id, pair, facts) => Vec::new(),
        (Verb::Create, Kind::Trigger) => id.relation().cloned().map(Need::Trigger).into_iter().collect(),
        (Verb::Create, _) => to_create(id, pair, facts, made),
        (Verb::Drop | Verb::Alter | Verb::Rename, _) => owner(id, pair, facts, made),
    };
    match pair.desired.get(id) {
        Some(Object::Owner(it)) if step.verb != Verb::Drop => needs.push(Need::Owner(it.role.clone())),
        Some(Object::Function(it)) => needs.push(Need::Language(it.language.clone())),
        Some(Object::Procedure(it)) => needs.push(Need::Language(it.language.clone())),
        _ => (),
    }
    needs.retain(|it| !matches!(it, Need::Owner(owner) if facts.acts_for.contains(owner)));
    needs
}

/// A part needs the owner of its whole, and what stands by itself the place it stands in.
fn to_create(id: &ObjectId, pair: Pair<'_>, facts: &Facts, made: &HashSet<&ObjectId>) -> Vec<Need> {
    if id.target().is_some() || pair.desired.parent(id).is_some() {
        return owner(id, pair, facts, made);
    }
    match (&id.path, id.kind) {
        (Path::Root(_), Kind::Namespace | Kind::Publication) => vec![Need::CreateInDatabase],
        (_, Kind::TextSearchParser | Kind::TextSearchTemplate)
        | (Path::Root(_), Kind::EventTrigger | Kind::Wrapper) => {
            vec![Need::Superuser(id.kind)]
        }
        (Path::Root(name), Kind::Extension) => vec![Need::Extension(name.clone())],
        (Path::In(_) | Path::Routine(..), _) => {
            let namespace = id.namespace().filter(|it| !made.contains(&Kind::Namespace.root(it)));
            namespace.cloned().map(Need::CreateIn).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

/// The owner of an object, or of the nearest whole it is a part of; nobody where the plan makes it.
fn owner(id: &ObjectId, pair: Pair<'_>, facts: &Facts, made: &HashSet<&ObjectId>) -> Vec<Need> {
    let mut at = Some(id.clone());
    while let Some(it) = at {
        if made.contains(&it) {
            return Vec::new();
        }
        if let Some(owner) = facts.owners.get(&it) {
            return vec![Need::Owner(owner.clone())];
        }
        at = pair.actual.parent(&it).or_else(|| pair.desired.parent(&it)).or_else(|| it.target().cloned());
    }
    Vec::new()
}

/// Whether the role holds some right on the object with the option to grant it on.
fn may_grant_on(id: &ObjectId, pair: Pair<'_>, facts: &Facts) -> bool {
    let Some(target) = id.target() else { return false };
    facts.acts_for.iter().any(|role| match pair.actual.get(&id.kind.to(target, role)) {
        Some(Object::Grant(it)) => it.privileges.values().any(|grantable| *grantable),
        _ => false,
    })
}

/// Whose new objects a default privilege is about.
fn default_owner(id: &ObjectId) -> Option<Name> {
    match &id.path {
        Path::Keys(keys) => keys.first().cloned(),
        _ => None,
    }
}

/// Of these needs, those the server says are not met.
fn lacking<'a>(client: &mut Client, needs: impl Iterator<Item = &'a Need>) -> Result<HashSet<Need>, Error> {
    let failed = |it| Error::control("asking for the role's rights", it);
    let needs: BTreeSet<&Need> = needs.collect();
    let mut lacking = HashSet::new();
    for need in needs {
        let has = match need {
            Need::Owner(_) | Need::Superuser(_) => Ok(false),
            Need::CreateIn(name) => ask(client, CREATE_IN, &[&name.as_str()]),
            Need::CreateInDatabase => ask(client, CREATE_IN_DATABASE, &[]),
            Need::CreateRole => ask(client, CREATE_ROLE, &[]),
            Need::Trigger(it) => ask(client, TRIGGER, &[&it.namespace.as_str(), &it.name.as_str()]),
            Need::Language(name) => ask(client, LANGUAGE, &[&name.as_str()]),
            Need::Extension(name) => ask(client, EXTENSION, &[&name.as_str()]),
        };
        if !has.map_err(failed)? {
            lacking.insert(need.clone());
        }
    }
    Ok(lacking)
}

const CREATE_IN: &str = "SELECT pg_catalog.has_schema_privilege(oid, 'CREATE') \
    FROM pg_catalog.pg_namespace WHERE nspname = $1";
const CREATE_IN_DATABASE: &str =
    "SELECT pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE')";
const CREATE_ROLE: &str = "SELECT rolcreaterole FROM pg_catalog.pg_roles WHERE rolname = current_user";
const TRIGGER: &str = "SELECT pg_catalog.has_table_privilege(c.oid, 'TRIGGER') FROM pg_catalog.pg_class c \
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = $2";
const LANGUAGE: &str = "SELECT pg_catalog.has_language_privilege(oid, 'USAGE') \
    FROM pg_catalog.pg_language WHERE lanname = $1";
const EXTENSION: &str = "SELECT NOT v.superuser \
        OR v.trusted AND pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE') \
    FROM pg_catalog.pg_available_extensions e \
    JOIN pg_catalog.pg_available_extension_versions v ON v.name = e.name AND v.version = e.default_version \
    WHERE e.name = $1";

/// What is not there yet, or not to be seen, is no reason to refuse.
fn ask(
    client: &mut Client,
    sql: &str,
    keys: &[&(dyn postgres::types::ToSql + Sync)],
) -> Result<bool, postgres::Error> {
    client.query_opt(sql, keys)?.map_or(Ok(true), |it| it.try_get(0))
}

fn sentence(need: &Need, facts: &Facts) -> String {
    let role = &facts.reader;
    match need {
        Need::Owner(owner) => format!("it takes the rights of the owner {owner}, which {role} does not have"),
        Need::CreateIn(name) => format!("{role} has no CREATE on schema {name}"),
        Need::CreateInDatabase => format!("{role} has no CREATE on the database"),
        Need::CreateRole => format!("{role} has no CREATEROLE"),
        Need::Superuser(kind) => format!("making one of kind {} takes a superuser", kind.meta().noun),
        Need::Trigger(name) => format!("{role} has no TRIGGER on {name}"),
        Need::Language(name) => format!("{role} has no USAGE on language {name}"),
        Need::Extension(name) => {
            format!("{role} may not install the extension {name}: that takes a superuser")
        }
    }
}

/// For people: `step 3 (table public.users): …`.
impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "step {} ({}): {}", self.number, self.id, self.right)
    }
}
