//! Views and materialized views: CREATE and ALTER.

use model::{Kind, MaterializedView, Name, Object, ObjectId, Populated, Query, Settings, Shape, Span, View};
use sql::{Code, Cursor, Fault, Tok};

use crate::reader::Reader;
use crate::refer::Found;
use crate::{Verdict, option, owner, rename};

/// `CREATE [OR REPLACE] [TEMP] [RECURSIVE] VIEW name [(columns)] [WITH (…)] AS query [WITH … CHECK OPTION]`
pub(crate) fn create(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Verdict, Fault> {
    let begin = cursor.span();
    cursor.expect(&["create"])?;
    let replace = cursor.eat(&["or", "replace"]);
    _ = cursor.eat_any(&["local", "global"]);
    let temporary = cursor.eat_any(&["temp", "temporary"]).is_some();
    let recursive = cursor.eat(&["recursive"]);
    cursor.expect(&["view"])?;
    let named = cursor.span();
    let parts = cursor.dotted()?;
    if temporary || reader.is_temporary(&parts) {
        reader.note_temporary(&parts[parts.len() - 1]);
        return Ok(Verdict::Passed("temporary objects go with the session"));
    }
    let name = reader.created(parts, named)?;
    let columns = if cursor.at_symbol("(") { cursor.name_list()? } else { Vec::new() };
    let mut options = if cursor.eat(&["with"]) { option::list(cursor)? } else { Settings::new() };
    cursor.expect(&["as"])?;
    let tokens = cursor.until(check_option);
    let query = match recursive {
        true => recursion(reader, cursor, &name.name, &columns, tokens)?,
        false => query(reader, cursor, tokens)?,
    };
    if cursor.eat(&["with"]) {
        let local = cursor.eat(&["local"]);
        _ = !local && cursor.eat(&["cascaded"]);
        cursor.expect(&["check", "option"])?;
        options.insert("check_option".into(), if local { "local" } else { "cascaded" }.into());
    }
    cursor.expect_done()?;
    let id = Kind::View.named(&name);
    let span = begin.to(cursor.previous());
    if !replace {
        reader.is_free(&id, span)?;
    }
    rename::said(reader, &id, begin);
    reader.declare(&id, View { query, columns, options, shape: Shape(None) }, span);
    Ok(Verdict::Declared)
}

fn check_option(cursor: &Cursor<'_>) -> bool {
    [&["with", "check", "option"][..], &["with", "local", "check"], &["with", "cascaded", "check"]]
        .iter()
        .any(|it| cursor.at(it))
}

fn query(reader: &Reader<'_>, cursor: &Cursor<'_>, tokens: &[Tok]) -> Result<Query, Fault> {
    const BEGINS: &[&str] = &["select", "with", "values", "table"];
    match tokens.first() {
        Some(it) if it.is_symbol("(") || BEGINS.iter().any(|word| it.is(word)) => {
            Ok(reader.expr(cursor, tokens))
        }
        Some(it) => Err(Fault::new(Code::Syntax, it.span, "this is no query")),
        None => Err(cursor.wanted("a query")),
    }
}

/// What CREATE RECURSIVE VIEW is short for.
fn recursion(
    reader: &Reader<'_>,
    cursor: &Cursor<'_>,
    name: &Name,
    columns: &[Name],
    tokens: &[Tok],
) -> Result<Query, Fault> {
    let columns: Vec<String> = columns.iter().map(Name::to_string).collect();
    let (columns, text) = (columns.join(", "), cursor.text(tokens));
    let whole = format!("WITH RECURSIVE {name} ({columns}) AS (\n{text}\n) SELECT {columns} FROM {name}");
    let end = u32::try_from(whole.len()).unwrap_or(u32::MAX);
    sql::expr(&whole, Span { file: 0, start: 0, end }, &reader.path)
}

/// `CREATE MATERIALIZED VIEW [IF NOT EXISTS] name [(columns)] [USING am] [WITH (…)] [TABLESPACE t] AS query`
pub(crate) fn create_materialized(
    reader: &mut Reader<'_>,
    cursor: &mut Cursor<'_>,
) -> Result<Verdict, Fault> {
    let begin = cursor.span();
    cursor.expect(&["create", "materialized", "view"])?;
    let guarded = cursor.eat(&["if", "not", "exists"]);
    let named = cursor.span();
    let parts = cursor.dotted()?;
    let name = reader.created(parts, named)?;
    let columns = if cursor.at_symbol("(") { cursor.name_list()? } else { Vec::new() };
    let access_method = if cursor.eat(&["using"]) { Some(cursor.name()?) } else { None };
    let options = if cursor.eat(&["with"]) { option::list(cursor)? } else { Settings::new() };
    let tablespace = if cursor.eat(&["tablespace"]) { Some(cursor.name()?) } else { None };
    cursor.expect(&["as"])?;
    let tokens = cursor.until(|it| it.at(&["with", "data"]) || it.at(&["with", "no", "data"]));
    let query = query(reader, cursor, tokens)?;
    let populated = !cursor.eat(&["with", "no", "data"]);
    cursor.eat(&["with", "data"]);
    cursor.expect_done()?;
    let id = Kind::MaterializedView.named(&name);
    let span = begin.to(cursor.previous());
    if guarded && reader.relation_taken(&name) {
        return Ok(Verdict::Idiom);
    }
    reader.is_free(&id, span)?;
    let view = MaterializedView {
        query,
        columns,
        options,
        access_method: beside(access_method, "heap"),
        tablespace: beside(tablespace, "pg_default"),
        populated: Populated(populated),
        shape: Shape(None),
    };
    rename::said(reader, &id, begin);
    reader.declare(&id, view, span);
    Ok(Verdict::Declared)
}

/// `ALTER [MATERIALIZED] VIEW [IF EXISTS] name …`
pub(crate) fn alter(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Verdict, Fault> {
    let begin = cursor.span();
    cursor.expect(&["alter"])?;
    cursor.eat(&["materialized"]);
    cursor.expect(&["view"])?;
    let guarded = cursor.eat(&["if", "exists"]);
    let id = match reader.find_relation(cursor) {
        Ok(Found::Declared(id)) => id,
        Ok(Found::Outside) => {
            return Err(Fault::new(
                Code::Unsupported,
                begin.to(cursor.previous()),
                "this alters a view that is not the file's",
            ));
        }
        Err(_) if guarded => return Ok(Verdict::Idiom),
        Err(fault) => return Err(fault),
    };
    actions(reader, cursor, &id, begin)
}

fn actions(
    reader: &mut Reader<'_>,
    cursor: &mut Cursor<'_>,
    id: &ObjectId,
    begin: Span,
) -> Result<Verdict, Fault> {
    if cursor.at(&["owner"]) {
        return owner::owner_to(reader, cursor, id);
    }
    if cursor.at(&["rename", "to"]) || cursor.at(&["set", "schema"]) {
        return rename::clause(reader, cursor, id, begin);
    }
    if cursor.at(&["set", "tablespace"]) || cursor.at(&["set", "access", "method"]) {
        return place(reader, cursor, id, begin);
    }
    if cursor.eat(&["alter"]) {
        return column_default(reader, cursor, id, begin);
    }
    loop {
        let reset = match () {
            () if cursor.eat(&["reset"]) => true,
            () if cursor.at(&["set"]) && cursor.peek_at(1).is_some_and(|it| it.is_symbol("(")) => {
                cursor.next();
                false
            }
            () => {
                return Err(Fault {
                    code: Code::Unsupported,
                    ..cursor.wanted("SET (…), RESET (…), OWNER, RENAME TO or SET SCHEMA")
                });
            }
        };
        let options = option::list(cursor)?;
        let span = begin.to(cursor.previous());
        match reader.desired.schema.get_mut(id) {
            Some(
                Object::View(View { options: own, .. })
                | Object::MaterializedView(MaterializedView { options: own, .. }),
            ) => {
                for (name, value) in options {
                    match reset {
                        true => _ = own.shift_remove(&name),
                        false => _ = own.insert(name, value),
                    }
                }
            }
            _ => return Err(Fault::new(Code::Unknown, span, format!("{id} is no view"))),
        }
        reader.desired.spans.insert(id.clone(), span);
        if !cursor.eat_symbol(",") {
            cursor.expect_done()?;
            return Ok(Verdict::Declared);
        }
    }
}

/// `SET TABLESPACE name`, `SET ACCESS METHOD name`: where a materialized view keeps its rows.
fn place(
    reader: &mut Reader<'_>,
    cursor: &mut Cursor<'_>,
    id: &ObjectId,
    begin: Span,
) -> Result<Verdict, Fault> {
    cursor.expect(&["set"])?;
    let tablespace = cursor.eat(&["tablespace"]);
    if !tablespace {
        cursor.expect(&["access", "method"])?;
    }
    let name = Some(cursor.name()?);
    cursor.expect_done()?;
    let span = begin.to(cursor.previous());
    match reader.desired.schema.get_mut(id) {
        Some(Object::MaterializedView(view)) if tablespace => view.tablespace = beside(name, "pg_default"),
        Some(Object::MaterializedView(view)) => view.access_method = beside(name, "heap"),
        _ => return Err(Fault::new(Code::Unknown, span, format!("{id} is no materialized view"))),
    }
    reader.desired.spans.insert(id.clone(), span);
    Ok(Verdict::Declared)
}

/// A name that is not the one that is meant where none is said.
fn beside(name: Option<Name>, plain: &str) -> Option<Name> {
    name.filter(|it| it.as_str() != plain)
}

/// `ALTER [COLUMN] name SET DEFAULT expression | DROP DEFAULT`: what an INSERT through the view fills in.
fn column_default(
    reader: &mut Reader<'_>,
    cursor: &mut Cursor<'_>,
    id: &ObjectId,
    begin: Span,
) -> Result<Verdict, Fault> {
    cursor.eat(&["column"]);
    let column = cursor.name()?;
    let Some(view) = id.qual_name() else { return Err(cursor.wanted("a view")) };
    let default = Kind::Default.of(view, &column);
    if cursor.eat(&["drop", "default"]) {
        cursor.expect_done()?;
        reader.desired.schema.remove(&default);
        return Ok(Verdict::Declared);
    }
    cursor.expect(&["set", "default"])?;
    let tokens = cursor.until(|_| false);
    let expr = reader.expr(cursor, tokens);
    cursor.expect_done()?;
    reader.declare(&default, model::Default { expr }, begin.to(cursor.previous()));
    Ok(Verdict::Declared)
}
