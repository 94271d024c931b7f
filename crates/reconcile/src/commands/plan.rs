//! `reconcile plan`: what separates the database from the schema.
//! It does not know how the exit code is decided.

use miette::IntoDiagnostic;
use report::Answer;

use super::show::{Shown, look};
use super::work::{Begun, Work};
use crate::args::{Plan, PlanFormat};
use crate::context::{Context, Untargeted};
use crate::exit::Outcome;

/// Runs the command.
pub(crate) fn run(context: &Context, args: &Plan) -> miette::Result<Outcome> {
    let Begun::Open(mut work) = Work::begin(context, Untargeted::Throwaway)? else {
        return Ok(Outcome::Declined);
    };
    let Some(mut comparison) = work.compare(context)? else { return Ok(Outcome::Failed) };
    let plan = work.plan(&mut comparison)?;
    let shown = Shown::new(&work, &comparison);
    let answer = shown.answer(context, &plan);
    tell(context, args.format, args.out.as_deref(), &answer)?;
    if !plan.blocked.is_empty() {
        return Ok(Outcome::Failed);
    }
    let differs = !plan.steps.is_empty() || !plan.pending.is_empty();
    work.timings(context, &comparison);
    // The process ends here: giving back what it read, object by object, would be work for nothing.
    std::mem::forget(comparison);
    Ok(Outcome::Planned { differs, detailed: args.detailed_exitcode })
}

/// Gives the answer in the form asked for, to a file or to standard output.
pub(super) fn tell(
    context: &Context,
    format: PlanFormat,
    out: Option<&std::path::Path>,
    answer: &Answer<'_>,
) -> miette::Result<()> {
    let render = |format: PlanFormat| match format {
        PlanFormat::Text => answer.text(look(context)),
        PlanFormat::Sql => answer.sql(),
        PlanFormat::Json => answer.json(),
        PlanFormat::Markdown => answer.markdown(),
    };
    let Some(file) = out else { return context.style.answer(&render(format)).into_diagnostic() };
    // A plan that is kept is kept for programs, unless another form is asked for by name.
    let kept = match (format, file.extension().and_then(|it| it.to_str())) {
        (PlanFormat::Text, Some("json")) => PlanFormat::Json,
        (PlanFormat::Text, Some("sql")) => PlanFormat::Sql,
        (PlanFormat::Text, Some("md")) => PlanFormat::Markdown,
        (format, _) => format,
    };
    let failed =
        |it: std::io::Error| crate::problem::Problem::new(format!("cannot write {}: {it}", file.display()));
    std::fs::write(file, render(kept)).map_err(failed)?;
    if kept != format {
        context.style.answer(&render(format)).into_diagnostic()?;
    }
    Ok(())
}
