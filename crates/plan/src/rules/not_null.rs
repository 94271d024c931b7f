//! NOT NULL of columns: a flag up to 17, a named constraint from 18 on. Does not know the values.

use model::{Kind, NotNull, Object, ObjectId, Rule};

use super::{Alter, Context, Rules, apart, column, heir, mark};
use crate::draft::Draft;
use crate::{Hazard, Mode};

impl Rules for NotNull {
    fn create(&self, id: &ObjectId, cx: &Context<'_>) -> Vec<Draft> {
        let Some(table) = id.relation() else { return Vec::new() };
        let named = cx.facts.major >= 18 && (self.name.is_some() || self.no_inherit || self.not_valid);
        let sql = match named {
            true => {
                let name = self.name.as_ref().map(|it| format!("CONSTRAINT {it} ")).unwrap_or_default();
                let inherit = if self.no_inherit { " NO INHERIT" } else { "" };
                let valid = if self.not_valid { " NOT VALID" } else { "" };
                format!("ALTER TABLE {table} ADD {name}NOT NULL {}{inherit}{valid}", id.name())
            }
            false => format!("{} SET NOT NULL", column::prefix(id)),
        };
        let whole = Kind::Table.named(table);
        let has_rows = !self.not_valid && !cx.is_new(&whole);
        let create = Draft::create(id, sql).lock(Mode::AccessExclusive, table);
        let create = create.hazard_if(has_rows, Hazard::ScansTable).hazard_if(has_rows, Hazard::MayFail);
        // What it has kept from a table above has a name that is not known, and there can be but one.
        let is_kept = named && !cx.is_new(&whole) && !cx.actual.contains(id);
        let kept = (is_kept && heir::is_not_null(cx.actual, table, id.name())).then(|| {
            let drop = Draft::alter(id, format!("{} DROP NOT NULL", column::prefix(id)));
            let above = heir::column_of(cx.actual, table, id.name()).map(|it| it.0);
            drop.lock(Mode::AccessExclusive, table).follows([whole]).follows(above)
        });
        kept.into_iter().chain([create]).collect()
    }

    fn alter(&self, new: &NotNull, id: &ObjectId, cx: &Context<'_>) -> Alter {
        let NotNull { name, no_inherit, not_valid } = new;
        let Some(table) = id.relation() else { return Alter::InPlace(Vec::new()) };
        if *not_valid && !self.not_valid {
            return Alter::Replace("not_valid");
        }
        let mut drafts = Vec::new();
        let known = self.name.as_ref().unwrap_or_else(|| id.name());
        let now = name.as_ref().unwrap_or(known);
        if now != known {
            let sql = format!("ALTER TABLE {table} RENAME CONSTRAINT {known} TO {now}");
            drafts.push(Draft::alter(id, sql).lock(Mode::AccessExclusive, table).changed("name", known, now));
        }
        if *no_inherit != self.no_inherit {
            let word = if *no_inherit { "NO INHERIT" } else { "INHERIT" };
            let draft = Draft::alter(id, format!("ALTER TABLE {table} ALTER CONSTRAINT {now} {word}"));
            let draft = draft.lock(Mode::AccessExclusive, table);
            drafts.push(draft.changed("no_inherit", self.no_inherit, no_inherit));
            if *no_inherit {
                drafts.extend(heir::let_take_null(id, cx));
            }
        }
        if self.not_valid && !not_valid {
            let draft = Draft::alter(id, format!("ALTER TABLE {table} VALIDATE CONSTRAINT {now}"));
            let draft = draft.lock(Mode::ShareUpdateExclusive, table).hazard(Hazard::MayFail);
            drafts.push(draft.changed("not_valid", self.not_valid, not_valid));
        }
        Alter::InPlace(drafts)
    }

    /// A primary key and a replica identity hold on to it, so they have to go first.
    fn drop(&self, id: &ObjectId, cx: &Context<'_>) -> Vec<Draft> {
        let Some(table) = id.relation() else { return Vec::new() };
        let is_key = |it: &&ObjectId| match cx.actual.get(it) {
            Some(Object::Constraint(it)) => {
                matches!(&it.rule, Rule::PrimaryKey { columns, .. } if columns.contains(id.name()))
            }
            _ => false,
        };
        let whole = Kind::Table.named(table);
        let tables = heir::with_all_below(table, cx).into_iter().map(|it| Kind::Table.named(it));
        let keys: Vec<ObjectId> =
            tables.flat_map(|it| cx.actual.parts(&it).filter(is_key).cloned().collect::<Vec<_>>()).collect();
        let drop = Draft::drop(id, let_go(id, cx));
        let drop = drop.lock(Mode::AccessExclusive, table).follows(keys).follows(mark::identity(&whole, cx));
        let drop = drop.hazard_if(cx.is_gone(id), Hazard::DropNotNull);
        std::iter::once(drop).chain(heir::outlasting(id, cx)).collect()
    }
}

/// The statement that lets a column take NULL, and those below that are not to keep on taking none.
pub(super) fn let_go(id: &ObjectId, cx: &Context<'_>) -> String {
    let table = id.relation().map(ToString::to_string).unwrap_or_default();
    format!("ALTER TABLE {}{table} ALTER COLUMN {} DROP NOT NULL", apart::only(id, cx), id.name())
}

/// Whether it goes with its column while another constraint of the table takes its name: that one is not to wait for
/// all that the column waits for. An identity column and an heir cannot give it up before.
pub(super) fn gives_its_name(id: &ObjectId, cx: &Context<'_>) -> bool {
    let (Some(Object::NotNull(NotNull { name: Some(name), .. })), Some(table)) =
        (cx.actual.get(id), id.relation())
    else {
        return false;
    };
    let whole = Kind::Table.named(table);
    let column = cx.actual.get(&Kind::Column.of(table, id.name()));
    let is_bound = matches!(column, Some(Object::Column(it)) if it.identity.is_some())
        || heir::is_inherited_not_null(cx.actual, table, id.name());
    let takes = |other: &ObjectId| match cx.desired.get(other) {
        Some(Object::NotNull(it)) => it.name.as_ref() == Some(name),
        _ => matches!(other.kind, Kind::Constraint | Kind::ForeignKey) && other.name() == name,
    };
    let goes_alone = !cx.dropped.contains_key(&whole) && !is_bound;
    goes_alone && cx.created.keys().any(|it| it != id && it.relation() == Some(table) && takes(it))
}
