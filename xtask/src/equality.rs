//! Measures how well expressions are told equal: pairs of what files say and what the server shows, out of
//! a directory of cases, and mutants of them that the server stores as something else.
//!
//! Knows neither how `sql::same` nor how `catalog::settle` decides.

#[path = "../../tests/equality/mutate.rs"]
mod mutate;
#[path = "../../tests/equality/pair.rs"]
pub(crate) mod pair;
#[path = "../../tests/equality/truth.rs"]
mod truth;

use crate::{Outcome, corpus};
use catalog::SettleOptions;
use model::{Expr, Facts, Object, ObjectId, Schema};
use pair::{Pair, expression, is_query, is_same, pairs};
use postgres::Client;
use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The directory of cases: in any depth, directories with a `to.sql`
    #[arg(long, value_name = "DIR", env = "RECONCILE_CORPUS")]
    corpus: Option<PathBuf>,
    /// Only cases whose path contains this
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
    /// Every n-th case
    #[arg(long, value_name = "N", default_value_t = 1)]
    every: usize,
    /// The PostgreSQL major to ask
    #[arg(long)]
    major: Option<u16>,
    /// Also read `from.sql`
    #[arg(long)]
    both: bool,
    /// Leave the mutants out
    #[arg(long)]
    no_mutants: bool,
    /// At most so many mutants of each expression
    #[arg(long, value_name = "N", default_value_t = 12)]
    mutants: usize,
    /// Show every pair that is not settled
    #[arg(long)]
    verbose: bool,
    /// Show every pair, queries apart, of which the offline normaliser tells nothing
    #[arg(long)]
    untold: bool,
}

/// Figures of one class of expressions.
#[derive(Default)]
struct Tally {
    pairs: usize,
    text: usize,
    tokens: usize,
    offline: usize,
    server: usize,
    mutants: usize,
    /// Mutants that one of the two took for the same.
    false_offline: usize,
    false_server: usize,
    /// Where the offline normaliser says same and the server does not.
    disagree: usize,
}

struct Measure {
    psql: PathBuf,
    verbose: bool,
    untold: bool,
    mutants: bool,
    most: usize,
    tallies: BTreeMap<&'static str, Tally>,
    seen: HashSet<(String, String, String)>,
    databases: usize,
    loaded: usize,
    failed: usize,
}

pub(crate) fn run(arguments: &Arguments) -> Outcome {
    let Some(directory) = arguments.corpus.as_deref().filter(|it| it.is_dir()) else {
        println!("no corpus: name one with --corpus DIR or RECONCILE_CORPUS; nothing is measured");
        return Ok(());
    };
    let install = scratch::obtain(arguments.major)?;
    let psql = corpus::psql()?;
    let server = scratch::Server::start(&install, &scratch::Options::default())?;
    let mut measure = Measure {
        psql,
        verbose: arguments.verbose,
        untold: arguments.untold,
        mutants: !arguments.no_mutants,
        most: arguments.mutants,
        tallies: BTreeMap::new(),
        seen: HashSet::new(),
        databases: 0,
        loaded: 0,
        failed: 0,
    };
    let mut cases = corpus::cases(directory)?;
    cases
        .retain(|it| arguments.only.as_ref().is_none_or(|only| it.to_string_lossy().contains(only.as_str())));
    for case in cases.iter().step_by(arguments.every.max(1)) {
        let files: &[&str] = if arguments.both { &["to.sql", "from.sql"] } else { &["to.sql"] };
        for file in files {
            if let Err(error) = measure.case(&server, case, file) {
                println!("{}: {error}", case.display());
            }
        }
    }
    measure.report(install.major);
    let wrong: usize =
        measure.tallies.values().map(|it| it.false_offline + it.false_server + it.disagree).sum();
    if wrong > 0 { Err(format!("{wrong} answers are wrong").into()) } else { Ok(()) }
}

impl Measure {
    fn case(&mut self, server: &scratch::Server, case: &Path, file: &str) -> Outcome {
        let path = case.join(file);
        if std::fs::metadata(&path).map_or(0, |it| it.len()) == 0 {
            return Ok(());
        }
        // A database that a subscription holds on to stays, so each case has a name of its own.
        let name = |number: usize| format!("equality_{number}");
        self.databases += 1;
        server.drop_database(&name(self.databases - 1)).ok();
        let database = name(self.databases);
        server.create_database(&database)?;
        let setup = case.join("setup.sql");
        if setup.is_file() {
            corpus::load(&self.psql, server, &database, &setup);
        }
        if !corpus::load(&self.psql, server, &database, &path) {
            self.failed += 1;
            return Ok(());
        }
        self.loaded += 1;
        let mut client = server.connect(&database)?;
        let actual = catalog::actual(&mut client)?;
        let bytes = std::fs::read(&path)?;
        let mut sources = parse::Sources::default();
        sources.add(&path, &bytes);
        let mut desired = parse::desired(&sources, &actual.facts);
        for fault in desired.faults.iter().filter(|_| self.verbose) {
            println!("fault in {}: {} ({:?})", path.display(), fault.message, fault.span);
        }
        diff::adopt(&actual.schema, &mut desired.schema, &desired.unnamed);
        let mut pairs = pairs(&actual.schema, &desired.schema);
        let name = case.to_string_lossy().into_owned();
        pairs.retain(|it| {
            let id = format!("{name} {}", it.class);
            self.seen.insert((id, it.desired.text.to_string(), it.actual.text.to_string()))
        });
        self.settle(&mut client, &actual.schema, &desired.schema, &actual.facts, &pairs, &name)?;
        if self.mutants {
            self.mutate(&mut client, &actual.schema, &desired.schema, &actual.facts, &pairs, &name)?;
        }
        Ok(())
    }

    /// The pairs themselves: text, tokens, normaliser, server.
    fn settle(
        &mut self,
        client: &mut Client,
        actual: &Schema,
        desired: &Schema,
        facts: &Facts,
        pairs: &[Pair],
        name: &str,
    ) -> Outcome {
        let mut asked: Vec<(&Pair, Expr)> = Vec::new();
        for pair in pairs {
            let tally = self.tallies.entry(pair.class).or_default();
            tally.pairs += 1;
            tally.text += usize::from(pair.desired.text == pair.actual.text);
            let equal = pair.desired == pair.actual && columns_of_view(desired, &pair.id).is_empty();
            tally.tokens += usize::from(equal);
            tally.offline += usize::from(equal || is_same(actual, desired, pair, &pair.desired));
            tally.server += usize::from(equal);
            if !equal {
                asked.push((pair, pair.desired.clone()));
            }
        }
        for ((pair, text), verdict) in asked.iter().zip(judge(client, actual, desired, facts, &asked)?) {
            let offline = is_same(actual, desired, pair, text);
            if self.untold && !offline && !is_query(pair.class) {
                show("untold", name, pair, text, "");
            }
            let tally = self.tallies.entry(pair.class).or_default();
            match verdict {
                None => tally.server += 1,
                Some(said) => {
                    tally.disagree += usize::from(offline);
                    if self.verbose || offline {
                        show(if offline { "NOT SAME" } else { "unsettled" }, name, pair, text, &said);
                    }
                }
            }
        }
        Ok(())
    }

    /// The mutants that the server stores as something else.
    fn mutate(
        &mut self,
        client: &mut Client,
        actual: &Schema,
        desired: &Schema,
        facts: &Facts,
        pairs: &[Pair],
        name: &str,
    ) -> Outcome {
        let mut asked: Vec<(&Pair, Expr)> = Vec::new();
        for pair in pairs {
            let columns = sql::columns_of(desired, &pair.id, pair.slot);
            for text in mutate::mutants(&pair.desired.text, &columns, self.most) {
                let Some(mutant) = expression(&text, &pair.desired) else { continue };
                asked.push((pair, mutant));
            }
        }
        let verdicts = judge(client, actual, desired, facts, &asked)?;
        let mut truth = truth::Truth::begin(client, actual)?;
        for ((pair, mutant), verdict) in asked.iter().zip(verdicts) {
            let offline = is_same(actual, desired, pair, mutant);
            let suspect = offline || verdict.is_none();
            let Some(differs) = truth.differs(pair, mutant, &pair.actual, suspect)? else { continue };
            if !differs {
                continue;
            }
            let tally = self.tallies.entry(pair.class).or_default();
            tally.mutants += 1;
            tally.false_server += usize::from(verdict.is_none());
            tally.false_offline += usize::from(offline);
            for (wrong, who) in [(offline, "FALSE SAME, offline"), (verdict.is_none(), "FALSE SAME, server")]
            {
                if wrong {
                    show(who, name, pair, mutant, "");
                }
            }
        }
        truth.end()
    }

    fn report(&self, major: u16) {
        let percent = |part: usize, all: usize| 100.0 * part as f64 / all.max(1) as f64;
        println!("\nPostgreSQL {major}: {} files loaded, {} did not load", self.loaded, self.failed);
        println!(
            "{:<18} {:>6} {:>6} {:>6} {:>6} {:>6}   {:>7} {:>9} {:>9} {:>9}",
            "class", "pairs", "text", "tok", "N", "V", "mutants", "false N", "false V", "N not V"
        );
        let mut all = Tally::default();
        for (class, it) in &self.tallies {
            line(class, it, percent);
            all.pairs += it.pairs;
            all.text += it.text;
            all.tokens += it.tokens;
            all.offline += it.offline;
            all.server += it.server;
            all.mutants += it.mutants;
            all.false_offline += it.false_offline;
            all.false_server += it.false_server;
            all.disagree += it.disagree;
        }
        line("all", &all, percent);
    }
}

fn line(class: &str, it: &Tally, percent: impl Fn(usize, usize) -> f64) {
    println!(
        "{class:<18} {:>6} {:>6.1} {:>6.1} {:>6.1} {:>6.1}   {:>7} {:>9} {:>9} {:>9}",
        it.pairs,
        percent(it.text, it.pairs),
        percent(it.tokens, it.pairs),
        percent(it.offline, it.pairs),
        percent(it.server, it.pairs),
        it.mutants,
        it.false_offline,
        it.false_server,
        it.disagree
    );
}

fn show(what: &str, case: &str, pair: &Pair, text: &Expr, said: &str) {
    println!(
        "{what} [{}] {case}: {}\n    D {}\n    A {}\n    {said}",
        pair.class, pair.id, text.text, pair.actual.text
    );
}

fn columns_of_view(schema: &Schema, id: &ObjectId) -> Vec<model::Name> {
    match schema.get(id) {
        Some(Object::View(it)) => it.columns.clone(),
        Some(Object::MaterializedView(it)) => it.columns.clone(),
        _ => Vec::new(),
    }
}

/// What `settle` says of each text in its pair's place: nothing where it says same. Texts in the same
/// object are asked about one after the other.
fn judge(
    client: &mut Client,
    actual: &Schema,
    desired: &Schema,
    facts: &Facts,
    asked: &[(&Pair, Expr)],
) -> Result<Vec<Option<String>>, Box<dyn std::error::Error>> {
    let mut said = vec![None; asked.len()];
    let mut open: Vec<usize> = (0..asked.len()).collect();
    while !open.is_empty() {
        let mut taken = HashSet::new();
        let (now, later): (Vec<usize>, Vec<usize>) =
            open.into_iter().partition(|it| taken.insert(&asked[*it].0.id));
        open = later;
        let mut schema = actual.clone();
        for at in &now {
            let (pair, text) = &asked[*at];
            put(&mut schema, pair, text, columns_of_view(desired, &pair.id));
        }
        let options = SettleOptions { ask_everything: true, ..SettleOptions::default() };
        let verdicts = catalog::settle(client, actual, &mut schema, &[], facts, options)?;
        for at in now {
            let id = &asked[at].0.id;
            said[at] = verdicts.iter().find(|it| it.id == *id).map(|it| format!("{:?}", it.verdict));
            if said[at].is_none() && schema.get(id) != actual.get(id) {
                said[at] = Some("silently unequal".to_owned());
            }
        }
    }
    Ok(said)
}

fn put(schema: &mut Schema, pair: &Pair, text: &Expr, columns: Vec<model::Name>) {
    let Some(object) = schema.get_mut(&pair.id) else { return };
    if let Some(expr) = object.exprs_mut().into_iter().nth(pair.slot) {
        *expr = text.clone();
    }
    match object {
        Object::View(it) => it.columns = columns,
        Object::MaterializedView(it) => it.columns = columns,
        _ => (),
    }
}
