//! psql's own commands: includes, variables and branches, read or refused; and `:name` in statements.
//!
//! Knows psql's grammar of arguments; opens no file.

use std::path::PathBuf;

use model::{Name, Span, literal};
use sql::{Code, Fault, PieceKind, Tok, TokenKind};

use crate::reader::Reader;
use crate::script::combined;
use crate::{Source, Verdict};

/// A file that another one asks for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Include {
    /// The command, as [`crate::Sources::included`] wants it.
    pub span: Span,
    /// The path as written.
    pub path: PathBuf,
    /// `\ir`: the path is relative to the file it stands in, not to the working directory.
    pub relative: bool,
}

/// The files a source asks for by `\i` and `\ir`, in order. `file` is its place among the sources.
pub fn includes(source: &Source, file: usize) -> Vec<Include> {
    // Most files include nothing, and splitting a large one takes its time.
    if !source.text.contains("\\i") {
        return Vec::new();
    }
    let pieces = sql::split(&source.text, u32::try_from(file).unwrap_or(u32::MAX)).pieces;
    let metas = pieces.into_iter().filter(|it| it.kind == PieceKind::Meta);
    let include = |it: sql::Piece| {
        let text = source.text.get(it.span.start as usize..it.span.end as usize)?;
        let (word, rest) = words(text);
        let relative = matches!(word, "ir" | "include_relative");
        let path = arguments(rest, |_| None, it.span).ok()?.into_iter().next();
        let path = path.filter(|_| relative || matches!(word, "i" | "include"));
        path.map(|path| Include { span: it.span, path: path.into(), relative })
    };
    metas.filter_map(include).collect()
}

/// One `\if` … `\endif`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Branch {
    span: Span,
    /// The part being read declares.
    on: bool,
    /// A part before it did.
    done: bool,
}

/// Whether what is being read stands in a part that is off: inside of one, every part is.
pub(crate) fn is_off(reader: &Reader<'_>) -> bool {
    reader.branches.last().is_some_and(|it| !it.on)
}

/// At the end of a file no branch may be open.
pub(crate) fn end(reader: &mut Reader<'_>) {
    let open = std::mem::take(&mut reader.branches);
    let faults = open.into_iter().map(|it| Fault::new(Code::Syntax, it.span, "this \\if has no \\endif"));
    reader.desired.faults.extend(faults);
}

/// The word of a command, and what follows.
fn words(text: &str) -> (&str, &str) {
    let text = text.strip_prefix('\\').unwrap_or(text);
    let end = text.find(|it: char| it.is_whitespace() || it == '\\').unwrap_or(text.len());
    // `\ifoo` is psql's `\i foo` to nobody: a command's word ends at white space.
    (&text[..end], &text[end..])
}

/// psql's display and session commands: nothing they do lasts.
const OWN: &[&str] = &[
    "restrict",
    "unrestrict",
    "echo",
    "qecho",
    "warn",
    "pset",
    "timing",
    "a",
    "t",
    "x",
    "f",
    "H",
    "C",
    "T",
    "conninfo",
    "errverbose",
    "p",
    "r",
    "s",
    "w",
    "o",
    "z",
    "?",
    "h",
    "html",
    "print",
    "reset",
    "write",
    "copyright",
    "help",
    "l",
    "sf",
    "sv",
    "set_verbosity",
];

/// Reads one of psql's meta-commands.
pub(crate) fn meta(reader: &mut Reader<'_>, text: &str, span: Span) -> Result<Verdict, Fault> {
    let line = &text[span.start as usize..span.end as usize];
    let (word, rest) = words(line);
    if let Some(verdict) = branch(reader, word, rest, span)? {
        return Ok(verdict);
    }
    if is_off(reader) {
        return Ok(Verdict::Off);
    }
    let refused =
        |why: &str| Err(Fault::new(Code::Unsupported, span, format!("`\\{word}` is refused: {why}")));
    match word {
        "set" => set(reader, rest, span),
        "unset" => {
            arguments(rest, |_| None, span)?.first().map(|it| reader.variables.remove(it));
            Ok(Verdict::Passed("psql's own"))
        }
        "i" | "ir" | "include" | "include_relative" => include(reader, span),
        "copy" => {
            reader.desired.data.push(crate::Data { span, path: reader.path.clone(), idempotent: false });
            Ok(Verdict::Data)
        }
        "encoding" if rest.trim().eq_ignore_ascii_case("utf8") => Ok(Verdict::Passed("psql's own")),
        "encoding" => refused("files are read as UTF-8"),
        "c" | "connect" => refused("one file describes one database"),
        "!" | "cd" | "setenv" | "getenv" | "prompt" => refused("it reaches outside the file"),
        "q" | "quit" => refused("what stands below would not be read"),
        _ if OWN.contains(&word) || word.starts_with('d') => Ok(Verdict::Passed("psql's own")),
        _ => {
            Err(Fault::new(Code::Unsupported, span, format!("the psql command `\\{word}` is not understood")))
        }
    }
}

fn include(reader: &mut Reader<'_>, span: Span) -> Result<Verdict, Fault> {
    let Some(file) = reader.desired.sources.included.get(&span).copied() else {
        let message = "the file this includes was not read";
        return Err(Fault::new(Code::Unsupported, span, message));
    };
    let before = reader.desired.ledger.len();
    reader.file(file);
    let entries = reader.desired.ledger.split_off(before);
    let verdict = combined(entries.clone());
    reader.desired.ledger.extend(entries);
    Ok(match verdict {
        Verdict::Fault => Verdict::Passed("the statements it includes are accounted for each"),
        it => it,
    })
}

fn set(reader: &mut Reader<'_>, rest: &str, span: Span) -> Result<Verdict, Fault> {
    let values = |it: &str| reader.variables.get(it).cloned();
    let words = arguments(rest, values, span)?;
    fill(reader, words.iter().map(String::len).sum(), span)?;
    let mut words = words.into_iter();
    if let Some(name) = words.next() {
        // What the command line sets stands above the file's own default.
        if !reader.desired.sources.variables.contains_key(&name) {
            reader.variables.insert(name, words.collect());
        }
    }
    Ok(Verdict::Passed("psql's own"))
}

/// `\if`, `\elif`, `\else`, `\endif`: `None` for any other word.
fn branch(reader: &mut Reader<'_>, word: &str, rest: &str, span: Span) -> Result<Option<Verdict>, Fault> {
    const STEERS: Verdict = Verdict::Passed("psql's own");
    let lone = || Fault::new(Code::Syntax, span, format!("`\\{word}` without an \\if"));
    match word {
        "if" => {
            let outer_off = is_off(reader);
            reader.branches.push(Branch { span, on: false, done: outer_off });
            let on = !outer_off && condition(reader, rest, span)?;
            if let Some(last) = reader.branches.last_mut() {
                (last.on, last.done) = (on, outer_off || on);
            }
        }
        "elif" => {
            let mut last = reader.branches.pop().ok_or_else(lone)?;
            last.on = false;
            let asked = !last.done;
            reader.branches.push(last);
            let on = asked && condition(reader, rest, span)?;
            if let Some(last) = reader.branches.last_mut() {
                (last.on, last.done) = (on, last.done || on);
            }
        }
        "else" => {
            let last = reader.branches.last_mut().ok_or_else(lone)?;
            (last.on, last.done) = (!last.done, true);
        }
        "endif" => _ = reader.branches.pop().ok_or_else(lone)?,
        _ => return Ok(None),
    }
    Ok(Some(STEERS))
}

fn condition(reader: &Reader<'_>, rest: &str, span: Span) -> Result<bool, Fault> {
    let values = |it: &str| reader.variables.get(it).cloned();
    let words = arguments(rest, values, span)?;
    let [word] = words.as_slice() else {
        return Err(Fault::new(Code::Syntax, span, "`\\if` takes one value"));
    };
    let (value, turned) = match word.strip_prefix('!') {
        Some(rest) => (rest, true),
        None => (word.as_str(), false),
    };
    let lower = value.to_ascii_lowercase();
    match lower.as_str() {
        "1" | "on" | "t" | "true" | "y" | "yes" => Ok(!turned),
        "0" | "of" | "off" | "f" | "false" | "n" | "no" => Ok(turned),
        _ => match value.strip_prefix(':') {
            Some(name) => Err(unset(name, span)),
            None => Err(Fault::new(Code::Guard, span, format!("`{value}` is neither true nor false"))),
        },
    }
}

fn unset(name: &str, span: Span) -> Fault {
    let name = name.trim_matches(|it| it == '\'' || it == '"');
    Fault::new(Code::Guard, span, format!("the psql variable `{name}` is not set"))
        .hint(format!("give it by `--set {name}=…`, or \\set it above"))
}

/// The arguments of a command: white space between, quotes and `:name` understood.
fn arguments(rest: &str, value: impl Fn(&str) -> Option<String>, span: Span) -> Result<Vec<String>, Fault> {
    let (mut found, mut size) = (Vec::new(), 0);
    let mut chars = rest.char_indices().peekable();
    while let Some((at, char)) = chars.next() {
        if char.is_whitespace() {
            continue;
        }
        if char == '\\' {
            break;
        }
        let mut quote = (char == '\'' || char == '"').then_some(char);
        let mut end = at + char.len_utf8();
        while let Some((next, it)) = chars.peek().copied() {
            match quote {
                None if it.is_whitespace() || it == '\\' => break,
                None if it == '\'' || it == '"' => quote = Some(it),
                Some(open) if it == open => quote = None,
                _ => (),
            }
            end = next + it.len_utf8();
            chars.next();
        }
        let argument = argument(&rest[at..end], &value);
        size += argument.len();
        if size > MOST {
            return Err(too_much(span));
        }
        found.push(argument);
    }
    Ok(found)
}

fn argument(word: &str, value: impl Fn(&str) -> Option<String>) -> String {
    if let Some(name) = word.strip_prefix(":{?").and_then(|it| it.strip_suffix('}')) {
        return if value(name).is_some() { "TRUE" } else { "FALSE" }.to_string();
    }
    if let Some(name) = word.strip_prefix(':') {
        let plain = name.trim_matches(|it| it == '\'' || it == '"');
        return value(plain).unwrap_or_else(|| word.to_string());
    }
    match word.strip_prefix('\'').and_then(|it| it.strip_suffix('\'')) {
        Some(inside) => inside.replace("''", "'"),
        None => word.trim_matches('"').to_string(),
    }
}

/// How much the variables of a file may fill in, in bytes: variables that stand in each other grow without end.
const MOST: usize = 16 << 20;

fn too_much(span: Span) -> Fault {
    let message = format!("psql variables fill in more than {} MB by this point of the file", MOST >> 20);
    Fault::new(Code::Unsupported, span, message)
}

/// Counts what variables fill in.
fn fill(reader: &mut Reader<'_>, size: usize, span: Span) -> Result<(), Fault> {
    reader.filled = reader.filled.saturating_add(size);
    if reader.filled > MOST { Err(too_much(span)) } else { Ok(()) }
}

/// A statement with its variables filled in, and which they are.
pub(crate) struct Filled {
    pub(crate) text: String,
    pub(crate) names: Vec<String>,
}

/// The statement with `:name`, `:'name'` and `:"name"` filled in; `None` where there is none of them.
pub(crate) fn interpolated(
    reader: &mut Reader<'_>,
    text: &str,
    span: Span,
    tokens: &[Tok],
) -> Result<Option<Filled>, Fault> {
    let (mut filled, mut names) = (String::new(), Vec::new());
    let (mut copied, mut brackets) = (span.start as usize, 0_usize);
    for pair in tokens.windows(2) {
        let [colon, name] = pair else { continue };
        match colon.value.as_str() {
            "[" if colon.kind == TokenKind::Symbol => brackets += 1,
            "]" if colon.kind == TokenKind::Symbol => brackets = brackets.saturating_sub(1),
            _ => (),
        }
        let is_name = matches!(name.kind, TokenKind::Word | TokenKind::Text | TokenKind::Quoted);
        if !colon.is_symbol(":") || !is_name || colon.span.end != name.span.start {
            continue;
        }
        let written = &text[name.span.start as usize..name.span.end as usize];
        let word = if name.kind == TokenKind::Word { written } else { name.value.as_str() };
        let Some(value) = reader.variables.get(word) else {
            if brackets > 0 {
                continue;
            }
            return Err(unset(word, colon.span.to(name.span)));
        };
        if reader.filling.iter().any(|it| it == word) {
            let message = format!("the psql variable `{word}` stands in its own value");
            return Err(Fault::new(Code::Unsupported, colon.span.to(name.span), message));
        }
        names.push(word.to_owned());
        filled.push_str(&text[copied..colon.span.start as usize]);
        match name.kind {
            TokenKind::Text => filled.push_str(&literal(value)),
            TokenKind::Quoted => filled.push_str(&Name::from(value.as_str()).to_string()),
            _ => filled.push_str(value),
        }
        copied = name.span.end as usize;
        if filled.len() > MOST {
            return Err(too_much(span));
        }
    }
    if copied == span.start as usize {
        return Ok(None);
    }
    filled.push_str(&text[copied..span.end as usize]);
    fill(reader, filled.len(), span)?;
    Ok(Some(Filled { text: filled, names }))
}
