//! Who belongs to whom and uses whom, as far as the order of statements is concerned: what a schema
//! tells, with the relation in the place of a parent that is no object. Knows no kind of object.

use std::collections::HashMap;

use model::{ObjectId, Schema};

use crate::rules;

/// What goes with an object though its parent is none of the schema: a default or a comment of a view's
/// column, a comment on an attribute of a composite type or on the index behind a constraint.
#[derive(Default)]
pub(crate) struct Orphans {
    hosts: HashMap<ObjectId, ObjectId>,
    by_host: HashMap<ObjectId, Vec<ObjectId>>,
}

impl Orphans {
    pub(crate) fn of_schema(schema: &Schema) -> Orphans {
        let mut orphans = Orphans::default();
        let mut homeless = Vec::new();
        for (id, object) in schema.iter() {
            let Some(parent) = object.parent(id).filter(|it| !schema.contains(it)) else { continue };
            match relation(&parent, schema) {
                Some(host) => orphans.add(id, host),
                None => homeless.push((id, parent)),
            }
        }
        if !homeless.is_empty() {
            let stand_ins = rules::stand_ins(schema);
            for (id, parent) in homeless {
                if let Some(host) = stand_ins.get(&parent) {
                    orphans.add(id, host.clone());
                }
            }
        }
        orphans
    }

    fn add(&mut self, id: &ObjectId, host: ObjectId) {
        self.hosts.insert(id.clone(), host.clone());
        self.by_host.entry(host).or_default().push(id.clone());
    }

    /// What goes with an object.
    pub(crate) fn of(&self, host: &ObjectId) -> impl Iterator<Item = &ObjectId> {
        self.by_host.get(host).into_iter().flatten()
    }

    /// The object another one goes with.
    pub(crate) fn host(&self, id: &ObjectId, schema: &Schema) -> Option<ObjectId> {
        let parent = schema.parent(id).filter(|it| schema.contains(it));
        parent.or_else(|| self.hosts.get(id).cloned())
    }
}

fn relation(id: &ObjectId, schema: &Schema) -> Option<ObjectId> {
    let name = id.relation()?;
    schema.relation(name).or_else(|| schema.type_named(name))
}

/// What has to be there for an object to be made. That it goes with another one is not enough: a
/// sequence is made before the column that owns it.
pub(crate) fn uses(id: &ObjectId, schema: &Schema) -> Vec<ObjectId> {
    let mut uses = schema.uses(id);
    if !id.kind.meta().satellite {
        let casts: Vec<ObjectId> = uses.iter().flat_map(|it| schema.casts_by(it)).collect();
        uses.extend(casts.into_iter().filter(|it| it != id));
    }
    uses.extend(rules::read_through(id, &uses, schema));
    let Some(object) = schema.get(id) else { return uses };
    let Some(parent) = object.parent(id) else { return uses };
    if uses.contains(&parent) {
        if !object.uses(id, schema).contains(&parent) {
            uses.retain(|it| *it != parent);
        }
    } else if !schema.contains(&parent) {
        uses.extend(relation(&parent, schema));
    }
    uses
}

/// What an object used by way of what it still uses, where that is another thing now: the rows that a function returned.
fn by_changed(uses: &[ObjectId], desired: &Schema, actual: &Schema) -> Vec<ObjectId> {
    let changed = uses.iter().filter(|it| actual.contains(it) && actual.get(it) != desired.get(it));
    let still = |of: &ObjectId, it: &ObjectId| desired.uses(of).contains(it);
    changed.flat_map(|of| actual.uses(of).into_iter().filter(move |it| !still(of, it))).collect()
}

/// What an object is to use: also what the server tells of it, where it stays as it is.
pub(crate) fn uses_of_desired(id: &ObjectId, desired: &Schema, actual: &Schema) -> Vec<ObjectId> {
    let mut uses = uses(id, desired);
    if actual.get(id).is_some_and(|it| desired.get(id) == Some(it)) {
        let told = self::uses(id, actual).into_iter().filter(|it| desired.contains(it) && !uses.contains(it));
        let told: Vec<ObjectId> = told.collect();
        let by_changed = if told.is_empty() { Vec::new() } else { by_changed(&uses, desired, actual) };
        uses.extend(told.into_iter().filter(|it| !by_changed.contains(it)));
    }
    uses
}
