//! `LIKE source INCLUDING …` in CREATE TABLE: copies what the source has at this point of the file.

use model::{
    Column, Comment, Constraint, Default, Index, Kind, Name, NotNull, Object, ObjectId, QualName, Rule,
    SequenceName, Settings, Span,
};
use sql::{Code, Cursor, Fault};

use crate::reader::{Reader, unknown};
use crate::{constraint, index, statistics, types_composite};

/// A LIKE clause.
#[derive(Debug)]
pub(crate) struct Like {
    source: QualName,
    including: Vec<&'static str>,
    span: Span,
}

const PARTS: &[&str] = &[
    "comments",
    "compression",
    "constraints",
    "defaults",
    "generated",
    "identity",
    "indexes",
    "statistics",
    "storage",
];

/// Takes a LIKE clause.
pub(crate) fn read(reader: &Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Like, Fault> {
    let begin = cursor.span();
    cursor.expect(&["like"])?;
    let (at, parts) = (cursor.span(), cursor.dotted()?);
    let composite =
        |it: &QualName| Some(Kind::Composite.named(it)).filter(|it| reader.desired.schema.contains(it));
    let id = reader.relation(&parts, at).or_else(|fault| reader.lookup(&parts, composite).ok_or(fault))?;
    if !matches!(id.kind, Kind::Table | Kind::Composite) {
        return Err(Fault::new(
            Code::Unsupported,
            at,
            format!("the columns of {id} are known to the server only"),
        ));
    }
    let source = id.qual_name().cloned().ok_or_else(|| unknown(&parts, "table", at))?;
    let mut including: Vec<&'static str> = Vec::new();
    while let Some(word) = cursor.eat_any(&["including", "excluding"]) {
        let part = cursor.name()?;
        let chosen: Vec<&'static str> = match part.as_str() {
            "all" => PARTS.to_vec(),
            one => PARTS.iter().copied().filter(|it| *it == one).collect(),
        };
        if chosen.is_empty() {
            return Err(cursor.fault(format!("LIKE has no {part} to include")));
        }
        including.retain(|it| !chosen.contains(it));
        if word == "including" {
            including.extend(chosen);
        }
    }
    Ok(Like { source, including, span: begin.to(cursor.previous()) })
}

impl Like {
    fn includes(&self, part: &str) -> bool {
        self.including.contains(&part)
    }
}

/// Copies the columns with their NOT NULLs, and what of them is included.
pub(crate) fn columns(reader: &mut Reader<'_>, table: &QualName, like: &Like) -> Result<(), Fault> {
    types_composite::columns(reader, table, &like.source, like.span);
    for name in reader.columns(&like.source) {
        let Some(column) = reader.column(&like.source, &name).cloned() else { continue };
        let id = Kind::Column.of(table, &name);
        reader.is_free(&id, like.span)?;
        let identity = column.identity.clone().filter(|_| like.includes("identity"));
        let generated = column.generated.clone().filter(|_| like.includes("generated"));
        let is_plain = identity.is_none() && generated.is_none();
        let mut copy = Column {
            identity,
            generated,
            storage: column.storage.clone().filter(|_| like.includes("storage")),
            compression: column.compression.clone().filter(|_| like.includes("compression")),
            statistics: None,
            options: Settings::new(),
            foreign: Settings::new(),
            ..column
        };
        if let Some(identity) = &mut copy.identity {
            let sequence = reader.choose_relation(table, Some(name.as_str()), "seq", false);
            identity.name = SequenceName(sequence.clone());
            reader.take_identity_name(sequence.within(table.namespace.clone()), &id);
        }
        reader.declare(&id, copy, like.span);
        if let Some(Object::NotNull(it)) = reader.of_column(Kind::NotNull, &like.source, &name) {
            let copy = NotNull { not_valid: false, ..it.clone() };
            reader.declare(&Kind::NotNull.of(table, &name), copy, like.span);
        }
        if let Some(Object::Default(it)) = reader.of_column(Kind::Default, &like.source, &name)
            && is_plain
            && like.includes("defaults")
        {
            let copy = Default { expr: it.expr.clone() };
            reader.declare(&Kind::Default.of(table, &name), copy, like.span);
        }
    }
    Ok(())
}

/// Copies what stands on the columns: checks, keys, indexes, comments, as far as included.
pub(crate) fn rest(reader: &mut Reader<'_>, table: &QualName, like: &Like, span: Span) {
    for id in constraints(reader, &like.source) {
        let Some(Object::Constraint(it)) = reader.desired.schema.get(&id).cloned() else { continue };
        let part = if it.rule.is_indexed() { "indexes" } else { "constraints" };
        if like.includes(part) {
            copy_constraint(reader, table, like, &id, it, span);
        }
    }
    if like.includes("indexes") {
        for id in reader.parts_of(&Kind::Table.named(&like.source), Kind::Index) {
            let Some(Object::Index(it)) = reader.desired.schema.get(&id).cloned() else { continue };
            let copy = Index { relation: Kind::Table.named(table), attached_to: None, valid: true, ..it };
            let name = index::chosen(reader, table, &copy).within(table.namespace.clone());
            let new = Kind::Index.named(&name);
            reader.declare(&new, copy, span);
            reader.desired.unnamed.insert(new.clone());
            comment(reader, like, &id, &new, span);
        }
    }
    if like.includes("statistics") {
        for (old, new) in statistics::copy(reader, &like.source, table, span) {
            comment(reader, like, &old, &new, span);
        }
    }
    for name in reader.columns(&like.source) {
        comment(reader, like, &Kind::Column.of(&like.source, &name), &Kind::Column.of(table, &name), span);
    }
}

/// Keys and checks of a table, those from above included.
fn constraints(reader: &Reader<'_>, table: &QualName) -> Vec<ObjectId> {
    let mut found = reader.constraints_of(table);
    for parent in reader.parents(table) {
        let above = constraints(reader, &parent).into_iter();
        found.extend(above.filter(|id| match reader.desired.schema.get(id) {
            Some(Object::Constraint(it)) => match it.rule {
                Rule::Check { no_inherit, .. } => !no_inherit,
                _ => reader.table(table).is_some_and(|it| it.partition_of.is_some()),
            },
            _ => false,
        }));
    }
    found
}

fn copy_constraint(
    reader: &mut Reader<'_>,
    table: &QualName,
    like: &Like,
    old: &ObjectId,
    constraint: Constraint,
    span: Span,
) {
    let is_check = matches!(constraint.rule, Rule::Check { .. });
    let name: Name = match is_check {
        true => old.name().clone(),
        false => constraint::chosen(reader, table, &constraint.rule),
    };
    if let Rule::PrimaryKey { columns, .. } = &constraint.rule {
        columns.iter().for_each(|it| reader.require(table, it, span));
    }
    let id = Kind::Constraint.of(table, &name);
    reader.declare(&id, Constraint { validated: constraint.enforced, ..constraint }, span);
    if !is_check {
        reader.desired.unnamed.insert(id.clone());
    }
    comment(reader, like, old, &id, span);
}

fn comment(reader: &mut Reader<'_>, like: &Like, old: &ObjectId, new: &ObjectId, span: Span) {
    let Some(Object::Comment(it)) = reader.desired.schema.get(&Kind::Comment.on(old)) else { return };
    let copy = Comment { text: it.text.clone() };
    if like.includes("comments") {
        reader.declare(&Kind::Comment.on(new), copy, span);
    }
}
