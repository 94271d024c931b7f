//! Names that nobody should give, through every kind: what `fixtures/hostile` must hold. Knows no statement.

use std::collections::BTreeMap;

use model::{Kind, ObjectId};

use crate::cases::{cases, declared, offline};

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

fn said(id: &ObjectId) -> String {
    format!("{id} {}\n", id.name())
}
