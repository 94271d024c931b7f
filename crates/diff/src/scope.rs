//! What of a database is ours to change (contract: "Scope").
//!
//! Whatever is live, undeclared and not ours is put into the desired schema as it is, so that no later
//! stage can take it for drift, and is named in the account.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use model::{Facts, Grant, Kind, Name, Object, ObjectId, Path, Privilege, Privileges, Schema};

use crate::runtime;

/// Whose word counts where the file is silent.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// Every namespace but the system's and the extensions' is ours, grants included.
    pub all_namespaces: bool,
    /// Rules of `reconcile.yaml`, in order; the last that matches wins.
    pub rules: Vec<ScopeRule>,
    /// Kinds (by their noun) whose undeclared objects are kept; `*` is every kind.
    pub keep: BTreeSet<String>,
    /// The grants of every managed object are wholly the file's.
    pub grants: bool,
    /// Undeclared partitions and children of declared tables are drift too; otherwise they are kept.
    pub drop_partitions: bool,
    /// Attributes, memberships and settings of the roles that the file declares count.
    pub roles: bool,
}

/// One `ignore:` or `manage:` rule. A glob has `*` for anything and `?` for one character.
#[derive(Clone, Debug)]
pub struct ScopeRule {
    /// Leave what matches alone; otherwise it is ours again.
    pub ignore: bool,
    /// The kind's noun, as a glob.
    pub kind: String,
    /// The namespace, as a glob.
    pub namespace: String,
    /// The object's own name, as a glob.
    pub name: String,
}

/// What the file states about scope, beside the objects it declares.
#[derive(Clone, Copy, Debug)]
pub struct Stated<'a> {
    /// Namespaces in which the file declares an object, or which it creates.
    pub namespaces: &'a BTreeSet<Name>,
    /// Objects on which the file grants or revokes.
    pub granted: &'a HashSet<ObjectId>,
    /// What roles hold on objects if another role owns them than the reader took for the owner.
    pub otherwise: &'a HashMap<ObjectId, BTreeMap<Name, Privileges>>,
    /// Objects the file says to leave alone.
    pub ignored: &'a [ObjectId],
    /// Objects the file declares absent.
    pub absent: &'a HashSet<ObjectId>,
    /// Roles the file declares.
    pub roles: &'a BTreeSet<Name>,
}

/// Why a live object is left alone.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Reason {
    /// Its namespace is not ours.
    Namespace,
    /// A directive says so.
    Ignored,
    /// A rule says so: the one at that place in [`Scope::rules`].
    Rule(usize),
    /// `undeclared: keep`
    Kept,
    /// A partition or child of a declared table, made at run time as far as can be told.
    RunTime,
    /// Facts about an object that the file does not speak of: owners, grants, roles.
    Unspoken,
}

impl Reason {
    /// The reason under which an object is counted: rules and directives are one.
    pub fn counts_as(self) -> Reason {
        match self {
            Reason::Rule(_) => Reason::Ignored,
            it => it,
        }
    }
}

/// The namespace of our own history, which is never managed.
pub const OWN_NAMESPACE: &str = "reconcile";

/// Puts into `desired` what is live and not ours, and says which objects those are.
pub fn scope(
    actual: &Schema,
    desired: &mut Schema,
    facts: &Facts,
    stated: Stated<'_>,
    scope: &Scope,
) -> BTreeMap<ObjectId, Reason> {
    follow_owners(desired, facts, stated);
    let mut left = BTreeMap::new();
    let mut shared = Vec::new();
    let run_time = runtime::kept(actual, desired, stated, scope);
    let declared = Declared::of(desired);
    for (id, object) in actual.iter() {
        let known = desired.contains(id);
        let reason = match run_time.contains(id) && !known {
            true if runtime::index_above(object).is_some() => {
                shared.push((id, object));
                continue;
            }
            true => Some(Reason::RunTime),
            false if declared.is_silent(id, scope) => Some(Reason::Unspoken),
            false => {
                let ours = known || declared.is_part(id, object);
                reason(id, known, stated, scope).filter(|it| *it != Reason::Namespace || !ours)
            }
        };
        if let Some(reason) = reason {
            left.insert(id.clone(), reason);
            desired.insert(id.clone(), object.clone());
        }
    }
    // The index above one may be that of a kept partition in turn.
    while let Some(at) = shared.iter().position(|(_, object)| runtime::as_above(object, desired).is_some()) {
        let (id, object) = shared.swap_remove(at);
        desired.insert(id.clone(), runtime::as_above(object, desired).unwrap_or_else(|| object.clone()));
    }
    drop_orphans(&mut left, actual, desired);
    left
}

/// What the file declares, before anything live is put beside it.
struct Declared {
    /// What stands in no namespace, such as publications.
    wholes: HashSet<ObjectId>,
    /// Providers of security labels.
    providers: HashSet<Name>,
}

impl Declared {
    fn of(desired: &Schema) -> Declared {
        let ids = || desired.iter().map(|it| it.0);
        let labels = ids().filter(|it| it.kind == Kind::SecurityLabel);
        Declared {
            wholes: ids().filter(|it| it.namespace().is_none()).cloned().collect(),
            providers: labels.filter_map(ObjectId::grantee).cloned().collect(),
        }
    }

    /// Parts of a declared whole that stands in no namespace, such as tables in a publication, are the file's.
    fn is_part(&self, id: &ObjectId, object: &Object) -> bool {
        id.namespace().is_none() && object.parent(id).is_some_and(|it| self.wholes.contains(&it))
    }

    /// Labels of a provider count once the file has one for it.
    fn is_silent(&self, id: &ObjectId, scope: &Scope) -> bool {
        let provider = id.grantee().filter(|_| id.kind == Kind::SecurityLabel && !scope.all_namespaces);
        provider.is_some_and(|it| !self.providers.contains(it))
    }
}

/// What stands on a dropped object cannot be kept without it.
fn drop_orphans(left: &mut BTreeMap<ObjectId, Reason>, actual: &Schema, desired: &mut Schema) {
    let is_orphan = |id: &ObjectId| actual.parent(id).is_some_and(|it| !desired.contains(&it));
    let orphans: Vec<ObjectId> = left.keys().filter(|it| is_orphan(it)).cloned().collect();
    for id in orphans {
        left.remove(&id);
        desired.remove(&id);
    }
    left.retain(|id, _| desired.contains(id));
}

/// Why a live object is none of our business, if it is none.
fn reason(id: &ObjectId, declared: bool, stated: Stated<'_>, scope: &Scope) -> Option<Reason> {
    if stated.ignored.iter().any(|it| it == id || within(id, it)) {
        return Some(Reason::Ignored);
    }
    if let Some((at, rule)) = scope.rules.iter().enumerate().rev().find(|(_, it)| it.matches(id))
        && rule.ignore
    {
        return Some(Reason::Rule(at));
    }
    if declared {
        return None;
    }
    if stated.absent.contains(id) {
        return None;
    }
    if is_unspoken(id, stated, scope) {
        return Some(Reason::Unspoken);
    }
    if !is_ours(id, stated, scope) {
        return Some(Reason::Namespace);
    }
    let noun = id.kind.meta().noun;
    let kept = !id.kind.meta().satellite && (scope.keep.contains("*") || scope.keep.contains(noun));
    kept.then_some(Reason::Kept)
}

/// Whether `id` is a part of, or a fact about, `whole`.
fn within(id: &ObjectId, whole: &ObjectId) -> bool {
    match &id.path {
        Path::Of(relation, _) => whole.qual_name() == Some(relation),
        Path::On(target) | Path::To(target, _) => **target == *whole || within(target, whole),
        _ => false,
    }
}

fn is_ours(id: &ObjectId, stated: Stated<'_>, scope: &Scope) -> bool {
    match id.namespace() {
        Some(namespace) if namespace.as_str() == OWN_NAMESPACE => false,
        Some(namespace) => scope.all_namespaces || stated.namespaces.contains(namespace),
        None if scope.roles && matches!(id.kind, Kind::Membership | Kind::RoleSetting) => true,
        None => scope.all_namespaces,
    }
}

/// Facts the file would have to speak of before they count: roles, owners, grants, default privileges,
/// the namespace every database has, the language every database has.
fn is_unspoken(id: &ObjectId, stated: Stated<'_>, scope: &Scope) -> bool {
    let target = id.target();
    match id.kind {
        Kind::Role | Kind::Owner => true,
        Kind::Membership | Kind::RoleSetting => !scope.roles || !is_of_declared(id, stated),
        Kind::Grant => {
            let wholly = scope.grants || scope.all_namespaces;
            !wholly && !target.is_some_and(|it| stated.granted.contains(it))
        }
        Kind::DefaultPrivilege => !scope.all_namespaces && !scope.grants,
        Kind::Namespace => matches!(&id.path, Path::Root(name) if name.as_str() == "public"),
        Kind::Extension => matches!(&id.path, Path::Root(name) if name.as_str() == "plpgsql"),
        _ => false,
    }
}

/// Whether a membership or a setting is one of a role that the file declares: the member's, the setting's.
fn is_of_declared(id: &ObjectId, stated: Stated<'_>) -> bool {
    let Path::Keys(keys) = &id.path else { return false };
    let at = usize::from(id.kind == Kind::Membership);
    keys.get(at).is_some_and(|it| stated.roles.contains(it))
}

/// The reader took who runs the script for the owner of what the file gives to nobody. Where another role owns it,
/// the grants to the two are what the same statements make of that.
fn follow_owners(desired: &mut Schema, facts: &Facts, stated: Stated<'_>) {
    let is_owners = |it: &&ObjectId| it.target().and_then(|it| facts.owners.get(it)) == it.grantee();
    let grants = desired.iter().map(|it| it.0).filter(|it| it.kind == Kind::Grant);
    let granted = grants.filter(is_owners).filter_map(ObjectId::target);
    let spoken_of: BTreeSet<ObjectId> = stated.otherwise.keys().chain(granted).cloned().collect();
    for target in &spoken_of {
        let Some(owner) = facts.owners.get(target).filter(|it| **it != facts.role) else { continue };
        if desired.contains(&Kind::Owner.on(target)) {
            continue;
        }
        let all = Privilege::without_option(&Privilege::all_of(target.kind, facts.major));
        for (role, built_in) in [(owner, &all), (&facts.role, &Privileges::new())] {
            let id = Kind::Grant.to(target, role);
            let told = stated.otherwise.get(target).and_then(|it| it.get(role));
            match told.filter(|it| *it != built_in) {
                Some(it) => desired.insert(id, Grant { privileges: it.clone() }),
                // A grant to the owner says nothing.
                None if told.is_some() || role == owner && is_within(desired.get(&id), &all) => {
                    desired.remove(&id);
                }
                None => (),
            }
        }
    }
}

fn is_within(grant: Option<&Object>, all: &Privileges) -> bool {
    match grant {
        Some(Object::Grant(it)) => it.privileges.iter().all(|it| all.get(it.0) == Some(it.1)),
        _ => false,
    }
}

impl Scope {
    /// Whether a rule says that an object is ours in spite of another reason.
    pub(crate) fn takes_back(&self, id: &ObjectId) -> bool {
        self.rules.iter().rev().find(|it| it.matches(id)).is_some_and(|it| !it.ignore)
    }
}

impl std::fmt::Display for ScopeRule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ScopeRule { ignore, kind, namespace, name } = self;
        write!(f, "{}{kind}:{namespace}.{name}", if *ignore { "" } else { "!" })
    }
}

impl ScopeRule {
    fn matches(&self, id: &ObjectId) -> bool {
        let subject = match &id.path {
            Path::Of(relation, _) => Some(relation.name.as_str()),
            Path::On(target) | Path::To(target, _) => return self.matches(target),
            _ => None,
        };
        let namespace = id.namespace().map_or("", Name::as_str);
        let own = glob(&self.kind, id.kind.meta().noun) && glob(&self.name, id.name().as_str());
        let part = subject.is_some_and(|it| glob(&self.kind, "table") && glob(&self.name, it));
        glob(&self.namespace, namespace) && (own || part)
    }
}

/// Whether a text matches a glob: `*` is anything, `?` is one character.
pub fn glob(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut at, mut from) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while from < text.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, from));
                at += 1;
            }
            Some(it) if *it == '?' || *it == text[from] => {
                at += 1;
                from += 1;
            }
            _ => match star {
                Some((place, eaten)) => {
                    star = Some((place, eaten + 1));
                    at = place + 1;
                    from = eaten + 1;
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|it| *it == '*')
}

#[cfg(test)]
mod tests {
    use super::glob;

    #[test]
    fn globs() {
        for (pattern, text, matches) in [
            ("*", "", true),
            ("a*c", "abbc", true),
            ("a*c", "abbd", false),
            ("?b", "ab", true),
            ("*_p2024*", "events_p2024_01", true),
            ("", "a", false),
        ] {
            assert_eq!(glob(pattern, text), matches, "{pattern} {text}");
        }
    }
}
