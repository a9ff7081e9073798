//! An OTLP receiver that shares no code with the exporter: Google's gRPC and protobuf, in Python.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::Value;
use tempfile::TempDir;

use crate::aws::{port, python};
use crate::process::{Process, read};
use crate::programs::{Program, wait_until};
use crate::python::{Environments, Requirements, script};

/// What a receiver asks of its clients.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OtlpDemands {
    /// A header, name in lower case, and the only value that is let in.
    pub header: Option<(String, String)>,
    /// TLS, with a certificate for `localhost` and 127.0.0.1 of the authority in [`OtlpReceiver::ca_file`].
    pub tls: bool,
    /// A client certificate of the same authority; asks for TLS too.
    pub client_certificate: bool,
}

/// A running receiver of traces over gRPC and HTTP; it ends when dropped.
#[derive(Debug)]
pub struct OtlpReceiver {
    // Before the folder in drop order: it writes there.
    _server: Process,
    folder: TempDir,
    scheme: &'static str,
    grpc_port: u64,
    http_port: u64,
}

impl OtlpReceiver {
    /// Starts a receiver that takes everything, without TLS.
    ///
    /// # Errors
    /// When it cannot be installed or started.
    pub async fn start() -> Result<Self> {
        Self::demanding(OtlpDemands::default()).await
    }

    /// Starts a receiver with demands.
    ///
    /// # Errors
    /// When it cannot be installed or started.
    pub async fn demanding(demands: OtlpDemands) -> Result<Self> {
        let OtlpDemands { header, tls, client_certificate } = demands;
        let folder = TempDir::with_prefix("otlp-receiver-")?;
        let mut program = Program::new(python(Environments::of_this_build(), Requirements::Otlp).await?)
            .arg(script("otlp_receiver.py"))
            .arg(folder.path());
        if let Some((name, value)) = header {
            program = program.arg(format!("--header={name}={value}"));
        }
        if client_certificate {
            program = program.arg("--client-certificate");
        }
        let tls = tls || client_certificate;
        if tls {
            program = program.arg("--tls");
        }
        let mut server = program.start()?;
        let (grpc_port, http_port) = (port(&mut server, "grpc").await?, port(&mut server, "http").await?);
        Ok(Self { _server: server, folder, scheme: if tls { "https" } else { "http" }, grpc_port, http_port })
    }

    /// The endpoint for gRPC.
    pub fn grpc_endpoint(&self) -> String {
        format!("{}://127.0.0.1:{}", self.scheme, self.grpc_port)
    }

    /// The endpoint for HTTP, to which a client adds `/v1/traces`.
    pub fn http_endpoint(&self) -> String {
        format!("{}://127.0.0.1:{}", self.scheme, self.http_port)
    }

    /// The authority's certificate, PEM; there only with TLS.
    pub fn ca_file(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// A client's certificate and key, PEM; there only with TLS.
    pub fn client_files(&self) -> (PathBuf, PathBuf) {
        (self.folder.path().join("client.pem"), self.folder.path().join("client.key"))
    }

    /// Every request that was taken: `{"protocol": "grpc" or "http", "headers": {…}, "request": ExportTraceServiceRequest}`
    /// in OTLP's JSON form.
    ///
    /// # Errors
    /// When the receiver wrote something else.
    pub fn requests(&self) -> Result<Vec<Value>> {
        let lines = read(&self.folder.path().join("requests.jsonl"));
        let whole = lines.rsplit_once('\n').map_or("", |(whole, _)| whole);
        whole.lines().map(|line| serde_json::from_str(line).context("read a received request")).collect()
    }

    /// Every span that was taken, in OTLP's JSON form, with its resource and scope added as `resource` and `scope`.
    ///
    /// # Errors
    /// When the receiver wrote something else.
    pub fn spans(&self) -> Result<Vec<Value>> {
        let mut spans = Vec::new();
        for request in self.requests()? {
            for of_resource in items(&request["request"]["resourceSpans"]) {
                for of_scope in items(&of_resource["scopeSpans"]) {
                    for span in items(&of_scope["spans"]) {
                        let mut span = span.clone();
                        span["resource"] = of_resource["resource"].clone();
                        span["scope"] = of_scope["scope"].clone();
                        spans.push(span);
                    }
                }
            }
        }
        Ok(spans)
    }

    /// Waits until at least `count` spans have arrived.
    ///
    /// # Errors
    /// When they have not within `timeout`.
    pub async fn wait_for_spans(&self, count: usize, timeout: Duration) -> Result<Vec<Value>> {
        wait_until(&format!("{count} spans at the OTLP receiver"), timeout, || {
            self.spans().ok().filter(|spans| spans.len() >= count)
        })
        .await
        .with_context(|| format!("received so far: {:?}", self.spans()))
    }
}

/// The command line of a program that OpenTelemetry's Python SDK traces, but for the name of its span: it takes the context
/// from its environment, exports to `OTEL_EXPORTER_OTLP_ENDPOINT` over HTTP and prints its ids as a line of JSON.
///
/// # Errors
/// When the SDK cannot be installed.
pub async fn sdk_child() -> Result<[PathBuf; 2]> {
    Ok([python(Environments::of_this_build(), Requirements::Sdk).await?, script("sdk_child.py")])
}

/// The command line of a program that OpenTelemetry's Python SDK traces, but for the protocol, `grpc`, `http/protobuf` or
/// `http/json`: it exports a trace to `OTEL_EXPORTER_OTLP_ENDPOINT` and prints its spans as a line of JSON.
///
/// # Errors
/// When the SDK cannot be installed.
pub async fn sdk_export() -> Result<[PathBuf; 2]> {
    Ok([python(Environments::of_this_build(), Requirements::Exporters).await?, script("sdk_export.py")])
}

/// What OpenTelemetry's Python SDK finds in a carrier, given as a JSON object of names and values.
///
/// # Errors
/// When the SDK cannot be installed, or fails.
pub async fn sdk_extract(carrier: &Value) -> Result<Value> {
    let python = python(Environments::of_this_build(), Requirements::Sdk).await?;
    let output = Program::new(python).arg(script("sdk_extract.py")).arg(carrier.to_string()).run().await?;
    serde_json::from_str(&output.stdout).with_context(|| format!("read what was found: {}", output.stderr))
}

fn items(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}
