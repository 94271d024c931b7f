//! Names that nobody should give, through every kind: what `fixtures/hostile` must hold. Knows no statement.

use std::collections::BTreeMap;

use diff::Pair;
use model::{Kind, ObjectId};
use plan::{Options, Plan, Request};
use report::{Answer, Files, Look, Places};
use sql::PieceKind;

use crate::cases::{cases, declared, offline};
use crate::laws::everything_allowed;

/// What a name of each kind has in it somewhere, as SQL writes it: quotes of both sorts, dollars, per cent, a
/// backslash, a line break, a tab, a dot and a blank, comments and a semicolon, a digit first, 63 bytes.
const MARKS: &[&str] = &[
    "\"\"",
    "'",
    "$x$",
    "%s",
    "\\",
    "\n",
    "\t",
    "a.b c",
    ";--/*",
    "1st",
    "select",
    "between",
    "abort",
    "Case",
    "case",
    "ééééééééééééééééééééééééééééé",
];

/// Kinds that have none of these, and why.
const EXEMPT: &[(Kind, &str)] = &[
    (Kind::Extension, "an extension's name is its file's"),
    (Kind::Membership, "counts only where roles are managed: tests/roles.rs"),
    (Kind::RoleSetting, "counts only where roles are managed: tests/roles.rs"),
    (Kind::SecurityLabel, "no server of the tests has a provider: tests/labels.rs"),
];

#[test]
fn every_kind_has_hostile_names() {
    if std::env::var_os("CASE").is_some() {
        return;
    }
    let mut names: BTreeMap<Kind, String> = BTreeMap::new();
    for case in cases().iter().filter(|it| it.name.starts_with("hostile/")) {
        for text in [&case.from, &case.to] {
            let desired = declared(&case.name, text, &offline(case));
            for id in desired.schema.iter().map(|it| it.0).chain(desired.roles.keys()) {
                names.entry(id.kind).or_default().push_str(&said(id));
            }
        }
    }
    let mut wrong = Vec::new();
    for kind in Kind::ALL {
        let names = names.get(kind).cloned().unwrap_or_default();
        let lacking: Vec<&str> = MARKS.iter().copied().filter(|it| !names.contains(it)).collect();
        match EXEMPT.iter().find(|(it, _)| it == kind) {
            Some((_, why)) if lacking.is_empty() => {
                wrong.push(format!("{kind:?} is exempt for nothing: {why}"))
            }
            None if !lacking.is_empty() => wrong.push(format!("{kind:?} lacks names with {lacking:?}")),
            _ => (),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// No form of an answer lets a name break out of its place.
#[test]
fn every_form_holds_hostile_names() {
    for case in cases().iter().filter(|it| it.name.starts_with("hostile/")) {
        let facts = offline(case);
        let [from, to] = [&case.from, &case.to].map(|it| declared(&case.name, it, &facts));
        for (options, from, to) in [
            (everything_allowed(), &from, &to),
            (everything_allowed(), &to, &from),
            (Options::default(), &from, &to),
            (Options::default(), &to, &from),
        ] {
            let pair = Pair { actual: &from.schema, desired: &to.schema };
            let plan = plan::plan(Request::between(pair, &facts, &options));
            let places = Places::new(Files::default(), &to.spans);
            let answer = Answer::new(&plan, pair, &places, &facts);
            forms(&case.name, &answer, &plan);
        }
    }
}

fn forms(name: &str, answer: &Answer<'_>, plan: &Plan) {
    let text = answer.text(Look { verbose: false, color: false });
    assert!(!text.contains(|it: char| it.is_control() && it != '\n'), "{name}: {text:?}");
    assert!(!text.lines().any(|it| it.starts_with("break")), "{name}: {text}");
    let script = answer.sql();
    let pieces = sql::split(&script, 0).pieces.into_iter().filter(|it| it.kind == PieceKind::Statement);
    let said: Vec<&str> = pieces.map(|it| &script[it.span.start as usize..it.span.end as usize]).collect();
    let framed = |it: &&str| ["BEGIN", "COMMIT", "SET ", "RESET "].iter().any(|word| it.starts_with(word));
    let said: Vec<&str> = said.into_iter().filter(|it| !framed(it)).collect();
    let steps: Vec<&str> = plan.steps.iter().map(|it| it.sql.as_str()).collect();
    assert_eq!(said, steps, "{name}");
    let notes = answer.github();
    assert!(notes.lines().all(|it| it.starts_with("::")), "{name}: {notes}");
    let page = answer.markdown();
    let outside = page.split("<details><summary>Script").next().unwrap_or_default();
    assert!(!outside.lines().any(|it| it.starts_with("break")), "{name}: {outside}");
}

fn said(id: &ObjectId) -> String {
    format!("{id} {}\n", id.name())
}
