//! Reads rules, but for those that make views. Does not know what their commands do.

use model::{Kind, RewriteRule, RuleEvent, Span};
use sql::Cursor;

use crate::address::class;
use crate::query::{Answers, Query, Record};
use crate::reader::Reader;
use crate::{Error, trigger};

pub(crate) const QUERY: Query = Query { name: "rules", sql: include_str!("rewrite.sql") };

pub(crate) fn read(reader: &mut Reader, answers: &Answers) -> Result<(), Error> {
    for row in QUERY.rows(answers)? {
        let Some(relation) = reader.relation_id(row.get("relation")?).cloned() else { continue };
        let Some(of) = relation.qual_name() else { continue };
        let id = Kind::Rule.of(of, &row.name("name")?);
        let definition = row.deparsed("definition")?;
        let body = body(definition).ok_or(Error::Moved { query: row.query })?;
        let rule = RewriteRule {
            event: event(&row)?,
            body: reader.expr(body),
            enabled: trigger::enabled(&row)?,
            relation,
        };
        reader.insert((class::RULE, row.get("oid")?), id, rule);
    }
    Ok(())
}

fn event(row: &Record) -> Result<RuleEvent, Error> {
    match row.get::<&str>("event")? {
        "2" => Ok(RuleEvent::Update),
        "3" => Ok(RuleEvent::Insert),
        "4" => Ok(RuleEvent::Delete),
        other => Err(row.unknown(format!("event {other}"))),
    }
}

/// What stands behind the relation in `CREATE RULE name AS ON event TO relation …;`.
fn body(definition: &str) -> Option<&str> {
    let end = u32::try_from(definition.len()).ok()?;
    let whole = Span { file: 0, start: 0, end };
    let tokens = sql::lex(definition, whole).ok()?;
    let mut cursor = Cursor::new(definition, &tokens, whole);
    cursor.expect(&["create", "rule"]).ok()?;
    cursor.name().ok()?;
    cursor.expect(&["as", "on"]).ok()?;
    cursor.name().ok()?;
    cursor.expect(&["to"]).ok()?;
    cursor.dotted().ok()?;
    let begin = usize::try_from(cursor.span().start).ok()?;
    Some(definition.get(begin..)?.trim_end().trim_end_matches(';'))
}

#[cfg(test)]
mod tests {
    use super::body;

    #[test]
    fn a_body_begins_behind_the_relation() {
        let rule = "CREATE RULE \"a AS ON\" AS\n    ON UPDATE TO s.\"t DO\"\n   WHERE (new.a > 1) DO INSTEAD NOTHING;";
        assert_eq!(body(rule), Some("WHERE (new.a > 1) DO INSTEAD NOTHING"));
    }
}
