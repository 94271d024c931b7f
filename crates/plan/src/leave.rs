//! What is not allowed, and what depends on it: put off by taking it out of the desired schema, so that
//! what differs after the plan is exactly what was announced. Knows no kind of object.

use std::collections::{BTreeMap, HashMap, HashSet};

use diff::{Change, Pair};
use model::{ObjectId, QualName, Schema, Users};
use serde::Serialize;

use crate::family::Orphans;
use crate::rules::{self, Claim, claims};
use crate::{Allow, Blocked, Drafted, Hazard, Setting, Verb};

/// A difference that stays.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Pending {
    /// The object.
    pub id: ObjectId,
    /// What would be done to it.
    pub verb: Verb,
    /// Why it is not.
    pub because: Because,
    /// The hazards that need leave.
    pub hazards: Vec<Hazard>,
    /// What would allow it (`--allow …`).
    pub allow: Vec<String>,
}

impl Pending {
    /// A rename where only additions are made.
    pub fn rename(id: ObjectId) -> Pending {
        let (hazards, allow) = (Vec::new(), Vec::new());
        Pending { id, verb: Verb::Rename, because: Because::OnlyAdditions, hazards, allow }
    }
}

/// Why a difference stays.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Because {
    /// It has hazards that nobody allowed.
    NeedsLeave,
    /// Only additions were asked for.
    OnlyAdditions,
    /// Its name is still taken.
    NameTaken {
        /// By an object that is kept.
        by: ObjectId,
    },
    /// It goes with another difference that stays.
    DependsOn {
        /// On which.
        id: ObjectId,
    },
}

/// A change that is not allowed.
pub(crate) struct Refused {
    id: ObjectId,
    because: Because,
    /// What the leave would be for: on the object itself or on one that falls with it.
    hazards: Vec<(Hazard, ObjectId)>,
}

/// What has been put off so far.
#[derive(Default)]
pub(crate) struct Leave {
    reasons: BTreeMap<ObjectId, Reason>,
    stuck: Vec<Blocked>,
}

struct Reason {
    because: Because,
    hazards: Vec<(Hazard, ObjectId)>,
}

impl Leave {
    /// The changes behind the drafts that are not allowed.
    pub(crate) fn refused(&self, draft: &Drafted, setting: &Setting<'_>) -> Vec<Refused> {
        let options = setting.options;
        let mut refused: BTreeMap<ObjectId, Refused> = BTreeMap::new();
        for it in &draft.drafts {
            let id = &it.step.id;
            let denied = it.step.hazards.iter().copied().filter(|hazard| !options.allows(*hazard, id));
            let hazards: Vec<(Hazard, ObjectId)> = denied.map(|hazard| (hazard, id.clone())).collect();
            let because = match (hazards.is_empty(), options.additive && !it.adds) {
                (_, true) => Because::OnlyAdditions,
                (false, false) => Because::NeedsLeave,
                (true, false) => continue,
            };
            let ids = it.all();
            let cause = |id: &ObjectId| match draft.own.contains(id) {
                true => Some(id.clone()),
                false => draft.causes.get(id).cloned(),
            };
            let Some(cause) = ids.filter_map(cause).next() else { continue };
            let entry = refused.entry(cause.clone());
            let entry = entry.or_insert_with(|| Refused { id: cause, because, hazards: Vec::new() });
            entry.hazards.extend(hazards);
        }
        refused.into_values().collect()
    }

    /// Takes refused changes out of the desired schema. Says whether that changed anything.
    pub(crate) fn put_off(
        &mut self,
        refused: Vec<Refused>,
        setting: &Setting<'_>,
        desired: &mut Schema,
    ) -> bool {
        let actual = setting.actual;
        let users = desired.users();
        let creates: HashMap<Claim, ObjectId> = desired
            .iter()
            .filter(|(id, it)| actual.get(id) != Some(*it))
            .flat_map(|(id, it)| {
                let had = actual.get(id).map(|it| claims(id, it)).unwrap_or_default();
                let new = claims(id, it).into_iter().filter(move |it| !had.contains(it));
                new.map(move |claim| (claim, id.clone()))
            })
            .collect();
        let mut news: HashMap<QualName, Vec<ObjectId>> = HashMap::new();
        for (id, _) in desired.iter().filter(|(id, _)| !actual.contains(id)) {
            if let Some(relation) = id.relation() {
                news.entry(relation.clone()).or_default().push(id.clone());
            }
        }
        let mut work = Work {
            actual,
            desired,
            users: &users,
            orphans: setting.orphans,
            creates: &creates,
            news: &news,
            leave: self,
            changed: false,
        };
        let ids: Vec<ObjectId> = refused.iter().map(|it| it.id.clone()).collect();
        for Refused { id, because, hazards } in refused {
            work.restore(&id, because, hazards);
        }
        // One may have been put back along with another; only when nothing moves any more are they stuck.
        let changed = work.changed;
        if !changed {
            let stuck = ids.into_iter().map(|id| Blocked::immovable(&id, &id));
            self.stuck.extend(stuck);
        }
        changed
    }

    /// What was refused but could not be put off.
    pub(crate) fn stuck(&mut self) -> Vec<Blocked> {
        std::mem::take(&mut self.stuck)
    }

    /// What differs between what is carried out and what was wanted.
    pub(crate) fn pending(&self, pair: Pair<'_>) -> Vec<Pending> {
        diff::diff(pair).iter().map(|change| self.entry(change, pair)).collect()
    }

    fn entry(&self, change: &Change<'_>, pair: Pair<'_>) -> Pending {
        let id = change.id().clone();
        let verb = match change {
            Change::Create { .. } => Verb::Create,
            Change::Alter { .. } => Verb::Alter,
            Change::Drop { .. } => Verb::Drop,
        };
        let Some(reason) = self.reasons.get(&id) else {
            let on =
                pair.actual.parent(&id).or_else(|| pair.desired.parent(&id)).unwrap_or_else(|| id.clone());
            let because = Because::DependsOn { id: on };
            return Pending { id, verb, because, hazards: Vec::new(), allow: Vec::new() };
        };
        let mut hazards: Vec<Hazard> = reason.hazards.iter().map(|(it, _)| *it).collect();
        hazards.sort();
        hazards.dedup();
        let mut allow: Vec<String> =
            reason.hazards.iter().map(|(it, on)| Allow::on(*it, on).to_string()).collect();
        allow.sort();
        allow.dedup();
        Pending { id, verb, because: reason.because.clone(), hazards, allow }
    }
}

struct Work<'a> {
    actual: &'a Schema,
    orphans: &'a Orphans,
    desired: &'a mut Schema,
    /// Of the desired schema, before anything is put off.
    users: &'a Users,
    /// Who is to take a name, likewise.
    creates: &'a HashMap<Claim, ObjectId>,
    /// New parts of each relation, likewise.
    news: &'a HashMap<QualName, Vec<ObjectId>>,
    leave: &'a mut Leave,
    changed: bool,
}

impl Work<'_> {
    /// Puts an object back as it is, with what goes with it and what it stands on; then takes back what
    /// wants its name or its new state.
    fn restore(&mut self, id: &ObjectId, because: Because, hazards: Vec<(Hazard, ObjectId)>) {
        self.note(id, because, hazards);
        let mut kept = Vec::new();
        let mut queue = vec![id.clone()];
        while let Some(next) = queue.pop() {
            let Some(live) = self.actual.get(&next) else { continue };
            if self.desired.get(&next) == Some(live) {
                continue;
            }
            let was_gone = !self.desired.contains(&next);
            let (lost, won) = self.by_itself(&next);
            let waiting = rules::waiting(&next, self.users, self.actual, self.desired);
            self.desired.insert(next.clone(), live.clone());
            self.changed = true;
            if next != *id {
                self.note(&next, Because::DependsOn { id: id.clone() }, Vec::new());
            }
            let companions = rules::companions(&next, self.actual, self.desired).into_iter();
            queue.extend(companions.filter(|it| !self.is_merged(it)));
            queue.extend(lost);
            self.withdraw(won, &Because::DependsOn { id: id.clone() });
            self.withdraw(waiting, &Because::DependsOn { id: next.clone() });
            let around = self.actual.children(&next).chain(self.orphans.of(&next)).cloned();
            let around = around.chain(self.actual.parent(&next));
            let around = around.filter(|_| was_gone).chain(self.actual.uses(&next));
            queue.extend(around.filter(|it| !self.desired.contains(it) && !self.is_merged(it)));
            kept.push(next);
        }
        if !self.actual.contains(id) {
            self.withdraw(vec![id.clone()], &Because::DependsOn { id: id.clone() });
        }
        for id in kept {
            self.free_name(&id);
            let shut_out = rules::shut_out(&id, self.actual, self.desired);
            self.withdraw(shut_out, &Because::DependsOn { id: id.clone() });
            let held = rules::held_back(&id, self.actual, self.desired);
            self.withdraw(held, &Because::DependsOn { id: id.clone() });
            if rules::others_wait_for(&id) {
                let waiting = self.users.of(&id).filter(|it| !rules::is_said_of(it)).cloned().collect();
                self.withdraw(waiting, &Because::DependsOn { id });
            }
        }
    }

    /// Whether a live part becomes one with that of the table above, and so is there all the same.
    fn is_merged(&self, id: &ObjectId) -> bool {
        rules::is_merged(id, self.actual, self.desired)
    }

    /// The parts of an object, and of the tables below it, that would be lost and won with its change alone.
    fn by_itself(&self, id: &ObjectId) -> (Vec<ObjectId>, Vec<ObjectId>) {
        let (mut lost, mut won) = (Vec::new(), Vec::new());
        for whole in rules::with_heirs_of(id, self.users) {
            let (gone, new) = self.parts_by_itself(&whole);
            lost.extend(gone);
            won.extend(new);
        }
        (lost, won)
    }

    /// The parts of one object alone.
    fn parts_by_itself(&self, id: &ObjectId) -> (Vec<ObjectId>, Vec<ObjectId>) {
        let (actual, desired) = (self.actual, &*self.desired);
        let is = |change: &Change<'_>| rules::by_itself(change, actual, desired);
        let gone = actual.children(id).filter_map(|id| Some(Change::Drop { id, old: actual.get(id)? }));
        let lost = gone.filter(|it| !desired.contains(it.id()) && is(it)).map(|it| it.id().clone());
        let parts = id.qual_name().and_then(|it| self.news.get(it)).into_iter().flatten();
        let new = desired.children(id).chain(parts);
        let new = new.filter_map(|id| Some(Change::Create { id, new: desired.get(id)? }));
        let won = new.filter(|it| !actual.contains(it.id()) && is(it)).map(|it| it.id().clone());
        let won = won.filter(|it| !rules::comes_anyway(it, actual, desired));
        (lost.collect(), won.collect())
    }

    /// What wanted the name of an object that is kept cannot have it.
    fn free_name(&mut self, id: &ObjectId) {
        let Some(live) = self.actual.get(id) else { return };
        for claim in claims(id, live) {
            if let Some(other) = self.creates.get(&claim).filter(|it| *it != id) {
                self.withdraw(vec![other.clone()], &Because::NameTaken { by: id.clone() });
            }
        }
    }

    /// Takes changed or new objects back to what they are, with all that would use them.
    fn withdraw(&mut self, ids: Vec<ObjectId>, because: &Because) {
        let mut seen: HashSet<ObjectId> = HashSet::new();
        let mut queue: Vec<(ObjectId, Because)> = ids.into_iter().map(|it| (it, because.clone())).collect();
        while let Some((id, because)) = queue.pop() {
            let same = self.actual.get(&id) == self.desired.get(&id);
            if same || !seen.insert(id.clone()) {
                continue;
            }
            self.changed = true;
            let parts: Vec<ObjectId> = self.desired.children(&id).cloned().collect();
            match self.actual.get(&id) {
                Some(_) => self.restore(&id, because, Vec::new()),
                None => {
                    self.note(&id, because, Vec::new());
                    self.desired.retain(|it, _| *it != id);
                    let users = self.users.of(&id).cloned().chain(parts);
                    queue.extend(users.map(|it| (it, Because::DependsOn { id: id.clone() })));
                }
            }
        }
    }

    fn note(&mut self, id: &ObjectId, because: Because, hazards: Vec<(Hazard, ObjectId)>) {
        let reason = self.leave.reasons.entry(id.clone());
        reason.or_insert_with(|| Reason { because, hazards: Vec::new() }).hazards.extend(hazards);
    }
}
