//! Sequences.

use serde::Serialize;

use crate::kind::Facets;
use crate::{Kind, Name, ObjectId, QualName, Schema, Type};

/// A sequence (`pg_sequence`) that is not behind an identity column. Its `last_value` is data.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Sequence {
    /// How it counts.
    pub options: SequenceOptions,
    /// The column it goes with (`pg_depend.deptype = 'a'`): table and column.
    pub owned_by: Option<(QualName, Name)>,
    /// `relpersistence`
    pub persistence: Persistence,
}

/// How a sequence counts, every option resolved to its value (`pg_sequence`).
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct SequenceOptions {
    /// `seqtypid`: smallint, integer or bigint.
    #[serde(rename = "type")]
    pub ty: Type,
    /// `seqstart`
    pub start: i64,
    /// `seqincrement`
    pub increment: i64,
    /// `seqmin`
    pub min: i64,
    /// `seqmax`
    pub max: i64,
    /// `seqcache`
    pub cache: i64,
    /// `seqcycle`
    pub cycle: bool,
}

/// `pg_class.relpersistence`; temporary objects are never ours.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Persistence {
    /// `p`
    #[default]
    Permanent,
    /// `u`
    Unlogged,
}

impl SequenceOptions {
    /// The options of `CREATE SEQUENCE … AS type` when nothing else is said (manual, CREATE SEQUENCE).
    pub fn ascending(ty: Type) -> SequenceOptions {
        let max = Self::bounds(&ty).1;
        SequenceOptions { ty, start: 1, increment: 1, min: 1, max, cache: 1, cycle: false }
    }

    /// The least and greatest value of a sequence's type.
    pub fn bounds(ty: &Type) -> (i64, i64) {
        match &*ty.text {
            "smallint" => (i64::from(i16::MIN), i64::from(i16::MAX)),
            "integer" => (i64::from(i32::MIN), i64::from(i32::MAX)),
            _ => (i64::MIN, i64::MAX),
        }
    }
}

impl Facets for Sequence {
    fn uses(&self, id: &ObjectId, _: &Schema) -> Vec<ObjectId> {
        crate::schema::namespace(id)
    }

    fn parent(&self, _: &ObjectId) -> Option<ObjectId> {
        self.owned_by.as_ref().map(|(table, column)| Kind::Column.of(table, column))
    }
}
