//! Asks the server whether two texts mean the same: what the file says and what the server shows.
//!
//! Both are put into temporary views inside one transaction that is always rolled back, and what the
//! server prints back is compared, to a fixpoint. Nothing is executed. It knows no plan, only which
//! objects one changes.

mod context;
mod pair;
mod print;
mod session;
mod taint;
mod verdict;

use std::collections::HashMap;

use model::{Facts, ObjectId, Schema};
use postgres::Client;

use crate::Error;
use pair::Pair;
use session::Session;
use taint::Taint;
use verdict::Answer;

pub use verdict::{Unsettled, Verdict};

/// How expressions are settled.
#[derive(Clone, Copy, Debug, Default)]
pub struct SettleOptions {
    /// Leave out the offline shortcut: the server is asked about everything whose tokens differ.
    pub ask_everything: bool,
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
    options: SettleOptions,
) -> Result<Vec<Unsettled>, Error> {
    let taint = Taint::new(actual, desired, changed);
    let mut pairs = pair::differing(actual, desired, &taint);
    for pair in &mut pairs {
        pair.answer = taint.foregone(pair, desired);
        if pair.answer.is_none() && !options.ask_everything && pair.is_same_offline(actual, desired) {
            pair.answer = Some(Answer::Same);
        }
    }
    ask(client, &mut pairs, facts)?;
    shapes(client, &pairs, &taint, desired, facts)?;
    for pair in pairs.iter().filter(|it| it.answer == Some(Answer::Same)) {
        pair.adopt(desired);
    }
    Ok(verdicts(pairs, &taint, desired))
}

/// Asks about what is undecided: first as the recordsets have it, then what was refused on the table.
fn ask(client: &mut Client, pairs: &mut [Pair], facts: &Facts) -> Result<(), Error> {
    if pairs.iter().all(|it| it.answer.is_some()) {
        return Ok(());
    }
    let mut session = match Session::begin(client, facts)? {
        Ok(session) => session,
        Err(why) => {
            for pair in pairs.iter_mut().filter(|it| it.answer.is_none()) {
                pair.answer = Some(Answer::Unknown(why.clone()));
            }
            return Ok(());
        }
    };
    let open: Vec<&mut Pair> = pairs.iter_mut().filter(|it| it.answer.is_none()).collect();
    session.compare(open)?;
    let refused = |it: &&mut Pair| matches!(it.answer, Some(Answer::Refused(_) | Answer::Stale(_)));
    let again: Vec<&mut Pair> = pairs.iter_mut().filter(refused).filter_map(Pair::on_the_table).collect();
    session.compare(again)?;
    session.end()
}

/// Learns what the views that differ would yield, which decides how they can be changed.
fn shapes(
    client: &mut Client,
    pairs: &[Pair],
    taint: &Taint,
    desired: &mut Schema,
    facts: &Facts,
) -> Result<(), Error> {
    let views: Vec<&Pair> =
        pairs.iter().filter(|it| it.wants_shape() && !taint.is_stale(it, desired)).collect();
    if views.is_empty() {
        return Ok(());
    }
    let Ok(mut session) = Session::begin(client, facts)? else { return Ok(()) };
    for (pair, shape) in views.iter().zip(session.shapes(&views)?) {
        pair.set_shape(desired, shape);
    }
    session.end()
}

/// One verdict per object: the worst of its expressions'.
fn verdicts(pairs: Vec<Pair>, taint: &Taint, desired: &Schema) -> Vec<Unsettled> {
    let mut found: Vec<Unsettled> = Vec::new();
    let mut places: HashMap<ObjectId, usize> = HashMap::new();
    for pair in pairs {
        let Some(verdict) = taint.judge(&pair, desired) else { continue };
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
