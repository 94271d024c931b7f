//! Publications, and what is in them. Does not know who subscribes.

use serde::Serialize;

use crate::kind::Facets;
use crate::types::column;
use crate::{Expr, Kind, Name, NameSet, ObjectId, Path, QualName, Schema};

/// A publication (`pg_publication`): `Kind::Publication.root(name)`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Publication {
    /// `puballtables`
    pub all_tables: bool,
    /// `pubinsert` and its like, in the order of [`Publish::ALL`].
    pub publish: Vec<Publish>,
    /// `pubviaroot`
    pub via_root: bool,
    /// `pubgencols`: stored generated columns are published too (from 18 on).
    pub generated: bool,
}

/// What is published of a table.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are PostgreSQL's own")]
pub enum Publish {
    Insert,
    Update,
    Delete,
    Truncate,
}

/// A table in a publication (`pg_publication_rel`):
/// `Kind::PublishedTable.keys([publication, namespace, table])`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct PublishedTable {
    /// `prattrs`: only these columns, in the order of the table's and compared without it; none is all.
    pub columns: NameSet,
    /// `prqual`
    pub filter: Option<Expr>,
}

/// A namespace in a publication (`pg_publication_namespace`, from 15 on):
/// `Kind::PublishedNamespace.keys([publication, namespace])`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct PublishedNamespace {}

impl Publish {
    /// All there is, in order: what is published where nothing is said.
    pub const ALL: [Publish; 4] = [Publish::Insert, Publish::Update, Publish::Delete, Publish::Truncate];

    /// The word in the parameter `publish`.
    pub fn word(self) -> &'static str {
        match self {
            Publish::Insert => "insert",
            Publish::Update => "update",
            Publish::Delete => "delete",
            Publish::Truncate => "truncate",
        }
    }
}

impl PublishedTable {
    /// Which table of which publication an identity is about.
    pub fn of(id: &ObjectId) -> Option<(&Name, QualName)> {
        match &id.path {
            Path::Keys(keys) => match &keys[..] {
                [publication, namespace, table] => {
                    Some((publication, table.clone().within(namespace.clone())))
                }
                _ => None,
            },
            _ => None,
        }
    }
}

fn publication(id: &ObjectId) -> Option<ObjectId> {
    match &id.path {
        Path::Keys(keys) => keys.first().map(|it| Kind::Publication.root(it)),
        _ => None,
    }
}

impl Facets for Publication {
    fn uses(&self, _: &ObjectId, _: &Schema) -> Vec<ObjectId> {
        Vec::new()
    }

    fn parent(&self, _: &ObjectId) -> Option<ObjectId> {
        None
    }
}

impl Facets for PublishedTable {
    fn uses(&self, id: &ObjectId, schema: &Schema) -> Vec<ObjectId> {
        let mut uses: Vec<ObjectId> = publication(id).into_iter().collect();
        let Some((_, table)) = PublishedTable::of(id) else { return uses };
        uses.push(Kind::Table.named(&table));
        uses.extend(self.columns.iter().map(|it| column(&table, it)));
        uses.extend(self.filter.iter().flat_map(|it| schema.mentioned(it, Some(&table))));
        uses
    }

    fn parent(&self, id: &ObjectId) -> Option<ObjectId> {
        publication(id)
    }

    fn exprs(&self) -> Vec<&Expr> {
        self.filter.iter().collect()
    }

    fn exprs_mut(&mut self) -> Vec<&mut Expr> {
        self.filter.iter_mut().collect()
    }
}

impl Facets for PublishedNamespace {
    fn uses(&self, id: &ObjectId, _: &Schema) -> Vec<ObjectId> {
        let namespace = Kind::Namespace.root(id.name());
        publication(id).into_iter().chain([namespace]).collect()
    }

    fn parent(&self, id: &ObjectId) -> Option<ObjectId> {
        publication(id)
    }
}
