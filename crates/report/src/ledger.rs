//! The account: what became of every statement of the files and of every live object, in text and JSON.
//! Does not judge.

use std::collections::BTreeMap;

use diff::Reason;
use model::{Name, ObjectId, Unmodelled};
use serde::Serialize;

use crate::Place;
use crate::json::{ObjectRow, PlaceRow};
use crate::look::{Look, Paint, plain};

/// What became of one statement.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Statement {
    /// Where it stands.
    pub place: Place,
    /// How it begins.
    pub text: String,
    /// What became of it, in a word, such as `declared`.
    pub verdict: &'static str,
    /// Why, where that is worth saying.
    pub note: String,
}

/// The whole account.
#[derive(Clone, Debug)]
pub struct Account<'a> {
    /// Every statement, in order.
    pub statements: Vec<Statement>,
    /// Every managed live object.
    pub managed: Vec<&'a ObjectId>,
    /// Live objects that are left alone, and why.
    pub left: &'a BTreeMap<ObjectId, Reason>,
    /// The rules of scope, as a [`Reason`] counts them.
    pub rules: Vec<String>,
    /// How many live objects belong to each extension.
    pub members: BTreeMap<Name, usize>,
    /// Live objects of kinds that are not modelled, in whatever namespace.
    pub unmodelled: &'a [Unmodelled],
}

/// How much of a statement is shown.
const WIDTH: usize = 60;

/// What became of a live object.
struct Fate<'a> {
    object: Live<'a>,
    /// In a word, by which the objects are counted.
    fate: &'static str,
    /// By which rule, where one decides.
    rule: Option<&'a str>,
}

enum Live<'a> {
    Known(&'a ObjectId),
    Other(&'a Unmodelled),
}

impl Account<'_> {
    /// Counts first, then every entry.
    pub fn text(&self, look: Look) -> String {
        let head = |text: &str| look.paint(Paint::Head, text) + "\n";
        let mut out = head(&format!("statements: {}", self.statements.len()));
        out += &lines(&self.verdicts());
        out.extend(self.statements.iter().map(|it| it.line(look)));
        out += "\n";
        let fates = self.fates();
        let members: usize = self.members.values().sum();
        out += &head(&format!("live objects: {}", fates.len() + members));
        out += &lines(&self.counts(&fates));
        out.extend(fates.iter().map(Fate::line));
        out + "\n"
    }

    /// As a part of a document.
    pub(crate) fn rows(&self) -> Ledger<'_> {
        let fates = self.fates();
        Ledger {
            statement_counts: self.verdicts(),
            object_counts: self.counts(&fates),
            statements: self.statements.iter().map(StatementRow::of).collect(),
            objects: fates.iter().map(FateRow::of).collect(),
        }
    }

    fn verdicts(&self) -> BTreeMap<String, usize> {
        counted(self.statements.iter().map(|it| it.verdict))
    }

    fn fates(&self) -> Vec<Fate<'_>> {
        let managed =
            self.managed.iter().map(|it| Fate { object: Live::Known(it), fate: "managed", rule: None });
        let left = self.left.iter().map(|(id, reason)| Fate {
            object: Live::Known(id),
            fate: word(*reason),
            rule: match reason {
                Reason::Rule(at) => self.rules.get(*at).map(String::as_str),
                _ => None,
            },
        });
        let other = |it| Fate { object: Live::Other(it), fate: "not modelled", rule: None };
        managed.chain(left).chain(self.unmodelled.iter().map(other)).collect()
    }

    /// How many objects came to each fate; what belongs to extensions is counted only.
    fn counts(&self, fates: &[Fate<'_>]) -> BTreeMap<String, usize> {
        let mut counts = counted(fates.iter().map(|it| it.fate));
        let members = self.members.iter().filter(|it| *it.1 > 0);
        counts.extend(members.map(|(name, count)| (format!("owned by extension {name}"), *count)));
        counts
    }
}

impl Statement {
    fn line(&self, look: Look) -> String {
        let Statement { place, verdict, note, .. } = self;
        let note = if note.is_empty() { String::new() } else { format!(" ({note})") };
        let shown = self.shown();
        format!("  {}: {verdict}{note}: {shown}\n", look.paint(Paint::Faint, &place.to_string()))
    }

    /// How it begins, in one line.
    fn shown(&self) -> String {
        let words: String = self.text.split_whitespace().collect::<Vec<_>>().join(" ");
        let mut shown: String = words.chars().take(WIDTH).collect();
        if shown.len() < words.len() {
            shown.push('…');
        }
        plain(&shown)
    }
}

impl Fate<'_> {
    fn line(&self) -> String {
        let Fate { object, fate, rule } = self;
        let rule = rule.map(|it| format!(" {it}")).unwrap_or_default();
        match object {
            Live::Known(id) => format!("  {fate}{rule}: {}\n", id.shown()),
            Live::Other(it) => format!("  {fate}{rule}: {} {}\n", it.kind, plain(&it.identity)),
        }
    }
}

/// The account as it stands in a document.
#[derive(Serialize)]
pub(crate) struct Ledger<'a> {
    /// How many statements came to each verdict.
    statement_counts: BTreeMap<String, usize>,
    /// How many live objects came to each fate, those of extensions included.
    object_counts: BTreeMap<String, usize>,
    /// Every statement, in order.
    statements: Vec<StatementRow<'a>>,
    /// Every live object but those of extensions.
    objects: Vec<FateRow<'a>>,
}

#[derive(Serialize)]
struct StatementRow<'a> {
    place: PlaceRow,
    /// How it begins.
    text: String,
    verdict: &'static str,
    /// Why.
    #[serde(skip_serializing_if = "str::is_empty")]
    note: &'a str,
}

#[derive(Serialize)]
struct FateRow<'a> {
    object: ObjectRow,
    fate: &'static str,
    /// The rule that decides.
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<&'a str>,
}

impl<'a> StatementRow<'a> {
    fn of(it: &'a Statement) -> StatementRow<'a> {
        StatementRow { place: PlaceRow::of(&it.place), text: it.shown(), verdict: it.verdict, note: &it.note }
    }
}

impl<'a> FateRow<'a> {
    fn of(it: &Fate<'a>) -> FateRow<'a> {
        let object = match it.object {
            Live::Known(id) => ObjectRow::of(id),
            Live::Other(it) => ObjectRow::other(it),
        };
        FateRow { object, fate: it.fate, rule: it.rule }
    }
}

/// Each word with how often it comes, in order of the words.
fn counted(words: impl Iterator<Item = &'static str>) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    words.for_each(|it| *counts.entry(it.to_owned()).or_default() += 1);
    counts
}

fn lines(counts: &BTreeMap<String, usize>) -> String {
    counts.iter().map(|(word, count)| format!("  {count:>6} {word}\n")).collect()
}

fn word(reason: Reason) -> &'static str {
    match reason {
        Reason::Namespace => "in a schema that is not managed",
        Reason::Ignored => "ignored by directive",
        Reason::Rule(_) => "ignored by rule",
        Reason::Kept => "kept though undeclared",
        Reason::RunTime => "a partition or child made at run time",
        Reason::Unspoken => "not spoken of",
    }
}
