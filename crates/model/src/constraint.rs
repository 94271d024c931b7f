//! Constraints of tables.

use serde::Serialize;

use crate::kind::Facets;
use crate::types::column;
use crate::{Expr, IndexKey, Kind, Name, ObjectId, QualName, Schema, Settings};

/// That a column takes no NULL: `Kind::NotNull.of(table, column)`.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct NotNull {
    /// The constraint's name (`pg_constraint` of contype `n`, from 18 on); `None` before 18 and in a
    /// file that does not say.
    pub name: Option<Name>,
    /// `connoinherit`
    pub no_inherit: bool,
    /// `convalidated`, inverted, so that the default is the usual state.
    pub not_valid: bool,
}

/// A check, unique, primary key or exclusion constraint (`pg_constraint`):
/// `Kind::Constraint.of(table, name)`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Constraint {
    /// What it demands.
    pub rule: Rule,
    /// When it is checked.
    pub deferral: Deferral,
    /// `convalidated`
    pub validated: bool,
    /// `conenforced` (from 18 on)
    pub enforced: bool,
    /// Storage parameters of the index behind it (`pg_class.reloptions`).
    pub options: Settings,
    /// The index's tablespace where it is not the database's.
    pub tablespace: Option<Name>,
}

/// What a constraint demands.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// `c`
    Check {
        /// The condition.
        expr: Expr,
        /// `connoinherit`
        no_inherit: bool,
    },
    /// `p`
    PrimaryKey {
        /// The key, in order.
        columns: Vec<Name>,
        /// Columns only carried along.
        include: Vec<Name>,
        /// The last column WITHOUT OVERLAPS (`conperiod`, from 18 on).
        without_overlaps: bool,
    },
    /// `u`
    Unique {
        /// The key, in order.
        columns: Vec<Name>,
        /// Columns only carried along.
        include: Vec<Name>,
        /// `pg_index.indnullsnotdistinct` (from 15 on)
        nulls_not_distinct: bool,
        /// The last column WITHOUT OVERLAPS (`conperiod`, from 18 on).
        without_overlaps: bool,
    },
    /// `x`
    Exclusion {
        /// The access method.
        method: Name,
        /// What must not conflict.
        elements: Vec<Element>,
        /// Columns only carried along.
        include: Vec<Name>,
        /// Which rows it is about.
        predicate: Option<Expr>,
    },
}

/// One element of an exclusion constraint.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Element {
    /// The key and how it is indexed.
    pub key: IndexKey,
    /// The operator, bare or as `OPERATOR(namespace.op)` where it is not of pg_catalog.
    pub operator: String,
}

/// When a constraint is checked (`condeferrable`, `condeferred`).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Deferral {
    /// NOT DEFERRABLE
    #[default]
    Never,
    /// DEFERRABLE INITIALLY IMMEDIATE
    Immediate,
    /// DEFERRABLE INITIALLY DEFERRED
    Deferred,
}

/// A foreign key (`pg_constraint` of contype `f`, `conparentid = 0`): `Kind::ForeignKey.of(table, name)`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ForeignKey {
    /// `conkey`, in order.
    pub columns: Vec<Name>,
    /// `confrelid`
    pub target: QualName,
    /// `confkey`, in order; resolved to the primary key where the file leaves it out.
    pub target_columns: Vec<Name>,
    /// `confdeltype`
    pub on_delete: Reaction,
    /// `confdelsetcols` (from 15 on): the columns SET NULL or SET DEFAULT is about; empty means all.
    pub on_delete_columns: Vec<Name>,
    /// `confupdtype`
    pub on_update: Reaction,
    /// `confmatchtype`
    pub matching: Match,
    /// When it is checked.
    pub deferral: Deferral,
    /// `convalidated`
    pub validated: bool,
    /// `conenforced` (from 18 on)
    pub enforced: bool,
    /// The last column is a PERIOD (`conperiod`, from 18 on).
    pub period: bool,
}

/// What happens to the referencing row.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reaction {
    /// `a`
    #[default]
    NoAction,
    /// `r`
    Restrict,
    /// `c`
    Cascade,
    /// `n`
    SetNull,
    /// `d`
    SetDefault,
}

/// `pg_constraint.confmatchtype`
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Match {
    /// `s`
    #[default]
    Simple,
    /// `f`
    Full,
}

impl Constraint {
    /// The index behind the constraint of that identity (`pg_constraint.conindid`), where there is one.
    pub fn index_id(&self, id: &ObjectId) -> Option<ObjectId> {
        let table = id.relation().filter(|_| self.rule.is_indexed())?;
        Some(Kind::Index.named(&id.name().clone().within(table.namespace.clone())))
    }
}

impl Rule {
    /// The key columns of a primary key or unique constraint.
    pub fn key(&self) -> Option<&[Name]> {
        match self {
            Rule::PrimaryKey { columns, .. } | Rule::Unique { columns, .. } => Some(columns),
            Rule::Check { .. } | Rule::Exclusion { .. } => None,
        }
    }

    /// Whether an index of the constraint's name stands behind it.
    pub fn is_indexed(&self) -> bool {
        !matches!(self, Rule::Check { .. })
    }
}

impl Facets for NotNull {
    fn uses(&self, id: &ObjectId, _: &Schema) -> Vec<ObjectId> {
        self.parent(id).into_iter().collect()
    }

    fn parent(&self, id: &ObjectId) -> Option<ObjectId> {
        id.relation().map(|it| column(it, id.name()))
    }

    fn adopt(&mut self, live: &NotNull) {
        if self.name.is_none() {
            self.name.clone_from(&live.name);
        }
    }
}

impl Facets for Constraint {
    fn uses(&self, id: &ObjectId, schema: &Schema) -> Vec<ObjectId> {
        let relation = id.relation();
        let mut uses: Vec<ObjectId> = self.parent(id).into_iter().collect();
        uses.extend(self.exprs().into_iter().flat_map(|it| schema.mentioned(it, relation)));
        let named: Vec<&Name> = match &self.rule {
            Rule::Check { .. } => Vec::new(),
            Rule::PrimaryKey { columns, include, .. } | Rule::Unique { columns, include, .. } => {
                columns.iter().chain(include).collect()
            }
            Rule::Exclusion { include, elements, .. } => {
                let operators = elements.iter().flat_map(|it| crate::operator::named(&it.operator, schema));
                uses.extend(operators.cloned());
                include.iter().collect()
            }
        };
        if let (Some(table), Some(key)) = (relation, self.rule.key()) {
            uses.extend(schema.default_classes("btree", table, key.iter()));
        }
        uses.extend(relation.iter().flat_map(|table| named.iter().map(|it| column(table, it))));
        uses
    }

    fn exprs(&self) -> Vec<&Expr> {
        match &self.rule {
            Rule::Check { expr, .. } => vec![expr],
            Rule::PrimaryKey { .. } | Rule::Unique { .. } => Vec::new(),
            Rule::Exclusion { elements, predicate, .. } => {
                elements.iter().map(|it| &it.key.expr).chain(predicate).collect()
            }
        }
    }

    fn exprs_mut(&mut self) -> Vec<&mut Expr> {
        match &mut self.rule {
            Rule::Check { expr, .. } => vec![expr],
            Rule::PrimaryKey { .. } | Rule::Unique { .. } => Vec::new(),
            Rule::Exclusion { elements, predicate, .. } => {
                elements.iter_mut().map(|it| &mut it.key.expr).chain(predicate).collect()
            }
        }
    }
}

impl Facets for ForeignKey {
    /// A foreign key leans on the key it points at, which only the schema can name.
    fn uses(&self, id: &ObjectId, schema: &Schema) -> Vec<ObjectId> {
        let mut uses: Vec<ObjectId> = self.parent(id).into_iter().collect();
        uses.push(Kind::Table.named(&self.target));
        uses.extend(self.target_columns.iter().map(|it| column(&self.target, it)));
        let own = id.relation().into_iter();
        uses.extend(own.flat_map(|table| self.columns.iter().map(|it| column(table, it))));
        uses.extend(schema.key(&self.target, &self.target_columns).cloned());
        uses
    }
}
