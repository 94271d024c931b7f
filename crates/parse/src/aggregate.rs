//! CREATE AGGREGATE, in the syntax of today and in the one with BASETYPE.
//!
//! Knows which options there are and what the server takes for granted; not what the functions do.

use std::collections::BTreeMap;

use model::{Aggregate, Argument, Kind, Mode, Name, Parallel, QualName, Span, Type};
use sql::{Code, Cursor, Fault, Tok};

use crate::reader::Reader;
use crate::{Verdict, operator, option, rename, signature};

const FUNCTIONS: &[&str] =
    &["sfunc", "finalfunc", "combinefunc", "serialfunc", "deserialfunc", "msfunc", "minvfunc", "mfinalfunc"];

/// What stood in the parentheses.
#[derive(Default)]
struct Options {
    base: Option<Option<Type>>,
    state: Option<Type>,
    moving_state: Option<Type>,
    functions: BTreeMap<String, QualName>,
    options: BTreeMap<String, String>,
    parallel: Parallel,
    hypothetical: bool,
}

/// `CREATE [OR REPLACE] AGGREGATE name (arguments) (option = value, …)`
pub(crate) fn create(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Verdict, Fault> {
    let begin = cursor.span();
    cursor.expect(&["create"])?;
    let replace = cursor.eat(&["or", "replace"]);
    cursor.expect(&["aggregate"])?;
    let (named, parts) = (cursor.span(), cursor.dotted()?);
    let mut ahead = cursor.clone();
    ahead.parenthesised()?;
    let said = if ahead.is_done() { None } else { Some(signature::of_any(reader, cursor)?) };
    let mut options = Options::default();
    option::each(cursor, |one| option(reader, one, &mut options))?;
    cursor.expect_done()?;
    let span = begin.to(cursor.previous());
    let name = reader.created(parts, named)?;
    let aggregate = build(options, said, span)?;
    let id = Kind::Aggregate.routine(&name, signature::types(&aggregate.arguments));
    if !replace {
        reader.is_free(&id, span)?;
    }
    rename::said(reader, &id, begin);
    reader.declare(&id, aggregate, span);
    Ok(Verdict::Declared)
}

fn build(
    options: Options,
    said: Option<(Vec<Argument>, Option<usize>)>,
    span: Span,
) -> Result<Aggregate, Fault> {
    let Options { base, state, moving_state, functions, mut options, parallel, hypothetical } = options;
    let missing = |what: &str| Fault::new(Code::Syntax, span, format!("no {what} is given"));
    let (arguments, direct) = match (said, base) {
        (Some(said), _) => said,
        (None, Some(base)) => {
            let one = |ty| Argument { mode: Mode::In, name: None, ty, default: None };
            (base.map(one).into_iter().collect(), None)
        }
        (None, None) => return Err(missing("BASETYPE")),
    };
    if !functions.contains_key("SFUNC") {
        return Err(missing("SFUNC"));
    }
    let usual = if direct.is_some() { "READ_WRITE" } else { "READ_ONLY" };
    for word in ["FINALFUNC_MODIFY", "MFINALFUNC_MODIFY"] {
        if options.get(word).is_some_and(|it| it == usual) {
            options.remove(word);
        }
    }
    let state = state.ok_or_else(|| missing("STYPE"))?;
    Ok(Aggregate { arguments, direct, hypothetical, state, moving_state, functions, options, parallel })
}

/// `name [= value]`
fn option(reader: &Reader<'_>, cursor: &mut Cursor<'_>, found: &mut Options) -> Result<(), Fault> {
    let (at, name) = (cursor.span(), cursor.name()?);
    let word = match name.as_str() {
        "sfunc1" => "sfunc",
        "stype1" => "stype",
        "initcond1" => "initcond",
        word => word,
    };
    let said = cursor.eat_symbol("=");
    let upper = word.to_uppercase();
    match word {
        "hypothetical" => found.hypothetical = flag(cursor, said)?,
        "finalfunc_extra" | "mfinalfunc_extra" => {
            if flag(cursor, said)? {
                found.options.insert(upper, String::new());
            }
        }
        _ if !said => return Err(cursor.wanted("`=`")),
        "basetype" => found.base = Some(base(reader, cursor)?),
        "stype" => found.state = Some(signature::bare_type(reader, cursor)?),
        "mstype" => found.moving_state = Some(signature::bare_type(reader, cursor)?),
        "sspace" | "msspace" => {
            let space = cursor.integer()?;
            if space != 0 {
                found.options.insert(upper, space.to_string());
            }
        }
        "initcond" | "minitcond" => _ = found.options.insert(upper, value(cursor)?),
        "finalfunc_modify" | "mfinalfunc_modify" => {
            let value = value(cursor)?.to_uppercase();
            found.options.insert(upper, value);
        }
        "sortop" => _ = found.options.insert(upper, sort_operator(cursor)?),
        "parallel" => {
            found.parallel = match value(cursor)?.to_lowercase().as_str() {
                "safe" => Parallel::Safe,
                "restricted" => Parallel::Restricted,
                "unsafe" => Parallel::Unsafe,
                _ => return Err(cursor.wanted("SAFE, RESTRICTED or UNSAFE")),
            }
        }
        _ if FUNCTIONS.contains(&word) => {
            let parts = match cursor.string() {
                Ok(text) => vec![Name::from(text)],
                Err(_) => cursor.dotted()?,
            };
            found.functions.insert(upper, reader.function_named(&parts));
        }
        _ => {
            let message = format!("`{word}` is no option of an aggregate that is known");
            return Err(Fault::new(Code::Unsupported, at, message));
        }
    }
    cursor.expect_done()
}

/// A word alone, or a Boolean behind `=`.
fn flag(cursor: &mut Cursor<'_>, said: bool) -> Result<bool, Fault> {
    if !said {
        return Ok(true);
    }
    match value(cursor)?.to_lowercase().as_str() {
        "true" | "on" | "1" => Ok(true),
        "false" | "off" | "0" => Ok(false),
        _ => Err(cursor.wanted("TRUE or FALSE")),
    }
}

/// A string, a number or a word.
fn value(cursor: &mut Cursor<'_>) -> Result<String, Fault> {
    let sign = if cursor.eat_symbol("-") { "-" } else { "" };
    let value = cursor.next().map(|it| it.value.clone()).ok_or_else(|| cursor.wanted("a value"))?;
    Ok(format!("{sign}{value}"))
}

/// The one argument of the old syntax; `"ANY"` means that there is none.
fn base(reader: &Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Option<Type>, Fault> {
    let is_any = |it: &Tok| it.value.eq_ignore_ascii_case("any");
    if cursor.peek().is_some_and(is_any) {
        cursor.next();
        return Ok(None);
    }
    signature::bare_type(reader, cursor).map(Some)
}

/// An operator without a schema is the server's own.
fn sort_operator(cursor: &mut Cursor<'_>) -> Result<String, Fault> {
    let symbol = operator::Symbol::read_qualified(cursor)?;
    Ok(format!("{}.{}", symbol.namespace.unwrap_or_else(|| "pg_catalog".into()), symbol.name.as_str()))
}
