//! The parameters of routines, where they are declared and where they are referred to.

use std::sync::Arc;

use model::{Argument, Expr, Mode, Name, Object, Type};
use sql::{Cursor, Fault, TypeName};

use crate::reader::{Reader, unknown};

/// One parameter as written.
pub(crate) type Parameter = Argument;

/// The words that say which way a parameter goes.
fn mode(cursor: &mut Cursor<'_>) -> Option<Mode> {
    // A parameter may be called `out` or `in` by nobody: these words are reserved for this.
    if cursor.eat(&["in", "out"]) || cursor.eat(&["inout"]) {
        return Some(Mode::InOut);
    }
    match cursor.eat_any(&["in", "out", "variadic"]) {
        Some("in") => Some(Mode::In),
        Some("out") => Some(Mode::Out),
        Some(_) => Some(Mode::Variadic),
        None => None,
    }
}

/// Takes parameters in parentheses with commas between.
pub(crate) fn parameters(reader: &Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Vec<Parameter>, Fault> {
    cursor.expect_symbol("(")?;
    let mut found = Vec::new();
    while !cursor.eat_symbol(")") {
        if !found.is_empty() {
            cursor.expect_symbol(",")?;
        }
        found.push(parameter(reader, cursor)?);
    }
    Ok(found)
}

/// Takes the parameters of any routine, an aggregate's among them: `(*)`, `([direct] ORDER BY ordered)`. Also
/// says how many are direct ones, where some are ordered.
pub(crate) fn of_any(
    reader: &Reader<'_>,
    cursor: &mut Cursor<'_>,
) -> Result<(Vec<Parameter>, Option<usize>), Fault> {
    let tokens = cursor.parenthesised()?;
    let mut inside = cursor.within(tokens);
    if inside.eat_symbol("*") {
        inside.expect_done()?;
        return Ok((Vec::new(), None));
    }
    let direct = inside.until(|it| it.at(&["order", "by"]));
    let mut direct = list(reader, &mut cursor.within(direct))?;
    if !inside.eat(&["order", "by"]) {
        return Ok((direct, None));
    }
    let count = direct.len();
    let ordered = list(reader, &mut inside)?;
    // VARIADIC arguments that are direct are the ordered ones too, and listed once (`makeOrderedSetArgs`).
    let once = direct.last().is_some_and(|it| it.mode == Mode::Variadic);
    direct.extend(ordered.into_iter().filter(|_| !once));
    Ok((direct, Some(count)))
}

fn list(reader: &Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Vec<Parameter>, Fault> {
    let mut found = Vec::new();
    while !cursor.is_done() {
        if !found.is_empty() {
            cursor.expect_symbol(",")?;
        }
        found.push(parameter(reader, cursor)?);
    }
    Ok(found)
}

fn parameter(reader: &Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Parameter, Fault> {
    let before = mode(cursor);
    let mark = cursor.mark();
    let ends = |it: &Cursor<'_>| {
        it.is_done() || it.at_symbol(",") || it.at_symbol(")") || it.at(&["default"]) || it.at_symbol("=")
    };
    // What reads as a type up to the end is a type; else its first word is the parameter's name.
    let plain = written_type(reader, cursor).is_ok() && ends(cursor);
    cursor.reset(mark);
    let name = if plain { None } else { Some(cursor.name()?) };
    let mode = before.or_else(|| mode(cursor)).unwrap_or(Mode::In);
    let ty = bare_type(reader, cursor)?;
    let default = default(reader, cursor)?;
    Ok(Argument { mode, name, ty, default })
}

fn default(reader: &Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Option<Expr>, Fault> {
    if !cursor.eat(&["default"]) && !cursor.eat_symbol("=") {
        return Ok(None);
    }
    let tokens = cursor.element();
    match tokens.is_empty() {
        true => Err(cursor.wanted("an expression")),
        false => Ok(Some(reader.expr(cursor, tokens))),
    }
}

enum Written {
    Plain(TypeName),
    /// `t.c%TYPE`
    OfColumn(Vec<Name>),
}

fn written_type(_: &Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Written, Fault> {
    let mark = cursor.mark();
    if let Ok(parts) = cursor.dotted()
        && cursor.eat_symbol("%")
        && cursor.eat(&["type"])
    {
        return Ok(Written::OfColumn(parts));
    }
    cursor.reset(mark);
    TypeName::read(cursor).map(Written::Plain)
}

/// Takes a type; routines keep no modifiers.
pub(crate) fn bare_type(reader: &Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Type, Fault> {
    let begin = cursor.span();
    let written = written_type(reader, cursor)?;
    let span = begin.to(cursor.previous());
    match written {
        Written::Plain(name) => reader.resolved(&name.bare(), span),
        Written::OfColumn(parts) => {
            let found = column_type(reader, &parts);
            found.ok_or_else(|| unknown(&parts, "column", span))
        }
    }
}

/// The type of a declared column, without its modifiers.
fn column_type(reader: &Reader<'_>, parts: &[Name]) -> Option<Type> {
    let (column, relation) = parts.split_last()?;
    let relation = reader.lookup(relation, |it| reader.desired.schema.relation(it))?;
    let column = model::Kind::Column.of(relation.qual_name()?, column);
    match reader.desired.schema.get(&column) {
        Some(Object::Column(it)) => Some(without_modifiers(&it.ty)),
        _ => None,
    }
}

/// A canonical type without what stands in its parentheses: `character varying(20)[]`.
fn without_modifiers(ty: &Type) -> Type {
    let array = if ty.text.ends_with("[]") { "[]" } else { "" };
    let text = match (&ty.user, ty.text.find('('), ty.text.find(')')) {
        (Some(name), ..) => format!("{name}{array}"),
        (None, Some(open), Some(close)) => format!("{}{}", &ty.text[..open], &ty.text[close + 1..]),
        (None, ..) => return ty.clone(),
    };
    Type { text: text.into(), user: ty.user.clone() }
}

/// The types that tell a routine from others of its name, as in [`model::Path::Routine`].
pub(crate) fn types(parameters: &[Parameter]) -> Arc<str> {
    let inputs = parameters.iter().filter(|it| !matches!(it.mode, Mode::Out | Mode::Table));
    inputs.map(|it| it.ty.to_string()).collect::<Vec<_>>().join(", ").into()
}

/// All types written, OUT ones included.
pub(crate) fn all_types(parameters: &[Parameter]) -> Arc<str> {
    parameters.iter().map(|it| it.ty.to_string()).collect::<Vec<_>>().join(", ").into()
}
