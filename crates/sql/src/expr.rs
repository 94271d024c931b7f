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
    let partners = partners(tokens);
    let encloses = |at: usize| partners.get(at) == Some(&(tokens.len() - 1 - at)) && at < tokens.len() / 2;
    let depth = (0..tokens.len()).take_while(|it| encloses(*it)).count();
    &tokens[depth..tokens.len() - depth]
}

/// For each of the leading opening parentheses, where it closes; the length where it never does.
fn partners(tokens: &[Tok]) -> Vec<usize> {
    let leading = tokens.iter().take_while(|it| it.is_symbol("(")).count();
    let mut partners = vec![tokens.len(); leading];
    let mut open = Vec::new();
    for (at, token) in tokens.iter().enumerate().filter(|(_, it)| it.kind == TokenKind::Symbol && leading > 0)
    {
        match token.value.as_str() {
            "(" => open.push(at),
            ")" => match open.pop() {
                Some(begin) if begin < leading => partners[begin] = at,
                Some(_) => (),
                None => return Vec::new(),
            },
            _ => (),
        }
    }
    partners
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
        assert!(same("(((a) + (b)));", "(a) + (b)"));
        assert!(!same("((a)", "a)"));
        assert!(same("()", ""));
    }

    #[test]
    fn is_linear_in_the_nesting() {
        let deep = format!("{}a{}", "(".repeat(100_000), ")".repeat(100_000));
        assert!(same(&deep, "a"));
    }
}
