//! What stands in a FROM list and what it yields: the names of columns and results. Knows no scopes.

use model::{Kind, MaterializedView, Name, Object, QualName, Schema, Shape, Table, View};
use sqlparser::ast::{
    DataType, Expr, Ident, ObjectName, Query, Select, SelectItem, SelectItemQualifiedWildcardKind, SetExpr,
    Statement, TableAlias, TableFactor, TableWithJoins, TypedString,
};

/// What is there.
#[derive(Clone, Copy)]
pub(super) struct World<'a> {
    pub(super) schema: &'a Schema,
    pub(super) path: &'a [Name],
}

/// What names in a query can mean the columns of.
#[derive(Clone)]
pub(super) struct Relation {
    pub(super) qualifier: Name,
    /// The table or view, where its columns are.
    pub(super) table: Option<QualName>,
    /// Whether the qualifier is the relation's own name.
    pub(super) own_name: bool,
    /// Whether names without a qualifier may mean its columns.
    pub(super) bare: bool,
    /// What it yields, where that is known.
    pub(super) columns: Option<Vec<Name>>,
}

/// A common table expression and what it yields.
pub(super) type Cte = (Name, Option<Vec<Name>>);

impl Relation {
    pub(super) fn of(world: World<'_>, table: &QualName, qualifier: Name) -> Relation {
        let own_name = qualifier == table.name;
        let columns = columns(world, table);
        Relation { qualifier, table: Some(table.clone()), own_name, bare: true, columns }
    }

    /// What a name stands for outside common table expressions.
    pub(super) fn named(world: World<'_>, name: &ObjectName, alias: Option<Name>) -> Relation {
        let parts = parts(name);
        let candidates: Vec<QualName> = match parts.as_slice() {
            [name] => world.path.iter().map(|it| name_of(name).within(it.clone())).collect(),
            [namespace, name] => vec![name_of(name).within(name_of(namespace))],
            _ => Vec::new(),
        };
        let found = candidates.into_iter().find(|it| world.schema.relation(it).is_some());
        let own_name = alias.is_none();
        let qualifier = alias.or_else(|| parts.last().map(|it| name_of(it))).unwrap_or_else(|| "".into());
        match found {
            Some(table) => Relation { own_name, ..Relation::of(world, &table, qualifier) },
            None => Relation { own_name, ..Relation::yielding(qualifier, None) },
        }
    }

    /// What is no table.
    fn yielding(qualifier: Name, columns: Option<Vec<Name>>) -> Relation {
        Relation { qualifier, table: None, own_name: false, bare: true, columns }
    }

    pub(super) fn has(&self, column: &Name) -> bool {
        self.columns.as_ref().is_some_and(|it| it.contains(column))
    }
}

/// The columns of a table, with those from above, or of a view.
fn columns(world: World<'_>, name: &QualName) -> Option<Vec<Name>> {
    let schema = world.schema;
    match schema.get(&schema.relation(name)?)? {
        Object::Table(Table { of_type: None, .. }) => {
            let lines = schema.lineage(name).into_iter().map(|it| Kind::Table.named(it));
            let all: Vec<_> = lines.flat_map(|it| schema.parts(&it).cloned().collect::<Vec<_>>()).collect();
            Some(all.iter().filter(|it| it.kind == Kind::Column).map(|it| it.name().clone()).collect())
        }
        Object::View(View { columns, shape: Shape(shape), .. })
        | Object::MaterializedView(MaterializedView { columns, shape: Shape(shape), .. }) => match shape {
            Some(all) => Some(all.iter().map(|it| it.0.clone()).collect()),
            None => Some(columns.clone()).filter(|it| !it.is_empty()),
        },
        _ => None,
    }
}

/// What stands in an item of a FROM list: the first and what is joined to it.
pub(super) fn factors(from: &TableWithJoins) -> impl Iterator<Item = &TableFactor> {
    std::iter::once(&from.relation).chain(from.joins.iter().map(|it| &it.relation))
}

/// What one item of a FROM list, with its joins, brings.
pub(super) fn entries(from: &TableWithJoins, world: World<'_>, ctes: &[Cte], found: &mut Vec<Relation>) {
    factors(from).for_each(|it| entry(it, world, ctes, found));
}

fn entry(factor: &TableFactor, world: World<'_>, ctes: &[Cte], found: &mut Vec<Relation>) {
    let called = |alias: &Option<TableAlias>| alias.as_ref().map(|it| name_of(&it.name));
    let renamed = |alias: &Option<TableAlias>| alias.as_ref().map(columns_given).filter(|it| !it.is_empty());
    match factor {
        TableFactor::Table { name, alias, args: None, .. } => {
            let alone = parts(name);
            let cte = match alone.as_slice() {
                [name] => ctes.iter().rev().find(|it| it.0 == name_of(name)),
                _ => None,
            };
            let mut relation = match cte {
                Some((name, columns)) => {
                    Relation::yielding(called(alias).unwrap_or_else(|| name.clone()), columns.clone())
                }
                None => Relation::named(world, name, called(alias)),
            };
            if renamed(alias).is_some() {
                relation = Relation::yielding(relation.qualifier, None);
            }
            found.push(relation);
        }
        TableFactor::Derived { subquery, alias, .. } => {
            let yields = renamed(alias).or_else(|| labels(subquery, world, ctes));
            found.push(Relation::yielding(called(alias).unwrap_or_else(|| "".into()), yields));
        }
        TableFactor::NestedJoin { table_with_joins, alias: None } => {
            entries(table_with_joins, world, ctes, found);
        }
        TableFactor::Table { name, alias, args: Some(_), .. } => {
            let own = last(name).map(name_of);
            found.push(Relation::yielding(called(alias).or(own).unwrap_or_else(|| "".into()), None));
        }
        _ => found.push(Relation::yielding("".into(), None)),
    }
}

/// The names that an alias gives to columns.
fn columns_given(alias: &TableAlias) -> Vec<Name> {
    alias.columns.iter().map(|it| name_of(&it.name)).collect()
}

/// Adds the common table expressions of a query to those around it.
pub(super) fn add_ctes(query: &Query, world: World<'_>, ctes: &mut Vec<Cte>) {
    for cte in query.with.iter().flat_map(|it| &it.cte_tables) {
        let given = columns_given(&cte.alias);
        let yields = if given.is_empty() { labels(&cte.query, world, ctes) } else { Some(given) };
        ctes.push((name_of(&cte.alias.name), yields));
    }
}

/// The names of a query's results, where all of them are known.
fn labels(query: &Query, world: World<'_>, ctes: &[Cte]) -> Option<Vec<Name>> {
    let mut ctes = ctes.to_vec();
    add_ctes(query, world, &mut ctes);
    yielded(&query.body, world, &ctes)
}

fn yielded(body: &SetExpr, world: World<'_>, ctes: &[Cte]) -> Option<Vec<Name>> {
    match body {
        SetExpr::Select(it) => selected(it, world, ctes),
        SetExpr::Query(it) => labels(it, world, ctes),
        SetExpr::SetOperation { left, .. } => yielded(left, world, ctes),
        SetExpr::Insert(Statement::Insert(it)) => returned(it.returning.as_deref()),
        SetExpr::Update(Statement::Update(it)) => returned(it.returning.as_deref()),
        SetExpr::Delete(Statement::Delete(it)) => returned(it.returning.as_deref()),
        _ => None,
    }
}

fn returned(items: Option<&[SelectItem]>) -> Option<Vec<Name>> {
    items.unwrap_or_default().iter().map(label).collect()
}

fn selected(select: &Select, world: World<'_>, ctes: &[Cte]) -> Option<Vec<Name>> {
    let mut from = Vec::new();
    select.from.iter().for_each(|it| entries(it, world, ctes, &mut from));
    let mut found = Vec::new();
    for item in &select.projection {
        match item {
            SelectItem::Wildcard(_) => {
                for relation in &from {
                    found.extend(relation.columns.clone()?);
                }
            }
            SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), _) => {
                let name = last(name).map(name_of)?;
                let relation = from.iter().find(|it| it.qualifier == name)?;
                found.extend(relation.columns.clone()?);
            }
            _ => found.push(label(item)?),
        }
    }
    Some(found)
}

fn label(item: &SelectItem) -> Option<Name> {
    match item {
        SelectItem::ExprWithAlias { alias, .. } => Some(name_of(alias)),
        // What has no name of its own gets one that nobody gives.
        SelectItem::UnnamedExpr(it) => Some(implied(it).map_or_else(|| "?column?".into(), name_of)),
        _ => None,
    }
}

/// What a result without a name is named by (PostgreSQL documentation, 7.3.2 "Column Labels").
pub(super) fn implied(expr: &Expr) -> Option<&Ident> {
    match expr {
        Expr::Cast { expr, data_type, .. } => implied_strongly(expr).or_else(|| type_name(data_type)),
        Expr::TypedString(TypedString { data_type, .. }) => type_name(data_type),
        Expr::Nested(it) | Expr::Collate { expr: it, .. } => implied(it),
        _ => implied_strongly(expr),
    }
}

/// The same where a type around it does not change it.
fn implied_strongly(expr: &Expr) -> Option<&Ident> {
    match expr {
        Expr::Identifier(it) => Some(it),
        Expr::CompoundIdentifier(parts) => parts.last(),
        Expr::Function(it) => last(&it.name),
        Expr::Cast { expr, .. } | Expr::Nested(expr) | Expr::Collate { expr, .. } => implied_strongly(expr),
        Expr::Case { else_result: Some(it), .. } => implied_strongly(it),
        _ => None,
    }
}

fn type_name(ty: &DataType) -> Option<&Ident> {
    match ty {
        DataType::Custom(name, _) => last(name),
        _ => None,
    }
}

/// The names of a chain; nothing where it is not one of names alone.
pub(super) fn parts(name: &ObjectName) -> Vec<&Ident> {
    name.0.iter().filter_map(|it| it.as_ident()).collect()
}

pub(super) fn last(name: &ObjectName) -> Option<&Ident> {
    name.0.last()?.as_ident()
}

/// The name as PostgreSQL reads it.
pub(super) fn name_of(ident: &Ident) -> Name {
    match ident.quote_style {
        Some(_) => Name::new(ident.value.as_str()),
        None => Name::new(ident.value.to_ascii_lowercase()),
    }
}
