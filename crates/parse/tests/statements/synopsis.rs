//! Every clause of the synopsis of CREATE, ALTER, DROP, COMMENT, GRANT, REVOKE and SECURITY LABEL stands in a
//! fixture, where every law holds for it, or is said to be something else, by an example. The clauses and
//! what their notation means stand in `fixtures/synopsis`. Does not know what a clause does.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use model::Span;
use sql::{PieceKind, Tok, TokenKind};

use crate::Becomes::{self, Declared, OfRoles, Passed, Refused};
use crate::{none_wrong, wrong};

type Error = Box<dyn std::error::Error>;

/// One clause of a statement.
struct Clause {
    /// The statement: `ALTER TABLE`.
    head: Vec<String>,
    pattern: Vec<Part>,
    /// As it is written, for people.
    text: String,
    /// What becomes of it where it stands in no fixture, with an example.
    instead: Option<(Becomes, String)>,
}

enum Part {
    /// A keyword, a symbol, or a text in quotes.
    Word(String),
    /// Anything but a comma or what ends the parenthesis.
    Near,
    /// Anything.
    Far,
}

/// The tokens of a statement, as a clause is looked for among them.
struct Statement {
    words: Vec<String>,
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures")
}

/// The clauses of all files.
fn clauses() -> Result<Vec<Clause>, Error> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(fixtures().join("synopsis"))? {
        let path = entry?.path();
        if path.extension().is_some_and(|it| it == "txt") && path.file_stem().is_some_and(|it| it != "README")
        {
            read(&std::fs::read_to_string(&path)?, &mut found);
        }
    }
    Ok(found)
}

fn read(text: &str, found: &mut Vec<Clause>) {
    let mut head = Vec::new();
    let mut lines = text.lines().filter(|it| !it.trim().is_empty()).peekable();
    while let Some(line) = lines.next() {
        if !line.starts_with(' ') {
            head = line.split_whitespace().map(str::to_lowercase).collect();
            continue;
        }
        let (pattern, note) =
            line.trim().split_once(" # ").map_or((line.trim(), None), |it| (it.0, Some(it.1)));
        let mut examples = Vec::new();
        while let Some(it) = lines.next_if(|it| it.trim().starts_with('>')) {
            examples.push(it.trim().trim_start_matches("> ").to_owned());
        }
        for (at, text) in spread(pattern).into_iter().enumerate() {
            let example = examples.get(at).or(examples.first()).cloned().unwrap_or_default();
            let instead = note.map(|it| (becomes(it), example));
            let pattern = text.split_whitespace().map(part).collect();
            found.push(Clause { head: head.clone(), pattern, text, instead });
        }
    }
}

fn becomes(note: &str) -> Becomes {
    match note.split_once(": ") {
        Some(("refused", _)) => Refused,
        Some(("passed", _)) => Passed,
        Some(("declared", _)) => Declared,
        Some(("roles", _)) => OfRoles,
        _ => panic!("`# {note}` is not understood"),
    }
}

/// `{A|B} c` is `A c` and `B c`.
fn spread(pattern: &str) -> Vec<String> {
    let Some((before, rest)) = pattern.split_once('{') else {
        return vec![pattern.split_whitespace().collect::<Vec<_>>().join(" ")];
    };
    let Some((choice, after)) = rest.split_once('}') else { panic!("`{pattern}` is not closed") };
    choice.split('|').flat_map(|it| spread(&format!("{before}{it}{after}"))).collect()
}

fn part(word: &str) -> Part {
    match word {
        ".." => Part::Near,
        "..." => Part::Far,
        it => Part::Word(it.to_lowercase()),
    }
}

/// Every statement of the fixtures by its first words, and which file it is of.
fn statements() -> Result<Vec<Statement>, Error> {
    let mut found = Vec::new();
    let mut folders = vec![fixtures(), Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/doors")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.file_name().is_some_and(|it| it == "from.sql" || it == "to.sql") {
                found.extend(cut(&std::fs::read_to_string(&path)?));
            }
        }
    }
    Ok(found)
}

fn cut(text: &str) -> Vec<Statement> {
    let pieces = sql::split(text, 0).pieces.into_iter().filter(|it| it.kind == PieceKind::Statement);
    let statement = |span: Span| {
        let slice = &text[span.start as usize..span.end as usize];
        let tokens = sql::lex(slice, span).unwrap_or_default();
        Statement { words: tokens.iter().map(word).collect() }
    };
    pieces.map(|it| statement(it.span)).collect()
}

/// A token as a pattern has it; what is quoted is no keyword.
fn word(token: &Tok) -> String {
    match token.kind {
        TokenKind::Word | TokenKind::Symbol => token.value.to_lowercase(),
        TokenKind::Text => format!("'{}'", token.value),
        _ => format!("\"{}\"", token.value),
    }
}

impl Statement {
    /// Whether the statement begins with the words, modifiers between the first and the second left out.
    fn begins(&self, head: &[String]) -> bool {
        const MODIFIERS: &[&str] = &[
            "or",
            "replace",
            "temp",
            "temporary",
            "local",
            "global",
            "unlogged",
            "unique",
            "recursive",
            "trusted",
            "procedural",
            "default",
            "constraint",
        ];
        let Some((verb, rest)) = self.words.split_first() else { return false };
        let at = |rest: &[String]| {
            rest.len() >= head.len() - 1 && rest.iter().zip(&head[1..]).all(|it| it.0 == it.1)
        };
        let skipped = rest.iter().take_while(|it| MODIFIERS.contains(&it.as_str())).count();
        verb == &head[0] && (0..=skipped).any(|it| at(&rest[it..]))
    }

    /// Whether the clause stands anywhere in the statement.
    fn holds(&self, clause: &Clause) -> bool {
        self.begins(&clause.head)
            && (0..self.words.len()).any(|at| matches(&clause.pattern, &self.words[at..]))
    }
}

fn matches(pattern: &[Part], words: &[String]) -> bool {
    match pattern.split_first() {
        None => true,
        Some((Part::Word(it), rest)) => words.first() == Some(it) && matches(rest, &words[1..]),
        Some((Part::Far, rest)) => (0..=words.len()).any(|at| matches(rest, &words[at..])),
        Some((Part::Near, rest)) => near(words).any(|at| matches(rest, &words[at..])),
    }
}

/// Where what follows a `..` may begin.
fn near(words: &[String]) -> impl Iterator<Item = usize> {
    let (mut depth, mut ended) = (0_i32, false);
    let mut places = Vec::new();
    for (at, word) in words.iter().enumerate() {
        // The comma and the parenthesis may themselves follow.
        if depth <= 0 {
            places.push(at);
        }
        match word.as_str() {
            "(" | "[" => depth += 1,
            ")" | "]" => depth -= 1,
            "," if depth == 0 => ended = true,
            _ => (),
        }
        if depth < 0 || ended {
            return places.into_iter();
        }
    }
    places.push(words.len());
    places.into_iter()
}

#[test]
fn every_clause_has_a_fixture_or_an_example() -> Result<(), Error> {
    let (clauses, statements) = (clauses()?, statements()?);
    let mut all = Vec::new();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for clause in &clauses {
        let stands = statements.iter().any(|it| it.holds(clause));
        let name = format!("{}: {}", clause.head.join(" "), clause.text);
        let word = match (&clause.instead, stands) {
            (None, true) => "in a fixture",
            (None, false) => {
                all.push(format!("{name}: in no fixture"));
                "missing"
            }
            (Some((becomes, example)), _) => {
                let held = cut(example).iter().any(|it| it.holds(clause));
                all.extend((!held).then(|| format!("{name}: not in its example: {example}")));
                all.extend(wrong(example, *becomes).map(|it| format!("{name}: {it}")));
                match becomes {
                    Refused => "refused",
                    Passed => "passed over",
                    OfRoles => "of roles, where they are managed",
                    _ => "declared by an example",
                }
            }
        };
        *counts.entry(word).or_default() += 1;
    }
    let mut told = String::new();
    counts.iter().try_for_each(|(word, count)| writeln!(told, "{count} {word}"))?;
    println!("{} clauses:\n{told}", clauses.len());
    none_wrong(all);
    Ok(())
}
