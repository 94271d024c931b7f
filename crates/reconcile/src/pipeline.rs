//! From a connection and a file to a plan: the order in which the stages are called.
//!
//! Knows no stage's inside, and neither files, targets nor forms of answers.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::panic::resume_unwind;
use std::time::{Duration, Instant};

use catalog::{Actual, Outsider, SettleOptions, Unsettled, Verdict};
use diff::{Pair, Reason, Scope, Stated};
use model::{Facts, Kind, Name, Object, ObjectId, Schema};
use parse::{Desired, Sources};
use plan::{Options, Pending, Plan, Request};
use postgres::Client;

use crate::elsewhere::Elsewhere;
use crate::offline;

/// How expressions whose texts differ are compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Ask {
    /// The offline normaliser first, then the server.
    #[default]
    Needed,
    /// The server, about everything whose tokens differ.
    Everything,
    /// Nobody: what the normaliser cannot tell is not verified.
    Nobody,
}

/// What is wanted, beside the files.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// What is ours.
    pub scope: Scope,
    /// What is allowed, and how steps are chosen.
    pub options: Options,
    /// How expressions are compared.
    pub ask: Ask,
}

/// A database beside what the files say of it.
#[derive(Debug)]
pub struct Comparison {
    /// The database, renames of the file already substituted.
    pub actual: Actual,
    /// What the files declare, and what is live and not ours.
    pub desired: Desired,
    /// What is live, undeclared and not ours, and why.
    pub left: BTreeMap<ObjectId, Reason>,
    /// Renames of the file that are still to be made: old and new identity.
    pub renames: Vec<(ObjectId, ObjectId)>,
    /// Enum labels that are still to be renamed: the type, the old and the new label.
    pub relabels: Vec<(ObjectId, String, String)>,
    /// Objects the file leaves unnamed: the name the server would choose, and the live one they took.
    pub adopted: Vec<(ObjectId, ObjectId)>,
    /// What stands on objects of the schema and is of no kind that is modelled; read with the edges.
    outsiders: Option<Vec<Outsider>>,
    /// What differed before expressions were settled: nothing else can differ afterwards.
    differed: Vec<ObjectId>,
    /// Expressions that could not be told equal.
    pub unsettled: Vec<Unsettled>,
    /// How long each phase took, in order.
    pub timings: Timings,
}

/// Phases and how long each took.
#[derive(Clone, Debug, Default)]
pub struct Timings(pub Vec<(&'static str, Duration)>);

impl Timings {
    fn take<T>(&mut self, phase: &'static str, work: impl FnOnce() -> T) -> T {
        let begin = Instant::now();
        let done = work();
        self.0.push((phase, begin.elapsed()));
        done
    }
}

/// Reads the database and the files and settles what of them differs.
///
/// Faults of the files are in `desired.faults`; where there are any, nothing more is done, and nothing
/// in the result but the faults counts.
///
/// # Errors
/// When the database cannot be read.
pub fn compare(
    client: &mut Client,
    sources: &Sources,
    wanted: &Wanted,
) -> Result<Comparison, catalog::Error> {
    compare_with(client, sources, wanted, None)
}

/// As [`compare`]; what the server could not be asked is asked elsewhere, if that is given.
///
/// # Errors
/// When the database cannot be read.
pub fn compare_with(
    client: &mut Client,
    sources: &Sources,
    wanted: &Wanted,
    elsewhere: Option<&mut Elsewhere>,
) -> Result<Comparison, catalog::Error> {
    let mut timings = Timings::default();
    let (actual, (desired, parse)) = timings.take("read", || read(client, sources))?;
    timings.0.push(("parse, beside it", parse));
    let mut comparison = Comparison {
        actual,
        desired,
        left: BTreeMap::new(),
        renames: Vec::new(),
        relabels: Vec::new(),
        adopted: Vec::new(),
        outsiders: None,
        differed: Vec::new(),
        unsettled: Vec::new(),
        timings: Timings::default(),
    };
    if comparison.desired.faults.is_empty() {
        timings.take("align", || {
            comparison.rename(client)?;
            comparison.align(&wanted.scope);
            comparison.rename_alike(client)
        })?;
        timings.take("settle", || comparison.settle(client, wanted.ask))?;
        if let Some(elsewhere) = elsewhere.filter(|_| !comparison.unverified().is_empty()) {
            timings.take("settle elsewhere", || comparison.settle_elsewhere(client, elsewhere))?;
        }
        comparison.name_unseen();
        comparison.disown();
    }
    comparison.timings = timings;
    Ok(comparison)
}

/// Reads the database, and the files beside it as soon as it is known what the server is like.
fn read(client: &mut Client, sources: &Sources) -> Result<(Actual, (Desired, Duration)), catalog::Error> {
    let parse = |facts: &Facts| {
        let begin = Instant::now();
        (parse::desired(sources, facts), begin.elapsed())
    };
    std::thread::scope(|threads| {
        let mut parsing = None;
        let early = |facts: Facts| parsing = Some(threads.spawn(move || parse(&facts)));
        let actual = catalog::actual_with(client, early)?;
        let desired = match parsing {
            Some(thread) => thread.join().unwrap_or_else(|it| resume_unwind(it)),
            None => parse(&actual.facts),
        };
        Ok((actual, desired))
    })
}

/// Makes the plan that takes the database to what the files say. Reads the server's own account of what
/// uses what, but only when there is anything to do.
///
/// # Errors
/// When the database cannot be read.
pub fn plan(
    client: &mut Client,
    comparison: &mut Comparison,
    options: &Options,
) -> Result<Plan, catalog::Error> {
    let mut timings = std::mem::take(&mut comparison.timings);
    let withheld = if options.additive { comparison.withhold() } else { Vec::new() };
    let done = timings.take("diff", || comparison.is_empty());
    let mut plan = match done {
        true => Plan::default(),
        false => timings.take("plan", || {
            comparison.read_edges(client)?;
            Ok::<_, catalog::Error>(comparison.plan(options))
        })?,
    };
    plan.pending.extend(withheld);
    comparison.timings = timings;
    Ok(plan)
}

impl Comparison {
    /// The fingerprint of the database as it was read, renames of the file substituted.
    pub fn fingerprint(&self) -> String {
        model::fingerprint(&self.actual.schema)
    }

    /// What differs.
    pub fn changes(&self) -> Vec<diff::Change<'_>> {
        diff::diff(Pair { actual: &self.actual.schema, desired: &self.desired.schema })
    }

    /// What is known to differ: all but what only expressions keep apart that nobody could compare.
    pub fn drift(&self) -> Vec<diff::Change<'_>> {
        let unverified: HashSet<&ObjectId> = self.unverified().into_iter().collect();
        let mut changes = self.changes();
        changes.retain(|it| !unverified.contains(it.id()));
        changes
    }

    /// Objects that differ in nothing but expressions nobody could compare.
    pub fn unverified(&self) -> Vec<&ObjectId> {
        let bones = |id: &ObjectId| {
            let pair = self.actual.schema.get(id).zip(self.desired.schema.get(id));
            pair.is_some_and(|(old, new)| old.bones() == new.bones())
        };
        let unknown = self.unsettled.iter().filter(|it| !matches!(it.verdict, Verdict::Different));
        unknown.map(|it| &it.id).filter(|it| bones(it)).collect()
    }

    /// Whether nothing differs and nothing is to be renamed.
    pub fn is_empty(&self) -> bool {
        let same = |id: &ObjectId| self.actual.schema.get(id) == self.desired.schema.get(id);
        self.renames.is_empty() && self.relabels.is_empty() && self.differed.iter().all(same)
    }

    /// Substitutes the file's renames that are still to be made. Edges are read under the live names, so they
    /// are read first.
    fn rename(&mut self, client: &mut Client) -> Result<(), catalog::Error> {
        // A part is addressed below its relation's new name, so its turn comes when that is in place.
        loop {
            let due = diff::due(&self.actual.schema, &self.desired.schema, &self.desired.renames);
            let due: Vec<_> = due.into_iter().filter(|it| !self.renames.contains(it)).collect();
            if due.is_empty() {
                break;
            }
            self.substitute(client, due)?;
        }
        self.relabels = diff::due_labels(&self.actual.schema, &self.desired.label_renames);
        if !self.relabels.is_empty() {
            self.actual.schema = sql::relabelled(&self.actual.schema, &self.relabels);
        }
        Ok(())
    }

    /// Takes both schemas back to the names that are live, for a plan that renames nothing: what waits for that.
    fn withhold(&mut self) -> Vec<Pending> {
        let (renames, relabels) = (std::mem::take(&mut self.renames), std::mem::take(&mut self.relabels));
        let withheld =
            offline::withhold([&mut self.actual.schema, &mut self.desired.schema], renames, relabels);
        if !withheld.is_empty() {
            self.differed = self.changes().iter().map(|it| it.id().clone()).collect();
        }
        withheld
    }

    /// Substitutes other names of what is defined alike, where the file is the whole truth about it.
    fn rename_alike(&mut self, client: &mut Client) -> Result<(), catalog::Error> {
        let alike = diff::alike(&self.actual.schema, &self.desired.schema);
        if alike.is_empty() { Ok(()) } else { self.substitute(client, alike) }
    }

    fn substitute(
        &mut self,
        client: &mut Client,
        renames: Vec<(ObjectId, ObjectId)>,
    ) -> Result<(), catalog::Error> {
        self.read_edges(client)?;
        self.actual.schema = sql::renamed(&self.actual.schema, &renames);
        self.renames.extend(renames);
        Ok(())
    }

    /// Reads the server's own account of what uses what, unless that has been read.
    fn read_edges(&mut self, client: &mut Client) -> Result<(), catalog::Error> {
        if self.outsiders.is_none() {
            self.outsiders = Some(catalog::edges(client, &mut self.actual)?);
        }
        Ok(())
    }

    /// Decides what is ours, and lets what the file leaves open take what is live.
    fn align(&mut self, scope: &Scope) {
        let roles = if scope.roles { self.take_roles() } else { BTreeSet::new() };
        let adopted = diff::adopt(&self.actual.schema, &mut self.desired.schema, &self.desired.unnamed);
        self.adopted = adopted.into_iter().collect();
        self.adopted.sort();
        for (from, to) in &self.adopted {
            move_along(&mut self.desired, from, to);
        }
        let stated = Stated {
            namespaces: &self.desired.namespaces,
            granted: &self.desired.granted,
            otherwise: &self.desired.otherwise,
            ignored: &self.desired.ignores,
            absent: &self.desired.absent,
            roles: &roles,
        };
        self.left =
            diff::scope(&self.actual.schema, &mut self.desired.schema, &self.actual.facts, stated, scope);
    }

    /// Lets what the files say of roles count, and tells which roles they declare.
    fn take_roles(&mut self) -> BTreeSet<Name> {
        let schema = &mut self.desired.schema;
        for (id, object) in std::mem::take(&mut self.desired.roles) {
            schema.insert(id, object);
        }
        let declared = schema.iter().filter(|(id, _)| id.kind == Kind::Role).map(|(id, _)| id.clone());
        for id in declared.collect::<Vec<_>>() {
            if let Some(Object::Role(role)) = schema.get_mut(&id) {
                role.compared = true;
            }
        }
        schema.iter().filter(|(id, _)| id.kind == Kind::Role).map(|(id, _)| id.name().clone()).collect()
    }

    /// Takes a live name back from what turned out to be something else.
    fn disown(&mut self) {
        let open: HashSet<ObjectId> = self.unverified().into_iter().cloned().collect();
        let desired = &mut self.desired;
        let live = &self.actual.schema;
        self.adopted.retain(|(own, taken)| {
            let same = open.contains(taken) || live.get(taken) == desired.schema.get(taken);
            if !same {
                desired.schema.rename(taken, own);
                move_along(desired, taken, own);
            }
            same
        });
    }

    /// What is live, declared, and not to be seen as a whole is not verified.
    fn name_unseen(&mut self) {
        let (desired, left) = (&self.desired.schema, &self.left);
        let ours = |id: &ObjectId| desired.contains(id) && !left.contains_key(id);
        let unseen = self
            .actual
            .schema
            .iter()
            .filter(|(id, _)| ours(id))
            .filter_map(|(id, it)| Some((id, it.unseen()?)));
        self.unsettled
            .extend(unseen.map(|(id, why)| Unsettled { id: id.clone(), verdict: unknown_since(why) }));
    }

    fn settle(&mut self, client: &mut Client, ask: Ask) -> Result<(), catalog::Error> {
        let changes = self.changes();
        if changes.is_empty() {
            return Ok(());
        }
        let changed = substantial(&changes);
        self.differed = changes.iter().map(|it| it.id().clone()).collect();
        let (actual, facts) = (&self.actual.schema, &self.actual.facts);
        let desired = &mut self.desired.schema;
        self.unsettled = match ask {
            Ask::Nobody => {
                sql::settle_offline(actual, desired);
                unknown(actual, desired)
            }
            Ask::Needed | Ask::Everything => {
                let (renames, relabels) = (&self.renames, &self.relabels);
                let options = SettleOptions { ask_everything: ask == Ask::Everything, renames, relabels };
                catalog::settle(client, actual, desired, &changed, facts, options)?
            }
        };
        Ok(())
    }

    /// Asks on a throw-away server about what is not verified. What is known to differ stays so.
    fn settle_elsewhere(
        &mut self,
        client: &mut Client,
        elsewhere: &mut Elsewhere,
    ) -> Result<(), catalog::Error> {
        self.read_edges(client)?;
        let mut copy = match elsewhere.copy(&self.live(), &self.actual.facts) {
            Ok(copy) => copy,
            Err(why) => {
                self.doubt(|it| it.verdict = unknown_since(&format!("no throw-away server: {why}")));
                return Ok(());
            }
        };
        let known = |it: &&Unsettled| matches!(it.verdict, Verdict::Different);
        let known: Vec<Unsettled> = self.unsettled.iter().filter(known).cloned().collect();
        let object =
            |it: &Unsettled| self.desired.schema.get(&it.id).cloned().map(|own| (it.id.clone(), own));
        let differing: Vec<(ObjectId, Object)> = known.iter().filter_map(object).collect();
        let changed = substantial(&self.changes());
        let (renames, relabels) = (&self.renames, &self.relabels);
        let options = SettleOptions { ask_everything: false, renames, relabels };
        let (actual, desired) = (&self.actual.schema, &mut self.desired.schema);
        let found = catalog::settle(&mut copy.client, actual, desired, &changed, &copy.facts, options)?;
        for (id, object) in differing {
            desired.insert(id, object);
        }
        let news = found.into_iter().filter(|it| !known.iter().any(|known| known.id == it.id)).collect();
        self.unsettled = news;
        if let Some(doubt) = copy.doubt {
            self.doubt(|it| match &mut it.verdict {
                Verdict::Different => it.verdict = unknown_since(&doubt),
                Verdict::Refused { message: why, .. } | Verdict::Unknown { why } => {
                    *why += &format!("; {doubt}")
                }
            });
        }
        self.unsettled.extend(known);
        Ok(())
    }

    /// The schema under the names that are live.
    fn live(&self) -> Schema {
        offline::under_old_names(&self.actual.schema, &self.renames, &self.relabels)
    }

    /// Changes what is known of all that is not known to differ.
    fn doubt(&mut self, change: impl Fn(&mut Unsettled)) {
        self.unsettled.iter_mut().for_each(change);
    }

    fn plan(&self, options: &Options) -> Plan {
        let unverified: HashSet<ObjectId> = self
            .unsettled
            .iter()
            .filter(|it| matches!(it.verdict, Verdict::Unknown { .. } | Verdict::Refused { .. }))
            .map(|it| it.id.clone())
            .collect();
        let now = |it: &ObjectId| {
            let renamed = self.renames.iter().find(|(from, _)| from == it);
            renamed.map_or_else(|| it.clone(), |(_, to)| to.clone())
        };
        let words = |it: &Outsider| format!("{} {}", it.user.kind, it.user.identity);
        let outsiders: Vec<_> =
            self.outsiders.iter().flatten().map(|it| (now(&it.used), words(it))).collect();
        let unmanaged: HashSet<ObjectId> = self.left.keys().cloned().collect();
        plan::plan(Request {
            actual: &self.actual.schema,
            desired: &self.desired.schema,
            renames: &self.renames,
            relabels: &self.relabels,
            facts: &self.actual.facts,
            unverified: &unverified,
            unmanaged: &unmanaged,
            outsiders: &outsiders,
            options,
        })
    }

    /// Facts about the server.
    pub fn facts(&self) -> &Facts {
        &self.actual.facts
    }
}

fn unknown_since(why: &str) -> Verdict {
    Verdict::Unknown { why: why.to_owned() }
}

/// Objects that differ in more than expressions.
fn substantial(changes: &[diff::Change<'_>]) -> Vec<ObjectId> {
    let differs = |change: &&diff::Change<'_>| match change {
        diff::Change::Alter { old, new, .. } => old.bones() != new.bones(),
        diff::Change::Create { .. } | diff::Change::Drop { .. } => true,
    };
    changes.iter().filter(differs).map(|it| it.id().clone()).collect()
}

/// What is known beside the schema of an object that has got another identity, and of what is said of it.
fn move_along(desired: &mut Desired, from: &ObjectId, to: &ObjectId) {
    let said = desired.schema.children(to).filter(|it| it.target() == Some(to));
    let said: Vec<ObjectId> = said.cloned().collect();
    said.iter().for_each(|it| move_span(desired, &it.about(from), it));
    move_span(desired, from, to);
    if desired.granted.remove(from) {
        desired.granted.insert(to.clone());
    }
    if let Some(roles) = desired.otherwise.remove(from) {
        desired.otherwise.insert(to.clone(), roles);
    }
}

fn move_span(desired: &mut Desired, from: &ObjectId, to: &ObjectId) {
    if let Some(span) = desired.spans.remove(from) {
        desired.spans.insert(to.clone(), span);
    }
}

/// Without anyone to ask, every expression that still differs is unknown.
fn unknown(actual: &Schema, desired: &Schema) -> Vec<Unsettled> {
    let verdict = || unknown_since("nobody was asked (--no-ask)");
    diff::diff(Pair { actual, desired })
        .iter()
        .filter_map(|change| match change {
            diff::Change::Alter { id, old, new } if old.bones() == new.bones() => Some((*id).clone()),
            _ => None,
        })
        .map(|id| Unsettled { id, verdict: verdict() })
        .collect()
}
