//! The rows that the server's catalogs would hold if the script had run up to here.
//!
//! Knows the columns guards ask for; a column it does not know has no value. What is live and not the
//! file's counts only where the caller says so.

use std::collections::BTreeSet;

use model::{Kind, Name, Object, ObjectId, Rule};

use crate::guard_rows_plain;
use crate::reader::Reader;
use crate::value::Value;

/// One row: columns and their values, `None` for what is not known.
pub(crate) type Row = Vec<(String, Option<Value>)>;

/// Which things count that are there without the file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Live {
    pub(crate) roles: bool,
    pub(crate) extensions: bool,
    pub(crate) relations: bool,
    pub(crate) types: bool,
    pub(crate) functions: bool,
}

/// What a query demands of a column by `column = constant`.
pub(crate) type Want<'w> = &'w dyn Fn(&str) -> Option<String>;

const RELATIONS: &[Kind] = &[Kind::Table, Kind::View, Kind::MaterializedView, Kind::Sequence];
const CONSTRAINTS: &[Kind] = &[Kind::Constraint, Kind::ForeignKey];
const ROUTINES: &[Kind] = &[Kind::Function, Kind::Procedure, Kind::Aggregate];

fn text(it: impl Into<String>) -> Option<Value> {
    Some(Value::Text(it.into()))
}

pub(crate) fn named(it: &Name) -> Option<Value> {
    text(it.as_str())
}

fn yes(it: bool) -> Option<Value> {
    text(if it { "YES" } else { "NO" })
}

pub(crate) fn row<const N: usize>(columns: [(&str, Option<Value>); N]) -> Row {
    columns.into_iter().map(|(name, value)| (name.to_string(), value)).collect()
}

/// The namespace as an oid.
pub(crate) fn space(id: &ObjectId) -> Option<Value> {
    Some(Value::Object(Kind::Namespace.root(id.namespace()?)))
}

/// The relation of a part as an oid, as far as it is declared.
pub(crate) fn host(reader: &Reader<'_>, id: &ObjectId) -> Option<Value> {
    let relation = id.relation()?;
    Some(Value::Object(
        reader.desired.schema.relation(relation).unwrap_or_else(|| Kind::Table.named(relation)),
    ))
}

/// The index behind a constraint as an oid.
fn index_oid(id: &ObjectId) -> Option<Value> {
    let namespace = id.relation()?.namespace.clone();
    Some(Value::Object(Kind::Index.named(&id.name().clone().within(namespace))))
}

/// The catalog's rows; `None` where no such catalog is known.
pub(crate) fn rows(reader: &Reader<'_>, table: &str, want: Want<'_>, live: Live) -> Option<Vec<Row>> {
    let table = table.strip_prefix("pg_catalog.").unwrap_or(table);
    Some(match table {
        "pg_namespace" => namespaces(reader, |it| {
            row([("oid", Some(Value::Object(Kind::Namespace.root(it)))), ("nspname", named(it))])
        }),
        "information_schema.schemata" => namespaces(reader, |it| {
            row([("schema_name", named(it)), ("catalog_name", named(&reader.facts.database))])
        }),
        "pg_extension" | "pg_available_extensions" | "pg_available_extension_versions" => {
            extensions(reader, table, live)
        }
        "pg_roles" | "pg_authid" | "pg_user" | "pg_group" | "pg_shadow" => roles(reader, live),
        "pg_settings" => settings(reader),
        "pg_database" => vec![row([("datname", named(&reader.facts.database))])],
        "pg_type" | "information_schema.domains" => types(reader, want, live),
        "pg_collation" => of_kind(reader, Kind::Collation, ["collname", "collnamespace"], want),
        "pg_enum" => labels(reader),
        "pg_proc" | "information_schema.routines" => routines(reader, want, live),
        "pg_class" => classes(reader, want, live),
        "pg_tables"
        | "pg_views"
        | "pg_matviews"
        | "pg_sequences"
        | "information_schema.tables"
        | "information_schema.views"
        | "information_schema.sequences" => relations(reader, table, want, live),
        "pg_attribute" | "information_schema.columns" => columns(reader, want),
        "pg_indexes" | "pg_index" => indexes(reader, want),
        "pg_constraint"
        | "information_schema.table_constraints"
        | "information_schema.key_column_usage"
        | "information_schema.constraint_column_usage"
        | "information_schema.referential_constraints"
        | "information_schema.check_constraints" => constraints(reader, table, want),
        "pg_policies" | "pg_policy" => policies(reader, want),
        "pg_trigger" | "information_schema.triggers" => triggers(reader, want),
        "pg_foreign_server"
        | "pg_foreign_data_wrapper"
        | "pg_operator"
        | "pg_aggregate"
        | "pg_cast"
        | "pg_publication_tables"
        | "pg_publication_rel" => Vec::new(),
        _ => return guard_rows_plain::rows(reader, table, want),
    })
}

/// Declared objects of some kinds, by their own name and by their relation's where these are asked for.
pub(crate) fn candidates<'r>(
    reader: &'r Reader<'_>,
    kinds: &[Kind],
    name: Option<String>,
    relation: Option<String>,
) -> Vec<&'r ObjectId> {
    let schema = &reader.desired.schema;
    let of_kind = |it: &&ObjectId| kinds.contains(&it.kind);
    let there = |it: &&ObjectId| schema.contains(it);
    if let Some(relation) = relation {
        let hosts = reader.named(&relation).filter(|it| RELATIONS.contains(&it.kind)).filter(there);
        return hosts.flat_map(|it| schema.parts(it)).filter(of_kind).collect();
    }
    match name {
        Some(name) => reader.named(&name).filter(of_kind).filter(there).collect(),
        None => schema.iter().map(|it| it.0).filter(of_kind).collect(),
    }
}

fn namespaces(reader: &Reader<'_>, make: impl Fn(&Name) -> Row) -> Vec<Row> {
    let mut names: BTreeSet<&Name> = reader.desired.namespaces.iter().collect();
    let public = Name::from("public");
    let system = Name::from("pg_catalog");
    names.extend([&public, &system]);
    let declared = reader.desired.schema.iter().map(|it| it.0).filter(|it| it.kind == Kind::Namespace);
    names.extend(declared.map(ObjectId::name));
    names.into_iter().map(make).collect()
}

fn extensions(reader: &Reader<'_>, table: &str, live: Live) -> Vec<Row> {
    let facts = &reader.facts.extensions;
    let declared = reader.desired.schema.iter().map(|it| it.0).filter(|it| it.kind == Kind::Extension);
    let mut installed: BTreeSet<Name> = declared.map(|it| it.name().clone()).collect();
    if live.extensions {
        installed.extend(facts.installed.keys().cloned());
    }
    if table == "pg_extension" {
        let version = |it: &Name| facts.installed.get(it).map(|it| Value::Text(it.1.clone()));
        let namespace =
            |it: &Name| facts.installed.get(it).map(|it| Value::Object(Kind::Namespace.root(&it.0)));
        let make = |it: &Name| {
            row([
                ("extname", named(it)),
                ("extversion", version(it)),
                ("extnamespace", namespace(it)),
                ("oid", Some(Value::Object(Kind::Extension.root(it)))),
            ])
        };
        return installed.iter().map(make).collect();
    }
    let make = |(name, version): (&Name, &String)| {
        let current = if installed.contains(name) { text(version.as_str()) } else { Some(Value::Null) };
        row([
            ("name", named(name)),
            ("default_version", text(version.as_str())),
            ("installed_version", current),
            ("version", text(version.as_str())),
        ])
    };
    facts.available.iter().map(make).collect()
}

fn roles(reader: &Reader<'_>, live: Live) -> Vec<Row> {
    let declared = reader.desired.schema.iter().map(|it| it.0).filter(|it| it.kind == Kind::Role);
    let mut names: BTreeSet<Name> = declared.map(|it| it.name().clone()).collect();
    names.insert(reader.facts.role.clone());
    if live.roles {
        names.extend(reader.facts.roles.iter().cloned());
    }
    let make = |it: &Name| {
        let own = *it == reader.facts.role;
        let superuser = own.then_some(Value::Bool(reader.facts.superuser));
        row([
            ("rolname", named(it)),
            ("usename", named(it)),
            ("groname", named(it)),
            ("oid", Some(Value::Object(Kind::Role.root(it)))),
            ("rolsuper", superuser.clone()),
            ("usesuper", superuser),
        ])
    };
    names.iter().map(make).collect()
}

fn settings(reader: &Reader<'_>) -> Vec<Row> {
    let make = |(name, value): (&String, &String)| {
        row([("name", text(name.as_str())), ("setting", text(value.as_str()))])
    };
    reader.facts.settings.iter().map(make).collect()
}

fn types(reader: &Reader<'_>, want: Want<'_>, live: Live) -> Vec<Row> {
    use Kind::{Composite, Domain, Enum, MaterializedView, Range, Table, View};
    const KINDS: &[Kind] = &[Enum, Domain, Composite, Range, Table, View, MaterializedView];
    let name = want("typname").or_else(|| want("domain_name"));
    let make = |id: &ObjectId| {
        let class = match id.kind {
            Kind::Enum => "e",
            Kind::Domain => "d",
            Kind::Range => "r",
            _ => "c",
        };
        let schema = id.namespace().and_then(named);
        row([
            ("oid", Some(Value::Object(id.clone()))),
            ("typname", named(id.name())),
            ("typnamespace", space(id)),
            ("typtype", text(class)),
            ("typisdefined", Some(Value::Bool(true))),
            ("domain_name", named(id.name())),
            ("domain_schema", schema),
        ])
    };
    let mut found: Vec<Row> = candidates(reader, KINDS, name.clone(), None).into_iter().map(make).collect();
    if live.types
        && let Some(name) = name
    {
        let outside = reader.outside_named(&reader.facts.types, &name);
        found.extend(outside.iter().map(|it| {
            row([
                ("typname", named(&it.name)),
                ("typnamespace", Some(Value::Object(Kind::Namespace.root(&it.namespace)))),
                ("oid", Some(Value::Object(Kind::Table.named(it)))),
                ("typtype", None),
            ])
        }));
    }
    found
}

/// What is declared of a kind that stands in a namespace: its oid, its name and its namespace's oid.
fn of_kind(reader: &Reader<'_>, kind: Kind, [name, namespace]: [&str; 2], want: Want<'_>) -> Vec<Row> {
    let make = |id: &ObjectId| {
        row([("oid", Some(Value::Object(id.clone()))), (name, named(id.name())), (namespace, space(id))])
    };
    candidates(reader, &[kind], want(name), None).into_iter().map(make).collect()
}

fn labels(reader: &Reader<'_>) -> Vec<Row> {
    let mut found = Vec::new();
    for (id, object) in reader.desired.schema.iter() {
        if let Object::Enum(it) = object {
            found.extend(it.labels.iter().map(|it| {
                row([("enumlabel", text(it.as_str())), ("enumtypid", Some(Value::Object(id.clone())))])
            }));
        }
    }
    found
}

fn routines(reader: &Reader<'_>, want: Want<'_>, live: Live) -> Vec<Row> {
    let name = want("proname").or_else(|| want("routine_name"));
    let make = |id: &ObjectId| {
        let (kind, word) = if id.kind == Kind::Function { ("f", "FUNCTION") } else { ("p", "PROCEDURE") };
        row([
            ("oid", Some(Value::Object(id.clone()))),
            ("proname", named(id.name())),
            ("pronamespace", space(id)),
            ("prokind", text(kind)),
            ("routine_name", named(id.name())),
            ("routine_schema", id.namespace().and_then(named)),
            ("specific_schema", id.namespace().and_then(named)),
            ("routine_type", text(word)),
        ])
    };
    let mut found: Vec<Row> =
        candidates(reader, ROUTINES, name.clone(), None).into_iter().map(make).collect();
    if live.functions
        && let Some(name) = name
    {
        let outside = reader.outside_named(&reader.facts.functions, &name);
        found.extend(outside.iter().map(|it| {
            row([
                ("proname", named(&it.name)),
                ("routine_name", named(&it.name)),
                ("oid", Some(Value::Object(Kind::Table.named(it)))),
                ("pronamespace", Some(Value::Object(Kind::Namespace.root(&it.namespace)))),
                ("routine_schema", named(&it.namespace)),
            ])
        }));
    }
    found
}

fn classes(reader: &Reader<'_>, want: Want<'_>, live: Live) -> Vec<Row> {
    let name = want("relname");
    let kinds = [RELATIONS, &[Kind::Index]].concat();
    let mut found: Vec<Row> = Vec::new();
    for id in candidates(reader, &kinds, name.clone(), None) {
        let (kind, secured, forced) = match reader.desired.schema.get(id) {
            Some(Object::Table(it)) => {
                (if it.partition_by.is_some() { "p" } else { "r" }, it.row_security, it.force_row_security)
            }
            Some(Object::View(_)) => ("v", false, false),
            Some(Object::MaterializedView(_)) => ("m", false, false),
            Some(Object::Sequence(_)) => ("S", false, false),
            _ => ("i", false, false),
        };
        found.push(row([
            ("oid", Some(Value::Object(id.clone()))),
            ("relname", named(id.name())),
            ("relnamespace", space(id)),
            ("relkind", text(kind)),
            ("relrowsecurity", Some(Value::Bool(secured))),
            ("relforcerowsecurity", Some(Value::Bool(forced))),
        ]));
    }
    for id in candidates(reader, &[Kind::Constraint], name.clone(), None) {
        if let Some(Object::Constraint(it)) = reader.desired.schema.get(id)
            && it.rule.is_indexed()
        {
            found.push(row([
                ("oid", index_oid(id)),
                ("relname", named(id.name())),
                ("relnamespace", space(id)),
                ("relkind", text("i")),
            ]));
        }
    }
    if live.relations
        && let Some(name) = name
    {
        let outside = reader.outside_named(&reader.facts.relations, &name);
        found.extend(outside.iter().map(|it| {
            row([
                ("relname", named(&it.name)),
                ("relnamespace", Some(Value::Object(Kind::Namespace.root(&it.namespace)))),
                ("oid", Some(Value::Object(Kind::Table.named(it)))),
                ("relkind", None),
            ])
        }));
    }
    found
}

fn relations(reader: &Reader<'_>, table: &str, want: Want<'_>, live: Live) -> Vec<Row> {
    let (kinds, column): (&[Kind], &str) = match table {
        "pg_tables" => (&[Kind::Table], "tablename"),
        "pg_views" => (&[Kind::View], "viewname"),
        "pg_matviews" => (&[Kind::MaterializedView], "matviewname"),
        "pg_sequences" => (&[Kind::Sequence], "sequencename"),
        "information_schema.views" => (&[Kind::View], "table_name"),
        "information_schema.sequences" => (&[Kind::Sequence], "sequence_name"),
        _ => (&[Kind::Table, Kind::View], "table_name"),
    };
    let make = |namespace: &Name, name: &Name, kind: Option<Kind>, secured: Option<bool>| {
        let class = kind.map(|it| Value::text(if it == Kind::Table { "BASE TABLE" } else { "VIEW" }));
        row([
            (column, named(name)),
            ("schemaname", named(namespace)),
            ("table_schema", named(namespace)),
            ("sequence_schema", named(namespace)),
            ("table_catalog", named(&reader.facts.database)),
            ("table_type", class),
            ("rowsecurity", secured.map(Value::Bool)),
        ])
    };
    let mut found = Vec::new();
    for id in candidates(reader, kinds, want(column), None) {
        let secured = matches!(reader.desired.schema.get(id), Some(Object::Table(it)) if it.row_security);
        found.extend(id.namespace().map(|it| make(it, id.name(), Some(id.kind), Some(secured))));
    }
    if live.relations
        && let Some(name) = want(column)
    {
        let outside = reader.outside_named(&reader.facts.relations, &name);
        found.extend(outside.iter().map(|it| make(&it.namespace, &it.name, None, None)));
    }
    found
}

fn columns(reader: &Reader<'_>, want: Want<'_>) -> Vec<Row> {
    let schema = &reader.desired.schema;
    let tables: Vec<&ObjectId> = match want("table_name") {
        Some(name) => {
            reader.named(&name).filter(|it| it.kind == Kind::Table && schema.contains(it)).collect()
        }
        None => match want("column_name").or_else(|| want("attname")) {
            Some(name) => {
                let columns = reader.named(&name).filter(|it| it.kind == Kind::Column && schema.contains(it));
                let tables = columns.filter_map(ObjectId::relation).map(|it| Kind::Table.named(it));
                let tables: BTreeSet<ObjectId> = tables.collect();
                tables
                    .iter()
                    .filter_map(|it| reader.named(it.name().as_str()).find(|own| *own == it))
                    .collect()
            }
            None => schema.iter().map(|it| it.0).filter(|it| it.kind == Kind::Table).collect(),
        },
    };
    let mut found = Vec::new();
    for table in tables {
        let Some(of) = table.qual_name() else { continue };
        for name in reader.columns(of) {
            let column = reader.column(of, &name);
            let nullable = reader.of_column(Kind::NotNull, of, &name).is_none();
            let default = match reader.of_column(Kind::Default, of, &name) {
                None => Some(Value::Null),
                Some(Object::Default(it)) => text(it.expr.text.to_string()),
                Some(_) => None,
            };
            let identity = column.map(|it| it.identity.is_some());
            let generated =
                column.map(|it| Value::text(if it.generated.is_some() { "ALWAYS" } else { "NEVER" }));
            let ty = column.map(|it| Value::text(information_type(&it.ty.text)));
            let length = column.and_then(|it| length(&it.ty.text));
            found.push(row([
                ("table_schema", named(&of.namespace)),
                ("table_name", named(&of.name)),
                ("column_name", named(&name)),
                ("table_catalog", named(&reader.facts.database)),
                ("attname", named(&name)),
                ("attrelid", Some(Value::Object(table.clone()))),
                ("attisdropped", Some(Value::Bool(false))),
                ("attnum", Some(Value::Number(1.0))),
                ("attnotnull", Some(Value::Bool(!nullable))),
                ("is_nullable", yes(nullable)),
                ("column_default", default),
                ("is_identity", identity.and_then(yes)),
                ("is_generated", generated),
                ("data_type", ty),
                ("udt_name", column.and_then(|it| udt(&it.ty))),
                ("character_maximum_length", length),
            ]));
        }
    }
    found
}

/// `information_schema.columns.data_type`
fn information_type(text: &str) -> &str {
    if text.ends_with("[]") {
        return "ARRAY";
    }
    match text.split('(').next().unwrap_or(text) {
        "timestamp" if text.ends_with("with time zone") => "timestamp with time zone",
        "timestamp" => "timestamp without time zone",
        "time" if text.ends_with("with time zone") => "time with time zone",
        "time" => "time without time zone",
        it if it.contains('.') => "USER-DEFINED",
        it => it,
    }
}

fn udt(ty: &model::Type) -> Option<Value> {
    ty.user.as_ref().and_then(|it| named(&it.name))
}

fn length(text: &str) -> Option<Value> {
    let inside = text.strip_prefix("character varying(").or_else(|| text.strip_prefix("character("));
    match inside.and_then(|it| it.strip_suffix(')')) {
        Some(it) => it.parse().ok().map(Value::Number),
        None => Some(Value::Null),
    }
}

fn indexes(reader: &Reader<'_>, want: Want<'_>) -> Vec<Row> {
    let mut found = Vec::new();
    for id in candidates(reader, &[Kind::Index], want("indexname"), want("tablename")) {
        let Some(Object::Index(it)) = reader.desired.schema.get(id) else { continue };
        let table = it.relation.name();
        found.push(row([
            ("schemaname", id.namespace().and_then(named)),
            ("tablename", named(table)),
            ("indexname", named(id.name())),
            ("indexrelid", Some(Value::Object(id.clone()))),
            ("indrelid", Some(Value::Object(it.relation.clone()))),
            ("indisunique", Some(Value::Bool(it.unique))),
            ("indisprimary", Some(Value::Bool(false))),
            ("indisvalid", Some(Value::Bool(true))),
        ]));
    }
    for id in candidates(reader, &[Kind::Constraint], want("indexname"), want("tablename")) {
        let Some(Object::Constraint(it)) = reader.desired.schema.get(id) else { continue };
        if it.rule.is_indexed() {
            let primary = matches!(it.rule, Rule::PrimaryKey { .. });
            let table = id.relation().map(|it| &it.name);
            found.push(row([
                ("schemaname", id.namespace().and_then(named)),
                ("tablename", table.and_then(named)),
                ("indexname", named(id.name())),
                ("indrelid", host(reader, id)),
                ("indexrelid", index_oid(id)),
                ("indisprimary", Some(Value::Bool(primary))),
                ("indisunique", Some(Value::Bool(!matches!(it.rule, Rule::Exclusion { .. })))),
                ("indisvalid", Some(Value::Bool(true))),
            ]));
        }
    }
    found
}

fn constraints(reader: &Reader<'_>, table: &str, want: Want<'_>) -> Vec<Row> {
    let kinds = [CONSTRAINTS, &[Kind::DomainConstraint]].concat();
    let name = want("conname").or_else(|| want("constraint_name"));
    let relation = if table.ends_with("constraint_column_usage") { None } else { want("table_name") };
    let mut found = Vec::new();
    for id in candidates(reader, &kinds, name, relation) {
        let (letter, word) = match reader.desired.schema.get(id) {
            Some(Object::ForeignKey(_)) => ("f", "FOREIGN KEY"),
            Some(Object::Constraint(it)) => match &it.rule {
                Rule::Check { .. } => ("c", "CHECK"),
                Rule::PrimaryKey { .. } => ("p", "PRIMARY KEY"),
                Rule::Unique { .. } => ("u", "UNIQUE"),
                Rule::Exclusion { .. } => ("x", "EXCLUDE"),
            },
            _ => ("c", "CHECK"),
        };
        let namespace = || id.namespace().and_then(named);
        let of = id.relation().map(|it| &it.name).and_then(named);
        let of_domain = id.kind == Kind::DomainConstraint;
        let domain = id.relation().filter(|_| of_domain).map(|it| Value::Object(Kind::Domain.named(it)));
        let base = row([
            ("oid", Some(Value::Object(id.clone()))),
            ("conname", named(id.name())),
            ("constraint_name", named(id.name())),
            ("conrelid", if of_domain { Some(Value::Number(0.0)) } else { host(reader, id) }),
            ("contypid", domain),
            ("connamespace", space(id)),
            ("contype", text(letter)),
            ("constraint_type", text(word)),
            ("constraint_schema", namespace()),
            ("table_schema", namespace()),
            ("table_name", of),
            ("constraint_catalog", named(&reader.facts.database)),
        ]);
        match table.ends_with("column_usage") {
            true => found.extend(
                constrained(reader, id)
                    .iter()
                    .map(|it| [base.clone(), row([("column_name", named(it))])].concat()),
            ),
            false => found.push(base),
        }
    }
    found
}

/// The columns a key is about.
fn constrained(reader: &Reader<'_>, id: &ObjectId) -> Vec<Name> {
    match reader.desired.schema.get(id) {
        Some(Object::Constraint(it)) => it.rule.key().unwrap_or_default().to_vec(),
        Some(Object::ForeignKey(it)) => it.columns.clone(),
        _ => Vec::new(),
    }
}

fn policies(reader: &Reader<'_>, want: Want<'_>) -> Vec<Row> {
    let name = want("policyname").or_else(|| want("polname"));
    let make = |id: &ObjectId| {
        let relation = id.relation();
        row([
            ("policyname", named(id.name())),
            ("polname", named(id.name())),
            ("schemaname", relation.and_then(|it| named(&it.namespace))),
            ("tablename", relation.and_then(|it| named(&it.name))),
            ("polrelid", host(reader, id)),
        ])
    };
    candidates(reader, &[Kind::Policy], name, want("tablename")).into_iter().map(make).collect()
}

fn triggers(reader: &Reader<'_>, want: Want<'_>) -> Vec<Row> {
    let name = want("tgname").or_else(|| want("trigger_name"));
    let make = |id: &ObjectId| {
        let relation = id.relation();
        let schema = || relation.and_then(|it| named(&it.namespace));
        row([
            ("tgname", named(id.name())),
            ("trigger_name", named(id.name())),
            ("tgrelid", host(reader, id)),
            ("tgisinternal", Some(Value::Bool(false))),
            ("trigger_schema", schema()),
            ("event_object_schema", schema()),
            ("event_object_table", relation.and_then(|it| named(&it.name))),
        ])
    };
    candidates(reader, &[Kind::Trigger], name, want("event_object_table")).into_iter().map(make).collect()
}
