//! Names that change inside the file: RENAME TO, SET SCHEMA, and what the renaming directive says.
//!
//! Knows how a new identity is written, not what follows it.

use model::{Kind, Name, ObjectId, Path, Span};
use sql::{Cursor, Fault};

use crate::reader::Reader;
use crate::{Verdict, alter_table_rename};

/// Records what `-- reconcile: renamed from` above a declaration says.
pub(crate) fn said(reader: &mut Reader<'_>, id: &ObjectId, begin: Span) {
    if let Some(old) = reader.renamed_from(reader.above, begin.start) {
        let old = with_name(id, old);
        reader.desired.renames.push((old, id.clone()));
    }
}

fn with_name(id: &ObjectId, name: Name) -> ObjectId {
    let path = match &id.path {
        Path::Root(_) => Path::Root(name),
        Path::In(of) => Path::In(name.within(of.namespace.clone())),
        Path::Routine(of, types) => Path::Routine(name.within(of.namespace.clone()), types.clone()),
        Path::Of(relation, _) => Path::Of(relation.clone(), name),
        Path::On(_) | Path::To(..) | Path::Keys(_) => id.path.clone(),
    };
    ObjectId { kind: id.kind, path }
}

/// `RENAME TO name` or `SET SCHEMA namespace`, the last words of an ALTER.
pub(crate) fn clause(
    reader: &mut Reader<'_>,
    cursor: &mut Cursor<'_>,
    id: &ObjectId,
    begin: Span,
) -> Result<Verdict, Fault> {
    let to = match cursor.eat(&["rename", "to"]) {
        true => with_name(id, cursor.name()?),
        false => {
            cursor.expect(&["set", "schema"])?;
            let namespace = cursor.name()?;
            let path = match &id.path {
                Path::In(of) => Path::In(of.name.clone().within(namespace)),
                Path::Routine(of, types) => Path::Routine(of.name.clone().within(namespace), types.clone()),
                other => other.clone(),
            };
            ObjectId { kind: id.kind, path }
        }
    };
    cursor.expect_done()?;
    object(reader, id, &to, begin.to(cursor.previous()))?;
    Ok(Verdict::Declared)
}

/// Gives a declared object another name; a view takes its indexes along to another namespace.
fn object(reader: &mut Reader<'_>, from: &ObjectId, to: &ObjectId, span: Span) -> Result<(), Fault> {
    if from == to {
        return Ok(());
    }
    reader.is_free(to, span)?;
    match (from.qual_name(), to.namespace()) {
        (Some(old), Some(new)) if matches!(from.path, Path::In(_)) && old.namespace != *new => {
            alter_table_rename::moved(reader, from, new);
        }
        _ => alter_table_rename::apply(reader, vec![(from.clone(), to.clone())]),
    }
    reader.desired.spans.insert(to.clone(), span);
    if from.relation().is_none() {
        reader.desired.namespaces.extend(to.namespace().cloned());
    }
    Ok(())
}

/// Gives a declared namespace another name.
pub(crate) fn namespace(reader: &mut Reader<'_>, from: &Name, to: &Name, span: Span) -> Result<(), Fault> {
    let (old, new) = (Kind::Namespace.root(from), Kind::Namespace.root(to));
    reader.is_free(&new, span)?;
    alter_table_rename::apply(reader, vec![(old, new)]);
    let defaults = reader.desired.schema.iter().map(|it| it.0).filter(|it| it.kind == Kind::DefaultPrivilege);
    reader.defaults = defaults.cloned().collect();
    reader.desired.namespaces.remove(from);
    reader.desired.namespaces.insert(to.clone());
    reader.path = reader.path.iter().map(|it| if it == from { to.clone() } else { it.clone() }).collect();
    Ok(())
}
