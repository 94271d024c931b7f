//! RENAME and SET SCHEMA: everything that names the renamed object follows, as on the server.

use std::collections::HashMap;

use model::{Kind, Name, ObjectId, QualName, Span};
use sql::{Code, Cursor, Fault};

use crate::Verdict;
use crate::column::no_column;
use crate::reader::Reader;

/// Renames a relation, an index or a type.
pub(crate) fn whole(reader: &mut Reader<'_>, id: &ObjectId, name: &Name, span: Span) -> Result<(), Fault> {
    let new = match (&id.path, id.relation()) {
        (_, Some(relation)) => id.kind.of(relation, name),
        _ => match id.qual_name() {
            Some(old) => id.kind.named(&name.clone().within(old.namespace.clone())),
            None => return Err(Fault::new(Code::Unsupported, span, format!("{id} cannot be renamed here"))),
        },
    };
    reader.is_free(&new, span)?;
    apply(reader, vec![(id.clone(), new)]);
    Ok(())
}

/// `SET SCHEMA`: a table takes its indexes and the sequences of its columns along.
pub(crate) fn moved(reader: &mut Reader<'_>, id: &ObjectId, namespace: &Name) {
    let to = |it: &ObjectId| {
        let name = it.qual_name()?;
        Some((it.clone(), it.kind.named(&name.name.clone().within(namespace.clone()))))
    };
    let below = reader.desired.schema.descendants(id);
    let along = below.iter().filter(|it| matches!(it.kind, Kind::Index | Kind::Sequence));
    let behind = below.iter().filter_map(|it| reader.desired.schema.get(it)?.stands_behind(it));
    let all = std::iter::once(id).chain(along).cloned().chain(behind);
    let renames = all.filter_map(|it| to(&it)).collect();
    reader.desired.namespaces.insert(namespace.clone());
    apply(reader, renames);
}

/// `RENAME [COLUMN] a TO b`, `RENAME CONSTRAINT a TO b`, if that is what stands here.
pub(crate) fn part(
    reader: &mut Reader<'_>,
    cursor: &mut Cursor<'_>,
    table: &QualName,
) -> Result<Option<Verdict>, Fault> {
    if !cursor.eat(&["rename"]) {
        return Ok(None);
    }
    let of_constraint = cursor.eat(&["constraint"]);
    _ = !of_constraint && cursor.eat(&["column"]);
    let (at, old) = (cursor.span(), cursor.name()?);
    cursor.expect(&["to"])?;
    let new = cursor.name()?;
    let kinds: &[Kind] = if of_constraint { &[Kind::Constraint, Kind::ForeignKey] } else { &[Kind::Column] };
    let declared = |name: &Name| {
        let ids = kinds.iter().map(|it| it.of(table, name));
        ids.into_iter().find(|it| reader.desired.schema.contains(it))
    };
    match (declared(&old), declared(&new)) {
        (Some(from), None) => {
            let to = from.kind.of(table, &new);
            apply(reader, vec![(from, to)]);
        }
        // The file declares the new name only: the statement says what it was called.
        (None, Some(to)) => reader.desired.renames.push((to.kind.of(table, &old), to)),
        (Some(_), Some(to)) => {
            return Err(Fault::new(Code::Conflict, at, format!("{to} is declared already")));
        }
        (None, None) if of_constraint => {
            let message = format!("table {table} has no constraint {old} at this point of the file");
            return Err(Fault::new(Code::Unknown, at, message));
        }
        (None, None) => return Err(no_column(table, &old, at)),
    }
    Ok(Some(Verdict::Declared))
}

/// Substitutes identities in everything declared so far.
pub(crate) fn apply(reader: &mut Reader<'_>, renames: Vec<(ObjectId, ObjectId)>) {
    let before: Vec<ObjectId> = reader.desired.schema.iter().map(|(id, _)| id.clone()).collect();
    let after = sql::renamed(&reader.desired.schema, &renames);
    let mut moved: HashMap<ObjectId, ObjectId> = match after.len() == before.len() {
        true => before.into_iter().zip(after.iter().map(|(id, _)| id.clone())).collect(),
        false => renames.into_iter().collect(),
    };
    let behind = |(from, to): (&ObjectId, &ObjectId)| {
        let object = after.get(to).filter(|_| to.kind == Kind::Column)?;
        object.stands_behind(from).zip(object.stands_behind(to))
    };
    let sequences: Vec<_> = moved.iter().filter_map(behind).collect();
    moved.extend(sequences);
    let of = |it: ObjectId| moved.get(&it).cloned().unwrap_or(it);
    reader.put_whole(after);
    let desired = &mut reader.desired;
    desired.spans = std::mem::take(&mut desired.spans).into_iter().map(|(id, span)| (of(id), span)).collect();
    desired.unnamed = std::mem::take(&mut desired.unnamed).into_iter().map(of).collect();
    desired.granted = std::mem::take(&mut desired.granted).into_iter().map(of).collect();
    let otherwise = std::mem::take(&mut desired.otherwise).into_iter();
    desired.otherwise = otherwise.map(|(id, held)| (of(id), held)).collect();
    for (_, to) in &mut desired.renames {
        *to = of(to.clone());
    }
    for (id, _, _) in &mut desired.label_renames {
        *id = of(id.clone());
    }
    reader.renumber(&moved);
}
