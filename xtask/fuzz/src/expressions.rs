//! Types, and expressions that mean the same.

use std::sync::Arc;

use model::{Expr, Name, SearchPath};
use sql::{Columns, Cursor, Sameness, TypeName};

use crate::statements::{assert_slice, whole};

fn resolve(parts: &[Name]) -> Option<model::QualName> {
    match parts {
        [name] => Some(name.clone().within("public".into())),
        [.., space, name] => Some(name.clone().within(space.clone())),
        [] => None,
    }
}

fn read_type(text: &str) -> Option<model::Type> {
    let tokens = sql::lex(text, whole(text)).ok()?;
    let mut cursor = Cursor::new(text, &tokens, whole(text));
    match TypeName::read(&mut cursor) {
        Ok(ty) if cursor.is_done() => {
            _ = (ty.serial(), ty.clone().bare());
            sql::canonical_type(&ty, resolve)
        }
        Ok(_) => None,
        Err(fault) => {
            assert_slice(text, fault.span);
            None
        }
    }
}

/// A type printed is read as the type it is; only a server knows what pg_catalog alone is said to have.
pub(crate) fn data_type(text: &str) {
    if let Some(ty) = read_type(text) {
        let printed = ty.to_string();
        let again = read_type(&printed);
        if ty.user.is_none() && again.as_ref().is_some_and(|it| it.user.is_some()) {
            return;
        }
        let again = again.map(|it| it.to_string());
        assert_eq!(again.as_deref(), Some(&*printed), "what is read of {text:?}");
    }
}

fn columns() -> Columns {
    let types = [
        ("a", "integer"),
        ("b", "text"),
        ("c", "character varying(20)"),
        ("d", "timestamp with time zone"),
        ("e", "numeric(10,2)"),
        ("f", "text[]"),
        ("g", "public.mood"),
        ("h", "jsonb"),
        ("i", "date"),
        ("j", "bigint"),
        ("k", "boolean"),
        ("l", "double precision"),
        ("status", "character varying(20)"),
        ("name", "text"),
        ("id", "bigint"),
        ("price", "numeric"),
        ("value", "text"),
    ];
    let types = types.into_iter().map(|(name, ty)| (Name::new(name), Arc::from(ty))).collect();
    Columns { table: Some("t".into()), types, result: None }
}

fn expr(text: &str) -> Option<Expr> {
    let path: SearchPath = Arc::from([Name::new("public")]);
    // No statement leaves its semicolon to an expression, or half a pair of parentheses.
    sql::expr(text, whole(text), &path).ok().filter(|_| !text.contains(';') && is_balanced(text))
}

fn is_balanced(text: &str) -> bool {
    let tokens = sql::lex(text, whole(text)).unwrap_or_default();
    let deeper = |depth: Option<u32>, token: &sql::Tok| match &*token.value {
        "(" | "[" if token.kind == sql::TokenKind::Symbol => depth?.checked_add(1),
        ")" | "]" if token.kind == sql::TokenKind::Symbol => depth?.checked_sub(1),
        _ => depth,
    };
    tokens.iter().fold(Some(0), deeper) == Some(0)
}

/// Two expressions, with `~~~` between them. Each is the same as itself, in parentheses and with a comment
/// too; none is the same as its own negation; and what two that are the same hold of names and strings is
/// the same as well.
pub(crate) fn same(text: &str) {
    let (one, other) = text.split_once("~~~").unwrap_or((text, "a"));
    let (Some(a), Some(b)) = (expr(one), expr(other)) else { return };
    told(&a, &b);
    for result in ["integer", "text", "numeric", "regclass"] {
        let columns = Columns { result: Some(result.into()), ..columns() };
        if sql::same(&a, &b, &columns) == Sameness::Same {
            assert_eq!(literals(&a), literals(&b), "{a:?} {b:?}, a {result}");
        }
    }
}

fn told(a: &Expr, b: &Expr) {
    let columns = columns();
    let is_same = |one: &Expr, other: &Expr| sql::same(one, other, &columns) == Sameness::Same;
    assert!(is_same(a, a));
    if let Some(not) = expr(&format!("NOT ({}\n)", a.text)) {
        assert!(!is_same(a, &not) && !is_same(&not, a), "the same as its negation: {a:?}");
    }
    if is_same(a, b) {
        if let Some(wrapped) = expr(&format!("((/* x */ {}\n))", b.text)) {
            assert!(is_same(a, &wrapped), "{a:?} is {b:?}, but not in parentheses");
        }
        assert_eq!(literals(a), literals(b), "{a:?} {b:?}");
    }
    let adopted = sql::adopted(a, b);
    assert!(adopted == *b && adopted.text == a.text);
    _ = sql::restated(b);
}

/// The numbers of an expression, and the strings of letters alone: no normalising adds or takes one away.
fn literals(expr: &Expr) -> Vec<String> {
    let tokens = sql::lex(&expr.text, whole(&expr.text)).unwrap_or_default();
    let mut found: Vec<String> = tokens.iter().filter_map(literal).collect();
    found.sort();
    found
}

fn literal(token: &sql::Tok) -> Option<String> {
    let is_number = token.kind == sql::TokenKind::Number && token.value.bytes().all(|it| it.is_ascii_digit());
    let is_text = token.kind == sql::TokenKind::Text
        && token.value.len() > 2
        && token.value.bytes().all(|it| it.is_ascii_alphanumeric());
    (is_number || is_text).then(|| token.value.clone())
}
