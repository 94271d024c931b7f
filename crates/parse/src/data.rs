//! Statements that put rows in, and those that only tend what is there.

use sql::{Cursor, Fault};

use crate::reader::Reader;
use crate::set::passed;
use crate::{Data, Verdict};

/// `INSERT`, `UPDATE`, `DELETE`, `MERGE`, `TRUNCATE`, `COPY`: counted and no part of a plan.
pub(crate) fn rows(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Verdict, Fault> {
    let begin = cursor.span();
    let words = cursor.rest();
    let settles = words.windows(2).any(|it| it[0].is("on") && it[1].is("conflict"));
    let idempotent = cursor.at(&["insert"]) && settles;
    let verdict = passed(cursor, Verdict::Data)?;
    let span = begin.to(cursor.previous());
    reader.desired.data.push(Data { span, path: reader.path.clone(), idempotent });
    Ok(verdict)
}

/// `VACUUM`, `ANALYZE`, `REFRESH` and their like.
pub(crate) fn upkeep(_: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Verdict, Fault> {
    passed(cursor, Verdict::Passed("upkeep, which declares nothing"))
}
