use super::*;
use miette::Diagnostic;

fn read(text: &str) -> Result<Config, Problem> {
    Config::read(Path::new("conf/reconcile.yaml"), text.to_owned())
}

/// The message, and the text it points at by line and column.
fn fault(text: &str) -> (String, usize, usize) {
    let problem = read(text).unwrap_err();
    let span = *problem.labels().expect("points into the file").next().unwrap().inner();
    let found = problem.source_code().unwrap().read_span(&span, 0, 0).unwrap();
    (problem.to_string(), found.line() + 1, found.column() + 1)
}

#[test]
fn everything_is_read() {
    let config = read(
        r#"
schema: [sql/master_schema.sql, sql/more]
database:
  host: db.example
  port: 5433
  user: deploy
  password: ${env:DB_PASSWORD}
  dbname: shop
  sslmode: verify-full
all_namespaces: true
additive: true
allow:
  - drop-column:public.users.*
  - drop-index
manage: grants
ignore:
  - {kind: table, namespace: audit_*, name: "tmp_?"}
  - "!table:public.keep"
  - kind: view
    not: true
undeclared:
  table: keep
  index: drop
set:
  flag: on
  limit: 10
"#,
    )
    .unwrap();
    assert_eq!(config.schema, [Path::new("conf/sql/master_schema.sql"), Path::new("conf/sql/more")]);
    let database = config.database.unwrap();
    assert_eq!(database.params.get("port"), Some("5433"));
    assert_eq!(database.params.get("password"), Some("${env:DB_PASSWORD}"));
    assert!(config.all_namespaces && config.additive);
    assert_eq!(config.allow[0].value.objects.as_deref(), Some("public.users.*"));
    let rules: Vec<_> = config.manage.iter().chain(&config.ignore).collect();
    let short: Vec<_> = rules
        .iter()
        .map(|it| (it.kind.as_str(), it.namespace.as_str(), it.name.as_str(), it.negate))
        .collect();
    assert_eq!(
        short,
        [
            ("grants", "*", "*", false),
            ("table", "audit_*", "tmp_?", false),
            ("table", "public", "keep", true),
            ("view", "*", "*", true),
        ]
    );
    assert!(config.undeclared.kinds["table"].value && !config.undeclared.kinds["index"].value);
    assert_eq!(config.set[0], Variable { name: "flag".into(), value: "on".into() });
    assert_eq!(config.set[1], Variable { name: "limit".into(), value: "10".into() });
}

#[test]
fn short_forms() {
    let config =
        read("schema: a.sql\ndatabase: postgres://u@h/db\nallow: drop-table\nundeclared: keep\n").unwrap();
    assert_eq!(config.schema, [Path::new("conf/a.sql")]);
    assert_eq!(config.database.unwrap().params.get("host"), Some("h"));
    assert_eq!(config.allow.len(), 1);
    assert!(config.undeclared.keep_all);
}

#[test]
fn an_empty_file_says_nothing() {
    for text in ["", "# nothing\n", "---\n", "{}\n"] {
        assert!(read(text).unwrap().database.is_none(), "{text:?}");
    }
}

#[test]
fn rules_in_short() {
    let rule = |text: &str| short_rule(text, 0..0).map(|it| (it.kind, it.namespace, it.name, it.negate));
    let wanted = |kind: &str, namespace: &str, name: &str, negate| {
        Some((kind.into(), namespace.into(), name.into(), negate))
    };
    assert_eq!(rule("roles"), wanted("roles", "*", "*", false));
    assert_eq!(rule("public.tmp_*"), wanted("*", "public", "tmp_*", false));
    assert_eq!(rule("tmp_*"), wanted("*", "*", "tmp_*", false));
    assert_eq!(rule("!view:audit.*"), wanted("view", "audit", "*", true));
    assert_eq!(rule("table:"), wanted("table", "*", "*", false));
    assert_eq!(rule(""), None);
    assert_eq!(rule("!"), None);
}

#[test]
fn unknown_keys_are_refused_where_they_stand() {
    let (message, line, column) = fault("additive: true\nschemas: a.sql\n");
    assert!(message.contains("schemas"), "{message}");
    assert_eq!((line, column), (2, 1));
    let (message, line, column) = fault("database:\n  host: h\n  sslmod: require\n");
    assert_eq!((message.as_str(), line, column), ("there is no connection parameter \"sslmod\"", 3, 3));
    let (message, line, _) = fault("ignore:\n  - kind: table\n    names: x\n");
    assert!(message.contains("names"), "{message}");
    assert_eq!(line, 3);
}

#[test]
fn wrong_values_are_refused_where_they_stand() {
    for (text, line, column) in [
        ("all_namespaces: maybe\n", 1, 17),
        ("allow:\n  - drop-table\n  - 'drop table'\n", 3, 5),
        ("undeclared:\n  table: stay\n", 2, 10),
        ("ignore:\n  - public.*\n  - {not: true}\n", 3, 5),
        ("database: mysql://h\n", 1, 11),
        ("database: [a]\n", 1, 1),
        ("set:\n  'a b': 1\n", 2, 10),
        ("additive: true\nadditive: false\n", 2, 1),
        ("schema: {\n", 1, 9),
        ("database:\n  url: postgres://h/db\n  host: other\n", 3, 9),
        ("database:\n  host: other\n  url: postgres://h/db\n", 2, 9),
    ] {
        let (message, at_line, at_column) = fault(text);
        assert_eq!((at_line, at_column), (line, column), "{text}: {message}");
    }
}

#[test]
fn a_literal_password_is_refused_and_not_shown() {
    for (text, line) in [
        ("database:\n  host: h\n  password: hunter2\n", 3),
        ("database: postgres://u:hunter2@h/db\n", 1),
        ("database:\n  url: 'postgres://u@h/db?password=hunter2'\n", 2),
        ("database: {host: h, password: \"hunter2\"}\n", 1),
        ("database: host=h password=hunter2\n", 1),
        ("database:\n  password: >-\n    hunter2\n", 3),
        ("database:\n  password: &p hunter2\n", 2),
        ("database:\n  password: hunter2${env:X}\n", 2),
    ] {
        let report = miette::Report::from(read(text).unwrap_err());
        let mut shown = format!("{report:?} {report}");
        miette::GraphicalReportHandler::new().render_report(&mut shown, report.as_ref()).unwrap();
        assert!(!shown.contains("hunter2"), "{shown}");
        assert_eq!(fault(text).1, line, "{text}");
    }
}

#[test]
fn a_password_is_not_shown_by_another_fault() {
    let text = "database:\n  password: hunter2\n  passwort: hunter2\nadditive: [\n";
    let report = miette::Report::from(read(text).unwrap_err());
    let mut shown = format!("{report:?}");
    miette::GraphicalReportHandler::new()
        .with_context_lines(5)
        .render_report(&mut shown, report.as_ref())
        .unwrap();
    assert!(!shown.contains(" hunter2\n  passwort"), "{shown}");
    let config = read("database:\n  password: ${env:X}\n").unwrap();
    assert!(!format!("{config:?}").contains("${env:X}"), "values of secrets stay out of Debug");
}

#[test]
fn placeholders_in_a_url() {
    let whole = read("database: ${env:URL}\n").unwrap().database.unwrap();
    assert_eq!(whole.url.unwrap().value, "${env:URL}");
    let part = read("database:\n  url: postgres://u:${env:PW}@h:5433/db\n").unwrap().database.unwrap();
    assert_eq!(part.params.get("password"), Some("${env:PW}"));
    assert_eq!(part.params.get("port"), Some("5433"));
}

#[test]
fn kinds_are_checked_by_whoever_knows_them() {
    let config = read("ignore:\n  - tables:x\nundeclared: {view: keep}\n").unwrap();
    assert!(config.check_kinds(|it| it == "tables" || it == "view").is_ok());
    assert_eq!(
        config.check_kinds(|it| it == "table").unwrap_err().to_string(),
        "there is no kind \"tables\""
    );
}

#[test]
fn the_file_named_must_be_there() {
    assert!(Config::load(Some(Path::new("/nowhere/reconcile.yaml"))).is_err());
}
