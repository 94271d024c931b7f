//! Functions that guards call. Knows what each comes to, from facts and arguments alone.

use model::{Name, literal};
use sql::Cursor;

use crate::guard::{Answer, Guard, Unread};
use crate::reader::Reader;
use crate::value::{Value, format};

/// Words that are values by themselves.
pub(crate) fn constant(reader: &Reader<'_>, word: &str) -> Value {
    match word {
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        "current_schema" => Value::text(reader.creation_namespace().as_str()),
        "current_catalog" => Value::text(reader.facts.database.as_str()),
        "current_user" | "current_role" | "user" => Value::text(reader.role.as_str()),
        "session_user" => Value::text(reader.session_role.as_str()),
        _ => Value::Null,
    }
}

/// A call with its arguments.
pub(crate) fn call(guard: &mut Guard<'_, '_>, cursor: &mut Cursor<'_>, parts: &[Name]) -> Answer {
    let name = parts.last().map(|it| it.as_str().to_ascii_lowercase()).unwrap_or_default();
    let tokens = cursor.parenthesised().map_err(|_| Unread)?;
    let mut inside = cursor.within(tokens);
    if name == "cast" {
        let value = guard.expression(&mut inside)?;
        inside.expect(&["as"]).map_err(|_| Unread)?;
        let ty = inside.dotted().map_err(|_| Unread)?.pop().unwrap_or_default();
        return Ok(value.and_then(|it| guard.converted(it, ty.as_str())));
    }
    let mut arguments = Vec::new();
    while !inside.is_done() {
        inside.eat(&["variadic"]);
        let Ok(value) = guard.expression(&mut inside) else { return Ok(None) };
        arguments.push(value);
        if !inside.eat_symbol(",") && !inside.is_done() {
            // Named arguments and clauses inside parentheses: nothing of ours.
            return Ok(None);
        }
    }
    if name == "coalesce" {
        return Ok(coalesce(arguments));
    }
    let Some(arguments) = arguments.into_iter().collect::<Option<Vec<Value>>>() else { return Ok(None) };
    Ok(known(guard, &name, &arguments))
}

/// The first that is not NULL; not known as soon as one before it is not.
fn coalesce(arguments: Vec<Option<Value>>) -> Option<Value> {
    for value in arguments {
        match value {
            Some(Value::Null) => (),
            other => return other,
        }
    }
    Some(Value::Null)
}

fn known(guard: &Guard<'_, '_>, name: &str, arguments: &[Value]) -> Option<Value> {
    let text = |at: usize| arguments.get(at).and_then(Value::printed);
    let reader = guard.reader;
    match name {
        "current_setting" => setting(reader, &text(0)?, arguments.len() > 1),
        "current_schema" | "current_user" | "current_role" | "session_user" => Some(constant(reader, name)),
        "current_database" => Some(Value::text(reader.facts.database.as_str())),
        "current_schemas" => {
            Some(Value::List(reader.path.iter().map(|it| Value::text(it.as_str())).collect()))
        }
        "version" => Some(Value::text(format!("PostgreSQL {}", reader.facts.version))),
        "to_regclass" | "to_regtype" | "to_regnamespace" | "to_regrole" | "to_regproc"
        | "to_regprocedure" => guard.object(&text(0)?, &name[3..]),
        "format" => format(&text(0)?, &arguments[1..]).map(Value::Text),
        "concat" => Some(Value::Text(arguments.iter().filter_map(Value::printed).collect())),
        "concat_ws" => {
            let parts: Vec<String> = arguments[1..].iter().filter_map(Value::printed).collect();
            Some(Value::Text(parts.join(&text(0)?)))
        }
        "quote_ident" => Some(Value::Text(Name::from(text(0)?).to_string())),
        "quote_literal" | "quote_nullable" => Some(Value::Text(literal(&text(0)?))),
        "lower" => Some(Value::Text(text(0)?.to_lowercase())),
        "upper" => Some(Value::Text(text(0)?.to_uppercase())),
        "btrim" | "trim" => Some(Value::Text(text(0)?.trim().to_string())),
        "replace" => Some(Value::Text(text(0)?.replace(&text(1)?, &text(2)?))),
        "length" => Some(Value::Number(f64::from(u32::try_from(text(0)?.chars().count()).ok()?))),
        "left" => Some(Value::Text(text(0)?.chars().take(whole(arguments.get(1)?)?).collect())),
        "split_part" => {
            let (whole_text, separator) = (text(0)?, text(1)?);
            let part = whole_text.split(&separator).nth(whole(arguments.get(2)?)?.checked_sub(1)?);
            Some(Value::text(part.unwrap_or_default()))
        }
        "position" | "strpos" => {
            let found = text(0)?.find(&text(1)?).map_or(0, |it| it + 1);
            Some(Value::Number(f64::from(u32::try_from(found).ok()?)))
        }
        "starts_with" => Some(Value::Bool(text(0)?.starts_with(&text(1)?))),
        "string_to_array" | "regexp_split_to_array" => {
            let (whole_text, separator) = (text(0)?, text(1)?);
            Some(Value::List(whole_text.split(&separator).map(Value::text).collect()))
        }
        "array_length" | "cardinality" => match arguments.first()? {
            Value::List(it) => Some(Value::Number(f64::from(u32::try_from(it.len()).ok()?))),
            _ => None,
        },
        "array_position" => {
            match arguments.first()? {
                Value::List(list) => {
                    let found = list.iter().position(|it| Some(it) == arguments.get(1));
                    Some(found.map_or(Value::Null, |it| {
                        Value::Number(f64::from(u32::try_from(it + 1).unwrap_or(0)))
                    }))
                }
                _ => None,
            }
        }
        "nullif" => match arguments {
            [a, b] if a.order(b) == Some(std::cmp::Ordering::Equal) => Some(Value::Null),
            [a, _] => Some(a.clone()),
            _ => None,
        },
        "pg_table_is_visible" | "pg_type_is_visible" | "pg_function_is_visible" => match arguments.first()? {
            Value::Object(id) => id.namespace().map(|it| Value::Bool(reader.path.contains(it))),
            _ => None,
        },
        "pg_is_in_recovery" => Some(Value::Bool(reader.facts.standby)),
        _ => None,
    }
}

fn whole(value: &Value) -> Option<usize> {
    value.printed()?.parse().ok()
}

/// A setting of the server. One that is not set is NULL where the caller says so; a custom one the server
/// does not have is not known.
fn setting(reader: &Reader<'_>, name: &str, lenient: bool) -> Option<Value> {
    let name = name.to_ascii_lowercase();
    let facts = reader.facts;
    if let Some(value) = facts.settings.get(&name) {
        return Some(Value::text(value.as_str()));
    }
    match name.as_str() {
        "server_version_num" if facts.version_num > 0 => Some(Value::Text(facts.version_num.to_string())),
        "server_version_num" => Some(Value::Text((facts.major * 10_000).to_string())),
        "server_version" if !facts.version.is_empty() => Some(Value::text(facts.version.as_str())),
        "server_version" => Some(Value::Text(facts.major.to_string())),
        "shared_preload_libraries" => Some(Value::text("")),
        "search_path" => {
            Some(Value::Text(reader.path.iter().map(Name::to_string).collect::<Vec<_>>().join(", ")))
        }
        _ if lenient => Some(Value::Null),
        _ => None,
    }
}

/// `{a,b,"c d"}`
pub(crate) fn array_literal(text: &str) -> Value {
    let inside = text.trim().trim_start_matches('{').trim_end_matches('}');
    let parts = inside.split(',').map(str::trim).filter(|it| !it.is_empty());
    Value::List(parts.map(|it| Value::text(it.trim_matches('"'))).collect())
}
