//! Enums, domains and the checks of domains. Does not know which columns have them.

use model::{Domain, DomainConstraint, EnumType, Kind, Object, ObjectId, literal};

use super::depend::{is_doomed, stands_on_plain_things};
use super::text::{collate, inside, joined, operand, or_none};
use super::{Alter, Context, Rules, swap};
use crate::Hazard;
use crate::draft::{Draft, needs_path};

/// Whether an enum loses labels or changes their order: then it cannot be changed where it stands.
pub(super) fn is_made_anew(old: &EnumType, new: &EnumType) -> bool {
    new.labels.iter().filter(|it| old.labels.contains(it)).ne(&old.labels)
}

impl Rules for EnumType {
    fn create(&self, id: &ObjectId, _: &Context<'_>) -> Vec<Draft> {
        let labels = joined(self.labels.iter().map(|it| literal(it)));
        vec![Draft::create(id, format!("CREATE TYPE {} AS ENUM ({labels})", id.address()))]
    }

    fn alter(&self, new: &EnumType, id: &ObjectId, cx: &Context<'_>) -> Alter {
        let EnumType { labels } = new;
        if is_made_anew(self, new) {
            return Alter::Swap { field: "labels", down: swap::in_the_way(id, cx) };
        }
        let added = labels.iter().enumerate().filter(|(_, it)| !self.labels.contains(it));
        let (old, new) = (self.labels.join(", "), labels.join(", "));
        let drafts = added.map(|(at, label)| add_label(id, labels, at, label).changed("labels", &old, &new));
        Alter::InPlace(drafts.collect())
    }

    fn drop(&self, id: &ObjectId, cx: &Context<'_>) -> Vec<Draft> {
        let drop = Draft::drop(id, format!("DROP TYPE {}", id.address()));
        vec![drop.hazard_if(cx.is_gone(id), Hazard::DropType)]
    }
}

/// Labels are added left to right, so the one before is always there to stand after.
fn add_label(id: &ObjectId, labels: &[String], at: usize, label: &str) -> Draft {
    let place = match (at.checked_sub(1).and_then(|it| labels.get(it)), labels.get(at + 1)) {
        (Some(_), None) => String::new(),
        (Some(before), Some(_)) => format!(" AFTER {}", literal(before)),
        (None, Some(next)) => format!(" BEFORE {}", literal(next)),
        (None, None) => String::new(),
    };
    let sql = format!("ALTER TYPE {} ADD VALUE {}{place}", id.address(), literal(label));
    Draft::alter(id, sql).commit_after().gentle().adds()
}

impl Rules for Domain {
    /// The checks go inside as far as nothing they call could need the domain.
    fn create(&self, id: &ObjectId, cx: &Context<'_>) -> Vec<Draft> {
        let collation = collate(self.collation.as_ref());
        let default = self.default.as_ref().map(|it| format!(" DEFAULT {}", operand(it))).unwrap_or_default();
        let named = self.not_null_name.as_ref().filter(|it| **it != Domain::usual_not_null(id.name()));
        let named = named.map(|it| format!(" CONSTRAINT {it}")).unwrap_or_default();
        let not_null = if self.not_null { format!("{named} NOT NULL") } else { String::new() };
        let mut sql =
            format!("CREATE DOMAIN {} AS {}{collation}{default}{not_null}", id.address(), self.base);
        let mut draft = Draft::create(id, "").reads(&self.default);
        let checks = cx.desired.parts(id).filter_map(|it| match cx.desired.get(it) {
            Some(Object::DomainConstraint(check)) => Some((it, check)),
            _ => None,
        });
        for (check_id, check) in checks {
            let fits = !needs_path(&check.check)
                || draft.step.path.is_empty()
                || check.check.path == draft.step.path;
            let uses = cx.desired.uses(check_id);
            let plain = uses.iter().filter(|it| *it != id).all(|it| {
                // What is put back itself may wait for the domain.
                stands_on_plain_things(it, cx.desired) && !cx.dropped.contains_key(it)
            });
            if check.validated && fits && plain {
                sql += &format!("\n    CONSTRAINT {} CHECK {}", check_id.name(), inside(&check.check));
                draft = draft.reads([&check.check]).makes([check_id.clone()]);
            }
        }
        draft.step.sql = sql;
        vec![draft]
    }

    fn alter(&self, new: &Domain, id: &ObjectId, cx: &Context<'_>) -> Alter {
        let Domain { base, collation, default, not_null, not_null_name } = new;
        let rebuilt = |field| Alter::Swap { field, down: swap::in_the_way(id, cx) };
        if *base != self.base || *collation != self.collation {
            return rebuilt("base");
        }
        if *not_null && !self.not_null && is_inside_others(id, cx) {
            return rebuilt("not_null");
        }
        let mut drafts = Vec::new();
        let prefix = format!("ALTER DOMAIN {}", id.address());
        if *default != self.default {
            let sql = match default {
                Some(it) => format!("{prefix} SET DEFAULT {it}"),
                None => format!("{prefix} DROP DEFAULT"),
            };
            let (old, new) = (or_none(self.default.as_ref()), or_none(default.as_ref()));
            drafts.push(Draft::alter(id, sql).reads(default).changed("default", old, new));
        }
        if *not_null != self.not_null {
            let sql = match (not_null, not_null_name) {
                (true, Some(name)) => format!("{prefix} ADD CONSTRAINT {name} NOT NULL"),
                (true, None) => format!("{prefix} SET NOT NULL"),
                (false, _) => format!("{prefix} DROP NOT NULL"),
            };
            let draft = Draft::alter(id, sql);
            let hazard = if *not_null { Hazard::MayFail } else { Hazard::DropNotNull };
            drafts.push(draft.hazard(hazard).changed("not_null", self.not_null, not_null));
        } else if let (Some(old), Some(new)) = (&self.not_null_name, not_null_name)
            && old != new
        {
            let draft = Draft::alter(id, format!("{prefix} RENAME CONSTRAINT {old} TO {new}"));
            drafts.push(draft.changed("not_null_name", old, new));
        }
        Alter::InPlace(drafts)
    }

    fn drop(&self, id: &ObjectId, cx: &Context<'_>) -> Vec<Draft> {
        let drop = Draft::drop(id, format!("DROP DOMAIN {}", id.address()));
        vec![drop.hazard_if(cx.is_gone(id), Hazard::DropType)]
    }
}

impl Rules for DomainConstraint {
    fn create(&self, id: &ObjectId, cx: &Context<'_>) -> Vec<Draft> {
        let valid = if self.validated { "" } else { " NOT VALID" };
        let sql = format!("{} ADD CONSTRAINT {} CHECK {}{valid}", on(id), id.name(), inside(&self.check));
        let checks_rows =
            self.validated && !id.relation().is_some_and(|it| cx.is_new(&Kind::Domain.named(it)));
        vec![Draft::create(id, sql).reads([&self.check]).hazard_if(checks_rows, Hazard::MayFail)]
    }

    fn alter(&self, new: &DomainConstraint, id: &ObjectId, _: &Context<'_>) -> Alter {
        let DomainConstraint { check, validated } = new;
        if *check != self.check {
            return Alter::Replace("check");
        }
        if !validated {
            return Alter::Replace("validated");
        }
        let draft = Draft::alter(id, format!("{} VALIDATE CONSTRAINT {}", on(id), id.name()));
        Alter::InPlace(vec![draft.hazard(Hazard::MayFail).changed("validated", self.validated, validated)])
    }

    fn drop(&self, id: &ObjectId, cx: &Context<'_>) -> Vec<Draft> {
        let drop = Draft::drop(id, format!("{} DROP CONSTRAINT {}", on(id), id.name()));
        let loses = cx.is_gone(id) && !is_doomed(id, cx);
        vec![drop.hazard_if(loses, Hazard::DropConstraint)]
    }
}

/// Whether columns have the domain inside of an array or a composite type: PostgreSQL cannot look at their
/// values and refuses what it would have to check them for.
fn is_inside_others(id: &ObjectId, cx: &Context<'_>) -> bool {
    let arrays =
        |it: &ObjectId| matches!(cx.actual.get(it), Some(Object::Column(it)) if it.ty.text.ends_with("[]"));
    cx.users.of(id).any(|it| arrays(it) || it.kind == Kind::Composite)
}

fn on(id: &ObjectId) -> String {
    id.relation().map(|it| format!("ALTER DOMAIN {it}")).unwrap_or_default()
}
