//! Carries the trace context across processes: headers, environments, messages and events, invocations of functions, items
//! of DynamoDB and metadata of S3, in the W3C's form and in AWS's (docs/reference/propagation.md).
//!
//! No type here is an SDK's: a carrier comes as text, as a map, or as a function that looks a name up.

mod environment;
mod headers;
mod item;
mod lambda;
mod message;
mod metadata;
pub(crate) mod pair;
mod w3c;
mod xray;

#[cfg(test)]
mod tests;

use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, TraceContextExt};

pub use environment::{VARIABLES, from_environment, to_environment};
pub use headers::from_headers;
pub use item::{from_item, to_item};
pub use lambda::{from_client_context, from_lambda_environment, to_client_context};
pub use message::{from_event, from_message};
pub use metadata::{from_metadata, to_metadata};
pub use w3c::{remote_context, traceparent, tracestate};
pub(crate) use w3c::{traceparent_of, tracestate_of};
pub use xray::{from_xray_header, xray_header};
pub(crate) use xray::{header_value, trace_id as xray_trace_id};

/// Marks a context whose sender left the sampling decision to the receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Undecided;

/// Why a carried trace context is of no use; whoever reads one goes on without it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PropagationError {
    /// Not the shape that the W3C gives.
    #[error("traceparent {0:?} is not of the form 00-TRACE_ID-SPAN_ID-FLAGS in lower-case hexadecimal digits")]
    Traceparent(String),
    /// All zeros.
    #[error("traceparent {0:?} has an id of zeros only")]
    ZeroId(String),
    /// More than the limits of the W3C allow.
    #[error(
        "tracestate of {bytes} bytes and {entries} entries is over the limit of {} bytes and {} entries",
        w3c::MOST_BYTES,
        w3c::MOST_ENTRIES
    )]
    TracestateSize {
        /// Its length.
        bytes: usize,
        /// Its number of entries.
        entries: usize,
    },
    /// An entry that is no `key=value`.
    #[error("tracestate {0:?} is not a list of key=value entries in printable ASCII")]
    Tracestate(String),
    /// Not the shape that AWS gives.
    #[error("trace header {0:?} is not of the form Root=1-TIME-ID;Parent=SPAN_ID;Sampled=0|1")]
    XRay(String),
}

/// A context that holds a span of another process.
fn remote(span: SpanContext) -> Context {
    Context::new().with_remote_span_context(span)
}

/// The start of a text from outside, enough to recognise it by; its control characters are escaped where it is shown.
fn excerpt(text: &str) -> String {
    const SHOWN: usize = 80;
    text.chars().take(SHOWN).collect()
}

/// Reads exactly `digits` lower-case hexadecimal digits; the standard library would take a sign and capitals too.
pub(crate) fn hex(text: &str, digits: usize) -> Option<u128> {
    let plain = text.len() == digits && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    plain.then(|| u128::from_str_radix(text, 16).ok()).flatten()
}
