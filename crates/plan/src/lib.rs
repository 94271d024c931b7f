//! Turns two schemas into an ordered plan.
//!
//! The flow is one way: what differs is widened until it can be carried out ([`expand`]), the rules say
//! how, what another statement does anyway is left out ([`fold`]), what is not allowed is put off
//! ([`leave`]), and [`order`] puts the rest in sequence. Only `rules` knows kinds; nothing here knows a
//! server or a file.

mod draft;
mod expand;
mod family;
mod fold;
mod hazard;
mod leave;
mod lock;
mod options;
mod order;
mod rules;
mod segment;
mod step;
mod unverified;

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::LazyLock;

use diff::{Change, Pair};
use model::{Facts, ObjectId, Schema, Users};
use serde::Serialize;

pub use hazard::{HAZARDS, Hazard, HazardRow};
pub use leave::{Because, Pending};
pub use lock::{Lock, Mode};
pub use options::{Allow, Options, UnknownHazard, object_name};
pub use segment::{Line, Oversized, Segment, lines, path_list, segments};
pub use step::{Step, Transaction, Verb, Why};

use crate::draft::Draft;
use crate::expand::Expansion;
use crate::family::Orphans;
use crate::leave::Leave;
use crate::rules::Context;

/// What a plan is made from.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// What the server has, its edges linked, its objects under their new names where a directive
    /// renames them.
    pub actual: &'a Schema,
    /// What the file declares, and what is kept.
    pub desired: &'a Schema,
    /// From which name to which.
    pub renames: &'a [(ObjectId, ObjectId)],
    /// Enum labels renamed: the type by its new name, the old and the new label. The actual schema has the
    /// new ones already.
    pub relabels: &'a [(ObjectId, String, String)],
    /// What the server is like.
    pub facts: &'a Facts,
    /// Objects with an expression nobody could settle.
    pub unverified: &'a HashSet<ObjectId>,
    /// Objects of the actual schema that are not ours.
    pub unmanaged: &'a HashSet<ObjectId>,
    /// What stands on an object and is of a kind that is not modelled, in the server's words.
    pub outsiders: &'a [(ObjectId, String)],
    /// What may be done.
    pub options: &'a Options,
}

/// Nothing is held, and nothing is somebody else's.
static NOTHING: LazyLock<HashSet<ObjectId>> = LazyLock::new(HashSet::new);

impl<'a> Request<'a> {
    /// From one schema to the other, where nothing is renamed, everything is settled and all of it is ours.
    pub fn between(pair: Pair<'a>, facts: &'a Facts, options: &'a Options) -> Request<'a> {
        let Pair { actual, desired } = pair;
        let (renames, relabels, outsiders) = (&[], &[], &[]);
        let (unverified, unmanaged) = (&*NOTHING, &*NOTHING);
        Request { actual, desired, renames, relabels, facts, unverified, unmanaged, outsiders, options }
    }
}

/// What to do, in order, and what is not done.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Plan {
    /// The statements. None where anything is blocked.
    pub steps: Vec<Step>,
    /// What will still differ when the steps are carried out, because it is not allowed.
    pub pending: Vec<Pending>,
    /// What nobody could say about whether it differs; it is not touched.
    pub unverified: Vec<ObjectId>,
    /// Why nothing can be done.
    pub blocked: Vec<Blocked>,
}

/// An object in the way that may not be taken down.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Blocked {
    /// What is in the way.
    pub id: ObjectId,
    /// Of which change.
    pub of: ObjectId,
    /// What would allow it (`--allow …`), if anything would.
    pub allow: Option<String>,
    /// What really is in the way, standing on `id`, where it is no object of the schema.
    pub outsider: Option<String>,
}

impl Blocked {
    fn unmanaged(id: &ObjectId, of: &ObjectId) -> Blocked {
        let allow = Allow::on(Hazard::RebuildUnmanaged, id).to_string();
        Blocked { id: id.clone(), of: of.clone(), allow: Some(allow), outsider: None }
    }

    fn immovable(id: &ObjectId, of: &ObjectId) -> Blocked {
        Blocked { id: id.clone(), of: of.clone(), allow: None, outsider: None }
    }

    /// What of the steps would take down the ground an outsider stands on.
    fn by_outsiders(steps: &[Step], outsiders: &[(ObjectId, String)]) -> Vec<Blocked> {
        let blocked = |step: &Step| {
            let on_it = outsiders.iter().find(|(used, _)| *used == step.id || step.makes.contains(used))?;
            let (id, outsider) = (step.id.clone(), Some(on_it.1.clone()));
            Some(Blocked { of: id.clone(), id, allow: None, outsider })
        };
        steps.iter().filter(|it| it.verb == Verb::Drop).filter_map(blocked).collect()
    }
}

impl Plan {
    /// Whether nothing is to be done and nothing put off.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty() && self.pending.is_empty() && self.blocked.is_empty()
    }
}

/// Makes the plan that leads from the actual schema to the desired one, as far as it is allowed.
pub fn plan(request: Request<'_>) -> Plan {
    let Request { actual, desired, renames, relabels, facts, unverified, unmanaged, outsiders, options } =
        request;
    let mut wanted = Cow::Borrowed(desired);
    take_over(actual, &mut wanted, unmanaged);
    let users = users(actual, &wanted);
    let orphans = Orphans::of_schema(actual);
    let setting = Setting { actual, facts, options, users: &users, orphans: &orphans, unmanaged };
    let unverified = unverified::set_aside(actual, &mut wanted, unverified);
    let mut allowed = wanted.clone();
    let mut leave = Leave::default();
    let draft = loop {
        let draft = setting.draft(&allowed);
        let refused = leave.refused(&draft, &setting);
        if refused.is_empty() || !leave.put_off(refused, &setting, allowed.to_mut()) {
            break draft;
        }
    };
    let pending = leave.pending(Pair { actual: &allowed, desired: &wanted });
    let mut blocked = draft.blocked;
    blocked.extend(leave.stuck());
    let mut steps = rules::renames(renames);
    steps.extend(rules::relabels(relabels));
    if blocked.is_empty() {
        steps.extend(order::order(draft.drafts, actual, &allowed));
        blocked = Blocked::by_outsiders(&steps, outsiders);
    }
    if !blocked.is_empty() {
        steps.clear();
    }
    rules::spread(&mut steps, actual, &allowed, facts.major);
    Plan { steps, pending, unverified, blocked }
}

/// What stays the same while one desired schema after the other is tried.
pub(crate) struct Setting<'a> {
    pub(crate) actual: &'a Schema,
    pub(crate) facts: &'a Facts,
    pub(crate) options: &'a Options,
    pub(crate) users: &'a Users,
    pub(crate) orphans: &'a Orphans,
    pub(crate) unmanaged: &'a HashSet<ObjectId>,
}

/// All statements that lead to a desired schema, not yet in order.
pub(crate) struct Drafted {
    pub(crate) drafts: Vec<Draft>,
    pub(crate) blocked: Vec<Blocked>,
    /// Which change is behind what is taken down for the sake of another object.
    pub(crate) causes: HashMap<ObjectId, ObjectId>,
    /// What differs by itself.
    pub(crate) own: HashSet<ObjectId>,
}

impl<'a> Setting<'a> {
    pub(crate) fn context<'b>(&'b self, desired: &'b Schema) -> Context<'b> {
        let Setting { actual, facts, options, users, orphans, unmanaged: _ } = self;
        let (dropped, created) = (BTreeMap::new(), BTreeMap::new());
        let newcomers = rules::newcomers(actual, desired);
        Context { actual, desired, facts, options, users, orphans, newcomers, dropped, created }
    }

    fn draft(&self, desired: &Schema) -> Drafted {
        let mut changes = diff::diff(Pair { actual: self.actual, desired });
        changes.retain(|it| !rules::by_itself(it, self.actual, desired));
        let mut cx = self.context(desired);
        let mut expansion = expand::expand(&changes, &cx, self.unmanaged);
        cx.dropped = std::mem::take(&mut expansion.dropped);
        cx.created = std::mem::take(&mut expansion.created);
        let drafts = fold::drafts(&cx, &mut expansion);
        let Expansion { blocked, causes, .. } = expansion;
        let own = changes.iter().map(Change::id).cloned().collect();
        Drafted { drafts, blocked, causes, own }
    }
}

/// Puts into the desired schema what is never a difference: what is not ours, what a file need not state.
fn take_over(actual: &Schema, desired: &mut Cow<'_, Schema>, unmanaged: &HashSet<ObjectId>) {
    let kept = unmanaged.iter().filter_map(|id| Some((id, actual.get(id)?)));
    let kept = kept.filter(|(id, object)| desired.get(id) != Some(*object));
    let unstated = rules::unstated(actual, desired);
    let all: Vec<_> = kept.chain(unstated).collect();
    for (id, object) in all {
        desired.to_mut().insert(id.clone(), object.clone());
    }
}

/// Who uses whom, unless nothing is going to be taken down or changed.
fn users(actual: &Schema, desired: &Schema) -> Users {
    let kept = actual.iter().all(|(id, old)| desired.get(id) == Some(old));
    // What is added to a table is added to those below, however little else changes.
    let is_alone = || actual.heirs().is_empty() || desired.len() == actual.len();
    if kept && is_alone() { Users::default() } else { actual.users() }
}
