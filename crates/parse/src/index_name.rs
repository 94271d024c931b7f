//! The column names the server makes an unnamed index's name of (`ChooseIndexColumnNames`,
//! `FigureIndexColname`). Works on tokens; knows no table.

use model::{IndexKey, Name};
use sql::{Tok, TokenKind};

use crate::names::{LONGEST, clip};

/// Names joined as the server joins them for a name: it stops once they are too long anyway.
pub(crate) fn joined(names: &[String]) -> String {
    let mut text = String::new();
    for name in names {
        if !text.is_empty() {
            text.push('_');
        }
        text.push_str(name);
        if text.len() > LONGEST {
            break;
        }
    }
    text
}

/// A name for each key and each column carried along, without repetition.
pub(crate) fn columns(keys: &[&IndexKey], include: &[Name]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let of_keys = keys.iter().map(|it| of_key(it));
    for name in of_keys.chain(include.iter().map(|it| it.as_str().to_string())) {
        let mut current = name.clone();
        let mut pass = 0_u32;
        while names.contains(&current) {
            pass += 1;
            let number = pass.to_string();
            current = format!("{}{number}", clip(&name, LONGEST - number.len()));
        }
        names.push(current);
    }
    names
}

fn of_key(key: &IndexKey) -> String {
    if let Some(column) = &key.column {
        return column.as_str().to_string();
    }
    let length = u32::try_from(key.expr.text.len()).unwrap_or(u32::MAX);
    let span = model::Span { file: 0, start: 0, end: length };
    let tokens = sql::lex(&key.expr.text, span).unwrap_or_default();
    figured(&tokens).map_or_else(|| "expr".to_string(), |(_, name)| name)
}

/// What `FigureColnameInternal` finds, and how sure it is: 1 for a type's name or CASE, 2 for the rest.
fn figured(tokens: &[Tok]) -> Option<(u8, String)> {
    let tokens = unwrapped(tokens);
    if let Some(cut) = top_level(tokens, |it, _| it.is("collate")) {
        return figured(&tokens[..cut]);
    }
    if let Some(name) = zoned(tokens) {
        return Some((2, name));
    }
    if let Some(cut) = last_cast(tokens) {
        if has_operator(&tokens[..cut]) {
            return None;
        }
        let inner = figured(&tokens[..cut]);
        return inner.filter(|it| it.0 > 1).or_else(|| Some((1, type_name(&tokens[cut + 1..]))));
    }
    match tokens {
        [first, .., last] if first.is("case") && last.is("end") => Some((1, "case".into())),
        [first, open, .., close] if first.is("cast") && open.is_symbol("(") && close.is_symbol(")") => {
            let inside = &tokens[2..tokens.len() - 1];
            let cut = top_level(inside, |it, _| it.is("as"))?;
            let inner = figured(&inside[..cut]);
            inner.filter(|it| it.0 > 1).or_else(|| Some((1, type_name(&inside[cut + 1..]))))
        }
        [first, open, ..] if first.is("array") && open.is_symbol("[") => Some((2, "array".into())),
        _ if has_operator(tokens) => None,
        _ => of_name(tokens),
    }
}

/// A column or call: names with dots, then perhaps arguments; also `(…).field` and `x[…]`.
fn of_name(tokens: &[Tok]) -> Option<(u8, String)> {
    let mut end = tokens.len();
    while end > 0 && tokens[end - 1].is_symbol("]") {
        end = opening(tokens, end - 1)?;
    }
    if end > 0 && tokens[end - 1].is_symbol(")") {
        end = opening(tokens, end - 1)?;
    }
    let name = tokens.get(end.checked_sub(1)?)?.name()?;
    Some((
        2,
        match name.as_str() {
            "trim" => trimmed(&tokens[end..]).to_string(),
            other => other.to_string(),
        },
    ))
}

/// TRIM is one of three functions.
fn trimmed(arguments: &[Tok]) -> &'static str {
    match arguments.get(1) {
        Some(it) if it.is("leading") => "ltrim",
        Some(it) if it.is("trailing") => "rtrim",
        _ => "btrim",
    }
}

/// `x AT TIME ZONE y` is a call of `timezone`.
fn zoned(tokens: &[Tok]) -> Option<String> {
    let cut = top_level(tokens, |it, next| it.is("at") && next.is_some_and(|it| it.is("time")))?;
    (!has_operator(&tokens[..cut])).then(|| "timezone".to_string())
}

fn type_name(tokens: &[Tok]) -> String {
    let words: Vec<&str> =
        tokens.iter().take_while(|it| it.name().is_some()).map(|it| it.value.as_str()).collect();
    let dotted = tokens.iter().rposition(|it| it.is_symbol(".")).and_then(|it| tokens.get(it + 1));
    if let Some(last) = dotted {
        return last.value.clone();
    }
    let zoned = tokens.windows(2).any(|it| it[0].is("with") && it[1].is("time"));
    let name = match words.first().copied().unwrap_or_default() {
        "int" | "integer" => "int4",
        "bigint" => "int8",
        "smallint" => "int2",
        "boolean" => "bool",
        "real" => "float4",
        "double" | "float" => "float8",
        "decimal" | "dec" => "numeric",
        "character" | "char" | "nchar" if words.get(1) == Some(&"varying") => "varchar",
        "character" | "char" | "nchar" => "bpchar",
        "bit" if words.get(1) == Some(&"varying") => "varbit",
        "timestamp" if zoned => "timestamptz",
        "time" if zoned => "timetz",
        other => other,
    };
    name.to_string()
}

/// Without the parentheses around the whole.
fn unwrapped(mut tokens: &[Tok]) -> &[Tok] {
    while let [first, rest @ .., last] = tokens
        && first.is_symbol("(")
        && last.is_symbol(")")
        && opening(tokens, tokens.len() - 1) == Some(0)
    {
        tokens = rest;
    }
    tokens
}

/// Where the bracket opens that closes at `close`.
fn opening(tokens: &[Tok], close: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for at in (0..=close).rev() {
        match tokens[at].value.as_str() {
            ")" | "]" if tokens[at].kind == TokenKind::Symbol => depth += 1,
            "(" | "[" if tokens[at].kind == TokenKind::Symbol => depth -= 1,
            _ => (),
        }
        if depth == 0 {
            return Some(at);
        }
    }
    None
}

/// The first token outside brackets and CASE that passes, given the one behind it.
fn top_level(tokens: &[Tok], wanted: impl Fn(&Tok, Option<&Tok>) -> bool) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate() {
        if depth == 0 && wanted(token, tokens.get(at + 1)) {
            return Some(at);
        }
        match token.value.as_str() {
            "(" | "[" if token.kind == TokenKind::Symbol => depth += 1,
            ")" | "]" if token.kind == TokenKind::Symbol => depth = depth.saturating_sub(1),
            "case" if token.kind == TokenKind::Word => depth += 1,
            "end" if token.kind == TokenKind::Word => depth = depth.saturating_sub(1),
            _ => (),
        }
    }
    None
}

fn last_cast(tokens: &[Tok]) -> Option<usize> {
    let mut found = None;
    let mut from = 0;
    while let Some(at) = tokens.get(from..).and_then(|it| top_level(it, |it, _| it.is_symbol("::"))) {
        found = Some(from + at);
        from += at + 1;
    }
    found
}

/// Whether an operator joins parts outside brackets: such an expression has no name of its own.
fn has_operator(tokens: &[Tok]) -> bool {
    const PLAIN: &[&str] = &["(", ")", "[", "]", ".", ",", "::"];
    const WORDS: &[&str] =
        &["and", "or", "not", "is", "like", "ilike", "in", "between", "similar", "isnull", "notnull"];
    let is_operator = |it: &Tok| match it.kind {
        TokenKind::Symbol => !PLAIN.contains(&it.value.as_str()),
        TokenKind::Word => WORDS.contains(&it.value.as_str()),
        TokenKind::Number | TokenKind::Text | TokenKind::Bits | TokenKind::Quoted => false,
    };
    top_level(tokens, |it, _| is_operator(it)).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> String {
        let span = model::Span { file: 0, start: 0, end: u32::try_from(text.len()).unwrap() };
        figured(&sql::lex(text, span).unwrap()).map_or_else(|| "expr".into(), |it| it.1)
    }

    #[test]
    fn names_expressions_as_the_server_does() {
        for (text, wanted) in [
            ("lower(a)", "lower"),
            ("(pg_catalog.lower(a))", "lower"),
            ("a || b", "expr"),
            ("(a || b)::text", "text"),
            ("a::integer", "a"),
            ("'x'::integer", "int4"),
            ("data ->> 'k'", "expr"),
            ("(data ->> 'k')::int", "int4"),
            ("CASE WHEN a THEN 1 END", "case"),
            ("COALESCE(a, b)", "coalesce"),
            ("a AT TIME ZONE 'UTC'", "timezone"),
            ("date(a AT TIME ZONE 'UTC')", "date"),
            ("CAST(a || 'x' AS varchar(10))", "varchar"),
            ("a COLLATE \"C\"", "a"),
            ("trim(both from a)", "btrim"),
            ("x[1]", "x"),
            ("a IS NULL", "expr"),
            ("- a", "expr"),
        ] {
            assert_eq!(name(text), wanted, "{text}");
        }
    }
}
