//! CREATE EXTENSION and ALTER EXTENSION, and the types an extension will bring once it is installed.

use model::{Extension, Kind, Name, Object, ObjectId, QualName};
use sql::{Code, Cursor, Fault, TokenKind};

use crate::Verdict;
use crate::reader::Reader;

/// Types of well-known extensions, which a file may use before any server has them.
const TYPES: &[(&str, &[&str])] = &[
    ("citext", &["citext"]),
    ("hstore", &["hstore", "ghstore"]),
    ("ltree", &["ltree", "lquery", "ltxtquery"]),
    ("cube", &["cube"]),
    ("earthdistance", &["earth"]),
    ("isn", &["ean13", "isbn", "isbn13", "ismn", "ismn13", "issn", "issn13", "upc"]),
    ("seg", &["seg"]),
    ("lo", &["lo"]),
    ("intarray", &["query_int"]),
    ("pg_trgm", &["gtrgm"]),
    ("postgis", &["geometry", "geography", "box2d", "box3d", "spheroid"]),
    ("postgis_raster", &["raster"]),
    ("vector", &["vector", "halfvec", "sparsevec"]),
    ("hll", &["hll"]),
    ("semver", &["semver"]),
    ("uuid-ossp", &[]),
    ("pgcrypto", &[]),
    ("btree_gist", &[]),
    ("btree_gin", &[]),
    ("plpgsql", &[]),
    ("pg_stat_statements", &["pg_stat_statements", "pg_stat_statements_info"]),
    ("unaccent", &[]),
    ("tablefunc", &["tablefunc_crosstab_2", "tablefunc_crosstab_3", "tablefunc_crosstab_4"]),
    ("fuzzystrmatch", &[]),
    ("moddatetime", &[]),
    ("pg_cron", &[]),
    ("postgres_fdw", &[]),
    ("dblink", &["dblink_pkey_results"]),
];

impl Reader<'_> {
    /// A type that an extension declared in the file will bring, where the server does not have the
    /// extension yet. An extension nobody knows may bring any type.
    pub(crate) fn type_to_come(&self, parts: &[Name]) -> Option<QualName> {
        let name = parts.last()?;
        let brings = |extension: &Name| {
            let known = TYPES.iter().find(|it| it.0 == extension.as_str());
            known.is_none_or(|it| it.1.contains(&name.as_str()))
        };
        let extension = self.extensions_to_come.iter().rev().find(|it| brings(&it.0))?;
        let found = name.clone().within(extension.1.clone());
        let reached = match parts {
            [_] => self.path.contains(&extension.1),
            [.., namespace, _] => *namespace == extension.1,
            [] => false,
        };
        reached.then_some(found)
    }
}

/// `CREATE EXTENSION [IF NOT EXISTS] name [WITH] [SCHEMA s] [VERSION v] [FROM old] [CASCADE]`
pub(crate) fn create(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Verdict, Fault> {
    let begin = cursor.span();
    cursor.expect(&["create", "extension"])?;
    let guarded = cursor.eat(&["if", "not", "exists"]);
    let name = cursor.name()?;
    cursor.eat(&["with"]);
    let mut extension = Extension::default();
    loop {
        if cursor.eat(&["schema"]) {
            extension.namespace = Some(cursor.name()?);
        } else if cursor.eat(&["version"]) {
            extension.version = Some(word_or_string(cursor)?);
        } else if cursor.eat(&["from"]) {
            word_or_string(cursor)?;
        } else if !cursor.eat(&["cascade"]) {
            break;
        }
    }
    cursor.expect_done()?;
    let id = Kind::Extension.root(&name);
    let span = begin.to(cursor.previous());
    if reader.desired.schema.contains(&id) {
        if guarded {
            return Ok(Verdict::Idiom);
        }
        reader.is_free(&id, span)?;
    }
    if !reader.facts.extensions.installed.contains_key(&name) {
        let namespace = extension.namespace.clone().unwrap_or_else(|| reader.creation_namespace());
        reader.extensions_to_come.push((name, namespace));
    }
    reader.declare(&id, extension, span);
    Ok(Verdict::Declared)
}

fn word_or_string(cursor: &mut Cursor<'_>) -> Result<String, Fault> {
    match cursor.peek().map(|it| it.kind) {
        Some(TokenKind::Text) => cursor.string(),
        Some(TokenKind::Number) => Ok(cursor.next().map(|it| it.value.clone()).unwrap_or_default()),
        _ => Ok(cursor.name()?.as_str().to_string()),
    }
}

/// `ALTER EXTENSION name UPDATE [TO version] | SET SCHEMA s`
pub(crate) fn alter(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Verdict, Fault> {
    let begin = cursor.span();
    cursor.expect(&["alter", "extension"])?;
    let name = cursor.name()?;
    let id: ObjectId = Kind::Extension.root(&name);
    let Some(Object::Extension(old)) = reader.desired.schema.get(&id) else {
        let message = format!("there is no extension `{name}` at this point of the file");
        return Err(Fault::new(Code::Unknown, begin.to(cursor.previous()), message));
    };
    let mut extension = old.clone();
    if cursor.eat(&["update"]) {
        if !cursor.eat(&["to"]) {
            cursor.expect_done()?;
            return Ok(Verdict::Passed("the newest version is the server's to choose"));
        }
        extension.version = Some(word_or_string(cursor)?);
    } else if cursor.eat(&["set", "schema"]) {
        let namespace = cursor.name()?;
        let to_come = reader.extensions_to_come.iter_mut().filter(|it| it.0 == name);
        to_come.for_each(|it| it.1.clone_from(&namespace));
        extension.namespace = Some(namespace);
    } else {
        return Err(Fault { code: Code::Unsupported, ..cursor.wanted("UPDATE or SET SCHEMA") });
    }
    cursor.expect_done()?;
    reader.declare(&id, extension, begin.to(cursor.previous()));
    Ok(Verdict::Declared)
}
