//! Lists of words that are compared without the order they are written in. Knows no word of them.

use std::fmt;
use std::ops::{Deref, DerefMut};

use indexmap::{IndexMap, IndexSet};
use rustc_hash::FxBuildHasher;
use serde::{Serialize, Serializer};

use crate::Name;

/// Storage parameters and other `name = value` lists of the server, such as `pg_class.reloptions`. They keep
/// the order they are written in and are compared without it.
///
/// Most are empty, and a schema holds tens of thousands of them: an empty one takes no more room than a pointer.
#[derive(Clone, Default)]
pub struct Settings(Option<Box<List>>);

type List = IndexMap<String, String, FxBuildHasher>;

static EMPTY: List = List::with_hasher(FxBuildHasher);

impl Settings {
    /// Nothing set.
    pub const fn new() -> Settings {
        Settings(None)
    }
}

impl Deref for Settings {
    type Target = List;

    fn deref(&self) -> &List {
        self.0.as_deref().unwrap_or(&EMPTY)
    }
}

impl DerefMut for Settings {
    fn deref_mut(&mut self) -> &mut List {
        self.0.get_or_insert_default()
    }
}

impl PartialEq for Settings {
    fn eq(&self, other: &Settings) -> bool {
        **self == **other
    }
}

impl Eq for Settings {}

impl FromIterator<(String, String)> for Settings {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(pairs: I) -> Settings {
        let list: List = pairs.into_iter().collect();
        Settings((!list.is_empty()).then(|| Box::new(list)))
    }
}

impl Extend<(String, String)> for Settings {
    fn extend<I: IntoIterator<Item = (String, String)>>(&mut self, pairs: I) {
        for (name, value) in pairs {
            self.insert(name, value);
        }
    }
}

impl IntoIterator for Settings {
    type Item = (String, String);
    type IntoIter = indexmap::map::IntoIter<String, String>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.map(|it| *it).unwrap_or_default().into_iter()
    }
}

impl<'a> IntoIterator for &'a Settings {
    type Item = (&'a String, &'a String);
    type IntoIter = indexmap::map::Iter<'a, String, String>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// As the list it is: fingerprints are made of this.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

impl Serialize for Settings {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (**self).serialize(serializer)
    }
}

/// Words that are compared without their order, and keep the one they are written in.
pub type Words = IndexSet<String>;

/// Names that are compared without their order, and keep the one they are written in.
pub type NameSet = IndexSet<Name>;
