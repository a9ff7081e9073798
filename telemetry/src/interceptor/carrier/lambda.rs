//! AWS Lambda: `custom.traceparent` and `custom.tracestate` of the client context, which a function finds in
//! `context.client_context`.

use aws_smithy_types::base64;
use opentelemetry::trace::SpanContext;

use super::carried::{Carried, TRACEPARENT, TRACESTATE};
use super::json::{Insertions, Object, quoted};

/// Most bytes of a client context in base64 (AWS Lambda API Reference, "Invoke").
pub(super) const MOST_BYTES: usize = 3_583;

/// The client context with our own in it, as far as there is room; `None` if it stays as it is.
pub(super) fn client_context(own: &SpanContext, callers: Option<&str>) -> Option<String> {
    let before = match callers {
        Some(callers) => String::from_utf8(base64::decode(callers).ok()?).ok()?,
        None => "{}".to_owned(),
    };
    let own = Carried::of(own)?;
    let whole = base64::encode(merged(&before, &own.traceparent, own.tracestate.as_deref())?);
    if whole.len() <= MOST_BYTES {
        return Some(whole);
    }
    tracing::debug!(bytes = whole.len(), "a client context has no room for the whole trace context");
    let short = base64::encode(merged(&before, &own.traceparent, None)?);
    (short.len() <= MOST_BYTES).then_some(short)
}

fn merged(before: &str, traceparent: &str, tracestate: Option<&str>) -> Option<String> {
    let context = Object::read(before)?;
    let custom = context.object("custom").ok()?;
    let is_set = |name| custom.as_ref().is_some_and(|custom| custom.member(name).is_some());
    if is_set(TRACEPARENT) || is_set(TRACESTATE) {
        return None;
    }
    let pairs = [Some((TRACEPARENT, traceparent)), tracestate.map(|state| (TRACESTATE, state))];
    let new: Vec<_> =
        pairs.into_iter().flatten().map(|(name, value)| format!("\"{name}\":{}", quoted(value))).collect();
    let mut insertions = Insertions::into(before);
    match &custom {
        Some(custom) => insertions.members(custom, &new),
        None => insertions.members(&context, &[format!("\"custom\":{{{}}}", new.join(","))]),
    }
    insertions.apply()
}
