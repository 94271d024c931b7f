//! The options of a routine, which stand in any order. Knows how the server keeps each.

use std::collections::BTreeMap;

use model::{Body, Name, Parallel, QualName, Type, Volatility};
use sql::{Code, Cursor, Fault, TokenKind};

use crate::reader::Reader;
use crate::{refer, set, signature};

/// What was said; `None` where nothing was.
#[derive(Debug, Default)]
pub(crate) struct Options {
    pub(crate) language: Option<Name>,
    pub(crate) body: Option<Body>,
    pub(crate) window: bool,
    pub(crate) volatility: Option<Volatility>,
    pub(crate) strict: Option<bool>,
    pub(crate) security_definer: Option<bool>,
    pub(crate) leakproof: Option<bool>,
    pub(crate) parallel: Option<Parallel>,
    pub(crate) cost: Option<String>,
    pub(crate) rows: Option<String>,
    pub(crate) support: Option<QualName>,
    pub(crate) config: Option<BTreeMap<String, String>>,
    pub(crate) transforms: Vec<Type>,
    /// RESET is understood, bodies are not.
    pub(crate) altering: bool,
}

/// Takes one option, if one stands here.
pub(crate) fn option(
    reader: &Reader<'_>,
    cursor: &mut Cursor<'_>,
    found: &mut Options,
) -> Result<bool, Fault> {
    if cursor.is_done() {
        return Ok(false);
    }
    Ok(simple(cursor, found)
        || numeric(cursor, found)?
        || config(cursor, found)?
        || rest(reader, cursor, found)?)
}

/// Options that are words alone.
fn simple(cursor: &mut Cursor<'_>, found: &mut Options) -> bool {
    const WORDS: &[&[&str]] = &[
        &["immutable"],
        &["stable"],
        &["volatile"],
        &["strict"],
        &["called", "on", "null", "input"],
        &["returns", "null", "on", "null", "input"],
        &["external", "security", "definer"],
        &["security", "definer"],
        &["external", "security", "invoker"],
        &["security", "invoker"],
        &["not", "leakproof"],
        &["leakproof"],
        &["window"],
        &["parallel", "safe"],
        &["parallel", "restricted"],
        &["parallel", "unsafe"],
    ];
    let Some(words) = WORDS.iter().find(|it| cursor.eat(it)) else { return false };
    match (words[0], words[words.len() - 1]) {
        ("immutable", _) => found.volatility = Some(Volatility::Immutable),
        ("stable", _) => found.volatility = Some(Volatility::Stable),
        ("volatile", _) => found.volatility = Some(Volatility::Volatile),
        ("strict" | "returns", _) => found.strict = Some(true),
        ("called", _) => found.strict = Some(false),
        (_, "definer") => found.security_definer = Some(true),
        (_, "invoker") => found.security_definer = Some(false),
        (first, "leakproof") => found.leakproof = Some(first != "not"),
        (_, "safe") => found.parallel = Some(Parallel::Safe),
        (_, "restricted") => found.parallel = Some(Parallel::Restricted),
        (_, "unsafe") => found.parallel = Some(Parallel::Unsafe),
        _ => found.window = true,
    }
    true
}

/// `COST n` and `ROWS n`, kept as `float4` prints them.
fn numeric(cursor: &mut Cursor<'_>, found: &mut Options) -> Result<bool, Fault> {
    let Some(word) = cursor.eat_any(&["cost", "rows"]) else { return Ok(false) };
    let token =
        cursor.peek().filter(|it| it.kind == TokenKind::Number).ok_or_else(|| cursor.wanted("a number"))?;
    let value: f32 = token.value.replace('_', "").parse().map_err(|_| cursor.wanted("a number"))?;
    cursor.next();
    let text = if value >= 1e6 { exponent(value) } else { value.to_string() };
    match word {
        "cost" => found.cost = Some(text),
        _ => found.rows = Some(text),
    }
    Ok(true)
}

/// A large number as the server prints a `real`: `1e+06`.
fn exponent(value: f32) -> String {
    let text = format!("{value:e}");
    match text.split_once('e') {
        Some((digits, power)) => format!("{digits}e+{power:0>2}"),
        None => text,
    }
}

/// `SET name TO value`, `RESET name`.
fn config(cursor: &mut Cursor<'_>, found: &mut Options) -> Result<bool, Fault> {
    if found.altering && cursor.eat(&["reset"]) {
        let config = found.config.get_or_insert_default();
        match cursor.eat(&["all"]) {
            true => config.clear(),
            false => _ = config.remove(&canonical(set::setting(cursor)?)),
        }
        return Ok(true);
    }
    if !cursor.at(&["set"]) {
        return Ok(false);
    }
    let Some((name, value)) = setting(cursor)? else { return Ok(false) };
    let config = found.config.get_or_insert_default();
    match value {
        None => _ = config.remove(&name),
        Some(value) => _ = config.insert(name, value),
    }
    Ok(true)
}

/// `SET name TO value` or `RESET name`, if that is what stands here: the name, and the value if there is one.
pub(crate) fn setting(cursor: &mut Cursor<'_>) -> Result<Option<(String, Option<String>)>, Fault> {
    if cursor.eat(&["reset"]) {
        return Ok(Some((canonical(set::setting(cursor)?), None)));
    }
    if !cursor.eat(&["set"]) {
        return Ok(None);
    }
    let name = match cursor.eat(&["time", "zone"]) {
        true => "TimeZone".to_string(),
        false => {
            let name = canonical(set::setting(cursor)?);
            if cursor.at(&["from", "current"]) {
                let fault = cursor.fault("FROM CURRENT takes what the session that runs it happens to have");
                return Err(Fault { code: Code::Unsupported, ..fault }.hint("write the value"));
            }
            if !cursor.eat(&["to"]) {
                cursor.expect_symbol("=")?;
            }
            name
        }
    };
    let value = set::values(cursor)?.map(|values| joined(&name, &values));
    Ok(Some((name, value)))
}

/// Settings that are lists of identifiers are kept quoted where need be (`GUC_LIST_QUOTE`).
fn joined(name: &str, values: &[(String, bool)]) -> String {
    const QUOTED: &[&str] = &[
        "search_path",
        "temp_tablespaces",
        "local_preload_libraries",
        "session_preload_libraries",
        "shared_preload_libraries",
        "unix_socket_directories",
    ];
    let quoted = QUOTED.contains(&name);
    let one =
        |(it, _): &(String, bool)| if quoted { Name::from(it.as_str()).to_string() } else { it.clone() };
    values.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// The server's own spelling of a setting's name.
fn canonical(name: String) -> String {
    const SPELT: &[&str] = &["DateStyle", "IntervalStyle", "TimeZone"];
    let spelt = SPELT.iter().find(|it| it.eq_ignore_ascii_case(&name));
    spelt.map(|it| (*it).to_string()).unwrap_or(name)
}

/// Options that hold a name, a type or a body.
fn rest(reader: &Reader<'_>, cursor: &mut Cursor<'_>, found: &mut Options) -> Result<bool, Fault> {
    match () {
        () if cursor.eat(&["language"]) => {
            found.language = Some(match cursor.peek().map(|it| it.kind) {
                Some(TokenKind::Text) => cursor.string()?.into(),
                _ => cursor.name()?,
            });
        }
        () if cursor.eat(&["support"]) => {
            let parts = cursor.dotted()?;
            found.support = Some(support(reader, &parts));
        }
        () if cursor.eat(&["transform"]) => loop {
            cursor.expect(&["for", "type"])?;
            found.transforms.push(signature::bare_type(reader, cursor)?);
            if !cursor.eat_symbol(",") {
                break;
            }
        },
        () if !found.altering && cursor.eat(&["as"]) => found.body = Some(text(cursor)?),
        () if !found.altering && (cursor.at(&["return"]) || cursor.at(&["begin", "atomic"])) => {
            found.body = Some(standard(reader, cursor)?);
        }
        () => return Ok(false),
    }
    Ok(true)
}

fn support(reader: &Reader<'_>, parts: &[Name]) -> QualName {
    let declared = |it: &QualName| reader.desired.schema.routines(it).next().map(|_| it.clone());
    reader.lookup(parts, declared).unwrap_or_else(|| refer::qualified(parts, || "pg_catalog".into()))
}

fn text(cursor: &mut Cursor<'_>) -> Result<Body, Fault> {
    let first = cursor.string()?;
    match cursor.eat_symbol(",") {
        true => Ok(Body::Library { file: first, symbol: cursor.string()? }),
        false => Ok(Body::Text(first)),
    }
}

/// `RETURN expression` or `BEGIN ATOMIC … END`: the last of the options.
fn standard(reader: &Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Body, Fault> {
    let tokens = cursor.rest();
    let body = reader.expr(cursor, tokens);
    if tokens.first().is_some_and(|it| it.is("begin")) && !tokens.last().is_some_and(|it| it.is("end")) {
        return Err(cursor.fault("BEGIN ATOMIC has no END"));
    }
    while cursor.next().is_some() {}
    Ok(Body::Standard(body))
}
