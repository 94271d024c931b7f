//! Statements that put rows in, and those that only tend what is there.

use sql::{Code, Cursor, Fault};

use crate::reader::Reader;
use crate::set::passed;
use crate::{Data, Verdict};

/// `INSERT`, `UPDATE`, `DELETE`, `MERGE`, `TRUNCATE`, `COPY`: counted and no part of a plan.
pub(crate) fn rows(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Verdict, Fault> {
    let begin = cursor.span();
    let words = cursor.rest();
    if let [verb, next, ..] = words
        && (verb.is("insert") && !next.is("into") || verb.is("copy") && next.is("into"))
    {
        return Err(Fault::new(Code::Unsupported, verb.span.to(next.span), "this is not PostgreSQL's"));
    }
    let settles = words.windows(2).any(|it| it[0].is("on") && it[1].is("conflict"));
    let idempotent = cursor.at(&["insert"]) && settles;
    let verdict = passed(cursor, Verdict::Data)?;
    let span = begin.to(cursor.previous());
    reader.desired.data.push(Data { span, path: reader.path.clone(), idempotent });
    Ok(verdict)
}

/// `CLUSTER [VERBOSE | (…)] [table [USING index]]`: what is put in order is no part of a plan, but the
/// index is kept for the next time.
pub(crate) fn cluster(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Verdict, Fault> {
    let mut ahead = cursor.clone();
    ahead.expect(&["cluster"])?;
    if ahead.at_symbol("(") {
        ahead.parenthesised()?;
    }
    ahead.eat(&["verbose"]);
    let named = if ahead.is_done() { None } else { Some((ahead.span(), ahead.dotted()?)) };
    let (Some((at, parts)), true) = (named, ahead.eat(&["using"])) else { return upkeep(reader, cursor) };
    let id = reader.relation(&parts, at)?;
    let index = ahead.name()?;
    if let Some(table) = id.qual_name().cloned() {
        reader.change_table(&table, |it| it.cluster_on = Some(index));
    }
    passed(cursor, Verdict::Declared)
}

/// `VACUUM`, `ANALYZE`, `REFRESH` and their like.
pub(crate) fn upkeep(_: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Verdict, Fault> {
    passed(cursor, Verdict::Passed("upkeep, which declares nothing"))
}
