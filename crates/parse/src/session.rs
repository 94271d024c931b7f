//! Statements that live and end with the session: transactions, prepared statements, SHOW, EXPLAIN, LOCK and
//! LOAD. Does not know what settings mean.

use sql::{Code, Cursor, Fault};

use crate::Verdict;
use crate::reader::Reader;
use crate::set::{SESSION, passed};

/// BEGIN, COMMIT and their like. What is SET LOCAL ends with the transaction.
pub(crate) fn transaction(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Verdict, Fault> {
    const PASSED: Verdict = Verdict::Passed("transactions are made by the plan");
    let begin = cursor.span();
    let word = cursor.next().map(|it| it.value.clone()).unwrap_or_default();
    match word.as_str() {
        "rollback" | "abort" => {
            Err(Fault::new(Code::Unsupported, begin, "what is rolled back declares nothing")
                .hint("leave the transaction out of the file"))
        }
        "commit" | "end" => {
            cursor.eat_any(&["work", "transaction"]);
            if cursor.eat(&["and"]) {
                cursor.eat(&["no"]);
                cursor.expect(&["chain"])?;
            }
            cursor.expect_done()?;
            if let Some(path) = reader.outer_path.take() {
                reader.path = path;
            }
            Ok(PASSED)
        }
        "savepoint" | "release" => {
            _ = word == "release" && cursor.eat(&["savepoint"]);
            cursor.name()?;
            cursor.expect_done()?;
            Ok(PASSED)
        }
        _ => passed(cursor, PASSED),
    }
}

/// `PREPARE name AS …`, `DEALLOCATE …`: gone with the session. What EXECUTE of it would do is not asked here.
pub(crate) fn prepared(_: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Verdict, Fault> {
    if cursor.at(&["prepare", "transaction"]) {
        return Err(cursor
            .fault("a transaction that is prepared here ends elsewhere")
            .hint("leave the transaction out of the file"));
    }
    passed(cursor, SESSION)
}

/// `SHOW name | ALL`
pub(crate) fn show(_: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Verdict, Fault> {
    cursor.expect(&["show"])?;
    let long = cursor.eat(&["time", "zone"])
        || cursor.eat(&["session", "authorization"])
        || cursor.eat(&["transaction", "isolation", "level"]);
    if !long {
        cursor.dotted()?;
    }
    cursor.expect_done()?;
    Ok(SESSION)
}

/// `EXPLAIN …`: ANALYZE carries the statement out, which may be one that makes a table out of a query.
pub(crate) fn explain(_: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Verdict, Fault> {
    let analyzes = cursor.rest().iter().any(|it| it.is("analyze") || it.is("analyse"));
    let makes = cursor.rest().iter().find(|it| analyzes && (it.is("create") || it.is("into")));
    match makes {
        Some(word) => Err(Fault::new(Code::Unsupported, word.span, "EXPLAIN ANALYZE carries this out")
            .hint("leave it out of the file")),
        None => passed(cursor, Verdict::Passed("it declares nothing")),
    }
}

/// `LOCK [TABLE] [ONLY] name [*], … [IN mode MODE] [NOWAIT]`
pub(crate) fn lock(_: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Verdict, Fault> {
    cursor.expect(&["lock"])?;
    cursor.eat(&["table"]);
    loop {
        cursor.eat(&["only"]);
        cursor.dotted()?;
        cursor.eat_symbol("*");
        if !cursor.eat_symbol(",") {
            break;
        }
    }
    if cursor.eat(&["in"]) {
        cursor.until(|it| it.at(&["mode"]));
        cursor.expect(&["mode"])?;
    }
    cursor.eat(&["nowait"]);
    cursor.expect_done()?;
    Ok(Verdict::Passed("transactions are made by the plan"))
}

/// `LOAD 'library'`
pub(crate) fn load(_: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Verdict, Fault> {
    cursor.expect(&["load"])?;
    cursor.string()?;
    cursor.expect_done()?;
    Ok(SESSION)
}
