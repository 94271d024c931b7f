//! Roles, as existence only.

use serde::Serialize;

use crate::kind::Facets;
use crate::{ObjectId, Schema};

/// A role (`pg_roles`). Created when missing, never altered, never dropped.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Role {
    /// The options of CREATE ROLE as the file writes them (`LOGIN NOINHERIT`), used when the role is
    /// created and never compared: empty on the server's side.
    #[serde(skip)]
    pub options: Stated,
}

/// Text that is used when creating and never compared.
#[derive(Clone, Debug, Default)]
pub struct Stated(pub String);

impl PartialEq for Stated {
    fn eq(&self, _: &Stated) -> bool {
        true
    }
}

impl Eq for Stated {}

impl Facets for Role {
    fn uses(&self, _: &ObjectId, _: &Schema) -> Vec<ObjectId> {
        Vec::new()
    }
}
