//! Subscriptions. Does not know what is published where they subscribe.

use serde::Serialize;

use crate::kind::Facets;
use crate::{Expr, Name, NameSet, ObjectId, Schema, Settings};

/// A subscription of this database (`pg_subscription`): `Kind::Subscription.root(name)`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Subscription {
    /// `subconninfo` without secrets; empty where only a superuser may see it.
    pub connection: Expr,
    /// `subpublications`
    pub publications: NameSet,
    /// `subenabled`
    pub enabled: bool,
    /// `subslotname`
    pub slot: Option<Name>,
    /// What else is set and is not what it is by itself: `binary`, `streaming`, `origin` and their like.
    pub options: Settings,
    /// How it is made; never compared.
    #[serde(skip)]
    pub making: Making,
}

/// What CREATE SUBSCRIPTION does once, and the catalog does not keep.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the names are PostgreSQL's own")]
pub struct Making {
    pub connect: bool,
    pub create_slot: bool,
    pub copy_data: bool,
}

impl PartialEq for Making {
    fn eq(&self, _: &Making) -> bool {
        true
    }
}

impl Eq for Making {}

impl Subscription {
    /// Whether nobody but a superuser may see where it connects to.
    pub fn is_hidden(&self) -> bool {
        self.connection.text.is_empty()
    }
}

impl Facets for Subscription {
    fn uses(&self, _: &ObjectId, _: &Schema) -> Vec<ObjectId> {
        Vec::new()
    }

    fn parent(&self, _: &ObjectId) -> Option<ObjectId> {
        None
    }

    fn exprs(&self) -> Vec<&Expr> {
        vec![&self.connection]
    }

    fn exprs_mut(&mut self) -> Vec<&mut Expr> {
        vec![&mut self.connection]
    }
}
