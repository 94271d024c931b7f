//! DO blocks: what an idempotent script declares behind its guards.
//!
//! Interprets a block as the server would after the statements above it. What asks whether the declared
//! object is missing finds it missing; what asks for a fact is decided from the facts; what can be
//! decided by neither is a fault.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::sync::Arc;

use model::{Name, Span};
use sql::{Code, Cursor, Fault, Tok, TokenKind};

use crate::body::{Block, Case, If, Loop, Over, Stmt, Variable};
use crate::guard::{Guard, Variables};
use crate::guard_rows::Live;
use crate::reader::Reader;
use crate::script::combined;
use crate::value::Value;
use crate::{Data, Entry, Verdict, body, call, dispatch, execute, guard_call, guard_query};

/// More rounds than this a loop in a schema does not take.
const MOST_ROUNDS: usize = 10_000;

/// What comes after a statement.
enum Flow {
    Next,
    Return,
    Exit,
    Continue,
}

/// A block while it is being interpreted.
struct Run<'r, 'a, 't> {
    reader: &'r mut Reader<'a>,
    text: Arc<str>,
    cursor: Cursor<'t>,
    variables: Variables,
    entries: Vec<Entry>,
    /// How many of the blocks around have handlers.
    catching: usize,
    /// Variables that hold rows.
    records: BTreeSet<Name>,
    /// What counts in queries whose answer is kept in a variable.
    live: Live,
}

/// `DO [LANGUAGE name] 'body' [LANGUAGE name]`
pub(crate) fn block(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Verdict, Fault> {
    cursor.expect(&["do"])?;
    language(cursor)?;
    let token =
        cursor.peek().filter(|it| it.kind == TokenKind::Text).ok_or_else(|| cursor.wanted("a body"))?;
    cursor.next();
    language(cursor)?;
    cursor.expect_done()?;
    let whole = reader.desired.sources.files.get(token.span.file as usize).map(|it| it.text.clone());
    let part = whole.and_then(|text| execute::verbatim(&text, token).map(|span| (text, span)));
    let (text, span) = part.unwrap_or_else(|| reader.lodge(&token.value, token.span));
    let entries = run(reader, &text, span)?;
    Ok(combined(entries))
}

fn language(cursor: &mut Cursor<'_>) -> Result<(), Fault> {
    if !cursor.eat(&["language"]) {
        return Ok(());
    }
    let span = cursor.span();
    let word = cursor.next().map(|it| it.value.to_lowercase()).unwrap_or_default();
    match word == "plpgsql" {
        true => Ok(()),
        false => Err(Fault::new(Code::Unsupported, span, format!("a block in {word} is not read"))),
    }
}

fn run(reader: &mut Reader<'_>, text: &Arc<str>, span: Span) -> Result<Vec<Entry>, Fault> {
    let tokens = sql::lex(&text[span.start as usize..span.end as usize], span)?;
    let mut cursor = Cursor::new(text, &tokens, span);
    let block = body::read(&mut cursor)?;
    let text = text.clone();
    let outer_path = reader.path.clone();
    let directives = reader.directives_inside(&text, span);
    let mut run = Run {
        reader,
        text: text.clone(),
        cursor: Cursor::new(&text, &tokens, span),
        variables: Variables::new(),
        entries: Vec::new(),
        catching: 0,
        records: BTreeSet::new(),
        live: not_made(&text[span.start as usize..span.end as usize]),
    };
    let done = run.block(&block);
    let entries = run.entries;
    reader.directives = directives;
    done?;
    // SET LOCAL in a block ends with it.
    if reader.outer_path.is_some() {
        reader.path = outer_path;
        reader.outer_path = None;
    }
    Ok(entries)
}

impl Run<'_, '_, '_> {
    fn entry(&mut self, tokens: &[Tok], verdict: Verdict) {
        let span = span(tokens).unwrap_or_else(|| self.cursor.span());
        self.entries.push(Entry { span, verdict });
    }

    fn guard(&self, live: Live) -> Guard<'_, '_> {
        Guard::new(self.reader, &self.variables, live)
    }

    fn block(&mut self, block: &Block<'_>) -> Result<Flow, Fault> {
        for Variable { name, ty, value } in &block.variables {
            let value = match value {
                Some(tokens) => self.guard(self.live).value(&self.cursor, tokens),
                None => Some(Value::Null),
            };
            let value = match (value, ty) {
                (Some(Value::Text(text)), [.., close]) if close.is_symbol("]") => {
                    Some(guard_call::array_literal(&text))
                }
                (value, _) => value,
            };
            if ty.iter().any(|it| it.is("record") || it.is("rowtype")) {
                self.records.insert(name.clone());
            }
            self.variables.insert(name.clone(), value);
        }
        self.catching += usize::from(!block.handlers.is_empty());
        let done = self.statements(&block.statements);
        self.catching -= usize::from(!block.handlers.is_empty());
        match done {
            Err(fault) => match handler(block, &fault) {
                Some(handler) => {
                    self.entries.push(Entry { span: fault.span, verdict: Verdict::Idiom });
                    self.statements(handler)
                }
                None => Err(fault),
            },
            done => done,
        }
    }

    /// Runs statements in order. A fault that a handler may catch ends them; another one is collected.
    fn statements(&mut self, statements: &[Stmt<'_>]) -> Result<Flow, Fault> {
        for statement in statements {
            match self.statement(statement) {
                Ok(Flow::Next) => (),
                Ok(flow) => return Ok(flow),
                Err(fault) if self.catching > 0 && is_catchable(&fault) => return Err(fault),
                Err(fault) => {
                    self.entries.push(Entry { span: fault.span, verdict: Verdict::Fault });
                    self.reader.desired.faults.push(fault);
                }
            }
        }
        Ok(Flow::Next)
    }

    fn statement(&mut self, statement: &Stmt<'_>) -> Result<Flow, Fault> {
        match statement {
            Stmt::Sql(tokens) => self.sql(tokens)?,
            Stmt::If(it) => return self.branches(it),
            Stmt::Case(it) => return self.case(it),
            Stmt::Block(it) => return self.block(it),
            Stmt::Execute(tokens) if self.asks(tokens) => (),
            Stmt::Execute(tokens) => {
                let text = self.text.clone();
                let before = self.reader.desired.faults.len();
                let entries = execute::execute(self.reader, &text, &self.cursor, tokens, &self.variables)?;
                self.entries.extend(entries);
                self.caught(before)?;
            }
            Stmt::Assign(name, tokens) => {
                let value = self.guard(EVERYTHING).value(&self.cursor, tokens);
                self.variables.insert(name.clone(), value);
            }
            Stmt::Loop(it) => return self.repeated(it),
            Stmt::Raise(tokens) => return self.raise(tokens),
            Stmt::Perform(tokens) if self.looks(tokens) => (),
            Stmt::Perform(tokens) => {
                let mut cursor = self.cursor.within(tokens);
                let verdict = call::select(self.reader, &mut cursor)?;
                self.entry(tokens, verdict);
            }
            Stmt::Return => return Ok(Flow::Return),
            Stmt::Null => (),
            Stmt::Leave { exit, when } => {
                let holds = match when {
                    None => Some(true),
                    Some(tokens) => self.guard(EVERYTHING).holds(&self.cursor, tokens),
                };
                match holds {
                    Some(true) if *exit => return Ok(Flow::Exit),
                    Some(true) => return Ok(Flow::Continue),
                    Some(false) => (),
                    None => return Err(undecided(when.unwrap_or_default(), self.cursor.span())),
                }
            }
            Stmt::Other(span) => {
                return Err(
                    Fault::new(Code::Guard, *span, "this statement of PL/pgSQL is not followed").hint(LEAVE)
                );
            }
        }
        Ok(Flow::Next)
    }

    /// `EXECUTE 'SELECT …' INTO variable`: the variable holds what is not known.
    fn asks(&mut self, tokens: &[Tok]) -> bool {
        let text = tokens.first().map(|it| it.value.trim_start().to_ascii_lowercase()).unwrap_or_default();
        let into = tokens.iter().position(|it| it.is("into"));
        let name = into.and_then(|at| tokens.get(at + 1)).and_then(Tok::name);
        let asks = text.starts_with("select") && name.is_some();
        self.variables.extend(name.filter(|_| asks).map(|it| (it, None)));
        asks
    }

    /// A fault inside executed text that a handler may catch is the EXECUTE's own.
    fn caught(&mut self, before: usize) -> Result<(), Fault> {
        let faults = &mut self.reader.desired.faults;
        let caught = faults.get(before).is_some_and(is_catchable);
        match caught && self.catching > 0 {
            true => {
                let fault = faults.remove(before);
                let stale = |it: &Entry| it.verdict == Verdict::Fault;
                if let Some(at) = self.entries.iter().rposition(stale) {
                    self.entries.remove(at);
                }
                Err(fault)
            }
            false => Ok(()),
        }
    }

    fn sql(&mut self, tokens: &[Tok]) -> Result<(), Fault> {
        if tokens.first().is_some_and(|it| it.is("select")) && self.select_into(tokens) {
            return Ok(());
        }
        self.is_available(tokens)?;
        let text = self.text.clone();
        let whole = span(tokens).unwrap_or_else(|| self.cursor.span());
        let before = self.reader.desired.data.len();
        let verdict = dispatch::statement(self.reader, &mut Cursor::new(&text, tokens, whole))?;
        // What may speak of the block's variables cannot be sent by itself.
        self.reader.desired.data[before..].iter_mut().for_each(|it| it.idempotent = false);
        self.entry(tokens, verdict);
        Ok(())
    }

    /// `SELECT … INTO variable …`: the variable holds what the query yields, as far as that is known.
    fn select_into(&mut self, tokens: &[Tok]) -> bool {
        let Some(at) = tokens.iter().position(|it| it.is("into")) else { return false };
        let strict = usize::from(tokens.get(at + 1).is_some_and(|it| it.is("strict")));
        let Some(name) = tokens.get(at + 1 + strict).and_then(Tok::name) else { return false };
        let several = tokens.get(at + 2 + strict).is_some_and(|it| it.is_symbol(","));
        let rest = [&tokens[..at], &tokens[at + 2 + strict..]].concat();
        let mut cursor = self.cursor.within(&rest);
        let found = guard_query::query(&mut self.guard(self.live), &mut cursor).ok();
        let exists = found.as_ref().and_then(|it| it.exists()).map(Value::Bool);
        let value = found.filter(|_| !several).and_then(|it| it.scalar());
        self.variables.insert("found".into(), exists);
        self.variables.insert(name, value);
        true
    }

    /// `PERFORM 1 FROM catalog …`: a look that leaves its answer in FOUND.
    fn looks(&mut self, tokens: &[Tok]) -> bool {
        let from = tokens.iter().position(|it| it.is("from"));
        let calls = |at: usize| tokens[..at].iter().any(|it| it.is_symbol("("));
        if from.is_none_or(calls) {
            return false;
        }
        let mut query = tokens.to_vec();
        if let Some(first) = query.first_mut() {
            first.value = "select".into();
        }
        let mut cursor = self.cursor.within(&query);
        let found = guard_query::query(&mut self.guard(self.live), &mut cursor).ok();
        let exists = found.and_then(|it| it.exists()).map(Value::Bool);
        self.variables.insert("found".into(), exists);
        true
    }

    /// A handler stands ready for an extension that the server does not have.
    fn is_available(&self, tokens: &[Tok]) -> Result<(), Fault> {
        let facts = &self.reader.facts;
        let named = tokens.iter().skip(2).find(|it| !["if", "not", "exists"].iter().any(|word| it.is(word)));
        let is_create = tokens.first().is_some_and(|it| it.is("create"))
            && tokens.get(1).is_some_and(|it| it.is("extension"));
        let Some(name) =
            named.filter(|_| is_create && self.catching > 0 && !facts.offline).and_then(Tok::name)
        else {
            return Ok(());
        };
        let known =
            facts.extensions.available.contains_key(&name) || facts.extensions.installed.contains_key(&name);
        match known {
            true => Ok(()),
            false => {
                let span = span(tokens).unwrap_or_else(|| self.cursor.span());
                Err(Fault::new(Code::Unknown, span, format!("the server has no extension {name}")))
            }
        }
    }

    fn branches(&mut self, it: &If<'_>) -> Result<Flow, Fault> {
        let live = not_made(self.cursor.text(it.tokens));
        for (condition, statements) in &it.branches {
            match self.guard(live).holds(&self.cursor, condition) {
                Some(true) => return self.statements(statements),
                Some(false) => (),
                None if rows_alone(&it.all()) => return Ok(self.unfollowed(&it.all())),
                None => return Err(undecided(condition, self.cursor.span())),
            }
        }
        if it.otherwise.is_empty() {
            let asks_facts = it.branches.iter().any(|(condition, _)| asks_facts(self.cursor.text(condition)));
            let verdict = match asks_facts {
                true => Verdict::NotApplicable("its condition does not hold here".to_string()),
                false => Verdict::Idiom,
            };
            self.entry(it.tokens, verdict);
        }
        self.statements(&it.otherwise)
    }

    /// `CASE operand WHEN value` compares, `CASE WHEN condition` decides.
    fn case(&mut self, it: &Case<'_>) -> Result<Flow, Fault> {
        let live = EVERYTHING;
        for (condition, statements) in &it.arms {
            let holds = match it.operand {
                [] => self.guard(live).holds(&self.cursor, condition),
                operand => {
                    let mut guard = self.guard(live);
                    let left = guard.value(&self.cursor, operand);
                    let mut values = Vec::new();
                    let mut inside = self.cursor.within(condition);
                    while !inside.is_done() {
                        values.push(guard.value(&self.cursor, inside.element()));
                        inside.eat_symbol(",");
                    }
                    let values: Option<Vec<Value>> = values.into_iter().collect();
                    left.zip(values)
                        .map(|(left, all)| all.iter().any(|it| left.order(it) == Some(Ordering::Equal)))
                }
            };
            match holds {
                Some(true) => return self.statements(statements),
                Some(false) => (),
                None if rows_alone(&it.all()) => return Ok(self.unfollowed(&it.all())),
                None => return Err(undecided(condition, self.cursor.span())),
            }
        }
        self.statements(&it.otherwise)
    }

    /// Statements of which it is not known whether they run, but that declare nothing if they do.
    fn unfollowed(&mut self, statements: &[&Stmt<'_>]) -> Flow {
        for statement in statements {
            match statement {
                Stmt::Assign(name, _) => _ = self.variables.insert(name.clone(), None),
                Stmt::Sql(tokens) => {
                    let into = tokens.iter().position(|it| it.is("into"));
                    let target = into.and_then(|at| tokens.get(at + 1)).and_then(Tok::name);
                    self.variables.extend(target.map(|it| (it, None)));
                    let path = self.reader.path.clone();
                    let data = span(tokens).map(|span| Data { span, path, idempotent: false });
                    self.reader.desired.data.extend(data);
                    self.entry(tokens, Verdict::Data);
                }
                other => _ = self.unfollowed(&other.inside()),
            }
        }
        Flow::Next
    }

    /// An exception that is reached is what the script would end with here.
    fn raise(&mut self, tokens: &[Tok]) -> Result<Flow, Fault> {
        const LEVELS: &[&str] = &["debug", "log", "info", "notice", "warning"];
        let word = tokens.get(1).map(|it| it.value.as_str()).unwrap_or_default();
        if tokens.first().is_some_and(|it| it.is("assert")) || LEVELS.contains(&word) || tokens.len() == 1 {
            return Ok(Flow::Next);
        }
        let span = span(tokens).unwrap_or_else(|| self.cursor.span());
        Err(Fault::new(Code::Guard, span, "the script stops here with an error"))
    }

    fn repeated(&mut self, it: &Loop<'_>) -> Result<Flow, Fault> {
        let inside: Vec<&Stmt<'_>> = it.statements.iter().collect();
        let (tokens, values) = match &it.over {
            Over::Array(tokens) => {
                (*tokens, self.guard(EVERYTHING).value(&self.cursor, tokens).and_then(listed))
            }
            Over::Rows(tokens) => (*tokens, self.rows(tokens)),
            Over::Unknown(_) if rows_alone(&inside) => return Ok(self.unfollowed(&inside)),
            Over::Unknown(span) => {
                return Err(
                    Fault::new(Code::Guard, *span, "how often this loop runs is not known here").hint(LEAVE)
                );
            }
        };
        let values = values.filter(|it| it.len() <= MOST_ROUNDS);
        let Some(values) = values else {
            return match rows_alone(&inside) {
                true => Ok(self.unfollowed(&inside)),
                false => Err(undecided(tokens, self.cursor.span())),
            };
        };
        for value in values {
            self.bind(it, value);
            match self.statements(&it.statements)? {
                Flow::Exit => break,
                Flow::Return => return Ok(Flow::Return),
                Flow::Next | Flow::Continue => (),
            }
        }
        Ok(Flow::Next)
    }

    fn bind(&mut self, it: &Loop<'_>, value: Value) {
        if let Value::Row(row) = &value
            && (it.variables.len() > 1 || row.len() == 1 && !self.is_record(it))
        {
            for (name, (_, value)) in it.variables.iter().zip(row) {
                self.variables.insert(name.clone(), value.clone());
            }
            return;
        }
        if let [name] = it.variables.as_slice() {
            self.variables.insert(name.clone(), Some(value));
        }
    }

    /// Whether the loop's variable takes whole rows.
    fn is_record(&self, it: &Loop<'_>) -> bool {
        matches!(it.variables.as_slice(), [name] if self.records.contains(name))
    }

    /// `a .. b`, a query over the catalogs, or a list that is spread.
    fn rows(&self, tokens: &[Tok]) -> Option<Vec<Value>> {
        let mut guard = self.guard(self.live);
        let mut cursor = self.cursor.within(tokens);
        if cursor.at_symbol("(")
            && let Ok(inside) = cursor.parenthesised()
            && cursor.is_done()
        {
            cursor = self.cursor.within(inside);
        } else {
            cursor.reset(0);
        }
        if let Some(list) = guard_query::spread(&mut guard, &mut cursor).ok()? {
            return Some(list);
        }
        if guard_query::begins(&cursor) {
            let found = guard_query::query(&mut guard, &mut cursor).ok()?;
            return found.rows.into_iter().map(|(row, certain)| certain.then_some(Value::Row(row))).collect();
        }
        let range = self.cursor.text(tokens);
        let (from, to) = range.split_once("..")?;
        guard_query::series(from.trim().parse().ok()?, to.trim().parse().ok()?)
    }
}

const EVERYTHING: Live =
    Live { roles: true, extensions: true, relations: true, types: true, functions: true };

const LEAVE: &str = "`-- reconcile: ignore` above the block leaves it alone";

fn span(tokens: &[Tok]) -> Option<Span> {
    Some(tokens.first()?.span.to(tokens.last()?.span))
}

fn listed(value: Value) -> Option<Vec<Value>> {
    match value {
        Value::List(it) => Some(it),
        _ => None,
    }
}

fn undecided(tokens: &[Tok], otherwise: Span) -> Fault {
    let span = span(tokens).unwrap_or(otherwise);
    Fault::new(Code::Guard, span, "this condition cannot be decided from the file and the server's facts")
        .hint(LEAVE)
}

fn is_catchable(fault: &Fault) -> bool {
    matches!(fault.code, Code::Conflict | Code::Unknown)
}

/// The handler that would catch what a statement of the block ran into.
fn handler<'b, 't>(block: &'b Block<'t>, fault: &Fault) -> Option<&'b [Stmt<'t>]> {
    let catches = |name: &String| match name.as_str() {
        "others" => true,
        it if it.starts_with("duplicate_") => fault.code == Code::Conflict,
        "invalid_table_definition" | "unique_violation" | "invalid_object_definition" => {
            fault.code == Code::Conflict
        }
        it if it.starts_with("undefined_") || it == "feature_not_supported" => fault.code == Code::Unknown,
        _ => false,
    };
    let found = block.handlers.iter().find(|(names, _)| names.iter().any(catches));
    found.map(|it| it.1.as_slice())
}

/// What a statement makes itself counts only as far as the file declares it: a guard in front of it asks
/// whether it is missing.
fn not_made(text: &str) -> Live {
    let text = text.to_ascii_lowercase();
    let words: Vec<&str> =
        text.split(|it: char| !it.is_ascii_alphanumeric() && it != '_').filter(|it| !it.is_empty()).collect();
    let makes = |nouns: &[&str]| {
        words.iter().enumerate().any(|(at, it)| {
            let ahead = &words[at + 1..(at + 6).min(words.len())];
            *it == "create" && ahead.iter().any(|it| nouns.contains(it))
        })
    };
    Live {
        roles: !makes(&["role", "user", "group"]),
        extensions: !makes(&["extension"]),
        relations: !makes(&["table", "view", "sequence", "index"]),
        types: !makes(&["type", "domain"]),
        functions: !makes(&["function", "procedure"]),
    }
}

fn asks_facts(condition: &str) -> bool {
    const FACTS: &[&str] =
        &["pg_extension", "pg_available_extension", "server_version", "preload", "pg_settings", "version("];
    FACTS.iter().any(|it| condition.contains(it))
}

/// Whether statements put rows in at most, so that it makes no difference to the schema if they run.
fn rows_alone(statements: &[&Stmt<'_>]) -> bool {
    const ROWS: &[&str] = &["insert", "update", "delete", "merge", "truncate", "copy", "analyze", "with"];
    statements.iter().all(|it| match it {
        Stmt::Null | Stmt::Raise(_) | Stmt::Assign(..) => true,
        Stmt::Sql(tokens) => {
            let first = tokens.first().map(|it| it.value.as_str()).unwrap_or_default();
            ROWS.contains(&first) || first == "select" && tokens.iter().any(|it| it.is("into"))
        }
        Stmt::If(_) | Stmt::Case(_) | Stmt::Loop(_) | Stmt::Block(_) => rows_alone(&it.inside()),
        Stmt::Leave { .. } => true,
        Stmt::Execute(_) | Stmt::Perform(_) | Stmt::Return | Stmt::Other(_) => false,
    })
}
