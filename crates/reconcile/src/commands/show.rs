//! What plan, apply and check show: the stages' values in the forms of the report.
//! It does not know what is done about them.

use std::collections::BTreeMap;

use catalog::Verdict;
use diff::{Pair, Reason};
use model::{Kind, Name, ObjectId, Unmodelled};
use parse::{Desired, Sources};
use plan::Plan;
use reconcile::pipeline::Comparison;
use report::{Account, Answer, Drift, Fault, Faults, Files, Held, Look, Places, Statement};

use super::work::Work;
use crate::context::Context;
use crate::style::Verbosity;

/// Everything that shows a comparison, put together once.
pub(super) struct Shown<'a> {
    comparison: &'a Comparison,
    /// Live objects of managed namespaces, of kinds that are not modelled.
    pub(super) unmodelled: Vec<Unmodelled>,
    places: Places<'a>,
    target: String,
    /// The rules of scope, in words.
    rules: Vec<String>,
}

impl<'a> Shown<'a> {
    pub(super) fn new(work: &Work, comparison: &'a Comparison) -> Shown<'a> {
        let places = Places::new(files(&comparison.desired.sources), &comparison.desired.spans);
        Shown {
            comparison,
            unmodelled: unmodelled(work, comparison),
            places,
            target: work.target.display.clone(),
            rules: work.wanted.scope.rules.iter().map(ToString::to_string).collect(),
        }
    }

    /// A plan.
    pub(super) fn answer(&'a self, context: &Context, plan: &'a Plan) -> Answer<'a> {
        let Comparison { actual, desired, left, .. } = self.comparison;
        let pair = Pair { actual: &actual.schema, desired: &desired.schema };
        let told = Answer::new(plan, pair, &self.places, &actual.facts);
        let lock_timeout = context.args.lock_timeout.unwrap_or(super::LOCK_TIMEOUT);
        Answer {
            left,
            unmodelled: &self.unmodelled,
            target: self.target.clone(),
            unverified: held(self.comparison, &plan.unverified),
            lock_timeout: u64::try_from(lock_timeout.as_millis()).ok(),
            ledger: self.ledger(context),
            ..told
        }
    }

    /// What differs.
    pub(super) fn drift(&'a self, context: &Context) -> Drift<'a> {
        let unverified: Vec<ObjectId> = self.comparison.unverified().into_iter().cloned().collect();
        Drift {
            changes: self.comparison.drift(),
            renames: &self.comparison.renames,
            relabels: &self.comparison.relabels,
            unverified: held(self.comparison, &unverified),
            places: &self.places,
            left: &self.comparison.left,
            unmodelled: &self.unmodelled,
            target: self.target.clone(),
            ledger: self.ledger(context),
        }
    }

    /// The account of every statement and object, where it is asked for.
    fn ledger(&'a self, context: &Context) -> Option<Account<'a>> {
        if !context.args.ledger {
            return None;
        }
        let files = files(&self.comparison.desired.sources);
        let live = self.comparison.actual.schema.iter().map(|(id, _)| id);
        Some(Account {
            statements: statements(&self.comparison.desired, &files),
            managed: live.filter(|it| !self.comparison.left.contains_key(it)).collect(),
            left: &self.comparison.left,
            rules: self.rules.clone(),
            members: members(self.comparison),
            unmodelled: &self.comparison.actual.facts.unmodelled,
        })
    }
}

/// The account where there is no database: of the statements alone.
pub(super) fn account_of_file<'a>(desired: &Desired, left: &'a BTreeMap<ObjectId, Reason>) -> Account<'a> {
    Account {
        statements: statements(desired, &files(&desired.sources)),
        managed: Vec::new(),
        left,
        rules: Vec::new(),
        members: BTreeMap::new(),
        unmodelled: &[],
    }
}

/// How many live objects belong to each extension.
fn members(comparison: &Comparison) -> BTreeMap<Name, usize> {
    let mut members = BTreeMap::new();
    let extensions = comparison.actual.addresses.values().filter(|it| it.kind == Kind::Extension);
    extensions.for_each(|it| *members.entry(it.name().clone()).or_default() += 1);
    // The extension itself is one of the objects.
    members.values_mut().for_each(|it| *it -= 1);
    members
}

/// What could not be told, with why.
fn held(comparison: &Comparison, ids: &[ObjectId]) -> Vec<Held> {
    let why = |id: &ObjectId| {
        let found = comparison.unsettled.iter().find(|it| it.id == *id).map(|it| &it.verdict);
        match found {
            Some(Verdict::Refused { message, .. }) => {
                format!("the server refuses the file's text: {message}")
            }
            Some(Verdict::Unknown { why }) => why.clone(),
            Some(Verdict::Different) | None => "not compared".to_owned(),
        }
    };
    ids.iter().map(|id| Held::new(id, why(id))).collect()
}

fn unmodelled(work: &Work, comparison: &Comparison) -> Vec<Unmodelled> {
    let all = work.wanted.scope.all_namespaces;
    let ours = |it: &&Unmodelled| match &it.namespace {
        Some(namespace) => all || comparison.desired.namespaces.contains(namespace),
        None => all,
    };
    comparison.actual.facts.unmodelled.iter().filter(ours).cloned().collect()
}

/// The files as the report wants them.
pub(super) fn files(sources: &Sources) -> Files {
    let mut files = Files::default();
    for source in &sources.files {
        files.add(source.path.clone(), source.text.clone(), source.origin);
    }
    files
}

/// The faults of the files, all at once.
pub(super) fn faults(desired: &Desired) -> Faults {
    let fault = |it: &sql::Fault| Fault {
        code: it.code.word(),
        message: it.message.clone(),
        hint: it.hint.clone(),
        span: it.span,
    };
    Faults { files: files(&desired.sources), faults: desired.faults.iter().map(fault).collect() }
}

fn statements(desired: &Desired, files: &Files) -> Vec<Statement> {
    let statement = |entry: &parse::Entry| {
        let (verdict, note) = match &entry.verdict {
            parse::Verdict::Declared => ("declared", String::new()),
            parse::Verdict::Idiom => ("replaced", "said again, or there already".to_owned()),
            parse::Verdict::Data => ("data", String::new()),
            parse::Verdict::Passed(why) => ("passed over", (*why).to_string()),
            parse::Verdict::NotApplicable(why) => ("not applicable here", why.to_string()),
            parse::Verdict::Ignored => ("ignored by directive", String::new()),
            parse::Verdict::Off => ("behind a flag", "its \\if is off".to_owned()),
            parse::Verdict::Fault => ("fault", String::new()),
        };
        let source = desired.sources.files.get(entry.span.file as usize)?;
        let text = source.text.get(entry.span.start as usize..entry.span.end as usize)?.to_owned();
        Some(Statement { place: files.place(entry.span)?, text, verdict, note })
    };
    desired.ledger.iter().filter_map(statement).collect()
}

/// How answers on standard output look.
pub(super) fn look(context: &Context) -> Look {
    Look { color: context.style.color, verbose: context.style.verbosity == Verbosity::Verbose }
}

/// How notes on standard error look.
pub(super) fn look_err(context: &Context) -> Look {
    Look { color: context.style.color_err, ..look(context) }
}
