//! Event triggers: what runs when the schema changes. Does not know what their functions do.

use serde::Serialize;

use crate::kind::Facets;
use crate::{Enabled, Kind, ObjectId, QualName, Schema, Words};

/// An event trigger (`pg_event_trigger`): `Kind::EventTrigger.root(name)`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct EventTrigger {
    /// `evtevent`: `ddl_command_start`, `ddl_command_end`, `table_rewrite`, `sql_drop`, from 17 on `login`.
    pub event: String,
    /// `evttags`: WHEN TAG IN these, in upper case as the server keeps them and without order; none is every one.
    pub tags: Words,
    /// `evtfoid`
    pub function: QualName,
    /// `evtenabled`
    pub enabled: Enabled,
}

impl Facets for EventTrigger {
    fn uses(&self, _: &ObjectId, _: &Schema) -> Vec<ObjectId> {
        vec![Kind::Function.routine(&self.function, "")]
    }

    fn parent(&self, _: &ObjectId) -> Option<ObjectId> {
        None
    }
}
