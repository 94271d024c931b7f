//! Which index of a table is its replica identity and which it is clustered on. A mark goes with its
//! index, so it is set whenever that is made. Does not know what an index is.

use std::collections::{BTreeMap, BTreeSet};

use model::{Kind, Name, Object, ObjectId, ReplicaIdentity, Table};

use super::Context;
use crate::draft::Draft;
use crate::{Mode, Why};

/// The statements that set the marks which differ or were lost.
pub(super) fn marks(cx: &Context<'_>, altered: &BTreeMap<ObjectId, Vec<Draft>>) -> Vec<Draft> {
    let indexes = cx.created.keys().filter(|it| matches!(it.kind, Kind::Index | Kind::Constraint));
    let mut tables: BTreeSet<ObjectId> = indexes.filter_map(|it| cx.desired.parent(it)).collect();
    tables.extend(cx.created.keys().chain(altered.keys()).filter(|it| it.kind == Kind::Table).cloned());
    tables.iter().flat_map(|id| of_table(id, cx)).collect()
}

fn of_table(id: &ObjectId, cx: &Context<'_>) -> Vec<Draft> {
    let Some(Object::Table(new)) = cx.desired.get(id) else { return Vec::new() };
    let fresh = cx.is_new(id);
    let old = match cx.actual.get(id) {
        Some(Object::Table(old)) if !fresh => old.clone(),
        _ => Table::default(),
    };
    let lost = |name: Option<&Name>| {
        name.is_some_and(|name| behind(name, id).iter().any(|it| cx.created.contains_key(it)))
    };
    let mut drafts = Vec::new();
    if old.replica_identity != new.replica_identity || lost(identity_index(new)) {
        let clause = match &new.replica_identity {
            ReplicaIdentity::Default => "DEFAULT".to_string(),
            ReplicaIdentity::Nothing => "NOTHING".to_string(),
            ReplicaIdentity::Full => "FULL".to_string(),
            ReplicaIdentity::Index(name) => format!("USING INDEX {name}"),
        };
        let draft =
            set(id, &format!("REPLICA IDENTITY {clause}"), identity_index(new), Mode::AccessExclusive);
        let leaves = identity_index(&old).filter(|_| identity_index(new).is_none());
        let draft = draft.precedes(leaves.map(|it| not_nulls(it, id, cx)).unwrap_or_default());
        let (was, is) = (format!("{:?}", old.replica_identity), format!("{:?}", new.replica_identity));
        drafts.push(draft.why(why(was != is, "replica_identity", was, is, id)));
    }
    if old.cluster_on != new.cluster_on || lost(new.cluster_on.as_ref()) {
        let clause = match &new.cluster_on {
            Some(name) => format!("CLUSTER ON {name}"),
            None => "SET WITHOUT CLUSTER".to_string(),
        };
        let draft = set(id, &clause, new.cluster_on.as_ref(), Mode::ShareUpdateExclusive);
        let words = |it: &Table| it.cluster_on.as_ref().map(Name::to_string).unwrap_or_default();
        let (was, is) = (words(&old), words(new));
        drafts.push(draft.why(why(was != is, "cluster_on", was, is, id)));
    }
    drafts.into_iter().map(|it| if fresh { it.adds() } else { it }).collect()
}

fn why(differs: bool, field: &'static str, old: String, new: String, id: &ObjectId) -> Why {
    if differs { Why::Changed { field, old, new } } else { Why::PutBack { id: id.clone() } }
}

/// A column in the index that is the replica identity cannot take NULL.
fn not_nulls(name: &Name, table: &ObjectId, cx: &Context<'_>) -> Vec<ObjectId> {
    let index = behind(name, table).into_iter().find(|it| cx.actual.contains(it));
    let used = index.map(|it| cx.actual.uses(&it)).unwrap_or_default();
    let columns = used.iter().filter(|it| it.kind == Kind::Column);
    columns.filter_map(|it| Some(Kind::NotNull.of(it.relation()?, it.name()))).collect()
}

/// The index that is a table's replica identity, by the names it may go by.
pub(super) fn identity(table: &ObjectId, cx: &Context<'_>) -> Vec<ObjectId> {
    match cx.actual.get(table) {
        Some(Object::Table(it)) => identity_index(it).map(|it| behind(it, table)).unwrap_or_default(),
        _ => Vec::new(),
    }
}

fn identity_index(table: &Table) -> Option<&Name> {
    match &table.replica_identity {
        ReplicaIdentity::Index(name) => Some(name),
        ReplicaIdentity::Default | ReplicaIdentity::Nothing | ReplicaIdentity::Full => None,
    }
}

/// An index has its own name or its constraint's.
fn behind(name: &Name, table: &ObjectId) -> Vec<ObjectId> {
    let Some(table) = table.qual_name() else { return Vec::new() };
    vec![Kind::Index.named(&name.clone().within(table.namespace.clone())), Kind::Constraint.of(table, name)]
}

fn set(id: &ObjectId, clause: &str, index: Option<&Name>, mode: Mode) -> Draft {
    let draft = Draft::alter(id, format!("ALTER TABLE {} {clause}", id.address())).trailing();
    let draft = draft.needs(index.map(|it| behind(it, id)).unwrap_or_default());
    match id.qual_name() {
        Some(name) => draft.lock(mode, name),
        None => draft,
    }
}
