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

impl Aligned {
    /// Takes both schemas back to the old names, for a plan that renames nothing. What would have been renamed, by
    /// its new identity.
    pub fn withhold(&mut self, desired: &mut Desired) -> Vec<ObjectId> {
        let (renames, relabels) = (std::mem::take(&mut self.renames), std::mem::take(&mut self.relabels));
        withhold([&mut self.actual, &mut desired.schema], renames, relabels)
    }
}

/// Undoes renames of objects and labels in both schemas, and names what would have been renamed. What is the same
/// stays the same, though its texts may differ.
pub(crate) fn withhold(
    [actual, desired]: [&mut Schema; 2],
    renames: Vec<(ObjectId, ObjectId)>,
    relabels: Vec<(ObjectId, String, String)>,
) -> Vec<ObjectId> {
    if renames.is_empty() && relabels.is_empty() {
        return Vec::new();
    }
    let before = |schema: &Schema| under_old_names(schema, &renames, &relabels);
    let (live, mut wanted) = (before(actual), before(desired));
    let both = desired.iter().zip(wanted.iter());
    let same = both.filter(|((new, object), _)| actual.get(new) == Some(*object));
    for id in same.map(|(_, (old, _))| old.clone()).collect::<Vec<_>>() {
        if let Some(object) = live.get(&id) {
            wanted.insert(id, object.clone());
        }
    }
    (*actual, *desired) = (live, wanted);
    renames.into_iter().map(|(_, to)| to).chain(relabels.into_iter().map(|(id, _, _)| id)).collect()
}

/// The schema with renames of objects and labels undone.
pub(crate) fn under_old_names(
    schema: &Schema,
    renames: &[(ObjectId, ObjectId)],
    relabels: &[(ObjectId, String, String)],
) -> Schema {
    let undone: Vec<_> =
        relabels.iter().map(|(id, old, new)| (id.clone(), new.clone(), old.clone())).collect();
    sql::unrenamed(&sql::relabelled(schema, &undone), renames)
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
