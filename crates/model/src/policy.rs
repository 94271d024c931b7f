//! Row level security policies.

use serde::Serialize;

use crate::kind::Facets;
use crate::{Expr, Kind, Name, ObjectId, Schema};

/// A policy (`pg_policy`): `Kind::Policy.of(table, name)`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Policy {
    /// `polpermissive`
    pub permissive: bool,
    /// `polcmd`
    pub command: Command,
    /// `polroles`, sorted; `public` is PUBLIC.
    pub roles: Vec<Name>,
    /// `polqual`
    pub using: Option<Expr>,
    /// `polwithcheck`
    pub check: Option<Expr>,
}

/// `pg_policy.polcmd`
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are PostgreSQL's own")]
pub enum Command {
    All,
    Select,
    Insert,
    Update,
    Delete,
}

impl Facets for Policy {
    fn uses(&self, id: &ObjectId, schema: &Schema) -> Vec<ObjectId> {
        let mut uses: Vec<ObjectId> = self.parent(id).into_iter().collect();
        uses.extend(self.roles.iter().map(|it| Kind::Role.root(it)));
        for used in self.exprs().into_iter().flat_map(|it| schema.mentioned(it, id.relation())) {
            if used.kind == Kind::Table && id.relation() != used.qual_name() {
                uses.extend(schema.parts(&used).filter(|it| it.kind == Kind::Column).cloned());
            }
            uses.push(used);
        }
        uses
    }

    fn exprs(&self) -> Vec<&Expr> {
        self.using.iter().chain(&self.check).collect()
    }

    fn exprs_mut(&mut self) -> Vec<&mut Expr> {
        self.using.iter_mut().chain(&mut self.check).collect()
    }
}
