//! Range types and shells. Does not know what is in the columns that have them.

use model::{Kind, ObjectId, QualName, Range, Shell};

use super::text::joined;
use super::{Alter, Context, Rules, swap};
use crate::Hazard;
use crate::draft::Draft;

impl Rules for Range {
    fn create(&self, id: &ObjectId, _: &Context<'_>) -> Vec<Draft> {
        let Range { subtype, opclass, collation, diff, multirange } = self;
        let mut options = vec![format!("SUBTYPE = {subtype}")];
        options.extend(opclass.iter().map(|it| format!("SUBTYPE_OPCLASS = {it}")));
        options.extend(collation.iter().map(|it| format!("COLLATION = {it}")));
        options.extend(diff.iter().map(|it| format!("SUBTYPE_DIFF = {it}")));
        let own = id.qual_name().is_some_and(|it| default_multirange(it) == *multirange);
        options.extend((!own).then(|| format!("MULTIRANGE_TYPE_NAME = {multirange}")));
        vec![Draft::create(id, format!("CREATE TYPE {} AS RANGE ({})", id.address(), joined(options)))]
    }

    /// Only the name of the multirange type changes in place.
    fn alter(&self, new: &Range, id: &ObjectId, cx: &Context<'_>) -> Alter {
        let Range { subtype, opclass, collation, diff: _, multirange } = new;
        let rest = Range { multirange: self.multirange.clone(), ..new.clone() };
        if rest == *self && multirange.namespace == self.multirange.namespace {
            let sql = format!("ALTER TYPE {} RENAME TO {}", self.multirange, multirange.name);
            let draft = Draft::alter(id, sql).gentle();
            return Alter::InPlace(vec![draft.changed("multirange", &self.multirange, multirange)]);
        }
        let field = match () {
            () if *subtype != self.subtype => "subtype",
            () if *opclass != self.opclass => "opclass",
            () if *collation != self.collation => "collation",
            () if rest == *self => "multirange",
            () => "diff",
        };
        if cx.users.of(id).any(|it| it.kind == Kind::Column) {
            return Alter::Swap { field, down: swap::in_the_way(id, cx) };
        }
        Alter::Replace(field)
    }

    fn drop(&self, id: &ObjectId, cx: &Context<'_>) -> Vec<Draft> {
        let drop = Draft::drop(id, format!("DROP TYPE {}", id.address()));
        vec![drop.hazard_if(cx.is_gone(id), Hazard::DropType)]
    }
}

fn default_multirange(range: &QualName) -> QualName {
    Range::multirange_name(&range.name).within(range.namespace.clone())
}

/// What the server made with a range type and would stand in the way of making it anew: the multirange type
/// and the constructors, which keep their names when the type steps aside.
pub(super) fn along(range: &Range, id: &ObjectId, aside: &QualName) -> Vec<Draft> {
    let Some(name) = id.qual_name() else { return Vec::new() };
    let Range { subtype, multirange, .. } = range;
    // All of them stand in the namespace of the range.
    let many = &multirange.name.clone().within(name.namespace.clone());
    let constructors = [
        (name, format!("{subtype}, {subtype}")),
        (name, format!("{subtype}, {subtype}, text")),
        (many, String::new()),
        (many, aside.to_string()),
        (many, format!("{aside}[]")),
    ];
    let rename = |of: &QualName, what: String| {
        Draft::alter(id, format!("ALTER {what} RENAME TO {}", swap::aside(of).name))
    };
    let multi = rename(multirange, format!("TYPE {multirange}"));
    let constructors =
        constructors.into_iter().map(|(of, types)| rename(of, format!("FUNCTION {of}({types})")));
    std::iter::once(multi).chain(constructors).collect()
}

impl Rules for Shell {
    fn create(&self, id: &ObjectId, _: &Context<'_>) -> Vec<Draft> {
        vec![Draft::create(id, format!("CREATE TYPE {}", id.address()))]
    }

    fn alter(&self, new: &Shell, _: &ObjectId, _: &Context<'_>) -> Alter {
        let Shell {} = new;
        Alter::InPlace(Vec::new())
    }

    fn drop(&self, id: &ObjectId, cx: &Context<'_>) -> Vec<Draft> {
        let drop = Draft::drop(id, format!("DROP TYPE {}", id.address()));
        vec![drop.hazard_if(cx.is_gone(id), Hazard::DropType)]
    }
}
