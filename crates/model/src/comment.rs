//! Comments.

use serde::Serialize;

use crate::kind::Facets;
use crate::{ObjectId, Schema};

/// The comment on another object (`pg_description`, `pg_shdescription`): `Kind::Comment.on(target)`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Comment {
    /// `description`, never empty: an empty comment is none.
    pub text: String,
}

impl Facets for Comment {
    fn uses(&self, id: &ObjectId, _: &Schema) -> Vec<ObjectId> {
        id.target().cloned().into_iter().collect()
    }

    fn parent(&self, id: &ObjectId) -> Option<ObjectId> {
        id.target().cloned()
    }
}
