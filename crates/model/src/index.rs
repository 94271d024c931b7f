//! Indexes.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::kind::Facets;
use crate::types::column;
use crate::{Expr, Name, ObjectId, QualName, Schema, Settings};

/// An index that no constraint owns (`pg_index`): `Kind::Index.named(name)`.
#[derive(Clone, Debug, Serialize)]
pub struct Index {
    /// The table or materialized view.
    pub relation: ObjectId,
    /// `indisunique`
    pub unique: bool,
    /// The access method (`pg_am.amname`).
    pub method: Name,
    /// The key, in order.
    pub keys: Vec<IndexKey>,
    /// Columns only carried along.
    pub include: Vec<Name>,
    /// `indpred`
    pub predicate: Option<Expr>,
    /// `indnullsnotdistinct` (from 15 on)
    pub nulls_not_distinct: bool,
    /// `pg_class.reloptions`
    pub options: Settings,
    /// The tablespace where it is not the database's.
    pub tablespace: Option<Name>,
    /// `pg_attribute.attstattarget` of its columns, by number, where it is set. Only expressions have one.
    pub statistics: BTreeMap<i16, i32>,
    /// `indisvalid`: false is what a failed concurrent build leaves behind.
    pub valid: bool,
    /// The index of the partitioned table it belongs to (`pg_inherits`).
    pub attached_to: Option<QualName>,
    /// ON ONLY: made on a partitioned table without its partitions. Never compared.
    pub only: bool,
    /// The file asks for CREATE INDEX CONCURRENTLY. Never compared.
    pub concurrently: bool,
}

/// One key of an index.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct IndexKey {
    /// A column's name, quoted where needed, or an expression without its parentheses.
    pub expr: Expr,
    /// Whether it is a plain column.
    pub column: Option<Name>,
    /// `indcollation` where it differs from the key's own.
    pub collation: Option<QualName>,
    /// `indclass` where it is not the default of the type, qualified unless of pg_catalog.
    pub opclass: Option<String>,
    /// `pg_attribute.attoptions` of the index column.
    pub opclass_options: Settings,
    /// `indoption & 1`
    pub descending: bool,
    /// `indoption & 2`
    pub nulls_first: bool,
}

impl PartialEq for Index {
    fn eq(&self, other: &Index) -> bool {
        let Index {
            relation,
            unique,
            method,
            keys,
            include,
            predicate,
            nulls_not_distinct,
            options,
            tablespace,
            statistics,
            valid,
            attached_to,
            only: _,
            concurrently: _,
        } = self;
        *relation == other.relation
            && *unique == other.unique
            && *method == other.method
            && *keys == other.keys
            && *include == other.include
            && *predicate == other.predicate
            && *nulls_not_distinct == other.nulls_not_distinct
            && *options == other.options
            && *tablespace == other.tablespace
            && *statistics == other.statistics
            && *valid == other.valid
            && *attached_to == other.attached_to
    }
}

impl Eq for Index {}

impl Facets for Index {
    /// One that is valid is not made less, though the file does not attach all its parts.
    fn adopt(&mut self, live: &Index) {
        self.valid |= live.valid;
    }

    fn uses(&self, _: &ObjectId, schema: &Schema) -> Vec<ObjectId> {
        let mut uses = vec![self.relation.clone()];
        let Some(relation) = self.relation.qual_name() else { return uses };
        uses.extend(self.exprs().into_iter().flat_map(|it| schema.mentioned(it, Some(relation))));
        uses.extend(self.keys.iter().filter_map(|it| it.column.as_ref()).map(|it| column(relation, it)));
        uses.extend(self.keys.iter().filter_map(|it| crate::collation::uses(it.collation.as_ref())));
        let classes = self.keys.iter().filter_map(|it| QualName::read(it.opclass.as_deref()?));
        uses.extend(classes.map(|it| crate::Kind::OperatorClass.routine(&it, self.method.as_str())));
        let columns = self.keys.iter().filter_map(|it| it.column.as_ref());
        uses.extend(schema.default_classes(self.method.as_str(), relation, columns));
        uses.extend(self.include.iter().map(|it| column(relation, it)));
        uses.extend(self.attached_to.iter().map(|it| crate::Kind::Index.named(it)));
        uses
    }

    fn parent(&self, _: &ObjectId) -> Option<ObjectId> {
        Some(self.relation.clone())
    }

    fn exprs(&self) -> Vec<&Expr> {
        self.keys.iter().map(|it| &it.expr).chain(&self.predicate).collect()
    }

    fn exprs_mut(&mut self) -> Vec<&mut Expr> {
        self.keys.iter_mut().map(|it| &mut it.expr).chain(&mut self.predicate).collect()
    }
}
