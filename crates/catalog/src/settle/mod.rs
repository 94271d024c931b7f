//! Asks the server whether two texts mean the same: what the file says and what the server shows.
//!
//! Both are put into temporary views inside one transaction that is always rolled back, and what the
//! server prints back is compared, to a fixpoint. Nothing is executed. It knows no plan, only which
//! objects one changes.

mod before;
mod context;
mod pair;
mod print;
mod session;
mod taint;
mod verdict;

use std::collections::HashMap;
use std::panic::resume_unwind;

use model::{Facts, ObjectId, Schema};
use postgres::Client;

use crate::Error;
use before::{Before, Renamed};
use pair::Pair;
use session::Session;
use taint::Taint;
use verdict::Answer;

pub use verdict::{Unsettled, Verdict};

/// How expressions are settled.
#[derive(Clone, Copy, Debug, Default)]
pub struct SettleOptions<'a> {
    /// Leave out the offline shortcut: the server is asked about everything whose tokens differ.
    pub ask_everything: bool,
    /// Renames that `actual` holds already and the server does not: old and new identity, in the order in
    /// which they were substituted.
    pub renames: &'a [(ObjectId, ObjectId)],
    /// Labels of enums renamed likewise: the type, the old and the new label.
    pub relabels: &'a [(ObjectId, String, String)],
}

/// Decides for every object of both schemas whose expressions differ whether they mean the same, and
/// gives the desired ones that do the actual one's comparable form, so that `==` holds. The rest is
/// returned: one verdict per object, in order of the desired schema.
///
/// `changed` are the objects that differ otherwise, or stand on one that does: what they hold is as the
/// file says it only after the plan.
///
/// # Errors
/// When the connection is lost. What the server refuses is a verdict.
pub fn settle(
    client: &mut Client,
    actual: &Schema,
    desired: &mut Schema,
    changed: &[ObjectId],
    facts: &Facts,
    options: SettleOptions<'_>,
) -> Result<Vec<Unsettled>, Error> {
    if options.renames.is_empty() && options.relabels.is_empty() {
        let target = Target { client, facts, prelude: "" };
        return Ok(decide(target, actual, desired, (changed, &Renamed::default()), options)?.finish(desired));
    }
    let before = Before::new(actual, desired, changed, options);
    let target = Target { client, facts, prelude: &before.relabel };
    let changed = (before.changed.as_slice(), &before.renamed);
    let settled = decide(target, &before.actual, &before.desired, changed, options)?;
    let found = before.forward(settled, actual, desired).finish(desired);
    before.keep_alike(actual, desired);
    Ok(found)
}

/// Whom to ask.
struct Target<'a> {
    client: &'a mut Client,
    facts: &'a Facts,
    /// Statements of ours to run first.
    prelude: &'a str,
}

/// What was found of each pair, and the verdicts on those that are not the same.
struct Settled {
    pairs: Vec<Pair>,
    verdicts: Vec<Option<Verdict>>,
}

fn decide(
    mut target: Target<'_>,
    actual: &Schema,
    desired: &Schema,
    (changed, renamed): (&[ObjectId], &Renamed),
    options: SettleOptions<'_>,
) -> Result<Settled, Error> {
    let mut taint = Taint::new(actual, desired, changed, renamed);
    let mut pairs = pair::differing(actual, desired, &taint);
    for pair in &mut pairs {
        pair.answer = taint.foregone(pair, desired);
    }
    match options.ask_everything {
        true => ask(&mut target, pairs.iter_mut().collect())?,
        false => settle_both(&mut target, &mut pairs, actual, desired)?,
    }
    shapes(&mut target, &mut pairs, &taint, desired)?;
    loop {
        let verdicts: Vec<_> = pairs.iter().map(|it| taint.judge(it, desired)).collect();
        let differing = pairs.iter().zip(&verdicts).filter(|(_, it)| **it == Some(Verdict::Different));
        if !taint.spread(differing.map(|it| it.0), desired) {
            return Ok(Settled { pairs, verdicts });
        }
        let stale = |it: &&mut Pair| it.answer == Some(Answer::Same) && taint.is_stale(it, desired);
        pairs.iter_mut().filter(stale).for_each(|it| it.answer = Some(Answer::Different));
    }
}

/// Settles here what can be, and asks the server about the rest. Queries cannot be settled here, so the server
/// is at work on them meanwhile.
fn settle_both(
    target: &mut Target<'_>,
    pairs: &mut [Pair],
    actual: &Schema,
    desired: &Schema,
) -> Result<(), Error> {
    let (queries, mut others): (Vec<_>, Vec<_>) = pairs.iter_mut().partition(|it| it.is_query());
    std::thread::scope(|threads| {
        let asking = threads.spawn(|| ask(target, queries));
        for pair in others.iter_mut().filter(|it| it.answer.is_none()) {
            pair.answer = pair.is_same_offline(actual, desired).then_some(Answer::Same);
        }
        asking.join().unwrap_or_else(|it| resume_unwind(it))
    })?;
    ask(target, others)
}

/// Asks about what is undecided: first as the recordsets have it, then what was refused on the table.
fn ask(target: &mut Target<'_>, mut pairs: Vec<&mut Pair>) -> Result<(), Error> {
    pairs.retain(|it| it.answer.is_none());
    if pairs.is_empty() {
        return Ok(());
    }
    let mut session = match Session::begin(target)? {
        Ok(session) => session,
        Err(why) => {
            for pair in pairs {
                pair.answer = Some(Answer::Unknown(why.clone()));
            }
            return Ok(());
        }
    };
    session.compare(pairs.iter_mut().map(|it| &mut **it).collect())?;
    let refused = |it: &&mut Pair| match &it.answer {
        Some(Answer::Refused(why) | Answer::Stale(why)) => !why.is_about_us(),
        _ => false,
    };
    let again: Vec<&mut Pair> = pairs.into_iter().filter(refused).filter_map(Pair::on_the_table).collect();
    session.compare(again)?;
    session.end()
}

/// Learns what the views that differ would yield, which decides how they can be changed.
fn shapes(target: &mut Target<'_>, pairs: &mut [Pair], taint: &Taint, desired: &Schema) -> Result<(), Error> {
    let mut views: Vec<&mut Pair> =
        pairs.iter_mut().filter(|it| it.wants_shape() && !taint.is_stale(it, desired)).collect();
    if views.is_empty() {
        return Ok(());
    }
    let Ok(mut session) = Session::begin(target)? else { return Ok(()) };
    for view in &mut views {
        view.shape = session.shape(view)?;
    }
    session.end()
}

impl Settled {
    /// Writes down what was found, and gives one verdict per object: the worst of its expressions'.
    fn finish(self, desired: &mut Schema) -> Vec<Unsettled> {
        let mut found: Vec<Unsettled> = Vec::new();
        let mut places: HashMap<ObjectId, usize> = HashMap::new();
        for (pair, verdict) in self.pairs.into_iter().zip(self.verdicts) {
            pair.write(desired);
            let Some(verdict) = verdict else { continue };
            match places.get(&pair.id).and_then(|at| found.get_mut(*at)) {
                Some(known) if known.verdict.rank() >= verdict.rank() => (),
                Some(known) => known.verdict = verdict,
                None => {
                    places.insert(pair.id.clone(), found.len());
                    found.push(Unsettled { id: pair.id, verdict });
                }
            }
        }
        found
    }
}
