//! Grants and default privileges. Only what differs is said. Does not know who owns what beyond what
//! the schemas and facts tell.

use std::collections::{BTreeMap, HashMap};

use model::{
    DefaultPrivilege, Grant, Kind, MaterializedView, Name, Object, ObjectId, Path, Privilege, Privileges,
    QualName, Shape, View,
};

use super::text::joined;
use super::{Alter, Context, Rules, handed, heir};
use crate::draft::{Draft, Stage};
use crate::{Hazard, Why};

impl Rules for Grant {
    fn create(&self, id: &ObjectId, cx: &Context<'_>) -> Vec<Draft> {
        let change = Change { from: held(id, cx), to: self.privileges.clone() };
        self::drafts(id, &change, cx, Draft::create)
    }

    fn alter(&self, new: &Grant, id: &ObjectId, cx: &Context<'_>) -> Alter {
        let Grant { privileges } = new;
        let change = Change { from: handed::left(id, cx), to: privileges.clone() };
        let (old, new) = (words(&self.privileges), words(privileges));
        let drafts = self::drafts(id, &change, cx, Draft::alter).into_iter();
        Alter::InPlace(drafts.map(|it| it.changed("privileges", &old, &new)).collect())
    }

    /// Back to what the server gives by itself.
    fn drop(&self, id: &ObjectId, cx: &Context<'_>) -> Vec<Draft> {
        // The new owner is told what is left to tell.
        if handed::is_handed(id, cx) {
            return Vec::new();
        }
        let change = Change { from: handed::left(id, cx), to: built_in(id, cx) };
        self::drafts(id, &change, cx, Draft::drop)
    }
}

/// What is said of the grants that a change of owner changes without being one of their own.
pub(super) fn after_owner(target: &ObjectId, cx: &Context<'_>) -> Vec<Draft> {
    let owner = Kind::Owner.on(target);
    let of = |id: &ObjectId| {
        let change = Change { from: handed::left(id, cx), to: handed::wanted(id, cx) };
        let (gone, owner) = (!cx.desired.contains(id), &owner);
        drafts(id, &change, cx, Draft::alter).into_iter().map(move |it| match gone {
            true => it.said_by(owner),
            false => it,
        })
    };
    let drafts = handed::untold(target, cx).iter().flat_map(of).collect::<Vec<_>>().into_iter();
    drafts.map(|it| it.why(Why::PutBack { id: target.clone() })).collect()
}

impl Rules for DefaultPrivilege {
    fn create(&self, id: &ObjectId, cx: &Context<'_>) -> Vec<Draft> {
        let change = Change { from: default_built_in(id, cx), to: self.privileges.clone() };
        default_drafts(id, &change, cx, Draft::create)
    }

    fn alter(&self, new: &DefaultPrivilege, id: &ObjectId, cx: &Context<'_>) -> Alter {
        let DefaultPrivilege { privileges } = new;
        let change = Change { from: self.privileges.clone(), to: privileges.clone() };
        let (old, new) = (words(&self.privileges), words(privileges));
        let drafts = default_drafts(id, &change, cx, Draft::alter).into_iter();
        Alter::InPlace(drafts.map(|it| it.changed("privileges", &old, &new)).collect())
    }

    /// Those of a namespace go with it.
    fn drop(&self, id: &ObjectId, cx: &Context<'_>) -> Vec<Draft> {
        let gone =
            Keys::of(id).and_then(|it| it.namespace).is_some_and(|it| cx.is_gone(&Kind::Namespace.root(it)));
        if gone {
            return Vec::new();
        }
        let change = Change { from: self.privileges.clone(), to: default_built_in(id, cx) };
        default_drafts(id, &change, cx, Draft::drop)
    }
}

/// What is held and what shall be.
struct Change {
    from: Privileges,
    to: Privileges,
}

/// One statement of a change: what it says before and behind the object.
struct Part {
    verb: &'static str,
    privileges: Vec<Privilege>,
    preposition: &'static str,
    option: &'static str,
}

impl Change {
    fn parts(&self) -> Vec<Part> {
        let Change { from, to } = self;
        let pick = |keep: &dyn Fn(Privilege) -> bool| -> Vec<Privilege> {
            Privilege::ALL.iter().copied().filter(|it| keep(*it)).collect()
        };
        let lost = pick(&|it| from.contains_key(&it) && !to.contains_key(&it));
        let bound = pick(&|it| from.get(&it) == Some(&true) && to.get(&it) == Some(&false));
        let plain = pick(&|it| to.get(&it) == Some(&false) && !from.contains_key(&it));
        let with = pick(&|it| to.get(&it) == Some(&true) && from.get(&it) != Some(&true));
        let part = |verb, privileges, preposition, option| Part { verb, privileges, preposition, option };
        let parts = [
            part("REVOKE ", lost, "FROM", ""),
            part("REVOKE GRANT OPTION FOR ", bound, "FROM", ""),
            part("GRANT ", plain, "TO", ""),
            part("GRANT ", with, "TO", " WITH GRANT OPTION"),
        ];
        parts.into_iter().filter(|it| !it.privileges.is_empty()).collect()
    }
}

type Make = fn(&ObjectId, String) -> Draft;

fn drafts(id: &ObjectId, change: &Change, cx: &Context<'_>, make: Make) -> Vec<Draft> {
    let (Some(target), Some(role)) = (id.target(), id.grantee()) else { return Vec::new() };
    let all = Privilege::all_of(target.kind, cx.facts.major);
    let (object, column) = object(target);
    let parts = change.parts();
    let mut drafts = Vec::new();
    for part in &parts {
        let Part { verb, privileges, preposition, option } = part;
        let what = what(privileges, &all, column);
        let sql = format!("{verb}{what} ON {object} {preposition} {}{option}", grantee(role));
        let gives = *preposition == "TO";
        let hazard = if gives { Hazard::OpensAccess } else { Hazard::ClosesAccess };
        let mut draft = make(id, sql).hazard(hazard);
        draft.adds |= gives;
        let whole = target.relation().filter(|_| column.is_some());
        let whole = whole.and_then(|it| cx.desired.relation(it)).map(|it| Kind::Grant.to(&it, role));
        drafts.push(draft.follows(whole.clone()).needs(whole).follows(handed::before(target, cx)));
    }
    if parts.iter().any(|it| it.preposition == "FROM") {
        drafts.extend(on_columns_again(target, role, cx));
    }
    drafts
}

/// Taking a right on a table takes it on each of its columns too: what was granted there is granted
/// again.
fn on_columns_again(table: &ObjectId, role: &Name, cx: &Context<'_>) -> Vec<Draft> {
    if !matches!(table.kind, Kind::Table | Kind::View | Kind::MaterializedView) || cx.is_new(table) {
        return Vec::new();
    }
    let Some(name) = table.qual_name() else { return Vec::new() };
    let columns = match cx.actual.get(table) {
        Some(Object::View(View { shape, .. }) | Object::MaterializedView(MaterializedView { shape, .. })) => {
            yielded(name, shape, cx)
        }
        _ => heir::columns(cx.desired, name),
    };
    let again = columns.iter().filter_map(|column| {
        let id = Kind::Grant.to(&Kind::Column.of(name, column), role);
        let Some(Object::Grant(grant)) = cx.desired.get(&id) else { return None };
        let same = cx.actual.get(&id).is_some_and(|it| *it == Object::Grant(grant.clone()));
        let change = Change { from: handed::left(&id, cx), to: grant.privileges.clone() };
        let comes_back = cx.dropped.contains_key(&id);
        (same && !comes_back).then(|| drafts(&id, &change, cx, Draft::alter))
    });
    again.flatten().map(|it| it.adds().why(Why::PutBack { id: table.clone() })).collect()
}

/// The columns of a view: without a server, those that anything is granted on.
fn yielded(view: &QualName, shape: &Shape, cx: &Context<'_>) -> Vec<Name> {
    if let Some(columns) = &shape.0 {
        return columns.iter().map(|it| it.0.clone()).collect();
    }
    let grants = cx.desired.iter().filter(|(id, _)| id.kind == Kind::Grant);
    let targets = grants.filter_map(|(id, _)| id.target()).filter(|it| it.relation() == Some(view));
    targets.map(|it| it.name().clone()).collect()
}

/// What GRANT calls an object, and the column if it is one.
fn object(target: &ObjectId) -> (String, Option<&Name>) {
    match (target.kind, target.relation()) {
        (Kind::Column, Some(table)) => (format!("TABLE {table}"), Some(target.name())),
        (Kind::Table | Kind::View | Kind::MaterializedView, _) => {
            (format!("TABLE {}", target.address()), None)
        }
        (Kind::Server, _) => (format!("FOREIGN SERVER {}", target.address()), None),
        (Kind::Aggregate, _) => (format!("FUNCTION {}", target.address().replace("(*)", "()")), None),
        (kind, _) => (format!("{} {}", kind.meta().sql, target.address()), None),
    }
}

fn what(privileges: &[Privilege], all: &[Privilege], column: Option<&Name>) -> String {
    match column {
        Some(column) => joined(privileges.iter().map(|it| format!("{} ({column})", it.word()))),
        None if privileges.len() > 1 && all.iter().all(|it| privileges.contains(it)) => "ALL".to_string(),
        None => joined(privileges.iter().map(|it| it.word().to_string())),
    }
}

fn grantee(role: &Name) -> String {
    if role.as_str() == "public" { "PUBLIC".to_string() } else { role.to_string() }
}

fn words(privileges: &Privileges) -> String {
    let word = |(it, option): (&Privilege, &bool)| {
        format!("{}{}", it.word(), if *option { " WITH GRANT OPTION" } else { "" })
    };
    if privileges.is_empty() { "none".to_string() } else { joined(privileges.iter().map(word)) }
}

fn owner<'a>(target: &ObjectId, cx: &'a Context<'_>) -> &'a Name {
    match cx.desired.get(&Kind::Owner.on(&handed::whole(target, cx))) {
        Some(Object::Owner(it)) => &it.role,
        _ if cx.actual.contains(target) => cx.facts.owners.get(target).unwrap_or(&cx.facts.role),
        _ => &cx.facts.role,
    }
}

/// What the server gives a role on an object when nobody says anything.
pub(super) fn built_in(id: &ObjectId, cx: &Context<'_>) -> Privileges {
    let (Some(target), Some(role)) = (id.target(), id.grantee()) else { return Privileges::new() };
    Privilege::built_in(target, role, owner(target, cx), cx.facts.major)
}

/// What the server gives a role on a new object, default privileges aside.
fn given(id: &ObjectId, cx: &Context<'_>) -> Privileges {
    match (id.target(), id.grantee()) {
        (Some(target), Some(role)) if role.as_str() == "public" => {
            Privilege::without_option(Privilege::implied(target.kind))
        }
        _ => built_in(id, cx),
    }
}

/// What a role holds on an object before its grant is said.
fn held(id: &ObjectId, cx: &Context<'_>) -> Privileges {
    let (Some(target), Some(role)) = (id.target(), id.grantee()) else { return Privileges::new() };
    if !cx.is_new(target) {
        let was_taken = cx.dropped.contains_key(id) && !handed::is_handed(id, cx);
        return if was_taken { built_in(id, cx) } else { handed::left(id, cx) };
    }
    let Some(class) = class(target.kind) else { return given(id, cx) };
    let as_creator = if owner(target, cx) == role { &cx.facts.role } else { role };
    let entry = |namespace: &Name| {
        let keys = [cx.facts.role.clone(), namespace.clone(), Name::from(class), as_creator.clone()];
        match cx.actual.get(&Kind::DefaultPrivilege.keys(keys)) {
            Some(Object::DefaultPrivilege(it)) => Some(it.privileges.clone()),
            _ => None,
        }
    };
    let held = entry(&Name::default()).unwrap_or_else(|| given(id, cx));
    let namespace = target.namespace().filter(|_| target.kind != Kind::Namespace);
    Privilege::merged(held, namespace.and_then(entry).unwrap_or_default())
}

/// What ALTER DEFAULT PRIVILEGES calls the objects of a kind.
fn class(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Table | Kind::View | Kind::MaterializedView => Some("TABLES"),
        Kind::Sequence => Some("SEQUENCES"),
        Kind::Function | Kind::Procedure | Kind::Aggregate => Some("FUNCTIONS"),
        Kind::Enum | Kind::Domain | Kind::Composite | Kind::Range => Some("TYPES"),
        Kind::Namespace => Some("SCHEMAS"),
        _ => None,
    }
}

/// The keys of a default privilege by their meaning.
struct Keys<'a> {
    owner: &'a Name,
    namespace: Option<&'a Name>,
    class: &'a Name,
    grantee: &'a Name,
}

impl Keys<'_> {
    fn of(id: &ObjectId) -> Option<Keys<'_>> {
        let Path::Keys(keys) = &id.path else { return None };
        let [owner, namespace, class, grantee] = &keys[..] else { return None };
        let namespace = Some(namespace).filter(|it| !it.as_str().is_empty());
        Some(Keys { owner, namespace, class, grantee })
    }
}

/// Takes away what the server's default privileges gave new objects beyond what is desired.
pub(super) fn by_default(cx: &Context<'_>) -> Vec<Draft> {
    let mut grantees: HashMap<(&str, Option<&Name>), BTreeMap<&Name, ()>> = HashMap::new();
    let entries = cx.actual.iter().filter(|(id, _)| id.kind == Kind::DefaultPrivilege);
    for keys in entries.filter_map(|(id, _)| Keys::of(id)).filter(|it| *it.owner == cx.facts.role) {
        grantees.entry((keys.class.as_str(), keys.namespace)).or_default().insert(keys.grantee, ());
    }
    if grantees.is_empty() {
        return Vec::new();
    }
    let mut drafts = Vec::new();
    // The sequence behind an identity column is made with it.
    let behind = |id: &ObjectId| cx.desired.get(id)?.stands_behind(id).filter(|it| it.kind == Kind::Sequence);
    let made =
        cx.created.keys().flat_map(|id| [(id.clone(), id)].into_iter().chain(behind(id).map(|it| (it, id))));
    let had_none = |id: &&ObjectId| {
        let live = cx.actual.get(id).filter(|_| !cx.created.contains_key(*id));
        live.is_some_and(|it| it.stands_behind(id).is_none())
    };
    let counted = cx.desired.iter().map(|it| it.0).filter(had_none);
    let counted = counted.filter_map(|id| Some((behind(id)?, id)));
    for (target, maker) in made.chain(counted) {
        let target = &target;
        let Some(class) = class(target.kind) else { continue };
        let of = |namespace| grantees.get(&(class, namespace)).into_iter().flat_map(BTreeMap::keys);
        let both: BTreeMap<&&Name, ()> = of(None).chain(of(target.namespace())).map(|it| (it, ())).collect();
        for role in both.keys() {
            drafts.extend(beyond(target, role, cx).into_iter().map(|it| it.needs([maker.clone()])));
        }
    }
    drafts
}

fn beyond(target: &ObjectId, role: &Name, cx: &Context<'_>) -> Vec<Draft> {
    let as_owner = if *role == cx.facts.role { owner(target, cx) } else { role };
    let id = Kind::Grant.to(target, as_owner);
    let spoken_of = || cx.desired.parts(target).any(|it| it.kind == Kind::Grant);
    let ours = !cx.options.keep_default_grants || cx.actual.contains(target) || spoken_of();
    if cx.desired.contains(&id) || !ours {
        return Vec::new();
    }
    let change = Change { from: held(&id, cx), to: built_in(&id, cx) };
    let needs = [target.clone(), Kind::Owner.on(target)];
    let drafts = drafts(&id, &change, cx, Draft::alter).into_iter();
    drafts.map(|it| it.adds().needs(needs.clone()).why(Why::DefaultGrant)).collect()
}

fn default_built_in(id: &ObjectId, cx: &Context<'_>) -> Privileges {
    let Some(keys) = Keys::of(id).filter(|it| it.namespace.is_none()) else { return Privileges::new() };
    let kind = kind_of(keys.class.as_str());
    let all = kind.map(|it| Privilege::all_of(it, cx.facts.major)).unwrap_or_default();
    if keys.owner == keys.grantee {
        return Privilege::without_option(&all);
    }
    let public = kind.filter(|_| keys.grantee.as_str() == "public");
    Privilege::without_option(public.map(Privilege::implied).unwrap_or_default())
}

fn kind_of(class: &str) -> Option<Kind> {
    [Kind::Table, Kind::Sequence, Kind::Function, Kind::Enum, Kind::Namespace]
        .into_iter()
        .find(|it| self::class(*it) == Some(class))
}

fn default_drafts(id: &ObjectId, change: &Change, cx: &Context<'_>, make: Make) -> Vec<Draft> {
    let Some(keys) = Keys::of(id) else { return Vec::new() };
    let all =
        kind_of(keys.class.as_str()).map(|it| Privilege::all_of(it, cx.facts.major)).unwrap_or_default();
    let place = keys.namespace.map(|it| format!(" IN SCHEMA {it}")).unwrap_or_default();
    let prefix = format!("ALTER DEFAULT PRIVILEGES FOR ROLE {}{place}", keys.owner);
    let parts = change.parts().into_iter().map(|part| {
        let what = what(&part.privileges, &all, None);
        let Part { verb, privileges: _, preposition, option } = part;
        let (class, role) = (keys.class.as_str(), grantee(keys.grantee));
        let draft = make(id, format!("{prefix} {verb}{what} ON {class} {preposition} {role}{option}"));
        let mut draft = draft.stage(Stage::Late);
        draft.adds |= preposition == "TO";
        draft
    });
    parts.collect()
}
