//! `reconcile check`: whether the database is what the schema says.
//! It does not know how the exit code is decided.

use miette::IntoDiagnostic;

use super::show::{Shown, look};
use super::work::{Begun, Work};
use crate::args::{Check, CheckFormat, Unverified};
use crate::context::{Context, Untargeted};
use crate::exit::{Outcome, Verdict};

/// Runs the command.
pub(crate) fn run(context: &Context, args: &Check) -> miette::Result<Outcome> {
    let Begun::Open(mut work) = Work::begin(context, Untargeted::Refuse)? else {
        return Ok(Outcome::Declined);
    };
    let Some(comparison) = work.compare_or(context, args.format == CheckFormat::Github)? else {
        return Ok(Outcome::Failed);
    };
    let shown = Shown::new(&work, &comparison);
    let drift = shown.drift(context);
    let text = match args.format {
        CheckFormat::Text => drift.text(look(context)),
        CheckFormat::Json => drift.json(),
        CheckFormat::Github => {
            let account = drift.ledger.as_ref().map(|it| it.text(look(context))).unwrap_or_default();
            account + &drift.github()
        }
    };
    context.style.answer(&text).into_diagnostic()?;
    let verdict = match (drift.is_same(), drift.is_in_sync()) {
        (false, _) => Verdict::Drift,
        (true, false) => Verdict::Unverified,
        (true, true) => Verdict::InSync,
    };
    work.timings(context, &comparison);
    // The process ends here: giving back what it read, object by object, would be work for nothing.
    std::mem::forget(comparison);
    Ok(Outcome::Checked { verdict, unverified_ok: args.unverified == Unverified::Ok })
}
