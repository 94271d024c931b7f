//! Settles a whole schema without a server. Knows where each kind keeps its columns; decides nothing itself.

use std::collections::HashMap;
use std::sync::Arc;

use model::{Column, Domain, Expr, Kind, Name, Object, ObjectId, QualName, Schema, SearchPath, Type};

use super::{Columns, Sameness, adopted, same};

/// Gives every desired expression that is known to mean the same as the actual one the actual one's
/// comparable form, so that `==` holds. Objects that differ otherwise are paired where their expressions
/// are equally many.
pub fn settle_offline(actual: &Schema, desired: &mut Schema) {
    let mut found = Vec::new();
    for (id, new) in desired.iter() {
        let Some(old) = actual.get(id).filter(|it| *it != new) else { continue };
        let (old, new) = (old.exprs(), new.exprs());
        if old.len() != new.len() {
            continue;
        }
        for (slot, (a, d)) in old.into_iter().zip(new).enumerate().filter(|(_, (a, d))| a != d) {
            let there = same_in(Place { actual, desired, id, slot }, d, a);
            // Both may be a person's writing, so either may be the one that is spelt out.
            let back = || same_in(Place { actual: desired, desired: actual, id, slot }, a, d);
            if there == Sameness::Same || back() == Sameness::Same {
                found.push((id.clone(), slot, adopted(d, a)));
            }
        }
    }
    for (id, slot, settled) in found {
        let exprs = desired.get_mut(&id).map(Object::exprs_mut);
        if let Some(expr) = exprs.and_then(|it| it.into_iter().nth(slot)) {
            *expr = settled;
        }
    }
}

/// Which expression of which object is meant, and in which schemas.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// What there is: whose namespaces exist.
    pub actual: &'a Schema,
    /// What is declared: whose columns have their types.
    pub desired: &'a Schema,
    /// The object.
    pub id: &'a ObjectId,
    /// Which of its expressions ([`Object::exprs`]).
    pub slot: usize,
}

/// [`same`] for an expression in its place: a namespace of the path that does not exist is passed over, as
/// the server does it. (What is missing by the name of `public` is looked for in vain, which does no harm.)
pub fn same_in(place: Place<'_>, desired: &Expr, actual: &Expr) -> Sameness {
    let exists = |it: &&Name| it.as_str() == "public" || place.actual.contains(&Kind::Namespace.root(it));
    let path: SearchPath = desired.path.iter().filter(exists).cloned().collect();
    let desired = Expr { path, ..desired.clone() };
    same(&desired, actual, &columns_of(place.desired, place.id, place.slot))
}

/// What an expression of an object, by its place among them, stands on.
pub fn columns_of(schema: &Schema, id: &ObjectId, slot: usize) -> Columns {
    let mut columns = Columns::default();
    match schema.get(id) {
        Some(Object::Domain(it)) => columns.result = Some(Arc::clone(&it.base.text)),
        Some(Object::DomainConstraint(_)) => {
            let domain = id.relation().and_then(|it| schema.get(&Kind::Domain.named(it)));
            if let Some(Object::Domain(Domain { base, .. })) = domain {
                columns.types.insert("value".into(), Arc::clone(&base.text));
            }
        }
        Some(Object::Default(_)) => {
            let types = id.relation().map(|it| types(schema, it)).unwrap_or_default();
            columns.result = types.get(id.name()).cloned();
        }
        Some(Object::Function(it)) => columns.result = argument(&it.arguments, slot),
        Some(Object::Procedure(it)) => columns.result = argument(&it.arguments, slot),
        Some(Object::Index(it)) => columns = own(schema, it.relation.qual_name()),
        Some(Object::PublishedTable(_)) => {
            columns = own(schema, model::PublishedTable::of(id).as_ref().map(|it| &it.1));
        }
        Some(Object::Statistics(it)) => columns = own(schema, it.relation.qual_name()),
        Some(Object::Trigger(it)) => {
            columns = Columns { table: None, ..own(schema, it.relation.qual_name()) }
        }
        Some(Object::Column(Column { ty, .. })) => {
            columns = Columns { result: Some(Arc::clone(&ty.text)), ..own(schema, id.relation()) };
        }
        Some(_) => columns = own(schema, id.relation()),
        None => (),
    }
    columns
}

fn argument(arguments: &[model::Argument], slot: usize) -> Option<Arc<str>> {
    let mut with_default = arguments.iter().filter(|it| it.default.is_some());
    with_default.nth(slot).map(|it| Arc::clone(&it.ty.text))
}

/// What an expression over a table's columns stands on.
pub fn columns_in(schema: &Schema, table: &QualName) -> Columns {
    own(schema, Some(table))
}

fn own(schema: &Schema, relation: Option<&QualName>) -> Columns {
    let types = relation.map(|it| types(schema, it)).unwrap_or_default();
    Columns { table: relation.map(|it| it.name.clone()), types, result: None }
}

/// The types of a table's columns, those of its parents included.
fn types(schema: &Schema, relation: &QualName) -> HashMap<Name, Arc<str>> {
    let mut types = HashMap::new();
    collect(schema, relation, &mut types, &mut Vec::new());
    types
}

fn collect(
    schema: &Schema,
    relation: &QualName,
    types: &mut HashMap<Name, Arc<str>>,
    seen: &mut Vec<QualName>,
) {
    let id = Kind::Table.named(relation);
    let Some(Object::Table(table)) = schema.get(&id) else { return };
    if seen.contains(relation) {
        return;
    }
    seen.push(relation.clone());
    for parent in table.parents() {
        collect(schema, parent, types, seen);
    }
    for id in schema.children(&id) {
        if let Some(Object::Column(Column { ty: Type { text, .. }, .. })) = schema.get(id) {
            types.insert(id.name().clone(), Arc::clone(text));
        }
    }
}
