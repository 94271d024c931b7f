//! What a parent demands of a table that is to come under it, and the table has not. Does not know what else becomes
//! of the table.

use model::{Constraint, Kind, Name, Object, ObjectId, QualName};

use super::heir::{
    checks, column_of, columns, default_as_above, defaults_below, is_alike, is_handed_down,
    is_handed_not_null, is_not_null, part_of, with_heirs,
};
use super::{Context, apart, column, constraint, moved};
use crate::Hazard;
use crate::draft::Draft;

/// A table that is to come under a parent.
pub(super) struct Demand<'a, 'b> {
    pub(super) name: &'a QualName,
    pub(super) id: &'a ObjectId,
    pub(super) parent: &'a QualName,
    /// The parents it comes under before this one.
    pub(super) before: &'a [&'a QualName],
    pub(super) cx: &'a Context<'b>,
}

impl Demand<'_, '_> {
    /// What makes up for it.
    pub(super) fn unmet(&self) -> Vec<Draft> {
        let columns = columns(self.cx.desired, self.parent);
        let columns = columns.iter().flat_map(|it| self.column(&Kind::Column.of(self.name, it)));
        columns.chain(self.checks()).collect()
    }

    fn alter(&self, sql: String) -> Draft {
        with_heirs(Draft::alter(self.id, sql), self.name, self.cx)
    }

    /// What a column lacks, or the column where the table has none.
    pub(super) fn column(&self, own: &ObjectId) -> Vec<Draft> {
        let (cx, column) = (self.cx, own.name());
        let Some((above, wanted)) = column_of(cx.desired, self.parent, column) else { return Vec::new() };
        if self.before.iter().any(|it| column_of(cx.desired, it, column).is_some()) {
            return self.not_null(own).into_iter().collect();
        }
        let has = column_of(cx.actual, self.name, column).is_some();
        // What is computed comes after all that it may be computed from.
        if has || wanted.generated.is_some() || self.comes_from_another(own) {
            return self.made_fit(own).into_iter().flatten().collect();
        }
        let [before, after] = apart::merging(own, &above, Some(self.id), cx);
        before.into_iter().chain([moved::added(&above, wanted, self.id, cx)]).chain(after).collect()
    }

    /// What a column that the table has lacks: what must be there before it is one with the parent's, and what will do
    /// afterwards.
    pub(super) fn made_fit(&self, own: &ObjectId) -> [Vec<Draft>; 2] {
        let (cx, column) = (self.cx, own.name());
        let wanted = column_of(cx.desired, self.parent, column);
        let both = column_of(cx.actual, self.name, column).zip(wanted);
        let Some(((_, live), (_, wanted))) = both.filter(|(it, new)| !moved::is_remade(it.1, new.1, own, cx))
        else {
            return [Vec::new(), Vec::new()];
        };
        let after = self.not_null(own).into_iter().chain(self.default(own, live.ty != wanted.ty));
        [moved::fitted(live, wanted, own, self.id, cx), after.collect()]
    }

    /// Whether a parent that stays gets the column and hands it down.
    fn comes_from_another(&self, own: &ObjectId) -> bool {
        let mut above = self.cx.desired.above(self.name).filter(|it| moved::is_above(it, self.name, self.cx));
        above.any(|it| self.cx.desired.contains(&Kind::Column.of(it, own.name())))
    }

    fn not_null(&self, own: &ObjectId) -> Option<Draft> {
        let (cx, column) = (self.cx, own.name());
        let lacks = is_handed_not_null(cx.desired, self.parent, column)
            && !is_not_null(cx.actual, self.name, column)
            && !cx.desired.contains(&Kind::NotNull.of(self.name, column))
            && !self.before.iter().any(|it| is_handed_not_null(cx.desired, it, column));
        let draft = lacks.then(|| self.alter(format!("{} SET NOT NULL", column::prefix(own))))?;
        Some(draft.hazard(Hazard::ScansTable).hazard(Hazard::MayFail))
    }

    fn default(&self, own: &ObjectId, retyped: bool) -> Vec<Draft> {
        let cx = self.cx;
        let default = Kind::Default.of(self.name, own.name());
        let of = |schema, table| part_of(schema, Kind::Default, table, own.name());
        let had = of(cx.actual, self.name).filter(|_| !retyped && !cx.dropped.contains_key(&default));
        if cx.desired.contains(&default) || of(cx.desired, self.parent) == had {
            return Vec::new();
        }
        let (sql, expr) = default_as_above(own, cx);
        // As the column comes to be of the type.
        let set = self.alter(sql).reads(expr).needs([own.clone()]);
        std::iter::once(set).chain(defaults_below(&default, self.id, cx)).collect()
    }

    fn is_alike(&self, had: &Constraint, rule: &Constraint) -> bool {
        is_alike(had, rule, self.name, [self.cx.actual, self.cx.desired])
    }

    fn checks(&self) -> Vec<Draft> {
        let cx = self.cx;
        let mut had = checks(cx.actual, self.name);
        had.retain(|(it, _)| it.relation() != Some(self.name) || !cx.dropped.contains_key(*it));
        let has = |check: &ObjectId, rule: &Constraint| {
            had.iter().any(|(it, had)| it.name() == check.name() && self.is_alike(had, rule))
                || cx.desired.contains(&Kind::Constraint.of(self.name, check.name()))
        };
        let is_made = |name: &Name| {
            let mut before = self.before.iter().flat_map(|it| checks(cx.desired, it));
            before.any(|(it, rule)| it.name() == name && is_handed_down(rule))
        };
        let demanded = checks(cx.desired, self.parent).into_iter();
        let demanded = demanded.filter(|(it, rule)| is_handed_down(rule) && !is_made(it.name()));
        let add = |(check, rule): (&ObjectId, &Constraint)| {
            let clause = constraint::clause(rule);
            let draft =
                self.alter(format!("ALTER TABLE {} ADD CONSTRAINT {} {clause}", self.name, check.name()));
            let exprs = cx.desired.get(check).map(Object::exprs).unwrap_or_default();
            draft.reads(exprs).hazard(Hazard::ScansTable).hazard(Hazard::MayFail)
        };
        demanded.filter(|(it, rule)| !has(it, rule)).map(add).collect()
    }
}
