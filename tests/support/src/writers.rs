//! Traces that programs of others write: OpenTelemetry's Python SDK, and AWS' own X-Ray SDK for Python.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::aws::python;
use crate::programs::Program;
use crate::python::{Environments, Requirements, script};

/// A shop that OpenTelemetry's Python SDK traces: exports over OTLP/HTTP to `endpoint`, writes the same as protobuf to `file`, and
/// answers `{"trace_id", "linked_trace_id"}`.
///
/// # Errors
/// When the SDK cannot be installed, or fails.
pub async fn sdk_shop(endpoint: &str, file: &Path) -> Result<Value> {
    let program = Program::new(python(Environments::of_this_build(), Requirements::Sdk).await?);
    let program = program.arg(script("sdk_shop.py")).arg(file).env("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint);
    serde_json::from_str(&said(program).await?).context("read the ids")
}

/// The documents of a shop that AWS' X-Ray SDK for Python traces, one a line, as its daemon gets them.
///
/// # Errors
/// When the SDK cannot be installed, or fails.
pub async fn xray_sdk_shop() -> Result<String> {
    let program = Program::new(python(Environments::of_this_build(), Requirements::Moto).await?);
    said(program.arg(script("xray_sdk_shop.py"))).await
}

async fn said(program: Program) -> Result<String> {
    let output = program.run().await?;
    ensure!(output.status == 0, "{}", output.stderr);
    Ok(output.stdout)
}
