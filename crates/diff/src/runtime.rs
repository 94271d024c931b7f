//! Partitions and children that the file does not speak of: made at run time, by a job or an extension, and
//! kept unless a rule says otherwise. Does not know who made them.

use std::collections::BTreeSet;

use model::{Index, Kind, Object, ObjectId, QualName, Schema};

use crate::Stated;
use crate::scope::Scope;

/// Live, undeclared tables under declared ones, all levels down, and all that lives and dies with them.
pub(crate) fn kept(
    actual: &Schema,
    desired: &Schema,
    stated: Stated<'_>,
    scope: &Scope,
) -> BTreeSet<ObjectId> {
    let mut tables: BTreeSet<ObjectId> = BTreeSet::new();
    if scope.drop_partitions {
        return tables;
    }
    let open: Vec<(&ObjectId, Vec<ObjectId>)> = actual
        .iter()
        .filter(|(id, _)| !desired.contains(id) && !stated.absent.contains(id) && !scope.takes_back(id))
        .filter_map(|(id, object)| Some((id, parents(object)?)))
        .collect();
    loop {
        let under = |it: &ObjectId| desired.contains(it) || tables.contains(it);
        let found = open.iter().filter(|(id, above)| !tables.contains(*id) && above.iter().any(under));
        let found: Vec<ObjectId> = found.map(|(id, _)| (*id).clone()).collect();
        if found.is_empty() {
            break;
        }
        tables.extend(found);
    }
    let below: Vec<ObjectId> = tables.iter().flat_map(|it| actual.descendants(it)).collect();
    tables.extend(below.into_iter().filter(|it| !desired.contains(it) && !stated.absent.contains(it)));
    tables
}

/// The tables above a table, if there are any.
fn parents(object: &Object) -> Option<Vec<ObjectId>> {
    let Object::Table(table) = object else { return None };
    let above = table.partition_of.iter().map(|it| &it.parent).chain(&table.inherits);
    let above: Vec<ObjectId> = above.map(|it| Kind::Table.named(it)).collect();
    (!above.is_empty()).then_some(above)
}

/// The index above an index of a partition: it makes, changes and drops the other along with it.
pub(crate) fn index_above(object: &Object) -> Option<&QualName> {
    match object {
        Object::Index(it) => it.attached_to.as_ref(),
        _ => None,
    }
}

/// The part that an index of a kept partition is of the declared index above it; none where that goes.
pub(crate) fn as_above(object: &Object, desired: &Schema) -> Option<Object> {
    let Object::Index(live) = object else { return None };
    match desired.get(&Kind::Index.named(live.attached_to.as_ref()?)) {
        Some(Object::Index(above)) => Some(Object::Index(Index {
            relation: live.relation.clone(),
            attached_to: live.attached_to.clone(),
            options: live.options.clone(),
            tablespace: live.tablespace.clone(),
            statistics: live.statistics.clone(),
            valid: live.valid,
            only: false,
            ..above.clone()
        })),
        _ => None,
    }
}
