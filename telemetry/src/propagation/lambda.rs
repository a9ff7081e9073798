//! An invocation of AWS Lambda as a carrier: the client context, and the environment that Lambda gives a function.

use std::collections::{BTreeMap, HashMap};

use aws_smithy_types::base64;
use opentelemetry::Context;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::environment::XRAY;
use super::{PropagationError, from_xray_header, pair};

/// The client context that tells a function who invokes it: base64 of JSON, in whose `custom` the function finds
/// `traceparent` and `tracestate`. `None` without a span. The longest takes 1,492 of the 3,583 bytes that there are.
#[must_use]
pub fn to_client_context(context: &Context) -> Option<String> {
    let custom = pair::write(context);
    (!custom.is_empty()).then(|| base64::encode(serde_json::json!({ "custom": custom }).to_string()))
}

/// The span that invoked a function, as the client context says: in base64, as it is sent, or as JSON, as Lambda's runtime
/// interface hands it out. One that is malformed is left out with a warning.
#[must_use]
pub fn from_client_context(client_context: &str) -> Option<Context> {
    pair::or_warn("a client context", read(client_context))
}

/// The span that invoked a function, as Lambda says in `_X_AMZN_TRACE_ID`. Other variables of a function say nothing about
/// an invocation: they were set when it was deployed.
#[must_use]
pub fn from_lambda_environment(variables: &BTreeMap<String, String>) -> Option<Context> {
    let header = variables.get(XRAY).filter(|header| !header.is_empty());
    pair::or_warn("a function's environment", header.map(|header| from_xray_header(header)).transpose())
}

/// A client context, of which only this is ours.
#[derive(Deserialize)]
struct ClientContext<'a> {
    #[serde(borrow)]
    custom: Option<&'a RawValue>,
}

fn read(text: &str) -> Result<Option<Context>, PropagationError> {
    let decoded = if text.trim_start().starts_with('{') { Some(text.to_owned()) } else { decode(text) };
    let custom = |json: &str| {
        let custom = serde_json::from_str::<ClientContext<'_>>(json).ok()?.custom?;
        serde_json::from_str::<HashMap<String, serde_json::Value>>(custom.get()).ok()
    };
    let custom = decoded.as_deref().and_then(custom).unwrap_or_default();
    pair::read(|name| custom.get(name)?.as_str())
}

fn decode(text: &str) -> Option<String> {
    String::from_utf8(base64::decode(text).ok()?).ok()
}
