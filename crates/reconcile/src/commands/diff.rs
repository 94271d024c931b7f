//! `reconcile diff A B`: what separates two files, without a server.
//! It does not know how the exit code is decided.

use std::path::Path;

use diff::Pair;

use parse::Desired;
use plan::Request;
use reconcile::offline::{Aligned, align};
use report::{Answer, Places};

use super::show::{account_of_file, faults, files, look_err};
use super::work::{offline, options_of};
use crate::args::Diff;
use crate::context::Context;
use crate::exit::Outcome;
use crate::files as read_files;

/// Runs the command.
pub(crate) fn run(context: &Context, args: &Diff) -> miette::Result<Outcome> {
    let facts = offline(context);
    let read = |path: &Path| -> miette::Result<Option<Desired>> {
        let sources = read_files::read(&[path.to_owned()], &context.variables())?;
        let desired = parse::desired(&sources, &facts);
        if desired.faults.is_empty() {
            return Ok(Some(desired));
        }
        context.style.aside(&faults(&desired).text(look_err(context)));
        Ok(None)
    };
    let (from, to) = (read(&args.from)?, read(&args.to)?);
    let (Some(from), Some(mut to)) = (from, to) else { return Ok(Outcome::Failed) };
    let options = options_of(context, &to)?;
    let mut aligned = align(&from.schema, &mut to);
    let withheld = if options.additive { aligned.withhold(&mut to) } else { Vec::new() };
    let Aligned { actual, renames, relabels } = aligned;
    let pair = Pair { actual: &actual, desired: &to.schema };
    let request = Request::between(pair, &facts, &options);
    let mut plan = plan::plan(Request { renames: &renames, relabels: &relabels, ..request });
    plan.pending.extend(withheld);
    let places = Places::new(files(&to.sources), &to.spans);
    let told = Answer::new(&plan, pair, &places, &facts);
    let ledger = context.args.ledger.then(|| account_of_file(&to, told.left));
    let answer = Answer { target: args.from.display().to_string(), ledger, ..told };
    super::plan::tell(context, args.format, args.out.as_deref(), &answer)?;
    Ok(Outcome::Planned { differs: !plan.is_empty(), detailed: args.detailed_exitcode })
}
