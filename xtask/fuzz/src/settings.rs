//! What the command is told beside SQL: connection strings and `reconcile.yaml`.

use std::path::Path;

use crate::config::Config;
use crate::problem::Problem;
use crate::target::dsn;

const SECRET: &str = "hunter2";

/// Marks that change where a value begins or ends, and so what is a secret at all.
fn is_plain(text: &str) -> bool {
    !text.contains(['\'', '"', '\\', '#', '$']) && !text.contains(SECRET)
}

/// What may be shown of a connection string is the same whatever its secret, and never the secret.
pub(crate) fn conninfo(text: &str) {
    _ = sql::conninfo(text, "***").expr();
    let (before, behind) = text.split_once('~').unwrap_or(("", text));
    let is_value = before.trim_end().ends_with('=');
    if !is_plain(text) || text.contains(['@', '~']) {
        return;
    }
    if !is_value {
        shows_nothing(&format!("{before} password={SECRET} {behind}"));
        shows_nothing(&format!("{before} sslpassword = '{SECRET}' {behind}"));
    }
    shows_nothing(&format!("postgresql://u:{SECRET}@{behind}"));
    shows_nothing(&format!("postgres://u@h/d?password={SECRET}&{behind}"));
}

fn shows_nothing(text: &str) {
    let read = sql::conninfo(text, "***");
    let expr = read.expr();
    assert!(
        !expr.text.contains(SECRET) && !expr.key.contains(SECRET),
        "{text:?} is shown as {:?}",
        expr.text
    );
    assert!(read.literals.iter().any(|it| it.contains(SECRET)), "no secret in {text:?}");
}

fn shown(problem: Problem) -> String {
    format!("{:?}", miette::Report::from(problem))
}

/// A connection string of the command line.
pub(crate) fn dsn(text: &str) {
    if let Err(problem) = dsn::read(text, "here") {
        _ = shown(problem);
    }
    if !is_plain(text) {
        return;
    }
    for text in [format!("postgres://u:{SECRET}@{text}"), format!("password={SECRET} {text}")] {
        if let Err(problem) = dsn::read(&text, "here") {
            let shown = shown(problem);
            assert!(!shown.contains(SECRET), "{text:?} is refused with {shown}");
        }
    }
}

/// A configuration, alone and behind a password that must not be there.
pub(crate) fn config(text: &str) {
    if let Err(problem) = Config::read(Path::new("reconcile.yaml"), text.to_owned()) {
        _ = shown(problem);
    }
    if text.contains(SECRET) {
        return;
    }
    let secret = format!("database:\n  password: {SECRET}\n{text}");
    match Config::read(Path::new("reconcile.yaml"), secret.clone()) {
        Ok(_) => panic!("a password is taken from {secret:?}"),
        Err(problem) => {
            let shown = shown(problem);
            assert!(!shown.contains(SECRET), "{secret:?} is refused with {shown}");
        }
    }
}
