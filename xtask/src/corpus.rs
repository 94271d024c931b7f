//! Directories of cases: where a `to.sql` lies, and how a case gets into a database.
//!
//! Does not know what is measured.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Outcome;

/// The directories with a `to.sql` below a directory, in any depth, sorted.
pub(crate) fn cases(directory: &Path) -> Result<Vec<PathBuf>, Box<dyn std::error::Error>> {
    let mut found = Vec::new();
    find(directory, &mut found)?;
    Ok(found)
}

fn find(directory: &Path, found: &mut Vec<PathBuf>) -> Outcome {
    let mut below: Vec<PathBuf> = std::fs::read_dir(directory)?.flatten().map(|it| it.path()).collect();
    below.sort();
    if below.iter().any(|it| it.ends_with("to.sql")) {
        found.push(directory.to_path_buf());
    }
    below.iter().filter(|it| it.is_dir()).try_for_each(|it| find(it, found))
}

/// Loads a file with psql; says whether all of it ran.
pub(crate) fn load(psql: &Path, server: &scratch::Server, database: &str, file: &Path) -> bool {
    let done = Command::new(psql)
        .args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", &server.url(database), "-f"])
        .arg(file)
        .output();
    done.is_ok_and(|it| it.status.success())
}

/// The program that loads files: any version will do, they are sent as they are.
pub(crate) fn psql() -> Result<PathBuf, Box<dyn std::error::Error>> {
    scratch::tool("psql", 0)?.ok_or_else(|| "the corpus is loaded with psql, and there is none".into())
}
