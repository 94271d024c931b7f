//! Which reader a statement goes to, by its first words. The one match on statements.

use model::Span;
use sql::{Code, Cursor, Fault};

use crate::reader::Reader;
use crate::{Verdict, namespace};

/// Reads one statement.
pub(crate) fn statement(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Verdict, Fault> {
    match () {
        () if cursor.at(&["create", "schema"]) => namespace::create(reader, cursor),
        () => {
            let first = cursor.peek().map(|it| cursor.slice(it.span)).unwrap_or_default();
            let message = format!("a statement that begins with `{first}` is not understood");
            Err(Fault::new(Code::Unsupported, cursor.span(), message))
        }
    }
}

/// Reads one of psql's meta-commands.
pub(crate) fn meta(_: &mut Reader<'_>, text: &str, span: Span) -> Result<Verdict, Fault> {
    let word = text[span.start as usize..span.end as usize].split_whitespace().next().unwrap_or_default();
    match word {
        "\\restrict" | "\\unrestrict" => Ok(Verdict::Passed("psql's own")),
        _ => Err(Fault::new(Code::Unsupported, span, format!("the psql command `{word}` is not understood"))),
    }
}
