//! Whose column a name in a query is, and which results are named by what they hold, where sqlparser reads the query.
//!
//! Knows scopes; changes no text. What it cannot tell it says nothing about.

use std::collections::HashMap;
use std::ops::{ControlFlow, Range};

use model::{Name, QualName, Schema};
use sqlparser::ast::{
    Delete, Distinct, Expr, FromTable, Ident, Insert, OnConflictAction, OnInsert, OrderBy, OrderByKind,
    Query, Select, SelectItem, SelectItemQualifiedWildcardKind, Statement, TableFactor, TableObject,
    TableWithJoins, Update, UpdateTableFromKind, Visit, Visitor,
};
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::Token;

use super::relation::{Cte, Relation, World, add_ctes, entries, factors, implied, last, name_of, parts};
use crate::Tok;

/// What names of a text mean, by the byte at which each begins.
#[derive(Default)]
pub(super) struct Scopes {
    /// The table whose column it is; nothing where it is the result of a query.
    pub(super) columns: HashMap<u32, Option<QualName>>,
    /// A table by its own name, which stands for its row or before a column.
    pub(super) rows: HashMap<u32, QualName>,
    /// What names a result, as none other name is given to it; with a byte at the level of the list it is in.
    pub(super) naming: HashMap<u32, u32>,
}

/// Reads every query and expression of a text. `own` is the table whose columns bare names mean.
pub(super) fn read(
    text: &str,
    tokens: &[Tok],
    own: Option<&QualName>,
    path: &[Name],
    schema: &Schema,
) -> Scopes {
    let mut found = Scopes::default();
    for piece in pieces(tokens) {
        let Some(([first, ..], last)) = tokens.get(piece).and_then(|it| Some((it, it.last()?))) else {
            continue;
        };
        let begin = first.span.start;
        let Some(part) = text.get(begin as usize..last.span.end as usize) else { continue };
        let world = World { schema, path };
        let mut walk = Walk::new(world, Places::new(part, begin), &mut found);
        own.into_iter().for_each(|it| walk.own(it));
        _ = match parsed(part) {
            Some(Parsed::Statement(it)) => it.visit(&mut walk),
            Some(Parsed::Expr(it)) => it.visit(&mut walk),
            None => ControlFlow::Continue(()),
        };
    }
    found
}

enum Parsed {
    Statement(Box<Statement>),
    Expr(Box<Expr>),
}

fn parsed(text: &str) -> Option<Parsed> {
    let parser = || Parser::new(&PostgreSqlDialect {}).try_with_sql(text).ok();
    let is_read = |parser: &Parser<'_>| parser.peek_token_ref().token == Token::EOF;
    let mut whole = parser()?;
    if let Some(it) = whole.parse_statement().ok().filter(|_| is_read(&whole)) {
        return Some(Parsed::Statement(Box::new(it)));
    }
    let mut part = parser()?;
    part.parse_expr().ok().filter(|_| is_read(&part)).map(|it| Parsed::Expr(Box::new(it)))
}

/// The statements and expressions of the body of a routine or rule; else the whole.
fn pieces(tokens: &[Tok]) -> Vec<Range<usize>> {
    let is = |at: usize, word: &str| tokens.get(at).is_some_and(|it| it.is(word));
    let mut body = 0..tokens.len();
    if is(0, "begin") && is(1, "atomic") {
        body = 2..tokens.len().saturating_sub(1);
    } else if is(0, "return") {
        body.start = 1;
    } else if is(0, "do") {
        body.start = if is(1, "also") || is(1, "instead") { 2 } else { 1 };
        if tokens.get(body.start).is_some_and(|it| it.is_symbol("(")) {
            body = body.start + 1..body.end.saturating_sub(1);
        }
    }
    let ends = body.clone().filter(|at| tokens.get(*at).is_some_and(|it| it.is_symbol(";")));
    let (mut found, mut begin) = (Vec::new(), body.start);
    for end in ends.chain([body.end]) {
        found.push(begin..end);
        begin = end + 1;
    }
    found.retain(|it| it.start < it.end);
    found
}

/// Where the parser's lines and columns are in the text.
struct Places {
    /// Where each character stands.
    chars: Vec<usize>,
    /// Which character begins each line.
    lines: Vec<usize>,
    /// Where the text itself begins.
    begin: u32,
}

impl Places {
    fn new(text: &str, begin: u32) -> Places {
        let chars = text.char_indices().map(|it| it.0).collect();
        let breaks = text.chars().enumerate().filter(|it| it.1 == '\n').map(|it| it.0 + 1);
        Places { chars, lines: [0].into_iter().chain(breaks).collect(), begin }
    }

    fn at(&self, span: sqlparser::tokenizer::Span) -> Option<u32> {
        let line = self.lines.get(usize::try_from(span.start.line).ok()?.checked_sub(1)?)?;
        let column = usize::try_from(span.start.column).ok()?.checked_sub(1)?;
        u32::try_from(*self.chars.get(line + column)?).ok().map(|it| self.begin + it)
    }
}

struct Walk<'a> {
    world: World<'a>,
    places: Places,
    found: &'a mut Scopes,
    /// The relations in reach, the innermost last.
    scopes: Vec<Vec<Relation>>,
    /// The common table expressions of the queries around.
    ctes: Vec<Cte>,
    /// Of each query around: how many of those were there before, and whether it is one SELECT.
    queries: Vec<(usize, bool)>,
    /// Names that mean results.
    results: Vec<u32>,
}

impl<'a> Walk<'a> {
    fn new(world: World<'a>, places: Places, found: &'a mut Scopes) -> Walk<'a> {
        let (scopes, ctes, queries) = (Vec::new(), Vec::new(), Vec::new());
        Walk { world, places, found, scopes, ctes, queries, results: Vec::new() }
    }

    /// The table whose columns bare names mean, with the rows of before and after.
    fn own(&mut self, own: &QualName) {
        let whole = Relation::of(self.world, own, own.name.clone());
        let row = |name: &str| Relation { qualifier: name.into(), bare: false, ..whole.clone() };
        self.scopes.push(vec![row("old"), row("new"), whole]);
    }

    fn relations<'t>(&mut self, from: impl IntoIterator<Item = &'t TableWithJoins>) -> Vec<Relation> {
        let mut found = Vec::new();
        from.into_iter().for_each(|it| entries(it, self.world, &self.ctes, &mut found));
        found
    }

    fn at(&self, ident: &Ident) -> Option<u32> {
        self.places.at(ident.span)
    }

    /// Results that nothing else gives a name.
    fn items(&mut self, items: &[SelectItem], level: sqlparser::tokenizer::Span) {
        for item in items {
            match item {
                SelectItem::UnnamedExpr(it) => {
                    let named = implied(it).and_then(|it| self.at(it));
                    self.found.naming.extend(named.zip(self.places.at(level)));
                }
                SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), _) => {
                    if let [one] = parts(name).as_slice() {
                        self.row(one);
                    }
                }
                _ => (),
            }
        }
    }

    /// A function in a FROM list is named by itself.
    fn calls(&mut self, from: &[TableWithJoins]) {
        for factor in from.iter().flat_map(factors) {
            if let TableFactor::Table { name, alias: None, args: Some(_), .. } = factor {
                let at = last(name).and_then(|it| self.at(it));
                self.found.naming.extend(at.zip(at));
            }
        }
    }

    /// A column without a qualifier: of the innermost scope that has it, where that is certain.
    fn bare(&mut self, ident: &Ident) {
        let (Some(at), name) = (self.at(ident), name_of(ident)) else { return };
        if self.results.contains(&at) {
            self.found.columns.insert(at, None);
            return;
        }
        for scope in self.scopes.iter().rev() {
            let in_reach = || scope.iter().filter(|it| it.bare);
            if in_reach().any(|it| it.columns.is_none()) {
                return;
            }
            let mut having = in_reach().filter(|it| it.has(&name));
            match (having.next(), having.next()) {
                (None, _) => (),
                (Some(one), None) => {
                    self.found.columns.insert(at, one.table.clone());
                    return;
                }
                (Some(_), Some(_)) => return,
            }
        }
        self.row(ident);
    }

    /// A relation's own name.
    fn row(&mut self, ident: &Ident) {
        let name = name_of(ident);
        let found = self.scopes.iter().rev().flatten().find(|it| it.qualifier == name);
        if let Some((table, at)) =
            found.filter(|it| it.own_name).and_then(|it| it.table.clone()).zip(self.at(ident))
        {
            self.found.rows.insert(at, table);
        }
    }

    fn qualified(&mut self, qualifier: &Ident, column: &Ident) {
        let name = name_of(qualifier);
        let found = self.scopes.iter().rev().flatten().find(|it| it.qualifier == name);
        let known = found.filter(|it| it.table.is_some() || it.columns.is_some());
        let Some((found, at)) = known.zip(self.at(column)) else { return };
        self.found.columns.insert(at, found.table.clone());
        self.row(qualifier);
    }

    /// Columns of the table that a statement changes.
    fn targets<'t>(&mut self, target: Option<&Relation>, columns: impl IntoIterator<Item = &'t Ident>) {
        let Some(table) = target.and_then(|it| it.table.as_ref()) else { return };
        for column in columns {
            let at = self.at(column);
            self.found.columns.extend(at.map(|it| (it, Some(table.clone()))));
        }
    }

    fn insert(&mut self, insert: &Insert) {
        let TableObject::TableName(name) = &insert.table else { return self.scopes.push(Vec::new()) };
        let alias = insert.table_alias.as_ref().map(|it| name_of(&it.alias));
        let whole = Relation::named(self.world, name, alias);
        let excluded =
            Relation { qualifier: "excluded".into(), own_name: false, bare: false, ..whole.clone() };
        self.targets(Some(&whole), insert.columns.iter().filter_map(last));
        if let Some(OnInsert::OnConflict(it)) = &insert.on {
            if let Some(sqlparser::ast::ConflictTarget::Columns(columns)) = &it.conflict_target {
                self.targets(Some(&whole), columns);
            }
            if let OnConflictAction::DoUpdate(it) = &it.action {
                self.targets(Some(&whole), it.assignments.iter().flat_map(assigned));
            }
        }
        self.scopes.push(vec![excluded, whole]);
        self.items(insert.returning.as_deref().unwrap_or_default(), insert.insert_token.0.span);
    }

    fn update(&mut self, update: &Update) {
        let from = match &update.from {
            Some(UpdateTableFromKind::BeforeSet(it) | UpdateTableFromKind::AfterSet(it)) => it.as_slice(),
            None => &[],
        };
        let all = self.relations([&update.table].into_iter().chain(from));
        self.targets(all.first(), update.assignments.iter().flat_map(assigned));
        self.scopes.push(all);
        self.calls(from);
        self.items(update.returning.as_deref().unwrap_or_default(), update.update_token.0.span);
    }

    fn delete(&mut self, delete: &Delete) {
        let (FromTable::WithFromKeyword(from) | FromTable::WithoutKeyword(from)) = &delete.from;
        let using = delete.using.as_deref().unwrap_or_default();
        let all = self.relations(from.iter().chain(using));
        self.scopes.push(all);
        self.calls(using);
        self.items(delete.returning.as_deref().unwrap_or_default(), delete.delete_token.0.span);
    }

    /// Bare names that mean a result rather than a column: behind one SELECT where a result has been given that name,
    /// behind several always.
    fn may_be_results<'t>(&mut self, exprs: impl IntoIterator<Item = &'t Expr>, select: Option<&Select>) {
        let is_given = |item: &SelectItem, name: &Name| match item {
            SelectItem::ExprWithAlias { alias, .. } => name_of(alias) == *name,
            _ => false,
        };
        let is_result =
            |name: &Name| select.is_none_or(|it| it.projection.iter().any(|it| is_given(it, name)));
        for expr in exprs {
            let Expr::Identifier(ident) = expr else { continue };
            let at = self.at(ident).filter(|_| is_result(&name_of(ident)));
            self.results.extend(at);
        }
    }
}

fn assigned(assignment: &sqlparser::ast::Assignment) -> Vec<&Ident> {
    use sqlparser::ast::AssignmentTarget::{ColumnName, Tuple};
    let names = match &assignment.target {
        ColumnName(it) => std::slice::from_ref(it),
        Tuple(all) => all.as_slice(),
    };
    names.iter().filter_map(|it| it.0.first()?.as_ident()).collect()
}

fn order(order: &OrderBy) -> Vec<&Expr> {
    match &order.kind {
        OrderByKind::Expressions(all) => all.iter().map(|it| &it.expr).collect(),
        OrderByKind::All(_) => Vec::new(),
    }
}

impl Visitor for Walk<'_> {
    type Break = ();

    fn pre_visit_statement(&mut self, statement: &Statement) -> ControlFlow<()> {
        match statement {
            Statement::Insert(it) => self.insert(it),
            Statement::Update(it) => self.update(it),
            Statement::Delete(it) => self.delete(it),
            _ => self.scopes.push(Vec::new()),
        }
        ControlFlow::Continue(())
    }

    fn post_visit_statement(&mut self, _: &Statement) -> ControlFlow<()> {
        self.scopes.pop();
        ControlFlow::Continue(())
    }

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        self.queries.push((self.ctes.len(), query.body.as_select().is_some()));
        add_ctes(query, self.world, &mut self.ctes);
        let ordered = query.order_by.as_ref().map(order).unwrap_or_default();
        self.may_be_results(ordered, query.body.as_select());
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
        if let Some((ctes, is_select)) = self.queries.pop() {
            self.ctes.truncate(ctes);
            // Kept until now, as ORDER BY stands behind it.
            if is_select {
                self.scopes.pop();
            }
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<()> {
        let all = self.relations(&select.from);
        self.scopes.push(all);
        self.calls(&select.from);
        self.items(&select.projection, select.select_token.0.span);
        if let Some(Distinct::On(exprs)) = &select.distinct {
            self.may_be_results(exprs, Some(select));
        }
        ControlFlow::Continue(())
    }

    fn post_visit_select(&mut self, _: &Select) -> ControlFlow<()> {
        if !self.queries.last().is_some_and(|it| it.1) {
            self.scopes.pop();
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        match expr {
            Expr::Identifier(it) => self.bare(it),
            Expr::CompoundIdentifier(parts) => {
                if let [qualifier, column] = parts.as_slice() {
                    self.qualified(qualifier, column);
                }
            }
            _ => (),
        }
        ControlFlow::Continue(())
    }
}
