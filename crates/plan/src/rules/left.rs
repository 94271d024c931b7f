//! What a table keeps from a parent it has left, and is not to have. Does not know what it is to have instead.

use std::collections::HashSet;

use model::{Constraint, Kind, Name, Object, ObjectId, QualName, Table};

use super::heir::{
    checks, column_of, columns, defaults_below, has_default, is_alike, is_not_null, part_of, with_all_below,
    with_heirs,
};
use super::partition::{index_above, outlasts_leaving};
use super::shared::{key_of, keys_of, may_be_renamed};
use super::{Context, apart, column, moved, not_null};
use crate::draft::Draft;
use crate::{Hazard, Mode};

/// A table that has left a parent.
pub(super) struct Left<'a, 'b> {
    pub(super) name: &'a QualName,
    pub(super) id: &'a ObjectId,
    /// What it is to be.
    pub(super) new: &'a Table,
    pub(super) cx: &'a Context<'b>,
}

impl Left<'_, '_> {
    /// What takes it away. Checks and indexes come before the columns, with which they would go.
    pub(super) fn over(&self) -> Vec<Draft> {
        let columns = columns(self.cx.actual, self.name);
        let columns = columns.iter().flat_map(|it| self.column(&Kind::Column.of(self.name, it)));
        self.checks().into_iter().chain(self.keys()).chain(self.indexes()).chain(columns).collect()
    }

    fn alter(&self, sql: String) -> Draft {
        with_heirs(Draft::alter(self.id, sql), self.name, self.cx)
    }

    fn is_above(&self, table: &QualName) -> bool {
        moved::is_above(table, self.name, self.cx)
    }

    fn checks(&self) -> Vec<Draft> {
        let wanted = checks(self.cx.desired, self.name);
        let sides = [self.cx.actual, self.cx.desired];
        let alike = |one: &Constraint, other: &Constraint| is_alike(one, other, self.name, sides);
        let stays = |check: &ObjectId, rule: &Constraint| {
            let mut named = wanted.iter().filter(|(it, _)| it.name() == check.name());
            // What becomes the table's own is as it says, no better.
            named.any(|(it, new)| alike(rule, new) && (it.relation() != Some(self.name) || alike(new, rule)))
        };
        let live = checks(self.cx.actual, self.name).into_iter();
        let from_left = |it: &ObjectId| it.relation().is_some_and(|it| it != self.name && !self.is_above(it));
        // Two parents may have the same one.
        let mut seen = HashSet::new();
        let left =
            live.filter(|(it, rule)| from_left(it) && !stays(it, rule) && seen.insert(it.name().clone()));
        let drop = |it: &ObjectId| format!("ALTER TABLE {} DROP CONSTRAINT {}", self.name, it.name());
        let (actual, desired) = (self.cx.actual, self.cx.desired);
        let goes = |it: &ObjectId| it.kind != Kind::Column && !desired.contains(it);
        let read = |it: &ObjectId| actual.uses(it).into_iter().filter(goes);
        left.map(|(it, _)| self.alter(drop(it)).hazard(Hazard::DropConstraint).precedes(read(it))).collect()
    }

    /// A partition keeps the keys it has from above, under names of its own.
    fn keys(&self) -> Vec<Draft> {
        let cx = self.cx;
        let Some(Object::Table(old)) = cx.actual.get(self.id) else { return Vec::new() };
        let left =
            old.also_own.lent.iter().filter(|(it, _)| it.relation().is_some_and(|it| !self.is_above(it)));
        left.filter_map(|(above, own)| self.key(cx.actual.get(above)?, above, own)).collect()
    }

    fn key(&self, key: &Object, above: &ObjectId, own: &Name) -> Option<Draft> {
        let cx = self.cx;
        let alike: Vec<ObjectId> = keys_of(key, self.name, cx.desired).collect();
        if alike.iter().any(|it| it.name() == own) {
            return None;
        }
        // The table may have had another one that is the same.
        let wanted = alike.into_iter().find(|it| !cx.actual.contains(it));
        // Of two that are the same above, one has its name.
        let is_first = |of| key_of(key, of, cx.actual).as_ref() == Some(above);
        let wanted = wanted.filter(|_| above.relation().is_some_and(is_first));
        match &wanted {
            Some(it) if may_be_renamed(above, cx.actual) => {
                let sql = format!("ALTER TABLE {} RENAME CONSTRAINT {own} TO {}", self.name, it.name());
                return Some(self.alter(sql));
            }
            _ => (),
        }
        let parent = self.new.partition_of.iter().map(|it| &it.parent);
        let mut joined = parent.flat_map(|it| cx.desired.lineage(it));
        if wanted.is_none() && joined.any(|it| key_of(key, it, cx.desired).is_some()) {
            return None;
        }
        let draft = self.alter(format!("ALTER TABLE {} DROP CONSTRAINT {own}", self.name));
        let draft = match key {
            Object::ForeignKey(it) => draft.lock(Mode::AccessExclusive, &it.target),
            _ => draft,
        };
        let draft = draft.follows(cx.users.of(above).cloned()).precedes(wanted.clone());
        let gone = self.pointed_at(above);
        let is_doomed = gone.iter().any(|it| it.kind != Kind::Constraint && !cx.desired.contains(it));
        Some(draft.precedes(gone).hazard_if(wanted.is_none() && !is_doomed, Hazard::DropConstraint))
    }

    /// What a foreign key points to and does not stay as it is.
    fn pointed_at(&self, key: &ObjectId) -> Vec<ObjectId> {
        let (actual, desired) = (self.cx.actual, self.cx.desired);
        let away = |it: &ObjectId| it.qual_name().or(it.relation()) != key.relation();
        let changes = |it: &ObjectId| match it.kind {
            Kind::Table => !desired.contains(it),
            _ => desired.get(it) != actual.get(it),
        };
        actual.uses(key).into_iter().filter(|it| away(it) && changes(it)).collect()
    }

    /// What becomes of a column from above.
    pub(super) fn column(&self, own: &ObjectId) -> Vec<Draft> {
        let (cx, name, column) = (self.cx, self.name, own.name());
        let Some((from, live)) = column_of(cx.actual, name, column).filter(|(it, _)| it != own) else {
            return Vec::new();
        };
        let Some((_, wanted)) = column_of(cx.desired, name, column) else {
            let goes = live.generated.is_none() && !from.relation().is_some_and(|it| self.is_above(it));
            return if goes { self.removed(own) } else { Vec::new() };
        };
        if moved::is_remade(live, wanted, own, cx) {
            return Vec::new();
        }
        let mut drafts = Vec::new();
        if cx.desired.contains(own) {
            drafts.extend(moved::fitted(live, wanted, own, self.id, cx));
            if live.ty == wanted.ty {
                drafts.extend(self.default(own));
            }
        }
        drafts.into_iter().chain(self.not_null(column)).collect()
    }

    /// What takes the default away that a column is not to have, and leaves those below theirs.
    fn default(&self, own: &ObjectId) -> Vec<Draft> {
        let (cx, name, column) = (self.cx, self.name, own.name());
        let default = Kind::Default.of(name, column);
        let goes =
            has_default(cx.actual, &default) && part_of(cx.desired, Kind::Default, name, column).is_none();
        if !goes {
            return Vec::new();
        }
        let below = self.below().map(|it| Kind::Default.of(it, column));
        let comes = |it: &ObjectId| cx.desired.contains(it) && !cx.actual.contains(it);
        let drop = self.alter(format!("{} DROP DEFAULT", column::prefix(own)));
        let drop = drop.precedes(below.filter(comes));
        std::iter::once(drop).chain(defaults_below(&default, self.id, cx)).collect()
    }

    /// What lets a column take NULL, and those below that declare theirs too and are not to.
    fn not_null(&self, column: &Name) -> Vec<Draft> {
        let (cx, name) = (self.cx, self.name);
        if !is_not_null(cx.actual, name, column) || is_not_null(cx.desired, name, column) {
            return Vec::new();
        }
        let declares = |it: &&QualName| {
            cx.actual.table(it).is_some_and(|it| it.also_own.not_nulls.contains(column))
                && !is_not_null(cx.desired, it, column)
        };
        let let_go = |it: &QualName| {
            let not_null = Kind::NotNull.of(it, column);
            let draft = Draft::alter(self.id, not_null::let_go(&not_null, cx));
            apart::locked(draft, &not_null, cx).hazard(Hazard::DropNotNull)
        };
        std::iter::once(name).chain(self.below().filter(declares)).map(let_go).collect()
    }

    /// The tables below that stay there.
    fn below(&self) -> impl Iterator<Item = &QualName> {
        with_all_below(self.name, self.cx).into_iter().skip(1)
    }

    /// Those below that are to have it of their own keep it.
    fn removed(&self, own: &ObjectId) -> Vec<Draft> {
        let before = apart::before_leaving(self.id, own, self.cx);
        let removed = [moved::removed(own, self.id, self.cx)];
        before.into_iter().chain(removed).chain(apart::after_leaving(own, self.cx)).collect()
    }

    /// An index that belongs to one of the partitioned table can only go once its table has left.
    fn indexes(&self) -> Vec<Draft> {
        let cx = self.cx;
        let indexes = cx.actual.parts(self.id).filter(|it| it.kind == Kind::Index);
        let above = |id: &ObjectId| match cx.actual.get(id) {
            Some(Object::Index(it)) => index_above(it),
            _ => None,
        };
        let gone =
            indexes.filter_map(|it| Some((it, above(it)?))).filter(|(it, _)| !outlasts_leaving(it, cx));
        let drop = |(index, above): (&ObjectId, ObjectId)| {
            // Where the index above goes or is made anew, and first, this one has gone with it.
            let when = if cx.desired.get(&above) == cx.actual.get(&above) { "" } else { "IF EXISTS " };
            let draft = Draft::alter(self.id, format!("DROP INDEX {when}{}", index.address()));
            draft.lock(Mode::AccessExclusive, self.name)
        };
        gone.map(drop).collect()
    }
}
