//! `reconcile local`: the embedded server kept under `.reconcile/`.
//! It does not know how a server is found or started.

use crate::args::LocalAction;
use crate::context::{Context, LOCAL_DATABASE, local_server, project};
use crate::exit::Outcome;
use crate::problem::Problem;
use miette::IntoDiagnostic;
use scratch::local;

/// Runs the command.
pub(crate) fn run(context: &Context, action: LocalAction) -> miette::Result<Outcome> {
    let project = project().into_diagnostic()?;
    match action {
        LocalAction::Start => tell_url(context, &local_server()?)?,
        LocalAction::Stop => {
            let ran = local::stop(&project).into_diagnostic()?;
            context.style.note(if ran {
                "the embedded server is stopped"
            } else {
                "the embedded server was not running"
            });
        }
        LocalAction::Url => {
            let running = local::running(&project).into_diagnostic()?;
            let none = || {
                Problem::new("the embedded server is not running").help("reconcile local start starts it.")
            };
            tell_url(context, &running.ok_or_else(none)?)?;
        }
        LocalAction::Reset => {
            let server = local::reset(&project, None).into_diagnostic()?;
            server.ensure_database(LOCAL_DATABASE).into_diagnostic()?;
            context.style.note("the embedded server is empty");
            tell_url(context, &server)?;
        }
    }
    Ok(Outcome::Done)
}

fn tell_url(context: &Context, server: &local::Local) -> miette::Result<()> {
    context.style.answer(&format!("{}\n", server.url(LOCAL_DATABASE))).into_diagnostic()
}
