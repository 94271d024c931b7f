//! Rules: what the server puts beside a statement on a table or view, or in its place.
//! Views are rules to the server too; here they are views.

use serde::Serialize;

use crate::kind::Facets;
use crate::{Enabled, Expr, Kind, ObjectId, Schema};

/// A rule (`pg_rewrite`, but for those that make views): `Kind::Rule.of(relation, name)`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct RewriteRule {
    /// The table or view.
    pub relation: ObjectId,
    /// `ev_type`
    pub event: RuleEvent,
    /// All that stands behind the relation: `WHERE … DO [INSTEAD] …` (`ev_qual`, `is_instead`, `ev_action`).
    pub body: Expr,
    /// `ev_enabled`
    pub enabled: Enabled,
}

/// `pg_rewrite.ev_type`; rules ON SELECT are views.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are PostgreSQL's own")]
pub enum RuleEvent {
    Insert,
    Update,
    Delete,
}

impl RuleEvent {
    /// The word behind ON.
    pub fn word(self) -> &'static str {
        match self {
            RuleEvent::Insert => "INSERT",
            RuleEvent::Update => "UPDATE",
            RuleEvent::Delete => "DELETE",
        }
    }
}

impl Facets for RewriteRule {
    /// The commands name columns of other relations without saying whose they are.
    fn uses(&self, _: &ObjectId, schema: &Schema) -> Vec<ObjectId> {
        let mut uses = vec![self.relation.clone()];
        let own = self.relation.qual_name();
        for used in schema.mentioned(&self.body, own) {
            if used.kind == Kind::Table && used != self.relation {
                uses.extend(schema.parts(&used).filter(|it| it.kind == Kind::Column).cloned());
            }
            uses.push(used);
        }
        uses
    }

    fn parent(&self, _: &ObjectId) -> Option<ObjectId> {
        Some(self.relation.clone())
    }

    fn exprs(&self) -> Vec<&Expr> {
        vec![&self.body]
    }

    fn exprs_mut(&mut self) -> Vec<&mut Expr> {
        vec![&mut self.body]
    }
}
