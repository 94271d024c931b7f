//! Who belongs to whom and uses whom, as far as the order of statements is concerned: what a schema
//! tells, with the relation in the place of a parent that is no object. Knows no kind of object.

use std::collections::HashMap;

use model::{ObjectId, Schema};

/// What stands on a relation though its parent is no object of the schema, by relation: a default or a
/// comment of a view's column, a comment on an attribute of a composite type.
pub(crate) fn orphans(schema: &Schema) -> HashMap<ObjectId, Vec<ObjectId>> {
    let mut orphans: HashMap<ObjectId, Vec<ObjectId>> = HashMap::new();
    for (id, object) in schema.iter() {
        let parent = object.parent(id).filter(|it| !schema.contains(it));
        if let Some(relation) = parent.and_then(|it| relation(&it, schema)) {
            orphans.entry(relation).or_default().push(id.clone());
        }
    }
    orphans
}

fn relation(id: &ObjectId, schema: &Schema) -> Option<ObjectId> {
    let name = id.relation()?;
    schema.relation(name).or_else(|| schema.type_named(name))
}

/// The object another one goes with.
pub(crate) fn host(id: &ObjectId, schema: &Schema) -> Option<ObjectId> {
    let parent = schema.get(id)?.parent(id)?;
    if schema.contains(&parent) { Some(parent) } else { relation(&parent, schema) }
}

/// What has to be there for an object to be made. That it goes with another one is not enough: a
/// sequence is made before the column that owns it.
pub(crate) fn uses(id: &ObjectId, schema: &Schema) -> Vec<ObjectId> {
    let mut uses = schema.uses(id);
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

/// What an object is to use: also what the server tells of it, where it stays as it is.
pub(crate) fn uses_of_desired(id: &ObjectId, desired: &Schema, actual: &Schema) -> Vec<ObjectId> {
    let mut uses = uses(id, desired);
    if actual.get(id).is_some_and(|it| desired.get(id) == Some(it)) {
        let told = self::uses(id, actual).into_iter().filter(|it| desired.contains(it) && !uses.contains(it));
        let told: Vec<ObjectId> = told.collect();
        uses.extend(told);
    }
    uses
}
