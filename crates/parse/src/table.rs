//! CREATE TABLE.
//!
//! Reads the whole statement first, then puts down what it declares in the order in which the server
//! would make it, because the names the server chooses depend on that order.

use model::{Kind, Name, PartitionOf, Persistence, QualName, Settings, Span, Table};
use sql::{Code, Cursor, Fault, TokenKind};

use crate::column::{self, Definition};
use crate::constraint::{self, Draft};
use crate::reader::{Reader, unknown};
use crate::table_like::{self, Like};
use crate::{Verdict, foreign, partition, types_composite};

/// What stands in the parentheses of CREATE TABLE.
#[derive(Debug, Default)]
struct Elements {
    columns: Vec<Definition>,
    constraints: Vec<Draft>,
    likes: Vec<Like>,
    faults: Vec<Fault>,
}

/// `CREATE [UNLOGGED | TEMPORARY] TABLE [IF NOT EXISTS] name …`
pub(crate) fn create(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Verdict, Fault> {
    let begin = cursor.span();
    cursor.expect(&["create"])?;
    let persistence = persistence(cursor);
    let is_foreign = cursor.eat(&["foreign"]);
    cursor.expect(&["table"])?;
    let guarded = cursor.eat(&["if", "not", "exists"]);
    let (at, parts) = (cursor.span(), cursor.dotted()?);
    let is_temporary =
        persistence.is_none() || parts.first().is_some_and(|it| parts.len() > 1 && it.as_str() == "pg_temp");
    if is_temporary {
        reader.note_temporary(&parts[parts.len() - 1]);
        return Ok(Verdict::Passed("temporary objects are never managed"));
    }
    let name = reader.created(parts, at)?;
    let id = Kind::Table.named(&name);
    if guarded && reader.relation_taken(&name) {
        return Ok(Verdict::Idiom);
    }
    reader.is_free(&id, at)?;
    refuse_query(cursor, at)?;
    let mut table = Table { persistence: persistence.unwrap_or_default(), ..Table::default() };
    let mut header = begin.to(cursor.previous());
    let elements = body(reader, cursor, &mut table, &mut header)?;
    match is_foreign {
        true => foreign_tail(reader, cursor, &mut table)?,
        false => tail(reader, cursor, &mut table)?,
    }
    cursor.expect_done()?;
    if let Some(old) = reader.renamed(header) {
        reader.desired.renames.push((Kind::Table.named(&old.within(name.namespace.clone())), id));
    }
    declare(reader, &name, table, elements, begin.to(cursor.previous()))
}

/// Takes the words that say how long a relation lasts; `None` for a temporary one.
pub(crate) fn persistence(cursor: &mut Cursor<'_>) -> Option<Persistence> {
    cursor.eat_any(&["global", "local"]);
    match () {
        () if cursor.eat_any(&["temporary", "temp"]).is_some() => None,
        () if cursor.eat(&["unlogged"]) => Some(Persistence::Unlogged),
        () => Some(Persistence::Permanent),
    }
}

/// CREATE TABLE … AS makes rows, and columns only the server knows.
fn refuse_query(cursor: &Cursor<'_>, at: Span) -> Result<(), Fault> {
    let mut ahead = cursor.clone();
    if ahead.at_symbol("(") {
        ahead.parenthesised()?;
    }
    let is_query =
        ahead.until(|it| it.at(&["as"])).iter().all(|it| !it.is("partition") && !it.is("inherits"));
    match is_query && ahead.at(&["as"]) {
        false => Ok(()),
        true => {
            Err(Fault::new(Code::Unsupported, at, "CREATE TABLE … AS declares columns only the server knows")
                .hint("write the columns, or make it a materialized view"))
        }
    }
}

/// From behind the name to behind the elements and bounds.
fn body(
    reader: &mut Reader<'_>,
    cursor: &mut Cursor<'_>,
    table: &mut Table,
    header: &mut Span,
) -> Result<Elements, Fault> {
    if cursor.eat(&["of"]) {
        table.of_type = Some(types_composite::of_table(reader, cursor)?);
        return maybe_elements(reader, cursor, header);
    }
    if cursor.eat(&["partition", "of"]) {
        let (at, parts) = (cursor.span(), cursor.dotted()?);
        let parent = partition::parent(reader, &parts, at)?;
        let elements = maybe_elements(reader, cursor, header)?;
        table.partition_of = Some(partition::bound(reader, cursor, parent)?);
        return Ok(elements);
    }
    elements(reader, cursor, false, header)
}

fn maybe_elements(
    reader: &mut Reader<'_>,
    cursor: &mut Cursor<'_>,
    header: &mut Span,
) -> Result<Elements, Fault> {
    match cursor.at_symbol("(") {
        true => elements(reader, cursor, true, header),
        false => Ok(Elements::default()),
    }
}

/// Reads what stands in parentheses. A fault in one element does not keep the others from being read.
fn elements(
    reader: &mut Reader<'_>,
    cursor: &mut Cursor<'_>,
    typed: bool,
    header: &mut Span,
) -> Result<Elements, Fault> {
    let open = cursor.span();
    *header = header.to(open);
    let inside = cursor.parenthesised()?;
    let mut rest = cursor.within(inside);
    let mut elements = Elements::default();
    while !rest.is_done() {
        let tokens = rest.element();
        let mut one = rest.within(tokens);
        if tokens.is_empty() {
            return Err(rest.wanted("a column or constraint"));
        }
        if let Err(fault) = elements.read(reader, &mut one, typed) {
            elements.faults.push(fault);
        }
        if !rest.eat_symbol(",") {
            break;
        }
        if rest.is_done() {
            return Err(rest.wanted("a column or constraint"));
        }
    }
    rest.expect_done()?;
    Ok(elements)
}

impl Elements {
    fn read(&mut self, reader: &mut Reader<'_>, cursor: &mut Cursor<'_>, typed: bool) -> Result<(), Fault> {
        match () {
            () if cursor.at(&["like"]) => self.likes.push(table_like::read(reader, cursor)?),
            () if constraint::begins(cursor) => self.constraints.push(constraint::of_table(reader, cursor)?),
            () => self.columns.push(column::read(reader, cursor, typed)?),
        }
        cursor.expect_done()
    }
}

/// The clauses behind the elements, in whatever order.
fn tail(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>, table: &mut Table) -> Result<(), Fault> {
    loop {
        match () {
            () if cursor.eat(&["inherits"]) => {
                let inside = cursor.parenthesised()?;
                let mut inside = cursor.within(inside);
                table.inherits = parents(reader, &mut inside)?;
            }
            () if cursor.eat(&["partition", "by"]) => {
                table.partition_by = Some(partition::key(reader, cursor)?)
            }
            () if cursor.eat(&["using"]) => {
                table.access_method = Some(cursor.name()?).filter(|it| it.as_str() != "heap")
            }
            () if cursor.eat(&["with"]) => table.options = options(cursor)?,
            () if cursor.eat(&["without", "oids"]) => (),
            () if cursor.eat(&["tablespace"]) => table.tablespace = tablespace(cursor)?,
            () => return Ok(()),
        }
    }
}

/// What stands behind the elements of a foreign table.
fn foreign_tail(reader: &Reader<'_>, cursor: &mut Cursor<'_>, table: &mut Table) -> Result<(), Fault> {
    if cursor.eat(&["inherits"]) {
        let inside = cursor.parenthesised()?;
        let mut inside = cursor.within(inside);
        table.inherits = parents(reader, &mut inside)?;
    }
    table.foreign = Some(foreign::table(cursor)?);
    Ok(())
}

fn parents(reader: &Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Vec<QualName>, Fault> {
    let mut parents = Vec::new();
    while !cursor.is_done() {
        let (at, parts) = (cursor.span(), cursor.dotted()?);
        let id = reader.relation(&parts, at)?;
        parents.push(id.qual_name().cloned().ok_or_else(|| unknown(&parts, "table", at))?);
        if !cursor.eat_symbol(",") {
            break;
        }
    }
    cursor.expect_done()?;
    Ok(parents)
}

/// Options in parentheses: `(name = value, toast.name = value, name)`. What is set to nothing is true.
pub(crate) fn options(cursor: &mut Cursor<'_>) -> Result<Settings, Fault> {
    let inside = cursor.parenthesised()?;
    let mut inside = cursor.within(inside);
    let mut options = Settings::new();
    while !inside.is_done() {
        let name: Vec<String> = inside.dotted()?.iter().map(|it| it.as_str().to_string()).collect();
        let mut value = "true".to_string();
        if inside.eat_symbol("=") {
            let tokens = inside.element();
            if tokens.is_empty() {
                return Err(inside.wanted("a value"));
            }
            value = tokens.iter().filter(|it| !it.is_symbol("+")).map(|it| it.value.as_str()).collect();
        }
        options.insert(name.join("."), value);
        if !inside.eat_symbol(",") {
            break;
        }
    }
    inside.expect_done()?;
    Ok(options)
}

/// A tablespace, where it is not the database's own as far as can be told.
pub(crate) fn tablespace(cursor: &mut Cursor<'_>) -> Result<Option<Name>, Fault> {
    let text = cursor.peek().filter(|it| it.kind == TokenKind::Text);
    let name = match text {
        Some(_) => Name::from(cursor.string()?),
        None => cursor.name()?,
    };
    Ok(Some(name).filter(|it| it.as_str() != "pg_default"))
}

/// Puts the table down with all its parts.
fn declare(
    reader: &mut Reader<'_>,
    name: &QualName,
    table: Table,
    elements: Elements,
    span: Span,
) -> Result<Verdict, Fault> {
    let Elements { columns, mut constraints, likes, mut faults } = elements;
    let parent = table.partition_of.as_ref().map(|it: &PartitionOf| it.parent.clone());
    let ty = table.of_type.clone();
    reader.declare(&Kind::Table.named(name), table, span);
    if let Some(ty) = ty {
        types_composite::columns(reader, name, &ty, span);
    }
    let mut copies = Vec::new();
    for like in likes {
        match table_like::columns(reader, name, &like) {
            Ok(()) => copies.push(like),
            Err(fault) => faults.push(fault),
        }
    }
    let mut of_columns = Vec::new();
    for column in columns {
        let (column_name, at) = (column.name.clone(), column.span);
        if column.ty.is_some() && reader.desired.schema.contains(&Kind::Column.of(name, &column_name)) {
            faults.push(Fault::new(Code::Conflict, at, format!("column {column_name} is declared twice")));
            continue;
        }
        if let Some(old) = reader.renamed(at) {
            reader.desired.renames.push((Kind::Column.of(name, &old), Kind::Column.of(name, &column_name)));
        }
        match column::declare(reader, name, column) {
            Ok(drafts) => of_columns.extend(drafts),
            Err(fault) => faults.push(fault),
        }
    }
    // What a partition has from above is there before its own, even if that is the same.
    if let Some(parent) = parent {
        partition::join(reader, &parent, name, span);
    }
    // The server makes a column's constraints before a table's own of the same kind, as they come in the text.
    of_columns.append(&mut constraints);
    of_columns.sort_by_key(|it| it.span.start);
    faults.extend(constraint::declare_all(reader, name, of_columns, true));
    for like in &copies {
        table_like::rest(reader, name, like, span);
    }
    let last = faults.pop();
    reader.desired.faults.extend(faults);
    last.map_or(Ok(Verdict::Declared), Err)
}
