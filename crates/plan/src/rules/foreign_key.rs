//! Foreign keys. Does not know the rows they are about.

use model::{ForeignKey, Kind, Match, Name, Object, ObjectId, Reaction};

use super::constraint::{deferral, on, state};
use super::depend::is_doomed;
use super::text::list;
use super::{Alter, Context, Rules, apart, retype};
use crate::draft::Draft;
use crate::{Hazard, Mode};

fn clause(key: &ForeignKey) -> String {
    let ForeignKey {
        columns,
        target,
        target_columns,
        on_delete,
        on_delete_columns,
        on_update,
        matching,
        deferral: when,
        validated,
        enforced,
        period,
    } = key;
    let matching = match matching {
        Match::Simple => "",
        Match::Full => " MATCH FULL",
    };
    let only =
        if on_delete_columns.is_empty() { String::new() } else { format!(" ({})", list(on_delete_columns)) };
    let on_delete = reaction(*on_delete).map(|it| format!(" ON DELETE {it}{only}")).unwrap_or_default();
    let on_update = reaction(*on_update).map(|it| format!(" ON UPDATE {it}")).unwrap_or_default();
    let (own, other) = (with_period(columns, *period), with_period(target_columns, *period));
    let tail = format!("{}{}", deferral(*when), state(*validated, *enforced));
    format!("FOREIGN KEY ({own}) REFERENCES {target} ({other}){matching}{on_update}{on_delete}{tail}")
}

fn with_period(columns: &[Name], period: bool) -> String {
    match columns.split_last() {
        Some((last, [])) if period => format!("PERIOD {last}"),
        Some((last, first)) if period => format!("{}, PERIOD {last}", list(first)),
        _ => list(columns),
    }
}

fn reaction(reaction: Reaction) -> Option<&'static str> {
    match reaction {
        Reaction::NoAction => None,
        Reaction::Restrict => Some("RESTRICT"),
        Reaction::Cascade => Some("CASCADE"),
        Reaction::SetNull => Some("SET NULL"),
        Reaction::SetDefault => Some("SET DEFAULT"),
    }
}

impl Rules for ForeignKey {
    fn create(&self, id: &ObjectId, cx: &Context<'_>) -> Vec<Draft> {
        let Some(table) = id.relation() else { return Vec::new() };
        let sql = format!("{} ADD CONSTRAINT {} {}", on(id), id.name(), clause(self));
        let has_rows = !cx.is_new(&Kind::Table.named(table)) && self.validated && self.enforced;
        let create = Draft::create(id, sql).hazard_if(has_rows, Hazard::ScansTable);
        let create = create.hazard_if(has_rows, Hazard::MayFail).needs(apart::same_above(id, cx));
        let create = create.follows(retype::beside_keys(&self.target, cx));
        let create = both(create, self, table, Mode::ShareRowExclusive);
        // The triggers of a partition's own key go.
        let merges = apart::is_merged_below(id, cx);
        vec![if merges { create.lock(Mode::AccessExclusive, &self.target) } else { create }]
    }

    fn alter(&self, new: &ForeignKey, id: &ObjectId, cx: &Context<'_>) -> Alter {
        let ForeignKey {
            columns,
            target,
            target_columns,
            on_delete,
            on_delete_columns,
            on_update,
            matching,
            deferral: when,
            validated,
            enforced,
            period,
        } = new;
        let stays =
            (columns, target, target_columns, on_delete, on_delete_columns, on_update, matching, period)
                == (
                    &self.columns,
                    &self.target,
                    &self.target_columns,
                    &self.on_delete,
                    &self.on_delete_columns,
                    &self.on_update,
                    &self.matching,
                    &self.period,
                );
        if !stays {
            return Alter::Replace("clauses");
        }
        if *enforced != self.enforced && cx.facts.major < 18 {
            return Alter::Replace("enforced");
        }
        if self.validated && self.enforced && *enforced && !validated {
            return Alter::Replace("validated");
        }
        let mut drafts = Vec::new();
        let Some(table) = id.relation() else { return Alter::InPlace(drafts) };
        let prefix = format!("{} ALTER CONSTRAINT {}", on(id), id.name());
        if *when != self.deferral {
            let words = match deferral(*when) {
                "" => " NOT DEFERRABLE",
                " DEFERRABLE" => " DEFERRABLE INITIALLY IMMEDIATE",
                it => it,
            };
            let draft = Draft::alter(id, format!("{prefix}{words}"));
            let (old, new) = (format!("{:?}", self.deferral), format!("{when:?}"));
            drafts.push(draft.lock(Mode::AccessExclusive, table).changed("deferral", old, new));
        }
        if *enforced != self.enforced {
            let word = if *enforced { "ENFORCED" } else { "NOT ENFORCED" };
            let draft =
                both(Draft::alter(id, format!("{prefix} {word}")), self, table, Mode::AccessExclusive);
            let hazard = if *enforced { Hazard::MayFail } else { Hazard::UnenforceConstraint };
            drafts.push(draft.hazard(hazard).changed("enforced", self.enforced, enforced));
        } else if *validated && !self.validated {
            let sql = format!("{} VALIDATE CONSTRAINT {}", on(id), id.name());
            let draft = Draft::alter(id, sql).lock(Mode::ShareUpdateExclusive, table);
            let draft = draft.lock(Mode::RowShare, &self.target).hazard(Hazard::MayFail);
            drafts.push(draft.hazard(Hazard::ScansTable).changed("validated", self.validated, validated));
        }
        Alter::InPlace(drafts)
    }

    fn drop(&self, id: &ObjectId, cx: &Context<'_>) -> Vec<Draft> {
        let Some(table) = id.relation() else { return Vec::new() };
        let drop = Draft::drop(id, format!("{} DROP CONSTRAINT {}", on(id), id.name()));
        let loses = cx.is_gone(id) && !is_doomed(id, cx) && !has_successor(self, id, cx);
        vec![both(drop, self, table, Mode::AccessExclusive).hazard_if(loses, Hazard::DropConstraint)]
    }
}

fn both(draft: Draft, key: &ForeignKey, table: &model::QualName, mode: Mode) -> Draft {
    let draft = draft.lock(mode, table);
    if key.target == *table { draft } else { draft.lock(mode, &key.target) }
}

/// Whether the same columns point to the same ones under another name from now on.
fn has_successor(old: &ForeignKey, id: &ObjectId, cx: &Context<'_>) -> bool {
    let Some(table) = id.relation() else { return false };
    let table = Kind::Table.named(table);
    let mut siblings = cx.desired.parts(&table).filter(|it| *it != id);
    siblings.any(|it| match cx.desired.get(it) {
        Some(Object::ForeignKey(new)) => {
            (&new.columns, &new.target, &new.target_columns)
                == (&old.columns, &old.target, &old.target_columns)
        }
        _ => false,
    })
}
