//! Expressions of a file beside what the server made of them. Knows neither how they are compared nor how they are
//! changed; `cargo xtask equality` reads this too.

use model::{Expr, Object, ObjectId, Schema};
use sql::Sameness;

/// One expression of a file beside what the server made of it.
pub(crate) struct Pair {
    pub(crate) id: ObjectId,
    pub(crate) slot: usize,
    pub(crate) class: &'static str,
    pub(crate) desired: Expr,
    pub(crate) actual: Expr,
}

/// Every pair of expressions of objects both schemas have.
pub(crate) fn pairs(actual: &Schema, desired: &Schema) -> Vec<Pair> {
    let mut pairs = Vec::new();
    for (id, new) in desired.iter() {
        let Some(old) = actual.get(id) else { continue };
        let (d, a) = (new.exprs(), old.exprs());
        if d.len() != a.len() {
            println!("not paired: {id}");
            continue;
        }
        for (slot, (desired, actual)) in d.into_iter().zip(a).enumerate() {
            let Some(class) = class(new, slot) else { continue };
            let (desired, actual) = (desired.clone(), actual.clone());
            pairs.push(Pair { id: id.clone(), slot, class, desired, actual });
        }
    }
    pairs
}

/// What sort of expression stands in a place; none for the name of a column.
pub(crate) fn class(object: &Object, slot: usize) -> Option<&'static str> {
    Some(match object {
        Object::Default(_) => "default",
        Object::Column(_) => "generated",
        Object::Constraint(it) => match &it.rule {
            model::Rule::Check { .. } => "check",
            model::Rule::Exclusion { elements, .. } => match elements.get(slot) {
                Some(it) if it.key.column.is_some() => return None,
                Some(_) => "index column",
                None => "index predicate",
            },
            _ => return None,
        },
        Object::Index(it) => match it.keys.get(slot) {
            Some(it) if it.column.is_some() => return None,
            Some(_) => "index column",
            None => "index predicate",
        },
        Object::Policy(it) if slot == 0 && it.using.is_some() => "policy USING",
        Object::Policy(_) => "policy WITH CHECK",
        Object::Domain(_) => "domain default",
        Object::DomainConstraint(_) => "domain CHECK",
        Object::Trigger(_) => "trigger WHEN",
        Object::View(_) => "view",
        Object::MaterializedView(_) => "matview",
        Object::Table(it) if slot == 0 && it.partition_by.is_some() => "partition key",
        Object::Table(_) => "partition bound",
        Object::Function(_) | Object::Procedure(_) => "routine",
        _ => return None,
    })
}

/// What the offline normaliser says of a text in a pair's place.
pub(crate) fn is_same(actual: &Schema, desired: &Schema, pair: &Pair, text: &Expr) -> bool {
    let place = sql::Place { actual, desired, id: &pair.id, slot: pair.slot };
    !is_query(pair.class) && sql::same_in(place, text, &pair.actual) == Sameness::Same
}

/// Whether the offline normaliser is not asked about a class.
pub(crate) fn is_query(class: &str) -> bool {
    matches!(class, "view" | "matview" | "routine" | "partition key" | "partition bound")
}

/// A text in place of an expression, under its path.
pub(crate) fn expression(text: &str, like: &Expr) -> Option<Expr> {
    let end = u32::try_from(text.len()).ok()?;
    sql::expr(text, model::Span { file: 0, start: 0, end }, &like.path).ok()
}
