//! Triggers of tables and views.

use serde::Serialize;

use crate::kind::Facets;
use crate::types::column;
use crate::{Deferral, Expr, Kind, Name, NameSet, ObjectId, QualName, Schema};

/// A trigger (`pg_trigger`, not internal, `tgparentid = 0`): `Kind::Trigger.of(relation, name)`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Trigger {
    /// The table or view.
    pub relation: ObjectId,
    /// When it fires.
    pub timing: Timing,
    /// On what, sorted, never empty.
    pub events: Vec<Event>,
    /// UPDATE OF these (`tgattr`), in the order they are written; compared without it.
    pub columns: NameSet,
    /// Per row or per statement.
    pub level: Level,
    /// `tgqual`
    pub when: Option<Expr>,
    /// `tgfoid`
    pub function: QualName,
    /// `tgargs`
    pub arguments: Vec<String>,
    /// `tgoldtable`
    pub old_table: Option<Name>,
    /// `tgnewtable`
    pub new_table: Option<Name>,
    /// CREATE CONSTRAINT TRIGGER (`tgconstraint`): when it is checked.
    pub constraint: Option<Deferral>,
    /// `tgconstrrelid`: FROM referenced table.
    pub from: Option<QualName>,
    /// `tgenabled`
    pub enabled: Enabled,
}

/// When a trigger fires.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are PostgreSQL's own")]
pub enum Timing {
    Before,
    After,
    InsteadOf,
}

/// What a trigger fires on.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are PostgreSQL's own")]
pub enum Event {
    Insert,
    Delete,
    Update,
    Truncate,
}

/// How often a trigger fires.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are PostgreSQL's own")]
pub enum Level {
    Row,
    Statement,
}

/// `pg_trigger.tgenabled`
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Enabled {
    /// `O`
    #[default]
    Origin,
    /// `D`
    Disabled,
    /// `R`
    Replica,
    /// `A`
    Always,
}

impl Facets for Trigger {
    fn uses(&self, _: &ObjectId, schema: &Schema) -> Vec<ObjectId> {
        let mut uses = vec![self.relation.clone(), Kind::Function.routine(&self.function, "")];
        uses.extend(self.from.iter().map(|it| Kind::Table.named(it)));
        let Some(relation) = self.relation.qual_name() else { return uses };
        uses.extend(self.columns.iter().map(|it| column(relation, it)));
        uses.extend(self.when.iter().flat_map(|it| schema.mentioned(it, Some(relation))));
        uses
    }

    fn parent(&self, _: &ObjectId) -> Option<ObjectId> {
        Some(self.relation.clone())
    }

    fn exprs(&self) -> Vec<&Expr> {
        self.when.iter().collect()
    }

    fn exprs_mut(&mut self) -> Vec<&mut Expr> {
        self.when.iter_mut().collect()
    }
}
