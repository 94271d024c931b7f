//! A plan as text for people: by table, each step with its reason, its locks, its place and its dangers.
//! Knows nothing of terminals beyond colours.

use std::collections::{BTreeMap, BTreeSet};

use diff::Reason;
use model::{Name, ObjectId, Unmodelled};
use plan::{Lock, Step, Transaction, Verb, Why};

use crate::answer::Held;
use crate::field::fields;
use crate::look::{Look, Paint, indent, plain};
use crate::{Answer, change, why};

/// Steps with their numbers, by namespace, whether they stand together, and their common head.
type Groups<'a> = BTreeMap<(String, bool, String), Vec<(usize, &'a Step)>>;

impl Answer<'_> {
    /// The plan as text, the summary in its last line.
    pub fn text(&self, look: Look) -> String {
        let mut text = self.ledger.as_ref().map(|it| it.text(look)).unwrap_or_default();
        for ((_, _, head), steps) in self.groups() {
            text += &look.paint(Paint::Head, &head);
            text += "\n";
            text.extend(steps.into_iter().map(|(number, step)| self.step(number, step, look)));
            text += "\n";
        }
        text += &self.pending(look);
        text += &held("blocked", "nothing runs before this is put right", &self.blocked, look);
        text += &unverified(&self.unverified, self.unmodelled, look);
        text += &left_alone(self.left, look);
        if self.is_in_sync() {
            return text + "nothing to do\n";
        }
        text + &format!("{}\n", self.summary())
    }

    /// The steps by the whole they are about; what stands alone by its namespace. In order of names.
    fn groups(&self) -> Groups<'_> {
        let roots: Vec<ObjectId> = self.steps.iter().map(|it| self.root(&it.id)).collect();
        let mut sizes: BTreeMap<&ObjectId, usize> = BTreeMap::new();
        roots.iter().for_each(|it| *sizes.entry(it).or_default() += 1);
        let mut groups = Groups::new();
        for (at, (step, root)) in self.steps.iter().zip(&roots).enumerate() {
            let namespace = root.namespace().map(Name::as_str).unwrap_or_default();
            let is_alone = sizes.get(root) == Some(&1) && step.id == *root;
            let head = match (is_alone, root.namespace()) {
                (false, _) => root.shown(),
                (true, Some(namespace)) => format!("in schema {}", plain(&namespace.to_string())),
                (true, None) => "in the database".to_owned(),
            };
            let key = (namespace.to_owned(), !is_alone, head);
            groups.entry(key).or_default().push((at + 1, step));
        }
        groups
    }

    fn step(&self, number: usize, step: &Step, look: Look) -> String {
        let (sign, paint) = match step.verb {
            _ if step.hazards.iter().any(|it| it.needs_leave()) => (sign(step.verb), Paint::Danger),
            Verb::Drop => ("-", Paint::Danger),
            Verb::Create => ("+", Paint::Make),
            Verb::Alter | Verb::Rename => ("~", Paint::Change),
        };
        let mut line = format!("  {}", look.paint(paint, &format!("{sign} {}", step.id.shown())));
        let reasons = why::phrases(&step.why);
        if !reasons.is_empty() {
            line += &format!(" ({reasons})");
        }
        if let Some(place) = self.places.of(&step.id).filter(|_| step.verb != Verb::Drop) {
            line += &look.paint(Paint::Faint, &format!("  {place}"));
        }
        line += "\n";
        line += &indent(&(self.replaced(step, look) + &notes(number, step, look)), "      ");
        line
    }

    /// What of an object that is made anew is to be otherwise.
    fn replaced(&self, step: &Step, look: Look) -> String {
        let anew = |why: &Why| match why {
            Why::Replaced { id, field } if *id == step.id && step.verb == Verb::Create => Some(*field),
            _ => None,
        };
        let both = self.pair.actual.get(&step.id).zip(self.pair.desired.get(&step.id));
        let (Some(field), Some((old, new))) = (step.why.iter().find_map(anew), both) else {
            return String::new();
        };
        let found = fields(old, new).into_iter().find(|it| it.name == field.replace('_', " "));
        found.map(|it| it.text(look) + "\n").unwrap_or_default()
    }

    fn pending(&self, look: Look) -> String {
        if self.pending.is_empty() {
            return String::new();
        }
        let leave: BTreeSet<&str> =
            self.pending.iter().flat_map(|it| &it.allow).map(|it| hazard(it)).collect();
        let leave: Vec<&str> = leave.into_iter().collect();
        let head = match leave.is_empty() {
            true => format!("pending: {}", self.pending.len()),
            false => format!("pending: {} (allow {})", self.pending.len(), leave.join(", ")),
        };
        let mut text = look.paint(Paint::Head, &head) + "\n";
        text.extend(self.pending.iter().map(|it| item(it, "!", Paint::Danger, look)));
        text + "\n"
    }
}

fn held(word: &str, meaning: &str, held: &[Held], look: Look) -> String {
    if held.is_empty() {
        return String::new();
    }
    let head = look.paint(Paint::Head, &format!("{word}: {}", held.len()));
    let mut text = format!("{head} ({meaning})\n");
    text.extend(held.iter().map(|it| item(it, "?", Paint::Change, look)));
    text + "\n"
}

/// What could not be compared, and what nobody knows how to compare.
pub(crate) fn unverified(held: &[Held], unmodelled: &[Unmodelled], look: Look) -> String {
    if held.is_empty() && unmodelled.is_empty() {
        return String::new();
    }
    let head = look.paint(Paint::Head, &format!("not verified: {}", held.len() + unmodelled.len()));
    let mut text = format!("{head} (nobody could say whether these differ)\n");
    text.extend(held.iter().map(|it| item(it, "?", Paint::Change, look)));
    for Unmodelled { kind, identity, .. } in unmodelled {
        let line = look.paint(Paint::Change, &format!("? {kind} {}", plain(identity)));
        text += &format!("  {line} (this kind is not modelled)\n");
    }
    text + "\n"
}

/// What is live and none of the plan's business, in one line.
pub(crate) fn left_alone(left: &BTreeMap<ObjectId, Reason>, look: Look) -> String {
    let of = |reason: Reason| left.values().filter(|it| it.counts_as() == reason).count();
    let counts = [
        (of(Reason::Namespace), "in schemas the file does not manage"),
        (of(Reason::Ignored), "ignored by rule"),
        (of(Reason::Kept), "kept though undeclared"),
        (of(Reason::RunTime), "with partitions and children made at run time"),
    ];
    let said: Vec<String> =
        counts.iter().filter(|(it, _)| *it > 0).map(|(it, what)| format!("{it} {what}")).collect();
    if said.is_empty() {
        return String::new();
    }
    look.paint(Paint::Faint, &format!("left alone: {}", said.join(", "))) + "\n"
}

fn sign(verb: Verb) -> &'static str {
    match verb {
        Verb::Drop => "-",
        Verb::Create => "+",
        Verb::Alter | Verb::Rename => "~",
    }
}

/// The hazard of `drop-column:public.users.old`.
fn hazard(allow: &str) -> &str {
    allow.split(':').next().unwrap_or(allow)
}

fn item(held: &Held, sign: &str, paint: Paint, look: Look) -> String {
    let mut text = format!("  {}", look.paint(paint, &format!("{sign} {}", held.id.shown())));
    if !held.what.is_empty() {
        text += &format!(" ({})", plain(&held.what));
    }
    text += "\n";
    let allows: Vec<String> = held.allow.iter().map(|it| format!("--allow {}", plain(it))).collect();
    text + &indent(&look.paint(Paint::Faint, &allows.join("\n")), "      ")
}

/// What is to be known of a step beside what it does, a line each.
fn notes(number: usize, step: &Step, look: Look) -> String {
    let mut notes = String::new();
    notes.extend(step.locks.iter().map(|it| lock(it) + "\n"));
    for hazard in &step.hazards {
        let row = hazard.row();
        let paint = if row.needs_leave { Paint::Danger } else { Paint::Change };
        notes += &format!("{} {}\n", look.paint(paint, &format!("{}:", row.name)), row.sentence);
    }
    if step.transaction == Transaction::Outside {
        notes += "runs outside any transaction\n";
    }
    if look.verbose {
        for why in &step.why {
            if let Why::Changed { old, new, .. } = why
                && !(change::is_short(old) && change::is_short(new))
            {
                notes += &change::lines(old, new, look);
            }
        }
        notes += &look.paint(Paint::Faint, &format!("step {number}: {};", step.sql));
        notes += "\n";
    }
    notes
}

fn lock(lock: &Lock) -> String {
    let waits = match (lock.mode.blocks_reads(), lock.mode.blocks_writes()) {
        (true, _) => " (reads and writes wait)",
        (false, true) => " (writes wait)",
        (false, false) => "",
    };
    format!("locks {}: {}{waits}", plain(&lock.relation.to_string()), lock.mode.words())
}
