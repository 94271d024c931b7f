//! What differs between two schemas. Knows no kind of object by name, and must not.

mod adopt;
mod rename;
mod runtime;
mod scope;

use model::{Object, ObjectId, Schema};

pub use adopt::adopt;
pub use rename::{alike, due, due_labels};
pub use scope::{OWN_NAMESPACE, Reason, Scope, ScopeRule, Stated, glob, scope};

/// One object that differs. Borrowed from the two schemas, and blind to what kind it is of.
#[derive(Clone, Copy, Debug)]
pub enum Change<'a> {
    /// Only the desired schema has it.
    Create {
        /// Who.
        id: &'a ObjectId,
        /// What it shall be.
        new: &'a Object,
    },
    /// Both have it, unequal.
    Alter {
        /// Who.
        id: &'a ObjectId,
        /// What it is.
        old: &'a Object,
        /// What it shall be.
        new: &'a Object,
    },
    /// Only the actual schema has it.
    Drop {
        /// Who.
        id: &'a ObjectId,
        /// What it is.
        old: &'a Object,
    },
}

impl<'a> Change<'a> {
    /// Who differs.
    pub fn id(&self) -> &'a ObjectId {
        match self {
            Change::Create { id, .. } | Change::Alter { id, .. } | Change::Drop { id, .. } => id,
        }
    }
}

/// The two schemas of a comparison, by name, so that they cannot be swapped.
#[derive(Clone, Copy, Debug)]
pub struct Pair<'a> {
    /// What the server has.
    pub actual: &'a Schema,
    /// What the file declares.
    pub desired: &'a Schema,
}

/// Every object that exists on one side only, or on both and unequal: drops first, in the order of the
/// actual schema, then the rest in the order of the desired one.
pub fn diff(pair: Pair<'_>) -> Vec<Change<'_>> {
    let Pair { actual, desired } = pair;
    let mut shared = 0;
    let mut made = Vec::new();
    for (id, new) in desired.iter() {
        let old = actual.get(id);
        shared += usize::from(old.is_some());
        match old {
            None => made.push(Change::Create { id, new }),
            Some(old) if old != new => made.push(Change::Alter { id, old, new }),
            Some(_) => (),
        }
    }
    if shared == actual.len() {
        return made;
    }
    let dropped = actual.iter().filter(|(id, _)| !desired.contains(id));
    dropped.map(|(id, old)| Change::Drop { id, old }).chain(made).collect()
}
