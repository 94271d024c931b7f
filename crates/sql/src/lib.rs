//! When two texts mean the same: expressions, queries and types as tokens and names.
//!
//! Knows the lexical rules of SQL, and nothing of statements or of a server.

mod expr;

pub use expr::{expr, server_expr};
