//! Two readings beside each other with no server to ask: what `reconcile diff` plans from.
//!
//! Knows neither files nor forms of answers.

use model::{ObjectId, Schema};
use parse::Desired;

/// What the desired schema is compared with, once what bears another name by now has the new one.
#[derive(Clone, Debug)]
pub struct Aligned {
    /// The actual schema, all renames substituted.
    pub actual: Schema,
    /// What is renamed: old and new identity.
    pub renames: Vec<(ObjectId, ObjectId)>,
    /// Enum labels that are renamed: the type, the old and the new label.
    pub relabels: Vec<(ObjectId, String, String)>,
}

/// Substitutes renames, lets what the file leaves open take what is there, and settles what the normaliser can.
pub fn align(actual: &Schema, desired: &mut Desired) -> Aligned {
    let mut renames = diff::due(actual, &desired.schema, &desired.renames);
    let relabels = diff::due_labels(actual, &desired.label_renames);
    let mut actual = sql::relabelled(&sql::renamed(actual, &renames), &relabels);
    diff::adopt(&actual, &mut desired.schema, &desired.unnamed);
    let alike = diff::alike(&actual, &desired.schema);
    if !alike.is_empty() {
        actual = sql::renamed(&actual, &alike);
        renames.extend(alike);
    }
    sql::settle_offline(&actual, &mut desired.schema);
    Aligned { actual, renames, relabels }
}
