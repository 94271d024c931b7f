//! Namespaces and extensions.

use serde::Serialize;

use crate::kind::Facets;
use crate::{Kind, Name, ObjectId, Schema};

/// What CREATE SCHEMA makes (`pg_namespace`). Its owner, comment and grants are objects of their own.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Namespace {}

/// An installed extension (`pg_extension`).
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Extension {
    /// `extnamespace`; `None` in a file that does not say.
    pub namespace: Option<Name>,
    /// `extversion`; `None` in a file that does not say.
    pub version: Option<String>,
}

impl Facets for Namespace {
    fn uses(&self, _: &ObjectId, _: &Schema) -> Vec<ObjectId> {
        Vec::new()
    }
}

impl Facets for Extension {
    fn uses(&self, _: &ObjectId, _: &Schema) -> Vec<ObjectId> {
        self.namespace.iter().map(|it| Kind::Namespace.root(it)).collect()
    }

    fn adopt(&mut self, live: &Extension) {
        if self.namespace.is_none() {
            self.namespace.clone_from(&live.namespace);
        }
        if self.version.is_none() {
            self.version.clone_from(&live.version);
        }
    }
}
