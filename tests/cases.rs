//! The fixtures, as values. Knows the folders, not what is done with them.

use std::fs;
use std::path::{Path, PathBuf};

use model::{Facts, Name};
use parse::{Desired, Sources};

/// One pair of schemas.
#[derive(Debug)]
pub(crate) struct Case {
    /// `family/case`
    pub(crate) name: String,
    pub(crate) dir: PathBuf,
    pub(crate) from: String,
    pub(crate) to: String,
    /// Rows put into the old state, which must survive.
    pub(crate) seed: Option<String>,
    /// The oldest server the case is for: `-- needs: server 15` in `to.sql`.
    pub(crate) needs: u32,
}

/// Every case whose name contains what `CASE` says, sorted.
pub(crate) fn cases() -> Vec<Case> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures");
    let filter = std::env::var("CASE").unwrap_or_default();
    let mut dirs: Vec<PathBuf> = folders(&root).iter().flat_map(|it| folders(it)).collect();
    dirs.sort();
    let found: Vec<Case> =
        dirs.into_iter().map(|dir| case(&root, dir)).filter(|it| it.name.contains(&filter)).collect();
    assert!(!found.is_empty(), "no case matches `{filter}`");
    found
}

fn case(root: &Path, dir: PathBuf) -> Case {
    let read = |file: &str| fs::read_to_string(dir.join(file)).ok();
    let name = dir.strip_prefix(root).unwrap_or(&dir).display().to_string();
    let to = read("to.sql").unwrap_or_else(|| panic!("{name} has no to.sql"));
    let from = read("from.sql").unwrap_or_else(|| panic!("{name} has no from.sql"));
    let needs = to.lines().find_map(|it| it.strip_prefix("-- needs: server ")?.trim().parse().ok());
    Case { name, from, to, seed: read("seed.sql"), needs: needs.unwrap_or(14), dir }
}

fn folders(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).unwrap_or_else(|it| panic!("{}: {it}", dir.display()));
    entries.filter_map(Result::ok).map(|it| it.path()).filter(|it| it.is_dir()).collect()
}

/// Facts about no server in particular, new enough for a case.
pub(crate) fn offline(case: &Case) -> Facts {
    facts(case.needs.max(17))
}

/// Facts about no server in particular, of a major version.
pub(crate) fn facts(major: u32) -> Facts {
    Facts {
        major,
        version_num: major * 10_000,
        role: Name::new("postgres"),
        database: Name::new("postgres"),
        search_path: vec![Name::new("public")],
        superuser: true,
        offline: true,
        ..Facts::default()
    }
}

/// What a text declares. A fault fails the test.
pub(crate) fn declared(name: &str, text: &str, facts: &Facts) -> Desired {
    let desired = parse::desired(&Sources::one(name, text), facts);
    let faults: Vec<String> = desired.faults.iter().map(|it| it.message.clone()).collect();
    assert!(faults.is_empty(), "{name}: {}", faults.join("\n"));
    desired
}
