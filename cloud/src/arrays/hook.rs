//! The Lambda function that is told of an array's end, with the trace context in the header and in the client context.

use super::array::ArrayRecord;
use super::counts::Counts;
use crate::error::{Error, Result};
use aws_sdk_lambda::Client;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::InvocationType;
use aws_smithy_types::timeout::TimeoutConfig;
use opentelemetry::Context;
use serde_json::{Value, json};
use spawn_telemetry::propagation;
use std::time::Duration;

/// A function may run for 15 minutes (AWS Lambda Developer Guide, "Lambda quotas"), and its answer takes its way.
const LONGEST: Duration = Duration::from_secs(15 * 60 + 30);

/// What became of an invocation that Lambda took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HookOutcome {
    /// The function has run and returned.
    Returned,
    /// The function has raised an error; Lambda's words.
    Raised(String),
}

/// Invokes the hook and waits for it: its payload says what became of the array. A function that is asked again, because
/// the answer was lost on its way or the agent died over it, runs again.
///
/// # Errors
/// If Lambda refuses or does not answer.
pub async fn invoke_hook(client: &Client, array: &ArrayRecord, hook: &str, counts: Counts) -> Result<HookOutcome> {
    const CALL: &str = "Lambda Invoke";
    let payload = json!({
        "array_id": array.id.as_str(),
        "name": array.id.name(),
        "size": array.size,
        "succeeded": counts.succeeded,
        "failed": counts.failed,
        "cancelled": counts.cancelled,
        "output": array.output,
    });
    let call = client
        .invoke()
        .function_name(hook)
        .invocation_type(InvocationType::RequestResponse)
        .set_client_context(propagation::to_client_context(&Context::current()))
        .payload(Blob::new(payload.to_string()));
    let patience = TimeoutConfig::builder().operation_timeout(LONGEST).build();
    let call = call.customize().config_override(aws_sdk_lambda::config::Builder::new().timeout_config(patience));
    let answer = call.send().await.map_err(|error| Error::of(CALL, error))?;
    Ok(match answer.function_error {
        None => HookOutcome::Returned,
        Some(kind) => HookOutcome::Raised(said(&kind, answer.payload.as_ref().map(Blob::as_ref).unwrap_or_default())),
    })
}

/// The function's own words, cut: what it returns may be anything.
fn said(kind: &str, payload: &[u8]) -> String {
    const MOST: usize = 300;
    let message = serde_json::from_slice::<Value>(payload).ok().and_then(|payload| {
        payload.get("errorMessage").and_then(Value::as_str).map(|text| text.chars().take(MOST).collect::<String>())
    });
    message.map_or_else(|| kind.to_owned(), |message| format!("{kind}: {message}"))
}
