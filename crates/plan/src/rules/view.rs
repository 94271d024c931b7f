//! Views and materialized views. Does not know what they read.

use model::{MaterializedView, Name, Object, ObjectId, QualName, Shape, View};

use super::text::{Options, list, or_none, with};
use super::{Alter, Context, Rules, heir};
use crate::draft::Draft;
use crate::{Hazard, Mode};

impl Rules for View {
    fn create(&self, id: &ObjectId, _: &Context<'_>) -> Vec<Draft> {
        vec![Draft::create(id, sql("CREATE VIEW", self, id)).reads([&self.query])]
    }

    /// A view takes another query while its columns stay and new ones only follow.
    fn alter(&self, new: &View, id: &ObjectId, cx: &Context<'_>) -> Alter {
        let View { query, columns, options, shape } = new;
        let Some(name) = id.qual_name() else { return Alter::InPlace(Vec::new()) };
        if *query != self.query || *columns != self.columns {
            if !is_prefix(&self.shape, shape) || is_moving(id, cx) {
                return Alter::Replace("query");
            }
            let draft = Draft::alter(id, sql("CREATE OR REPLACE VIEW", new, id)).reads([query]);
            // With its columns as they were, nobody who reads it has to go first.
            let draft = draft.lock(Mode::AccessExclusive, name).gentle();
            return Alter::InPlace(vec![draft.changed("query", &self.query, query)]);
        }
        let both = Options { old: &self.options, new: options };
        let (before, after) = both.words();
        let drafts = both.change().into_iter().map(|clause| {
            let draft = Draft::alter(id, format!("ALTER VIEW {name} {clause}"));
            // Whatever is done to what it reads.
            let draft = draft.gentle().trailing().lets_go();
            draft.lock(Mode::AccessExclusive, name).changed("options", &before, &after)
        });
        Alter::InPlace(drafts.collect())
    }

    fn drop(&self, id: &ObjectId, cx: &Context<'_>) -> Vec<Draft> {
        let drop = Draft::drop(id, format!("DROP VIEW {}", id.address()));
        let drop = id.qual_name().into_iter().fold(drop, |drop, it| drop.lock(Mode::AccessExclusive, it));
        vec![drop.hazard_if(cx.is_gone(id), Hazard::DropView)]
    }
}

fn sql(head: &str, view: &View, id: &ObjectId) -> String {
    let View { query, columns, options, shape: _ } = view;
    format!("{head} {}{}{} AS\n{}", id.address(), names(columns), with(options), query.text.trim())
}

fn names(columns: &[Name]) -> String {
    if columns.is_empty() { String::new() } else { format!(" ({})", list(columns)) }
}

/// Whether the old columns are the first of the new ones. What nobody told is no.
fn is_prefix(old: &Shape, new: &Shape) -> bool {
    match (&old.0, &new.0) {
        (Some(old), Some(new)) => new.starts_with(old),
        _ => false,
    }
}

/// Whether the columns a query has now may be of other types once the plan has changed what it reads.
fn is_moving(id: &ObjectId, cx: &Context<'_>) -> bool {
    cx.desired.uses(id).iter().filter(|it| *it != id).any(|used| {
        match (cx.actual.get(used), cx.desired.get(used)) {
            (Some(Object::Table(_)), Some(Object::Table(_))) => {
                used.qual_name().is_some_and(|table| is_retyped(table, cx))
            }
            (Some(Object::View(old)), Some(Object::View(new))) => {
                old.query != new.query && !is_prefix(&old.shape, &new.shape) || is_moving(used, cx)
            }
            (Some(Object::MaterializedView(_)), Some(_)) => is_moving(used, cx),
            (Some(old @ Object::Function(_)), Some(new)) => old != new,
            _ => false,
        }
    })
}

fn is_retyped(table: &QualName, cx: &Context<'_>) -> bool {
    let ty = |schema, name| heir::column_of(schema, table, name).map(|(_, it)| (&it.ty, &it.collation));
    heir::columns(cx.desired, table).iter().any(|it| {
        let (old, new) = (ty(cx.actual, it), ty(cx.desired, it));
        old.is_some() && old != new
    })
}

impl Rules for MaterializedView {
    fn create(&self, id: &ObjectId, cx: &Context<'_>) -> Vec<Draft> {
        let MaterializedView { query, columns, options, access_method, tablespace, populated, shape: _ } =
            self;
        let filled = match cx.actual.get(id) {
            Some(Object::MaterializedView(live)) => live.populated.0,
            _ => populated.0,
        };
        let mut sql = format!("CREATE MATERIALIZED VIEW {}{}", id.address(), names(columns));
        sql += &access_method.as_ref().map(|it| format!(" USING {it}")).unwrap_or_default();
        sql += &with(options);
        sql += &tablespace.as_ref().map(|it| format!(" TABLESPACE {it}")).unwrap_or_default();
        sql += &format!(" AS\n{}", query.text.trim());
        if !filled {
            sql += "\nWITH NO DATA";
        }
        let create = Draft::create(id, sql).reads([query]);
        vec![create.hazard_if(filled && cx.dropped.contains_key(id), Hazard::Recomputes)]
    }

    fn alter(&self, new: &MaterializedView, id: &ObjectId, cx: &Context<'_>) -> Alter {
        let MaterializedView { query, columns, options, access_method, tablespace, populated: _, shape: _ } =
            new;
        if *query != self.query || *columns != self.columns {
            return Alter::Replace("query");
        }
        if *access_method != self.access_method && cx.facts.major < 15 {
            return Alter::Replace("access_method");
        }
        let Some(name) = id.qual_name() else { return Alter::InPlace(Vec::new()) };
        let alter = |clause: &str| Draft::alter(id, format!("ALTER MATERIALIZED VIEW {name} {clause}"));
        let rewrite = |clause: String| alter(&clause).lock(Mode::AccessExclusive, name);
        let set = |clause: String| alter(&clause).lock(Mode::ShareUpdateExclusive, name);
        let both = Options { old: &self.options, new: options };
        let (before, after) = both.words();
        let mut drafts: Vec<Draft> =
            both.change().into_iter().map(|it| set(it).changed("options", &before, &after)).collect();
        if *access_method != self.access_method {
            let method = access_method.clone().unwrap_or_else(|| Name::from("heap"));
            let (old, new) = (or_none(self.access_method.as_ref()), or_none(access_method.as_ref()));
            drafts.push(rewrite(format!("SET ACCESS METHOD {method}")).changed("access_method", old, new));
        }
        if *tablespace != self.tablespace {
            let place = tablespace.clone().unwrap_or_else(|| Name::from("pg_default"));
            let (old, new) = (or_none(self.tablespace.as_ref()), or_none(tablespace.as_ref()));
            drafts.push(rewrite(format!("SET TABLESPACE {place}")).changed("tablespace", old, new));
        }
        Alter::InPlace(drafts)
    }

    fn drop(&self, id: &ObjectId, cx: &Context<'_>) -> Vec<Draft> {
        let drop = Draft::drop(id, format!("DROP MATERIALIZED VIEW {}", id.address()));
        let drop = id.qual_name().into_iter().fold(drop, |drop, it| drop.lock(Mode::AccessExclusive, it));
        vec![drop.hazard_if(cx.is_gone(id), Hazard::DropMaterializedView)]
    }
}
