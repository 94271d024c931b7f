//! What is known without a server of two expressions that are written differently.
//!
//! Knows tokens and grammar; whatever needs a catalog it does not know, and says so.

use std::sync::Arc;

use model::{Expr, Span};

use crate::{expr_of, lex};

/// The desired expression, found to mean the same as the actual one: the author's text, path and mentions
/// with the actual one's comparable form, so that both are equal.
pub fn adopted(desired: &Expr, actual: &Expr) -> Expr {
    Expr { key: Arc::clone(&actual.key), ..desired.clone() }
}

/// The server's text as an expression of a file: with its mentions, which are fully qualified.
pub fn restated(actual: &Expr) -> Expr {
    let end = u32::try_from(actual.text.len()).unwrap_or(u32::MAX);
    match lex(&actual.text, Span { file: 0, start: 0, end }) {
        Ok(tokens) => {
            Expr { key: Arc::clone(&actual.key), ..expr_of(&actual.text, &tokens, &actual.path) }
        }
        Err(_) => actual.clone(),
    }
}
