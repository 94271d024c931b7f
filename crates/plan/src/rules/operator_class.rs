//! Operator families and classes. Does not know what indexes use them.

use model::{Member, Object, ObjectId, OperatorClass, OperatorFamily, Support, symbol};

use super::{Alter, Context, Rules};
use crate::Hazard;
use crate::draft::Draft;

impl Rules for OperatorFamily {
    fn create(&self, id: &ObjectId, cx: &Context<'_>) -> Vec<Draft> {
        let mut drafts = vec![Draft::create(id, format!("CREATE OPERATOR FAMILY {}", id.address()))];
        let loose: Vec<String> = self.loose(id, cx.desired).map(words).collect();
        if !loose.is_empty() {
            drafts.push(Draft::alter(id, change("ADD", id, &loose)));
        }
        drafts
    }

    /// A member that a class is made with comes and goes with the class, and what indexes have built with it
    /// is built again.
    fn alter(&self, new: &OperatorFamily, id: &ObjectId, cx: &Context<'_>) -> Alter {
        let gone: Vec<&Member> = self.members().iter().filter(|it| !new.members().contains(it)).collect();
        let come: Vec<&Member> = new.members().iter().filter(|it| !self.members().contains(it)).collect();
        let come: Vec<&Member> = come.into_iter().filter(|it| !comes_with_class(it, id, cx)).collect();
        let all_loose = |of: &[&Member], all: &OperatorFamily, schema| {
            of.iter().all(|it| all.loose(id, schema).any(|loose| loose == *it))
        };
        if !all_loose(&gone, self, cx.actual) || !all_loose(&come, new, cx.desired) {
            return Alter::Replace("members");
        }
        let mut drafts = Vec::new();
        let gone: Vec<String> = gone.into_iter().map(place).collect();
        let come: Vec<String> = come.into_iter().map(words).collect();
        let (old, fresh) = (gone.join(", "), come.join(", "));
        if !gone.is_empty() {
            drafts.push(Draft::alter(id, change("DROP", id, &gone)));
        }
        if !come.is_empty() {
            let add = Draft::alter(id, change("ADD", id, &come));
            drafts.push(if gone.is_empty() { add.gentle() } else { add });
        }
        Alter::InPlace(drafts.into_iter().map(|it| it.changed("members", &old, &fresh)).collect())
    }

    fn drop(&self, id: &ObjectId, cx: &Context<'_>) -> Vec<Draft> {
        let drop = Draft::drop(id, format!("DROP OPERATOR FAMILY {}", id.address()));
        vec![drop.hazard_if(cx.is_gone(id), Hazard::DropDefinition)]
    }
}

impl Rules for OperatorClass {
    fn create(&self, id: &ObjectId, cx: &Context<'_>) -> Vec<Draft> {
        let address = id.address();
        let (name, method) = address.rsplit_once(" USING ").unwrap_or((&address, ""));
        let default = if self.default { "DEFAULT " } else { "" };
        let mut items: Vec<String> = self.members(id, cx.desired).into_iter().map(words).collect();
        items.extend(self.storage.iter().map(|it| format!("STORAGE {it}")));
        if items.is_empty() {
            // The grammar wants something; the type itself is what is stored anyway.
            items.push(format!("STORAGE {}", self.ty));
        }
        let sql = format!(
            "CREATE OPERATOR CLASS {name} {default}FOR TYPE {} USING {method} FAMILY {} AS\n    {}",
            self.ty,
            self.family,
            items.join(",\n    ")
        );
        let left = left_by_another(self, id, cx);
        let family = self.family(id);
        let drop = (!left.is_empty()).then(|| Draft::alter(id, change("DROP", &family, &left)));
        drop.into_iter().chain([Draft::create(id, sql)]).collect()
    }

    /// Nothing about a class changes in place, and what the class leaves behind in its family stands in the
    /// way of making it anew: the family goes along.
    fn alter(&self, new: &OperatorClass, id: &ObjectId, _: &Context<'_>) -> Alter {
        let OperatorClass { family: _, ty: _, default: _, storage: _ } = new;
        Alter::Around { down: vec![self.family(id)], drafts: Vec::new() }
    }

    fn drop(&self, id: &ObjectId, cx: &Context<'_>) -> Vec<Draft> {
        let drop = Draft::drop(id, format!("DROP OPERATOR CLASS {}", id.address()));
        vec![drop.hazard_if(cx.is_gone(id), Hazard::DropDefinition)]
    }
}

/// Whether a class that is not there yet is made with the member.
fn comes_with_class(member: &Member, family: &ObjectId, cx: &Context<'_>) -> bool {
    let mut new = cx.desired.parts(family).filter(|it| !cx.actual.contains(it));
    new.any(|id| match cx.desired.get(id) {
        Some(Object::OperatorClass(it)) => it.lists(id, member),
        _ => false,
    })
}

/// The places of members that a class of before has left in the family, and this one is made with.
fn left_by_another(class: &OperatorClass, id: &ObjectId, cx: &Context<'_>) -> Vec<String> {
    let family = class.family(id);
    match cx.actual.get(&family) {
        Some(Object::OperatorFamily(live)) if !cx.is_new(&family) && !cx.actual.contains(id) => {
            let wanted = class.members(id, cx.desired);
            live.loose(&family, cx.actual).filter(|it| wanted.contains(it)).map(place).collect()
        }
        _ => Vec::new(),
    }
}

fn change(verb: &str, id: &ObjectId, items: &[String]) -> String {
    format!("ALTER OPERATOR FAMILY {} {verb}\n    {}", id.address(), items.join(",\n    "))
}

/// A member's place: `OPERATOR 1 (integer, bigint)`.
fn place(member: &Member) -> String {
    let word = match member.what {
        Support::Operator { .. } => "OPERATOR",
        Support::Function { .. } => "FUNCTION",
    };
    format!("{word} {} ({}, {})", member.slot.number, member.slot.left, member.slot.right)
}

/// A member as it is added.
fn words(member: &Member) -> String {
    let slot = &member.slot;
    match &member.what {
        Support::Operator { name, order_by } => {
            let name = symbol(name);
            let order = order_by.as_ref().map(|it| format!(" FOR ORDER BY {it}")).unwrap_or_default();
            format!("OPERATOR {} {name} ({}, {}){order}", slot.number, slot.left, slot.right)
        }
        Support::Function { name, arguments } => format!("{} {name}({arguments})", place(member)),
    }
}
