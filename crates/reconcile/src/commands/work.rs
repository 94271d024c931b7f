//! What plan, apply and check begin with: the files, a session, and the comparison of the two.
//! It does not know what is made of the comparison.

use miette::IntoDiagnostic;
use parse::{Desired, Sources};
use plan::Plan;
use reconcile::elsewhere::Elsewhere;
use reconcile::pipeline::{self, Ask, Comparison, Wanted};
use scratch::Server;

use super::show::{faults, look_err};
use crate::connect::Session;
use crate::context::{Context, LOCAL_DATABASE, Place, Untargeted, local_server};
use crate::files as read_files;
use crate::problem::Problem;
use crate::target::{self, Target};

/// The files, beside an open session.
pub(super) struct Work {
    /// The connection, and a way to stop what runs on it.
    pub(super) session: Session,
    /// The database's name for people.
    pub(super) target: Target,
    /// The files.
    pub(super) sources: Sources,
    /// What is ours, what is allowed, how expressions are compared.
    pub(super) wanted: Wanted,
    /// Where to ask what the database cannot be asked, if that is wanted.
    elsewhere: Option<Elsewhere>,
    /// A throw-away server that ends with the value.
    _server: Option<Server>,
}

/// What came of the attempt to begin.
pub(super) enum Begun {
    /// Everything is open.
    Open(Box<Work>),
    /// The user does not want the embedded server.
    Declined,
}

impl Work {
    /// Reads the files and opens the database. Where the database cannot be reached, the faults of the
    /// files are told all the same.
    pub(super) fn begin(context: &Context, untargeted: Untargeted) -> miette::Result<Begun> {
        let sources = read_files::read(&context.schema()?, &context.variables())?;
        let wanted = wanted(context)?;
        let Some((target, server)) = target(context, untargeted)? else { return Ok(Begun::Declined) };
        let session = context.connect(&target).inspect_err(|_| offline_faults(context, &sources))?;
        let elsewhere = context.args.scratch.then(Elsewhere::default);
        Ok(Begun::Open(Box::new(Work { session, target, sources, wanted, elsewhere, _server: server })))
    }

    /// Compares the database with the files. `None` when the files have faults, which have been told.
    pub(super) fn compare(&mut self, context: &Context) -> miette::Result<Option<Comparison>> {
        self.compare_or(context, false)
    }

    /// As [`Work::compare`], the faults as annotations of a GitHub workflow if that is asked for.
    pub(super) fn compare_or(
        &mut self,
        context: &Context,
        github: bool,
    ) -> miette::Result<Option<Comparison>> {
        let comparison = pipeline::compare_with(
            &mut self.session.client,
            &self.sources,
            &self.wanted,
            self.elsewhere.as_mut(),
        )
        .into_diagnostic()?;
        let desired = &comparison.desired;
        let facts = comparison.facts();
        if facts.reader != facts.role {
            context.style.detail(&format!(
                "{} may create nothing here: the schema is read as {}, who owns what is there, would run it",
                facts.reader, facts.role
            ));
        }
        if desired.faults.is_empty() {
            return Ok(Some(comparison));
        }
        match github {
            true => context.style.answer(&faults(desired).github()).into_diagnostic()?,
            false => context.style.aside(&faults(desired).text(look_err(context))),
        }
        Ok(None)
    }

    /// Tells how long each phase took, where that is asked for.
    pub(super) fn timings(&self, context: &Context, comparison: &Comparison) {
        let asked = context.env.var("RECONCILE_TIMINGS").is_some();
        for (phase, time) in &comparison.timings.0 {
            let line = format!("timing: {phase} {:.1} ms", time.as_secs_f64() * 1_000.0);
            match asked {
                true => context.style.aside(&line),
                false => context.style.detail(&line),
            }
        }
    }

    /// Makes the plan, with the leave the file itself gives.
    pub(super) fn plan(&mut self, comparison: &mut Comparison) -> miette::Result<Plan> {
        let options = with_leave(self.wanted.options.clone(), &comparison.desired)?;
        pipeline::plan(&mut self.session.client, comparison, &options).into_diagnostic()
    }
}

/// The target, and the throw-away server it is on, if it is on one.
fn target(context: &Context, untargeted: Untargeted) -> miette::Result<Option<(Target, Option<Server>)>> {
    match context.place(untargeted)? {
        Place::Named(target) => Ok(Some((*target, None))),
        Place::Local => {
            let url = local_server()?.url(LOCAL_DATABASE);
            Ok(Some((target::of_url(&url, "--local", &context.env)?, None)))
        }
        Place::ThrowawayIfAgreed if !agreed(context)? => Ok(None),
        Place::Throwaway | Place::ThrowawayIfAgreed => throwaway(context).map(Some),
    }
}

fn agreed(context: &Context) -> miette::Result<bool> {
    context.style.agrees("No database is named. Carry the plan out on a throw-away server?").into_diagnostic()
}

fn throwaway(context: &Context) -> miette::Result<(Target, Option<Server>)> {
    context
        .style
        .note("no database is named: using a throw-away server of our own, empty and gone afterwards");
    let install = scratch::obtain(None).into_diagnostic()?;
    let server = Server::start(&install, &scratch::Options::default()).into_diagnostic()?;
    server.create_database(LOCAL_DATABASE).into_diagnostic()?;
    let target = target::of_url(&server.url(LOCAL_DATABASE), "embedded", &context.env)?;
    Ok((target, Some(server)))
}

/// Tells the faults that need no server to be seen.
fn offline_faults(context: &Context, sources: &Sources) {
    let desired = parse::desired(sources, &offline(context));
    if !desired.faults.is_empty() {
        context.style.aside(&faults(&desired).text(look_err(context)));
    }
}

/// Facts given by hand, where no server is asked.
pub(super) fn offline(context: &Context) -> model::Facts {
    let version_num = context.args.server_version.unwrap_or(170_000);
    let mut facts = model::Facts {
        major: version_num / 10_000,
        version_num,
        role: "postgres".into(),
        database: "postgres".into(),
        search_path: vec!["public".into()],
        superuser: true,
        offline: true,
        ..model::Facts::default()
    };
    for name in &context.args.extensions {
        facts.extensions.available.insert(name.as_str().into(), String::new());
    }
    facts
}

/// What the arguments and the configuration ask for.
pub(super) fn wanted(context: &Context) -> Result<Wanted, Problem> {
    let ask = match (context.args.no_ask, context.args.ask_everything) {
        (true, _) => Ask::Nobody,
        (_, true) => Ask::Everything,
        _ => Ask::Needed,
    };
    Ok(Wanted { scope: crate::scope::scope(context), options: options(context)?, ask })
}

/// What the arguments, the configuration and the file give leave for.
pub(super) fn options_of(context: &Context, desired: &Desired) -> miette::Result<plan::Options> {
    with_leave(options(context)?, desired)
}

fn with_leave(mut options: plan::Options, desired: &Desired) -> miette::Result<plan::Options> {
    for allow in &desired.allows {
        options.allow.push(allow.parse().map_err(|it: plan::UnknownHazard| Problem::new(it.to_string()))?);
    }
    Ok(options)
}

fn options(context: &Context) -> Result<plan::Options, Problem> {
    let allow = context.leaves().into_iter().map(leave).collect::<Result<_, _>>()?;
    Ok(plan::Options {
        allow,
        allow_destructive: context.args.allow_destructive,
        additive: context.additive(),
        ..plan::Options::default()
    })
}

/// Leave as the planner takes it. A hazard that does not exist is a mistake, never leave for nothing.
pub(super) fn leave(given: &crate::args::Leave) -> Result<plan::Allow, Problem> {
    let hazard = plan::Hazard::named(&given.hazard).ok_or_else(|| {
        Problem::new(format!("there is no hazard \"{}\"", given.hazard)).help("reconcile hazards lists them.")
    })?;
    Ok(plan::Allow { hazard, objects: given.objects.clone() })
}
