//! Whom a TLS connection trusts, by libpq's rules.
//! It does not know the connection's parameters, nor where certificates are kept.
//!
//! The chain and the names are verified by webpki. It takes no certificate of X.509's first version, none
//! that is itself in the list of trusted ones and an authority's, and looks at no common name; yet that is
//! what the server's manual teaches to make ("Creating Certificates"), and what libpq takes. Such
//! certificates are verified here: the same checks, for a chain of one link.

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::WebPkiSupportedAlgorithms;
use rustls::pki_types::{
    AlgorithmIdentifier, CertificateDer, ServerName, SignatureVerificationAlgorithm, UnixTime,
};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, SignatureScheme};
use std::sync::Arc;
use x509_cert::Certificate;
use x509_cert::certificate::Version;
use x509_cert::der::{Decode, Encode, oid::ObjectIdentifier};
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{BasicConstraints, SubjectAltName};
use x509_cert::spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};

/// The attribute of a name that holds the host's (X.520, commonName).
const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");

/// Who is trusted, and how far that is looked into.
#[derive(Debug)]
pub(super) struct Trust {
    /// The certificates trusted to sign others.
    pub(super) roots: Vec<CertificateDer<'static>>,
    /// webpki's verifier over the same certificates.
    pub(super) chain: Arc<WebPkiServerVerifier>,
    /// The certificate must be made out to the host's name.
    pub(super) check_name: bool,
    /// Certificates may have been taken back, so those outside webpki's profile are not known to be good.
    pub(super) revocation: bool,
}

/// A verifier for rustls.
#[derive(Debug)]
pub(super) struct Verifier {
    /// None: TLS is for privacy alone, as with `sslmode=require` and no root certificate.
    pub(super) trust: Option<Trust>,
    /// The signatures that can be checked.
    pub(super) algorithms: WebPkiSupportedAlgorithms,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let Some(trust) = &self.trust else { return Ok(ServerCertVerified::assertion()) };
        let parsed = Certificate::from_der(end_entity).ok();
        match &parsed {
            Some(cert) if is_first_version(cert) || trust.roots.iter().any(|it| it == end_entity) => {
                self.one_link(trust, cert, end_entity, now)?;
            }
            _ => {
                let verified = trust.chain.verify_server_cert(
                    end_entity,
                    intermediates,
                    server_name,
                    ocsp_response,
                    now,
                );
                // webpki looks at the name last, so the chain is good when it has come to that.
                verified
                    .map(drop)
                    .or_else(|error| if is_name_error(&error) { Ok(()) } else { Err(error) })?;
            }
        }
        if trust.check_name {
            check_name(end_entity, parsed.as_ref(), server_name)?;
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        match (&self.trust, first_version(cert)) {
            (None, _) => Ok(HandshakeSignatureValid::assertion()),
            (Some(_), Some(cert)) => self.handshake(message, &cert, dss),
            (Some(trust), None) => trust.chain.verify_tls12_signature(message, cert, dss),
        }
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let outdated = [
            SignatureScheme::RSA_PKCS1_SHA256,
            SignatureScheme::RSA_PKCS1_SHA384,
            SignatureScheme::RSA_PKCS1_SHA512,
        ];
        match (&self.trust, first_version(cert)) {
            (None, _) => Ok(HandshakeSignatureValid::assertion()),
            (Some(_), Some(_)) if outdated.contains(&dss.scheme) => {
                Err(CertificateError::BadSignature.into())
            }
            (Some(_), Some(cert)) => self.handshake(message, &cert, dss),
            (Some(trust), None) => trust.chain.verify_tls13_signature(message, cert, dss),
        }
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

impl Verifier {
    /// Verifies a certificate that is trusted itself, or signed by one that is.
    fn one_link(
        &self,
        trust: &Trust,
        cert: &Certificate,
        der: &CertificateDer<'_>,
        now: UnixTime,
    ) -> Result<(), Error> {
        in_time(cert, now)?;
        if trust.revocation {
            return Err(CertificateError::UnknownRevocationStatus.into());
        }
        if trust.roots.iter().any(|it| it == der) {
            return Ok(());
        }
        let issuers = trust.roots.iter().filter_map(|it| Certificate::from_der(it).ok());
        let mut issuers = issuers
            .filter(|it| it.tbs_certificate.subject == cert.tbs_certificate.issuer && is_authority(it));
        match issuers.find(|it| self.signed_by(cert, it)) {
            Some(issuer) => in_time(&issuer, now),
            None => Err(CertificateError::UnknownIssuer.into()),
        }
    }

    fn signed_by(&self, cert: &Certificate, issuer: &Certificate) -> bool {
        let Ok(message) = cert.tbs_certificate.to_der() else { return false };
        let Some(signature) = cert.signature.as_bytes() else { return false };
        let fits = |it: &&&dyn SignatureVerificationAlgorithm| {
            is_same(&it.signature_alg_id(), &cert.signature_algorithm)
        };
        let key = &issuer.tbs_certificate.subject_public_key_info;
        self.algorithms.all.iter().filter(fits).any(|it| is_good(*it, key, &message, signature))
    }

    /// The server holds the certificate's key: its signature on the handshake says so.
    fn handshake(
        &self,
        message: &[u8],
        cert: &Certificate,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let key = &cert.tbs_certificate.subject_public_key_info;
        let mut schemes = self.algorithms.mapping.iter().filter(|(scheme, _)| *scheme == dss.scheme);
        let good = schemes
            .any(|(_, algorithms)| algorithms.iter().any(|it| is_good(*it, key, message, dss.signature())));
        if good {
            Ok(HandshakeSignatureValid::assertion())
        } else {
            Err(CertificateError::BadSignature.into())
        }
    }
}

fn is_good(
    algorithm: &dyn SignatureVerificationAlgorithm,
    key: &SubjectPublicKeyInfoOwned,
    message: &[u8],
    signature: &[u8],
) -> bool {
    let bytes = key.subject_public_key.as_bytes().unwrap_or_default();
    is_same(&algorithm.public_key_alg_id(), &key.algorithm)
        && algorithm.verify_signature(bytes, message, signature).is_ok()
}

/// rustls holds the contents of the identifier's sequence, without its head.
fn is_same(known: &AlgorithmIdentifier, found: &AlgorithmIdentifierOwned) -> bool {
    let parameters = found.parameters.as_ref().map_or(Ok(Vec::new()), Encode::to_der);
    let Ok(parts) = found.oid.to_der().and_then(|oid| Ok([oid, parameters?])) else { return false };
    parts.concat() == known.as_ref()
}

fn is_first_version(cert: &Certificate) -> bool {
    cert.tbs_certificate.version == Version::V1
}

fn first_version(cert: &CertificateDer<'_>) -> Option<Certificate> {
    Certificate::from_der(cert).ok().filter(is_first_version)
}

/// Whether the certificate may sign others; the first version has no way to say so.
fn is_authority(cert: &Certificate) -> bool {
    is_first_version(cert)
        || matches!(cert.tbs_certificate.get::<BasicConstraints>(), Ok(Some((_, it))) if it.ca)
}

fn in_time(cert: &Certificate, now: UnixTime) -> Result<(), Error> {
    let validity = &cert.tbs_certificate.validity;
    if now.as_secs() < validity.not_before.to_unix_duration().as_secs() {
        return Err(CertificateError::NotValidYet.into());
    }
    if now.as_secs() > validity.not_after.to_unix_duration().as_secs() {
        return Err(CertificateError::Expired.into());
    }
    Ok(())
}

fn is_name_error(error: &Error) -> bool {
    let Error::InvalidCertificate(error) = error else { return false };
    matches!(error, CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. })
}

/// The certificate is made out to the host: by an alternative name, else, where it has none that could be a
/// host's, by its common name.
fn check_name(
    der: &CertificateDer<'_>,
    cert: Option<&Certificate>,
    name: &ServerName<'_>,
) -> Result<(), Error> {
    let parsed = ParsedCertificate::try_from(der);
    if parsed.is_ok_and(|it| rustls::client::verify_server_name(&it, name).is_ok()) {
        return Ok(());
    }
    let common = cert.filter(|it| !has_host_names(it)).map(common_names).unwrap_or_default();
    let is_address = matches!(name, ServerName::IpAddress(_));
    let host = name.to_str();
    if common.iter().any(|it| it.eq_ignore_ascii_case(&host) || (!is_address && is_wildcard_of(it, &host))) {
        return Ok(());
    }
    Err(CertificateError::NotValidForName.into())
}

/// What cannot be read might be a host's name, and then the common name must not count.
fn has_host_names(cert: &Certificate) -> bool {
    match cert.tbs_certificate.get::<SubjectAltName>() {
        Ok(None) => false,
        Ok(Some((_, names))) => {
            names.0.iter().any(|it| matches!(it, GeneralName::DnsName(_) | GeneralName::IpAddress(_)))
        }
        Err(_) => true,
    }
}

fn common_names(cert: &Certificate) -> Vec<String> {
    let attributes = cert.tbs_certificate.subject.0.iter().flat_map(|it| it.0.iter());
    let names = attributes.filter(|it| it.oid == COMMON_NAME);
    names.filter_map(|it| String::from_utf8(it.value.value().to_vec()).ok()).collect()
}

/// `*.example.com` is for `db.example.com` and not for `a.db.example.com`.
fn is_wildcard_of(pattern: &str, host: &str) -> bool {
    let (Some(pattern), Some((_, domain))) = (pattern.strip_prefix("*."), host.split_once('.')) else {
        return false;
    };
    pattern.eq_ignore_ascii_case(domain)
}

#[cfg(test)]
mod tests {
    use super::is_wildcard_of;

    #[test]
    fn a_wildcard_is_one_label() {
        assert!(is_wildcard_of("*.Example.com", "db.example.com"));
        assert!(!is_wildcard_of("*.example.com", "a.db.example.com"));
        assert!(!is_wildcard_of("*.example.com", "example.com"));
        assert!(!is_wildcard_of("d*.example.com", "db.example.com"));
    }
}
