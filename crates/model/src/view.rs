//! Views and materialized views.

use serde::Serialize;

use crate::kind::Facets;
use crate::{Expr, Kind, Name, ObjectId, Query, Schema, Settings, Type};

/// The columns a query yields, as the server sees them: name and type. Learnt, never compared.
#[derive(Clone, Debug, Default)]
pub struct Shape(pub Option<Vec<(Name, Type)>>);

impl PartialEq for Shape {
    fn eq(&self, _: &Shape) -> bool {
        true
    }
}

impl Eq for Shape {}

/// A view (`pg_class.relkind = 'v'`).
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct View {
    /// `pg_get_viewdef`, without the final semicolon.
    pub query: Query,
    /// The column names the file writes after the view's name; empty where it writes none, and on the
    /// server's side, whose query carries them.
    pub columns: Vec<Name>,
    /// `reloptions`: security_barrier, security_invoker, check_option.
    pub options: Settings,
    /// What it yields, where that was asked.
    #[serde(skip)]
    pub shape: Shape,
}

/// A materialized view (`pg_class.relkind = 'm'`). Whether it is filled is data.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct MaterializedView {
    /// `pg_get_viewdef`, without the final semicolon.
    pub query: Query,
    /// As of a view.
    pub columns: Vec<Name>,
    /// `reloptions`
    pub options: Settings,
    /// `relam` where it is not the default, heap.
    pub access_method: Option<Name>,
    /// `reltablespace` where it is not the database's.
    pub tablespace: Option<Name>,
    /// `relispopulated`, or WITH NO DATA in the file: how it is made again. Never compared.
    #[serde(skip)]
    pub populated: Populated,
    /// What it yields, where that was asked.
    #[serde(skip)]
    pub shape: Shape,
}

/// Whether a materialized view holds rows. Never compared.
#[derive(Clone, Copy, Debug)]
pub struct Populated(pub bool);

impl PartialEq for Populated {
    fn eq(&self, _: &Populated) -> bool {
        true
    }
}

impl Eq for Populated {}

impl Facets for View {
    fn uses(&self, id: &ObjectId, schema: &Schema) -> Vec<ObjectId> {
        read(&self.query, id, schema)
    }

    fn exprs(&self) -> Vec<&Expr> {
        vec![&self.query]
    }

    fn exprs_mut(&mut self) -> Vec<&mut Expr> {
        vec![&mut self.query]
    }
}

impl Facets for MaterializedView {
    fn uses(&self, id: &ObjectId, schema: &Schema) -> Vec<ObjectId> {
        read(&self.query, id, schema)
    }

    fn exprs(&self) -> Vec<&Expr> {
        vec![&self.query]
    }

    fn exprs_mut(&mut self) -> Vec<&mut Expr> {
        vec![&mut self.query]
    }
}

/// A query stands on what it mentions, on every column of the relations it reads (which it may name
/// or mean by `*`), and on their primary keys (which GROUP BY may lean on).
fn read(query: &Query, id: &ObjectId, schema: &Schema) -> Vec<ObjectId> {
    const PARTS: [Kind; 3] = [Kind::Column, Kind::NotNull, Kind::Constraint];
    let mut uses = crate::schema::namespace(id);
    for used in schema.mentioned(query, None) {
        if used.kind == Kind::Table {
            let parts = schema.parts(&used).filter(|it| PARTS.contains(&it.kind));
            uses.extend(parts.filter(|it| it.kind == Kind::Column || schema.is_key(it)).cloned());
        }
        uses.push(used);
    }
    uses.retain(|it| it != id);
    uses
}
