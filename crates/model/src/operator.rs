//! Operators. Knows how they are named and paired, not what their functions do.

use std::sync::Arc;

use serde::Serialize;

use crate::kind::Facets;
use crate::{Expr, Kind, Name, Object, ObjectId, QualName, Schema, Type};

/// An operator (`pg_operator`): `Kind::Operator.routine(name, "left, right")`, where `NONE` stands for an
/// argument that is not there. A shell that only stands for a promised commutator or negator is no object.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Operator {
    /// `oprleft`
    pub left: Option<Type>,
    /// `oprright`
    pub right: Option<Type>,
    /// `oprcode`
    pub function: QualName,
    /// `oprcom`: takes the arguments the other way round.
    pub commutator: Option<QualName>,
    /// `oprnegate`: takes the same arguments.
    pub negator: Option<QualName>,
    /// `oprrest`
    pub restrict: Option<QualName>,
    /// `oprjoin`
    pub join: Option<QualName>,
    /// `oprcanhash`
    pub hashes: bool,
    /// `oprcanmerge`
    pub merges: bool,
}

impl Operator {
    /// The identity of an operator of that name and those arguments.
    pub fn id(name: &QualName, left: Option<&Type>, right: Option<&Type>) -> ObjectId {
        Kind::Operator.routine(name, operands(left, right))
    }

    /// The operator that takes the arguments the other way round, as far as it is named.
    pub fn commuted(&self) -> Option<ObjectId> {
        self.commutator.as_ref().map(|it| Operator::id(it, self.right.as_ref(), self.left.as_ref()))
    }

    /// The operator that says the opposite, as far as it is named.
    pub fn negated(&self) -> Option<ObjectId> {
        self.negator.as_ref().map(|it| Operator::id(it, self.left.as_ref(), self.right.as_ref()))
    }
}

fn operands(left: Option<&Type>, right: Option<&Type>) -> Arc<str> {
    let word = |it: Option<&Type>| it.map_or_else(|| "NONE".to_owned(), ToString::to_string);
    format!("{}, {}", word(left), word(right)).into()
}

/// Lets every operator name the one that names it: which of two the server is told of first decides whether
/// it links both, and nobody means them to differ.
pub fn pair_operators(schema: &mut Schema) {
    let mut links: Vec<(ObjectId, ObjectId, bool)> = Vec::new();
    for (id, object) in schema.iter() {
        let Object::Operator(it) = object else { continue };
        links.extend(it.commuted().map(|other| (other, id.clone(), true)));
        links.extend(it.negated().map(|other| (other, id.clone(), false)));
    }
    for (other, id, commutes) in links {
        if let Some(Object::Operator(it)) = schema.get_mut(&other) {
            let link = if commutes { &mut it.commutator } else { &mut it.negator };
            if link.is_none() {
                *link = id.qual_name().cloned();
            }
        }
    }
}

/// How SQL spells an operator among others: `OPERATOR(public.===)`.
pub fn spelled(name: &QualName) -> String {
    format!("OPERATOR({})", symbol(name))
}

/// An operator's own name, qualified: `public.===`.
pub fn symbol(name: &QualName) -> String {
    format!("{}.{}", name.namespace, name.name.as_str())
}

/// Every operator of the schema that a spelling may mean: `===`, `OPERATOR(public.===)`.
pub(crate) fn named<'s>(spelled: &str, schema: &'s Schema) -> impl Iterator<Item = &'s ObjectId> {
    let inside = spelled.strip_prefix("OPERATOR(").and_then(|it| it.strip_suffix(')'));
    let name = inside.and_then(QualName::read);
    name.into_iter().flat_map(|it| schema.operators(&it).collect::<Vec<_>>())
}

impl Schema {
    /// The operators of a qualified name, whatever their arguments.
    pub fn operators(&self, name: &QualName) -> impl Iterator<Item = &ObjectId> {
        self.routines(name).filter(|it| it.kind == Kind::Operator)
    }

    /// The operators an expression may mean by a symbol. One that could stand on a relation counts only
    /// where its symbol is its own: a view that says `=` stands on no operator for rows of that view.
    pub(crate) fn mentioned_operators(&self, parts: &[Name], expr: &Expr) -> Vec<ObjectId> {
        let Some((symbol, namespace)) = parts.split_last() else { return Vec::new() };
        let namespaces = match namespace {
            [] => expr.path.iter().collect::<Vec<_>>(),
            [.., namespace] => vec![namespace],
        };
        let named = namespaces.into_iter().map(|it| symbol.clone().within(it.clone()));
        let found = named.flat_map(|it| self.operators(&it).cloned().collect::<Vec<_>>());
        found.filter(|it| !BUILT_IN.contains(&symbol.as_str()) || self.is_plain(it)).collect()
    }

    fn is_plain(&self, id: &ObjectId) -> bool {
        let Some(Object::Operator(it)) = self.get(id) else { return false };
        let of_rows = |it: &Type| {
            it.user
                .as_ref()
                .and_then(|it| self.type_named(it))
                .is_some_and(|it| matches!(it.kind, Kind::Table | Kind::View | Kind::MaterializedView))
        };
        let parsed = |it: &ObjectId| match self.get(it) {
            Some(Object::Function(it)) => matches!(it.body, crate::Body::Standard(_)),
            _ => false,
        };
        !it.left.iter().chain(&it.right).any(of_rows) && !self.routines(&it.function).any(parsed)
    }
}

/// Symbols that pg_catalog has operators for, as far as they are common.
const BUILT_IN: &[&str] = &[
    "=", "<>", "!=", "<", ">", "<=", ">=", "+", "-", "*", "/", "%", "||", "~", "~*", "!~", "!~*", "~~",
    "~~*", "!~~", "!~~*", "&&", "@>", "<@", "->", "->>", "#>", "#>>", "?", "?|", "?&", "@@", "&", "|", "#",
    "^", "<<", ">>", "@", "<->", "-|-", "@?",
];

impl Facets for Operator {
    fn uses(&self, id: &ObjectId, schema: &Schema) -> Vec<ObjectId> {
        let mut uses = crate::schema::namespace(id);
        uses.extend(self.left.iter().chain(&self.right).flat_map(Type::uses));
        let operands: Vec<String> = self.left.iter().chain(&self.right).map(ToString::to_string).collect();
        uses.push(Kind::Function.routine(&self.function, operands.join(", ")));
        let others = self.restrict.iter().chain(&self.join);
        uses.extend(others.flat_map(|it| schema.routines(it).cloned().collect::<Vec<_>>()));
        uses
    }

    fn parent(&self, _: &ObjectId) -> Option<ObjectId> {
        None
    }
}
