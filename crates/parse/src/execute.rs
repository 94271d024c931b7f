//! EXECUTE: the text that a constant expression comes to, read as statements.

use std::sync::Arc;

use model::Span;
use sql::{Code, Cursor, Fault, Tok, TokenKind};

use crate::guard::Guard;
use crate::reader::Reader;
use crate::value::Value;
use crate::{Entry, guard::Variables, guard_rows::Live};

/// The part of a text that a string literal holds, if it holds it as it stands: dollar-quoted, or without
/// any escape.
pub(crate) fn verbatim(text: &str, token: &Tok) -> Option<Span> {
    let slice = text.get(token.span.start as usize..token.span.end as usize)?;
    let (open, close) = match slice.as_bytes().first()? {
        b'$' => {
            let tag = slice[1..].find('$')? + 2;
            (tag, tag)
        }
        b'\'' => (1, 1),
        _ => return None,
    };
    let inside = slice.get(open..slice.len().checked_sub(close)?)?;
    let length = u32::try_from(open).ok()?;
    let span = Span {
        start: token.span.start + length,
        end: token.span.end - u32::try_from(close).ok()?,
        ..token.span
    };
    (inside == token.value).then_some(span)
}

/// `EXECUTE expression [INTO …] [USING …]`, its first word taken.
pub(crate) fn execute(
    reader: &mut Reader<'_>,
    text: &Arc<str>,
    cursor: &Cursor<'_>,
    tokens: &[Tok],
    variables: &Variables,
) -> Result<Vec<Entry>, Fault> {
    let mut inside = cursor.within(tokens);
    let expression = inside.until(|it| it.at(&["into"]) || it.at(&["using"]));
    let (Some(first), Some(last)) = (expression.first(), expression.last()) else {
        return Err(cursor.wanted("a text"));
    };
    let span = first.span.to(last.span);
    if !inside.is_done() {
        return Err(Fault::new(
            Code::Guard,
            inside.span(),
            "what is executed takes or gives values, which is not followed",
        )
        .hint("`-- reconcile: ignore` above the block leaves it alone"));
    }
    if let [only] = expression
        && only.kind == TokenKind::Text
        && let Some(part) = verbatim(text, only)
    {
        return Ok(reader.region(text, part));
    }
    let live = Live { roles: true, extensions: true, relations: true, types: true, functions: true };
    let value = Guard::new(reader, variables, live).value(&inside, expression);
    match value {
        Some(Value::Text(statement)) => Ok(reader.decoded(&statement, span)),
        _ => Err(Fault::new(Code::Guard, span, "this text is put together from what is not known here")
            .hint("write the statement out, or put `-- reconcile: ignore` above the block")),
    }
}
