//! Conditions and constant expressions of DO blocks, decided from what is declared so far and from facts.
//!
//! Knows the operators and functions that guards are written with. `None` is "cannot be known".

use std::cmp::Ordering;
use std::collections::BTreeMap;

use model::{Kind, Name, ObjectId, Span};
use sql::{Cursor, Tok, TokenKind};

use crate::guard_rows::{Live, Row};
use crate::reader::Reader;
use crate::value::{Value, like, truth};
use crate::{guard_call, guard_query};

/// Variables of a block and what they hold; `None` where that is not known.
pub(crate) type Variables = BTreeMap<Name, Option<Value>>;

/// The text is no expression that is read here.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unread;

/// A value or not known, unless the text is not read.
pub(crate) type Answer = Result<Option<Value>, Unread>;

/// How deep expressions may nest.
const DEEPEST: usize = 60;

/// What an expression is decided from.
pub(crate) struct Guard<'g, 'a> {
    pub(crate) reader: &'g Reader<'a>,
    pub(crate) variables: &'g Variables,
    pub(crate) live: Live,
    /// The rows in sight, by alias, inner ones last.
    pub(crate) rows: Vec<(String, Row)>,
    pub(crate) depth: usize,
}

impl<'g, 'a> Guard<'g, 'a> {
    pub(crate) fn new(reader: &'g Reader<'a>, variables: &'g Variables, live: Live) -> Guard<'g, 'a> {
        Guard { reader, variables, live, rows: Vec::new(), depth: 0 }
    }

    /// What a whole expression comes to.
    pub(crate) fn value(&mut self, cursor: &Cursor<'_>, tokens: &[Tok]) -> Option<Value> {
        let mut inside = cursor.within(tokens);
        let found = self.expression(&mut inside).ok()?;
        if inside.is_done() { found } else { None }
    }

    /// Whether a whole condition holds; NULL holds not.
    pub(crate) fn holds(&mut self, cursor: &Cursor<'_>, tokens: &[Tok]) -> Option<bool> {
        self.value(cursor, tokens).and_then(|it| as_bool(&it))
    }

    pub(crate) fn expression(&mut self, cursor: &mut Cursor<'_>) -> Answer {
        self.depth += 1;
        let found = if self.depth > DEEPEST { Err(Unread) } else { self.or(cursor) };
        self.depth -= 1;
        found
    }

    fn or(&mut self, cursor: &mut Cursor<'_>) -> Answer {
        let mut left = self.and(cursor)?;
        while cursor.eat(&["or"]) {
            let right = self.and(cursor)?;
            left = either(left, right, true);
        }
        Ok(left)
    }

    fn and(&mut self, cursor: &mut Cursor<'_>) -> Answer {
        let mut left = self.not(cursor)?;
        while cursor.eat(&["and"]) {
            let right = self.not(cursor)?;
            left = either(left, right, false);
        }
        Ok(left)
    }

    fn not(&mut self, cursor: &mut Cursor<'_>) -> Answer {
        let mut turned = false;
        while cursor.eat(&["not"]) {
            turned = !turned;
        }
        let value = self.comparison(cursor)?;
        Ok(if turned { value.map(negated) } else { value })
    }

    fn comparison(&mut self, cursor: &mut Cursor<'_>) -> Answer {
        let mut left = self.sum(cursor)?;
        loop {
            left = if cursor.eat(&["is"]) {
                self.is(cursor, left)?
            } else if cursor.eat(&["isnull"]) {
                left.map(|it| Value::Bool(it == Value::Null))
            } else if cursor.eat(&["notnull"]) {
                left.map(|it| Value::Bool(it != Value::Null))
            } else if let Some(operator) = comparison_operator(cursor) {
                self.compared(cursor, left, operator)?
            } else {
                let mark = cursor.mark();
                let turned = cursor.eat(&["not"]);
                match cursor.eat_any(&["like", "ilike", "in", "between"]) {
                    Some(word) => {
                        let found = self.word_operator(cursor, left, word)?;
                        if turned { found.map(negated) } else { found }
                    }
                    None => {
                        cursor.reset(mark);
                        return Ok(left);
                    }
                }
            };
        }
    }

    fn is(&mut self, cursor: &mut Cursor<'_>, left: Option<Value>) -> Answer {
        let turned = cursor.eat(&["not"]);
        let found = if cursor.eat(&["null"]) {
            left.map(|it| it == Value::Null)
        } else if cursor.eat(&["true"]) {
            left.map(|it| as_bool(&it) == Some(true) && it != Value::Null)
        } else if cursor.eat(&["false"]) {
            left.map(|it| it != Value::Null && as_bool(&it) == Some(false))
        } else if cursor.eat(&["distinct", "from"]) {
            let right = self.sum(cursor)?;
            left.zip(right)
                .map(|(a, b)| a.order(&b) != Some(Ordering::Equal) && !(a == Value::Null && b == Value::Null))
        } else {
            return Err(Unread);
        };
        Ok(found.map(|it| Value::Bool(it != turned)))
    }

    fn compared(&mut self, cursor: &mut Cursor<'_>, left: Option<Value>, operator: &str) -> Answer {
        if let Some(which) = cursor.eat_any(&["any", "some", "all"]) {
            let list = self.list(cursor)?;
            return Ok(quantified(left, list, operator, which == "all"));
        }
        let right = self.sum(cursor)?;
        Ok(left.zip(right).and_then(|(a, b)| compare(&a, &b, operator)))
    }

    fn word_operator(&mut self, cursor: &mut Cursor<'_>, left: Option<Value>, word: &str) -> Answer {
        match word {
            "in" => {
                let list = self.list(cursor)?;
                Ok(quantified(left, list, "=", false))
            }
            "between" => {
                let low = self.sum(cursor)?;
                cursor.expect(&["and"]).map_err(|_| Unread)?;
                let high = self.sum(cursor)?;
                let one = |other: Option<Value>, operator: &str| {
                    left.clone().zip(other).and_then(|(a, b)| compare(&a, &b, operator))
                };
                Ok(either(one(low, ">="), one(high, "<="), false))
            }
            _ => {
                let right = self.sum(cursor)?;
                let lower = |it: String| if word == "ilike" { it.to_lowercase() } else { it };
                Ok(left.zip(right).map(|(a, b)| match (a.printed(), b.printed()) {
                    (Some(a), Some(b)) => Value::Bool(like(&lower(a), &lower(b))),
                    _ => Value::Null,
                }))
            }
        }
    }

    /// What stands in parentheses behind IN or ANY: a query, an array or a list.
    fn list(&mut self, cursor: &mut Cursor<'_>) -> Result<Option<Vec<Value>>, Unread> {
        let tokens = cursor.parenthesised().map_err(|_| Unread)?;
        let mut inside = cursor.within(tokens);
        if guard_query::begins(&inside) {
            let found = guard_query::query(self, &mut inside)?;
            return Ok(found.column());
        }
        let mut values = Vec::new();
        loop {
            values.push(self.expression(&mut inside)?);
            if !inside.eat_symbol(",") {
                break;
            }
        }
        if !inside.is_done() {
            return Err(Unread);
        }
        let values: Option<Vec<Value>> = values.into_iter().collect();
        Ok(values.map(|mut it| match it.as_slice() {
            [Value::List(inner)] => inner.clone(),
            _ => std::mem::take(&mut it),
        }))
    }

    fn sum(&mut self, cursor: &mut Cursor<'_>) -> Answer {
        let mut left = self.cast(cursor)?;
        loop {
            let operator = match cursor.peek() {
                Some(it) if it.kind == TokenKind::Symbol => it.value.clone(),
                _ => return Ok(left),
            };
            if !["||", "+", "-", "*", "/", "%"].contains(&operator.as_str()) {
                return Ok(left);
            }
            cursor.next();
            let right = self.cast(cursor)?;
            left = left.zip(right).and_then(|(a, b)| joined(&a, &b, &operator));
        }
    }

    fn cast(&mut self, cursor: &mut Cursor<'_>) -> Answer {
        let mut value = self.primary(cursor)?;
        loop {
            if cursor.eat_symbol("::") {
                let ty = type_word(cursor)?;
                value = value.and_then(|it| self.converted(it, &ty));
            } else if cursor.at_symbol("[") {
                cursor.next();
                let at = self.expression(cursor)?;
                cursor.expect_symbol("]").map_err(|_| Unread)?;
                value = value.zip(at).and_then(|(list, at)| element(&list, &at));
            } else if cursor.eat(&["collate"]) {
                cursor.dotted().map_err(|_| Unread)?;
            } else {
                return Ok(value);
            }
        }
    }

    fn primary(&mut self, cursor: &mut Cursor<'_>) -> Answer {
        let Some(token) = cursor.peek() else { return Err(Unread) };
        match token.kind {
            TokenKind::Text => {
                cursor.next();
                Ok(Some(Value::text(token.value.as_str())))
            }
            TokenKind::Number => {
                cursor.next();
                Ok(token.value.replace('_', "").parse().ok().map(Value::Number))
            }
            TokenKind::Symbol if token.value == "(" => {
                let tokens = cursor.parenthesised().map_err(|_| Unread)?;
                self.inside(cursor, tokens)
            }
            TokenKind::Symbol if token.value == "-" => {
                cursor.next();
                let value = self.cast(cursor)?;
                Ok(value.and_then(|it| it.number()).map(|it| Value::Number(-it)))
            }
            TokenKind::Word | TokenKind::Quoted => self.word(cursor),
            TokenKind::Symbol | TokenKind::Bits => Err(Unread),
        }
    }

    /// What stands in parentheses: a query or an expression.
    fn inside(&mut self, cursor: &Cursor<'_>, tokens: &[Tok]) -> Answer {
        let mut inside = cursor.within(tokens);
        if guard_query::begins(&inside) {
            return Ok(guard_query::query(self, &mut inside)?.scalar());
        }
        let found = self.expression(&mut inside)?;
        if inside.is_done() { Ok(found) } else { Err(Unread) }
    }

    fn word(&mut self, cursor: &mut Cursor<'_>) -> Answer {
        if cursor.eat(&["exists"]) {
            let tokens = cursor.parenthesised().map_err(|_| Unread)?;
            let found = guard_query::query(self, &mut cursor.within(tokens))?;
            return Ok(found.exists().map(Value::Bool));
        }
        if cursor.eat(&["case"]) {
            return self.case(cursor);
        }
        if cursor.eat(&["array"]) {
            return self.array(cursor);
        }
        const CONSTANTS: &[&str] = &[
            "true",
            "false",
            "null",
            "current_schema",
            "current_user",
            "current_role",
            "session_user",
            "user",
            "current_catalog",
        ];
        let called = cursor.peek_at(1).is_some_and(|it| it.is_symbol("(") || it.is_symbol("."));
        if !called && let Some(word) = cursor.eat_any(CONSTANTS) {
            return Ok(Some(guard_call::constant(self.reader, word)));
        }
        let parts = cursor.dotted().map_err(|_| Unread)?;
        if cursor.at_symbol("(") {
            return guard_call::call(self, cursor, &parts);
        }
        // A typed literal: `regclass 'x'`.
        if let [ty] = parts.as_slice()
            && cursor.peek().is_some_and(|it| it.kind == TokenKind::Text)
        {
            let value = self.primary(cursor)?;
            return Ok(value.and_then(|it| self.converted(it, ty.as_str())));
        }
        Ok(self.column(&parts))
    }

    fn case(&mut self, cursor: &mut Cursor<'_>) -> Answer {
        let operand = if cursor.at(&["when"]) { None } else { Some(self.expression(cursor)?) };
        let mut found: Option<Option<Value>> = None;
        while cursor.eat(&["when"]) {
            let condition = self.expression(cursor)?;
            let holds = match &operand {
                None => condition.as_ref().and_then(as_bool),
                Some(left) => left.clone().zip(condition).map(|(a, b)| a.order(&b) == Some(Ordering::Equal)),
            };
            cursor.expect(&["then"]).map_err(|_| Unread)?;
            let value = self.expression(cursor)?;
            match holds {
                Some(true) if found.is_none() => found = Some(value),
                None if found.is_none() => found = Some(None),
                _ => (),
            }
        }
        let otherwise = if cursor.eat(&["else"]) { self.expression(cursor)? } else { Some(Value::Null) };
        cursor.expect(&["end"]).map_err(|_| Unread)?;
        Ok(found.unwrap_or(otherwise))
    }

    fn array(&mut self, cursor: &mut Cursor<'_>) -> Answer {
        if cursor.at_symbol("(") {
            let tokens = cursor.parenthesised().map_err(|_| Unread)?;
            let found = guard_query::query(self, &mut cursor.within(tokens))?;
            return Ok(found.column().map(Value::List));
        }
        let mut values = Vec::new();
        cursor.expect_symbol("[").map_err(|_| Unread)?;
        while !cursor.eat_symbol("]") {
            if !values.is_empty() {
                cursor.expect_symbol(",").map_err(|_| Unread)?;
            }
            let nested = cursor.at_symbol("[");
            values.push(if nested { self.array(cursor)? } else { self.expression(cursor)? });
        }
        Ok(values.into_iter().collect::<Option<Vec<Value>>>().map(Value::List))
    }

    /// A column of a row in sight, or a variable.
    fn column(&self, parts: &[Name]) -> Option<Value> {
        let (name, alias) = match parts {
            [name] => (name, None),
            [alias, name] => (name, Some(alias)),
            [_, alias, name] => (name, Some(alias)),
            _ => return None,
        };
        for (own, row) in self.rows.iter().rev() {
            if alias.is_none_or(|it| it.as_str() == own)
                && let Some((_, value)) = row.iter().find(|it| it.0 == name.as_str())
            {
                return value.clone();
            }
        }
        match alias {
            None => self.variables.get(name).cloned().flatten(),
            Some(record) => match self.variables.get(record).cloned().flatten() {
                Some(Value::Row(row)) => row.into_iter().find(|it| it.0 == name.as_str()).and_then(|it| it.1),
                _ => None,
            },
        }
    }

    /// A value as another type.
    pub(crate) fn converted(&self, value: Value, ty: &str) -> Option<Value> {
        if value == Value::Null {
            return Some(value);
        }
        match ty {
            "text" | "varchar" | "name" | "character" | "bpchar" | "regdictionary" => {
                value.printed().map(Value::Text)
            }
            "int" | "integer" | "int4" | "int8" | "bigint" | "smallint" | "int2" | "numeric" | "real"
            | "float" | "decimal" => value.number().map(Value::Number),
            "bool" | "boolean" => as_bool(&value).map(Value::Bool),
            "oid" => Some(value),
            "regclass" | "regtype" | "regnamespace" | "regrole" | "regproc" | "regprocedure" => match value {
                Value::Object(_) => Some(value),
                Value::Text(text) => self.object(&text, ty),
                _ => None,
            },
            "text[]" | "name[]" | "varchar[]" => match value {
                Value::Text(text) => Some(guard_call::array_literal(&text)),
                other => Some(other),
            },
            _ => None,
        }
    }

    /// The declared object that a text names; NULL where there is none.
    pub(crate) fn object(&self, text: &str, ty: &str) -> Option<Value> {
        let end = u32::try_from(text.len()).unwrap_or(u32::MAX);
        let tokens = sql::lex(text, Span { file: 0, start: 0, end }).ok()?;
        let mut cursor = Cursor::new(text, &tokens, Span { file: 0, start: 0, end });
        let reader = self.reader;
        let schema = &reader.desired.schema;
        let found: Option<ObjectId> = match ty {
            "regclass" => {
                let parts = cursor.dotted().ok()?;
                let index = |it: &model::QualName| {
                    let relation = schema.relation(it);
                    relation.or_else(|| reader.relation_taken(it).then(|| Kind::Index.named(it)))
                };
                reader
                    .lookup(&parts, index)
                    .or_else(|| self.outside(&parts, self.live.relations, &reader.facts.relations))
            }
            "regtype" => {
                let parts = cursor.dotted().ok()?;
                let found = reader.lookup(&parts, |it| schema.type_named(it));
                found.or_else(|| self.outside(&parts, self.live.types, &reader.facts.types))
            }
            "regnamespace" => {
                let id = Kind::Namespace.root(&cursor.name().ok()?);
                let ours = schema.contains(&id) || reader.desired.namespaces.contains(id.name());
                (ours || id.name().as_str() == "public").then_some(id)
            }
            "regrole" => {
                let id = Kind::Role.root(&cursor.name().ok()?);
                let live = self.live.roles && reader.facts.roles.contains(id.name());
                (schema.contains(&id) || live).then_some(id)
            }
            _ => {
                let name = reader.routine_name(&mut cursor).ok()?;
                match reader.routine(&name, &[Kind::Function, Kind::Procedure, Kind::Aggregate]) {
                    Ok(crate::refer::Found::Declared(id)) => Some(id),
                    _ => None,
                }
            }
        };
        Some(found.map_or(Value::Null, Value::Object))
    }

    fn outside(
        &self,
        parts: &[Name],
        counts: bool,
        live: &std::collections::HashMap<Name, Vec<Name>>,
    ) -> Option<ObjectId> {
        let there = |it: &model::QualName| {
            let there = self.reader.outside_named(live, it.name.as_str()).contains(it);
            (counts && there).then(|| Kind::Table.named(it))
        };
        self.reader.lookup(parts, there)
    }
}

pub(crate) fn as_bool(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(it) => Some(*it),
        Value::Null => Some(false),
        Value::Text(it) => truth(it),
        _ => None,
    }
}

fn negated(value: Value) -> Value {
    match as_bool(&value) {
        Some(it) if value != Value::Null => Value::Bool(!it),
        _ => Value::Null,
    }
}

/// OR and AND where either side may not be known.
fn either(left: Option<Value>, right: Option<Value>, decisive: bool) -> Option<Value> {
    let is = |it: &Option<Value>, wanted: bool| {
        it.as_ref().is_some_and(|it| *it != Value::Null && as_bool(it) == Some(wanted))
    };
    if is(&left, decisive) || is(&right, decisive) {
        return Some(Value::Bool(decisive));
    }
    match is(&left, !decisive) && is(&right, !decisive) {
        true => Some(Value::Bool(!decisive)),
        false => left.and(right).map(|_| Value::Null),
    }
}

fn comparison_operator(cursor: &mut Cursor<'_>) -> Option<&'static str> {
    const OPERATORS: &[&str] = &["=", "<>", "!=", "<=", ">=", "<", ">", "~~*", "~~", "~*", "~"];
    OPERATORS.iter().copied().find(|it| cursor.eat_symbol(it))
}

fn compare(left: &Value, right: &Value, operator: &str) -> Option<Value> {
    if *left == Value::Null || *right == Value::Null {
        return Some(Value::Null);
    }
    if operator.starts_with('~') {
        let (text, pattern) = (left.printed()?, right.printed()?);
        return match operator {
            "~~" => Some(Value::Bool(like(&text, &pattern))),
            "~~*" => Some(Value::Bool(like(&text.to_lowercase(), &pattern.to_lowercase()))),
            _ => matched(&text, &pattern, operator == "~*"),
        };
    }
    let order = left.order(right)?;
    Some(Value::Bool(match operator {
        "=" => order == Ordering::Equal,
        "<>" | "!=" => order != Ordering::Equal,
        "<" => order == Ordering::Less,
        "<=" => order != Ordering::Greater,
        ">" => order == Ordering::Greater,
        _ => order != Ordering::Less,
    }))
}

/// A regular expression that is a plain text with, perhaps, anchors.
fn matched(text: &str, pattern: &str, fold: bool) -> Option<Value> {
    let (text, pattern) = match fold {
        true => (text.to_lowercase(), pattern.to_lowercase()),
        false => (text.to_string(), pattern.to_string()),
    };
    let inner = pattern.strip_prefix('^').unwrap_or(&pattern);
    let inner = inner.strip_suffix('$').unwrap_or(inner);
    if inner.chars().any(|it| "\\.^$*+?()[]{}|".contains(it)) {
        return None;
    }
    Some(Value::Bool(match (pattern.starts_with('^'), pattern.ends_with('$')) {
        (true, true) => text == inner,
        (true, false) => text.starts_with(inner),
        (false, true) => text.ends_with(inner),
        (false, false) => text.contains(inner),
    }))
}

/// `left operator ANY | ALL (list)`
fn quantified(left: Option<Value>, list: Option<Vec<Value>>, operator: &str, all: bool) -> Option<Value> {
    let (left, list) = left.zip(list)?;
    let mut found = Some(Value::Bool(all));
    for it in &list {
        found = either(found, compare(&left, it, operator), !all);
    }
    found
}

fn joined(left: &Value, right: &Value, operator: &str) -> Option<Value> {
    if operator == "||" {
        return match (left, right) {
            (Value::List(a), Value::List(b)) => Some(Value::List([a.clone(), b.clone()].concat())),
            (Value::List(a), b) => Some(Value::List([a.clone(), vec![b.clone()]].concat())),
            (Value::Null, _) | (_, Value::Null) => Some(Value::Null),
            _ => Some(Value::Text(left.printed()? + &right.printed()?)),
        };
    }
    let (a, b) = (left.number()?, right.number()?);
    match operator {
        "+" => Some(Value::Number(a + b)),
        "-" => Some(Value::Number(a - b)),
        "*" => Some(Value::Number(a * b)),
        "/" if b != 0.0 => Some(Value::Number((a / b).trunc())),
        "%" if b != 0.0 => Some(Value::Number(a % b)),
        _ => None,
    }
}

/// Arrays count from one.
fn element(list: &Value, at: &Value) -> Option<Value> {
    let Value::List(list) = list else { return None };
    let at = at.number()?;
    let found =
        (1..=list.len()).zip(list).find(|(place, _)| f64::from(u32::try_from(*place).unwrap_or(0)) == at);
    Some(found.map_or(Value::Null, |it| it.1.clone()))
}

/// The last word of a type behind `::`, `[]` included, modifiers left out.
fn type_word(cursor: &mut Cursor<'_>) -> Result<String, Unread> {
    let mut word =
        cursor.dotted().map_err(|_| Unread)?.pop().map(|it| it.as_str().to_string()).unwrap_or_default();
    if word == "character" && cursor.eat(&["varying"]) {
        word = "varchar".into();
    }
    if cursor.at_symbol("(") {
        cursor.parenthesised().map_err(|_| Unread)?;
    }
    while cursor.at_symbol("[") && cursor.peek_at(1).is_some_and(|it| it.is_symbol("]")) {
        cursor.next();
        cursor.next();
        word.push_str("[]");
    }
    Ok(word)
}
