//! Connections to real servers in every sslmode, with libpq's psql as the witness where there is one.

use super::*;
use crate::config::Config as Yaml;
use crate::target::{self, Target, environment::Environment};
use scratch::{Options, Server as Postgres};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

/// What came of a connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Came {
    Tls,
    Plain,
    Refused,
}
use Came::{Plain, Refused, Tls as Secure};

const MODES: [&str; 6] = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"];

/// Certificates made for one test by openssl, which Debian's packages of the server bring along.
struct Authority {
    folder: tempfile::TempDir,
}

/// The files of one certificate.
struct Certificate {
    cert: PathBuf,
    key: PathBuf,
}

impl Authority {
    fn new() -> Authority {
        let authority = Authority { folder: tempfile::tempdir().unwrap() };
        authority.self_signed("root", "/CN=Test root", &["-addext", "keyUsage=critical,keyCertSign,cRLSign"]);
        authority.self_signed("stranger", "/CN=Stranger", &[]);
        authority
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn openssl(&self, args: &[&str]) {
        let output = Command::new("openssl").args(args).current_dir(self.folder.path()).output();
        let output = output.expect("openssl makes the certificates of this test");
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    fn self_signed(&self, name: &str, subject: &str, more: &[&str]) -> Certificate {
        let (key, cert) = (format!("{name}.key"), format!("{name}.crt"));
        let mut args =
            vec!["req", "-new", "-x509", "-days", "30", "-nodes", "-newkey", "rsa:2048", "-subj", subject];
        args.extend(["-keyout", &key, "-out", &cert]);
        args.extend(more);
        self.openssl(&args);
        Certificate { cert: self.path(&cert), key: self.path(&key) }
    }

    /// A certificate signed by `issuer`; without extensions it is one of X.509's first version.
    fn signed(&self, name: &str, issuer: &str, subject: &str, extensions: &str, days: &str) -> Certificate {
        let file = |end: &str| format!("{name}.{end}");
        self.openssl(&[
            "req",
            "-new",
            "-nodes",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-subj",
            subject,
            "-keyout",
            &file("key"),
            "-out",
            &file("csr"),
        ]);
        let (issuer_cert, issuer_key) = (format!("{issuer}.crt"), format!("{issuer}.key"));
        let (csr, crt, ext) = (file("csr"), file("crt"), file("ext"));
        let mut args =
            vec!["x509", "-req", "-in", &csr, "-days", days, "-CA", &issuer_cert, "-CAkey", &issuer_key];
        args.extend(["-CAcreateserial", "-out", &crt]);
        if !extensions.is_empty() {
            std::fs::write(self.path(&ext), extensions).unwrap();
            args.extend(["-extfile", &ext]);
        }
        self.openssl(&args);
        Certificate { cert: self.path(&crt), key: self.path(&file("key")) }
    }
}

fn server(certificate: Option<&Certificate>, rules: &str) -> Postgres {
    let install = scratch::obtain(None).unwrap();
    let mut options = Options { tcp: true, ..Options::default() };
    options.files.push(("pg_hba.conf".into(), format!("local all all trust\n{rules}\n")));
    if let Some(Certificate { cert, key }) = certificate {
        options.files.push(("server.crt".into(), std::fs::read_to_string(cert).unwrap()));
        options.files.push(("server.key".into(), std::fs::read_to_string(key).unwrap()));
        options.settings.push(("ssl".into(), "on".into()));
    }
    Postgres::start(&install, &options).unwrap()
}

const PASSWORD: &str = "host all all all scram-sha-256";

/// A connection string that fits the server, without a password.
fn dsn(server: &Postgres, host: &str, more: &str) -> String {
    format!("host={host} port={} user=postgres dbname=postgres {more}", server.port())
}

fn target_of(server: &Postgres, dsn: &str) -> Target {
    let password = server.password().unwrap_or_default();
    let env = Environment::of(&[("PGPASSWORD", password)]);
    target::find(Some(dsn), &Yaml::default(), &env).unwrap().unwrap()
}

fn came(server: &Postgres, dsn: &str) -> Came {
    let came = match open(&target_of(server, dsn)) {
        Ok(session) if session.server.tls => Secure,
        Ok(_) => Plain,
        Err(_) => Refused,
    };
    if let Some(witness) = witness(server, dsn) {
        assert_eq!(came, witness, "libpq has another opinion: {dsn}");
    }
    came
}

/// What libpq makes of the same connection string.
fn witness(server: &Postgres, dsn: &str) -> Option<Came> {
    let mut command = Command::new(psql_with_tls()?);
    command.args(["-XAtw", "-d", dsn, "-c", "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"]);
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("PG")) {
        command.env_remove(name);
    }
    command.env("HOME", "/nonexistent").env("PGPASSWORD", server.password().unwrap_or_default());
    let output = command.output().unwrap();
    match (output.status.success(), output.stdout.starts_with(b"t")) {
        (false, _) => Some(Refused),
        (true, true) => Some(Secure),
        (true, false) => Some(Plain),
    }
}

/// A psql that speaks TLS: some packages' does not, and says so before it connects.
fn psql_with_tls() -> Option<PathBuf> {
    let installs = scratch::find_all().ok()?;
    let mut tools = installs.iter().filter(|it| it.has_psql).map(|it| it.program("psql"));
    tools.find(|psql| {
        let output = Command::new(psql).args(["-Xw", "-d", "sslmode=require host=127.0.0.1 port=1"]).output();
        output.is_ok_and(|it| !String::from_utf8_lossy(&it.stderr).contains("not compiled in"))
    })
}

/// What comes of each mode, first without a root certificate, then with one.
fn modes(server: &Postgres, host: &str, root: &Path) -> ([Came; 6], [Came; 6]) {
    let with = |mode: &str, root: &Path| {
        came(server, &dsn(server, host, &format!("sslmode={mode} sslrootcert={}", root.display())))
    };
    (MODES.map(|mode| with(mode, Path::new("/nonexistent/root.crt"))), MODES.map(|mode| with(mode, root)))
}

/// Without a root certificate nothing is verified, whatever the certificate is.
const UNVERIFIED: [Came; 6] = [Plain, Plain, Secure, Secure, Refused, Refused];
/// The certificate is signed by the root and made out to the host.
const GOOD: [Came; 6] = [Plain, Plain, Secure, Secure, Secure, Secure];
/// The certificate is signed by the root and made out to another.
const WRONG_NAME: [Came; 6] = [Plain, Plain, Secure, Secure, Secure, Refused];
/// The certificate is signed by a stranger: `require` with a root certificate verifies, `prefer` falls back.
const UNTRUSTED: [Came; 6] = [Plain, Plain, Plain, Refused, Refused, Refused];

#[test]
fn a_certificate_with_alternative_names() {
    let authority = Authority::new();
    let san = authority.signed("san", "root", "/CN=ignored", "subjectAltName=DNS:localhost\n", "30");
    let server = server(Some(&san), PASSWORD);
    assert_eq!(modes(&server, "localhost", &authority.path("root.crt")), (UNVERIFIED, GOOD));
    assert_eq!(modes(&server, "127.0.0.1", &authority.path("root.crt")), (UNVERIFIED, WRONG_NAME));
    assert_eq!(modes(&server, "localhost", &authority.path("stranger.crt")), (UNVERIFIED, UNTRUSTED));
    // The name is verified though the address is given.
    let hostaddr = format!(
        "hostaddr=127.0.0.1 sslmode=verify-full sslrootcert={}",
        authority.path("root.crt").display()
    );
    assert_eq!(came(&server, &dsn(&server, "localhost", &hostaddr)), Secure);
    assert_eq!(came(&server, &dsn(&server, "elsewhere", &hostaddr)), Refused);
}

#[test]
fn a_certificate_for_an_address() {
    let authority = Authority::new();
    let address = authority.signed("address", "root", "/CN=localhost", "subjectAltName=IP:127.0.0.1\n", "30");
    let server = server(Some(&address), PASSWORD);
    assert_eq!(modes(&server, "127.0.0.1", &authority.path("root.crt")).1, GOOD);
}

/// The server's manual, "Creating Certificates": no extensions, the name in the subject.
#[test]
fn a_certificate_made_by_the_manual() {
    let authority = Authority::new();
    let manual = authority.signed("manual", "root", "/CN=localhost", "", "30");
    let server = server(Some(&manual), PASSWORD);
    assert_eq!(modes(&server, "localhost", &authority.path("root.crt")), (UNVERIFIED, GOOD));
    assert_eq!(modes(&server, "127.0.0.1", &authority.path("root.crt")).1, WRONG_NAME);
    assert_eq!(modes(&server, "localhost", &authority.path("stranger.crt")).1, UNTRUSTED);
    let older = format!(
        "sslmode=verify-full ssl_max_protocol_version=TLSv1.2 sslrootcert={}",
        authority.path("root.crt").display()
    );
    assert_eq!(came(&server, &dsn(&server, "localhost", &older)), Secure);
}

#[test]
fn a_self_signed_certificate_that_is_trusted_itself() {
    let authority = Authority::new();
    let own = authority.self_signed("own", "/CN=localhost", &[]);
    let server = server(Some(&own), PASSWORD);
    assert_eq!(modes(&server, "localhost", &own.cert), (UNVERIFIED, GOOD));
    assert_eq!(modes(&server, "127.0.0.1", &own.cert).1, WRONG_NAME);
    assert_eq!(modes(&server, "localhost", &authority.path("root.crt")).1, UNTRUSTED);
}

#[test]
fn a_forged_authority_of_the_same_name() {
    let authority = Authority::new();
    authority.self_signed("forged", "/CN=Test root", &[]);
    for (name, extensions) in [("forged-first", ""), ("forged-third", "subjectAltName=DNS:localhost\n")] {
        let forged = authority.signed(name, "forged", "/CN=localhost", extensions, "30");
        let server = server(Some(&forged), PASSWORD);
        assert_eq!(
            modes(&server, "localhost", &authority.path("root.crt")),
            (UNVERIFIED, UNTRUSTED),
            "{name}"
        );
    }
}

#[test]
fn who_may_not_sign_is_not_trusted_to() {
    let authority = Authority::new();
    authority.signed("plain", "root", "/CN=plain", "basicConstraints=CA:FALSE\n", "30");
    let leaf = authority.signed("leaf", "plain", "/CN=localhost", "", "30");
    let server = server(Some(&leaf), PASSWORD);
    assert_eq!(modes(&server, "localhost", &authority.path("plain.crt")).1, UNTRUSTED);
}

#[test]
fn a_certificate_that_has_expired() {
    let authority = Authority::new();
    for (name, extensions) in [("expired-first", ""), ("expired-third", "subjectAltName=DNS:localhost\n")] {
        let expired = authority.signed(name, "root", "/CN=localhost", extensions, "-1");
        let server = server(Some(&expired), PASSWORD);
        assert_eq!(
            modes(&server, "localhost", &authority.path("root.crt")),
            (UNVERIFIED, UNTRUSTED),
            "{name}"
        );
    }
}

#[test]
fn a_certificate_that_was_taken_back() {
    let authority = Authority::new();
    let names = "subjectAltName=DNS:localhost\n";
    let (good, bad) = (
        authority.signed("good", "root", "/CN=x", names, "30"),
        authority.signed("bad", "root", "/CN=x", names, "30"),
    );
    let list =
        "[ca]\ndefault_ca=c\n[c]\ndatabase=index\ncrlnumber=number\ndefault_md=sha256\ndefault_crl_days=30\n";
    for (name, text) in [("list.cnf", list), ("index", ""), ("number", "01\n")] {
        std::fs::write(authority.path(name), text).unwrap();
    }
    let ca = ["ca", "-config", "list.cnf", "-cert", "root.crt", "-keyfile", "root.key"];
    authority.openssl(&[&ca[..], &["-revoke", "bad.crt"]].concat());
    authority.openssl(&[&ca[..], &["-gencrl", "-out", "list.crl"]].concat());
    for (certificate, wanted) in [(&good, Secure), (&bad, Refused)] {
        let server = server(Some(certificate), PASSWORD);
        let (root, crl) = (authority.path("root.crt"), authority.path("list.crl"));
        let more = format!("sslmode=verify-full sslrootcert={} sslcrl={}", root.display(), crl.display());
        assert_eq!(came(&server, &dsn(&server, "localhost", &more)), wanted);
    }
}

#[test]
fn the_server_decides_between_tls_and_none() {
    let authority = Authority::new();
    let san = authority.signed("san", "root", "/CN=x", "subjectAltName=DNS:localhost\n", "30");
    let root = authority.path("root.crt");
    let only = server(Some(&san), "hostssl all all all scram-sha-256");
    assert_eq!(modes(&only, "localhost", &root).1, [Refused, Secure, Secure, Secure, Secure, Secure]);
    let never = server(Some(&san), "hostnossl all all all scram-sha-256");
    assert_eq!(modes(&never, "localhost", &root).1, [Plain, Plain, Plain, Refused, Refused, Refused]);
    let without = server(None, PASSWORD);
    assert_eq!(modes(&without, "localhost", &root).1, [Plain, Plain, Plain, Refused, Refused, Refused]);
    // A socket does not leave the machine.
    let folder = without.socket_directory().display().to_string();
    assert_eq!(came(&without, &dsn(&without, &folder, "sslmode=require")), Plain);
}

#[test]
fn a_client_certificate() {
    use std::os::unix::fs::PermissionsExt;
    let authority = Authority::new();
    let san = authority.signed("san", "root", "/CN=x", "subjectAltName=DNS:localhost\n", "30");
    let ann = authority.signed("ann", "root", "/CN=postgres", "extendedKeyUsage=clientAuth\n", "30");
    let bob = authority.signed("bob", "root", "/CN=bob", "extendedKeyUsage=clientAuth\n", "30");
    let root = std::fs::read_to_string(authority.path("root.crt")).unwrap();
    let install = scratch::obtain(None).unwrap();
    let mut options = Options { tcp: true, ..Options::default() };
    let rules = "local all all trust\nhostssl all all all cert\n";
    let file = |path: &Path| std::fs::read_to_string(path).unwrap();
    for (name, content) in [
        ("pg_hba.conf", rules.to_owned()),
        ("server.crt", file(&san.cert)),
        ("server.key", file(&san.key)),
        ("root.crt", root),
    ] {
        options.files.push((name.into(), content));
    }
    options.settings = vec![("ssl".into(), "on".into()), ("ssl_ca_file".into(), "root.crt".into())];
    let server = Postgres::start(&install, &options).unwrap();
    let with = |it: &Certificate| {
        let keys = format!("sslmode=require sslcert={} sslkey={}", it.cert.display(), it.key.display());
        dsn(&server, "localhost", &keys)
    };
    std::fs::set_permissions(&bob.key, std::fs::Permissions::from_mode(0o600)).unwrap();
    std::fs::set_permissions(&ann.key, std::fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!(came(&server, &with(&ann)), Secure);
    assert_eq!(came(&server, &with(&bob)), Refused);
    assert_eq!(came(&server, &dsn(&server, "localhost", "sslmode=require")), Refused);
    assert_eq!(came(&server, &(with(&ann) + " sslcertmode=disable")), Refused);
    std::fs::set_permissions(&ann.key, std::fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(came(&server, &with(&ann)), Refused);
}

#[test]
fn a_session_is_pinned_and_tells_about_itself() {
    let server = server(None, PASSWORD);
    let role =
        "ALTER ROLE postgres SET DateStyle = 'SQL, DMY'; ALTER ROLE postgres SET search_path = app, public";
    server.connect("postgres").unwrap().batch_execute(role).unwrap();
    let options = "options='-c quote_all_identifiers=on -c extra_float_digits=-3 -c bytea_output=escape -c standard_conforming_strings=off \
                   -c IntervalStyle=iso_8601 -c xmloption=document -c TimeZone=Asia/Tokyo'";
    let mut session = open(&target_of(&server, &dsn(&server, "127.0.0.1", options))).unwrap();
    let told = &session.server;
    assert_eq!(told.version / 10_000, u32::from(server.install().major));
    assert_eq!((told.user.as_str(), told.database.as_str()), ("postgres", "postgres"));
    assert_eq!((told.search_path.as_str(), told.time_zone.as_str()), ("app, public", "Asia/Tokyo"));
    assert_eq!((told.standby, told.read_only, told.superuser, told.tls), (false, false, true, false));
    assert_eq!(told.endpoint, format!("127.0.0.1:{}", server.port()));
    for (name, wanted) in [
        ("quote_all_identifiers", "off"),
        ("DateStyle", "ISO, DMY"),
        ("IntervalStyle", "postgres"),
        ("extra_float_digits", "1"),
        ("bytea_output", "hex"),
        ("xmloption", "content"),
        ("standard_conforming_strings", "on"),
        ("client_encoding", "UTF8"),
        ("application_name", "reconcile"),
    ] {
        let value: String = session.client.query_one("SELECT current_setting($1)", &[&name]).unwrap().get(0);
        assert_eq!(value, wanted, "{name}");
    }
}

#[test]
fn a_running_statement_is_cancelled() {
    let authority = Authority::new();
    let san = authority.signed("san", "root", "/CN=x", "subjectAltName=DNS:localhost\n", "30");
    let server = server(Some(&san), PASSWORD);
    let mut session = open(&target_of(&server, &dsn(&server, "localhost", "sslmode=require"))).unwrap();
    let canceller = session.canceller.clone();
    let canceller = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(300));
        canceller.cancel().unwrap();
    });
    let error = session.client.batch_execute("SELECT pg_sleep(30)").unwrap_err();
    assert_eq!(error.code(), Some(&SqlState::QUERY_CANCELED));
    canceller.join().unwrap();
}

#[test]
fn the_kind_of_server_is_looked_at() {
    let server = server(None, PASSWORD);
    let read_only = "ALTER DATABASE postgres SET default_transaction_read_only = on";
    server.connect("postgres").unwrap().batch_execute(read_only).unwrap();
    let attrs =
        |attrs: &str| came(&server, &dsn(&server, "127.0.0.1", &format!("target_session_attrs={attrs}")));
    assert_eq!(["any", "read-only", "primary", "prefer-standby"].map(attrs), [Plain; 4]);
    assert_eq!(["read-write", "standby"].map(attrs), [Refused; 2]);
}

#[test]
fn hosts_are_tried_in_turn() {
    let server = server(None, PASSWORD);
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let dsn = format!("host=127.0.0.1,127.0.0.1 port={free},{} user=postgres dbname=postgres", server.port());
    assert_eq!(came(&server, &dsn), Plain);
    let error = open(&target_of(&server, &format!("host=127.0.0.1,127.0.0.1 port={free}"))).err().unwrap();
    assert!(error.to_string().matches("Connection refused").count() == 2, "{error}");
}

#[test]
fn a_server_that_keeps_silent_is_given_up() {
    let server = server(None, PASSWORD);
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let dsn =
        format!("host=127.0.0.1,127.0.0.1 port={port},{} user=postgres connect_timeout=2", server.port());
    let start = Instant::now();
    assert_eq!(
        open(&target_of(&server, &dsn)).unwrap().server.endpoint,
        format!("127.0.0.1:{}", server.port())
    );
    assert!(start.elapsed() < Duration::from_secs(10));
}

#[test]
fn errors_help_and_hold_no_password() {
    let server = server(None, PASSWORD);
    let at = format!("127.0.0.1:{}", server.port());
    let error = |url: &str| {
        let target = target::find(Some(url), &Yaml::default(), &Environment::of(&[])).unwrap().unwrap();
        let error = open(&target).err().unwrap();
        let report = miette::Report::from(error);
        let shown = format!("{report:?} {report}");
        assert!(!shown.contains("hunter2"), "{shown}");
        shown
    };
    assert!(
        error(&format!("postgres://postgres:hunter2@{at}/postgres"))
            .contains("password authentication failed")
    );
    assert!(error(&format!("postgres://postgres@{at}/postgres")).contains("~/.pgpass"));
    assert!(error(&format!("postgres://postgres:hunter2@{at}/postgres?sslmode=require")).contains("TLS"));
    assert!(error("postgres://postgres:hunter2@nowhere.invalid/postgres").contains("nowhere.invalid"));
    assert!(error("postgres://u:hunter2@%2Fnonexistent/db").contains("/nonexistent"));
    let password = server.password().unwrap();
    let missing = format!("postgres://postgres:{password}@{at}/missing");
    let shown = error(&missing);
    assert!(shown.contains("3D000") && !shown.contains(password), "{shown}");
}
