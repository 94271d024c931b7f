//! Statements that put rows in, and those that only tend what is there.

use sql::{Cursor, Fault};

use crate::Verdict;
use crate::reader::Reader;
use crate::set::passed;

/// `INSERT`, `UPDATE`, `DELETE`, `MERGE`, `TRUNCATE`, `COPY`: counted and no part of a plan.
pub(crate) fn rows(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Verdict, Fault> {
    let begin = cursor.span();
    let verdict = passed(cursor, Verdict::Data)?;
    reader.desired.data.push(begin.to(cursor.previous()));
    Ok(verdict)
}

/// `VACUUM`, `ANALYZE`, `REFRESH` and their like.
pub(crate) fn upkeep(_: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Verdict, Fault> {
    passed(cursor, Verdict::Passed("upkeep, which declares nothing"))
}
