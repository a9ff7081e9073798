//! The settings of the OTLP exporter.

use crate::value::timeout;
use crate::{Compression, Headers, OtlpProtocol};
use std::time::Duration;

/// Settings of the OTLP exporter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtlpSettings {
    /// gRPC or HTTP.
    pub protocol: OtlpProtocol,
    /// Headers of every request.
    pub headers: Headers,
    /// Header that carries the token of `token_file`.
    pub token_header: Option<String>,
    /// File that holds a token; read again when it changes.
    pub token_file: Option<String>,
    /// PEM file with the certificate authorities that are trusted instead of the system's.
    pub ca_file: Option<String>,
    /// PEM file with the client's certificate, for mutual TLS.
    pub client_cert: Option<String>,
    /// PEM file with the client's private key.
    pub client_key: Option<String>,
    /// Accepts any server certificate. For experiments only.
    pub skip_verify: bool,
    /// Compression of the bodies.
    pub compression: Compression,
    /// Longest time for one export.
    pub timeout: Duration,
}

impl Default for OtlpSettings {
    fn default() -> Self {
        Self {
            protocol: OtlpProtocol::Grpc,
            headers: Headers::default(),
            token_header: None,
            token_file: None,
            ca_file: None,
            client_cert: None,
            client_key: None,
            skip_verify: false,
            compression: Compression::None,
            timeout: timeout::DEFAULT,
        }
    }
}
