//! Makes TLS of what `sslmode` and its like ask for.
//! It does not know hosts, nor when a connection falls back to another way.

use super::verify::{Trust, Verifier};
use crate::problem::Problem;
use crate::target::settings::{ClientCert, Roots, SslMode, TlsSettings};
use postgres::Socket;
use postgres::tls::{MakeTlsConnect, TlsConnect};
use rustls::client::WebPkiServerVerifier;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio_postgres_rustls::MakeRustlsConnect;

/// The protocol's name, which a server that speaks TLS from the first byte asks for.
const ALPN: &[u8] = b"postgresql";

/// A maker of TLS connections, which remembers whether it came to that.
#[derive(Clone)]
pub(crate) struct Tls {
    inner: MakeRustlsConnect,
    used: Arc<AtomicBool>,
}

impl Tls {
    /// Reads the certificates and keys that the settings name.
    pub(crate) fn new(settings: &TlsSettings) -> Result<Tls, Problem> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let trust = trust(settings, &provider)?;
        let verifier = Verifier { trust, algorithms: provider.signature_verification_algorithms };
        let mut versions = Vec::new();
        versions.extend(settings.versions.0.then_some(&rustls::version::TLS12));
        versions.extend(settings.versions.1.then_some(&rustls::version::TLS13));
        let builder = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&versions)
            .map_err(|error| Problem::new(format!("cannot set TLS up: {error}")))?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier));
        let mut config = match &settings.client {
            Some(client) => {
                let (chain, key) = client_cert(client)?;
                let wrong = |error| {
                    Problem::new(format!(
                        "the certificate {} and its key do not go together: {error}",
                        client.cert.display()
                    ))
                };
                builder.with_client_auth_cert(chain, key).map_err(wrong)?
            }
            None if settings.client_required => {
                return Err(Problem::new("sslcertmode=require, and there is no client certificate").help(
                    "Name one by sslcert and sslkey, or put it into ~/.postgresql/postgresql.crt and .key.",
                ));
            }
            None => builder.with_no_client_auth(),
        };
        config.enable_sni = settings.sni;
        if settings.direct {
            config.alpn_protocols = vec![ALPN.to_vec()];
        }
        Ok(Tls { inner: MakeRustlsConnect::new(config), used: Arc::default() })
    }

    /// The same, with a memory of its own.
    pub(super) fn fresh(&self) -> Tls {
        Tls { inner: self.inner.clone(), used: Arc::default() }
    }

    /// Whether a server has agreed to TLS.
    pub(super) fn was_used(&self) -> bool {
        self.used.load(Ordering::Relaxed)
    }
}

/// Who is trusted. As in libpq, a root certificate that is there is used in every mode; the modes that
/// promise verification insist on it.
fn trust(settings: &TlsSettings, provider: &Arc<CryptoProvider>) -> Result<Option<Trust>, Problem> {
    let insists = settings.mode >= SslMode::VerifyCa;
    let roots = match &settings.roots {
        Some(Roots::System) => system_roots()?,
        Some(Roots::File(file)) if file.exists() => certificates(file)?,
        Some(Roots::File(file)) if insists => {
            return Err(Problem::new(format!("the root certificate file {} does not exist", file.display()))
                .help(NO_ROOT));
        }
        None if insists => {
            return Err(Problem::new("there is no root certificate to verify the server's by").help(NO_ROOT));
        }
        Some(Roots::File(_)) | None => return Ok(None),
    };
    let crls = settings.crl.as_deref().map(revoked).transpose()?.unwrap_or_default();
    let mut store = RootCertStore::empty();
    for root in &roots {
        // The system's list may hold what cannot be read; what a user names must be good.
        if let Err(error) = store.add(root.clone())
            && settings.roots != Some(Roots::System)
        {
            return Err(Problem::new(format!("a root certificate cannot be used: {error}")));
        }
    }
    let revocation = !crls.is_empty();
    let chain = WebPkiServerVerifier::builder_with_provider(Arc::new(store), provider.clone())
        .with_crls(crls)
        .build()
        .map_err(|error| Problem::new(format!("the root certificates cannot be used: {error}")))?;
    Ok(Some(Trust { roots, chain, check_name: settings.mode == SslMode::VerifyFull, revocation }))
}

const NO_ROOT: &str =
    "Name it by sslrootcert, put it into ~/.postgresql/root.crt, or use sslrootcert=system.";

fn system_roots() -> Result<Vec<CertificateDer<'static>>, Problem> {
    let found = rustls_native_certs::load_native_certs();
    match (found.certs.is_empty(), found.errors.first()) {
        (false, _) => Ok(found.certs),
        (true, Some(error)) => {
            Err(Problem::new(format!("cannot read the system's root certificates: {error}")))
        }
        (true, None) => Err(Problem::new("the system has no root certificates")
            .help("On Debian they come with the package ca-certificates.")),
    }
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, Problem> {
    let wrong = |error| Problem::new(format!("cannot read the certificate {}: {error}", file.display()));
    let found: Vec<_> = CertificateDer::pem_file_iter(file).and_then(Iterator::collect).map_err(wrong)?;
    if found.is_empty() {
        return Err(Problem::new(format!("there is no certificate in {}", file.display())));
    }
    Ok(found)
}

fn revoked(file: &Path) -> Result<Vec<CertificateRevocationListDer<'static>>, Problem> {
    let wrong = |error| Problem::new(format!("cannot read the revocation list {}: {error}", file.display()));
    CertificateRevocationListDer::pem_file_iter(file).and_then(Iterator::collect).map_err(wrong)
}

fn client_cert(
    client: &ClientCert,
) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), Problem> {
    let chain = certificates(&client.cert)?;
    let file = client.key.display();
    let metadata = std::fs::metadata(&client.key)
        .map_err(|error| Problem::new(format!("cannot read the key {file}: {error}")))?;
    // libpq's rule: nobody else may read the key, but root's may be lent to a group.
    let others = if metadata.uid() == 0 { 0o137 } else { 0o177 };
    if metadata.mode() & others != 0 {
        return Err(Problem::new(format!("others can read the key {file}"))
            .help("Its permissions must be u=rw (0600) or less; u=rw,g=r (0640) or less if root owns it."));
    }
    let key = PrivateKeyDer::from_pem_file(&client.key).map_err(|error| {
        Problem::new(format!("cannot read the key {file}: {error}"))
            .help("It must be PEM, and not encrypted by a password.")
    })?;
    Ok((chain, key))
}

impl MakeTlsConnect<Socket> for Tls {
    type Stream = <MakeRustlsConnect as MakeTlsConnect<Socket>>::Stream;
    type TlsConnect = Watched;
    type Error = <MakeRustlsConnect as MakeTlsConnect<Socket>>::Error;

    fn make_tls_connect(&mut self, domain: &str) -> Result<Watched, Self::Error> {
        // A fully qualified name may end in a dot; no certificate is made out to one that does.
        let inner =
            MakeTlsConnect::<Socket>::make_tls_connect(&mut self.inner, domain.trim_end_matches('.'))?;
        Ok(Watched { inner, used: self.used.clone() })
    }
}

/// One TLS connection about to be made.
pub(crate) struct Watched {
    inner: <MakeRustlsConnect as MakeTlsConnect<Socket>>::TlsConnect,
    used: Arc<AtomicBool>,
}

impl TlsConnect<Socket> for Watched {
    type Stream = <MakeRustlsConnect as MakeTlsConnect<Socket>>::Stream;
    type Error = std::io::Error;
    type Future = <<MakeRustlsConnect as MakeTlsConnect<Socket>>::TlsConnect as TlsConnect<Socket>>::Future;

    fn connect(self, stream: Socket) -> Self::Future {
        self.used.store(true, Ordering::Relaxed);
        self.inner.connect(stream)
    }
}
