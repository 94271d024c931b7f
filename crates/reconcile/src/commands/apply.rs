//! `reconcile apply`: carries the plan out and proves that it arrived.
//! It does not know how the exit code is decided.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use apply::{Event, Failure, Stop};
use diff::Pair;
use miette::IntoDiagnostic;
use model::{ObjectId, Span};
use plan::Plan;
use reconcile::pipeline::Comparison;

use super::show::{Shown, look, look_err};
use super::work::{Begun, Work};
use crate::args::{Apply, ApplyFormat};
use crate::context::{Context, Untargeted};
use crate::exit::Outcome;
use crate::problem::Problem;

/// Runs the command.
pub(crate) fn run(context: &Context, args: &Apply) -> miette::Result<Outcome> {
    let untargeted = if args.yes { Untargeted::Refuse } else { Untargeted::Ask };
    let Begun::Open(mut work) = Work::begin(context, untargeted)? else { return Ok(Outcome::Declined) };
    let Some(mut comparison) = work.compare(context)? else { return Ok(Outcome::Failed) };
    let before = comparison.fingerprint();
    let plan = work.plan(&mut comparison)?;
    tell(context, args, &Shown::new(&work, &comparison), &plan)?;
    if !plan.blocked.is_empty() || !rights(context, &mut work, &comparison, &plan)? {
        return Ok(Outcome::Failed);
    }
    if plan.steps.is_empty() {
        return data(context, args, &mut work, &comparison);
    }
    if !args.yes && !asked(context, &plan)? {
        return Ok(Outcome::Declined);
    }
    apply::lock(&mut work.session.client).into_diagnostic()?;
    let Some(again) = work.compare(context)? else { return Ok(Outcome::Failed) };
    if again.fingerprint() != before {
        let moved = Problem::new("the database has changed since the plan was made; nothing was done");
        return Err(moved.help("Run the command again to see the new plan.").into());
    }
    match carry_out(context, &mut work, &comparison, &plan) {
        Ok(steps) => {
            context.style.note(&format!("{steps} {} committed", if steps == 1 { "step" } else { "steps" }))
        }
        Err(failure) => return Ok(failed(context, &comparison, &failure)),
    }
    let outcome = prove(context, &mut work, &plan)?;
    match outcome {
        Outcome::Done => data(context, args, &mut work, &comparison),
        other => Ok(other),
    }
}

fn tell(context: &Context, args: &Apply, shown: &Shown<'_>, plan: &Plan) -> miette::Result<()> {
    let answer = shown.answer(context, plan);
    let text = match args.format {
        ApplyFormat::Text => answer.text(look(context)),
        ApplyFormat::Json => answer.json(),
    };
    context.style.answer(&text).into_diagnostic()
}

fn asked(context: &Context, plan: &Plan) -> miette::Result<bool> {
    if !context.style.can_ask() {
        let problem = Problem::new("there is nobody to ask whether the plan is to be carried out");
        return Err(problem.help("--yes carries it out without asking.").into());
    }
    context.style.agrees(&format!("Carry out {} steps?", plan.steps.len())).into_diagnostic()
}

/// Whether the role may do all of it. What it lacks is told.
fn rights(context: &Context, work: &mut Work, comparison: &Comparison, plan: &Plan) -> miette::Result<bool> {
    let pair = Pair { actual: &comparison.actual.schema, desired: &comparison.desired.schema };
    let client = &mut work.session.client;
    let missing = apply::preflight(client, &plan.steps, pair, comparison.facts()).into_diagnostic()?;
    for it in &missing {
        context.style.warn(&format!("step {} ({}) cannot be done: {}", it.number, it.id, it.right));
    }
    let facts = comparison.facts();
    let stands_in = facts.reader != facts.role && !plan.steps.is_empty();
    if stands_in {
        context.style.warn(&format!(
            "{0} owns nothing here and has no right of its own to create anything, so the plan is one for {1}: run it \
             as {1}, or grant {0} CREATE on a schema",
            facts.reader, facts.role
        ));
    }
    Ok(missing.is_empty() && !stands_in)
}

fn carry_out(
    context: &Context,
    work: &mut Work,
    comparison: &Comparison,
    plan: &Plan,
) -> Result<usize, Box<Failure>> {
    let flag = Arc::new(AtomicBool::new(false));
    let canceller = work.session.canceller.clone();
    let asked = flag.clone();
    // Without a handler Ctrl-C ends the process, which the server takes for a rollback.
    let _ = ctrlc::set_handler(move || asked.store(true, Ordering::SeqCst));
    let options = apply::Options {
        lock_timeout: Some(context.args.lock_timeout.unwrap_or(super::LOCK_TIMEOUT)),
        lock_slots: comparison.facts().lock_slots,
        validate: !comparison.desired.unchecked_bodies,
        stop: Stop::new(flag),
        cancel: Some(Arc::new(move || {
            // The statement may have ended by itself.
            let _ = canceller.cancel();
        })),
        ..apply::Options::default()
    };
    apply::run(&mut work.session.client, &plan.steps, &options, |event| match event {
        Event::Step { .. } | Event::Retry { .. } => context.style.note(&event.to_string()),
        Event::Committed { .. } => context.style.detail(&event.to_string()),
    })
}

fn failed(context: &Context, comparison: &Comparison, failure: &Failure) -> Outcome {
    let error = &failure.error;
    let files = super::show::files(&comparison.desired.sources);
    let span = error.id().and_then(|id| comparison.desired.spans.get(id));
    let place = span.and_then(|it| files.place(*it)).map(|it| format!("{it}: ")).unwrap_or_default();
    context.style.warn(&format!("{place}{error}"));
    context.style.warn(&failure.account());
    Outcome::ApplyFailed { committed: failure.has_committed() }
}

/// Reads the database once more: what differs must be exactly what was announced as pending.
fn prove(context: &Context, work: &mut Work, plan: &Plan) -> miette::Result<Outcome> {
    let Some(mut after) = work.compare(context)? else { return Ok(Outcome::Failed) };
    let rest = work.plan(&mut after)?;
    let announced: BTreeSet<&ObjectId> = plan.pending.iter().map(|it| &it.id).collect();
    let left: BTreeSet<&ObjectId> = rest.pending.iter().map(|it| &it.id).collect();
    if rest.steps.is_empty() && rest.blocked.is_empty() && left.is_subset(&announced) {
        let pending = if left.is_empty() { String::new() } else { format!("; {} pending", left.len()) };
        context.style.note(&format!("proved: the database is what the schema says{pending}"));
        return Ok(Outcome::Done);
    }
    let shown = Shown::new(work, &after);
    context.style.warn("everything was committed, but the database is not what the schema says; left to do:");
    context.style.warn(&shown.answer(context, &rest).text(look_err(context)));
    Ok(Outcome::ApplyFailed { committed: true })
}

/// Runs the idempotent data statements, where that is asked for, and lists the others.
fn data(
    context: &Context,
    args: &Apply,
    work: &mut Work,
    comparison: &Comparison,
) -> miette::Result<Outcome> {
    if !args.with_data {
        return Ok(Outcome::Done);
    }
    let desired = &comparison.desired;
    let files = super::show::files(&desired.sources);
    let text = |span: Span| {
        let source = desired.sources.files.get(span.file as usize);
        source
            .and_then(|it| it.text.get(span.start as usize..span.end as usize))
            .unwrap_or_default()
            .to_owned()
    };
    let datum = |it: &parse::Data| apply::Datum { sql: text(it.span), span: it.span, path: it.path.clone() };
    let ours: Vec<apply::Datum> = desired.data.iter().filter(|it| it.idempotent).map(datum).collect();
    let rows = apply::data(&mut work.session.client, &ours, &apply::Options::default());
    let rows = rows.map_err(|it| Problem::new(it.to_string()))?;
    context.style.note(&format!("{} data statements run, {rows} rows put in", ours.len()));
    for left in desired.data.iter().filter(|it| !it.idempotent) {
        let place = files.place(left.span).map(|it| format!("{it}: ")).unwrap_or_default();
        context.style.note(&format!("{place}left out, because it is no INSERT … ON CONFLICT"));
    }
    Ok(Outcome::Done)
}
