//! Changes an expression a little, one way at a time. Knows tokens only; whether a mutant means anything, or
//! anything else, the server says.

use std::collections::HashSet;

use model::Span;
use sql::{Columns, Tok, TokenKind, lex};

/// One way to change the token at a place, if it can be changed so.
type Way = fn(&[Tok], usize, &Columns) -> Option<String>;

/// The mutants of a text, each in one place and by ways in turn; then, up to so many, mutants of those.
pub(super) fn mutants(text: &str, columns: &Columns, most: usize) -> Vec<String> {
    let mut found = changed(text, columns);
    let mut at = 0;
    while found.len() < most && at < found.len() && at < most {
        let again: Vec<String> = changed(&found[at], columns).into_iter().skip(at % 3).step_by(3).collect();
        found.extend(again.into_iter().filter(|it| it != text));
        at += 1;
    }
    let mut seen = HashSet::new();
    found.retain(|it| seen.insert(it.clone()));
    found.truncate(most);
    found
}

/// Every change in one place: the first of each way, the second of each, and so on.
fn changed(text: &str, columns: &Columns) -> Vec<String> {
    let end = u32::try_from(text.len()).unwrap_or(u32::MAX);
    let Ok(tokens) = lex(text, Span { file: 0, start: 0, end }) else { return Vec::new() };
    let ways: [Way; 9] =
        [operator, number, string, other_column, cast_column, cast_literal, collate, is_not, arithmetic];
    let places = |way: &Way| -> Vec<String> {
        let new = |at| way(&tokens, at, columns).map(|new| replaced(text, &tokens[at], &new));
        (0..tokens.len()).filter_map(new).collect()
    };
    let mut all: Vec<Vec<String>> = ways.iter().map(places).collect();
    let words = ["select", "with", "for", "range", "list", "hash"];
    if !tokens.first().is_some_and(|it| words.iter().any(|w| it.is(w))) {
        all.push(vec![format!("NOT ({text}\n)")]);
        all.push(vec![format!("({text}\n) AND true")]);
    }
    let longest = all.iter().map(Vec::len).max().unwrap_or_default();
    (0..longest).flat_map(|at| all.iter().filter_map(move |it| it.get(at).cloned())).collect()
}

fn replaced(text: &str, token: &Tok, new: &str) -> String {
    let (start, end) = (token.span.start as usize, token.span.end as usize);
    format!("{}{new}{}", &text[..start], &text[end..])
}

fn operator(tokens: &[Tok], at: usize, _: &Columns) -> Option<String> {
    const SWAPS: [(&str, &str); 14] = [
        ("=", "<>"),
        ("<>", "="),
        ("!=", "="),
        ("<", "<="),
        ("<=", "<"),
        (">", ">="),
        (">=", ">"),
        ("+", "-"),
        ("-", "+"),
        ("*", "+"),
        ("/", "*"),
        ("~", "~*"),
        ("->>", "->"),
        ("||", "="),
    ];
    let token = &tokens[at];
    let star = token.is_symbol("*")
        && tokens
            .get(at.wrapping_sub(1))
            .is_none_or(|it| it.is_symbol(",") || it.is("select") || it.is_symbol(".") || it.is_symbol("("));
    match token.kind {
        TokenKind::Symbol if !star => {
            SWAPS.iter().find(|it| token.is_symbol(it.0)).map(|it| format!(" {} ", it.1))
        }
        TokenKind::Word => match token.value.as_str() {
            "and" if !tokens[..at].iter().rev().take(3).any(|it| it.is("between")) => Some("or".into()),
            "or" => Some("and".into()),
            "like" => Some("ilike".into()),
            _ => None,
        },
        _ => None,
    }
}

fn number(tokens: &[Tok], at: usize, _: &Columns) -> Option<String> {
    let token = tokens.get(at).filter(|it| it.kind == TokenKind::Number)?;
    token.value.parse::<i64>().ok().map(|it| (it + 1).to_string())
}

fn string(tokens: &[Tok], at: usize, _: &Columns) -> Option<String> {
    let token = tokens.get(at).filter(|it| it.kind == TokenKind::Text)?;
    Some(model::literal(&format!("{}1", token.value)))
}

fn is_column(tokens: &[Tok], at: usize, columns: &Columns) -> bool {
    let symbol = |at: Option<usize>, it: &str| {
        at.and_then(|at| tokens.get(at)).is_some_and(|token| token.is_symbol(it))
    };
    let name = tokens[at].name();
    name.is_some_and(|it| columns.types.contains_key(&it))
        && !symbol(at.checked_add(1), "(")
        && !symbol(at.checked_add(1), ".")
        && !symbol(at.checked_sub(1), "::")
}

fn other_column(tokens: &[Tok], at: usize, columns: &Columns) -> Option<String> {
    if !is_column(tokens, at, columns) {
        return None;
    }
    let name = tokens[at].name()?;
    let ty = columns.types.get(&name)?;
    let mut others: Vec<_> =
        columns.types.iter().filter(|(it, of)| **it != name && *of == ty).map(|it| it.0).collect();
    others.sort();
    others.first().map(ToString::to_string)
}

fn cast_column(tokens: &[Tok], at: usize, columns: &Columns) -> Option<String> {
    let name = tokens[at].name().filter(|_| is_column(tokens, at, columns))?;
    let integer = columns.types.get(&name).is_some_and(|it| &**it == "integer");
    Some(format!("{name}::{}", if integer { "bigint" } else { "text" }))
}

fn cast_literal(tokens: &[Tok], at: usize, _: &Columns) -> Option<String> {
    let token = tokens.get(at)?;
    let typed =
        at.checked_sub(1).is_some_and(|it| tokens[it].kind == TokenKind::Word && tokens[it].is("interval"));
    match token.kind {
        TokenKind::Text if !typed => Some(format!("{}::varchar", model::literal(&token.value))),
        TokenKind::Number => Some(format!("{}::bigint", token.value)),
        _ => None,
    }
}

fn collate(tokens: &[Tok], at: usize, columns: &Columns) -> Option<String> {
    let name = tokens[at].name().filter(|_| is_column(tokens, at, columns))?;
    let ty = columns.types.get(&name)?;
    (ty.starts_with("text") || ty.starts_with("character varying")).then(|| format!("({name} COLLATE \"C\")"))
}

fn is_not(tokens: &[Tok], at: usize, _: &Columns) -> Option<String> {
    let next = tokens.get(at + 1)?;
    match tokens[at].is("is") {
        true if next.is("not") => None,
        true => Some("is not".into()),
        false if tokens[at].is("not") && at > 0 && tokens[at - 1].is("is") => Some(String::new()),
        false => None,
    }
}

fn arithmetic(tokens: &[Tok], at: usize, _: &Columns) -> Option<String> {
    let value = tokens.get(at).filter(|it| it.kind == TokenKind::Number)?.value.parse::<i64>().ok()?;
    Some(format!("({}+1)", value - 1))
}
