//! Tables, their columns and their columns' defaults.

use serde::Serialize;

use crate::kind::Facets;
use crate::types::column;
use crate::{
    Expr, Foreign, Kind, Name, NameSet, ObjectId, Persistence, QualName, Schema, SequenceOptions, Settings,
    Type,
};

/// An ordinary, partitioned or foreign table (`pg_class.relkind` r, p, f). Its columns, constraints, defaults are
/// objects of their own.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Table {
    /// `relpersistence`
    pub persistence: Persistence,
    /// `relrowsecurity`
    pub row_security: bool,
    /// `relforcerowsecurity`
    pub force_row_security: bool,
    /// `reloptions` and, prefixed `toast.`, those of the TOAST table.
    pub options: Settings,
    /// `pg_partitioned_table`
    pub partition_by: Option<PartitionKey>,
    /// The table it is a partition of.
    pub partition_of: Option<PartitionOf>,
    /// `pg_inherits`, in order of `inhseqno`; never set together with `partition_of`.
    pub inherits: Vec<QualName>,
    /// What a child declares though its parents have it too, and so keeps when they lose it. No statement changes
    /// that of a table that is there, so what the server has is never a difference.
    #[serde(skip)]
    pub also_own: Box<AlsoOwn>,
    /// `reloftype`
    pub of_type: Option<QualName>,
    /// `relam` where it is not the default, heap.
    pub access_method: Option<Name>,
    /// `reltablespace` where it is not the database's.
    pub tablespace: Option<Name>,
    /// `relreplident`
    pub replica_identity: ReplicaIdentity,
    /// The index the table is clustered on (`pg_index.indisclustered`).
    pub cluster_on: Option<Name>,
    /// What makes it a foreign table (`relkind` f).
    pub foreign: Option<Foreign>,
}

/// What comes from a parent and is the child's own as well. One is as good as the other: they are all equal.
#[derive(Clone, Eq, Debug, Default)]
pub struct AlsoOwn {
    /// `pg_attribute.attislocal` where `attinhcount > 0`.
    pub columns: NameSet,
    /// `pg_constraint.conislocal` where `coninhcount > 0`.
    pub checks: NameSet,
    /// The columns whose NOT NULL is the child's own too, likewise (from 18 on).
    pub not_nulls: NameSet,
    /// What a partition calls the keys and foreign keys that it has from above (`pg_constraint.conparentid`).
    pub lent: Vec<(ObjectId, Name)>,
}

impl PartialEq for AlsoOwn {
    fn eq(&self, _: &AlsoOwn) -> bool {
        true
    }
}

/// How a table is partitioned.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct PartitionKey {
    /// What stands after PARTITION BY, as `pg_get_partkeydef` prints it: `RANGE (created_at)`.
    pub key: Expr,
}

/// What a table is a partition of.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct PartitionOf {
    /// The partitioned table.
    pub parent: QualName,
    /// `FOR VALUES …` or `DEFAULT`, as `pg_get_expr(relpartbound)` prints it.
    pub bound: Expr,
}

/// `pg_class.relreplident`
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ReplicaIdentity {
    /// `d`: the primary key, if any.
    #[default]
    Default,
    /// `n`
    Nothing,
    /// `f`
    Full,
    /// `i`: an index, by name.
    Index(Name),
}

/// A column of a table (`pg_attribute`): `Kind::Column.of(table, name)`. Columns that come wholly from
/// a parent table (`attinhcount > 0`) are not objects of the child.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Column {
    /// `atttypid`, `atttypmod`
    #[serde(rename = "type")]
    pub ty: Type,
    /// `attcollation` where it differs from the type's own.
    pub collation: Option<QualName>,
    /// `attidentity`
    pub identity: Option<Identity>,
    /// `attgenerated`
    pub generated: Option<Generated>,
    /// `attstorage` where it differs from the type's: `PLAIN`, `EXTERNAL`, `EXTENDED`, `MAIN`.
    pub storage: Option<String>,
    /// `attcompression` where it is set: `pglz`, `lz4`.
    pub compression: Option<String>,
    /// `attstattarget` where it is set.
    pub statistics: Option<i32>,
    /// `attoptions`: n_distinct and n_distinct_inherited.
    pub options: Settings,
    /// `attfdwoptions`, of a foreign table.
    pub foreign: Settings,
}

/// The default of a column (`pg_attrdef`): `Kind::Default.of(table, column)`. A generated column has none.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Default {
    /// What a new row gets.
    pub expr: Expr,
}

/// GENERATED … AS IDENTITY
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Identity {
    /// ALWAYS or BY DEFAULT.
    pub mode: IdentityMode,
    /// How the sequence behind it counts.
    pub sequence: SequenceOptions,
    /// What the sequence is called.
    #[serde(skip)]
    pub name: SequenceName,
}

impl Identity {
    /// The sequence behind a column of that table. It is no object of a schema, but can be spoken of.
    pub fn sequence_id(&self, table: &QualName) -> ObjectId {
        Kind::Sequence.named(&self.name.0.clone().within(table.namespace.clone()))
    }
}

/// The name of a sequence behind an identity column, in the namespace of the column's table. Learnt, never compared:
/// it stays as it is when the table or column gets another name.
#[derive(Clone, Debug)]
pub struct SequenceName(pub Name);

impl PartialEq for SequenceName {
    fn eq(&self, _: &SequenceName) -> bool {
        true
    }
}

impl Eq for SequenceName {}

/// `pg_attribute.attidentity`
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum IdentityMode {
    /// `a`
    Always,
    /// `d`
    ByDefault,
}

/// GENERATED ALWAYS AS (…)
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Generated {
    /// The expression (`pg_attrdef`).
    pub expr: Expr,
    /// STORED (`s`), else VIRTUAL (`v`, from 18 on).
    pub stored: bool,
}

impl Default {
    /// Whether it is a bare NULL: an heir has it whose parent has another default.
    pub fn is_none(&self) -> bool {
        &*self.expr.key == "null"
    }
}

impl Facets for Table {
    fn uses(&self, id: &ObjectId, schema: &Schema) -> Vec<ObjectId> {
        let Table { partition_by, partition_of, of_type, foreign, .. } = self;
        let mut uses = crate::schema::namespace(id);
        uses.extend(foreign.iter().map(|it| Kind::Server.root(&it.server)));
        for parent in self.parents() {
            let parent = Kind::Table.named(parent);
            uses.extend(schema.parts(&parent).filter(|it| it.kind == Kind::Column).cloned());
            uses.push(parent);
        }
        uses.extend(of_type.iter().map(|it| Kind::Composite.named(it)));
        let exprs = partition_by.iter().map(|it| &it.key).chain(partition_of.iter().map(|it| &it.bound));
        uses.extend(exprs.flat_map(|it| schema.mentioned(it, id.qual_name())));
        uses.retain(|it| it.relation() != id.qual_name());
        uses
    }

    fn parent(&self, _: &ObjectId) -> Option<ObjectId> {
        self.partition_of.as_ref().map(|it| Kind::Table.named(&it.parent))
    }

    fn exprs(&self) -> Vec<&Expr> {
        let key = self.partition_by.iter().map(|it| &it.key);
        key.chain(self.partition_of.iter().map(|it| &it.bound)).collect()
    }

    fn exprs_mut(&mut self) -> Vec<&mut Expr> {
        let key = self.partition_by.iter_mut().map(|it| &mut it.key);
        key.chain(self.partition_of.iter_mut().map(|it| &mut it.bound)).collect()
    }
}

impl Facets for Column {
    fn uses(&self, id: &ObjectId, schema: &Schema) -> Vec<ObjectId> {
        let mut uses: Vec<ObjectId> = self.parent(id).into_iter().chain(self.ty.uses()).collect();
        uses.extend(crate::collation::uses(self.collation.as_ref()));
        let relation = id.relation();
        uses.extend(self.generated.iter().flat_map(|it| schema.mentioned(&it.expr, relation)));
        uses.retain(|it| it != id);
        uses
    }

    fn exprs(&self) -> Vec<&Expr> {
        self.generated.iter().map(|it| &it.expr).collect()
    }

    fn exprs_mut(&mut self) -> Vec<&mut Expr> {
        self.generated.iter_mut().map(|it| &mut it.expr).collect()
    }
}

impl Facets for Default {
    fn uses(&self, id: &ObjectId, schema: &Schema) -> Vec<ObjectId> {
        self.parent(id).into_iter().chain(schema.mentioned(&self.expr, None)).collect()
    }

    fn parent(&self, id: &ObjectId) -> Option<ObjectId> {
        id.relation().map(|it| column(it, id.name()))
    }

    fn exprs(&self) -> Vec<&Expr> {
        vec![&self.expr]
    }

    fn exprs_mut(&mut self) -> Vec<&mut Expr> {
        vec![&mut self.expr]
    }
}
