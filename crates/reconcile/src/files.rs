//! Reads the files of the master schema, those they include, and nothing of what is in them.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};

use parse::Sources;

use crate::problem::Problem;

/// The largest file that is read: spans are 32-bit byte offsets.
const LARGEST: u64 = u32::MAX as u64 / 2;

/// Reads files, and folders' `.sql` files in order of their names, and whatever they include.
pub(crate) fn read(paths: &[PathBuf], variables: &[(&str, &str)]) -> Result<Sources, Problem> {
    let variables = variables.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
    let mut sources = Sources { variables, ..Sources::default() };
    for path in paths {
        for file in expanded(path)? {
            add(&mut sources, &file)?;
        }
    }
    if sources.files.is_empty() {
        return Err(Problem::new("the schema's folder holds no .sql file"));
    }
    include(&mut sources)?;
    Ok(sources)
}

/// The file itself, or a folder's `.sql` files.
fn expanded(path: &Path) -> Result<Vec<PathBuf>, Problem> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let failed = |it: std::io::Error| Problem::new(format!("cannot read {}: {it}", path.display()));
    let entries: Result<Vec<_>, _> = std::fs::read_dir(path).map_err(failed)?.collect();
    let paths = entries.map_err(failed)?.into_iter().map(|it| it.path());
    let mut files: Vec<PathBuf> = paths.filter(|it| it.extension().is_some_and(|it| it == "sql")).collect();
    files.sort();
    Ok(files)
}

fn add(sources: &mut Sources, path: &Path) -> Result<usize, Problem> {
    let failed = |it: std::io::Error| Problem::new(format!("cannot read {}: {it}", path.display()));
    if std::fs::metadata(path).map_err(failed)?.len() > LARGEST {
        return Err(Problem::new(format!("{} is larger than {} MB", path.display(), LARGEST >> 20)));
    }
    Ok(sources.add(path, &std::fs::read(path).map_err(failed)?))
}

/// Reads what the files include, and what those include.
fn include(sources: &mut Sources) -> Result<(), Problem> {
    let mut open: VecDeque<(usize, Vec<PathBuf>)> =
        (0..sources.files.len()).map(|it| (it, vec![sources.files[it].path.clone()])).collect();
    while let Some((file, chain)) = open.pop_front() {
        for found in parse::includes(&sources.files[file], file) {
            let base = if found.relative { sources.files[file].path.parent() } else { None };
            let path = base.unwrap_or(Path::new("")).join(&found.path);
            if chain.contains(&path) {
                return Err(Problem::new(format!("{} includes itself", path.display())));
            }
            let at = add(sources, &path)?;
            sources.included.insert(found.span, at);
            open.push_back((at, chain.iter().cloned().chain([path]).collect()));
        }
    }
    Ok(())
}
