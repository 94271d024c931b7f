//! CREATE EVENT TRIGGER and ALTER EVENT TRIGGER.

use model::{Enabled, EventTrigger, Kind, Object, Words};
use sql::{Code, Cursor, Fault};

use crate::reader::{Reader, unknown};
use crate::{Verdict, owner, rename};

/// What an event trigger can wait for, and since which version.
const EVENTS: &[(&str, u32)] =
    &[("ddl_command_start", 0), ("ddl_command_end", 0), ("table_rewrite", 0), ("sql_drop", 0), ("login", 17)];

/// `CREATE EVENT TRIGGER name ON event [WHEN TAG IN (…) [AND …]] EXECUTE { FUNCTION | PROCEDURE } function ()`
pub(crate) fn create(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Verdict, Fault> {
    let begin = cursor.span();
    cursor.expect(&["create", "event", "trigger"])?;
    let name = cursor.name()?;
    cursor.expect(&["on"])?;
    let event = event(reader, cursor)?;
    let tags = tags(cursor)?;
    cursor.expect(&["execute"])?;
    if cursor.eat_any(&["function", "procedure"]).is_none() {
        return Err(cursor.wanted("FUNCTION or PROCEDURE"));
    }
    let (at, parts) = (cursor.span(), cursor.dotted()?);
    let function = reader.trigger_function(&parts).ok_or_else(|| unknown(&parts, "function", at))?;
    cursor.expect_symbol("(")?;
    cursor.expect_symbol(")")?;
    cursor.expect_done()?;
    let id = Kind::EventTrigger.root(&name);
    let span = begin.to(cursor.previous());
    reader.is_free(&id, span)?;
    rename::said(reader, &id, begin);
    reader.declare(&id, EventTrigger { event, tags, function, enabled: Enabled::Origin }, span);
    Ok(Verdict::Declared)
}

fn event(reader: &Reader<'_>, cursor: &mut Cursor<'_>) -> Result<String, Fault> {
    let wanted = cursor.wanted("ddl_command_start, ddl_command_end, table_rewrite, sql_drop or login");
    let name = cursor.name()?;
    match EVENTS.iter().find(|it| it.0 == name.as_str()) {
        Some((event, since)) if reader.facts.major >= *since => Ok((*event).to_string()),
        Some((event, since)) => {
            Err(Fault { message: format!("{event} is known from PostgreSQL {since} on"), ..wanted })
        }
        None => Err(wanted),
    }
}

/// The one filter there is; the server keeps its values in upper case.
fn tags(cursor: &mut Cursor<'_>) -> Result<Words, Fault> {
    let mut tags = Words::new();
    if !cursor.eat(&["when"]) {
        return Ok(tags);
    }
    cursor.expect(&["tag", "in"])?;
    cursor.expect_symbol("(")?;
    loop {
        tags.insert(cursor.string()?.to_ascii_uppercase());
        if !cursor.eat_symbol(",") {
            break;
        }
    }
    cursor.expect_symbol(")")?;
    Ok(tags)
}

/// `ALTER EVENT TRIGGER name { ENABLE [REPLICA | ALWAYS] | DISABLE | OWNER TO role | RENAME TO name }`
pub(crate) fn alter(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Verdict, Fault> {
    let begin = cursor.span();
    cursor.expect(&["alter", "event", "trigger"])?;
    let id = reader.declared_root(cursor, Kind::EventTrigger)?;
    if cursor.at(&["owner"]) {
        return owner::owner_to(reader, cursor, &id);
    }
    if cursor.at(&["rename"]) {
        return rename::clause(reader, cursor, &id, begin);
    }
    let mode = enabled(cursor).ok_or_else(|| Fault {
        code: Code::Unsupported,
        ..cursor.wanted("ENABLE, DISABLE, OWNER TO or RENAME TO")
    })?;
    cursor.expect_done()?;
    if let Some(Object::EventTrigger(it)) = reader.desired.schema.get_mut(&id) {
        it.enabled = mode;
    }
    Ok(Verdict::Declared)
}

/// `ENABLE [REPLICA | ALWAYS]` or `DISABLE`, if that is what stands here.
pub(crate) fn enabled(cursor: &mut Cursor<'_>) -> Option<Enabled> {
    let on = cursor.eat_any(&["enable", "disable"])? == "enable";
    Some(match cursor.eat_any(&["replica", "always"]) {
        Some("replica") => Enabled::Replica,
        Some(_) => Enabled::Always,
        None if on => Enabled::Origin,
        None => Enabled::Disabled,
    })
}
