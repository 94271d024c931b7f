//! Composite types: CREATE TYPE … AS (…) and what ALTER TYPE does to their attributes.
//!
//! Knows nothing of the columns that have such a type.

use model::{Attribute, Column, Composite, Kind, Name, Object, ObjectId, QualName, Settings, Span};
use sql::{Code, Cursor, Fault, Tok, TypeName};

use crate::reader::{Reader, unknown};
use crate::{Verdict, column_type, types};

/// `AS (name type [COLLATE collation], …)`, behind the type's name.
pub(crate) fn create(
    reader: &mut Reader<'_>,
    cursor: &mut Cursor<'_>,
    parts: Vec<Name>,
    header: Span,
) -> Result<Verdict, Fault> {
    let name = reader.created(parts, cursor.previous())?;
    types::is_free(reader, &name, cursor.previous())?;
    let id = Kind::Composite.named(&name);
    cursor.expect(&["as"])?;
    let tokens = cursor.parenthesised()?;
    cursor.expect_done()?;
    let mut inside = cursor.within(tokens);
    let mut attributes: Vec<Attribute> = Vec::new();
    while !inside.is_done() {
        let at = inside.span();
        let attribute = read(reader, &mut inside)?;
        if attributes.iter().any(|it| it.name == attribute.name) {
            let message = format!("the attribute {} is there twice", attribute.name);
            return Err(Fault::new(Code::Conflict, at, message));
        }
        attributes.push(attribute);
        if !inside.eat_symbol(",") {
            break;
        }
    }
    inside.expect_done()?;
    if let Some(old) = reader.renamed(header) {
        let old = Kind::Composite.named(&old.within(name.namespace.clone()));
        reader.desired.renames.push((old, id.clone()));
    }
    reader.declare(&id, Composite { attributes }, header.to(cursor.previous()));
    Ok(Verdict::Declared)
}

/// `name type [COLLATE collation]`
fn read(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Attribute, Fault> {
    let name = cursor.name()?;
    of_type(reader, cursor, name)
}

fn of_type(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>, name: Name) -> Result<Attribute, Fault> {
    let at = cursor.span();
    let written = TypeName::read(cursor)?;
    let ty = column_type::resolved(reader, &written, at.to(cursor.previous()));
    let said = match cursor.eat(&["collate"]) {
        true => Some(column_type::collation(reader, cursor)?),
        false => None,
    };
    let collation = column_type::own_collation(reader, &ty, said);
    Ok(Attribute { name, ty, collation })
}

/// Whether a change of attributes stands here.
pub(crate) fn begins(cursor: &Cursor<'_>) -> bool {
    ["add", "drop", "alter", "rename"].iter().any(|it| cursor.at(&[it, "attribute"]))
}

/// The actions of ALTER TYPE on attributes. The server drops first, then changes, then adds
/// (`AlterTablePass`).
pub(crate) fn alter(
    reader: &mut Reader<'_>,
    cursor: &mut Cursor<'_>,
    id: &ObjectId,
) -> Result<Verdict, Fault> {
    let mut actions: Vec<&[Tok]> = Vec::new();
    loop {
        let tokens = cursor.element();
        if tokens.is_empty() {
            return Err(cursor.wanted("an action"));
        }
        actions.push(tokens);
        if !cursor.eat_symbol(",") {
            break;
        }
    }
    let place = |it: &&[Tok]| ["drop", "alter", "add"].iter().position(|word| it[0].is(word));
    actions.sort_by_key(place);
    let mut verdict = Verdict::Idiom;
    for tokens in actions {
        let mut one = cursor.within(tokens);
        if action(reader, &mut one, id)? {
            verdict = Verdict::Declared;
        }
        one.eat_any(&["cascade", "restrict"]);
        one.expect_done()?;
    }
    Ok(verdict)
}

/// One action; says whether it did anything.
fn action(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>, id: &ObjectId) -> Result<bool, Fault> {
    let Some(word) = cursor.eat_any(&["add", "drop", "alter", "rename"]) else {
        return Err(cursor.wanted("ADD, DROP, ALTER or RENAME ATTRIBUTE"));
    };
    cursor.expect(&["attribute"])?;
    let guarded = word == "drop" && cursor.eat(&["if", "exists"]);
    let (at, name) = (cursor.span(), cursor.name()?);
    let place = attributes(reader, id, at)?.iter().position(|it| it.name == name);
    let place = match (word, place) {
        ("add", None) => {
            let new = of_type(reader, cursor, name)?;
            attributes(reader, id, at)?.push(new);
            return Ok(true);
        }
        ("add", Some(_)) => return Err(taken(id, &name, at)),
        (_, Some(place)) => place,
        (_, None) if guarded => return Ok(false),
        (_, None) => return Err(missing(id, &name, at)),
    };
    match word {
        "drop" => {
            attributes(reader, id, at)?.remove(place);
            if let Some(of) = id.qual_name() {
                reader.desired.schema.remove(&Kind::Comment.on(&Kind::Column.of(of, &name)));
            }
        }
        "alter" => {
            cursor.eat(&["set", "data"]);
            cursor.expect(&["type"])?;
            let new = of_type(reader, cursor, name)?;
            attributes(reader, id, at)?[place] = new;
        }
        _ => {
            cursor.expect(&["to"])?;
            let new = cursor.name()?;
            rename(reader, id, place, new, at)?;
        }
    }
    Ok(true)
}

fn rename(reader: &mut Reader<'_>, id: &ObjectId, place: usize, new: Name, at: Span) -> Result<(), Fault> {
    let all = attributes(reader, id, at)?;
    if all.iter().any(|it| it.name == new) {
        return Err(taken(id, &new, at));
    }
    let old = std::mem::replace(&mut all[place].name, new.clone());
    let Some(name) = id.qual_name() else { return Ok(()) };
    let comment = |of: &Name| Kind::Comment.on(&Kind::Column.of(name, of));
    reader.desired.schema.rename(&comment(&old), &comment(&new));
    Ok(())
}

fn attributes<'r>(
    reader: &'r mut Reader<'_>,
    id: &ObjectId,
    at: Span,
) -> Result<&'r mut Vec<Attribute>, Fault> {
    match reader.desired.schema.get_mut(id) {
        Some(Object::Composite(it)) => Ok(&mut it.attributes),
        _ => Err(Fault::new(Code::Conflict, at, format!("{id} is no composite type"))),
    }
}

fn taken(id: &ObjectId, name: &Name, at: Span) -> Fault {
    Fault::new(Code::Conflict, at, format!("{id} has the attribute {name} already"))
}

fn missing(id: &ObjectId, name: &Name, at: Span) -> Fault {
    Fault::new(Code::Unknown, at, format!("{id} has no attribute {name} at this point of the file"))
}

/// Takes the type behind OF: one that is declared and composite.
pub(crate) fn of_table(reader: &Reader<'_>, cursor: &mut Cursor<'_>) -> Result<QualName, Fault> {
    let (at, parts) = (cursor.span(), cursor.dotted()?);
    let declared =
        |it: &QualName| reader.desired.schema.contains(&Kind::Composite.named(it)).then(|| it.clone());
    let found = reader.lookup(&parts, declared);
    found.ok_or_else(|| unknown(&parts, "composite type", at))
}

/// Puts the attributes of a composite type down as columns of a table.
pub(crate) fn columns(reader: &mut Reader<'_>, table: &QualName, ty: &QualName, span: Span) {
    let Some(Object::Composite(composite)) = reader.desired.schema.get(&Kind::Composite.named(ty)).cloned()
    else {
        return;
    };
    for Attribute { name, ty, collation } in composite.attributes {
        let column = Column {
            ty,
            collation,
            identity: None,
            generated: None,
            storage: None,
            compression: None,
            statistics: None,
            options: Settings::new(),
            foreign: Settings::new(),
        };
        reader.declare(&Kind::Column.of(table, &name), column, span);
    }
}

/// What addresses an attribute of a declared composite type.
pub(crate) fn attribute(reader: &Reader<'_>, parts: &[Name], name: &Name) -> Option<ObjectId> {
    let declared = |it: &QualName| match reader.desired.schema.get(&Kind::Composite.named(it)) {
        Some(Object::Composite(composite)) => {
            composite.attributes.iter().any(|it| it.name == *name).then(|| Kind::Column.of(it, name))
        }
        _ => None,
    };
    reader.lookup(parts, declared)
}
