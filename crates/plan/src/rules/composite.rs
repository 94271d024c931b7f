//! Composite types. Does not know what is in the columns that have them.

use std::collections::HashSet;

use model::{Attribute, Body, Composite, Kind, Object, ObjectId};

use super::text::{collate, joined};
use super::{Alter, Context, Rules, swap};
use crate::Hazard;
use crate::draft::Draft;

impl Rules for Composite {
    fn create(&self, id: &ObjectId, _: &Context<'_>) -> Vec<Draft> {
        let attributes = joined(self.attributes.iter().map(words));
        vec![Draft::create(id, format!("CREATE TYPE {} AS ({attributes})", id.address()))]
    }

    /// Where values are stored the server refuses another type for an attribute. With the same names in
    /// the same order the columns go over by way of their text; else the attribute goes and comes again.
    fn alter(&self, new: &Composite, id: &ObjectId, cx: &Context<'_>) -> Alter {
        let Composite { attributes } = new;
        if cx.users.of(id).any(|it| it.kind == Kind::Table) {
            return Alter::Replace("attributes");
        }
        let stored = is_stored(id, cx);
        let names = |of: &[Attribute]| of.iter().map(|it| it.name.clone()).collect::<Vec<_>>();
        let (old, fresh) = (words_of(&self.attributes), words_of(attributes));
        if stored && names(&self.attributes) == names(attributes) {
            let mut down = swap::in_the_way(id, cx);
            down.extend(attributes.iter().filter_map(|it| comment(id, it, cx)));
            return Alter::Swap { field: "attributes", down };
        }
        let kept = kept(&self.attributes, attributes, stored);
        let (kept, added) = attributes.split_at(kept);
        let gone = |it: &Attribute| !kept.iter().any(|kept| kept.name == it.name);
        let mut drafts = Vec::new();
        for it in self.attributes.iter().filter(|it| gone(it)) {
            let drop = Draft::alter(id, format!("{} DROP ATTRIBUTE {}", prefix(id), it.name));
            drafts.push(drop.hazard_if(stored, Hazard::DropColumn).follows(comment(id, it, cx)));
        }
        let retyped = kept.iter().filter(|it| !self.attributes.contains(it));
        drafts.extend(
            retyped.map(|it| Draft::alter(id, format!("{} ALTER ATTRIBUTE {}", prefix(id), retyping(it)))),
        );
        let only_adds = drafts.is_empty();
        for it in added {
            let add = Draft::alter(id, format!("{} ADD ATTRIBUTE {}", prefix(id), words(it)));
            drafts.push(if only_adds { add.gentle().adds() } else { add });
        }
        let drafts = drafts.into_iter().map(|it| it.changed("attributes", &old, &fresh)).collect();
        if only_adds {
            return Alter::InPlace(drafts);
        }
        let mut down = in_the_way(id, cx);
        down.extend(added.iter().filter_map(|it| comment(id, it, cx)));
        Alter::Around { down, drafts }
    }

    fn drop(&self, id: &ObjectId, cx: &Context<'_>) -> Vec<Draft> {
        let drop = Draft::drop(id, format!("DROP TYPE {}", id.address()));
        vec![drop.hazard_if(cx.is_gone(id), Hazard::DropType)]
    }
}

fn prefix(id: &ObjectId) -> String {
    format!("ALTER TYPE {}", id.address())
}

fn words(Attribute { name, ty, collation }: &Attribute) -> String {
    format!("{name} {ty}{}", collate(collation.as_ref()))
}

fn retyping(Attribute { name, ty, collation }: &Attribute) -> String {
    format!("{name} TYPE {ty}{}", collate(collation.as_ref()))
}

fn words_of(attributes: &[Attribute]) -> String {
    joined(attributes.iter().map(words))
}

/// How many of the new attributes, from the first on, can stay what they are: new ones only come behind all
/// others.
fn kept(old: &[Attribute], new: &[Attribute], stored: bool) -> usize {
    let mut at = 0;
    let stays = |it: &&Attribute| {
        let behind = old.get(at..).unwrap_or_default();
        let found = behind.iter().position(|old| if stored { old == *it } else { old.name == it.name });
        at += found.map_or(0, |it| it + 1);
        found.is_some()
    };
    new.iter().take_while(stays).count()
}

/// Whether a column has the type, be it inside of another one.
fn is_stored(id: &ObjectId, cx: &Context<'_>) -> bool {
    let (mut seen, mut queue) = (HashSet::new(), vec![id]);
    while let Some(id) = queue.pop() {
        for user in cx.users.of(id) {
            match user.kind {
                Kind::Column => return true,
                Kind::Composite | Kind::Domain if seen.insert(user) => queue.push(user),
                _ => (),
            }
        }
    }
    false
}

/// What may read an attribute by its number, and so hold on to it.
fn in_the_way(id: &ObjectId, cx: &Context<'_>) -> Vec<ObjectId> {
    use Kind::{Constraint, Default, Index, MaterializedView, Policy, Trigger, View};
    let parsed = |it: &ObjectId| match cx.actual.get(it) {
        Some(Object::Function(it)) => matches!(it.body, Body::Standard(_)),
        Some(Object::Procedure(it)) => matches!(it.body, Body::Standard(_)),
        _ => matches!(it.kind, Constraint | Default | Index | MaterializedView | Policy | Trigger | View),
    };
    cx.users.of(id).filter(|it| parsed(it)).cloned().collect()
}

/// The comment on an attribute, if there is one.
fn comment(id: &ObjectId, attribute: &Attribute, cx: &Context<'_>) -> Option<ObjectId> {
    let comment = Kind::Comment.on(&Kind::Column.of(id.qual_name()?, &attribute.name));
    cx.actual.contains(&comment).then_some(comment)
}
