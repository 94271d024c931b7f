//! The transaction in which the server is asked: read-write, because it makes temporary objects, and
//! always rolled back. Knows round trips and refusals, not what the texts are.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use model::{Name, SearchPath, Type};
use postgres::error::ErrorPosition;
use postgres::{Client, SimpleQueryMessage};

use super::Target;
use super::context::Context;
use super::pair::Pair;
use super::print::{self, Item, alone, cut, definition};
use super::verdict::{Answer, Refusal};
use crate::Error;

/// How many expressions one view takes, how many queries, and how many columns one table.
const CHUNK: [usize; 4] = [200, 50, 400, 400];
/// After how many views the transaction begins anew, so that locks do not pile up.
const VIEWS: usize = 200;
/// How often a lock is waited for in vain until nothing that waits is asked any more.
const LOCK_WAITS: usize = 4;
/// Once a lock was waited for in vain, the next is hardly waited for.
const IMPATIENT: &str = "; SET LOCAL lock_timeout = '100ms'";
/// How often what the server prints is read again.
const PASSES: usize = 3;
const QUERY: &str = "the equality of expressions";

/// What the print depends on, pinned. TimeZone stays the server's own, because the file's texts are read.
const PIN: &str = "SET LOCAL lock_timeout = '2s'; SET LOCAL check_function_bodies = off; \
    SET LOCAL client_min_messages = error; SET LOCAL quote_all_identifiers = off; \
    SET LOCAL DateStyle = 'ISO'; SET LOCAL IntervalStyle = 'postgres'; SET LOCAL extra_float_digits = 1; \
    SET LOCAL bytea_output = 'hex'; SET LOCAL xmloption = 'content'; \
    SET LOCAL standard_conforming_strings = on; SET LOCAL search_path = pg_catalog;";

/// What the server printed, or why it did not.
type Outcome = Result<Arc<str>, Refusal>;

pub(super) struct Session<'a> {
    client: &'a mut Client,
    begin: String,
    marker: String,
    major: u32,
    /// Views since the transaction began.
    views: usize,
    lock_waits: usize,
    path: SearchPath,
}

/// A statement was refused, perhaps at a known character.
struct Failure {
    refusal: Refusal,
    position: Option<usize>,
}

impl<'a> Session<'a> {
    /// Begins, with a first temporary view that shows whether any can be made. The inner error says why
    /// nobody can be asked.
    pub(super) fn begin(target: &'a mut Target<'_>) -> Result<Result<Session<'a>, String>, Error> {
        let Target { client, facts, prelude } = target;
        if facts.standby {
            return Ok(Err("the server is a standby, where nothing can be asked".to_owned()));
        }
        if !facts.may_temp && !facts.offline {
            return Ok(Err("the role lacks TEMP on the database".to_owned()));
        }
        let marker = format!("rc{:012x}", RandomState::new().hash_one(0) >> 16);
        let quiet = match facts.superuser && facts.major >= 17 {
            true => "SET LOCAL event_triggers = off; ",
            false => "",
        };
        let begin = format!(
            "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; {PIN} {quiet}\
             CREATE TEMP VIEW {marker}_0 AS SELECT 1 AS one; {prelude}SAVEPOINT rc"
        );
        let path: SearchPath = Arc::from([Name::from("pg_catalog")]);
        let major = facts.major;
        let mut session = Session { client, begin, marker, major, views: 0, lock_waits: 0, path };
        match session.start()? {
            Ok(()) => Ok(Ok(session)),
            Err(refusal) => {
                session.end()?;
                Ok(Err(format!("nothing can be asked: {}", refusal.words())))
            }
        }
    }

    fn start(&mut self) -> Result<Result<(), Refusal>, Error> {
        let begin = self.begin.clone();
        self.run(&begin)
    }

    /// Leaves nothing behind.
    pub(super) fn end(self) -> Result<(), Error> {
        self.client.batch_execute("ROLLBACK").map_err(lost)
    }

    /// Statements of our own making.
    fn run(&mut self, sql: &str) -> Result<Result<(), Refusal>, Error> {
        refused(self.client.batch_execute(sql)).map(|it| it.map_err(|it| it.refusal))
    }

    /// One statement that holds somebody's text: the extended protocol takes no second one.
    fn execute(&mut self, sql: &str) -> Result<Result<(), Failure>, Error> {
        refused(self.client.query_typed(sql, &[]).map(|_| ()))
    }

    /// The statements that forget what was made since the last time, or begin anew when that was much.
    fn oblivion(&mut self) -> String {
        let mut sql = match self.views >= VIEWS {
            true => format!("ROLLBACK; {}", self.begin),
            false => "ROLLBACK TO rc".to_owned(),
        };
        if self.lock_waits > 0 {
            sql += IMPATIENT;
        }
        if self.views >= VIEWS {
            self.views = 0;
        }
        self.path = Arc::from([Name::from("pg_catalog")]);
        sql
    }

    fn forget(&mut self) -> Result<(), Error> {
        let sql = self.oblivion();
        self.client.batch_execute(&sql).map_err(lost)
    }

    fn set_path(&mut self, path: &SearchPath) -> Result<(), Error> {
        if self.path == *path {
            return Ok(());
        }
        let names: Vec<String> = path.iter().map(Name::to_string).collect();
        let list = if names.is_empty() { "''".to_owned() } else { names.join(", ") };
        self.path = path.clone();
        self.client.batch_execute(&format!("SET LOCAL search_path = {list}")).map_err(lost)
    }

    /// Decides pairs: prints both sides until they meet, three times at most.
    pub(super) fn compare(&mut self, mut pairs: Vec<&mut Pair>) -> Result<(), Error> {
        let mut printed = self.recognise(&mut pairs)?;
        let mut items: Vec<[Item; 2]> = pairs.iter().map(|it| items(it)).collect();
        let mut open: Vec<usize> = (0..pairs.len()).filter(|it| pairs[*it].answer.is_none()).collect();
        for pass in 1..=PASSES {
            let sides = |at: &usize| items[*at][usize::from(printed[*at].is_some())..].iter();
            let asked: Vec<&Item> = open.iter().flat_map(sides).collect();
            if asked.is_empty() {
                return Ok(());
            }
            let mut outcomes = self.print(&asked)?.into_iter();
            let mut left = Vec::new();
            for at in open {
                let desired = printed[at].take().or_else(|| outcomes.next());
                let (Some(desired), Some(actual)) = (desired, outcomes.next()) else { continue };
                let answer = match (&desired, &actual) {
                    (Ok(desired), Ok(actual)) if desired == actual => Answer::Same,
                    (Ok(desired), Ok(actual)) => {
                        let settled =
                            pass > 1 && *desired == items[at][0].text && *actual == items[at][1].text;
                        if !settled && pass < PASSES {
                            let [of_desired, of_actual] = &items[at];
                            items[at] = [self.again(desired, of_desired), self.again(actual, of_actual)];
                            left.push(at);
                        }
                        Answer::Different
                    }
                    (Err(refusal), _) | (_, Err(refusal)) if pass > 1 => {
                        Answer::Unknown(format!("the server refuses its own print: {}", refusal.words()))
                    }
                    (Err(refusal), _) => Answer::Refused(refusal.clone()),
                    (_, Err(refusal)) => Answer::Stale(refusal.clone()),
                };
                pairs[at].answer = Some(answer);
            }
            open = left;
        }
        Ok(())
    }

    /// Most queries are printed just as the view is: those need not be asked about from the other side. What
    /// was printed of each pair's desired side, if it was asked.
    fn recognise(&mut self, pairs: &mut [&mut Pair]) -> Result<Vec<Option<Outcome>>, Error> {
        let asked: Vec<usize> = (0..pairs.len()).filter(|it| pairs[*it].is_query()).collect();
        let items: Vec<Item> = asked.iter().map(|it| desired_item(pairs[*it])).collect();
        let outcomes = self.print(&items.iter().collect::<Vec<_>>())?;
        let pinned: SearchPath = Arc::from([Name::from("pg_catalog")]);
        let mut printed = vec![None; pairs.len()];
        for (at, outcome) in asked.into_iter().zip(outcomes) {
            let is_same = |print: &Arc<str>| sql::server_expr(print, &pinned) == pairs[at].actual;
            if outcome.as_ref().is_ok_and(is_same) {
                pairs[at].answer = Some(Answer::Same);
            }
            printed[at] = Some(outcome);
        }
        Ok(printed)
    }

    /// What was printed, to be printed again.
    fn again(&self, text: &Arc<str>, before: &Item) -> Item {
        let path = match before.context {
            // The key that stands there is not the server's print.
            Context::Bound(_) => before.path.clone(),
            _ => Arc::from([Name::from("pg_catalog")]),
        };
        Item {
            text: text.trim_end().trim_end_matches(';').into(),
            path,
            context: before.context.again(self.major),
        }
    }

    /// Has every item printed. What is asked alike is answered alike: many columns have one default.
    fn print(&mut self, items: &[&Item]) -> Result<Vec<Outcome>, Error> {
        let mut places: BTreeMap<(&Context, &str, &[Name]), usize> = BTreeMap::new();
        let mut asked: Vec<&Item> = Vec::new();
        let mut answered_by = Vec::with_capacity(items.len());
        for item in items.iter().copied() {
            let place = *places.entry((&item.context, &item.text, &item.path)).or_insert(asked.len());
            if place == asked.len() {
                asked.push(item);
            }
            answered_by.push(place);
        }
        let outcomes = self.print_each(&asked)?;
        Ok(answered_by.into_iter().map(|it: usize| outcomes[it].clone()).collect())
    }

    /// Has every item printed: in views they share where that can be, and what is refused by itself.
    fn print_each(&mut self, items: &[&Item]) -> Result<Vec<Outcome>, Error> {
        let mut outcomes: Vec<Option<Outcome>> = vec![None; items.len()];
        let mut work = chunks(items);
        while let Some(chunk) = work.pop() {
            if let ([only], true) = (chunk.as_slice(), chunk.iter().all(|it| items[*it].context.is_alone())) {
                outcomes[*only] = Some(self.print_alone(items[*only])?);
                continue;
            }
            let asked: Vec<(usize, &Item)> = chunk.iter().map(|it| (*it, items[*it])).collect();
            match self.print_chunk(&asked)? {
                Ok(prints) => {
                    for (at, print) in chunk.iter().zip(prints) {
                        outcomes[*at] = Some(Ok(print));
                    }
                }
                Err(failure) => match (chunk.as_slice(), failure.item) {
                    ([only], _) => outcomes[*only] = Some(Err(failure.refusal)),
                    (all, _) if failure.refusal.is_lock() && self.lock_waits > LOCK_WAITS => {
                        all.iter().for_each(|it| outcomes[*it] = Some(Err(failure.refusal.clone())));
                    }
                    (all, Some(culprit)) => {
                        work.push(all.iter().copied().filter(|it| *it != culprit).collect());
                        work.push(vec![culprit]);
                    }
                    (all, None) => {
                        let (one, other) = all.split_at(all.len() / 2);
                        work.extend([one.to_vec(), other.to_vec()]);
                    }
                },
            }
        }
        let missing =
            || Refusal { sqlstate: "XX000".into(), message: "the answer was not understood".into() };
        Ok(outcomes.into_iter().map(|it| it.unwrap_or_else(|| Err(missing()))).collect())
    }

    fn print_chunk(
        &mut self,
        items: &[(usize, &Item)],
    ) -> Result<Result<Vec<Arc<str>>, ChunkFailure>, Error> {
        let Some((_, first)) = items.first() else { return Ok(Ok(Vec::new())) };
        self.set_path(&first.path)?;
        let table = matches!(first.context, Context::Default(_) | Context::Generated { .. });
        let (statement, query) = match table {
            true => print::table(&self.marker, items),
            false => (print::view(&self.marker, items), definition(&self.marker)),
        };
        self.views += 1 + items.iter().filter(|(_, it)| it.context == Context::Query).count() / 4;
        if let Err(failure) = self.execute(&statement.sql)? {
            self.lock_waits += usize::from(failure.refusal.is_lock());
            self.forget()?;
            let item = failure.position.and_then(|it| statement.item_at(it));
            return Ok(Err(ChunkFailure { refusal: failure.refusal, item }));
        }
        let rows = match self.ask(&query)? {
            Ok(rows) => rows,
            Err(refusal) => return Ok(Err(ChunkFailure { refusal, item: None })),
        };
        let unread = || Refusal { sqlstate: "XX000".into(), message: "its print was not understood".into() };
        let prints = match (table, rows.as_slice()) {
            (true, all) => Some(all.iter().map(|it| it.concat().into()).collect()),
            (false, [one]) => cut(&self.marker, &one.concat(), items),
            (false, _) => None,
        };
        let prints = prints.filter(|it: &Vec<Arc<str>>| it.len() == items.len());
        Ok(prints.ok_or_else(|| ChunkFailure { refusal: unread(), item: None }))
    }

    fn print_alone(&mut self, item: &Item) -> Result<Outcome, Error> {
        let (statements, query) = alone(&self.marker, item);
        if let Err(refusal) = self.make(item, &statements)? {
            self.forget()?;
            return Ok(Err(refusal));
        }
        let rows = self.ask(&query)?;
        Ok(rows.map(|it| it.concat().concat().trim().into()))
    }

    fn make(&mut self, item: &Item, statements: &[String]) -> Result<Result<(), Refusal>, Error> {
        self.set_path(&item.path)?;
        self.views += 1;
        for statement in statements {
            if let Err(failure) = self.execute(statement)? {
                self.lock_waits += usize::from(failure.refusal.is_lock());
                return Ok(Err(failure.refusal));
            }
        }
        Ok(Ok(()))
    }

    /// What a query of ours yields, printed with every name qualified; forgets what was made for it.
    fn ask(&mut self, query: &str) -> Result<Result<Vec<Vec<String>>, Refusal>, Error> {
        let sql = format!("SET LOCAL search_path = pg_catalog; {query}; {}", self.oblivion());
        let rows = match refused(self.client.simple_query(&sql))? {
            Ok(rows) => rows,
            Err(failure) => {
                self.forget()?;
                return Ok(Err(failure.refusal));
            }
        };
        let rows = rows.iter().filter_map(|it| match it {
            SimpleQueryMessage::Row(row) => {
                Some((0..row.len()).map(|at| row.get(at).unwrap_or_default().to_owned()).collect())
            }
            _ => None,
        });
        Ok(Ok(rows.collect()))
    }

    /// What a view would yield, if the server takes it as things are.
    pub(super) fn shape(&mut self, pair: &Pair) -> Result<Option<Vec<(Name, Type)>>, Error> {
        let [mut item, _] = items(pair);
        if item.context == Context::Query {
            item.context = Context::Named(Vec::new());
        }
        let (statements, _) = alone(&self.marker, &item);
        if self.make(&item, &statements)?.is_err() {
            self.forget()?;
            return Ok(None);
        }
        let query = format!(
            "SELECT attname, pg_catalog.format_type(atttypid, atttypmod) FROM pg_catalog.pg_attribute \
             WHERE attrelid = 'pg_temp.{}'::regclass AND attnum > 0 ORDER BY attnum",
            self.marker
        );
        let columns = |rows: Vec<Vec<String>>| {
            let column = |row: Vec<String>| match <[String; 2]>::try_from(row) {
                Ok([name, ty]) => Some((Name::new(name), Type::builtin(ty))),
                Err(_) => None,
            };
            rows.into_iter().filter_map(column).collect()
        };
        Ok(self.ask(&query)?.ok().map(columns))
    }
}

/// Why a view over several items was refused, and for which of them.
struct ChunkFailure {
    refusal: Refusal,
    item: Option<usize>,
}

/// Both sides of a pair.
fn items(pair: &Pair) -> [Item; 2] {
    let actual_context = pair.actual_context.as_ref().unwrap_or(&pair.context);
    [desired_item(pair), item(&pair.actual, actual_context)]
}

fn desired_item(pair: &Pair) -> Item {
    item(&pair.desired, &pair.context)
}

fn item(text: &model::Expr, context: &Context) -> Item {
    Item {
        text: text.text.trim_end().trim_end_matches(';').into(),
        path: text.path.clone(),
        context: context.clone(),
    }
}

/// The numbers of items by path, queries apart from expressions, each chunk of a size one view takes;
/// within a chunk what shares a FROM list stands together.
fn chunks(items: &[&Item]) -> Vec<Vec<usize>> {
    let class = |it: &Item| match it.context {
        Context::Query => 1,
        Context::Default(_) => 2,
        Context::Generated { .. } => 3,
        _ if it.context.is_alone() => 4,
        _ => 0,
    };
    let mut order: Vec<usize> = (0..items.len()).collect();
    order.sort_by(|a, b| {
        let (a, b) = (items[*a], items[*b]);
        (&a.path, class(a), &a.context).cmp(&(&b.path, class(b), &b.context))
    });
    let mut chunks: Vec<Vec<usize>> = Vec::new();
    for at in order {
        let size = CHUNK.get(class(items[at])).copied().unwrap_or(1);
        let fits = |chunk: &Vec<usize>| {
            let first = chunk.first().map(|it| items[*it]);
            chunk.len() < size
                && first.is_some_and(|it| it.path == items[at].path && class(it) == class(items[at]))
                && (class(items[at]) != 3 || first.is_some_and(|it| it.context.is_beside(&items[at].context)))
        };
        match chunks.last_mut().filter(|it| fits(it)) {
            Some(chunk) => chunk.push(at),
            None => chunks.push(vec![at]),
        }
    }
    chunks
}

fn refused<T>(answer: Result<T, postgres::Error>) -> Result<Result<T, Failure>, Error> {
    let error = match answer {
        Ok(it) => return Ok(Ok(it)),
        Err(error) => error,
    };
    let Some(said) = error.as_db_error().filter(|_| !fatal(&error)) else { return Err(lost(error)) };
    let position = match said.position() {
        Some(ErrorPosition::Original(at)) => usize::try_from(*at).ok(),
        _ => None,
    };
    let refusal = Refusal { sqlstate: said.code().code().to_owned(), message: said.message().to_owned() };
    Ok(Err(Failure { refusal, position }))
}

/// An administrator ended the session, or the server goes down: there is nobody left to ask.
fn fatal(error: &postgres::Error) -> bool {
    error.is_closed() || error.code().is_some_and(|it| it.code().starts_with("57P"))
}

fn lost(error: postgres::Error) -> Error {
    Error::query(QUERY, error)
}
