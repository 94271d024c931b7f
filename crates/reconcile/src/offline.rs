//! Two readings beside each other with no server to ask: what `reconcile diff` plans from.
//!
//! Knows neither files nor forms of answers.

use model::{ObjectId, Schema, Users};
use parse::Desired;
use plan::{Because, Pending, Verb};

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
    /// Takes both schemas back to the old names, for a plan that renames nothing: what waits for that.
    pub fn withhold(&mut self, desired: &mut Desired) -> Vec<Pending> {
        let (renames, relabels) = (std::mem::take(&mut self.renames), std::mem::take(&mut self.relabels));
        withhold([&mut self.actual, &mut desired.schema], renames, relabels)
    }
}

/// Undoes renames of objects and labels in both schemas: what would have been renamed, by its new identity, and what
/// cannot come because the old names stay taken. What is the same stays the same, though its texts may differ.
pub(crate) fn withhold(
    [actual, desired]: [&mut Schema; 2],
    renames: Vec<(ObjectId, ObjectId)>,
    relabels: Vec<(ObjectId, String, String)>,
) -> Vec<Pending> {
    if renames.is_empty() && relabels.is_empty() {
        return Vec::new();
    }
    let mut pending = give_way(actual, desired, &renames);
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
    let renamed = renames.into_iter().map(|(_, to)| to).chain(relabels.into_iter().map(|(id, _, _)| id));
    pending.extend(renamed.map(Pending::rename));
    pending
}

/// Takes out of the desired schema what has the old name of something that is not to be renamed, and takes back to
/// what it is whatever uses that.
fn give_way(actual: &Schema, desired: &mut Schema, renames: &[(ObjectId, ObjectId)]) -> Vec<Pending> {
    let is_taken = |old: &ObjectId| desired.contains(old) && !renames.iter().any(|(_, new)| new == old);
    let taken = renames.iter().map(|(old, _)| old).filter(|it| is_taken(it));
    let taken = taken.map(|it| (it.clone(), Because::NameTaken { by: it.clone() }));
    let mut queue: Vec<(ObjectId, Because)> = taken.collect();
    let users = if queue.is_empty() { Users::default() } else { desired.users() };
    let mut pending = Vec::new();
    while let Some((id, because)) = queue.pop() {
        if desired.get(&id) == actual.get(&id) {
            continue;
        }
        let on = Because::DependsOn { id: id.clone() };
        let waiting = users.of(&id).chain(desired.children(&id)).cloned();
        queue.extend(waiting.map(|it| (it, on.clone())));
        let verb = match actual.get(&id) {
            Some(live) => {
                desired.insert(id.clone(), live.clone());
                Verb::Alter
            }
            None => {
                desired.retain(|it, _| *it != id);
                Verb::Create
            }
        };
        pending.push(Pending { id, verb, because, hazards: Vec::new(), allow: Vec::new() });
    }
    pending
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
