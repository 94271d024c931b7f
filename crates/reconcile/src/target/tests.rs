use super::settings::{Roots, SslMode};
use super::*;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

fn config(text: &str) -> Config {
    Config::read(Path::new("reconcile.yaml"), text.to_owned()).unwrap()
}

fn found(argument: Option<&str>, yaml: &str, vars: &[(&str, &str)]) -> Option<(String, String)> {
    let target = find(argument, &config(yaml), &Environment::of(vars)).unwrap();
    target.map(|it| (it.display, it.source))
}

fn named(display: &str, source: &str) -> Option<(String, String)> {
    Some((display.into(), source.into()))
}

const YAML: &str = "database: {host: yaml, dbname: y}\n";
const EVERYTHING: &[(&str, &str)] = &[
    ("DATABASE_URL", "postgres://url"),
    ("PGHOST", "pg"),
    ("PGUSER", "pguser"),
    ("PGDATABASE", "pgdb"),
    ("PGPORT", "6"),
    ("POSTGRES_HOST", "framework"),
    ("POSTGRES_DB", "fdb"),
    ("POSTGRES_USER", "fuser"),
    ("PGSERVICE", "nowhere"),
];

#[test]
fn the_first_source_wins_whole() {
    assert_eq!(found(Some("postgres://arg"), YAML, EVERYTHING), named("me@arg:5432/me", "--database-url"));
    assert_eq!(found(None, YAML, EVERYTHING), named("me@url:5432/me", "DATABASE_URL"));
    assert_eq!(found(None, YAML, &EVERYTHING[1..]), named("me@yaml:5432/y", "reconcile.yaml"));
    assert_eq!(found(None, "", &EVERYTHING[1..]), named("pguser@pg:6/pgdb", "PGHOST, PGPORT, PGDATABASE"));
    assert_eq!(
        found(None, "", &EVERYTHING[5..]),
        named("fuser@framework:5432/fdb", "POSTGRES_HOST, POSTGRES_DB")
    );
    assert_eq!(found(None, "", &[]), None);
}

#[test]
fn an_empty_variable_names_nothing() {
    let vars = [("DATABASE_URL", ""), ("PGHOST", ""), ("POSTGRES_HOST", "h")];
    assert_eq!(found(None, "", &vars), named("me@h:5432/me", "POSTGRES_HOST"));
    assert_eq!(hint(&Environment::of(&[("DATABASE_URL", "")])), "DATABASE_URL is set, but empty.");
    assert!(find(Some(""), &Config::default(), &Environment::of(&[])).is_err());
}

#[test]
fn a_role_or_a_password_alone_names_no_target() {
    let vars = [("PGUSER", "u"), ("PGPASSWORD", "p"), ("POSTGRES_USER", "u"), ("PGSSLMODE", "require")];
    assert_eq!(found(None, "", &vars), None);
    assert!(hint(&Environment::of(&vars)).starts_with("PGUSER alone"));
}

#[test]
fn how_to_get_there_is_filled_in_and_where_is_not() {
    let vars = [
        ("PGPASSWORD", "pw"),
        ("PGSSLMODE", "verify-ca"),
        ("PGUSER", "no"),
        ("PGPORT", "7"),
        ("PGCONNECT_TIMEOUT", "3"),
    ];
    let target = find(Some("postgres://h/db"), &Config::default(), &Environment::of(&vars)).unwrap().unwrap();
    assert_eq!(target.display, "me@h:5432/db");
    assert_eq!(target.settings.tls.mode, SslMode::VerifyCa);
    assert_eq!(target.settings.endpoints[0].password.as_ref().unwrap().reveal(), "pw");
    assert_eq!(target.settings.connect_timeout.unwrap().as_secs(), 3);
    assert!(!format!("{target:?} {target}").contains("pw"), "{target:?}");
}

#[test]
fn a_framework_password_belongs_to_its_own_source() {
    let vars = [
        ("POSTGRES_HOST", "h"),
        ("POSTGRES_PASSWORD", "own"),
        ("PGPASSWORD", "other"),
        ("POSTGRES_DATABASE", "a"),
        ("POSTGRES_DB", "b"),
    ];
    let target = find(None, &Config::default(), &Environment::of(&vars)).unwrap().unwrap();
    assert_eq!(target.settings.endpoints[0].password.as_ref().unwrap().reveal(), "own");
    assert_eq!(target.settings.database, "a");
    let target =
        find(Some("postgres://h"), &Config::default(), &Environment::of(&vars[..2])).unwrap().unwrap();
    assert_eq!(target.settings.endpoints[0].password, None);
}

#[test]
fn a_url_of_our_own_is_whole() {
    let env = Environment::of(&[("PGPASSWORD", "no"), ("PGSSLROOTCERT", "/no")]);
    let target = of_url("postgresql://postgres@/dev?host=/run/x&port=5432", "ours", &env).unwrap();
    assert_eq!(target.settings.endpoints[0].password, None);
    assert_eq!((target.display.as_str(), target.settings.tls.roots), ("postgres@/run/x:5432/dev", None));
}

#[test]
fn several_hosts() {
    let url =
        "postgres://u@a:1,[::1],%2Frun%2Fpg:3/db?target_session_attrs=primary&load_balance_hosts=random";
    let target = find(Some(url), &Config::default(), &Environment::of(&[])).unwrap().unwrap();
    assert_eq!(target.display, "u@a:1,[::1]:5432,/run/pg:3/db");
    assert!(target.settings.shuffle);
    let read =
        |text| find(Some(text), &Config::default(), &Environment::of(&[])).map(|it| it.unwrap().display);
    assert_eq!(read("host=a,b port=5").unwrap(), "me@a:5,b:5/me");
    assert_eq!(read("host=name hostaddr=10.0.0.1").unwrap(), "me@name:5432/me");
    assert!(read("host=a,b port=5,6,7").is_err());
    assert!(read("host=a port=0").is_err());
    assert!(read("hostaddr=name").is_err());
}

#[test]
fn values_that_make_no_sense_are_refused() {
    for text in [
        "sslmode=on",
        "connect_timeout=soon",
        "target_session_attrs=master",
        "sslrootcert=system sslmode=require",
        "sslnegotiation=direct",
        "ssl_max_protocol_version=TLSv1.1",
        "gssencmode=require",
        "require_auth=md5",
    ] {
        assert!(
            find(Some(&format!("host=h {text}")), &Config::default(), &Environment::of(&[])).is_err(),
            "{text}"
        );
    }
    let target =
        find(Some("host=h sslrootcert=system"), &Config::default(), &Environment::of(&[])).unwrap().unwrap();
    assert_eq!(
        (target.settings.tls.mode, target.settings.tls.roots),
        (SslMode::VerifyFull, Some(Roots::System))
    );
}

#[test]
fn placeholders_are_filled_in() {
    let yaml = "database:\n  url: postgres://u:${env:PW}@h/db\n";
    let target = find(None, &config(yaml), &Environment::of(&[("PW", "p@ss/w%rd")])).unwrap().unwrap();
    assert_eq!(target.settings.endpoints[0].password.as_ref().unwrap().reveal(), "p@ss/w%rd");
    let error = find(None, &config(yaml), &Environment::of(&[])).unwrap_err();
    assert_eq!(error.to_string(), "the variable PW is not set");
    let yaml = "database: ${env:URL}\n";
    assert_eq!(found(None, yaml, &[("URL", "postgres://h/db")]), named("me@h:5432/db", "reconcile.yaml"));
    let error = find(None, &config(yaml), &Environment::of(&[("URL", "nonsense hunter2")])).unwrap_err();
    assert!(
        error.to_string().starts_with("${env:URL}: ") && !error.to_string().contains("hunter2"),
        "{error}"
    );
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "from file\n").unwrap();
    let yaml = format!("database: {{host: h, password: '${{file:{}}}'}}\n", file.path().display());
    let target = find(None, &config(&yaml), &Environment::of(&[])).unwrap().unwrap();
    assert_eq!(target.settings.endpoints[0].password.as_ref().unwrap().reveal(), "from file");
}

#[test]
fn services_and_password_files() {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, text: &str| {
        std::fs::write(folder.path().join(name), text).unwrap();
        std::fs::set_permissions(folder.path().join(name), std::fs::Permissions::from_mode(0o600)).unwrap();
    };
    put(".pg_service.conf", "[prod]\nhost=svc\ndbname=shop\nuser=ann\nport=5440\n");
    put(".pgpass", "other:5432:*:*:second\nsvc:5440:shop:ann:first\n");
    let env = |vars| {
        let mut env = Environment::of(vars);
        env.home = Some(folder.path().to_owned());
        env
    };
    let target =
        find(None, &Config::default(), &env(&[("PGSERVICE", "prod"), ("PGUSER", "no")])).unwrap().unwrap();
    assert_eq!((target.display.as_str(), target.source.as_str()), ("ann@svc:5440/shop", "PGSERVICE=prod"));
    assert_eq!(target.settings.endpoints[0].password.as_ref().unwrap().reveal(), "first");

    let target = find(Some("service=prod host=svc,other port=5440,5432"), &Config::default(), &env(&[]))
        .unwrap()
        .unwrap();
    assert_eq!(target.display, "ann@svc:5440,other:5432/shop");
    let passwords: Vec<_> =
        target.settings.endpoints.iter().map(|it| it.password.as_ref().unwrap().reveal()).collect();
    assert_eq!(passwords, ["first", "second"]);

    std::fs::set_permissions(folder.path().join(".pgpass"), std::fs::Permissions::from_mode(0o644)).unwrap();
    let target = find(Some("service=prod"), &Config::default(), &env(&[])).unwrap().unwrap();
    assert_eq!((target.settings.endpoints[0].password.as_ref(), target.warnings.len()), (None, 1));
    assert!(find(Some("service=gone"), &Config::default(), &env(&[])).is_err());
}
