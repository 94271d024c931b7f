//! Owners. Does not know what they may do.

use model::{Kind, Name, Object, ObjectId, Owner, Schema};

use super::grant::after_owner;
use super::text::subject;
use super::{Alter, Context, Rules};
use crate::draft::Draft;
use crate::{Mode, Why};

impl Rules for Owner {
    /// What the applying role makes is its own; a sequence of a column belongs to whom the table does.
    fn create(&self, id: &ObjectId, cx: &Context<'_>) -> Vec<Draft> {
        let Owner { role } = self;
        let Some(target) = id.target() else { return Vec::new() };
        let given = cx.is_new(target) && *role == cx.facts.role;
        let live = !cx.is_new(target) && cx.facts.owners.get(target) == Some(role);
        if given || live || follows_its_table(target, cx.desired) {
            return Vec::new();
        }
        let give = give(Draft::create(id, statement(target, role)), target);
        std::iter::once(give).chain(after_owner(target, cx)).collect()
    }

    fn alter(&self, new: &Owner, id: &ObjectId, cx: &Context<'_>) -> Alter {
        let Owner { role } = new;
        let Some(target) = id.target() else { return Alter::InPlace(Vec::new()) };
        if follows_its_table(target, cx.desired) {
            return Alter::InPlace(Vec::new());
        }
        let alter = Draft::alter(id, statement(target, role)).changed("role", &self.role, role);
        Alter::InPlace(std::iter::once(give(alter, target)).chain(after_owner(target, cx)).collect())
    }

    /// A file that does not state an owner leaves the one there is.
    fn drop(&self, _: &ObjectId, _: &Context<'_>) -> Vec<Draft> {
        Vec::new()
    }
}

/// A sequence is linked to its column while the two have one owner, so the link comes first.
fn give(draft: Draft, target: &ObjectId) -> Draft {
    match target.qual_name().filter(|_| is_relation(target)) {
        Some(relation) => draft.lock(Mode::AccessExclusive, relation),
        None => draft,
    }
}

fn is_relation(id: &ObjectId) -> bool {
    matches!(id.kind, Kind::Table | Kind::View | Kind::MaterializedView | Kind::Sequence)
}

fn statement(target: &ObjectId, role: &Name) -> String {
    format!("ALTER {} OWNER TO {role}", subject(target))
}

/// An object is given to a role by a statement of its own.
pub(super) fn given(target: &ObjectId, role: &Name) -> Draft {
    give(Draft::alter(target, statement(target, role)), target)
}

fn follows_its_table(target: &ObjectId, desired: &Schema) -> bool {
    matches!(desired.get(target), Some(Object::Sequence(it)) if it.owned_by.is_some())
}

/// What is made again belongs to whom it did, though no file says so.
pub(super) fn former_owners(cx: &Context<'_>) -> Vec<Draft> {
    let again = cx.created.keys().filter(|it| cx.dropped.contains_key(*it));
    again
        .filter_map(|target| {
            let role = cx.facts.owners.get(target).filter(|it| **it != cx.facts.role)?;
            let id = Kind::Owner.on(target);
            if cx.desired.contains(&id) || follows_its_table(target, cx.desired) {
                return None;
            }
            let create = Draft::create(&id, statement(target, role));
            Some(give(create, target).needs([target.clone()]).why(Why::PutBack { id: target.clone() }))
        })
        .collect()
}
