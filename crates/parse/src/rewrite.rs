//! CREATE RULE and ALTER RULE.
//!
//! Knows where the parts of a rule stand; what its commands do only the server knows.

use model::{Enabled, Kind, RewriteRule, RuleEvent};
use sql::{Code, Cursor, Fault, Tok};

use crate::reader::Reader;
use crate::{Verdict, rename, trigger};

/// `CREATE [OR REPLACE] RULE name AS ON event TO relation [WHERE …] DO [ALSO | INSTEAD] …`
pub(crate) fn create(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Verdict, Fault> {
    let begin = cursor.span();
    cursor.expect(&["create"])?;
    let replace = cursor.eat(&["or", "replace"]);
    cursor.expect(&["rule"])?;
    let name = cursor.name()?;
    cursor.expect(&["as", "on"])?;
    let event = event(cursor)?;
    cursor.expect(&["to"])?;
    let relation = trigger::host(reader, cursor)?;
    let body = body(reader, cursor)?;
    let Some(of) = relation.qual_name() else { return Ok(Verdict::Declared) };
    let id = Kind::Rule.of(of, &name);
    let span = begin.to(cursor.previous());
    if !replace {
        reader.is_free(&id, span)?;
    }
    rename::said(reader, &id, begin);
    // A rule that is replaced stays switched on or off.
    let enabled = match reader.desired.schema.get(&id) {
        Some(model::Object::Rule(it)) => it.enabled,
        _ => Enabled::Origin,
    };
    reader.declare(&id, RewriteRule { relation, event, body, enabled }, span);
    Ok(Verdict::Declared)
}

fn event(cursor: &mut Cursor<'_>) -> Result<RuleEvent, Fault> {
    match cursor.eat_any(&["insert", "update", "delete"]) {
        Some("insert") => Ok(RuleEvent::Insert),
        Some("update") => Ok(RuleEvent::Update),
        Some(_) => Ok(RuleEvent::Delete),
        None if cursor.at(&["select"]) => Err(Fault {
            code: Code::Unsupported,
            ..cursor.fault("a rule ON SELECT is how the server keeps a view").hint("say CREATE VIEW")
        }),
        None => Err(cursor.wanted("INSERT, UPDATE or DELETE")),
    }
}

/// From WHERE or DO to the end. ALSO goes without saying.
fn body(reader: &Reader<'_>, cursor: &mut Cursor<'_>) -> Result<model::Expr, Fault> {
    let mark = cursor.mark();
    if cursor.eat(&["where"]) {
        cursor.until(|it| it.at(&["do"]));
    }
    cursor.expect(&["do"])?;
    let also = cursor.at(&["also"]).then(|| cursor.mark() - mark);
    if cursor.until(|_| false).is_empty() {
        return Err(cursor.wanted("NOTHING or a command"));
    }
    cursor.expect_done()?;
    let tokens = cursor.since(mark);
    let kept = tokens.iter().enumerate().filter(|(at, _)| Some(*at) != also);
    let kept: Vec<Tok> = kept.map(|(_, it)| it.clone()).collect();
    Ok(model::Expr { key: sql::key(&kept), ..reader.expr(cursor, tokens) })
}

/// `ALTER RULE name ON relation RENAME TO name`
pub(crate) fn alter(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Verdict, Fault> {
    trigger::alter_part(reader, cursor, Kind::Rule)
}
