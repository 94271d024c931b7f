//! `cargo xtask floors`: imports run one way, the middle names no kind, and a schema is put in whole in one place.
//!
//! It reads `cargo metadata` and the sources as text, and knows nothing else of the code.

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::Value;

use crate::Outcome;

/// The crates, each with its floor: an arrow goes to a lower floor only.
const FLOORS: &[(&str, u8)] = &[
    ("model", 0),
    ("sql", 1),
    ("parse", 2),
    ("catalog", 2),
    ("diff", 2),
    ("plan", 3),
    ("apply", 4),
    ("report", 4),
    ("scratch", 4),
    ("reconcile", 5),
];

/// Libraries that belong to some crates only.
const OWNED: &[(&str, &[&str])] = &[
    ("sqlparser", &["sql", "parse"]),
    ("postgres", &["catalog", "apply", "scratch", "reconcile"]),
    ("petgraph", &["plan"]),
    ("similar", &["report"]),
    ("clap", &["reconcile"]),
    ("indexmap", &["model"]),
    ("miette", &["report", "reconcile"]),
    ("serde_yaml", &["reconcile"]),
];

/// Arrows between crates that no floor allows, by exception: none.
pub(crate) fn run() -> Outcome {
    let output =
        Command::new(env!("CARGO")).args(["metadata", "--format-version=1", "--no-deps"]).output()?;
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    let mut faults = Vec::new();
    for package in metadata["packages"].as_array().into_iter().flatten() {
        let name = package["name"].as_str().unwrap_or_default();
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            let is_plain = dependency["kind"].is_null();
            let known = dependency["rename"].as_str().or(dependency["name"].as_str()).unwrap_or_default();
            if is_plain {
                faults.extend(arrow(name, known));
            }
        }
    }
    faults.extend(kinds_in_the_middle()?);
    faults.extend(whole_schemas()?);
    faults.extend(long_files()?);
    match faults.is_empty() {
        true => Ok(()),
        false => Err(faults.join("\n").into()),
    }
}

fn arrow(from: &str, to: &str) -> Option<String> {
    let floors: BTreeMap<&str, u8> = FLOORS.iter().copied().collect();
    let from_floor = floors.get(from)?;
    if let Some(to_floor) = floors.get(to) {
        return (to_floor >= from_floor)
            .then(|| format!("{from} (floor {from_floor}) uses {to} (floor {to_floor})"));
    }
    let (_, owners) = OWNED.iter().find(|(library, _)| *library == to)?;
    (!owners.contains(&from)).then(|| format!("{from} uses {to}, which belongs to {}", owners.join(", ")))
}

/// Files that must stay blind to kinds, each with the fewest mentions it needs and why.
const BLIND: &[&str] = &[
    "crates/diff/src/lib.rs",
    "crates/plan/src/expand.rs",
    "crates/plan/src/fold.rs",
    "crates/plan/src/order.rs",
];

fn kinds_in_the_middle() -> Result<Vec<String>, std::io::Error> {
    let mut faults = Vec::new();
    for file in BLIND.iter().filter(|it| std::path::Path::new(it).exists()) {
        let text = std::fs::read_to_string(file)?;
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for (at, line) in code.lines().enumerate().filter(|(_, it)| !it.trim_start().starts_with("//")) {
            if line.contains("Kind::") || line.contains("Object::") {
                faults.push(format!("{file}:{}: names a kind: {}", at + 1, line.trim()));
            }
        }
    }
    Ok(faults)
}

/// The one file that may put a schema in whole while a file is read: what is remembered of the old one goes there.
const WHOLE: &str = "crates/parse/src/table_state.rs";

/// How a schema, or all that is declared, is put in whole.
const PUT_IN: &[&str] = &[
    "desired.schema = ",
    ".desired = ",
    "schema() = ",
    "(&mut self.desired)",
    "(&mut self.desired,",
    "(&mut reader.desired)",
    "(&mut reader.desired,",
    "(&mut self.desired.schema,",
    "(&mut reader.desired.schema,",
];

fn whole_schemas() -> Result<Vec<String>, Box<dyn std::error::Error>> {
    let listed = Command::new("git").args(["ls-files", "crates/parse/src/*.rs"]).output()?;
    let mut faults = Vec::new();
    for file in String::from_utf8(listed.stdout)?.lines().filter(|it| *it != WHOLE) {
        let text = std::fs::read_to_string(file)?;
        let puts = |line: &str| PUT_IN.iter().any(|it| line.contains(it));
        for (at, line) in text.lines().enumerate().filter(|(_, it)| puts(it)) {
            faults.push(format!("{file}:{}: only {WHOLE} puts a schema in whole: {}", at + 1, line.trim()));
        }
    }
    Ok(faults)
}

/// The longest a source file may be.
const LONGEST: usize = 620;

fn long_files() -> Result<Vec<String>, Box<dyn std::error::Error>> {
    let listed = Command::new("git").args(["ls-files", "*.rs"]).output()?;
    let mut faults = Vec::new();
    for file in String::from_utf8(listed.stdout)?.lines() {
        let lines = std::fs::read_to_string(file).map_or(0, |it| it.lines().count());
        if lines > LONGEST {
            faults.push(format!("{file} has {lines} lines; {LONGEST} is the most"));
        }
    }
    Ok(faults)
}
