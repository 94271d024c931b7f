//! Security labels: what a label provider is told about an object. Does not know what a label means.

use serde::Serialize;

use crate::kind::Facets;
use crate::{ObjectId, Schema};

/// The label a provider has for another object (`pg_seclabel`): `Kind::SecurityLabel.to(target, provider)`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct SecurityLabel {
    /// `label`
    pub label: String,
}

impl Facets for SecurityLabel {
    fn uses(&self, id: &ObjectId, _: &Schema) -> Vec<ObjectId> {
        id.target().cloned().into_iter().collect()
    }

    fn parent(&self, id: &ObjectId) -> Option<ObjectId> {
        id.target().cloned()
    }
}
