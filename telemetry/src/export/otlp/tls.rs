//! TLS towards an OTLP receiver: the system's authorities or one's own, and a certificate to show if there is one.

use std::error::Error;
use std::io;
use std::sync::Arc;

use hyper_rustls::ConfigBuilderExt;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use spawn_config::OtlpSettings;

use super::super::Trouble;

/// The configuration for HTTPS; files are read now.
pub(super) fn config(settings: &OtlpSettings) -> Result<ClientConfig, Trouble> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider));
    let builder = builder.with_safe_default_protocol_versions().map_err(|error| unusable("the TLS library", &error))?;
    let builder = match (&settings.ca_file, settings.skip_verify) {
        (_, true) => builder.dangerous().with_custom_certificate_verifier(Arc::new(AnyCertificate(provider))),
        (Some(file), false) => {
            let mut roots = RootCertStore::empty();
            for certificate in certificates(file)? {
                roots.add(certificate).map_err(|error| unusable(file, &error))?;
            }
            builder.with_root_certificates(roots)
        }
        (None, false) => builder.with_native_roots().map_err(|error| unusable("the system's certificates", &error))?,
    };
    match (&settings.client_cert, &settings.client_key) {
        (Some(certificate), Some(key)) => {
            let chain = certificates(certificate)?;
            let private = PrivateKeyDer::from_pem_file(key).map_err(|error| unusable(key, &error))?;
            builder.with_client_auth_cert(chain, private).map_err(|error| unusable(certificate, &error))
        }
        _ => Ok(builder.with_no_client_auth()),
    }
}

/// A configuration that trusts nobody, for plain HTTP.
pub(super) fn none() -> Result<ClientConfig, Trouble> {
    let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().map_err(|error| unusable("the TLS library", &error))?;
    Ok(builder.with_root_certificates(RootCertStore::empty()).with_no_client_auth())
}

/// Whether a connection failed because of TLS: one side does not trust the other, or only one of them speaks it.
pub(super) fn is_distrust(error: &(dyn Error + 'static)) -> bool {
    // An I/O error is not the source of what it wraps.
    let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    error.is::<rustls::Error>()
        || wrapped.is_some_and(|error| is_distrust(error))
        || error.source().is_some_and(is_distrust)
}

fn certificates(file: &str) -> Result<Vec<CertificateDer<'static>>, Trouble> {
    let read = CertificateDer::pem_file_iter(file).and_then(Iterator::collect::<Result<Vec<_>, pem::Error>>);
    let certificates = read.map_err(|error| unusable(file, &error))?;
    if certificates.is_empty() {
        return Err(unusable(file, &"it holds no certificate"));
    }
    Ok(certificates)
}

fn unusable(what: &str, error: &dyn std::fmt::Display) -> Trouble {
    Trouble {
        lasting: true,
        after: None,
        what: format!("{what} cannot be used for TLS: {error}"),
        remedy: "`ca_file`, `client_cert` and `client_key` under `otlp` must be readable PEM files".to_owned(),
    }
}

/// Takes any certificate, because the operator said `skip_verify`. Signatures are still checked.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls12_signature(
            message,
            certificate,
            signature,
            &self.0.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls13_signature(
            message,
            certificate,
            signature,
            &self.0.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distrust_is_found_however_deep_it_is_wrapped() {
        let distrust = || rustls::Error::from(rustls::CertificateError::UnknownIssuer);
        let wrapped = io::Error::other(io::Error::new(io::ErrorKind::InvalidData, distrust()));
        assert!(is_distrust(&distrust()) && is_distrust(&wrapped));
        assert!(!is_distrust(&io::Error::from(io::ErrorKind::ConnectionRefused)));
    }
}
