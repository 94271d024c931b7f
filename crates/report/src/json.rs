//! The documented JSON of plans, checks and faults, versioned by `format`. Does not change with the
//! program's own types: what it holds is written down here.
//!
//! Fields are only ever added under one number of `format`; what a reader does not know, it may pass over.

use std::collections::BTreeMap;

use diff::Reason;
use model::{ObjectId, Unmodelled};
use plan::{Step, Transaction, Why};
use serde::Serialize;

use crate::answer::Held;
use crate::drift::UnmodelledRow;
use crate::ledger::Ledger;
use crate::{Account, Answer, Place, Places, Summary, why};

/// The number of the format.
pub const FORMAT: u32 = 1;

/// A plan.
#[derive(Serialize)]
struct Document<'a> {
    /// [`FORMAT`]
    format: u32,
    /// Always `plan`.
    kind: &'static str,
    /// The database, without its password.
    target: &'a str,
    /// The server's version.
    server: &'a str,
    /// Whether there is nothing to do, nothing pending, blocked or not verified.
    in_sync: bool,
    /// How many objects are concerned, and how.
    summary: Summary,
    /// What will be done, in order.
    steps: Vec<StepRow<'a>>,
    /// Which steps are committed together, in order.
    transactions: Vec<TransactionRow>,
    /// What differs and waits for leave.
    pending: Vec<HeldRow<'a>>,
    /// What keeps the plan from being carried out.
    blocked: Vec<HeldRow<'a>>,
    /// What could not be compared.
    unverified: Vec<HeldRow<'a>>,
    /// Live objects of kinds that are not modelled.
    unmodelled: Vec<UnmodelledRow<'a>>,
    /// Live objects that are left alone.
    left: Left,
    /// The account of every statement and object, where it is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    ledger: Option<Ledger<'a>>,
}

/// An object.
#[derive(Serialize)]
pub(crate) struct ObjectRow {
    /// Its kind, such as `table` or `foreign key`.
    kind: String,
    /// How DDL addresses it, quoted where needed: `public.users`, `users_pkey ON public.users`.
    name: String,
    /// The namespace it stands in.
    #[serde(skip_serializing_if = "Option::is_none")]
    namespace: Option<String>,
}

/// Where an object is declared.
#[derive(Serialize)]
pub(crate) struct PlaceRow {
    /// The file.
    file: String,
    /// From 1.
    line: usize,
    /// From 1, in characters.
    column: usize,
}

/// A step.
#[derive(Serialize)]
struct StepRow<'a> {
    /// From 1.
    number: usize,
    /// `create`, `alter`, `drop` or `rename`.
    verb: &'static str,
    /// What it is about.
    object: ObjectRow,
    /// The statement, without a semicolon.
    sql: &'a str,
    /// The search_path it runs under; empty where any will do.
    search_path: Vec<&'a str>,
    /// The locks it takes on relations that are there before it.
    locks: Vec<LockRow>,
    /// What may go wrong or be lost.
    hazards: Vec<HazardRow>,
    /// `inside` a transaction, `outside` any, or `commit_after` it.
    transaction: Transaction,
    /// What else it makes or takes down.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    makes: Vec<ObjectRow>,
    /// Why it is there.
    why: Vec<WhyRow<'a>>,
    /// Where its object is declared.
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<PlaceRow>,
    /// A statement that takes it back, where it runs outside a transaction.
    #[serde(skip_serializing_if = "Option::is_none")]
    undo: Option<&'a str>,
    /// How long it waits for a lock, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    lock_timeout_ms: Option<u64>,
}

/// A lock.
#[derive(Serialize)]
struct LockRow {
    /// The relation.
    relation: String,
    /// PostgreSQL's words: `ACCESS EXCLUSIVE`.
    mode: &'static str,
}

/// A hazard.
#[derive(Serialize)]
struct HazardRow {
    /// Its name in `--allow`.
    name: &'static str,
    /// Whether it was done only by leave.
    needs_leave: bool,
    /// What may happen.
    sentence: &'static str,
}

/// A reason.
#[derive(Serialize)]
struct WhyRow<'a> {
    /// In words.
    text: String,
    /// The field that changes.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'a str>,
    /// What it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    old: Option<&'a str>,
    /// What it shall be.
    #[serde(skip_serializing_if = "Option::is_none")]
    new: Option<&'a str>,
}

/// Steps that are committed together.
#[derive(Serialize)]
struct TransactionRow {
    /// Numbers of steps.
    steps: Vec<usize>,
    /// The one step runs in no transaction.
    outside: bool,
}

/// Something that is not done.
#[derive(Serialize)]
pub(crate) struct HeldRow<'a> {
    /// What it is about.
    object: ObjectRow,
    /// What would be done, and why it is not.
    what: &'a str,
    /// What to write after `--allow`.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    allow: &'a [String],
    /// Where the object is declared.
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<PlaceRow>,
}

/// How many live objects are left alone, and why.
#[derive(Serialize)]
pub(crate) struct Left {
    /// In schemas the file does not manage.
    unmanaged: usize,
    /// By a rule or directive.
    ignored: usize,
    /// `undeclared: keep`
    kept: usize,
    run_time: usize,
    /// Facts the file does not speak of: owners, grants, roles.
    unspoken: usize,
}

impl Answer<'_> {
    /// The plan as JSON, indented, with a final line end.
    pub fn json(&self) -> String {
        let document = Document {
            format: FORMAT,
            kind: "plan",
            target: &self.target,
            server: &self.server,
            in_sync: self.is_in_sync(),
            summary: self.summary(),
            steps: self
                .steps
                .iter()
                .enumerate()
                .map(|(at, it)| StepRow::of(at + 1, it, self.places))
                .collect(),
            transactions: self.transactions(),
            pending: held(&self.pending, self.places),
            blocked: held(&self.blocked, self.places),
            unverified: held(&self.unverified, self.places),
            unmodelled: self.unmodelled.iter().map(UnmodelledRow::of).collect(),
            left: Left::of(self.left),
            ledger: self.ledger.as_ref().map(Account::rows),
        };
        print(&document)
    }

    fn transactions(&self) -> Vec<TransactionRow> {
        let (segments, _) = self.segments();
        let row = |it: plan::Segment| TransactionRow {
            steps: it.steps.map(|it| it + 1).collect(),
            outside: it.outside,
        };
        segments.into_iter().map(row).collect()
    }
}

pub(crate) fn held<'a>(held: &'a [Held], places: &Places<'_>) -> Vec<HeldRow<'a>> {
    held.iter().map(|it| HeldRow::of(it, places)).collect()
}

/// Any document, indented, with a final line end.
pub(crate) fn print(document: &impl Serialize) -> String {
    // No map with other keys than strings, and no failing Serialize, is among the rows.
    serde_json::to_string_pretty(document).unwrap_or_else(|it| unreachable!("{it}")) + "\n"
}

impl ObjectRow {
    pub(crate) fn of(id: &ObjectId) -> ObjectRow {
        let namespace = id.namespace().map(|it| it.as_str().to_owned());
        ObjectRow { kind: id.kind.meta().noun.to_owned(), name: name(id), namespace }
    }

    /// One of a kind that is not modelled, in the server's words.
    pub(crate) fn other(it: &Unmodelled) -> ObjectRow {
        let namespace = it.namespace.as_ref().map(|it| it.as_str().to_owned());
        ObjectRow { kind: it.kind.clone(), name: it.identity.clone(), namespace }
    }
}

/// The address; of a grant also to whom, which the address of its object leaves out.
fn name(id: &ObjectId) -> String {
    match id.grantee() {
        Some(role) => format!("{role} ON {}", id.address()),
        None => id.address(),
    }
}

impl PlaceRow {
    pub(crate) fn of(place: &Place) -> PlaceRow {
        PlaceRow { file: place.file.display().to_string(), line: place.line, column: place.column }
    }
}

impl<'a> StepRow<'a> {
    fn of(number: usize, step: &'a Step, places: &Places<'_>) -> StepRow<'a> {
        let Step {
            verb,
            id,
            sql,
            path,
            locks,
            hazards,
            transaction,
            makes,
            why,
            undo,
            lock_timeout,
            secrets: _,
        } = step;
        let lock = |it: &plan::Lock| LockRow { relation: it.relation.to_string(), mode: it.mode.words() };
        StepRow {
            number,
            verb: verb.word(),
            object: ObjectRow::of(id),
            sql,
            search_path: path.iter().map(|it| it.as_str()).collect(),
            locks: locks.iter().map(lock).collect(),
            hazards: hazards.iter().map(|it| HazardRow::of(*it)).collect(),
            transaction: *transaction,
            makes: makes.iter().map(ObjectRow::of).collect(),
            why: why.iter().map(WhyRow::of).collect(),
            place: places.of(id).as_ref().map(PlaceRow::of),
            undo: undo.as_deref(),
            lock_timeout_ms: *lock_timeout,
        }
    }
}

impl HazardRow {
    fn of(hazard: plan::Hazard) -> HazardRow {
        let plan::HazardRow { name, sentence, needs_leave } = hazard.row();
        HazardRow { name, sentence, needs_leave: *needs_leave }
    }
}

impl<'a> WhyRow<'a> {
    fn of(reason: &'a Why) -> WhyRow<'a> {
        let text = why::phrase(reason);
        match reason {
            Why::Changed { field, old, new } => {
                WhyRow { text, field: Some(field), old: Some(old), new: Some(new) }
            }
            _ => WhyRow { text, field: None, old: None, new: None },
        }
    }
}

impl<'a> HeldRow<'a> {
    pub(crate) fn of(held: &'a Held, places: &Places<'_>) -> HeldRow<'a> {
        let Held { id, what, allow } = held;
        HeldRow { object: ObjectRow::of(id), what, allow, place: places.of(id).as_ref().map(PlaceRow::of) }
    }
}

impl Left {
    pub(crate) fn of(left: &BTreeMap<ObjectId, Reason>) -> Left {
        let count = |reason: Reason| left.values().filter(|it| it.counts_as() == reason).count();
        Left {
            unmanaged: count(Reason::Namespace),
            ignored: count(Reason::Ignored),
            kept: count(Reason::Kept),
            run_time: count(Reason::RunTime),
            unspoken: count(Reason::Unspoken),
        }
    }
}
