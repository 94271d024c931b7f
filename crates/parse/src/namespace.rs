//! CREATE SCHEMA.

use model::{Kind, Namespace};
use sql::{Cursor, Fault};

use crate::Verdict;
use crate::reader::Reader;

/// `CREATE SCHEMA [IF NOT EXISTS] name [AUTHORIZATION role]`
pub(crate) fn create(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Verdict, Fault> {
    let begin = cursor.span();
    cursor.expect(&["create", "schema"])?;
    let guarded = cursor.eat(&["if", "not", "exists"]);
    let name = cursor.name()?;
    let id = Kind::Namespace.root(&name);
    if guarded && reader.desired.schema.contains(&id) {
        return Ok(Verdict::Idiom);
    }
    cursor.expect_done()?;
    reader.declare(&id, Namespace {}, begin.to(cursor.previous()));
    Ok(Verdict::Declared)
}
