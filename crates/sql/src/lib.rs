//! When two texts mean the same: expressions, queries and types as tokens and names.
//!
//! Knows the lexical rules of SQL, and nothing of statements or of a server.

mod conninfo;
mod cursor;
mod expr;
mod fault;
mod lex;
mod mention;
mod rename;
mod same;
mod split;
mod types;

pub use conninfo::{Conninfo, conninfo};
pub use cursor::Cursor;
pub use expr::{expr, expr_of, key, server_expr};
pub use fault::{Code, Fault};
pub use lex::{Tok, TokenKind, lex};
pub use rename::{relabelled, renamed, unrenamed};
pub use same::{
    Columns, Place, Sameness, adopted, columns_in, columns_of, restated, same, same_in, settle_offline,
};
pub use split::{Directive, Piece, PieceKind, Pieces, split};
pub use types::{TypeName, canonical_type, is_builtin_type};
