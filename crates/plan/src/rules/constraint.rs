//! Check, primary key, unique and exclusion constraints. Does not know the rows they are about.

use model::{Constraint, Deferral, Element, Kind, Name, Object, ObjectId, QualName, Rule, Schema, Settings};
use sql::{Columns, Sameness};

use super::depend::is_doomed;
use super::index::key;
use super::text::{Options, inside, joined, list, with};
use super::{Alter, Context, Rules, apart, heir};
use crate::draft::Draft;
use crate::{Hazard, Mode};

/// `ALTER TABLE t`
pub(super) fn on(id: &ObjectId) -> String {
    id.relation().map(|it| format!("ALTER TABLE {it}")).unwrap_or_default()
}

/// What stands behind a constraint's name, in CREATE TABLE as well.
pub(super) fn clause(constraint: &Constraint) -> String {
    let Constraint { rule, deferral, validated, enforced, options, tablespace } = constraint;
    let behind = behind(options, tablespace.as_ref());
    let body = match rule {
        Rule::Check { expr, no_inherit } => {
            format!("CHECK {}{}", inside(expr), if *no_inherit { " NO INHERIT" } else { "" })
        }
        Rule::PrimaryKey { columns, include, without_overlaps } => {
            format!("PRIMARY KEY ({}){}{behind}", columns_of(columns, *without_overlaps), included(include))
        }
        Rule::Unique { columns, include, nulls_not_distinct, without_overlaps } => {
            let nulls = if *nulls_not_distinct { " NULLS NOT DISTINCT" } else { "" };
            format!("UNIQUE{nulls} ({}){}{behind}", columns_of(columns, *without_overlaps), included(include))
        }
        Rule::Exclusion { method, elements, include, predicate } => {
            let predicate = predicate.as_ref().map(|it| format!(" WHERE {}", inside(it))).unwrap_or_default();
            let elements = joined(elements.iter().map(element));
            format!("EXCLUDE USING {method} ({elements}){}{behind}{predicate}", included(include))
        }
    };
    format!("{body}{}{}", self::deferral(*deferral), state(*validated, *enforced))
}

fn behind(options: &Settings, tablespace: Option<&Name>) -> String {
    let tablespace = tablespace.map(|it| format!(" USING INDEX TABLESPACE {it}")).unwrap_or_default();
    format!("{}{tablespace}", with(options))
}

fn columns_of(columns: &[Name], without_overlaps: bool) -> String {
    format!("{}{}", list(columns), if without_overlaps { " WITHOUT OVERLAPS" } else { "" })
}

fn included(include: &[Name]) -> String {
    if include.is_empty() { String::new() } else { format!(" INCLUDE ({})", list(include)) }
}

fn element(element: &Element) -> String {
    format!("{} WITH {}", key(&element.key), element.operator)
}

/// When a constraint is checked, in words.
pub(super) fn deferral(deferral: Deferral) -> &'static str {
    match deferral {
        Deferral::Never => "",
        Deferral::Immediate => " DEFERRABLE",
        Deferral::Deferred => " DEFERRABLE INITIALLY DEFERRED",
    }
}

/// An unenforced constraint is never valid, and need not say so.
pub(super) fn state(validated: bool, enforced: bool) -> &'static str {
    match (enforced, validated) {
        (false, _) => " NOT ENFORCED",
        (true, false) => " NOT VALID",
        (true, true) => "",
    }
}

impl Rules for Constraint {
    fn create(&self, id: &ObjectId, cx: &Context<'_>) -> Vec<Draft> {
        let Some(table) = id.relation() else { return Vec::new() };
        let sql = format!("{} ADD CONSTRAINT {} {}", on(id), id.name(), clause(self));
        let has_rows = !cx.is_new(&Kind::Table.named(table)) && self.validated && self.enforced;
        let builds = self.rule.is_indexed();
        let create = Draft::create(id, sql).reads(model::Object::from(self.clone()).exprs());
        let create = create.lock(Mode::AccessExclusive, table).needs(apart::same_above(id, cx));
        let create = create
            .hazard_if(has_rows && !builds, Hazard::ScansTable)
            .hazard_if(has_rows && builds, Hazard::BlocksWrites)
            .hazard_if(has_rows, Hazard::MayFail);
        let again = heir::declared_again(id, self, cx);
        std::iter::once(create).chain(apart::named_as_lent(id, cx)).chain(again).collect()
    }

    fn alter(&self, new: &Constraint, id: &ObjectId, _: &Context<'_>) -> Alter {
        let Constraint { rule, deferral, validated, enforced, options, tablespace } = new;
        if *rule != self.rule {
            return Alter::Replace("rule");
        }
        if *deferral != self.deferral {
            return Alter::Replace("deferral");
        }
        if *enforced != self.enforced {
            return Alter::Replace("enforced");
        }
        if self.validated && !validated {
            return Alter::Replace("validated");
        }
        let Some(table) = id.relation() else { return Alter::InPlace(Vec::new()) };
        let mut drafts = Vec::new();
        if *validated != self.validated {
            let sql = format!("{} VALIDATE CONSTRAINT {}", on(id), id.name());
            let draft = Draft::alter(id, sql).lock(Mode::ShareUpdateExclusive, table).hazard(Hazard::MayFail);
            drafts.push(draft.hazard(Hazard::ScansTable).changed("validated", self.validated, validated));
        }
        let index = id.name().clone().within(table.namespace.clone());
        let options = Options { old: &self.options, new: options };
        let (before, after) = options.words();
        for clause in options.change() {
            let draft = Draft::alter(id, format!("ALTER INDEX {index} {clause}"));
            drafts.push(draft.lock(Mode::ShareUpdateExclusive, &index).changed("options", &before, &after));
        }
        if *tablespace != self.tablespace {
            drafts.push(super::index::move_to(id, &index, self.tablespace.as_ref(), tablespace.as_ref()));
        }
        Alter::InPlace(drafts)
    }

    fn drop(&self, id: &ObjectId, cx: &Context<'_>) -> Vec<Draft> {
        let Some(table) = id.relation() else { return Vec::new() };
        let only = apart::only(id, cx);
        let drop = Draft::drop(id, format!("ALTER TABLE {only}{table} DROP CONSTRAINT {}", id.name()));
        let loses = match cx.desired.get(id) {
            Some(Object::Constraint(new)) => self.enforced && !new.enforced,
            _ => !is_doomed(id, cx) && !has_successor(self, id, cx),
        };
        let hazard = if cx.is_gone(id) { Hazard::DropConstraint } else { Hazard::UnenforceConstraint };
        let drop = drop.lock(Mode::AccessExclusive, table).hazard_if(loses, hazard);
        std::iter::once(drop).chain(heir::outlasting(id, cx)).collect()
    }
}

/// Whether the same is demanded under another name from now on.
fn has_successor(old: &Constraint, id: &ObjectId, cx: &Context<'_>) -> bool {
    let Some(table) = id.relation() else { return false };
    let whole = Kind::Table.named(table);
    let mut siblings = cx.desired.parts(&whole).filter(|it| *it != id);
    siblings.any(|it| match cx.desired.get(it) {
        Some(Object::Constraint(new)) => {
            new.enforced >= old.enforced && demands(&new.rule, &old.rule, table, [cx.actual, cx.desired])
        }
        _ => false,
    })
}

/// Whether two rules demand the same of a table's columns, as they are and as they are to be. What only the server
/// could tell is not the same.
pub(super) fn demands(one: &Rule, other: &Rule, table: &QualName, sides: [&Schema; 2]) -> bool {
    let (Rule::Check { expr, no_inherit }, Rule::Check { expr: its, no_inherit: alone }) = (one, other)
    else {
        return one == other;
    };
    let same = |columns: &Columns| {
        [(expr, its), (its, expr)].iter().any(|(a, b)| sql::same(a, b, columns) == Sameness::Same)
    };
    no_inherit == alone && (expr == its || sides.iter().all(|it| same(&sql::columns_in(it, table))))
}
