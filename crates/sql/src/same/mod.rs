//! What is known without a server of two expressions that are written differently.
//!
//! Knows tokens and grammar; whatever needs a catalog it does not know, and says so. It never says that
//! two expressions differ.

mod offline;
mod tree;
mod unify;

use std::collections::HashMap;
use std::sync::Arc;

use model::{Expr, Name, Span};

use crate::{Tok, expr_of, lex};
use unify::Unifier;

pub use offline::{Place, columns_in, columns_of, same_in, settle_offline};

/// What is known of two expressions.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sameness {
    /// The server would store the one for the other.
    Same,
    /// Only the server can tell.
    Unknown,
}

/// What an expression stands on: the columns of its own table.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Columns {
    /// The table's bare name, which may stand before its columns.
    pub table: Option<Name>,
    /// The canonical type of each column.
    pub types: HashMap<Name, Arc<str>>,
    /// The type the whole is assigned to, where there is one.
    pub result: Option<Arc<str>>,
}

/// Whether the file's expression and the server's mean the same, as far as tokens, grammar and the types of
/// columns tell. Queries are never told. The namespaces of the file's path must all exist.
pub fn same(desired: &Expr, actual: &Expr, columns: &Columns) -> Sameness {
    if desired == actual {
        return Sameness::Same;
    }
    let trees = tree_of(desired).zip(tree_of(actual));
    let want = columns.result.as_ref().map(|it| unify::base(it));
    let unifier = Unifier { columns, path: &desired.path };
    match trees {
        // A number is assigned as it is: it keeps a cast that it has, and gets none that it lacks.
        Some((tree::Node::Number(d), a)) if a != tree::Node::Number(d.clone()) => Sameness::Unknown,
        Some((d, a)) if unifier.meets(&d, &a, want.as_deref()) => Sameness::Same,
        _ => Sameness::Unknown,
    }
}

fn tree_of(expr: &Expr) -> Option<tree::Node> {
    tree::tree(&expr.text, &tokens(&expr.text)?, &expr.path)
}

fn tokens(text: &str) -> Option<Vec<Tok>> {
    let end = u32::try_from(text.len()).ok()?;
    lex(text, Span { file: 0, start: 0, end }).ok()
}

/// The desired expression, found to mean the same as the actual one: the author's text, path and mentions
/// with the actual one's comparable form, so that both are equal.
pub fn adopted(desired: &Expr, actual: &Expr) -> Expr {
    Expr { key: Arc::clone(&actual.key), ..desired.clone() }
}

/// The server's text as an expression of a file: with its mentions, which are fully qualified.
pub fn restated(actual: &Expr) -> Expr {
    match tokens(&actual.text) {
        Some(tokens) => Expr { key: Arc::clone(&actual.key), ..expr_of(&actual.text, &tokens, &actual.path) },
        None => actual.clone(),
    }
}

#[cfg(test)]
mod tests;
