//! `cargo xtask kind NAME FAMILY`: the first files of a new kind, one for each stage, and what to add by hand.
//!
//! It knows where files of a kind lie and nothing of any kind.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{Outcome, shell};

/// The arguments of `cargo xtask kind`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The kind in lower case with underscores, such as text_search_parser
    #[arg(value_parser = snake)]
    name: String,
    /// The folder of fixtures it goes to, such as text_search
    #[arg(value_parser = snake)]
    family: String,
    /// The catalog that lists its objects [default: pg_NAME]
    #[arg(long, value_parser = snake)]
    catalog: Option<String>,
    /// What the names of that catalog's columns begin with, such as prs [default: the name's first three letters]
    #[arg(long, value_parser = snake)]
    prefix: Option<String>,
    /// Where the workspace is
    #[arg(long, default_value = ".", hide = true)]
    root: PathBuf,
}

/// The files to write: where, and from what. `@…@` is filled in in both.
const FILES: [(&str, &str); 7] = [
    ("crates/model/src/@file@.rs", include_str!("kind/model.rs.txt")),
    ("crates/catalog/src/@file@.sql", include_str!("kind/catalog.sql.txt")),
    ("crates/catalog/src/@file@.rs", include_str!("kind/catalog.rs.txt")),
    ("crates/parse/src/@file@.rs", include_str!("kind/parse.rs.txt")),
    ("crates/plan/src/rules/@file@.rs", include_str!("kind/rules.rs.txt")),
    ("fixtures/@family@/@file@_created/from.sql", ""),
    ("fixtures/@family@/@file@_created/to.sql", include_str!("kind/to.sql.txt")),
];

const REST: &str = include_str!("kind/todo.txt");

fn snake(text: &str) -> Result<String, String> {
    let right = text.starts_with(|it: char| it.is_ascii_lowercase())
        && text.chars().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '_');
    if right {
        Ok(text.to_owned())
    } else {
        Err("expected lower case letters, digits and underscores".into())
    }
}

pub(crate) fn run(arguments: &Arguments) -> Outcome {
    let words = Words::of(arguments);
    let files: Vec<(PathBuf, String)> =
        FILES.iter().map(|(path, text)| (arguments.root.join(words.fill(path)), words.fill(text))).collect();
    // All or nothing: half a kind beside the files of another one helps nobody.
    if let Some((path, _)) = files.iter().find(|(path, _)| path.exists()) {
        return Err(format!("{} is there already", path.display()).into());
    }
    for (path, text) in &files {
        std::fs::create_dir_all(path.parent().unwrap_or(Path::new(".")))?;
        std::fs::write(path, text)?;
        println!("wrote {}", path.display());
    }
    // Names differ in length and order, so only now it is known how the lines fall.
    let sources = files.iter().map(|(path, _)| path).filter(|it| it.extension().is_some_and(|it| it == "rs"));
    shell::run(Command::new("rustfmt").args(["--edition", "2024"]).args(sources))?;
    println!("\n{}", words.fill(REST).trim_end());
    Ok(())
}

/// What stands for each `@…@`.
struct Words(Vec<(&'static str, String)>);

impl Words {
    fn of(arguments: &Arguments) -> Words {
        let Arguments { name, family, catalog, prefix, root: _ } = arguments;
        let parts: Vec<&str> = name.split('_').filter(|it| !it.is_empty()).collect();
        let quoted: Vec<String> = parts.iter().map(|it| format!("\"{it}\"")).collect();
        let prefix = prefix.clone().unwrap_or_else(|| name.chars().take(3).collect());
        Words(vec![
            ("@file@", name.clone()),
            ("@family@", family.clone()),
            ("@Kind@", parts.iter().map(|it| capital(it)).collect()),
            ("@CLASS@", name.to_uppercase()),
            ("@noun@", parts.join(" ")),
            ("@SQL@", parts.join(" ").to_uppercase()),
            ("@words@", quoted.join(", ")),
            ("@words_plain@", parts.join(" ")),
            ("@catalog@", catalog.clone().unwrap_or_else(|| format!("pg_{name}"))),
            ("@prefix@", prefix),
        ])
    }

    fn fill(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, (word, by)| text.replace(word, by))
    }
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|it| it.to_ascii_uppercase()).into_iter().chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::{Arguments, FILES, REST, Words};

    #[test]
    fn nothing_is_left_to_fill_in() {
        let arguments = Arguments {
            name: "text_search_parser".into(),
            family: "text_search".into(),
            catalog: Some("pg_ts_parser".into()),
            prefix: Some("prs".into()),
            root: ".".into(),
        };
        let words = Words::of(&arguments);
        let all = FILES.iter().flat_map(|(path, text)| [*path, *text]).chain([REST]);
        for text in all {
            assert!(!words.fill(text).contains('@'), "{text}");
        }
        assert_eq!(
            words.fill("@Kind@ @SQL@ @words@"),
            r#"TextSearchParser TEXT SEARCH PARSER "text", "search", "parser""#
        );
    }
}
