//! Every statement there is ends in the account: those that sqlparser knows, and every command of
//! PostgreSQL's reference. Does not know what a statement declares.

#[path = "statements/commands.rs"]
mod commands;
#[path = "statements/synopsis.rs"]
mod synopsis;
#[path = "statements/variants.rs"]
mod variants;

use model::{Facts, Name};
use parse::{Desired, Entry, Sources, Verdict};

/// What is to become of a statement.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Becomes {
    /// It changes what the file declares.
    Declared,
    /// It changes rows only, and is counted.
    Data,
    /// It leaves nothing behind in the schema, and is counted.
    Passed,
    /// It counts where roles are managed, and is passed over elsewhere.
    OfRoles,
    /// It is a fault with its place.
    Refused,
    /// PostgreSQL does not have it; it is a fault with its place.
    Elsewhere,
}

/// What stands above every example.
const ABOVE: &str = include_str!("statements/above.sql");

fn facts() -> Facts {
    let mut facts = Facts {
        offline: true,
        major: 18,
        version_num: 180_004,
        role: "postgres".into(),
        database: "app".into(),
        search_path: vec!["public".into()],
        roles: ["postgres", "live_role"].map(Name::from).into(),
        ..Facts::default()
    };
    facts.extensions.available.insert("pgcrypto".into(), "1.3".into());
    facts.settings.insert("shared_preload_libraries".into(), "masks".into());
    facts
}

fn read(text: &str) -> Desired {
    let sources = Sources::one("file.sql", text);
    parse::desired(&sources, &facts())
}

/// Everything a statement may change but the account itself.
fn declared(desired: &Desired) -> String {
    let Desired { schema, absent, granted, namespaces, roles, ignores, label_renames, renames, .. } = desired;
    let schema: Vec<_> = schema.iter().collect();
    let mut absent: Vec<_> = absent.iter().collect();
    absent.sort();
    let mut granted: Vec<_> = granted.iter().collect();
    granted.sort();
    format!(
        "{schema:?} {absent:?} {granted:?} {namespaces:?} {roles:?} {ignores:?} {label_renames:?} {renames:?}"
    )
}

/// Reads an example behind what stands above it, and says what is wrong with what became of it.
fn wrong(example: &str, becomes: Becomes) -> Option<String> {
    let above = read(ABOVE);
    assert!(above.faults.is_empty(), "{:?}", above.faults);
    let whole = read(&format!("{ABOVE}{example}"));
    // The first, because other languages have statements with semicolons inside.
    let Some(Entry { verdict, span }) = whole.ledger.get(above.ledger.len()) else {
        return Some(format!("{example}: it is not in the account"));
    };
    let changes = declared(&above) != declared(&whole);
    let inside = |it: &sql::Fault| span.start <= it.span.start && it.span.end <= span.end;
    let told = whole.faults.iter().any(inside);
    let right = match becomes {
        Becomes::Declared => *verdict == Verdict::Declared && changes,
        Becomes::Data => *verdict == Verdict::Data && !changes,
        Becomes::Passed => matches!(verdict, Verdict::Passed(_)) && !changes,
        Becomes::OfRoles => matches!(verdict, Verdict::Passed(_)) && changes,
        // What stands before the fault may be there: a file with a fault is not used.
        Becomes::Refused | Becomes::Elsewhere => *verdict == Verdict::Fault && told,
    };
    let right = right && (verdict == &Verdict::Fault || whole.faults.is_empty());
    let faults = || whole.faults.iter().map(|it| it.message.as_str()).collect::<Vec<_>>().join("; ");
    (!right).then(|| format!("{example}: {verdict:?}, changes: {changes}, wanted {becomes:?}; {}", faults()))
}

/// Fails with all that is wrong at once.
fn none_wrong(wrong: Vec<String>) {
    assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n"));
}
