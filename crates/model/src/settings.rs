use indexmap::{IndexMap, IndexSet};

use crate::Name;

/// Storage parameters and other `name = value` lists of the server, such as `pg_class.reloptions`. They keep
/// the order they are written in and are compared without it.
pub type Settings = IndexMap<String, String>;

/// Words that are compared without their order, and keep the one they are written in.
pub type Words = IndexSet<String>;

/// Names that are compared without their order, and keep the one they are written in.
pub type NameSet = IndexSet<Name>;
