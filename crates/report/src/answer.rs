//! Everything a report of a plan may show, put together once. Does not know in which form it is shown.

use std::collections::BTreeMap;

use diff::{Pair, Reason};
use model::{Facts, ObjectId, Unmodelled};
use plan::{Because, Blocked, Oversized, Pending, Plan, Segment, Step};

use crate::{Account, Places, Summary};

/// A plan, and what a report tells beside it.
#[derive(Clone, Debug)]
pub struct Answer<'a> {
    /// What will be done, in order.
    pub steps: &'a [Step],
    /// What differs and is not done, for want of leave.
    pub pending: Vec<Held>,
    /// What differs and cannot be done.
    pub blocked: Vec<Held>,
    /// What nobody could say differs or not.
    pub unverified: Vec<Held>,
    /// The two schemas, which tell what is a part of what.
    pub pair: Pair<'a>,
    /// Where objects are declared.
    pub places: &'a Places<'a>,
    /// Live objects that are left alone, and why.
    pub left: &'a BTreeMap<ObjectId, Reason>,
    /// Live objects of managed namespaces, of kinds that are not modelled.
    pub unmodelled: &'a [Unmodelled],
    /// Which database, without its password.
    pub target: String,
    /// Which server.
    pub server: String,
    /// `Facts::lock_slots`
    pub lock_slots: u64,
    /// How long a step that does not say so itself waits for a lock, in milliseconds.
    pub lock_timeout: Option<u64>,
    /// The account of every statement and object, where it is asked for.
    pub ledger: Option<Account<'a>>,
}

/// Something that is told instead of done.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Held {
    /// What it is about.
    pub id: ObjectId,
    /// What would be done, or what cannot be told, in a few words.
    pub what: String,
    /// What to write after `--allow`, where leave is what it lacks.
    pub allow: Vec<String>,
}

impl Held {
    /// Something that no leave would help.
    pub fn new(id: &ObjectId, what: impl Into<String>) -> Held {
        Held { id: id.clone(), what: what.into(), allow: Vec::new() }
    }

    fn pending(pending: &Pending) -> Held {
        let Pending { id, verb, because, hazards, allow } = pending;
        let names: Vec<&str> = hazards.iter().map(|it| it.name()).collect();
        let because = match because {
            Because::NeedsLeave => format!("needs leave: {}", names.join(", ")),
            Because::OnlyAdditions => "only additions are asked for".to_owned(),
            Because::NameTaken { by } => format!("its name is still taken by {by}"),
            Because::DependsOn { id: on } if on == id => "goes with another pending change".to_owned(),
            Because::DependsOn { id: on } => format!("waits for {on}"),
        };
        Held { id: id.clone(), what: format!("{}; {because}", verb.word()), allow: allow.clone() }
    }

    fn blocked(blocked: &Blocked) -> Held {
        let Blocked { id, of, allow, outsider } = blocked;
        let what = match (outsider, id == of, allow) {
            (Some(it), ..) => format!("cannot be taken down: {it} stands on it and is not modelled"),
            (None, true, _) => "can be neither changed nor left as it is".to_owned(),
            (None, false, Some(_)) => format!("stands in the way of {of} and is not managed here"),
            (None, false, None) => format!("stands in the way of {of} and cannot be taken down"),
        };
        Held { id: id.clone(), what, allow: allow.iter().cloned().collect() }
    }
}

impl<'a> Answer<'a> {
    /// A plan beside the two schemas it was made from. The caller names the target and what is left alone.
    pub fn new(plan: &'a Plan, pair: Pair<'a>, places: &'a Places<'a>, facts: &'a Facts) -> Answer<'a> {
        const NOTHING: &BTreeMap<ObjectId, Reason> = &BTreeMap::new();
        let Plan { steps, pending, unverified, blocked } = plan;
        Answer {
            steps,
            pending: pending.iter().map(Held::pending).collect(),
            blocked: blocked.iter().map(Held::blocked).collect(),
            unverified: unverified.iter().map(|it| Held::new(it, "not compared")).collect(),
            pair,
            places,
            left: NOTHING,
            unmodelled: &[],
            target: String::new(),
            server: match facts.version.is_empty() {
                true => String::new(),
                false => format!("PostgreSQL {}", facts.version),
            },
            lock_slots: facts.lock_slots,
            lock_timeout: None,
            ledger: None,
        }
    }

    /// The numbers.
    pub fn summary(&self) -> Summary {
        Summary::of(self)
    }

    /// Whether there is nothing to do, and nothing that should be done or told apart.
    pub fn is_in_sync(&self) -> bool {
        let Answer { steps, pending, blocked, unverified, unmodelled, .. } = self;
        let held = pending.len() + blocked.len() + unverified.len() + unmodelled.len();
        steps.is_empty() && held == 0
    }

    /// The transactions. Where one is larger than the server has room for, none is cut.
    pub(crate) fn segments(&self) -> (Vec<Segment>, Option<Oversized>) {
        match plan::segments(self.steps, self.lock_slots) {
            Ok(segments) => (segments, None),
            Err(error) => (plan::segments(self.steps, 0).unwrap_or_default(), Some(error)),
        }
    }

    /// The whole that an object is a part of, and stands in a report with.
    pub(crate) fn root(&self, id: &ObjectId) -> ObjectId {
        let mut root = id.clone();
        while let Some(next) = self.above(&root) {
            root = next;
        }
        root
    }

    fn above(&self, id: &ObjectId) -> Option<ObjectId> {
        let Pair { actual, desired } = self.pair;
        let parent = desired.parent(id).or_else(|| actual.parent(id));
        let target = || id.target().cloned();
        let relation = || id.relation().and_then(|it| desired.relation(it).or_else(|| actual.relation(it)));
        parent.or_else(target).or_else(relation).filter(|it| it != id)
    }
}
