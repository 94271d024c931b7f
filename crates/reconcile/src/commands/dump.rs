//! `reconcile dump`: the live database as a master schema in the idempotent style.
//! It does not know how such a file is written.

use miette::IntoDiagnostic;
use reconcile::dump;

use crate::args::Dump;
use crate::context::{Context, LOCAL_DATABASE, Place, Untargeted, local_server};
use crate::exit::Outcome;
use crate::problem::Problem;
use crate::target;

/// Runs the command.
pub(crate) fn run(context: &Context, args: &Dump) -> miette::Result<Outcome> {
    let target = match context.place(Untargeted::Refuse)? {
        Place::Named(target) => *target,
        _ => target::of_url(&local_server()?.url(LOCAL_DATABASE), "--local", &context.env)?,
    };
    let mut session = context.connect(&target)?;
    let mut actual = catalog::actual(&mut session.client).into_diagnostic()?;
    catalog::edges(&mut session.client, &mut actual).into_diagnostic()?;
    for it in &actual.facts.unmodelled {
        context.style.warn(&format!("left out, because it is not modelled: {} {}", it.kind, it.identity));
    }
    let text = dump::script(&actual.schema, &actual.facts);
    match &args.out {
        None => context.style.answer(&text).into_diagnostic()?,
        Some(file) => {
            let failed = |it| Problem::new(format!("cannot write {}: {it}", file.display()));
            std::fs::write(file, text).map_err(failed)?;
        }
    }
    Ok(Outcome::Done)
}
