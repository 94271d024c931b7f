//! Widens the changes until each can be carried out by statements: an object that cannot be changed in
//! place is made again, and so is what stands on it. Knows no kind of object.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};

use diff::Change;
use model::ObjectId;

use crate::draft::Draft;
use crate::family::uses_of_desired;
use crate::rules::{self, Alter, Claim, Context, Stance, claims};
use crate::{Blocked, Hazard, Why};

/// What is to be done to which object.
#[derive(Default)]
pub(crate) struct Expansion {
    pub(crate) dropped: BTreeMap<ObjectId, Why>,
    pub(crate) created: BTreeMap<ObjectId, Why>,
    pub(crate) altered: BTreeMap<ObjectId, Vec<Draft>>,
    /// Types made anew beside the old one, and why.
    pub(crate) swapped: BTreeMap<ObjectId, Why>,
    /// Which of those are made anew by the statements of other ones.
    pub(crate) along: BTreeMap<ObjectId, Vec<ObjectId>>,
    pub(crate) blocked: Vec<Blocked>,
    /// For what is taken down for the sake of another object: which change is behind it.
    pub(crate) causes: HashMap<ObjectId, ObjectId>,
}

/// An object that has to go, why, and for the sake of which change.
struct Fall {
    id: ObjectId,
    why: Why,
    cause: ObjectId,
}

/// A user that may let go of what it uses by being changed in place, or made anew beside the old one, and so stay.
struct Hold {
    user: ObjectId,
    used: ObjectId,
    cause: ObjectId,
}

struct Expander<'a> {
    cx: &'a Context<'a>,
    unmanaged: &'a HashSet<ObjectId>,
    it: Expansion,
    queue: VecDeque<Fall>,
    holds: Vec<Hold>,
}

pub(crate) fn expand(changes: &[Change<'_>], cx: &Context<'_>, unmanaged: &HashSet<ObjectId>) -> Expansion {
    let mut expander =
        Expander { cx, unmanaged, it: Expansion::default(), queue: VecDeque::new(), holds: Vec::new() };
    for change in changes {
        expander.begin(change);
    }
    loop {
        while let Some(fall) = expander.queue.pop_front() {
            expander.fall(fall);
        }
        if !expander.release() {
            let Expansion { along, altered, .. } = &mut expander.it;
            altered.retain(|id, _| !along.contains_key(id));
            let Expansion { blocked, dropped, .. } = &mut expander.it;
            // Who cannot let go may go for another reason.
            blocked.retain(|it| it.allow.is_some() || !dropped.contains_key(&it.id));
            return expander.it;
        }
    }
}

impl Expander<'_> {
    fn begin(&mut self, change: &Change<'_>) {
        let id = change.id().clone();
        match change {
            Change::Create { .. } => {
                let mut taken = rules::taken_over(&id, self.cx);
                // What is not ours may become part of what is.
                taken.retain(|it| !self.unmanaged.contains(it));
                self.push_all(taken, &id);
                self.it.created.insert(id, Why::New);
            }
            Change::Drop { .. } => {
                self.queue.push_front(Fall { id: id.clone(), why: Why::Undeclared, cause: id });
            }
            Change::Alter { old, new, .. } => match rules::alter(&id, old, new, self.cx) {
                Alter::InPlace(drafts) => _ = self.it.altered.insert(id, drafts),
                Alter::Around { down, drafts } => {
                    self.push_all(down, &id);
                    self.it.altered.insert(id, drafts);
                }
                Alter::Replace(field) => {
                    let why = Why::Replaced { id: id.clone(), field };
                    self.queue.push_front(Fall { id: id.clone(), why, cause: id });
                }
                Alter::Swap { field, down } => {
                    let why = Why::Replaced { id: id.clone(), field };
                    self.swap(&id, why);
                    for it in rules::along(&id, self.cx) {
                        self.swap(&it, Why::StandsOn { id: id.clone() });
                        self.it.along.entry(it).or_default().push(id.clone());
                    }
                    self.push_all(down, &id);
                }
            },
        }
    }

    /// What goes with a type goes when that is made anew, and comes back.
    fn swap(&mut self, id: &ObjectId, why: Why) {
        self.it.swapped.insert(id.clone(), why.clone());
        self.it.created.insert(id.clone(), why);
        let parts = self.cx.actual.children(id).chain(self.cx.orphans.of(id)).cloned().collect();
        self.push_all(parts, id);
    }

    fn push_all(&mut self, ids: Vec<ObjectId>, on: &ObjectId) {
        for id in ids {
            let why = Why::StandsOn { id: on.clone() };
            self.queue.push_back(Fall { id, why, cause: on.clone() });
        }
    }

    fn fall(&mut self, fall: Fall) {
        let Fall { id, why, cause } = fall;
        if self.it.dropped.contains_key(&id) || !self.cx.actual.contains(&id) || self.is_blocked(&id, &cause)
        {
            return;
        }
        self.it.altered.remove(&id);
        if self.cx.desired.contains(&id) {
            let again = match &why {
                Why::StandsOn { id } => Why::PutBack { id: id.clone() },
                why => why.clone(),
            };
            self.it.created.insert(id.clone(), again);
        }
        if cause != id {
            self.it.causes.insert(id.clone(), cause.clone());
        }
        self.it.dropped.insert(id.clone(), why);
        for child in self.cx.actual.children(&id).chain(self.cx.orphans.of(&id)) {
            self.child(child, &id, &cause);
        }
        for user in self.cx.users.of(&id) {
            self.user(user, &id, &cause);
        }
    }

    fn is_blocked(&mut self, id: &ObjectId, cause: &ObjectId) -> bool {
        let ours = id.kind.meta().satellite || !self.unmanaged.contains(id);
        if ours || self.cx.options.allows(Hazard::RebuildUnmanaged, id) {
            return false;
        }
        self.it.blocked.push(Blocked::unmanaged(id, cause));
        true
    }

    /// What lives and dies with an object goes with it, unless it is given to another one before.
    fn child(&mut self, child: &ObjectId, parent: &ObjectId, cause: &ObjectId) {
        let leaves =
            self.it.altered.contains_key(child) && self.cx.desired.parent(child).as_ref() != Some(parent);
        if child.kind.meta().cascades && !leaves {
            let why = Why::StandsOn { id: parent.clone() };
            self.queue.push_back(Fall { id: child.clone(), why, cause: cause.clone() });
        }
    }

    fn user(&mut self, user: &ObjectId, used: &ObjectId, cause: &ObjectId) {
        if self.it.dropped.contains_key(user) {
            return;
        }
        let stance = rules::stance(user, used, self.cx);
        if stance == Stance::Stays {
            return;
        }
        let (user, used, cause) = (user.clone(), used.clone(), cause.clone());
        let lets_go = self.it.altered.contains_key(&user) || self.it.swapped.contains_key(&user);
        if lets_go && !uses_of_desired(&user, self.cx.desired, self.cx.actual).contains(&used) {
            self.holds.push(Hold { user, used, cause });
        } else if stance == Stance::Falls || !self.cx.desired.contains(&user) {
            self.queue.push_back(Fall { id: user, why: Why::StandsOn { id: used }, cause });
        } else {
            self.it.blocked.push(Blocked::immovable(&user, &used));
        }
    }

    /// Takes down what was hoped to let go in place but cannot: what it needs instead is only made after
    /// what it has to let go of is gone. Says whether there is more to do.
    fn release(&mut self) -> bool {
        if self.holds.is_empty() {
            return false;
        }
        let freed = self.freed();
        let holds = std::mem::take(&mut self.holds);
        let (stuck, free): (Vec<Hold>, Vec<Hold>) =
            holds.into_iter().partition(|it| self.waits(&it.user, &freed));
        self.holds = free;
        for Hold { user, used, cause } in stuck {
            match rules::stance(&user, &used, self.cx) {
                Stance::Falls => {
                    self.queue.push_back(Fall { id: user, why: Why::StandsOn { id: used }, cause });
                }
                Stance::Stays | Stance::Cannot => self.it.blocked.push(Blocked::immovable(&user, &used)),
            }
        }
        !self.queue.is_empty()
    }

    fn freed(&self) -> HashSet<Claim> {
        let objects = self.it.dropped.keys().filter_map(|id| Some((id, self.cx.actual.get(id)?)));
        objects.flat_map(|(id, object)| claims(id, object)).collect()
    }

    /// Whether what an object is to use can only be there once something is taken down.
    fn waits(&self, user: &ObjectId, freed: &HashSet<Claim>) -> bool {
        let mut seen = BTreeSet::new();
        let mut queue = uses_of_desired(user, self.cx.desired, self.cx.actual);
        while let Some(id) = queue.pop() {
            if self.it.dropped.contains_key(&id) {
                return true;
            }
            let made = self.it.created.contains_key(&id);
            let is_held = |id: &ObjectId| {
                self.cx.desired.get(id).is_some_and(|it| claims(id, it).iter().any(|it| freed.contains(it)))
            };
            let inside = || self.cx.desired.descendants(&id).into_iter().filter(rules::is_said_inside);
            // What its statement says besides takes names too; nothing that holds rows is taken down for those.
            if made && (is_held(&id) || user.kind.meta().rebuildable && inside().any(|it| is_held(&it))) {
                return true;
            }
            if (made || self.it.altered.contains_key(&id)) && seen.insert(id.clone()) {
                queue.extend(uses_of_desired(&id, self.cx.desired, self.cx.actual));
            }
        }
        false
    }
}
