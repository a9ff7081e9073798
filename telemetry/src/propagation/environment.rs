//! The environment as a carrier: how a context reaches a child process, and how ours reached us.
//!
//! Names and values are those of OpenTelemetry's specification "Environment Variables as Context Propagation Carriers".
//! Baggage is none of our business: `BAGGAGE` is inherited as every other variable is.

use std::collections::BTreeMap;

use opentelemetry::Context;

use super::{from_xray_header, pair, remote_context, traceparent, tracestate, xray_header};

/// OpenTelemetry's names for the W3C's headers in an environment.
const TRACEPARENT: &str = "TRACEPARENT";
const TRACESTATE: &str = "TRACESTATE";
/// The name that AWS Lambda and AWS's own tools read.
pub(super) const XRAY: &str = "_X_AMZN_TRACE_ID";

/// All the variables in which a context travels. Whoever hands on a context removes those that it does not set: a child
/// must not find one process's `TRACEPARENT` beside another's `TRACESTATE`.
pub const VARIABLES: [&str; 3] = [TRACEPARENT, TRACESTATE, XRAY];

/// The variables that hand the current span of `context` to a child process; empty without one.
#[must_use]
pub fn to_environment(context: &Context) -> BTreeMap<&'static str, String> {
    let variables =
        [(TRACEPARENT, traceparent(context)), (TRACESTATE, tracestate(context)), (XRAY, xray_header(context))];
    variables.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

/// The context that whoever started this process left in its environment; one that is malformed is left out with a
/// warning. The W3C's form comes before AWS's, which cannot carry everything.
#[must_use]
pub fn from_environment(variables: &BTreeMap<String, String>) -> Option<Context> {
    let variable = |name: &str| variables.get(name).map(String::as_str).filter(|value| !value.is_empty());
    let w3c = variable(TRACEPARENT).map(|traceparent| remote_context(traceparent, variable(TRACESTATE))).transpose();
    let xray = || variable(XRAY).map(from_xray_header).transpose();
    pair::or_warn("the environment", w3c).or_else(|| pair::or_warn("the environment", xray()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACEPARENT_VALUE: &str = "00-58406520a006649127e371903a2de979-53995c3f42cd8ad8-01";
    const XRAY_VALUE: &str = "Root=1-58406520-a006649127e371903a2de979;Parent=53995c3f42cd8ad8;Sampled=1";

    fn variables(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_child_process_gets_the_context_in_both_forms() {
        let context = remote_context(TRACEPARENT_VALUE, Some("vendor=1")).unwrap();
        let expected = [(TRACEPARENT, TRACEPARENT_VALUE), (TRACESTATE, "vendor=1"), (XRAY, XRAY_VALUE)];
        let expected: BTreeMap<_, _> = expected.map(|(name, value)| (name, value.to_owned())).into();
        assert_eq!(to_environment(&context), expected);
        assert_eq!(to_environment(&Context::new()), BTreeMap::new());
    }

    #[test]
    fn either_form_is_read() {
        for pairs in [[(TRACEPARENT, TRACEPARENT_VALUE), (XRAY, "nonsense")], [(TRACEPARENT, ""), (XRAY, XRAY_VALUE)]] {
            let context = from_environment(&variables(&pairs)).unwrap();
            assert_eq!(traceparent(&context).as_deref(), Some(TRACEPARENT_VALUE));
        }
    }

    #[test]
    fn an_absent_or_malformed_context_is_none() {
        assert!(from_environment(&BTreeMap::new()).is_none());
        let broken = variables(&[(TRACEPARENT, "00-1-2-3")]);
        assert!(from_environment(&broken).is_none());
        let other = variables(&[(TRACEPARENT, "00-1-2-3"), (XRAY, XRAY_VALUE)]);
        assert_eq!(from_environment(&other).and_then(|it| traceparent(&it)).as_deref(), Some(TRACEPARENT_VALUE));
    }
}
