//! Which steps share a transaction, and what is said around them: `apply` runs these lines, and the
//! script for psql is these lines. Knows which objects a step makes and takes down, not what it does.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::ops::Range;

use model::{Kind, Name, ObjectId, Path, QualName};
use serde::Serialize;

use crate::{Step, Transaction, Verb};

/// Steps that are committed together, or one step that runs in no transaction.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Segment {
    /// Which of the plan's steps.
    pub steps: Range<usize>,
    /// The one step cannot run in a transaction.
    pub outside: bool,
}

/// What is sent, in order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Line {
    /// A statement that sets the stage for the next ones.
    Say(String),
    /// One of the plan's steps.
    Step(usize),
    /// The end of the transaction.
    Commit,
}

/// Steps that cannot be committed apart from each other hold more locks than the server has room for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Oversized {
    /// Which steps.
    pub steps: Range<usize>,
    /// How many locks they hold at the end.
    pub locks: u64,
    /// How many one transaction may hold.
    pub limit: u64,
}

/// Cuts a plan into transactions. What is taken down comes back in the same one; otherwise a transaction
/// ends before it holds a quarter of the server's `lock_slots` (0: nobody knows how many, so all are free).
///
/// # Errors
/// When what must be committed together holds more locks than that.
pub fn segments(steps: &[Step], lock_slots: u64) -> Result<Vec<Segment>, Oversized> {
    let limit = if lock_slots == 0 { u64::MAX } else { lock_slots / 4 };
    let (strict, loose) = (glued(steps, true), glued(steps, false));
    let mut segments = Vec::new();
    let mut start = 0;
    for next in 1..=steps.len() {
        if next == steps.len() || is_boundary(steps, next) {
            let found = cut(steps, start..next, &strict, limit);
            segments.extend(found.or_else(|_| cut(steps, start..next, &loose, limit))?);
            start = next;
        }
    }
    Ok(segments)
}

/// Whether a transaction has to end before a step.
fn is_boundary(steps: &[Step], at: usize) -> bool {
    let (before, after) = (steps[at - 1].transaction, steps[at].transaction);
    let is_apart = |it| it == Transaction::Outside;
    let is_committed = before == Transaction::CommitAfter && after != Transaction::CommitAfter;
    is_apart(before) || is_apart(after) || is_committed
}

/// Cuts steps that could share one transaction, only as far as their locks ask for it.
fn cut(steps: &[Step], range: Range<usize>, glued: &[bool], limit: u64) -> Result<Vec<Segment>, Oversized> {
    let outside = steps[range.start].transaction == Transaction::Outside;
    let mut segments = Vec::new();
    let mut start = range.start;
    let mut held = Held::default();
    let mut at = range.start;
    while at < range.end {
        let end = (at + 1..range.end).find(|it| !glued[*it]).unwrap_or(range.end);
        let alone = Held::of(&steps[at..end]).count();
        if end - at > 1 && alone > limit {
            return Err(Oversized { steps: at..end, locks: alone, limit });
        }
        steps[at..end].iter().for_each(|it| held.add(it));
        if start < at && held.count() > limit {
            segments.push(Segment { steps: start..at, outside });
            start = at;
            held = Held::of(&steps[at..end]);
        }
        at = end;
    }
    segments.push(Segment { steps: start..range.end, outside });
    Ok(segments)
}

/// The locks a transaction holds so far.
#[derive(Default)]
struct Held<'a> {
    relations: HashSet<&'a QualName>,
    others: u64,
}

impl<'a> Held<'a> {
    fn of(steps: &'a [Step]) -> Held<'a> {
        let mut held = Held::default();
        steps.iter().for_each(|it| held.add(it));
        held
    }

    fn add(&mut self, step: &'a Step) {
        self.relations.extend(step.locks.iter().map(|it| &it.relation));
        self.others += made(step).map(|it| slots(it.kind, step.verb)).sum::<u64>();
    }

    fn count(&self) -> u64 {
        self.relations.len() as u64 + self.others
    }
}

/// How many entries of the lock table it takes to make an object, or to take it down: a table has a
/// TOAST table with an index and a row type; whatever is dropped is locked.
fn slots(kind: Kind, verb: Verb) -> u64 {
    match (verb, kind) {
        (Verb::Alter | Verb::Rename, _) => 0,
        (_, Kind::Table | Kind::MaterializedView) => 4,
        (_, Kind::Index | Kind::Constraint | Kind::View | Kind::Sequence) => 1,
        (Verb::Drop, _) => 1,
        (Verb::Create, _) => 0,
    }
}

/// Which steps may not be committed apart from the one before them. Where it is `strict`, one index does
/// not come in the place of another in a later transaction; too many of them may.
fn glued(steps: &[Step], strict: bool) -> Vec<bool> {
    let mut taken: HashMap<Key<'_>, usize> = HashMap::new();
    let mut ends: Vec<usize> = (0..steps.len()).collect();
    for (at, step) in steps.iter().enumerate() {
        if step.verb == Verb::Drop {
            for key in made(step).flat_map(|id| own_keys(id, step, strict)) {
                taken.entry(key).or_insert(at);
            }
            continue;
        }
        let first = made(step).flat_map(|id| own_keys(id, step, strict).chain(above_keys(id)));
        if let Some(first) = first.filter_map(|it| taken.get(&it).copied()).min() {
            ends[first] = at;
        }
    }
    let mut reach = 0;
    let glue = |(at, end): (usize, &usize)| {
        let is_glued = at > 0 && reach >= at;
        reach = reach.max(*end);
        is_glued
    };
    ends.iter().enumerate().map(glue).collect()
}

fn made(step: &Step) -> impl Iterator<Item = &ObjectId> {
    std::iter::once(&step.id).chain(&step.makes)
}

/// What a step that takes something down and one that puts something back have in common.
#[derive(PartialEq, Eq, Hash)]
enum Key<'a> {
    /// The object itself.
    Object(&'a ObjectId),
    /// Its name.
    Named(&'a QualName),
    /// Something of its kind on the same relation: one policy instead of another.
    Kin(Kind, &'a QualName),
    /// Something of its kind about the same object: one role's grant instead of another's.
    About(Kind, &'a ObjectId),
}

fn own_keys<'a>(id: &'a ObjectId, step: &'a Step, strict: bool) -> impl Iterator<Item = Key<'a>> {
    let kin: Vec<Key<'a>> = match &id.path {
        Path::Of(relation, _) => vec![Key::Kin(id.kind, relation)],
        Path::On(target) | Path::To(target, _) => vec![Key::About(id.kind, target)],
        Path::In(name) => {
            let locked = step.locks.iter().map(|it| &it.relation).filter(|it| strict && *it != name);
            locked.map(|it| Key::Kin(id.kind, it)).chain([Key::Named(name)]).collect()
        }
        Path::Root(_) | Path::Routine(..) | Path::Keys(_) => Vec::new(),
    };
    [Key::Object(id)].into_iter().chain(kin)
}

/// What an object stands on, as far as its identity tells.
fn above_keys(id: &ObjectId) -> impl Iterator<Item = Key<'_>> {
    let mut keys = Vec::new();
    let mut at = Some(id);
    while let Some(it) = at {
        keys.push(Key::Object(it));
        keys.extend(it.relation().map(Key::Named));
        at = it.target();
    }
    keys.into_iter()
}

/// What is sent for a segment. `lock_timeout`, in milliseconds, is for steps that have none of their own.
pub fn lines(steps: &[Step], segment: &Segment, lock_timeout: Option<u64>) -> Vec<Line> {
    match segment.outside {
        true => segment.steps.clone().flat_map(|at| outside(steps, at, lock_timeout)).collect(),
        false => inside(steps, segment.steps.clone(), lock_timeout),
    }
}

fn inside(steps: &[Step], range: Range<usize>, lock_timeout: Option<u64>) -> Vec<Line> {
    let say = |it: &str| Line::Say(it.to_owned());
    let mut lines = vec![say("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE")];
    let mut timeout = lock_timeout;
    lines.extend(timeout.map(|it| Line::Say(format!("SET LOCAL lock_timeout = {it}"))));
    lines.push(say("SET LOCAL check_function_bodies = off"));
    let mut path: &[Name] = &[];
    for at in range {
        let step = &steps[at];
        if !step.path.is_empty() && *step.path != *path {
            path = &step.path;
            lines.push(Line::Say(format!("SET LOCAL search_path = {}", path_list(path))));
        }
        let wanted = step.lock_timeout.or(lock_timeout);
        if wanted != timeout {
            timeout = wanted;
            lines.push(Line::Say(format!("SET LOCAL lock_timeout = {}", wanted.unwrap_or(0))));
        }
        lines.push(Line::Step(at));
    }
    lines.push(Line::Commit);
    lines
}

fn outside(steps: &[Step], at: usize, lock_timeout: Option<u64>) -> Vec<Line> {
    let step = &steps[at];
    let mut lines = Vec::new();
    let mut reset = Vec::new();
    if !step.path.is_empty() {
        lines.push(Line::Say(format!("SET search_path = {}", path_list(&step.path))));
        reset.push(Line::Say("RESET search_path".to_owned()));
    }
    if let Some(timeout) = step.lock_timeout.or(lock_timeout) {
        lines.push(Line::Say(format!("SET lock_timeout = {timeout}")));
        reset.push(Line::Say("RESET lock_timeout".to_owned()));
    }
    lines.push(Line::Step(at));
    lines.extend(reset);
    lines
}

/// A search path as SET takes it, which wants a string where there is nothing in it.
pub fn path_list(path: &[Name]) -> String {
    match path {
        [] => "''".to_owned(),
        path => path.iter().map(Name::to_string).collect::<Vec<_>>().join(", "),
    }
}

impl fmt::Display for Oversized {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Oversized { steps, locks, limit } = self;
        let times = locks.div_ceil((*limit).max(1));
        write!(
            f,
            "steps {} to {} must be committed together and hold about {locks} locks, where one transaction \
             may hold {limit} (a quarter of the server's lock table): raise max_locks_per_transaction to \
             {times} times its value",
            steps.start + 1,
            steps.end
        )
    }
}

impl std::error::Error for Oversized {}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{Lock, Mode};

    fn step(verb: Verb, id: ObjectId) -> Step {
        Step {
            verb,
            sql: format!("{verb:?} {id}"),
            id,
            path: Arc::from([]),
            locks: Vec::new(),
            hazards: Vec::new(),
            transaction: Transaction::Inside,
            makes: Vec::new(),
            why: Vec::new(),
            undo: None,
            secrets: Vec::new(),
            lock_timeout: None,
        }
    }

    fn table(name: &str) -> QualName {
        QualName::new("public", name)
    }

    fn create(name: &str) -> Step {
        step(Verb::Create, Kind::Table.named(&table(name)))
    }

    fn ranges(steps: &[Step], lock_slots: u64) -> Vec<(Range<usize>, bool)> {
        let found = segments(steps, lock_slots).unwrap_or_else(|it| panic!("{it}"));
        found.into_iter().map(|it| (it.steps, it.outside)).collect()
    }

    #[test]
    fn what_commits_apart_stands_apart() {
        let with = |transaction| Step { transaction, ..create("t") };
        use Transaction::{CommitAfter, Inside, Outside};
        let steps: Vec<Step> = [Inside, CommitAfter, CommitAfter, Inside, Inside, Outside, Outside]
            .into_iter()
            .map(with)
            .collect();
        assert_eq!(ranges(&steps, 0), [(0..3, false), (3..5, false), (5..6, true), (6..7, true)]);
        assert_eq!(ranges(&[], 0), []);
    }

    #[test]
    fn many_locks_are_spread() {
        let steps: Vec<Step> = (0..5).map(|it| create(&format!("t{it}"))).collect();
        // Four each, of which two fit into a quarter of 32.
        assert_eq!(ranges(&steps, 32), [(0..2, false), (2..4, false), (4..5, false)]);
    }

    #[test]
    fn one_relation_is_locked_once() {
        let lock = Lock { mode: Mode::AccessExclusive, relation: table("t") };
        let column = |name: &str| Kind::Column.of(&table("t"), &name.into());
        let steps: Vec<Step> = ["a", "b", "c"]
            .into_iter()
            .map(|it| Step { locks: vec![lock.clone()], ..step(Verb::Create, column(it)) })
            .collect();
        assert_eq!(ranges(&steps, 4), [(0..3, false)]);
    }

    #[test]
    fn what_is_taken_down_comes_back_in_the_same_transaction() {
        let view = Kind::View.named(&table("v"));
        let steps = [
            create("a"),
            step(Verb::Drop, view.clone()),
            create("b"),
            step(Verb::Create, view.clone()),
            step(Verb::Create, Kind::Grant.to(&view, &"app".into())),
            create("c"),
        ];
        assert_eq!(ranges(&steps, 28), [(0..1, false), (1..5, false), (5..6, false)]);
        let error = segments(&steps, 8).err().map(|it| it.to_string()).unwrap_or_default();
        assert!(
            error.starts_with("steps 2 to 5 must be committed together and hold about 6 locks"),
            "{error}"
        );
        assert!(error.ends_with("raise max_locks_per_transaction to 3 times its value"), "{error}");
    }

    #[test]
    fn one_policy_instead_of_another_is_one_unit() {
        let policy = |name: &str| Kind::Policy.of(&table("t"), &name.into());
        let steps =
            [step(Verb::Drop, policy("old")), create("a"), create("b"), step(Verb::Create, policy("new"))];
        assert_eq!(ranges(&steps, 40), [(0..4, false)]);
    }

    #[test]
    fn one_index_instead_of_another_is_one_unit_if_it_fits() {
        let lock = Lock { mode: Mode::Share, relation: table("t") };
        let index =
            |verb, name| Step { locks: vec![lock.clone()], ..step(verb, Kind::Index.named(&table(name))) };
        let steps = [index(Verb::Drop, "old"), create("a"), create("b"), index(Verb::Create, "new")];
        assert_eq!(ranges(&steps, 48), [(0..4, false)]);
        assert_eq!(ranges(&steps, 40), [(0..3, false), (3..4, false)]);
    }

    #[test]
    fn lines_set_what_changes() {
        let path: Arc<[Name]> = Arc::from(["app".into(), "Mixed".into()]);
        let steps = [
            create("a"),
            Step { path: path.clone(), ..create("b") },
            Step { path: path.clone(), lock_timeout: Some(50), ..create("c") },
            Step { path, transaction: Transaction::Outside, ..create("d") },
        ];
        let found = segments(&steps, 0).unwrap_or_else(|it| panic!("{it}"));
        let text: Vec<String> = found
            .iter()
            .flat_map(|it| lines(&steps, it, Some(3000)))
            .map(|it| match it {
                Line::Say(text) => text,
                Line::Step(at) => format!("#{at}"),
                Line::Commit => "COMMIT".to_owned(),
            })
            .collect();
        assert_eq!(
            text,
            [
                "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE",
                "SET LOCAL lock_timeout = 3000",
                "SET LOCAL check_function_bodies = off",
                "#0",
                "SET LOCAL search_path = app, \"Mixed\"",
                "#1",
                "SET LOCAL lock_timeout = 50",
                "#2",
                "COMMIT",
                "SET search_path = app, \"Mixed\"",
                "SET lock_timeout = 3000",
                "#3",
                "RESET search_path",
                "RESET lock_timeout",
            ]
        );
    }
}
