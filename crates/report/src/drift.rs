//! What `check` found: objects that differ, in text, JSON and as annotations. Does not know what would be
//! done about them.

use std::collections::BTreeMap;

use diff::{Change, Reason};
use model::{ObjectId, Unmodelled};
use serde::Serialize;

use crate::answer::Held;
use crate::field::{Field, fields};
use crate::json::{FORMAT, HeldRow, Left, ObjectRow, PlaceRow, held, print};
use crate::ledger::Ledger;
use crate::look::{Look, Paint, indent};
use crate::{Account, Places, text};

/// What a comparison found.
#[derive(Clone, Debug)]
pub struct Drift<'a> {
    /// Every object that differs.
    pub changes: Vec<Change<'a>>,
    /// Objects that wait for their new name: old and new identity.
    pub renames: &'a [(ObjectId, ObjectId)],
    /// Labels that are still to be renamed: the type, the old and the new label.
    pub relabels: &'a [(ObjectId, String, String)],
    /// What nobody could say differs or not.
    pub unverified: Vec<Held>,
    /// Where objects are declared.
    pub places: &'a Places<'a>,
    /// Live objects that are left alone, and why.
    pub left: &'a BTreeMap<ObjectId, Reason>,
    /// Live objects of managed namespaces, of kinds that are not modelled.
    pub unmodelled: &'a [Unmodelled],
    /// Which database, without its password.
    pub target: String,
    /// The account of every statement and object, where it is asked for.
    pub ledger: Option<Account<'a>>,
}

/// One object that differs, in words.
pub(crate) struct Finding<'a> {
    pub(crate) id: &'a ObjectId,
    pub(crate) state: State,
    /// `type: integer → bigint`; empty where the object is on one side only.
    pub(crate) fields: Vec<Field>,
}

/// In what way an object differs.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum State {
    /// The database lacks it.
    Missing,
    /// The file does not declare it.
    Undeclared,
    /// Both have it, unequal.
    Different,
    /// The database has it under its old name.
    Unrenamed,
}

impl State {
    pub(crate) fn phrase(self) -> &'static str {
        match self {
            State::Missing => "is missing in the database",
            State::Undeclared => "is in the database and not declared",
            State::Different => "differs",
            State::Unrenamed => "has its old name in the database",
        }
    }
}

impl Drift<'_> {
    /// Whether nothing differs and everything was compared.
    pub fn is_in_sync(&self) -> bool {
        self.is_same() && self.unverified.is_empty() && self.unmodelled.is_empty()
    }

    /// Whether nothing is known to differ.
    pub fn is_same(&self) -> bool {
        self.changes.is_empty() && self.renames.is_empty() && self.relabels.is_empty()
    }

    pub(crate) fn findings(&self) -> Vec<Finding<'_>> {
        let renamed = |(_, to): &'_ (ObjectId, ObjectId)| to.clone();
        let renamed: Vec<ObjectId> = self.renames.iter().map(renamed).collect();
        let waiting = self.renames.iter().map(|(from, to)| {
            let field = |it: &ObjectId| it.name().to_string();
            let fields = vec![Field { name: "name".to_owned(), actual: field(from), desired: field(to) }];
            Finding { id: to, state: State::Unrenamed, fields }
        });
        let labels = self.relabels.iter().map(|(id, old, new)| {
            let fields = vec![Field { name: "label".to_owned(), actual: old.clone(), desired: new.clone() }];
            Finding { id, state: State::Unrenamed, fields }
        });
        let changed =
            self.changes.iter().filter(|it| !renamed.contains(it.id()) || is_alter(it)).map(finding);
        waiting.chain(labels).chain(changed).collect()
    }

    /// The findings as text, the verdict in the last line.
    pub fn text(&self, look: Look) -> String {
        let findings = self.findings();
        let mut out = self.ledger.as_ref().map(|it| it.text(look)).unwrap_or_default();
        for it in &findings {
            let paint = match it.state {
                State::Missing => Paint::Make,
                State::Undeclared => Paint::Danger,
                State::Different | State::Unrenamed => Paint::Change,
            };
            let place = self.places.of(it.id).map(|it| format!("  {it}")).unwrap_or_default();
            let place = look.paint(Paint::Faint, &place);
            out += &format!("{} {}{place}\n", look.paint(paint, &it.id.shown()), it.state.phrase());
            out.extend(it.fields.iter().map(|it| indent(&it.text(look), "    ")));
        }
        out += if findings.is_empty() { "" } else { "\n" };
        out += &text::unverified(&self.unverified, self.unmodelled, look);
        out += &text::left_alone(self.left, look);
        out + &self.verdict(findings.len()) + "\n"
    }

    fn verdict(&self, findings: usize) -> String {
        let unverified = self.unverified.len() + self.unmodelled.len();
        match (findings, unverified) {
            (0, 0) => "in sync".to_owned(),
            (0, it) => format!("nothing differs, but {it} not verified"),
            (it, 0) => format!("drift: {it}"),
            (it, other) => format!("drift: {it}; {other} not verified"),
        }
    }

    /// The findings as JSON, indented, with a final line end.
    pub fn json(&self) -> String {
        let findings = self.findings();
        let row = |it: Finding<'_>| FindingRow {
            object: ObjectRow::of(it.id),
            state: it.state,
            fields: it.fields,
            place: self.places.of(it.id).as_ref().map(PlaceRow::of),
        };
        print(&Document {
            format: FORMAT,
            kind: "check",
            target: &self.target,
            verdict: match (findings.is_empty(), self.is_in_sync()) {
                (false, _) => "drift",
                (true, false) => "not_verified",
                (true, true) => "in_sync",
            },
            drift: findings.into_iter().map(row).collect(),
            unverified: held(&self.unverified, self.places),
            unmodelled: self.unmodelled.iter().map(UnmodelledRow::of).collect(),
            left: Left::of(self.left),
            ledger: self.ledger.as_ref().map(Account::rows),
        })
    }
}

/// A check.
#[derive(Serialize)]
struct Document<'a> {
    /// [`FORMAT`]
    format: u32,
    /// Always `check`.
    kind: &'static str,
    /// The database, without its password.
    target: &'a str,
    /// `in_sync`, `drift` or `not_verified`.
    verdict: &'static str,
    /// Every object that differs.
    drift: Vec<FindingRow>,
    /// What could not be compared.
    unverified: Vec<HeldRow<'a>>,
    /// Live objects of kinds that are not modelled.
    unmodelled: Vec<UnmodelledRow<'a>>,
    /// Live objects that are left alone.
    left: Left,
    /// The account of every statement and object, where it is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    ledger: Option<Ledger<'a>>,
}

/// An object that differs.
#[derive(Serialize)]
struct FindingRow {
    object: ObjectRow,
    /// `missing`, `undeclared`, `different` or `unrenamed`.
    state: State,
    /// What differs of it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fields: Vec<Field>,
    /// Where it is declared.
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<PlaceRow>,
}

/// An object of a kind that is not modelled.
#[derive(Serialize)]
pub(crate) struct UnmodelledRow<'a> {
    /// The server's word for its kind.
    kind: &'a str,
    /// What the server calls it.
    name: &'a str,
}

impl UnmodelledRow<'_> {
    pub(crate) fn of(it: &Unmodelled) -> UnmodelledRow<'_> {
        UnmodelledRow { kind: &it.kind, name: &it.identity }
    }
}

fn is_alter(change: &Change<'_>) -> bool {
    matches!(change, Change::Alter { .. })
}

fn finding<'a>(change: &Change<'a>) -> Finding<'a> {
    match change {
        Change::Create { id, .. } => Finding { id, state: State::Missing, fields: Vec::new() },
        Change::Drop { id, .. } => Finding { id, state: State::Undeclared, fields: Vec::new() },
        Change::Alter { id, old, new } => Finding { id, state: State::Different, fields: fields(old, new) },
    }
}
