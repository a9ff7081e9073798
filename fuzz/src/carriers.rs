//! Trace context from elsewhere: `traceparent`, `tracestate` and AWS's header, in each of their carriers.

use crate::propagation::{
    from_environment, from_metadata, from_xray_header, remote_context, to_environment, to_metadata, traceparent,
    tracestate, xray_header,
};
use std::collections::{BTreeMap, HashMap};

/// A context that is read is written so that it can be read again, by every reader alike, and is safe to carry.
pub fn carriers(text: &str) {
    let (first, second) = text.split_once('\n').unwrap_or((text, ""));
    let read = remote_context(first, Some(second)).ok();
    if let Some(context) = &read {
        let again = traceparent(context).expect("a context that was read has a span");
        let read = remote_context(&again, None).expect("what was written is read");
        assert_eq!(traceparent(&read).as_ref(), Some(&again));
        let carried = to_environment(context).into_values().chain(to_metadata(context).into_values());
        for value in carried {
            assert!(value.bytes().all(|byte| matches!(byte, b' '..=b'~')), "{value:?}");
        }
    }
    let pairs = [("traceparent", first), ("tracestate", second)];
    let pairs = || pairs.into_iter().map(|(name, value)| (name, value.to_owned()));
    let metadata: HashMap<String, String> = pairs().map(|(name, value)| (name.to_owned(), value)).collect();
    let variables: BTreeMap<String, String> = pairs().map(|(name, value)| (name.to_uppercase(), value)).collect();
    for carried in [from_metadata(&metadata), from_environment(&variables)] {
        let said = |context: &opentelemetry::Context| (traceparent(context), tracestate(context));
        assert_eq!(carried.as_ref().map(said), read.as_ref().map(said));
    }
    if let Ok(context) = from_xray_header(first) {
        let again = xray_header(&context).expect("a context that was read has a span");
        assert!(from_xray_header(&again).is_ok(), "{again}");
        assert!(!again.contains(char::is_control));
    }
}
