//! What a column's type brings with it: the collation and the storage it has when nothing is said.
//!
//! Knows the built-in types; of others it knows what the file declares.

use model::{Kind, Name, Object, QualName, Type};
use sql::{Cursor, Fault, TypeName};

use crate::reader::Reader;
use crate::refer;

/// The type that is meant. An unknown one is a fault, and taken to be of the namespace things are made in,
/// so that the rest of the statement can be read.
pub(crate) fn resolved(reader: &mut Reader<'_>, written: &TypeName, span: model::Span) -> Type {
    match reader.resolved(written, span) {
        Ok(ty) => ty,
        Err(fault) => {
            reader.desired.faults.push(fault);
            let guess = |parts: &[Name]| match parts {
                [name] => Some(name.clone().within(reader.creation_namespace())),
                [.., namespace, name] => Some(name.clone().within(namespace.clone())),
                [] => None,
            };
            sql::canonical_type(written, guess).unwrap_or_else(|| Type::builtin("text"))
        }
    }
}

/// Takes the name behind COLLATE. What is neither declared nor known to the server's facts is of
/// pg_catalog, which is looked into first anyway.
pub(crate) fn collation(reader: &Reader<'_>, cursor: &mut Cursor<'_>) -> Result<QualName, Fault> {
    let parts = cursor.dotted()?;
    let known = |it: &QualName| {
        let declared = reader.desired.schema.contains(&Kind::Collation.named(it)).then(|| it.clone());
        declared.or_else(|| refer::live(&reader.facts.collations, it))
    };
    let found = if parts.len() == 1 { reader.lookup(&parts, known) } else { None };
    Ok(found.unwrap_or_else(|| refer::qualified(&parts, || "pg_catalog".into())))
}

/// The collation where it differs from the type's own.
pub(crate) fn own_collation(reader: &Reader<'_>, ty: &Type, said: Option<QualName>) -> Option<QualName> {
    said.filter(|it| Some(it) != of_type(reader, ty).as_ref())
}

/// The collation values of a type have when nothing is said; none for what cannot be collated.
pub(crate) fn of_type(reader: &Reader<'_>, ty: &Type) -> Option<QualName> {
    let text = ty.text.trim_end_matches("[]");
    if let Some(user) = &ty.user {
        return match reader.desired.schema.get(&Kind::Domain.named(user)) {
            Some(Object::Domain(it)) => it.collation.clone().or_else(|| of_type(reader, &it.base)),
            _ => Some(QualName::new("pg_catalog", "default")),
        };
    }
    match text {
        "name" => Some(QualName::new("pg_catalog", "C")),
        _ => Some(QualName::new("pg_catalog", "default")),
    }
}

/// Whether a type is stored that way when nothing is said (`pg_type.typstorage`).
pub(crate) fn is_storage_of(reader: &Reader<'_>, ty: &Type, storage: &str) -> bool {
    storage == "DEFAULT" || ty.storage(&reader.desired.schema) == storage
}

/// Settings of a TOAST table mean nothing, and are not kept, where the table has none: where no row can be
/// so long that part of it is put aside (`needs_toast_table`).
pub(crate) fn forget_toast(reader: &mut Reader<'_>) {
    let set = reader.desired.schema.iter().filter_map(|(id, object)| match object {
        Object::Table(it) if it.options.keys().any(|it| it.starts_with("toast.")) => id.qual_name().cloned(),
        _ => None,
    });
    for table in set.collect::<Vec<_>>() {
        let columns = reader.columns(&table);
        let longest: Option<usize> = columns.iter().map(|it| longest(reader, &table, it)).sum();
        // TOAST_TUPLE_THRESHOLD, less the row's head.
        if longest.is_some_and(|it| it < 2000) {
            reader.change_table(&table, |it| it.options.retain(|name, _| !name.starts_with("toast.")));
        }
    }
}

/// How long a value of a column can be, as far as that is needed; `None` for any length.
fn longest(reader: &Reader<'_>, table: &QualName, column: &Name) -> Option<usize> {
    let column = reader.column(table, column)?;
    let storage = column.storage.as_deref().unwrap_or_else(|| column.ty.storage(&reader.desired.schema));
    if storage == "PLAIN" {
        return Some(32);
    }
    let (name, rest) = column.ty.text.split_once('(')?;
    let length: usize = rest.strip_suffix(')')?.split(',').next()?.parse().ok()?;
    match name {
        "character varying" | "character" => Some(length * 4 + 4),
        "numeric" | "bit" | "bit varying" => Some(length + 16),
        _ => None,
    }
}
