//! CREATE PUBLICATION and ALTER PUBLICATION.
//!
//! Knows that a table that others inherit from takes them along; not who subscribes.

use model::{
    Kind, NameSet, Object, ObjectId, Publication, Publish, PublishedNamespace, PublishedTable, QualName,
};
use sql::{Code, Cursor, Fault};

use crate::reader::Reader;
use crate::{Verdict, column, option, owner, rename};

/// One thing that is put into a publication or taken out of it.
struct Member {
    id: ObjectId,
    object: Object,
}

/// `CREATE PUBLICATION name [FOR ALL TABLES | FOR object, …] [WITH (…)]`
pub(crate) fn create(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Verdict, Fault> {
    let begin = cursor.span();
    cursor.expect(&["create", "publication"])?;
    let id = Kind::Publication.root(&cursor.name()?);
    let all_tables = cursor.eat(&["for", "all", "tables"]);
    let members = match !all_tables && cursor.eat(&["for"]) {
        true => members(reader, cursor, &id)?,
        false => Vec::new(),
    };
    let mut publication =
        Publication { all_tables, publish: Publish::ALL.to_vec(), via_root: false, generated: false };
    if cursor.eat(&["with"]) {
        parameters(reader, cursor, &mut publication)?;
    }
    cursor.expect_done()?;
    let span = begin.to(cursor.previous());
    reader.is_free(&id, span)?;
    rename::said(reader, &id, begin);
    reader.declare(&id, publication, span);
    members.into_iter().for_each(|it| reader.declare(&it.id, it.object, span));
    Ok(Verdict::Declared)
}

/// `(publish = '…', publish_via_partition_root, publish_generated_columns = …)`
fn parameters(reader: &Reader<'_>, cursor: &mut Cursor<'_>, it: &mut Publication) -> Result<(), Fault> {
    let at = cursor.span();
    for (name, value) in option::list(cursor)? {
        let bad = |what: &str| Fault::new(Code::Syntax, at, format!("{name} takes {what}, not `{value}`"));
        match name.as_str() {
            "publish" => {
                it.publish = publish(&value).ok_or_else(|| bad("insert, update, delete and truncate"))?
            }
            "publish_via_partition_root" => {
                it.via_root = option::boolean(&value).ok_or_else(|| bad("true or false"))?;
            }
            "publish_generated_columns" if reader.facts.major >= 18 || reader.facts.offline => {
                it.generated = match value.to_lowercase().as_str() {
                    "stored" => true,
                    "none" => false,
                    _ => return Err(bad("none or stored")),
                }
            }
            _ => {
                let message =
                    format!("a publication has no parameter {name} in PostgreSQL {}", reader.facts.major);
                return Err(Fault::new(Code::Unsupported, at, message));
            }
        }
    }
    Ok(())
}

fn publish(list: &str) -> Option<Vec<Publish>> {
    let words = list.split(',').map(|it| it.trim().to_lowercase()).filter(|it| !it.is_empty());
    let found: Option<Vec<Publish>> =
        words.map(|word| Publish::ALL.into_iter().find(|it| it.word() == word)).collect();
    let mut found = found?;
    found.sort();
    found.dedup();
    Some(found)
}

/// `TABLE [ONLY] table [*] [(columns)] [WHERE (…)], … | TABLES IN SCHEMA namespace, …`; what is said once
/// holds until something else is said.
fn members(reader: &Reader<'_>, cursor: &mut Cursor<'_>, id: &ObjectId) -> Result<Vec<Member>, Fault> {
    let mut found = Vec::new();
    let mut of_namespaces = None;
    loop {
        match () {
            () if cursor.eat(&["tables", "in", "schema"]) => of_namespaces = Some(true),
            () if cursor.eat(&["table"]) => of_namespaces = Some(false),
            () => (),
        }
        match of_namespaces {
            Some(true) => found.push(namespace(reader, cursor, id)?),
            Some(false) => found.extend(table(reader, cursor, id)?),
            None => return Err(cursor.wanted("ALL TABLES, TABLE or TABLES IN SCHEMA")),
        }
        if !cursor.eat_symbol(",") {
            return Ok(found);
        }
    }
}

fn namespace(reader: &Reader<'_>, cursor: &mut Cursor<'_>, id: &ObjectId) -> Result<Member, Fault> {
    if reader.facts.major < 15 {
        return Err(cursor.fault("schemas are published from PostgreSQL 15 on"));
    }
    let name = match cursor.eat(&["current_schema"]) {
        true => reader.creation_namespace(),
        false => cursor.name()?,
    };
    let id = Kind::PublishedNamespace.keys([id.name().clone(), name]);
    Ok(Member { id, object: PublishedNamespace {}.into() })
}

fn table(reader: &Reader<'_>, cursor: &mut Cursor<'_>, id: &ObjectId) -> Result<Vec<Member>, Fault> {
    let only = cursor.eat(&["only"]);
    let begin = cursor.span();
    let enclosed = only && cursor.eat_symbol("(");
    let table = reader.host(cursor)?;
    if enclosed {
        cursor.expect_symbol(")")?;
    }
    cursor.eat_symbol("*");
    let at = begin.to(cursor.previous());
    let mut columns: NameSet = match cursor.at_symbol("(") {
        true => cursor.name_list()?.into_iter().collect(),
        false => NameSet::new(),
    };
    let order = reader.columns(&table);
    if let Some(missing) = columns.iter().find(|it| !order.is_empty() && !order.contains(it)) {
        return Err(column::no_column(&table, missing, at));
    }
    columns.sort_by_key(|name| order.iter().position(|it| it == name));
    let filter = match cursor.eat(&["where"]) {
        true => {
            let tokens = cursor.parenthesised()?;
            Some(reader.expr(cursor, tokens))
        }
        false => None,
    };
    if reader.facts.major < 15 && (filter.is_some() || !columns.is_empty()) {
        return Err(Fault::new(Code::Unsupported, at, "columns and rows are chosen from PostgreSQL 15 on"));
    }
    let published = PublishedTable { columns, filter };
    let tables = if only { vec![table] } else { with_heirs(reader, table) };
    let member = |table: QualName| {
        let keys = [id.name().clone(), table.namespace, table.name];
        Member { id: Kind::PublishedTable.keys(keys), object: published.clone().into() }
    };
    Ok(tables.into_iter().map(member).collect())
}

/// A table with all that inherit from it; partitions are published with the whole.
fn with_heirs(reader: &Reader<'_>, table: QualName) -> Vec<QualName> {
    let inherits = |it: &QualName| reader.table(it).is_some_and(|it| it.partition_of.is_none());
    let below = reader.all_below(&table, inherits);
    std::iter::once(table).chain(below).collect()
}

/// `ALTER PUBLICATION name { ADD … | SET … | DROP … | SET (…) | OWNER TO role | RENAME TO name }`
pub(crate) fn alter(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Verdict, Fault> {
    let begin = cursor.span();
    cursor.expect(&["alter", "publication"])?;
    let id = reader.declared_root(cursor, Kind::Publication)?;
    match () {
        () if cursor.at(&["owner"]) => return owner::owner_to(reader, cursor, &id),
        () if cursor.at(&["rename"]) => return rename::clause(reader, cursor, &id, begin),
        () if cursor.eat(&["set"]) && cursor.at_symbol("(") => {
            if let Some(Object::Publication(mut it)) = reader.desired.schema.get(&id).cloned() {
                parameters(reader, cursor, &mut it)?;
                cursor.expect_done()?;
                if let Some(known) = reader.desired.schema.get_mut(&id) {
                    *known = it.into();
                }
            }
            return Ok(Verdict::Declared);
        }
        () => (),
    }
    let word = cursor.behind().filter(|it| it.is("set")).map(|_| "set");
    let Some(word) = word.or_else(|| cursor.eat_any(&["add", "drop"])) else {
        return Err(cursor.wanted("ADD, SET, DROP, OWNER TO or RENAME TO"));
    };
    let members = members(reader, cursor, &id)?;
    cursor.expect_done()?;
    if word == "set" {
        let old: Vec<ObjectId> = reader.desired.schema.children(&id).cloned().collect();
        let is_member = |it: &&ObjectId| matches!(it.kind, Kind::PublishedTable | Kind::PublishedNamespace);
        old.iter().filter(is_member).for_each(|it| _ = reader.schema().remove(it));
    }
    let span = begin.to(cursor.previous());
    for it in members {
        match word {
            "drop" => _ = reader.schema().remove(&it.id),
            _ => {
                // To add what is there already is refused.
                reader.is_free(&it.id, span)?;
                reader.declare(&it.id, it.object, span);
            }
        }
    }
    Ok(Verdict::Declared)
}
