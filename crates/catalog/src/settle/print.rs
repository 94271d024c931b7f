//! Writes the statements that make the server print texts back, and cuts its answer.
//!
//! Many texts share one view, told apart by names nobody else uses. Sends nothing.

use std::fmt::Write;
use std::sync::Arc;

use model::{Name, SearchPath, literal};

use super::context::Context;

/// One text to be printed back.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub(super) text: Arc<str>,
    /// The search path the text means something under.
    pub(super) path: SearchPath,
    pub(super) context: Context,
}

/// A statement, and at which character of it the text of each item begins.
pub(super) struct Statement {
    pub(super) sql: String,
    places: Vec<(usize, usize)>,
}

/// Builds a statement and counts its characters, which is how the server speaks of a place.
struct Builder<'a> {
    marker: &'a str,
    sql: String,
    chars: usize,
    places: Vec<(usize, usize)>,
}

/// One view over all the items, which must share a path and be none that stands alone. `items` are given
/// with their numbers and sorted by context.
pub(super) fn view(marker: &str, items: &[(usize, &Item)]) -> Statement {
    let mut builder = Builder { marker, sql: String::new(), chars: 0, places: Vec::new() };
    builder
        .push(&format!("CREATE TEMP VIEW {marker} AS SELECT 1 AS one\nFROM (SELECT 1 AS one) AS {marker}_b"));
    let mut at = 0;
    while let Some((number, item)) = items.get(at) {
        if item.context == Context::Query {
            builder.query(*number, item);
            at += 1;
            continue;
        }
        let group = items[at..].iter().take_while(|(_, it)| it.context == item.context).count();
        builder.group(&items[at..at + group], &item.context);
        at += group;
    }
    Statement { sql: builder.sql, places: builder.places }
}

impl Builder<'_> {
    fn push(&mut self, text: &str) {
        self.sql.push_str(text);
        self.chars += text.chars().count();
    }

    fn query(&mut self, number: usize, item: &Item) {
        self.push(",\n(");
        self.places.push((self.chars, number));
        self.push(&item.text);
        self.push(&format!("\n) AS {}_{number}x", self.marker));
    }

    fn group(&mut self, items: &[(usize, &Item)], context: &Context) {
        let Some((first, _)) = items.first() else { return };
        self.push(&format!(",\n(SELECT 0 AS {}_{first}h", self.marker));
        for (number, item) in items {
            self.push(",\n(");
            self.places.push((self.chars, *number));
            self.push(&item.text);
            self.push(&format!("\n) AS {}_{number}x", self.marker));
        }
        if let Context::From(from) = context {
            self.push("\nFROM ");
            self.push(from);
        }
        self.push(&format!(") AS {}_{first}g", self.marker));
    }
}

/// One table with a column for each of the items, which are all defaults, or all generated in one table;
/// and the query for what the server prints of them, in the order given.
pub(super) fn table(marker: &str, items: &[(usize, &Item)]) -> (Statement, String) {
    let mut builder = Builder { marker, sql: String::new(), chars: 0, places: Vec::new() };
    let name = match items.first().map(|it| &it.1.context) {
        Some(Context::Generated { table, columns, .. }) => {
            builder.push(&format!("CREATE TEMP TABLE {table} ({columns}, "));
            table.clone()
        }
        _ => {
            builder.push(&format!("CREATE TEMP TABLE {marker} ("));
            Name::from(marker)
        }
    };
    for (at, (number, item)) in items.iter().enumerate() {
        builder.push(if at == 0 { "" } else { ",\n" });
        builder.places.push((builder.chars, *number));
        builder.push(&match &item.context {
            Context::Default(ty) => format!("{marker}_{number}x {ty} DEFAULT ({}\n)", item.text),
            Context::Generated { ty, .. } => {
                format!("{marker}_{number}x {ty} GENERATED ALWAYS AS ({}\n) STORED", item.text)
            }
            _ => String::new(),
        });
    }
    builder.push(")");
    let class = literal(&format!("pg_temp.{name}"));
    let query = format!(
        "SELECT coalesce(pg_catalog.pg_get_expr(d.adbin, d.adrelid), 'NULL') FROM pg_catalog.pg_attribute a \
         LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum \
         WHERE a.attrelid = {class}::regclass AND a.attname LIKE '{marker}\\_%' ORDER BY a.attnum"
    );
    (Statement { sql: builder.sql, places: builder.places }, query)
}

impl Statement {
    /// The item in which the server sees a mistake, if it is in one.
    pub(super) fn item_at(&self, position: usize) -> Option<usize> {
        let after = self.places.partition_point(|(start, _)| *start < position);
        self.places.get(after.checked_sub(1)?).map(|(_, number)| *number)
    }
}

/// Cuts the server's print of [`view`] into those of its items, in the order given. `None` where a mark is
/// not found.
pub(super) fn cut(marker: &str, print: &str, items: &[(usize, &Item)]) -> Option<Vec<Arc<str>>> {
    let mut rest = behind(print, &format!("{marker}_b"))?;
    let mut found = Vec::with_capacity(items.len());
    let mut at = 0;
    while let Some((first, item)) = items.get(at) {
        if item.context == Context::Query {
            let mark = format!("{marker}_{first}x");
            found.push(unwrap(rest[..rest.find(&mark)?].trim()).trim().into());
            rest = behind(rest, &mark)?;
            at += 1;
            continue;
        }
        rest = behind(rest, &format!("{marker}_{first}h"))?;
        let group = items[at..].iter().take_while(|(_, it)| it.context == item.context).count();
        for (number, _) in &items[at..at + group] {
            let mark = format!("{marker}_{number}x");
            found.push(rest[..rest.find(&mark)?].trim_end().strip_suffix("AS")?.trim().into());
            rest = behind(rest, &mark)?;
        }
        rest = behind(rest, &format!("{marker}_{first}g"))?;
        at += group;
    }
    Some(found)
}

/// What follows the first `mark`, and the comma behind it.
fn behind<'a>(text: &'a str, mark: &str) -> Option<&'a str> {
    let rest = &text[text.find(mark)? + mark.len()..];
    Some(rest.trim_start().strip_prefix(',').unwrap_or(rest))
}

/// A query in a FROM list stands in parentheses.
fn unwrap(slice: &str) -> &str {
    let inner = slice.strip_prefix('(').and_then(|it| it.strip_suffix(')'));
    inner.unwrap_or(slice)
}

/// The statements that make one item that stands alone, and the query for what the server prints of it.
pub(super) fn alone(marker: &str, item: &Item) -> (Vec<String>, String) {
    let text = &item.text;
    match &item.context {
        Context::Default(_) | Context::Generated { .. } => {
            let (statement, query) = table(marker, &[(0, item)]);
            (vec![statement.sql], query)
        }
        Context::Bare | Context::From(_) | Context::Query => {
            let items = [(0, item)];
            (vec![view(marker, &items).sql], definition(marker))
        }
        Context::Named(columns) => {
            let sql = format!("CREATE TEMP VIEW {marker}{} AS {text}", listed(columns));
            (vec![sql], definition(marker))
        }
        Context::Key(columns) => {
            let sql = format!("CREATE TEMP TABLE {marker} ({columns}) PARTITION BY {text}");
            (vec![sql], format!("SELECT pg_catalog.pg_get_partkeydef('pg_temp.{marker}'::regclass)"))
        }
        Context::Bound(parent) => {
            let parent = format!("CREATE TEMP TABLE {marker} {parent}");
            let part = format!("CREATE TEMP TABLE {marker}_p PARTITION OF pg_temp.{marker} {text}");
            let query = format!(
                "SELECT pg_catalog.pg_get_expr(relpartbound, oid) FROM pg_catalog.pg_class \
                 WHERE oid = 'pg_temp.{marker}_p'::regclass"
            );
            (vec![parent, part], query)
        }
        Context::Rule { event, columns } => {
            let table = format!("CREATE TEMP TABLE {marker} ({columns})");
            let rule = format!("CREATE RULE {marker}_r AS ON {event} TO pg_temp.{marker} {text}");
            let query = format!(
                "SELECT pg_catalog.regexp_replace(pg_catalog.pg_get_ruledef(oid), '^.*?[.]{marker}\\s+', '') \
                 FROM pg_catalog.pg_rewrite WHERE rulename = '{marker}_r'"
            );
            (vec![table, rule], query)
        }
        Context::Body { word, name, header } => {
            let sql = format!("CREATE {word} pg_temp.{name}{header} {text}");
            let query = format!(
                "SELECT pg_catalog.pg_get_function_sqlbody(oid) FROM pg_catalog.pg_proc \
                 WHERE proname = {} AND pronamespace = pg_catalog.pg_my_temp_schema()",
                literal(name.as_str())
            );
            (vec![sql], query)
        }
    }
}

/// The query for the definition of the view.
pub(super) fn definition(marker: &str) -> String {
    format!("SELECT pg_catalog.pg_get_viewdef('pg_temp.{marker}'::regclass)")
}

fn listed(columns: &[Name]) -> String {
    let mut text = String::new();
    for name in columns {
        _ = write!(text, "{}{name}", if text.is_empty() { " (" } else { ", " });
    }
    text + if columns.is_empty() { "" } else { ")" }
}
