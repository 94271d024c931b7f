//! The account: what became of every statement of the files and of every live object. Does not judge.

use std::collections::BTreeMap;

use diff::Reason;
use model::{ObjectId, Unmodelled};

use crate::Place;
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
    /// Live objects of kinds that are not modelled.
    pub unmodelled: &'a [Unmodelled],
}

/// How much of a statement is shown.
const WIDTH: usize = 60;

impl Account<'_> {
    /// Counts first, then every entry.
    pub fn text(&self, look: Look) -> String {
        let head = |text: &str| look.paint(Paint::Head, text) + "\n";
        let mut out = head(&format!("statements: {}", self.statements.len()));
        out += &counts(self.statements.iter().map(|it| it.verdict.to_owned()));
        out.extend(self.statements.iter().map(|it| it.line(look)));
        let live = self.managed.len() + self.left.len() + self.unmodelled.len();
        out += "\n";
        out += &head(&format!("live objects: {live}"));
        let managed = self.managed.iter().map(|_| "managed".to_owned());
        let left = self.left.values().map(|it| word(*it).to_owned());
        let unmodelled = self.unmodelled.iter().map(|_| "not modelled".to_owned());
        out += &counts(managed.chain(left).chain(unmodelled));
        if look.verbose {
            out.extend(self.managed.iter().map(|it| format!("  managed: {it}\n")));
        }
        out.extend(self.left.iter().map(|(id, reason)| format!("  {}: {id}\n", word(*reason))));
        let line = |it: &Unmodelled| format!("  not modelled: {} {}\n", it.kind, it.identity);
        out.extend(self.unmodelled.iter().map(line));
        out
    }
}

impl Statement {
    fn line(&self, look: Look) -> String {
        let Statement { place, text, verdict, note } = self;
        let words: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let mut shown: String = words.chars().take(WIDTH).collect();
        if shown.len() < words.len() {
            shown.push('…');
        }
        let note = if note.is_empty() { String::new() } else { format!(" ({note})") };
        format!("  {}: {verdict}{note}: {}\n", look.paint(Paint::Faint, &place.to_string()), plain(&shown))
    }
}

/// Each word with how often it comes, in order of the words.
fn counts(words: impl Iterator<Item = String>) -> String {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    words.for_each(|it| *counts.entry(it).or_default() += 1);
    counts.iter().map(|(word, count)| format!("  {count:>6} {word}\n")).collect()
}

fn word(reason: Reason) -> &'static str {
    match reason {
        Reason::Namespace => "in a schema that is not managed",
        Reason::Ignored => "ignored by rule",
        Reason::Kept => "kept though undeclared",
        Reason::RunTime => "a partition or child made at run time",
        Reason::Unspoken => "not spoken of",
    }
}
