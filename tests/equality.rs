//! *Mutants are seen*: an expression that the server would store as something else is never taken for the same, by
//! the server asked or by the offline normaliser; and what a file says is the same as what the server made of it.
//!
//! All mutants of a case are asked about at once, each as if it stood in an object of its own. Where anybody says
//! *same*, the object is really made and read back.

mod mutate;
mod pair;
mod truth;

use std::sync::Mutex;

use catalog::{SettleOptions, Verdict};
use model::{Expr, Kind, Name, Object, ObjectId, Path, QualName, Schema};
use parse::Sources;
use postgres::Client;

use crate::cases::{Case, declared, offline};
use crate::laws::for_all_live;
use crate::live::Database;
use pair::{Pair, expression, is_same, pairs};
use truth::Truth;

/// How many mutants of one expression are asked about at most, and how many there are to be in all.
const MOST: usize = 40;
const MANY: usize = 10_000;

/// Texts in the place of expressions, and in whose.
type Asked<'a> = Vec<(ObjectId, &'a Pair, Expr)>;

#[derive(Default)]
struct Tally {
    /// Known to differ.
    different: usize,
    /// Refused by the server, or not verified.
    refused: usize,
    /// The server stores the same for them, or nobody could make the object.
    alike: usize,
    wrong: Vec<String>,
}

#[test]
fn mutants_are_seen() {
    let tally = Mutex::new(Tally::default());
    for_all_live(|case| {
        let schema = declared(&case.name, &case.to, &offline(case)).schema;
        if schema.iter().any(|(_, it)| (0..it.exprs().len()).any(|slot| pair::class(it, slot).is_some())) {
            let found = judged(case).unwrap_or_else(|it| panic!("{}: {it}", case.name));
            let mut tally = tally.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            tally.different += found.different;
            tally.refused += found.refused;
            tally.alike += found.alike;
            tally.wrong.extend(found.wrong);
        }
    });
    let tally = tally.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    println!("{} differ, {} are refused, {} are no others", tally.different, tally.refused, tally.alike);
    let seen = tally.different + tally.refused;
    assert!(tally.wrong.is_empty(), "{}", tally.wrong.join("\n"));
    assert!(seen >= MANY || std::env::var_os("CASE").is_some(), "only {seen} mutants");
}

fn judged(case: &Case) -> Result<Tally, Box<dyn std::error::Error>> {
    let database = Database::new();
    let mut client = database.load(&case.name, &case.to);
    let actual = catalog::actual(&mut client)?;
    let mut desired = parse::desired(&Sources::one(&case.name, case.to.as_str()), &actual.facts);
    diff::adopt(&actual.schema, &mut desired.schema, &desired.unnamed);
    let pairs = pairs(&actual.schema, &desired.schema);
    let (mut left, mut right) = (actual.schema.clone(), actual.schema.clone());
    let mut asked = Asked::new();
    for pair in pairs.iter().filter(|it| !it.class.starts_with("partition")) {
        let columns = sql::columns_of(&desired.schema, &pair.id, pair.slot);
        let own =
            std::iter::once(pair.desired.text.to_string()).filter(|_| !is_named(&desired.schema, &pair.id));
        let texts = own.chain(mutate::mutants(&pair.desired.text, &columns, MOST));
        for text in texts {
            let Some(text) = expression(&text, &pair.desired) else { continue };
            if let Some(twin) = put(&mut left, &mut right, pair, &text, asked.len()) {
                asked.push((twin, pair, text));
            }
        }
    }
    let options = SettleOptions { ask_everything: true, ..SettleOptions::default() };
    let verdicts = catalog::settle(&mut client, &left, &mut right, &[], &actual.facts, options)?;
    let says = |id: &ObjectId| verdicts.iter().find(|it| it.id == *id).map(|it| &it.verdict);
    let answers: Vec<_> = asked.iter().map(|it| (says(&it.0), left.get(&it.0) == right.get(&it.0))).collect();
    let world = World { case, actual: &actual.schema, desired: &desired.schema };
    world.tally(&mut client, &asked, &answers)
}

/// Whether the file gives names to the columns of a query, which are then no part of its text.
fn is_named(schema: &Schema, id: &ObjectId) -> bool {
    match schema.get(id) {
        Some(Object::View(it)) => !it.columns.is_empty(),
        Some(Object::MaterializedView(it)) => !it.columns.is_empty(),
        _ => false,
    }
}

/// Puts an object beside the pair's own into both schemas, with the text in one of them. There is no such object on the
/// server, and none is needed: it is asked about texts.
fn put(left: &mut Schema, right: &mut Schema, pair: &Pair, text: &Expr, number: usize) -> Option<ObjectId> {
    let name = Name::new(format!("twin_{number}"));
    let beside = |it: &QualName| QualName { namespace: it.namespace.clone(), name: name.clone() };
    let twin = match &pair.id.path {
        Path::Of(relation, _) => pair.id.kind.of(relation, &name),
        Path::In(own) => pair.id.kind.named(&beside(own)),
        Path::Routine(own, types) => pair.id.kind.routine(&beside(own), types.clone()),
        _ => return None,
    };
    let object = left.get(&pair.id)?.clone();
    let mut changed = object.clone();
    *changed.exprs_mut().into_iter().nth(pair.slot)? = text.clone();
    if pair.id.kind == Kind::Default {
        let relation = pair.id.relation()?;
        let column = left.get(&Kind::Column.of(relation, pair.id.name()))?.clone();
        for schema in [&mut *left, &mut *right] {
            schema.insert(Kind::Column.of(relation, &name), column.clone());
        }
    }
    left.insert(twin.clone(), object);
    right.insert(twin.clone(), changed);
    Some(twin)
}

struct World<'a> {
    case: &'a Case,
    actual: &'a Schema,
    desired: &'a Schema,
}

impl World<'_> {
    fn tally(
        &self,
        client: &mut Client,
        asked: &Asked<'_>,
        answers: &[(Option<&Verdict>, bool)],
    ) -> Result<Tally, Box<dyn std::error::Error>> {
        let mut tally = Tally::default();
        let mut truth = Truth::begin(client, self.actual)?;
        for ((_, pair, text), (verdict, equal)) in asked.iter().zip(answers) {
            let offline = is_same(self.actual, self.desired, pair, text);
            let same = verdict.is_none() && *equal;
            let told = |what: &str| {
                let (id, actual) = (&pair.id, &pair.actual.text);
                format!(
                    "{what}, {} [{}] {id}:\n  D {}\n  A {actual}\n  {verdict:?}",
                    self.case.name, pair.class, text.text
                )
            };
            if text.text == pair.desired.text {
                if *verdict == Some(&Verdict::Different) {
                    tally.wrong.push(told("DIFFERENT, and is the same"));
                }
                continue;
            }
            if offline && *verdict == Some(&Verdict::Different) {
                tally.wrong.push(told("SAME offline, and the server says it is not"));
            }
            if !offline && !same {
                match verdict {
                    Some(Verdict::Different) => tally.different += 1,
                    _ => tally.refused += 1,
                }
            } else if truth.differs(pair, text, &pair.actual, true)? == Some(true) {
                tally.wrong.push(told("SAME, and the server stores something else"));
            } else {
                tally.alike += 1;
            }
        }
        truth.end()?;
        Ok(tally)
    }
}
