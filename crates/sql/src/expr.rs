//! Makes expressions: the text as it is, its comparable form, what it mentions.

use std::fmt::Write;
use std::sync::Arc;

use model::{Expr, Name, SearchPath, Span};

use crate::mention::mentions;
use crate::{Fault, Tok, TokenKind, lex};

/// An expression or query of the user's file, given as the slice of the file that `span` covers.
pub fn expr(text: &str, span: Span, path: &SearchPath) -> Result<Expr, Fault> {
    let tokens = lex(text, span)?;
    Ok(expr_of(text, &tokens, path))
}

/// An expression or query whose tokens are known already. `text` is the slice they were read from.
pub fn expr_of(text: &str, tokens: &[Tok], path: &SearchPath) -> Expr {
    let mentions = Arc::from(mentions(tokens));
    Expr { text: text.trim().into(), key: key(tokens), path: path.clone(), mentions }
}

/// An expression or query as the server prints it: no mentions, because the server's edges are known.
pub fn server_expr(text: &str, path: &SearchPath) -> Expr {
    let text: Arc<str> = text.trim().into();
    let span = Span { file: 0, start: 0, end: u32::try_from(text.len()).unwrap_or(u32::MAX) };
    let key = lex(&text, span).map_or_else(|_| text.clone(), |it| key(&it));
    Expr { key, text, path: path.clone(), mentions: Arc::new([]) }
}

/// The comparable form of tokens: comments, white space, keyword case, needless quotes, the kind of
/// string quotes, outermost parentheses and a final semicolon do not count.
pub fn key(tokens: &[Tok]) -> Arc<str> {
    let mut key = String::with_capacity(tokens.len() * 6);
    for token in stripped(tokens) {
        if !key.is_empty() {
            key.push(' ');
        }
        match token.kind {
            TokenKind::Word | TokenKind::Number | TokenKind::Bits => key.push_str(&token.value),
            TokenKind::Symbol if token.value == "!=" => key.push_str("<>"),
            TokenKind::Symbol => key.push_str(&token.value),
            TokenKind::Quoted => _ = write!(key, "{}", Name::new(token.value.as_str())),
            TokenKind::Text => _ = write!(key, "'{}'", token.value.replace('\'', "''")),
        }
    }
    key.into()
}

/// Without the final semicolon and the parentheses around the whole.
fn stripped(mut tokens: &[Tok]) -> &[Tok] {
    while let [rest @ .., last] = tokens
        && last.is_symbol(";")
    {
        tokens = rest;
    }
    while let [first, rest @ .., last] = tokens
        && first.is_symbol("(")
        && last.is_symbol(")")
        && is_balanced(rest)
    {
        tokens = rest;
    }
    tokens
}

/// Whether no parenthesis closes that was not opened here.
fn is_balanced(tokens: &[Tok]) -> bool {
    let mut depth = 0_usize;
    for token in tokens.iter().filter(|it| it.kind == TokenKind::Symbol) {
        match token.value.as_str() {
            "(" => depth += 1,
            ")" if depth == 0 => return false,
            ")" => depth -= 1,
            _ => (),
        }
    }
    depth == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(a: &str, b: &str) -> bool {
        let path: SearchPath = Arc::new([]);
        server_expr(a, &path) == server_expr(b, &path)
    }

    #[test]
    fn forgets_what_carries_no_meaning() {
        assert!(same("((A  = 'x'))", "a=/* c */'x' -- d"));
        assert!(same("\"a\" <> E'x'", "a != $$x$$"));
        assert!(same("SELECT 1;", "select 1"));
        assert!(!same("(a) = (b)", "a = b"));
        assert!(!same("\"A\"", "a"));
        assert!(!same("'A'", "'a'"));
        assert!(!same("a = 'b c'", "a = 'b  c'"));
    }
}
