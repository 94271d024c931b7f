//! Extended statistics: what the planner is to learn about several columns together, or about expressions.
//! Does not know what was learnt.

use serde::Serialize;

use crate::kind::Facets;
use crate::types::column;
use crate::{Expr, NameSet, ObjectId, Schema};

/// A statistics object (`pg_statistic_ext`): `Kind::Statistics.named(name)`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Statistics {
    /// `stxrelid`: a table or materialized view.
    pub relation: ObjectId,
    /// `stxkind` but for the one that expressions bring along, sorted; empty over one expression alone.
    pub kinds: Vec<StatisticsKind>,
    /// `stxkeys`, which the server keeps in the order of the table's columns: compared without order.
    pub columns: NameSet,
    /// `stxexprs`, in order.
    pub expressions: Vec<Expr>,
    /// `stxstattarget`, where it is not the default.
    pub target: Option<i32>,
}

/// `pg_statistic_ext.stxkind`
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StatisticsKind {
    /// `d`
    Ndistinct,
    /// `f`
    Dependencies,
    /// `m`
    Mcv,
}

impl StatisticsKind {
    /// Every kind, in order: what is gathered where none is named.
    pub const ALL: [StatisticsKind; 3] =
        [StatisticsKind::Ndistinct, StatisticsKind::Dependencies, StatisticsKind::Mcv];

    /// The word in CREATE STATISTICS.
    pub fn word(self) -> &'static str {
        match self {
            StatisticsKind::Ndistinct => "ndistinct",
            StatisticsKind::Dependencies => "dependencies",
            StatisticsKind::Mcv => "mcv",
        }
    }
}

impl Facets for Statistics {
    fn uses(&self, _: &ObjectId, schema: &Schema) -> Vec<ObjectId> {
        let mut uses = vec![self.relation.clone()];
        let Some(relation) = self.relation.qual_name() else { return uses };
        uses.extend(self.columns.iter().map(|it| column(relation, it)));
        uses.extend(self.expressions.iter().flat_map(|it| schema.mentioned(it, Some(relation))));
        uses
    }

    fn parent(&self, _: &ObjectId) -> Option<ObjectId> {
        Some(self.relation.clone())
    }

    fn exprs(&self) -> Vec<&Expr> {
        self.expressions.iter().collect()
    }

    fn exprs_mut(&mut self) -> Vec<&mut Expr> {
        self.expressions.iter_mut().collect()
    }
}
