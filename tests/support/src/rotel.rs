//! A collector that others wrote: rotel takes OTLP over gRPC and HTTP and passes it on to our receiver.

use std::net::TcpListener;
use std::time::Duration;

use anyhow::Result;

use crate::OtlpReceiver;
use crate::aws::python;
use crate::process::Process;
use crate::programs::{Program, wait_until};
use crate::python::{Environments, Requirements, script};

/// How long it may take to start on a busy machine.
const START: Duration = Duration::from_secs(60);

/// A running collector; it ends when dropped.
#[derive(Debug)]
pub struct Rotel {
    server: Process,
    grpc: String,
    http: String,
}

impl Rotel {
    /// Starts a collector that passes everything on to `receiver`, over gRPC.
    ///
    /// # Errors
    /// When it cannot be installed or started.
    pub async fn before(receiver: &OtlpReceiver) -> Result<Self> {
        let exporter = ["--exporter", "otlp", "--otlp-exporter-protocol", "grpc", "--otlp-exporter-endpoint"];
        Self::start(&exporter, &receiver.grpc_endpoint(), &[]).await
    }

    /// Starts a collector that passes everything on to X-Ray's API at this address.
    ///
    /// # Errors
    /// When it cannot be installed or started.
    pub async fn to_xray(endpoint: &str) -> Result<Self> {
        let exporter =
            ["--exporter", "aws-xray", "--xray-exporter-region", "us-east-1", "--xray-exporter-custom-endpoint"];
        let credentials = [("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"), ("AWS_SECRET_ACCESS_KEY", "secret")];
        Self::start(&exporter, endpoint, &credentials).await
    }

    async fn start(exporter: &[&str], endpoint: &str, environment: &[(&str, &str)]) -> Result<Self> {
        let (grpc, http) = (free_address()?, free_address()?);
        let mut program = Program::new(python(Environments::of_this_build(), Requirements::Rotel).await?)
            .arg(script("rotel_collector.py"))
            .arg("start")
            .args(exporter)
            .arg(endpoint)
            .args(["--otlp-grpc-endpoint", &grpc, "--otlp-http-endpoint", &http]);
        for (name, value) in environment {
            program = program.env(name, value);
        }
        let server = program.start()?;
        for address in [&grpc, &http] {
            wait_until("rotel listens", START, || std::net::TcpStream::connect(address).ok()).await?;
        }
        Ok(Self { server, grpc: format!("http://{grpc}"), http: format!("http://{http}") })
    }

    /// The collector's process id.
    pub const fn pid(&self) -> u32 {
        self.server.pid()
    }

    /// The endpoint for gRPC.
    pub fn grpc_endpoint(&self) -> &str {
        &self.grpc
    }

    /// The endpoint for HTTP, to which a client adds `/v1/traces`.
    pub fn http_endpoint(&self) -> &str {
        &self.http
    }
}

/// An address on loopback that nobody listens on; rotel cannot choose one by itself.
fn free_address() -> Result<String> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string())
}
