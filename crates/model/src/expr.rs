//! Expressions and queries as plain data. Only `sql` makes them; equality is by comparable tokens.

use std::fmt;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use crate::Name;

/// The namespaces unqualified names are looked up in, in order. Shared, because a file has few.
pub type SearchPath = Arc<[Name]>;

/// A SQL expression or query: the author's own text, and what can be compared of it.
///
/// `==` compares the tokens, never the text: comments, keyword case, needless quotes and outermost
/// parentheses do not count. Two unequal expressions may still mean the same; `catalog::settle`
/// asks the server and then replaces the desired one by the server's.
#[derive(Clone)]
pub struct Expr {
    /// A slice of the author's text or the server's print, never a re-print of ours.
    pub text: Arc<str>,
    /// The comparable form of the tokens.
    pub key: Arc<str>,
    /// The search path the text was written or read under.
    pub path: SearchPath,
    /// What the text mentions, unresolved. Empty on the server's side, where `pg_depend` is read.
    pub mentions: Arc<[Mention]>,
}

/// A whole query, such as a view's. The same data as an expression.
pub type Query = Expr;

/// A name in an expression or query, as written: one to three parts, folded.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Mention {
    /// What stands where a relation may (FROM, JOIN, `'t'::regclass`, `nextval('s')`).
    Relation(Vec<Name>),
    /// A column, perhaps qualified by a relation or alias.
    Column(Vec<Name>),
    /// What is called.
    Function(Vec<Name>),
    /// What is cast to.
    Type(Vec<Name>),
    /// What stands behind COLLATE.
    Collation(Vec<Name>),
    /// An operator, perhaps qualified.
    Operator(Vec<Name>),
    /// `*` or `t.*`: every column of something.
    Star,
}

impl PartialEq for Expr {
    fn eq(&self, other: &Expr) -> bool {
        self.key == other.key
    }
}

impl Eq for Expr {}

/// The comparable form only, because that is what an expression is equal by.
impl fmt::Debug for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Expr({:?})", self.key)
    }
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The key alone is serialised: it is what two schemas are compared by.
impl Serialize for Expr {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.key)
    }
}
