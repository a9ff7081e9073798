//! `traceparent` and `tracestate` side by side, under the W3C's names: in headers, attributes, items and metadata.

use std::collections::BTreeMap;

use opentelemetry::Context;

use super::{PropagationError, remote_context, traceparent, tracestate};

/// The W3C's header names, which are the names in every carrier that lets its sender choose.
pub(crate) const TRACEPARENT: &str = "traceparent";
pub(crate) const TRACESTATE: &str = "tracestate";

/// The current span of `context` under these names; empty without one. All of it is printable ASCII.
pub(super) fn write(context: &Context) -> BTreeMap<&'static str, String> {
    let entries = [(TRACEPARENT, traceparent(context)), (TRACESTATE, tracestate(context))];
    entries.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

/// The span that these entries name; empty ones count as absent.
pub(super) fn read<'a>(entry: impl Fn(&str) -> Option<&'a str>) -> Result<Option<Context>, PropagationError> {
    let entry = |name| entry(name).filter(|value| !value.is_empty());
    entry(TRACEPARENT).map(|traceparent| remote_context(traceparent, entry(TRACESTATE))).transpose()
}

/// What was read, or nothing: a context that is of no use is left out with a warning.
pub(super) fn or_warn(carrier: &'static str, read: Result<Option<Context>, PropagationError>) -> Option<Context> {
    read.unwrap_or_else(|error| {
        tracing::warn!(%error, "the trace context of {carrier} is of no use and left out");
        None
    })
}
