//! CREATE TYPE and ALTER TYPE: enums here, composite and range types next door. Base types are refused: they
//! are made of C functions.

use std::collections::HashSet;

use model::{EnumType, Kind, Name, Object, ObjectId, QualName, Span, Type};
use sql::{Code, Cursor, Fault};

use crate::alter_table::{self, Target, not_modelled};
use crate::depth::{self, DEEPEST, Wrong};
use crate::reader::{Reader, unknown};
use crate::{Verdict, types_composite, types_range};

/// The kinds of type that are no rows of a relation.
pub(crate) const ALONE: &[Kind] = &[Kind::Enum, Kind::Domain, Kind::Composite, Kind::Range, Kind::Shell];

/// Has a type made of nothing else where it would be made of itself, or of too many others, and says so.
pub(crate) fn keep_grounded(reader: &mut Reader<'_>, id: &ObjectId, object: &mut Object, at: Span) {
    if !ALONE.contains(&id.kind) {
        return;
    }
    let schema = &reader.desired.schema;
    // It may be gone, and those that are made of it not.
    let is_there = |it: &ObjectId| ALONE.contains(&it.kind) && (it == id || schema.contains(it));
    let types = |object: &Object, id: &ObjectId| {
        object.uses(id, schema).into_iter().filter(|it| it != id && is_there(it)).collect::<Vec<_>>()
    };
    let types_of = |it: &ObjectId| schema.get(it).map(|object| types(object, it)).unwrap_or_default();
    let message = match depth::wrong(id, types(object, id), types_of) {
        Some(Wrong::Ring) => format!("{id} would be made of itself"),
        Some(Wrong::Depth) => format!("{id} is made of more than {DEEPEST} others"),
        None => return,
    };
    match object {
        Object::Domain(it) => it.base = Type::builtin("text"),
        Object::Composite(it) => it.attributes.clear(),
        Object::Range(it) => it.subtype = Type::builtin("text"),
        _ => (),
    }
    reader.desired.faults.push(Fault::new(Code::Conflict, at, message));
}

/// `CREATE TYPE name AS ENUM (labels)`, `CREATE TYPE name AS (attributes)`
pub(crate) fn create(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Verdict, Fault> {
    let begin = cursor.span();
    cursor.expect(&["create", "type"])?;
    let (at, parts) = (cursor.span(), cursor.dotted()?);
    if cursor.at(&["as"]) && cursor.peek_at(1).is_some_and(|it| it.is_symbol("(")) {
        return types_composite::create(reader, cursor, parts, begin.to(at));
    }
    if cursor.at(&["as", "range"]) {
        return types_range::create(reader, cursor, parts, begin.to(at));
    }
    if cursor.is_done() {
        return types_range::shell(reader, parts, begin.to(at));
    }
    if !cursor.eat(&["as", "enum"]) {
        return Err(base(begin.to(at)));
    }
    let name = reader.created(parts, at)?;
    let id = Kind::Enum.named(&name);
    is_free(reader, &name, at)?;
    let header = begin.to(cursor.span());
    let inside = cursor.parenthesised()?;
    cursor.expect_done()?;
    let mut inside = cursor.within(inside);
    let (mut labels, mut seen) = (Vec::new(), HashSet::new());
    while !inside.is_done() {
        let (at, label) = (inside.span(), inside.string()?);
        if !seen.insert(label.clone()) {
            return Err(Fault::new(Code::Conflict, at, format!("the label '{label}' is there twice")));
        }
        if let Some(old) = reader.relabelled(at) {
            reader.desired.label_renames.push((id.clone(), old, label.clone()));
        }
        labels.push(label);
        if !inside.eat_symbol(",") {
            break;
        }
    }
    inside.expect_done()?;
    if let Some(old) = reader.renamed(header) {
        reader.desired.renames.push((Kind::Enum.named(&old.within(name.namespace.clone())), id.clone()));
    }
    reader.declare(&id, EnumType { labels }, begin.to(cursor.previous()));
    Ok(Verdict::Declared)
}

/// Faults when there is a type of that name.
pub(crate) fn is_free(reader: &Reader<'_>, name: &QualName, at: model::Span) -> Result<(), Fault> {
    match reader.desired.schema.type_named(name).filter(|it| ALONE.contains(&it.kind)) {
        Some(taken) => reader.is_free(&taken, at),
        None => Ok(()),
    }
}

/// A type of no kind that is read.
fn base(span: model::Span) -> Fault {
    not_modelled(span, "a base type, which is made of C functions,")
}

/// `ALTER TYPE name …`
pub(crate) fn alter(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Verdict, Fault> {
    let begin = cursor.span();
    cursor.expect(&["alter", "type"])?;
    let (at, parts) = (cursor.span(), cursor.dotted()?);
    let Some(id) = reader.lookup(&parts, |it| reader.desired.schema.type_named(it)) else {
        return missing(reader, cursor, &parts, at);
    };
    if types_range::is_multirange(reader, &id, &parts) {
        return types_range::rename_multirange(reader, cursor, &id);
    }
    let verdict = match () {
        () if types_composite::begins(cursor) => types_composite::alter(reader, cursor, &id)?,
        () if cursor.eat(&["add", "value"]) => add_value(reader, cursor, &id)?,
        () if cursor.eat(&["rename", "value"]) => rename_value(reader, cursor, &id)?,
        () => match alter_table::whole(reader, cursor, &Target { id, begin })? {
            Some(verdict) => verdict,
            None => return Err(not_modelled(begin.to(cursor.span()), "this change of a type")),
        },
    };
    cursor.expect_done()?;
    Ok(verdict)
}

/// A type that is not there under the old name may be there under the new one.
fn missing(
    reader: &mut Reader<'_>,
    cursor: &mut Cursor<'_>,
    parts: &[Name],
    at: model::Span,
) -> Result<Verdict, Fault> {
    let mark = cursor.mark();
    for kind in ALONE {
        cursor.reset(mark);
        if let Ok(true) = alter_table::renamed_before(reader, cursor, parts, *kind) {
            return Ok(Verdict::Declared);
        }
    }
    Err(unknown(parts, "type", at))
}

/// `ADD VALUE [IF NOT EXISTS] label [BEFORE | AFTER label]`
fn add_value(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>, id: &ObjectId) -> Result<Verdict, Fault> {
    let guarded = cursor.eat(&["if", "not", "exists"]);
    let (at, label) = (cursor.span(), cursor.string()?);
    let side = cursor.eat_any(&["before", "after"]);
    let neighbour = match side {
        Some(_) => Some((cursor.span(), cursor.string()?)),
        None => None,
    };
    labels(reader, id, at)?;
    if reader.has_label(id, &label) {
        return match guarded {
            true => Ok(Verdict::Idiom),
            false => Err(Fault::new(Code::Conflict, at, format!("{id} has the label '{label}' already"))
                .hint("say ADD VALUE IF NOT EXISTS")),
        };
    }
    let labels = labels(reader, id, at)?;
    let place = match neighbour {
        None => labels.len(),
        Some((at, neighbour)) => {
            let found = labels.iter().position(|it| *it == neighbour);
            let found = found.ok_or_else(|| no_label(id, &neighbour, at))?;
            found + usize::from(side == Some("after"))
        }
    };
    labels.insert(place, label.clone());
    reader.note_label(id, &label);
    Ok(Verdict::Declared)
}

/// `RENAME VALUE old TO new`. Where the file declares the new label only, the statement says what it was
/// called.
fn rename_value(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>, id: &ObjectId) -> Result<Verdict, Fault> {
    let (at, old) = (cursor.span(), cursor.string()?);
    cursor.expect(&["to"])?;
    let new = cursor.string()?;
    let labels = labels(reader, id, at)?;
    match (labels.contains(&old), labels.contains(&new)) {
        (true, false) => {
            let change = [(id.clone(), old, new)];
            reader.put_whole(sql::relabelled(&reader.desired.schema, &change));
        }
        (false, true) => reader.desired.label_renames.push((id.clone(), old, new)),
        (true, true) => {
            return Err(Fault::new(Code::Conflict, at, format!("{id} has the label '{new}' already")));
        }
        (false, false) => return Err(no_label(id, &old, at)),
    }
    Ok(Verdict::Declared)
}

fn labels<'r>(
    reader: &'r mut Reader<'_>,
    id: &ObjectId,
    at: model::Span,
) -> Result<&'r mut Vec<String>, Fault> {
    match reader.desired.schema.get_mut(id) {
        Some(Object::Enum(it)) => Ok(&mut it.labels),
        _ => Err(Fault::new(Code::Conflict, at, format!("{id} is no enum"))),
    }
}

fn no_label(id: &ObjectId, label: &str, at: model::Span) -> Fault {
    Fault::new(Code::Unknown, at, format!("{id} has no label '{label}' at this point of the file"))
}
