//! Queries over the catalogs, as guards and loops ask them, answered from what is declared so far.
//!
//! Knows FROM lists, joins and WHERE; no grouping. What it does not read is not known.

use sql::{Cursor, Tok, TokenKind};

use crate::guard::{Answer, Guard, Unread};
use crate::guard_rows::{self, Row};
use crate::value::Value;

/// More rows than this no guard asks for.
const MOST: usize = 100_000;

/// What a query yields.
#[derive(Debug, Default)]
pub(crate) struct Yield {
    /// Rows, and whether each is certainly there.
    pub(crate) rows: Vec<(Row, bool)>,
}

impl Yield {
    pub(crate) fn exists(&self) -> Option<bool> {
        match self.rows.iter().any(|it| it.1) {
            true => Some(true),
            false if self.rows.is_empty() => Some(false),
            false => None,
        }
    }

    /// The one value of the query as an expression: NULL without a row.
    pub(crate) fn scalar(&self) -> Option<Value> {
        match self.rows.as_slice() {
            [] => Some(Value::Null),
            [(row, true)] => row.first().and_then(|it| it.1.clone()),
            _ => None,
        }
    }

    /// The first column of every row.
    pub(crate) fn column(&self) -> Option<Vec<Value>> {
        let value =
            |(row, certain): &(Row, bool)| row.first().filter(|_| *certain).and_then(|it| it.1.clone());
        self.rows.iter().map(value).collect()
    }
}

/// Whether a query begins here.
pub(crate) fn begins(cursor: &Cursor<'_>) -> bool {
    cursor.at(&["select"]) || cursor.at(&["values"])
}

const CLAUSES: &[&str] = &[
    "from",
    "where",
    "group",
    "having",
    "order",
    "limit",
    "offset",
    "fetch",
    "union",
    "intersect",
    "except",
    "for",
];

fn at_clause(cursor: &Cursor<'_>) -> bool {
    CLAUSES.iter().any(|it| cursor.at(&[it]))
}

/// One table of a FROM list.
struct Source {
    alias: String,
    rows: Rows,
}

enum Rows {
    /// A catalog, read when its filters are known.
    Catalog(String),
    Given(Vec<Row>),
}

/// Reads and answers a query, with what is in sight of the guard around it.
pub(crate) fn query(guard: &mut Guard<'_, '_>, cursor: &mut Cursor<'_>) -> Result<Yield, Unread> {
    if cursor.eat(&["values"]) {
        let rows = values(guard, cursor)?;
        return Ok(Yield { rows: rows.into_iter().map(|it| (it, true)).collect() });
    }
    cursor.expect(&["select"]).map_err(|_| Unread)?;
    cursor.eat_any(&["distinct", "all"]);
    let list = cursor.until(at_clause);
    let (mut sources, mut conditions) = (Vec::new(), Vec::new());
    if cursor.eat(&["from"]) {
        from(guard, cursor, &mut sources, &mut conditions)?;
    }
    if cursor.eat(&["where"]) {
        conjuncts(cursor, &mut conditions);
    }
    while cursor.eat(&["order", "by"]) || cursor.eat_any(&["limit", "offset"]).is_some() {
        cursor.until(at_clause);
    }
    if !cursor.is_done() {
        return Err(Unread);
    }
    let mut found = Yield::default();
    let base = guard.rows.len();
    join(guard, cursor, &sources, &conditions, list, &mut found, true)?;
    guard.rows.truncate(base);
    counted(cursor, list, found)
}

/// `count(…)` alone in the list counts.
fn counted(cursor: &Cursor<'_>, list: &[Tok], found: Yield) -> Result<Yield, Unread> {
    let mut inside = cursor.within(list);
    if !inside.eat(&["count"]) || !inside.at_symbol("(") {
        return Ok(found);
    }
    let certain = found.rows.iter().all(|it| it.1);
    let count = Value::Number(f64::from(u32::try_from(found.rows.len()).map_err(|_| Unread)?));
    let plain = inside.parenthesised().is_ok_and(|it| !it.iter().any(|it| it.is("distinct")));
    let value = (certain && plain).then_some(count);
    Ok(Yield { rows: vec![(vec![("count".to_string(), value)], true)] })
}

fn from<'t>(
    guard: &mut Guard<'_, '_>,
    cursor: &mut Cursor<'t>,
    sources: &mut Vec<Source>,
    conditions: &mut Vec<&'t [Tok]>,
) -> Result<(), Unread> {
    loop {
        sources.push(source(guard, cursor)?);
        if cursor.eat_symbol(",") {
            continue;
        }
        let crossed = cursor.eat(&["cross"]);
        _ = cursor.eat_any(&["inner"]).is_some()
            || cursor.eat_any(&["left"]).is_some() && cursor.eat(&["outer"]);
        if !cursor.eat(&["join"]) {
            return Ok(());
        }
        sources.push(source(guard, cursor)?);
        if !crossed {
            joined_by(cursor, sources, conditions)?;
        }
        while !cursor.at_symbol(",") && !cursor.is_done() && !at_clause(cursor) {
            let crossed = cursor.eat(&["cross"]);
            _ = cursor.eat_any(&["inner"]).is_some()
                || cursor.eat_any(&["left"]).is_some() && cursor.eat(&["outer"]);
            cursor.expect(&["join"]).map_err(|_| Unread)?;
            sources.push(source(guard, cursor)?);
            if !crossed {
                joined_by(cursor, sources, conditions)?;
            }
        }
        if !cursor.eat_symbol(",") {
            return Ok(());
        }
    }
}

/// `ON condition`; USING is not read.
fn joined_by<'t>(
    cursor: &mut Cursor<'t>,
    _: &[Source],
    conditions: &mut Vec<&'t [Tok]>,
) -> Result<(), Unread> {
    cursor.expect(&["on"]).map_err(|_| Unread)?;
    let joins = |it: &Cursor<'_>| ["join", "inner", "left", "cross"].iter().any(|word| it.at(&[word]));
    let tokens = cursor.until(|it| it.at_symbol(",") || at_clause(it) || joins(it));
    conjuncts(&mut cursor.within(tokens), conditions);
    Ok(())
}

fn source(guard: &mut Guard<'_, '_>, cursor: &mut Cursor<'_>) -> Result<Source, Unread> {
    cursor.eat(&["only"]);
    if cursor.at_symbol("(") {
        let tokens = cursor.parenthesised().map_err(|_| Unread)?;
        let rows = query(guard, &mut cursor.within(tokens))?;
        if rows.rows.iter().any(|it| !it.1) {
            return Err(Unread);
        }
        let rows = rows.rows.into_iter().map(|it| it.0).collect();
        return Ok(aliased(cursor, String::new(), rows));
    }
    let parts = cursor.dotted().map_err(|_| Unread)?;
    let name = parts.last().map(|it| it.as_str().to_string()).unwrap_or_default();
    if cursor.at_symbol("(") {
        let rows = function(guard, cursor, &name)?;
        return Ok(aliased(cursor, name, rows));
    }
    let qualified: Vec<&str> = parts.iter().map(|it| it.as_str()).collect();
    cursor.eat(&["as"]);
    let alias = match cursor.peek() {
        Some(it) if it.name().is_some() && !is_word_of_from(it) => {
            cursor.next();
            it.value.clone()
        }
        _ => name,
    };
    Ok(Source { alias, rows: Rows::Catalog(qualified.join(".")) })
}

fn is_word_of_from(token: &Tok) -> bool {
    token.kind == TokenKind::Word
        && (CLAUSES.contains(&token.value.as_str())
            || ["join", "inner", "left", "right", "full", "cross", "natural", "on", "using"]
                .contains(&token.value.as_str()))
}

/// `AS alias [(columns)]` behind rows that are given.
fn aliased(cursor: &mut Cursor<'_>, name: String, mut rows: Vec<Row>) -> Source {
    cursor.eat(&["as"]);
    let mut alias = name;
    if let Some(token) = cursor.peek().filter(|it| it.name().is_some() && !is_word_of_from(it)) {
        cursor.next();
        alias.clone_from(&token.value);
        let columns = cursor.name_list().unwrap_or_default();
        for row in &mut rows {
            if columns.is_empty() && row.len() == 1 {
                row[0].0.clone_from(&alias);
            }
            for (own, name) in row.iter_mut().zip(&columns) {
                own.0 = name.as_str().to_string();
            }
        }
    }
    Source { alias, rows: Rows::Given(rows) }
}

/// `unnest(array)` and `generate_series(a, b)` as tables.
fn function(guard: &mut Guard<'_, '_>, cursor: &mut Cursor<'_>, name: &str) -> Result<Vec<Row>, Unread> {
    let tokens = cursor.parenthesised().map_err(|_| Unread)?;
    let mut inside = cursor.within(tokens);
    let first = guard.expression(&mut inside)?.ok_or(Unread)?;
    let one = |it: Value| vec![(name.to_string(), Some(it))];
    match (name, first) {
        ("unnest", Value::List(list)) if inside.is_done() => Ok(list.into_iter().map(one).collect()),
        ("generate_series", Value::Number(from)) if inside.eat_symbol(",") => {
            let to = guard.expression(&mut inside)?.and_then(|it| it.number()).ok_or(Unread)?;
            series(from, to).ok_or(Unread).map(|it| it.into_iter().map(one).collect())
        }
        _ => Err(Unread),
    }
}

/// The whole numbers from one to another.
pub(crate) fn series(from: f64, to: f64) -> Option<Vec<Value>> {
    let mut found = Vec::new();
    let mut at = from;
    while at <= to {
        found.push(Value::Number(at));
        at += 1.0;
        if found.len() > MOST {
            return None;
        }
    }
    Some(found)
}

fn values(guard: &mut Guard<'_, '_>, cursor: &mut Cursor<'_>) -> Result<Vec<Row>, Unread> {
    let mut rows = Vec::new();
    loop {
        let tokens = cursor.parenthesised().map_err(|_| Unread)?;
        let mut inside = cursor.within(tokens);
        let mut row: Row = Vec::new();
        while !inside.is_done() {
            let value = guard.expression(&mut inside)?;
            row.push((format!("column{}", row.len() + 1), value));
            if !inside.eat_symbol(",") && !inside.is_done() {
                return Err(Unread);
            }
        }
        rows.push(row);
        if !cursor.eat_symbol(",") {
            break;
        }
    }
    if cursor.is_done() { Ok(rows) } else { Err(Unread) }
}

/// Cuts a condition at the ANDs that stand outside everything.
fn conjuncts<'t>(cursor: &mut Cursor<'t>, found: &mut Vec<&'t [Tok]>) {
    let tokens = cursor.until(at_clause);
    let mut inside = cursor.within(tokens);
    let has_or = {
        let mut ahead = inside.clone();
        ahead.until(|it| it.at(&["or"]));
        ahead.at(&["or"])
    };
    if has_or {
        found.push(tokens);
        return;
    }
    loop {
        let mark = inside.mark();
        inside.until(|it| it.at(&["and"]));
        if inside.since(mark).iter().any(|it| it.is("between")) {
            inside.next();
            inside.until(|it| it.at(&["and"]));
        }
        found.push(inside.since(mark));
        if !inside.eat(&["and"]) {
            return;
        }
    }
}

/// Binds the tables one after the other; a condition is asked as soon as it can be decided.
fn join(
    guard: &mut Guard<'_, '_>,
    cursor: &Cursor<'_>,
    sources: &[Source],
    conditions: &[&[Tok]],
    list: &[Tok],
    found: &mut Yield,
    certain: bool,
) -> Result<(), Unread> {
    let Some((source, rest)) = sources.split_first() else {
        let mut certain = certain;
        for condition in conditions {
            match guard.holds(cursor, condition) {
                Some(true) => (),
                Some(false) => return Ok(()),
                None => certain = false,
            }
        }
        found.rows.push((output(guard, cursor, list)?, certain));
        return if found.rows.len() > MOST { Err(Unread) } else { Ok(()) };
    };
    for row in rows(guard, cursor, source, conditions)? {
        guard.rows.push((source.alias.clone(), row));
        // Early: what is false already stays false whatever is bound later.
        let dead =
            conditions.iter().any(|it| guard.holds(cursor, it) == Some(false) && is_bound(guard, it, rest));
        if !dead {
            join(guard, cursor, rest, conditions, list, found, certain)?;
        }
        guard.rows.pop();
    }
    Ok(())
}

/// Whether a condition speaks of no table that is yet to be bound.
fn is_bound(guard: &Guard<'_, '_>, condition: &[Tok], rest: &[Source]) -> bool {
    if rest.is_empty() {
        return true;
    }
    for (at, token) in condition.iter().enumerate() {
        let Some(name) = token.name() else { continue };
        let before = at.checked_sub(1).map(|it| &condition[it]);
        if before.is_some_and(|it| it.is_symbol(".")) {
            continue;
        }
        let qualifies = condition.get(at + 1).is_some_and(|it| it.is_symbol("."));
        if qualifies && rest.iter().any(|it| it.alias == name.as_str()) {
            return false;
        }
        let in_sight = guard.rows.iter().any(|it| it.1.iter().any(|it| it.0 == name.as_str()));
        let called = condition.get(at + 1).is_some_and(|it| it.is_symbol("(") || it.kind == TokenKind::Text);
        let is_word = ["and", "not", "is", "null", "in", "any", "true", "false", "like", "ilike", "array"]
            .contains(&name.as_str());
        if !qualifies && !in_sight && !called && !is_word && before.is_none_or(|it| !it.is_symbol("::")) {
            return false;
        }
    }
    true
}

fn rows(
    guard: &mut Guard<'_, '_>,
    cursor: &Cursor<'_>,
    source: &Source,
    conditions: &[&[Tok]],
) -> Result<Vec<Row>, Unread> {
    let catalog = match &source.rows {
        Rows::Given(rows) => return Ok(rows.clone()),
        Rows::Catalog(it) => it,
    };
    let mut wanted: Vec<(String, String)> = Vec::new();
    for condition in conditions {
        wanted.extend(demanded(guard, cursor, source, condition));
    }
    let want = |column: &str| wanted.iter().find(|it| it.0 == column).map(|it| it.1.clone());
    guard_rows::rows(guard.reader, catalog, &want, guard.live).ok_or(Unread)
}

/// The column and the constant of `[alias.]column = constant`.
fn demanded(
    guard: &mut Guard<'_, '_>,
    cursor: &Cursor<'_>,
    source: &Source,
    condition: &[Tok],
) -> Option<(String, String)> {
    let mut inside = cursor.within(condition);
    let parts = inside.dotted().ok()?;
    let column = match parts.as_slice() {
        [column] => column,
        [alias, column] if alias.as_str() == source.alias => column,
        _ => return None,
    };
    if !inside.eat_symbol("=") || inside.at(&["any"]) || inside.at(&["all"]) {
        return None;
    }
    let outer = std::mem::take(&mut guard.rows);
    let value = guard.value(&inside, inside.rest());
    guard.rows = outer;
    match value {
        Some(Value::Text(text)) => Some((column.as_str().to_string(), text)),
        _ => None,
    }
}

/// The row of the select list.
fn output(guard: &mut Guard<'_, '_>, cursor: &Cursor<'_>, list: &[Tok]) -> Result<Row, Unread> {
    let mut inside = cursor.within(list);
    let mut row: Row = Vec::new();
    while !inside.is_done() {
        let element = inside.element();
        inside.eat_symbol(",");
        match element {
            [star] if star.is_symbol("*") => row.extend(guard.rows.iter().flat_map(|it| it.1.clone())),
            [alias, dot, star] if dot.is_symbol(".") && star.is_symbol("*") => {
                let own = guard.rows.iter().filter(|it| it.0 == alias.value);
                row.extend(own.flat_map(|it| it.1.clone()));
            }
            _ => row.extend(listed(guard, cursor, element)),
        }
    }
    Ok(row)
}

/// `expression [AS name]`; a set-returning one stands alone in its query and is read elsewhere.
fn listed(
    guard: &mut Guard<'_, '_>,
    cursor: &Cursor<'_>,
    element: &[Tok],
) -> Option<(String, Option<Value>)> {
    let (expression, name) = match element {
        [rest @ .., word, name] if word.is("as") => (rest, name.value.clone()),
        _ => {
            let name = element.iter().rev().find_map(|it| it.name().map(|_| it.value.clone()));
            (element, name.unwrap_or_default())
        }
    };
    Some((name, guard.value(cursor, expression)))
}

/// A list that one call spreads over rows: `SELECT unnest(array)`.
pub(crate) fn spread(
    guard: &mut Guard<'_, '_>,
    cursor: &mut Cursor<'_>,
) -> Result<Option<Vec<Value>>, Unread> {
    let mark = cursor.mark();
    if cursor.eat(&["select", "unnest"]) && cursor.at_symbol("(") {
        let tokens = cursor.parenthesised().map_err(|_| Unread)?;
        let value: Answer = guard.expression(&mut cursor.within(tokens));
        if let Some(Value::List(list)) = value? {
            return Ok(Some(list));
        }
    }
    cursor.reset(mark);
    Ok(None)
}
