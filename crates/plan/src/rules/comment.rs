//! Comments. Does not know what is said.

use model::{Comment, Kind, Object, ObjectId, Schema, literal};

use super::foreign::is_foreign;
use super::text::subject;
use super::{Alter, Context, Rules};
use crate::Mode;
use crate::draft::Draft;

impl Rules for Comment {
    fn create(&self, id: &ObjectId, cx: &Context<'_>) -> Vec<Draft> {
        let create = Draft::create(id, on(id, cx.desired, &literal(&self.text)));
        vec![locked(create, id).needs(behind(id, cx))]
    }

    fn alter(&self, new: &Comment, id: &ObjectId, cx: &Context<'_>) -> Alter {
        let Comment { text } = new;
        let alter = Draft::alter(id, on(id, cx.desired, &literal(text)));
        Alter::InPlace(vec![locked(alter, id).changed("text", &self.text, text)])
    }

    fn drop(&self, id: &ObjectId, cx: &Context<'_>) -> Vec<Draft> {
        vec![locked(Draft::drop(id, on(id, cx.actual, "NULL")), id)]
    }
}

/// The constraint whose index a comment is on.
fn behind(id: &ObjectId, cx: &Context<'_>) -> Option<ObjectId> {
    let index = id.target().filter(|it| it.kind == Kind::Index && !cx.desired.contains(it))?;
    let namespace = index.namespace()?;
    let is_it = |it: &&ObjectId| {
        it.kind == Kind::Constraint && it.name() == index.name() && it.namespace() == Some(namespace)
    };
    cx.created.keys().find(is_it).cloned()
}

fn on(id: &ObjectId, schema: &Schema, text: &str) -> String {
    format!("COMMENT ON {} IS {text}", id.target().map(|it| target(it, schema)).unwrap_or_default())
}

/// A not-null constraint is known by its column, but addressed by its name.
pub(super) fn target(id: &ObjectId, schema: &Schema) -> String {
    match (schema.get(id), id.relation()) {
        (Some(Object::NotNull(it)), Some(table)) => {
            format!("CONSTRAINT {} ON {table}", it.name.as_ref().unwrap_or_else(|| id.name()))
        }
        _ if is_foreign(id, schema) => format!("FOREIGN TABLE {}", id.address()),
        _ => subject(id),
    }
}

/// Takes the lock that a fact about a relation or its column takes. What is looked up by the name of its
/// table takes none that keeps anybody waiting (`get_object_address_relobject`).
pub(super) fn locked(draft: Draft, id: &ObjectId) -> Draft {
    const RELATIONS: [Kind; 3] = [Kind::Table, Kind::View, Kind::MaterializedView];
    const BY_TABLE: [Kind; 7] = [
        Kind::Constraint,
        Kind::ForeignKey,
        Kind::NotNull,
        Kind::Trigger,
        Kind::Rule,
        Kind::Policy,
        Kind::DomainConstraint,
    ];
    let target = id.target();
    let relation =
        target.and_then(|it| it.relation().or(it.qual_name().filter(|_| RELATIONS.contains(&it.kind))));
    match relation.filter(|_| target.is_some_and(|it| !BY_TABLE.contains(&it.kind))) {
        Some(relation) => draft.lock(Mode::ShareUpdateExclusive, relation),
        None => draft,
    }
}
