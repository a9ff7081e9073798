//! Metrics as Prometheus reads them: with the parser of its own Python client.

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use tempfile::TempDir;

use crate::aws::python;
use crate::programs::Program;
use crate::python::{Environments, Requirements, script};

/// Every sample of a text in Prometheus' format: name and label as `name{label=value}`, with `type`, `help` and `value`.
///
/// # Errors
/// When Prometheus cannot read it.
pub async fn samples(text: &str) -> Result<Value> {
    let folder = TempDir::new()?;
    let file = folder.path().join("metrics.txt");
    std::fs::write(&file, text)?;
    let program = Program::new(python(Environments::of_this_build(), Requirements::Prometheus).await?);
    let output = program.arg(script("prometheus_samples.py")).arg(file).run().await?;
    ensure!(output.status == 0, "Prometheus cannot read it: {}", output.stderr);
    serde_json::from_str(&output.stdout).context("read the samples")
}
