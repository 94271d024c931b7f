use std::sync::Arc;

use model::{Expr, SearchPath};

/// An expression or query of the user's file.
pub fn expr(text: &str, path: &SearchPath) -> Expr {
    server_expr(text, path)
}

/// An expression or query as the server prints it: no mentions, because the server's edges are known.
pub fn server_expr(text: &str, path: &SearchPath) -> Expr {
    let text: Arc<str> = text.trim().into();
    Expr { key: text.clone(), text, path: path.clone(), mentions: Arc::new([]) }
}
