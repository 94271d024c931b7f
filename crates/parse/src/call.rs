//! SELECT and PERFORM of functions that are called for what they do.

use model::Name;
use sql::{Code, Cursor, Fault, Tok, TokenKind};

use crate::reader::Reader;
use crate::set::{passed, turn};
use crate::{Verdict, data};

/// Functions of extensions that declare something, and the extension each is of.
const DECLARING: &[(&str, &str)] = &[
    ("create_hypertable", "timescaledb"),
    ("create_distributed_hypertable", "timescaledb"),
    ("add_dimension", "timescaledb"),
    ("by_range", "timescaledb"),
    ("by_hash", "timescaledb"),
    ("set_chunk_time_interval", "timescaledb"),
    ("set_integer_now_func", "timescaledb"),
    ("add_retention_policy", "timescaledb"),
    ("remove_retention_policy", "timescaledb"),
    ("add_compression_policy", "timescaledb"),
    ("remove_compression_policy", "timescaledb"),
    ("add_columnstore_policy", "timescaledb"),
    ("remove_columnstore_policy", "timescaledb"),
    ("add_continuous_aggregate_policy", "timescaledb"),
    ("remove_continuous_aggregate_policy", "timescaledb"),
    ("add_reorder_policy", "timescaledb"),
    ("remove_reorder_policy", "timescaledb"),
    ("add_job", "timescaledb"),
    ("alter_job", "timescaledb"),
    ("delete_job", "timescaledb"),
    ("enable_chunk_skipping", "timescaledb"),
    ("attach_tablespace", "timescaledb"),
    ("refresh_continuous_aggregate", "timescaledb"),
    ("cron.schedule", "pg_cron"),
    ("cron.schedule_in_database", "pg_cron"),
    ("cron.unschedule", "pg_cron"),
    ("cron.alter_job", "pg_cron"),
    ("create_parent", "pg_partman"),
    ("create_sub_parent", "pg_partman"),
    ("run_maintenance", "pg_partman"),
    ("undo_partition", "pg_partman"),
    ("create_partition", "pg_partman"),
    ("create_distributed_table", "citus"),
    ("create_reference_table", "citus"),
    ("create_distributed_function", "citus"),
    ("undistribute_table", "citus"),
    ("citus_add_local_table_to_metadata", "citus"),
    ("citus_set_coordinator_host", "citus"),
    ("addgeometrycolumn", "postgis"),
    ("populate_geometry_columns", "postgis"),
    ("audit.enable_tracking", "supa_audit"),
    ("pgmq.create", "pgmq"),
    ("create_graph", "age"),
];

/// Functions of pg_catalog that change nothing lasting in the schema.
const HARMLESS: &[&str] = &[
    "setval",
    "nextval",
    "pg_sleep",
    "pg_notify",
    "pg_advisory_lock",
    "pg_advisory_unlock",
    "pg_advisory_xact_lock",
    "pg_try_advisory_lock",
    "pg_advisory_unlock_all",
    "pg_stat_reset",
    "now",
    "version",
    "current_setting",
    "pg_reload_conf",
    "pg_get_serial_sequence",
];

/// `SELECT …`: a call that declares nothing is passed over, others are refused.
pub(crate) fn select(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Verdict, Fault> {
    let begin = cursor.span();
    let begin_is_with = cursor.at(&["with"]);
    cursor.next();
    let calls = calls(cursor.rest());
    if let [name] = calls.as_slice()
        && name.ends_with("set_config")
    {
        return set_config(reader, cursor);
    }
    if let Some((name, extension)) = calls.iter().find_map(|it| declaring(it)) {
        return extension_call(reader, cursor, name, extension);
    }
    let harmless = |it: &String| {
        let bare = it.strip_prefix("pg_catalog.").unwrap_or(it);
        HARMLESS.contains(&bare) || it.starts_with("pg_catalog.") || sql_function(bare)
    };
    let changes =
        cursor.rest().iter().any(|it| ["insert", "update", "delete", "merge"].iter().any(|word| it.is(word)));
    if begin_is_with && changes {
        return data::rows(reader, cursor);
    }
    if let Some(word) = cursor.rest().iter().find(|it| it.is("into")) {
        return Err(Fault::new(Code::Unsupported, word.span, "this makes a table out of a query")
            .hint("declare the table; `-- reconcile: ignore` above the statement leaves it alone"));
    }
    match calls.iter().find(|it| !harmless(it)) {
        None => passed(cursor, Verdict::Passed("it declares nothing")),
        Some(name) => {
            Err(Fault::new(Code::Guard, begin.to(cursor.span()), format!("what `{name}` does is not known"))
                .hint("`-- reconcile: ignore` above the statement leaves it alone"))
        }
    }
}

/// `CALL procedure(…)`
pub(crate) fn call(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Verdict, Fault> {
    select(reader, cursor)
}

/// Functions that only compute.
fn sql_function(name: &str) -> bool {
    const COMPUTES: &[&str] = &[
        "coalesce",
        "max",
        "min",
        "count",
        "sum",
        "format",
        "concat",
        "greatest",
        "least",
        "to_regclass",
        "exists",
        "row_number",
        "array_agg",
        "string_agg",
        "lower",
        "upper",
        "length",
        "date_trunc",
        "extract",
        "in",
        "values",
        "from",
        "select",
        "and",
        "or",
        "not",
        "where",
        "as",
        "over",
        "any",
        "all",
        "cast",
        "quote_ident",
        "quote_literal",
        "jsonb_build_object",
        "json_build_object",
        "nullif",
        "to_char",
        "substring",
        "interval",
    ];
    COMPUTES.contains(&name)
}

fn declaring(name: &str) -> Option<(&'static str, &'static str)> {
    let bare = name.rsplit('.').next().unwrap_or(name);
    let is = |it: &&(&str, &str)| it.0 == name || it.0 == bare;
    DECLARING.iter().find(is).copied()
}

/// The names of what is called, in lower case, with their namespaces.
fn calls(tokens: &[Tok]) -> Vec<String> {
    let mut found = Vec::new();
    for (at, _) in tokens.iter().enumerate().filter(|(_, it)| it.is_symbol("(")) {
        let Some(last) = at.checked_sub(1).map(|it| &tokens[it]) else { continue };
        if !matches!(last.kind, TokenKind::Word | TokenKind::Quoted) {
            continue;
        }
        let mut name = last.value.clone();
        let mut from = at - 1;
        while from >= 2 && tokens[from - 1].is_symbol(".") && tokens[from - 2].name().is_some() {
            from -= 2;
            name = format!("{}.{name}", tokens[from].value);
        }
        found.push(name);
    }
    found
}

/// `set_config('search_path', '…', local)`
fn set_config(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Verdict, Fault> {
    const SESSION: Verdict = Verdict::Passed("a setting of the session");
    let texts: Vec<&Tok> = cursor.rest().iter().filter(|it| it.kind == TokenKind::Text).collect();
    let local = cursor.rest().iter().any(|it| it.is("true"));
    let [name, value, ..] = texts.as_slice() else { return passed(cursor, SESSION) };
    if name.value.eq_ignore_ascii_case("search_path") {
        turn(reader, path(&value.value), local);
    }
    if name.value.eq_ignore_ascii_case("role") {
        reader.role = value.value.as_str().into();
    }
    passed(cursor, SESSION)
}

/// The names in a search path given as one string.
fn path(text: &str) -> Vec<Name> {
    let end = u32::try_from(text.len()).unwrap_or(u32::MAX);
    let tokens = sql::lex(text, model::Span { file: 0, start: 0, end }).unwrap_or_default();
    tokens.iter().filter_map(Tok::name).collect()
}

fn extension_call(
    reader: &Reader<'_>,
    cursor: &mut Cursor<'_>,
    name: &str,
    extension: &str,
) -> Result<Verdict, Fault> {
    let there = reader.facts.extensions.installed.contains_key(&Name::from(extension))
        || reader.desired.schema.contains(&model::Kind::Extension.root(&extension.into()));
    match there {
        false => passed(cursor, Verdict::NotApplicable(format!("{extension} is not installed"))),
        true => {
            Err(Fault::new(Code::Unsupported, cursor.span(), format!("what {name} declares is not read yet"))
                .hint("`-- reconcile: ignore` above the statement leaves it alone"))
        }
    }
}
