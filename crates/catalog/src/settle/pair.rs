//! Pairs the expressions of two schemas that differ, field by field, and says where each stands.
//!
//! Knows which fields of which kind hold expressions; asks nobody.

use std::cell::RefCell;
use std::collections::HashMap;

use model::{
    Argument, Body, Column, Constraint, Domain, Expr, Index, IndexKey, Kind, MaterializedView, Mode, Name,
    Object, ObjectId, Policy, QualName, RewriteRule, Rule, Schema, Shape, Statistics, Table, Type, View,
};

use super::context::{self, Context};
use super::taint::Taint;
use super::verdict::Answer;

/// Two expressions in the same place of the same object, whose tokens differ.
pub(super) struct Pair {
    pub(super) id: ObjectId,
    /// Which of the desired object's expressions it is ([`Object::exprs`]).
    slot: usize,
    /// Likewise of the actual object.
    actual_slot: usize,
    pub(super) desired: Expr,
    pub(super) actual: Expr,
    pub(super) context: Context,
    /// The context of the actual text, where it is another.
    pub(super) actual_context: Option<Context>,
    /// The context to use where the server refuses this one.
    fallback: Option<Context>,
    pub(super) answer: Option<Answer>,
    /// What the view would yield, where that was asked.
    pub(super) shape: Option<Vec<(Name, Type)>>,
}

/// Every pair whose tokens differ, in order of the desired schema.
pub(super) fn differing(actual: &Schema, desired: &Schema, taint: &Taint) -> Vec<Pair> {
    let mut pairs = Vec::new();
    let rows = RefCell::default();
    for (id, new) in desired.iter() {
        let Some(old) = actual.get(id).filter(|it| *it != new) else { continue };
        let mut found = Collector { id, desired, actual, taint, rows: &rows, pairs: &mut pairs };
        found.object(old, new);
    }
    pairs
}

struct Collector<'a> {
    id: &'a ObjectId,
    desired: &'a Schema,
    actual: &'a Schema,
    taint: &'a Taint<'a>,
    /// Where the column expressions of a relation stand, which many share.
    rows: &'a RefCell<HashMap<ObjectId, Context>>,
    pairs: &'a mut Vec<Pair>,
}

impl Collector<'_> {
    fn object(&mut self, old: &Object, new: &Object) {
        match (old, new) {
            (Object::Default(old), Object::Default(new)) => self.default(&old.expr, &new.expr),
            (Object::Column(old), Object::Column(new)) => self.column(old, new),
            (Object::Constraint(old), Object::Constraint(new)) => self.constraint(old, new),
            (Object::Index(old), Object::Index(new)) => self.index(old, new),
            (Object::Statistics(old), Object::Statistics(new)) => self.statistics(old, new),
            (Object::PublishedTable(old), Object::PublishedTable(new)) => {
                let table = model::PublishedTable::of(self.id).map(|it| Kind::Table.named(&it.1));
                if let (Some(a), Some(d), Some(table)) = (&old.filter, &new.filter, table) {
                    let rows = self.rows(&table);
                    self.push(0, a, d, rows);
                }
            }
            (Object::Subscription(old), Object::Subscription(new)) => {
                let hidden = old.is_hidden();
                if let Some(pair) = self.push(0, &old.connection, &new.connection, Context::Bare) {
                    pair.answer = Some(match hidden {
                        true => Answer::Unknown("where it leads is told to superusers only".to_owned()),
                        // The whole string is a secret, which is compared as declared or absent.
                        false if new.connection.key.is_empty() => Answer::Same,
                        false => Answer::Different,
                    });
                }
            }
            (Object::Rule(old), Object::Rule(new)) => self.rule(old, new),
            (Object::Policy(old), Object::Policy(new)) => self.policy(old, new),
            (Object::Trigger(old), Object::Trigger(new)) => {
                if let (Some(a), Some(d)) = (&old.when, &new.when) {
                    let relation = new.relation.qual_name();
                    let columns = relation.and_then(|it| self.columns(it));
                    let context = columns.map_or(Context::Bare, |it| context::old_and_new(&it));
                    self.push(0, a, d, context);
                }
            }
            (Object::Domain(old), Object::Domain(new)) => self.domain(old, new),
            (Object::DomainConstraint(old), Object::DomainConstraint(new)) => {
                let domain = self.id.relation().and_then(|it| self.desired.get(&Kind::Domain.named(it)));
                let Some(Object::Domain(Domain { base, collation, .. })) = domain else { return };
                self.push(0, &old.check, &new.check, context::value(base, collation.as_ref()));
            }
            (Object::View(old), Object::View(new)) => self.query(&old.query, &new.query, &new.columns),
            (Object::MaterializedView(old), Object::MaterializedView(new)) => {
                self.query(&old.query, &new.query, &new.columns);
            }
            (Object::Table(old), Object::Table(new)) => self.table(old, new),
            (Object::Function(old), Object::Function(new)) => {
                let set = if new.returns_set { "SETOF " } else { "" };
                let returns = match new.arguments.iter().any(|it| it.mode == Mode::Table) {
                    true => String::new(),
                    false => format!(" RETURNS {set}{}", new.returns),
                };
                self.routine((&old.arguments, &old.body), (&new.arguments, &new.body), "FUNCTION", &returns);
            }
            (Object::Procedure(old), Object::Procedure(new)) => {
                self.routine((&old.arguments, &old.body), (&new.arguments, &new.body), "PROCEDURE", "");
            }
            _ => (),
        }
    }

    /// The columns of a desired table, as a recordset declares them.
    fn columns(&self, relation: &QualName) -> Option<String> {
        context::columns(self.desired, relation, &|it| self.known(it))
    }

    /// A type the server has. It has a domain that gets another base with the old one: how values are read shows in
    /// what it prints, so the new base stands for that.
    fn known(&self, ty: &Type) -> Option<Type> {
        let base = ty.base(self.desired);
        let is_other = ty.user.is_some() && base != ty.base(self.actual);
        let ty = if is_other { base } else { ty.clone() };
        (!self.taint.is_new(&ty)).then_some(ty)
    }

    /// Where a column expression of a relation stands.
    fn rows(&self, relation: &ObjectId) -> Context {
        if let Some(known) = self.rows.borrow().get(relation) {
            return known.clone();
        }
        let rows = self.rows_of(relation);
        self.rows.borrow_mut().insert(relation.clone(), rows.clone());
        rows
    }

    fn rows_of(&self, relation: &ObjectId) -> Context {
        let name = relation.qual_name();
        let columns = name.and_then(|it| self.columns(it)).zip(name);
        let rows = columns.map(|(it, name)| Context::From(context::recordset(&name.name, &it).into()));
        rows.or_else(|| context::table(relation, relation.kind)).unwrap_or(Context::Bare)
    }

    fn own_rows(&self) -> Context {
        self.id.relation().map_or(Context::Bare, |it| self.rows(&Kind::Table.named(it)))
    }

    fn push(&mut self, slot: usize, actual: &Expr, desired: &Expr, context: Context) -> Option<&mut Pair> {
        if actual == desired {
            return None;
        }
        let relation = match self.desired.get(self.id) {
            Some(Object::Index(it)) => Some(&it.relation),
            Some(Object::Statistics(it)) => Some(&it.relation),
            Some(Object::Trigger(it)) => Some(&it.relation),
            _ => None,
        };
        let fallback = match (&context, relation) {
            (Context::From(_), Some(relation)) => context::table(relation, self.id.kind),
            (Context::From(_), None) if self.id.kind != Kind::DomainConstraint => {
                context::table(self.id, self.id.kind)
            }
            _ => None,
        };
        self.pairs.push(Pair {
            id: self.id.clone(),
            slot,
            actual_slot: self.slot_of(actual),
            desired: desired.clone(),
            actual: actual.clone(),
            fallback: fallback.filter(|it| *it != context),
            context,
            actual_context: None,
            answer: None,
            shape: None,
        });
        self.pairs.last_mut()
    }

    fn slot_of(&self, actual: &Expr) -> usize {
        let exprs = self.actual.get(self.id).map(Object::exprs).unwrap_or_default();
        exprs.iter().position(|it| std::ptr::eq(*it, actual)).unwrap_or_default()
    }

    /// After a change of type the default is said anew: the server keeps its text of the old type.
    fn default(&mut self, old: &Expr, new: &Expr) {
        let ty = |schema| column_type(schema, self.id.relation()?, self.id.name(), 0);
        let (was, shall) = (ty(self.actual), ty(self.desired));
        let context = shall.or(was).map(|it| Context::Default(it.text.clone()));
        let Some(pair) = self.push(0, old, new, context.clone().unwrap_or(Context::Bare)) else { return };
        pair.answer = match (was, shall) {
            (Some(was), Some(shall)) if was != shall => Some(Answer::Different),
            _ if context.is_some() => None,
            _ => Some(Answer::Unknown("the type of the column is not known".to_owned())),
        };
    }

    fn column(&mut self, old: &Column, new: &Column) {
        let (Some(a), Some(d)) = (&old.generated, &new.generated) else { return };
        let Some(relation) = self.id.relation() else { return };
        let table = relation.name.clone();
        let context = match self.columns(relation) {
            Some(columns) => Context::Generated { table, columns: columns.into(), ty: new.ty.text.clone() },
            None => self.own_rows(),
        };
        self.push(0, &a.expr, &d.expr, context);
    }

    fn constraint(&mut self, old: &Constraint, new: &Constraint) {
        match (&old.rule, &new.rule) {
            (Rule::Check { expr: a, .. }, Rule::Check { expr: d, .. }) => {
                let rows = self.own_rows();
                self.push(0, a, d, rows);
            }
            (
                Rule::Exclusion { elements: old, predicate: a, .. },
                Rule::Exclusion { elements: new, predicate: d, .. },
            ) => {
                let rows = self.own_rows();
                self.keys(old.iter().map(|it| &it.key), new.iter().map(|it| &it.key), &rows);
                if let (Some(a), Some(d)) = (a, d) {
                    self.push(new.len(), a, d, rows);
                }
            }
            _ => (),
        }
    }

    fn index(&mut self, old: &Index, new: &Index) {
        let rows = self.rows(&new.relation);
        self.keys(old.keys.iter(), new.keys.iter(), &rows);
        if let (Some(a), Some(d)) = (&old.predicate, &new.predicate) {
            self.push(new.keys.len(), a, d, rows);
        }
    }

    fn statistics(&mut self, old: &Statistics, new: &Statistics) {
        let rows = self.rows(&new.relation);
        for (slot, (a, d)) in old.expressions.iter().zip(&new.expressions).enumerate() {
            self.push(slot, a, d, rows.clone());
        }
    }

    /// A rule stands on a relation of the same columns, which its own commands cannot mean.
    fn rule(&mut self, old: &RewriteRule, new: &RewriteRule) {
        let columns = new.relation.qual_name().and_then(|it| self.columns(it));
        let columns = columns.or_else(|| context::yielded(self.actual, &new.relation));
        let context = match &columns {
            Some(columns) => Context::Rule { event: new.event.word(), columns: columns.as_str().into() },
            None => Context::Bare,
        };
        if let Some(pair) = self.push(0, &old.body, &new.body, context)
            && columns.is_none()
        {
            pair.answer = Some(Answer::Unknown("the columns of the relation are not known".to_owned()));
        }
    }

    /// A key that is a plain column on one side is no expression to ask about.
    fn keys<'k>(
        &mut self,
        old: impl Iterator<Item = &'k IndexKey>,
        new: impl Iterator<Item = &'k IndexKey>,
        rows: &Context,
    ) {
        for (slot, (a, d)) in old.zip(new).enumerate() {
            if a.column.is_none() && d.column.is_none() {
                self.push(slot, &a.expr, &d.expr, rows.clone());
            }
        }
    }

    fn policy(&mut self, old: &Policy, new: &Policy) {
        let rows = self.own_rows();
        if let (Some(a), Some(d)) = (&old.using, &new.using) {
            self.push(0, a, d, rows.clone());
        }
        if let (Some(a), Some(d)) = (&old.check, &new.check) {
            self.push(usize::from(new.using.is_some()), a, d, rows);
        }
    }

    fn domain(&mut self, old: &Domain, new: &Domain) {
        if let (Some(a), Some(d)) = (&old.default, &new.default) {
            self.push(0, a, d, Context::Default(new.base.text.clone()));
        }
    }

    /// Names that the file gives to the columns are part of the query on the server's side, so with them
    /// even equal tokens are worth a question.
    fn query(&mut self, old: &Expr, new: &Expr, columns: &[Name]) {
        if columns.is_empty() {
            self.push(0, old, new, Context::Query);
            return;
        }
        self.pairs.push(Pair {
            id: self.id.clone(),
            slot: 0,
            actual_slot: 0,
            desired: new.clone(),
            actual: old.clone(),
            context: Context::Named(columns.to_vec()),
            actual_context: Some(Context::Named(Vec::new())),
            fallback: None,
            answer: None,
            shape: None,
        });
    }

    fn table(&mut self, old: &Table, new: &Table) {
        if let (Some(a), Some(d)) = (&old.partition_by, &new.partition_by)
            && let Some(columns) = self.id.qual_name().and_then(|it| self.columns(it))
        {
            self.push(0, &a.key, &d.key, Context::Key(columns.into()));
        }
        // With another parent it is another partition, whatever its bound.
        if let (Some(a), Some(d)) = (&old.partition_of, &new.partition_of)
            && a.parent == d.parent
        {
            self.bound(&d.parent, &a.bound, &d.bound, usize::from(new.partition_by.is_some()));
        }
    }

    fn bound(&mut self, parent: &QualName, old: &Expr, new: &Expr, slot: usize) {
        let Some(by) = self.strategy(self.actual, parent) else { return };
        let to_be = self.strategy(self.desired, parent).filter(|it| *it != by).unwrap_or(by);
        // Bounds under another strategy are never the same.
        if word(to_be) != word(by) {
            return;
        }
        let Some(columns) = self.columns(parent) else { return };
        let context = Context::Bound(format!("({columns}) PARTITION BY {to_be}").into());
        let had = context::columns(self.actual, parent, &|it| Some(it.clone()));
        let had = had.filter(|_| by != to_be).map(|it| format!("({it}) PARTITION BY {by}").into());
        let Some(pair) = self.push(slot, old, new, context) else { return };
        pair.actual_context = had.map(Context::Bound);
        if calls(&pair.desired) {
            let why = "the bound calls a function, and making a partition would execute it".to_owned();
            pair.answer = Some(Answer::Unknown(why));
        }
    }

    /// How a table is partitioned.
    fn strategy<'s>(&self, schema: &'s Schema, table: &QualName) -> Option<&'s Expr> {
        match schema.get(&Kind::Table.named(table)) {
            Some(Object::Table(Table { partition_by: Some(by), .. })) => Some(&by.key),
            _ => None,
        }
    }

    fn routine(
        &mut self,
        old: (&[Argument], &Body),
        new: (&[Argument], &Body),
        word: &'static str,
        returns: &str,
    ) {
        let mut slot = 0;
        for (at, argument) in new.0.iter().enumerate() {
            let Some(d) = &argument.default else { continue };
            if let Some(a) = old.0.get(at).and_then(|it| it.default.as_ref()) {
                self.push(slot, a, d, assigned(&argument.ty));
            }
            slot += 1;
        }
        if let (Body::Standard(a), Body::Standard(d)) = (old.1, new.1) {
            let header = format!("({}){returns} LANGUAGE sql", arguments(new.0));
            // The server's print names an argument by the routine where it could be taken for a column.
            let name = self.id.name().clone();
            self.push(slot, a, d, Context::Body { word, name, header: header.into() });
        }
    }
}

/// What an argument takes; nothing can be of a pseudo-type but an argument.
fn assigned(ty: &Type) -> Context {
    const PSEUDO: [&str; 5] = ["any", "\"any\"", "record", "cstring", "internal"];
    match ty.text.starts_with("any") || PSEUDO.contains(&&*ty.text) {
        true => Context::Bare,
        false => Context::Default(ty.text.clone()),
    }
}

/// The arguments as CREATE FUNCTION declares them, without their defaults.
fn arguments(arguments: &[Argument]) -> String {
    let mut columns = Vec::new();
    let mut declared = Vec::new();
    for Argument { mode, name, ty, default: _ } in arguments {
        let name = name.as_ref().map(|it| format!("{it} ")).unwrap_or_default();
        match mode {
            Mode::In => declared.push(format!("IN {name}{ty}")),
            Mode::Out => declared.push(format!("OUT {name}{ty}")),
            Mode::InOut => declared.push(format!("INOUT {name}{ty}")),
            Mode::Variadic => declared.push(format!("VARIADIC {name}{ty}")),
            Mode::Table => columns.push(format!("{name}{ty}")),
        }
    }
    match columns.is_empty() {
        true => declared.join(", "),
        false => format!("{}) RETURNS TABLE({}", declared.join(", "), columns.join(", ")),
    }
}

/// The first word of a partition key: RANGE, LIST or HASH.
fn word(key: &Expr) -> String {
    key.text.split('(').next().unwrap_or_default().trim().to_lowercase()
}

/// Whether the bound of a partition calls anything: unlike all else it is evaluated when it is asked about.
fn calls(bound: &Expr) -> bool {
    const GRAMMAR: [&str; 5] = ["values", "in", "from", "to", "with"];
    let end = u32::try_from(bound.text.len()).unwrap_or(u32::MAX);
    let Ok(tokens) = sql::lex(&bound.text, model::Span { file: 0, start: 0, end }) else { return true };
    tokens.windows(2).any(|pair| {
        let [name, open] = pair else { return false };
        open.is_symbol("(") && name.name().is_some() && !GRAMMAR.iter().any(|it| name.is(it))
    })
}

/// The type of a column, which may come from a parent.
fn column_type<'a>(schema: &'a Schema, relation: &QualName, name: &Name, depth: usize) -> Option<&'a Type> {
    if let Some(Object::Column(it)) = schema.get(&Kind::Column.of(relation, name)) {
        return Some(&it.ty);
    }
    if let Some(Object::View(View { shape: Shape(Some(columns)), .. })) =
        schema.get(&Kind::View.named(relation))
    {
        return columns.iter().find(|it| it.0 == *name).map(|it| &it.1);
    }
    let Some(Object::Table(table)) = schema.get(&Kind::Table.named(relation)) else { return None };
    table.parents().find_map(|it| column_type(schema, it, name, depth + 1).filter(|_| depth < 64))
}

impl Pair {
    /// Whether it is a view's query, which only the server understands.
    pub(super) fn is_query(&self) -> bool {
        matches!(self.context, Context::Query | Context::Named(_))
    }

    /// The pair once more, over the table itself, if there is a table.
    pub(super) fn on_the_table(&mut self) -> Option<&mut Pair> {
        self.context = self.fallback.take()?;
        self.answer = None;
        Some(self)
    }

    /// Whether the offline normaliser says that both mean the same.
    pub(super) fn is_same_offline(&self, actual: &Schema, desired: &Schema) -> bool {
        let place = sql::Place { actual, desired, id: &self.id, slot: self.slot };
        !self.is_query() && sql::same_in(place, &self.desired, &self.actual) == sql::Sameness::Same
    }

    /// The pair under the names the objects will have; nothing where it does not differ under those.
    pub(super) fn read_again(&mut self, actual: &Schema, desired: &Schema) -> Option<()> {
        let (old, new) = (actual.get(&self.id)?, desired.get(&self.id)?);
        self.actual = old.exprs().get(self.actual_slot).map(|it| (*it).clone())?;
        self.desired = new.exprs().get(self.slot).map(|it| (*it).clone())?;
        (old != new).then_some(())
    }

    /// Gives the desired expression the actual one's comparable form where both are the same, and the view
    /// its shape. The text stays the author's: it is what later steps run and people read. Names that the
    /// file gives to a view's columns are part of the server's text, so there the text is the server's too.
    pub(super) fn write(&self, schema: &mut Schema) {
        let Some(object) = schema.get_mut(&self.id) else { return };
        if self.answer == Some(Answer::Same) {
            self.adopt(object);
        }
        match object {
            Object::View(View { shape, .. }) | Object::MaterializedView(MaterializedView { shape, .. })
                if self.wants_shape() =>
            {
                *shape = Shape(self.shape.clone());
            }
            _ => (),
        }
    }

    fn adopt(&self, object: &mut Object) {
        let named = matches!(self.actual_context, Some(Context::Named(_)));
        let settled =
            if named { sql::restated(&self.actual) } else { sql::adopted(&self.desired, &self.actual) };
        if let Some(expr) = object.exprs_mut().into_iter().nth(self.slot) {
            *expr = settled;
        }
        match object {
            Object::View(it) => it.columns.clear(),
            Object::MaterializedView(it) => it.columns.clear(),
            _ => (),
        }
    }

    /// Whether it is a view that has to change.
    pub(super) fn wants_shape(&self) -> bool {
        let differs = matches!(self.answer, Some(Answer::Different));
        differs && self.is_query()
    }
}
