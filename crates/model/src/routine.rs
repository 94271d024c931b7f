//! Functions and procedures.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::kind::Facets;
use crate::{Expr, Kind, Name, ObjectId, QualName, Schema, Type};

/// A function or window function (`pg_proc.prokind` f, w): `Kind::Function.routine(name, types)`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Function {
    /// In order, OUT and TABLE ones included.
    pub arguments: Vec<Argument>,
    /// `prorettype`; `None` where it follows from the OUT arguments and the file does not say it
    /// (resolved by the reader of the file, so both sides have it), or for RETURNS TABLE: record.
    pub returns: Type,
    /// `proretset`
    pub returns_set: bool,
    /// `lanname`
    pub language: Name,
    /// What it does.
    pub body: Body,
    /// `prokind = 'w'`
    pub window: bool,
    /// `provolatile`
    pub volatility: Volatility,
    /// `proisstrict`
    pub strict: bool,
    /// `prosecdef`
    pub security_definer: bool,
    /// `proleakproof`
    pub leakproof: bool,
    /// `proparallel`
    pub parallel: Parallel,
    /// `procost` as text; defaults resolved (1 for C and internal, else 100).
    pub cost: String,
    /// `prorows` as text; `0` where it returns no set, 1000 by default.
    pub rows: String,
    /// `prosupport`
    pub support: Option<QualName>,
    /// `proconfig`: setting → value, as the server stores it.
    pub config: BTreeMap<String, String>,
    /// `protrftypes`
    pub transforms: Vec<Type>,
}

/// A procedure (`pg_proc.prokind = 'p'`): `Kind::Procedure.routine(name, types)`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Procedure {
    /// In order.
    pub arguments: Vec<Argument>,
    /// `lanname`
    pub language: Name,
    /// What it does.
    pub body: Body,
    /// `prosecdef`
    pub security_definer: bool,
    /// `proconfig`
    pub config: BTreeMap<String, String>,
    /// `protrftypes`
    pub transforms: Vec<Type>,
}

/// An aggregate (`pg_aggregate`): `Kind::Aggregate.routine(name, types)`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Aggregate {
    /// In order, the direct ones first.
    pub arguments: Vec<Argument>,
    /// `aggnumdirectargs` of an ordered-set aggregate (`aggkind` o, h).
    pub direct: Option<usize>,
    /// `aggkind = 'h'`
    pub hypothetical: bool,
    /// `aggtranstype`
    pub state: Type,
    /// `aggmtranstype`
    pub moving_state: Option<Type>,
    /// The functions by the word that names them: SFUNC (`aggtransfn`), FINALFUNC (`aggfinalfn`),
    /// COMBINEFUNC, SERIALFUNC, DESERIALFUNC, MSFUNC, MINVFUNC, MFINALFUNC.
    pub functions: BTreeMap<String, QualName>,
    /// What else differs from the default, by its word: INITCOND (`agginitval`), SSPACE (`aggtransspace`),
    /// FINALFUNC_EXTRA, FINALFUNC_MODIFY, their likes for moving, and SORTOP as `namespace.operator`.
    pub options: BTreeMap<String, String>,
    /// `proparallel`
    pub parallel: Parallel,
}

/// One argument.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Argument {
    /// `proargmodes`
    pub mode: Mode,
    /// `proargnames`
    pub name: Option<Name>,
    /// `proargtypes`, `proallargtypes`
    #[serde(rename = "type")]
    pub ty: Type,
    /// `proargdefaults`
    pub default: Option<Expr>,
}

/// `pg_proc.proargmodes`
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are PostgreSQL's own")]
pub enum Mode {
    In,
    Out,
    InOut,
    Variadic,
    Table,
}

/// What a routine does.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Body {
    /// `prosrc`: text that the language reads when called; compared as text.
    Text(String),
    /// `probin` and `prosrc` of a C function.
    Library {
        /// The object file.
        file: String,
        /// The symbol.
        symbol: String,
    },
    /// `pg_get_function_sqlbody`: RETURN … or BEGIN ATOMIC … END.
    Standard(Expr),
}

/// `pg_proc.provolatile`
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are PostgreSQL's own")]
pub enum Volatility {
    Immutable,
    Stable,
    #[default]
    Volatile,
}

/// `pg_proc.proparallel`
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are PostgreSQL's own")]
pub enum Parallel {
    Safe,
    Restricted,
    #[default]
    Unsafe,
}

impl Body {
    fn expr(&self) -> Option<&Expr> {
        match self {
            Body::Standard(it) => Some(it),
            Body::Text(_) | Body::Library { .. } => None,
        }
    }

    fn expr_mut(&mut self) -> Option<&mut Expr> {
        match self {
            Body::Standard(it) => Some(it),
            Body::Text(_) | Body::Library { .. } => None,
        }
    }
}

/// What the signature and a parsed body stand on. A textual body is read when it is called, so it
/// stands on nothing.
fn uses(arguments: &[Argument], body: &Body, id: &ObjectId, schema: &Schema) -> Vec<ObjectId> {
    let mut uses = crate::schema::namespace(id);
    uses.extend(arguments.iter().flat_map(|it| it.ty.uses()));
    let exprs = arguments.iter().filter_map(|it| it.default.as_ref()).chain(body.expr());
    for used in exprs.flat_map(|it| schema.mentioned(it, None)) {
        uses.extend(schema.parts(&used).filter(|it| it.kind == crate::Kind::Column).cloned());
        uses.push(used);
    }
    uses.retain(|it| it != id);
    uses
}

impl Facets for Function {
    fn uses(&self, id: &ObjectId, schema: &Schema) -> Vec<ObjectId> {
        let mut uses = uses(&self.arguments, &self.body, id, schema);
        uses.extend(self.returns.uses());
        uses.push(Kind::Language.root(&self.language));
        uses
    }

    fn exprs(&self) -> Vec<&Expr> {
        self.arguments.iter().filter_map(|it| it.default.as_ref()).chain(self.body.expr()).collect()
    }

    fn exprs_mut(&mut self) -> Vec<&mut Expr> {
        let defaults = self.arguments.iter_mut().filter_map(|it| it.default.as_mut());
        defaults.chain(self.body.expr_mut()).collect()
    }
}

impl Facets for Aggregate {
    fn uses(&self, id: &ObjectId, schema: &Schema) -> Vec<ObjectId> {
        let mut uses = crate::schema::namespace(id);
        let types = self.arguments.iter().map(|it| &it.ty).chain([&self.state]).chain(&self.moving_state);
        uses.extend(types.flat_map(Type::uses));
        uses.extend(self.functions.values().flat_map(|it| schema.routines(it).cloned()));
        let sort = self.options.get("SORTOP").map(|it| format!("OPERATOR({it})")).unwrap_or_default();
        uses.extend(crate::operator::named(&sort, schema).cloned());
        uses.retain(|it| it != id);
        uses
    }
}

impl Facets for Procedure {
    fn uses(&self, id: &ObjectId, schema: &Schema) -> Vec<ObjectId> {
        let mut uses = uses(&self.arguments, &self.body, id, schema);
        uses.push(Kind::Language.root(&self.language));
        uses
    }

    fn exprs(&self) -> Vec<&Expr> {
        self.arguments.iter().filter_map(|it| it.default.as_ref()).chain(self.body.expr()).collect()
    }

    fn exprs_mut(&mut self) -> Vec<&mut Expr> {
        let defaults = self.arguments.iter_mut().filter_map(|it| it.default.as_mut());
        defaults.chain(self.body.expr_mut()).collect()
    }
}
