//! The keys of indexes and exclusion constraints: how one reads, and what it is once the table is known.
//!
//! Knows which operator classes are a type's default, and where extensions keep theirs.

use model::{IndexKey, Kind, Name, Object, ObjectId, OperatorClass, QualName, Settings};
use sql::{Cursor, Fault, Tok, TokenKind};

use crate::reader::Reader;
use crate::{column_type, opclass, operator_class, table};

/// Takes one key: a column, a call or an expression in parentheses, and how it is indexed. What is said of
/// collation and operator class is kept as written until [`settle`].
pub(crate) fn read(reader: &Reader<'_>, cursor: &mut Cursor<'_>) -> Result<IndexKey, Fault> {
    let tokens = subject(cursor)?;
    let (operand, inner) = collated(reader, cursor, tokens);
    let mut key = key_of(reader, cursor, operand);
    key.collation = inner;
    if cursor.eat(&["collate"]) {
        key.collation = Some(column_type::collation(reader, cursor)?);
    }
    if names_class(cursor) {
        let parts: Vec<String> = cursor.dotted()?.iter().map(Name::to_string).collect();
        key.opclass = Some(parts.join("."));
        if cursor.at_symbol("(") {
            key.opclass_options = table::options(cursor)?;
        }
    }
    key.descending = cursor.eat(&["desc"]);
    _ = !key.descending && cursor.eat(&["asc"]);
    key.nulls_first = match () {
        () if cursor.eat(&["nulls", "first"]) => true,
        () if cursor.eat(&["nulls", "last"]) => false,
        () => key.descending,
    };
    Ok(key)
}

/// Takes a column, a call or an expression in parentheses, with nothing said about it.
pub(crate) fn plain(reader: &Reader<'_>, cursor: &mut Cursor<'_>) -> Result<IndexKey, Fault> {
    let tokens = subject(cursor)?;
    Ok(key_of(reader, cursor, tokens))
}

fn names_class(cursor: &Cursor<'_>) -> bool {
    const OTHERS: &[&str] = &["asc", "desc", "nulls", "with"];
    let named = cursor.peek().filter(|it| matches!(it.kind, TokenKind::Word | TokenKind::Quoted));
    named.is_some_and(|it| !OTHERS.iter().any(|word| it.is(word)))
}

/// What is indexed, without the parentheses around it.
fn subject<'a>(cursor: &mut Cursor<'a>) -> Result<&'a [Tok], Fault> {
    if cursor.at_symbol("(") {
        return cursor.parenthesised();
    }
    let mark = cursor.mark();
    cursor.dotted()?;
    if cursor.at_symbol("(") {
        cursor.parenthesised()?;
    }
    Ok(cursor.since(mark))
}

/// An expression that is one operand with COLLATE behind it is indexed as the operand under that collation.
fn collated<'a>(
    reader: &Reader<'_>,
    cursor: &Cursor<'_>,
    tokens: &'a [Tok],
) -> (&'a [Tok], Option<QualName>) {
    let at = tokens.iter().rposition(|it| it.is("collate"));
    let Some((operand, said)) = at.map(|it| (&tokens[..it], &tokens[it + 1..])) else {
        return (tokens, None);
    };
    let mut one = cursor.within(operand);
    let called = subject(&mut one).is_ok() && one.is_done();
    let mut name = cursor.within(said);
    match called.then(|| column_type::collation(reader, &mut name)) {
        Some(Ok(collation)) if name.is_done() => (operand, Some(collation)),
        _ => (tokens, None),
    }
}

/// A key of these tokens and nothing said about it. A column in parentheses is a column.
fn key_of(reader: &Reader<'_>, cursor: &Cursor<'_>, tokens: &[Tok]) -> IndexKey {
    let mut inner = tokens;
    while let [first, rest @ .., last] = inner
        && first.is_symbol("(")
        && last.is_symbol(")")
        && rest.len() == 1
    {
        inner = rest;
    }
    match inner {
        [only] if only.name().is_some() => of_column(reader, &only.name().unwrap_or_default()),
        _ => IndexKey {
            column: None,
            expr: reader.expr(cursor, tokens),
            ..of_column(reader, &Name::default())
        },
    }
}

/// A plain column as a key.
pub(crate) fn of_column(reader: &Reader<'_>, name: &Name) -> IndexKey {
    IndexKey {
        expr: reader.written(&name.to_string()),
        column: Some(name.clone()),
        collation: None,
        opclass: None,
        opclass_options: Settings::new(),
        descending: false,
        nulls_first: false,
    }
}

/// Leaves out of a key what its column or the access method brings along anyway.
pub(crate) fn settle(reader: &Reader<'_>, relation: &ObjectId, method: &Name, key: &mut IndexKey) {
    let default = QualName::new("pg_catalog", "default");
    let own = match (&key.column, relation.qual_name()) {
        (Some(column), Some(table)) => reader.column(table, column).map_or(Some(default), |it| {
            it.collation.clone().or_else(|| column_type::of_type(reader, &it.ty))
        }),
        _ => Some(default),
    };
    key.collation = key.collation.take().filter(|it| Some(it) != own.as_ref());
    let ty = match (&key.column, relation.qual_name()) {
        (Some(column), Some(table)) => reader.column(table, column).map(|it| it.ty.clone()),
        _ => None,
    };
    let Some(said) = key.opclass.take() else { return };
    key.opclass = match key.opclass_options.is_empty() {
        true => class_for(reader, method, &said, ty.as_ref()),
        // Parameters stand behind the name of a class, usual or not.
        false => Some(match declared_class(reader, method, &said) {
            Some((name, _)) => name.to_string(),
            None => class(reader, &said),
        }),
    };
}

/// The operator class that is named, unless it is the one a type has by default.
pub(crate) fn class_for(
    reader: &Reader<'_>,
    method: &Name,
    said: &str,
    ty: Option<&model::Type>,
) -> Option<String> {
    let bare = said.rsplit('.').next().unwrap_or(said);
    match declared_class(reader, method, said) {
        Some((_, class)) if class.default && ty.is_none_or(|it| *it == class.ty) => None,
        Some((name, _)) => Some(name.to_string()),
        None if opclass::is_default(method.as_str(), bare) => None,
        None => Some(class(reader, said)),
    }
}

/// The class of the file that is named.
fn declared_class<'r>(
    reader: &'r Reader<'_>,
    method: &Name,
    said: &str,
) -> Option<(QualName, &'r OperatorClass)> {
    let parts = match QualName::read(said) {
        Some(QualName { namespace, name }) => vec![namespace, name],
        None => vec![Name::from(said.trim_matches('"'))],
    };
    let id = operator_class::declared(reader, &parts, Kind::OperatorClass, method)?;
    match reader.desired.schema.get(&id) {
        Some(Object::OperatorClass(it)) => Some((id.qual_name()?.clone(), it)),
        _ => None,
    }
}

/// The operator class as the server's catalog names it.
fn class(reader: &Reader<'_>, said: &str) -> String {
    let bare = said.strip_prefix("pg_catalog.").unwrap_or(said);
    if bare.contains('.') || bare != said {
        return bare.to_string();
    }
    match opclass::extension(bare) {
        Some(extension) => format!("{}.{bare}", namespace_of(reader, extension)),
        None => bare.to_string(),
    }
}

/// Where an extension's objects are: as the file says, as the server has it, or where it would be created.
fn namespace_of(reader: &Reader<'_>, extension: &str) -> Name {
    let name = Name::from(extension);
    let declared = match reader.desired.schema.get(&Kind::Extension.root(&name)) {
        Some(Object::Extension(it)) => it.namespace.clone(),
        _ => None,
    };
    let installed = || reader.facts.extensions.installed.get(&name).map(|(namespace, _)| namespace.clone());
    declared.or_else(installed).unwrap_or_else(|| reader.creation_namespace())
}
