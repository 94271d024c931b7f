//! Where objects are declared, as people are told: file, line and column. Does not read files.

use std::collections::HashMap;
use std::fmt;
use std::path::PathBuf;

use model::{ObjectId, Path, QualName};

/// A place in a file, both numbers from 1.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Place {
    /// The file, as the user would write it.
    pub file: PathBuf,
    /// The line.
    pub line: usize,
    /// The column, in characters.
    pub column: usize,
}

/// Where each object is declared.
#[derive(Clone, Debug, Default)]
pub struct Places {
    declared: HashMap<ObjectId, Place>,
    named: HashMap<QualName, Place>,
}

impl Places {
    /// Collects where the objects are declared.
    pub fn new(declared: impl IntoIterator<Item = (ObjectId, Place)>) -> Places {
        let declared: HashMap<ObjectId, Place> = declared.into_iter().collect();
        let named = declared.iter().filter_map(|(id, place)| match &id.path {
            Path::In(name) => Some((name.clone(), place.clone())),
            _ => None,
        });
        Places { named: named.collect(), declared }
    }

    /// Where an object is declared: itself, else what it is about, else the relation it is part of.
    pub fn of(&self, id: &ObjectId) -> Option<&Place> {
        let own = self.declared.get(id);
        let target = || id.target().and_then(|it| self.of(it));
        own.or_else(target).or_else(|| id.relation().and_then(|it| self.named.get(it)))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file.display(), self.line)
    }
}
