//! Indexes that no constraint owns. Does not know how large a table is.

use std::collections::{BTreeMap, BTreeSet};

use model::{Index, IndexKey, Kind, Name, Object, ObjectId, QualName};

use super::depend::is_doomed;
use super::partition::{below, comes_by_itself, is_made_before, joins, leaves, outlasts_leaving, spreads};
use super::text::{Options, collate, inside, joined, list, or_none, settings, with};
use super::{Alter, Context, Rules, apart};
use crate::draft::Draft;
use crate::{Hazard, Mode};

/// One key with its collation, operator class and order; what is usual is not said.
pub(super) fn key(key: &IndexKey) -> String {
    let IndexKey { expr, column, collation, opclass, opclass_options, descending, nulls_first } = key;
    let mut sql = match column {
        Some(name) => name.to_string(),
        None => inside(expr),
    };
    sql += &collate(collation.as_ref());
    if let Some(opclass) = opclass {
        sql += &format!(" {opclass}");
    }
    if !opclass_options.is_empty() {
        sql += &format!(" ({})", settings(opclass_options));
    }
    if *descending {
        sql += " DESC";
    }
    match (descending, nulls_first) {
        (true, false) => sql + " NULLS LAST",
        (false, true) => sql + " NULLS FIRST",
        (true, true) | (false, false) => sql,
    }
}

impl Rules for Index {
    fn create(&self, id: &ObjectId, cx: &Context<'_>) -> Vec<Draft> {
        let Some(relation) = self.relation.qual_name() else { return Vec::new() };
        if comes_by_itself(self, id, cx) {
            return Vec::new();
        }
        let spreads = spreads(id, cx.desired);
        let apart = self.concurrently && may_go_apart(self, id, cx);
        let sql = sql(self, id, relation, Form { apart, only: self.only || !spreads });
        let create = Draft::create(id, sql).reads(self.keys.iter().map(|it| &it.expr).chain(&self.predicate));
        let has_rows = !cx.is_new(&self.relation);
        let create = match apart {
            true => create
                .lock(Mode::ShareUpdateExclusive, relation)
                .undo(format!("DROP INDEX IF EXISTS {}", id.address()))
                .outside(),
            false => create.lock(Mode::Share, relation).hazard_if(has_rows, Hazard::BlocksWrites),
        };
        let create = create.needs(apart::same_above(id, cx));
        let create = create.hazard_if(has_rows && self.unique, Hazard::MayFail);
        let others = if spreads { below(id, cx.desired) } else { Vec::new() };
        let others: Vec<ObjectId> = others.into_iter().filter(|it| !is_made_before(it, cx)).collect();
        let create = create.makes(others.clone());
        let attach = self.attached_to.as_ref().map(|parent| attach(id, parent).adds());
        let targets = targets(id, &BTreeMap::new(), &self.statistics).into_iter().map(Draft::adds);
        std::iter::once(create).chain(attach).chain(targets).chain(adjusted(&others, cx)).collect()
    }

    fn alter(&self, new: &Index, id: &ObjectId, cx: &Context<'_>) -> Alter {
        let Index {
            relation,
            unique,
            method,
            keys,
            include,
            predicate,
            nulls_not_distinct,
            options,
            tablespace,
            statistics,
            valid,
            attached_to,
            only: _,
            concurrently: _,
        } = new;
        let remade = [
            ("relation", *relation != self.relation),
            ("unique", *unique != self.unique),
            ("method", *method != self.method),
            ("keys", *keys != self.keys),
            ("include", *include != self.include),
            ("predicate", *predicate != self.predicate),
            ("nulls_not_distinct", *nulls_not_distinct != self.nulls_not_distinct),
            ("valid", *valid && !self.valid),
            (
                "attached_to",
                self.attached_to.is_some() && *attached_to != self.attached_to && !leaves(&self.relation, cx),
            ),
        ];
        if let Some((field, _)) = remade.into_iter().find(|(_, differs)| *differs) {
            return Alter::Replace(field);
        }
        let Some(name) = id.qual_name() else { return Alter::InPlace(Vec::new()) };
        let mut drafts = Vec::new();
        let options = Options { old: &self.options, new: options };
        let (before, after) = options.words();
        for clause in options.change() {
            let draft = Draft::alter(id, format!("ALTER INDEX {name} {clause}"));
            drafts.push(draft.lock(Mode::ShareUpdateExclusive, name).changed("options", &before, &after));
        }
        if *tablespace != self.tablespace {
            drafts.push(move_to(id, name, self.tablespace.as_ref(), tablespace.as_ref()));
        }
        drafts.extend(targets(id, &self.statistics, statistics));
        // What is there is attached as its table becomes a partition, and as the index above is made.
        let comes_with = |above: &ObjectId| !cx.actual.contains(above) && spreads(above, cx.desired);
        let attached = attached_to
            .as_ref()
            .filter(|it| !joins(&self.relation, cx) && !comes_with(&Kind::Index.named(it)));
        if let Some(parent) = attached.filter(|_| *attached_to != self.attached_to) {
            drafts.push(attach(id, parent).adds().changed(
                "attached_to",
                or_none(self.attached_to.as_ref()),
                parent,
            ));
        }
        Alter::InPlace(drafts)
    }

    fn drop(&self, id: &ObjectId, cx: &Context<'_>) -> Vec<Draft> {
        // It goes when its table has left, and that is said there.
        if self.attached_to.is_some() && leaves(&self.relation, cx) && !outlasts_leaving(id, cx) {
            return Vec::new();
        }
        let drop = Draft::drop(id, format!("DROP INDEX {}", id.address()));
        let loses =
            self.unique && self.valid && cx.is_gone(id) && !is_doomed(id, cx) && !has_successor(self, cx);
        let drop = match self.relation.qual_name() {
            Some(relation) => drop.lock(Mode::AccessExclusive, relation),
            None => drop,
        };
        vec![drop.hazard_if(loses, Hazard::DropUniqueIndex)]
    }
}

/// Storage parameters of indexes that the server made after the one above each.
pub(super) fn adjusted(ids: &[ObjectId], cx: &Context<'_>) -> Vec<Draft> {
    let adjust = |id: &ObjectId| {
        let Some(Object::Index(index)) = cx.desired.get(id) else { return Vec::new() };
        let above = index.attached_to.as_ref().map(|it| Kind::Index.named(it));
        let Some(Object::Index(made)) = above.and_then(|it| cx.desired.get(&it)) else { return Vec::new() };
        let clauses = Options { old: &made.options, new: &index.options }.change();
        let alter = |clause| Draft::alter(id, format!("ALTER INDEX {} {clause}", id.address())).trailing();
        let targets = targets(id, &BTreeMap::new(), &index.statistics);
        let clauses = clauses.into_iter().map(alter);
        clauses.chain(targets).map(|it| it.needs([id.clone()])).collect()
    };
    ids.iter().flat_map(adjust).collect()
}

/// Statistics targets of an index's columns that differ.
fn targets(id: &ObjectId, old: &BTreeMap<i16, i32>, new: &BTreeMap<i16, i32>) -> Vec<Draft> {
    let Some(name) = id.qual_name() else { return Vec::new() };
    let mut drafts = Vec::new();
    for number in old.keys().chain(new.keys()).collect::<BTreeSet<_>>() {
        let (was, is) = (old.get(number), new.get(number));
        if was != is {
            let target = is.copied().unwrap_or(-1);
            let sql = format!("ALTER INDEX {name} ALTER COLUMN {number} SET STATISTICS {target}");
            let draft = Draft::alter(id, sql).trailing().lock(Mode::ShareUpdateExclusive, name);
            drafts.push(draft.changed("statistics", or_none(was), or_none(is)));
        }
    }
    drafts
}

/// How an index is made: while writes go on, and without those of the partitions.
struct Form {
    apart: bool,
    only: bool,
}

fn sql(index: &Index, id: &ObjectId, relation: &QualName, form: Form) -> String {
    let unique = if index.unique { "UNIQUE " } else { "" };
    let apart = if form.apart { "CONCURRENTLY " } else { "" };
    let only = if form.only { "ONLY " } else { "" };
    let keys = joined(index.keys.iter().map(key));
    let include =
        if index.include.is_empty() { String::new() } else { format!(" INCLUDE ({})", list(&index.include)) };
    let nulls = if index.nulls_not_distinct { " NULLS NOT DISTINCT" } else { "" };
    let tablespace = index.tablespace.as_ref().map(|it| format!(" TABLESPACE {it}")).unwrap_or_default();
    let predicate =
        index.predicate.as_ref().map(|it| format!(" WHERE {}", it.text.trim())).unwrap_or_default();
    let method = &index.method;
    let options = with(&index.options);
    let head =
        format!("CREATE {unique}INDEX {apart}{} ON {only}{relation} USING {method} ({keys})", id.name());
    format!("{head}{include}{nulls}{options}{tablespace}{predicate}")
}

/// An index is built on its own when the table is there to be written to meanwhile, and when it was not
/// taken down in this plan: what goes in a transaction comes back in it.
fn may_go_apart(index: &Index, id: &ObjectId, cx: &Context<'_>) -> bool {
    let plain =
        matches!(cx.desired.get(&index.relation), Some(Object::Table(it)) if it.partition_by.is_none());
    let leaned_on = index.unique
        && cx.created.keys().any(|it| it.kind == Kind::ForeignKey && cx.desired.uses(it).contains(id));
    plain && !cx.is_new(&index.relation) && !cx.dropped.contains_key(id) && !leaned_on
}

/// ALTER INDEX … SET TABLESPACE
pub(super) fn move_to(id: &ObjectId, index: &QualName, old: Option<&Name>, new: Option<&Name>) -> Draft {
    let place = new.cloned().unwrap_or_else(|| Name::from("pg_default"));
    let draft = Draft::alter(id, format!("ALTER INDEX {index} SET TABLESPACE {place}"));
    draft.lock(Mode::AccessExclusive, index).changed("tablespace", or_none(old), or_none(new))
}

fn attach(id: &ObjectId, parent: &QualName) -> Draft {
    let draft = Draft::alter(id, format!("ALTER INDEX {parent} ATTACH PARTITION {}", id.address()));
    draft.needs([Kind::Index.named(parent)]).trailing()
}

/// Whether duplicates are refused by another index or constraint from now on.
fn has_successor(old: &Index, cx: &Context<'_>) -> bool {
    let columns: Option<Vec<&Name>> = old.keys.iter().map(|it| it.column.as_ref()).collect();
    cx.desired.parts(&old.relation).any(|it| match cx.desired.get(it) {
        Some(Object::Index(new)) => new.unique && new.keys == old.keys && new.predicate == old.predicate,
        Some(Object::Constraint(new)) => {
            let same = |key: &[Name]| columns.as_ref().is_some_and(|it| key.iter().eq(it.iter().copied()));
            old.predicate.is_none() && new.rule.key().is_some_and(same)
        }
        _ => false,
    })
}
