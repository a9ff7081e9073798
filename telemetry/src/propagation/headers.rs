//! The headers of an HTTP request as a carrier.

use opentelemetry::Context;

use super::pair::{TRACEPARENT, TRACESTATE};
use super::{PropagationError, excerpt, from_xray_header, pair, remote_context};

/// AWS's own, which load balancers and API Gateway add.
const XRAY: &str = "x-amzn-trace-id";

/// The span that made a request, as its headers say; names count in any case. The W3C's form comes before AWS's. What is
/// malformed is left out with a warning, as is a `traceparent` that is there twice; several `tracestate` are one list.
#[must_use]
pub fn from_headers<'a>(headers: impl IntoIterator<Item = (&'a str, &'a str)>) -> Option<Context> {
    let (mut traceparents, mut states, mut xray) = (Vec::new(), Vec::new(), None);
    for (name, value) in headers {
        match name {
            name if name.eq_ignore_ascii_case(TRACEPARENT) => traceparents.push(value),
            name if name.eq_ignore_ascii_case(TRACESTATE) => states.push(value),
            name if name.eq_ignore_ascii_case(XRAY) => xray = Some(value),
            _ => {}
        }
    }
    let w3c = pair::or_warn("a request", read(&traceparents, &states));
    w3c.or_else(|| pair::or_warn("a request", xray.map(from_xray_header).transpose()))
}

fn read(traceparents: &[&str], states: &[&str]) -> Result<Option<Context>, PropagationError> {
    let state = (!states.is_empty()).then(|| states.join(","));
    match traceparents {
        [] => Ok(None),
        [one] => remote_context(one, state.as_deref()).map(Some),
        several => Err(PropagationError::Traceparent(excerpt(&several.join(",")))),
    }
}
