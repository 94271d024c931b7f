//! Lists of options in parentheses, as storage parameters and options of views are written.

use model::Settings;
use sql::{Cursor, Fault, TokenKind};

/// Takes `(one, two, …)` and has each read by itself.
pub(crate) fn each<'a>(
    cursor: &mut Cursor<'a>,
    mut read: impl FnMut(&mut Cursor<'a>) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let tokens = cursor.parenthesised()?;
    let mut inside = cursor.within(tokens);
    while !inside.is_done() {
        let one = inside.element();
        read(&mut inside.within(one))?;
        if !inside.eat_symbol(",") {
            break;
        }
    }
    inside.expect_done()
}

/// Takes `(name [= value], …)`; a name alone means true. Names may have a prefix, such as `toast.`.
pub(crate) fn list(cursor: &mut Cursor<'_>) -> Result<Settings, Fault> {
    cursor.expect_symbol("(")?;
    let mut found = Settings::new();
    loop {
        let parts = cursor.dotted()?;
        let name = parts.iter().map(|it| it.as_str()).collect::<Vec<_>>().join(".");
        let value = if cursor.eat_symbol("=") { value(cursor)? } else { "true".to_string() };
        found.insert(name, value);
        if !cursor.eat_symbol(",") {
            break;
        }
    }
    cursor.expect_symbol(")")?;
    Ok(found)
}

/// What an option that is on or off says.
pub(crate) fn boolean(value: &str) -> Option<bool> {
    match value.to_lowercase().as_str() {
        "true" | "on" | "yes" | "1" => Some(true),
        "false" | "off" | "no" | "0" => Some(false),
        _ => None,
    }
}

/// Takes one word, string or number, as the server keeps it.
fn value(cursor: &mut Cursor<'_>) -> Result<String, Fault> {
    let sign = if cursor.eat_symbol("-") { "-" } else { "" };
    match cursor.peek() {
        Some(it) if it.kind != TokenKind::Symbol => {
            cursor.next();
            Ok(format!("{sign}{}", it.value))
        }
        _ => Err(cursor.wanted("a value")),
    }
}
