//! Why there is no connection, in words that help, and without any password.
//! It does not know how connections are made.

use super::{SqlState, pg};
use crate::problem::{Problem, redact};
use crate::target::Target;
use miette::Diagnostic;
use rustls::CertificateError;
use std::error::Error;

/// There is no connection to the target.
#[derive(Debug, thiserror::Error, Diagnostic)]
#[error("cannot connect to {target}: {why}")]
pub(crate) struct ConnectError {
    target: String,
    why: String,
    /// What the last server said.
    pub(crate) code: Option<SqlState>,
    #[help]
    help: Option<String>,
}

impl ConnectError {
    /// The connection could not even be tried.
    pub(super) fn setup(target: &Target, problem: Problem) -> ConnectError {
        let help = Diagnostic::help(&problem).map(|it| it.to_string());
        ConnectError { target: target.to_string(), why: problem.to_string(), code: None, help }
    }

    pub(super) fn new(target: &Target, failures: Vec<Failure>) -> ConnectError {
        let several = failures.len() > 1;
        let tell = |it: &Failure| {
            if several { format!("\n  {}: {}", it.endpoint, it.text) } else { it.text.clone() }
        };
        let mut why: String = failures.iter().map(tell).collect();
        for endpoint in &target.settings.endpoints {
            why = endpoint.password.as_ref().map_or(why.clone(), |it| it.hide(&why));
        }
        let last = failures.into_iter().next_back();
        let help = last.as_ref().and_then(|it| it.help).map(str::to_owned);
        ConnectError {
            target: target.to_string(),
            why: redact(&why),
            code: last.and_then(|it| it.code),
            help,
        }
    }
}

/// Why one server was of no use.
#[derive(Debug)]
pub(super) struct Failure {
    endpoint: String,
    text: String,
    help: Option<&'static str>,
    pub(super) code: Option<SqlState>,
    pub(super) used_tls: bool,
}

impl Failure {
    pub(super) fn of(endpoint: &str, text: String) -> Failure {
        Failure { endpoint: endpoint.to_owned(), text, help: None, code: None, used_tls: false }
    }

    pub(super) fn new(endpoint: &str, error: &postgres::Error, used_tls: bool, mode: pg::SslMode) -> Failure {
        let (text, help) = words(error, mode);
        Failure { endpoint: endpoint.to_owned(), text, help, code: error.code().cloned(), used_tls }
    }

    /// The server answered, and does not want us: another one is not tried, unless this one only starts up.
    pub(super) fn is_refusal(&self) -> bool {
        self.code.as_ref().is_some_and(|it| *it != SqlState::CANNOT_CONNECT_NOW)
    }

    /// The server may say otherwise with TLS instead of without, or the other way round: `pg_hba.conf` has
    /// lines for one of them alone.
    pub(super) fn wants_other_protection(&self) -> bool {
        self.code == Some(SqlState::INVALID_AUTHORIZATION_SPECIFICATION)
    }

    /// Two ways to one server failed.
    pub(super) fn and_then(self, second: Failure) -> Failure {
        let (first_way, second_way) = if second.used_tls { ("without", "with") } else { ("with", "without") };
        let text = format!("{first_way} TLS: {}; {second_way} TLS: {}", self.text, second.text);
        Failure { text, help: second.help.or(self.help), ..second }
    }
}

fn words(error: &postgres::Error, mode: pg::SslMode) -> (String, Option<&'static str>) {
    if let Some(db) = error.as_db_error() {
        let detail = db.detail().map(|it| format!(" ({it})")).unwrap_or_default();
        return (format!("{}{detail} [{}]", db.message(), db.code().code()), server_help(db.code()));
    }
    if let Some(certificate) = certificate_error(error) {
        return (certificate_words(certificate), Some("sslmode and sslrootcert say whom to trust."));
    }
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    let help = if text.contains("password missing") {
        Some("Passwords come from the target's own source, PGPASSWORD or ~/.pgpass.")
    } else if text.contains("does not support TLS") && mode == pg::SslMode::Require {
        Some("sslmode demands TLS, and the server has none (its setting ssl is off).")
    } else if text.contains("Connection refused") || text.contains("No such file") {
        Some("Is the server running there, and does it listen on that address and port?")
    } else {
        None
    };
    (text, help)
}

fn server_help(code: &SqlState) -> Option<&'static str> {
    match *code {
        SqlState::INVALID_PASSWORD => {
            Some("Passwords come from the target's own source, PGPASSWORD or ~/.pgpass.")
        }
        SqlState::INVALID_CATALOG_NAME => {
            Some("Create the database first; reconcile fills databases and makes none.")
        }
        SqlState::INVALID_AUTHORIZATION_SPECIFICATION => {
            Some("The server's pg_hba.conf decides who may connect from where.")
        }
        _ => None,
    }
}

/// The verdict on the server's certificate, if that is what went wrong.
fn certificate_error(error: &postgres::Error) -> Option<&CertificateError> {
    let io = error.source()?.downcast_ref::<std::io::Error>()?;
    match io.get_ref()?.downcast_ref::<rustls::Error>()? {
        rustls::Error::InvalidCertificate(error) => Some(error),
        _ => None,
    }
}

fn certificate_words(error: &CertificateError) -> String {
    match error {
        CertificateError::UnknownIssuer => {
            "the server's certificate is signed by nobody who is trusted".into()
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "the server's certificate is not made out to the host's name".into()
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "the server's certificate has expired".into()
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "the server's certificate is not valid yet".into()
        }
        CertificateError::Revoked => "the server's certificate has been taken back".into(),
        other => format!("the server's certificate is not accepted: {other}"),
    }
}
