//! Trace context from elsewhere: `traceparent`, `tracestate` and AWS's header, in each of their carriers.

use crate::propagation::{
    from_client_context, from_environment, from_event, from_headers, from_item, from_lambda_environment, from_message,
    from_metadata, from_xray_header, remote_context, to_client_context, to_environment, to_item, to_metadata,
    traceparent, tracestate, xray_header,
};
use opentelemetry::Context;
use std::collections::{BTreeMap, HashMap};

/// A context that is read is written so that it can be read again, by every reader alike, and is safe to carry.
pub fn carriers(text: &str) {
    let (first, second) = text.split_once('\n').unwrap_or((text, ""));
    let read = remote_context(first, Some(second)).ok();
    if let Some(context) = &read {
        let again = traceparent(context).expect("a context that was read has a span");
        let read = remote_context(&again, None).expect("what was written is read");
        assert_eq!(traceparent(&read).as_ref(), Some(&again));
        is_safe(context);
    }
    let pairs = [("traceparent", first), ("tracestate", second)];
    let lookup = |name: &str| pairs.iter().find(|(own, _)| *own == name).map(|(_, value)| *value);
    let owned = || pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
    let metadata: HashMap<String, String> = owned().collect();
    let variables: BTreeMap<String, String> = owned().map(|(name, value)| (name.to_uppercase(), value)).collect();
    let detail = serde_json::json!({ "traceparent": first, "tracestate": second });
    for carried in [
        from_metadata(&metadata),
        from_environment(&variables),
        from_item(lookup),
        from_headers(pairs),
        from_message(lookup, None, ""),
        from_event(&serde_json::json!({ "detail": detail }).to_string()),
        from_client_context(&serde_json::json!({ "custom": detail }).to_string()),
    ] {
        assert_eq!(carried.as_ref().map(said), read.as_ref().map(said));
    }
}

/// AWS's header, in each of its carriers.
pub fn headers(text: &str) {
    let read = from_xray_header(text).ok();
    if let Some(context) = &read {
        let again = xray_header(context).expect("a context that was read has a span");
        assert!(from_xray_header(&again).is_ok(), "{again}");
        assert!(!again.contains(char::is_control));
    }
    let variables = BTreeMap::from([("_X_AMZN_TRACE_ID".to_owned(), text.to_owned())]);
    for carried in [
        from_environment(&variables),
        from_lambda_environment(&variables),
        from_headers([("x-amzn-trace-id", text)]),
        from_message(|_| None, Some(text), ""),
    ] {
        assert_eq!(carried.as_ref().map(said), read.as_ref().map(said));
    }
    // A header for each line, with a name before the colon.
    let several = text.lines().filter_map(|line| line.split_once(':'));
    if let Some(context) = from_headers(several) {
        is_safe(&context);
    }
}

/// Bodies of messages: what SNS and EventBridge may have made, or a program's own.
pub fn messages(text: &str) {
    for context in [from_message(|_| None, None, text), from_event(text)].into_iter().flatten() {
        is_safe(&context);
    }
}

/// Client contexts, in base64 and as JSON.
pub fn documents(text: &str) {
    for context in [from_client_context(text), from_client_context(&crate::base64::encode(text))].into_iter().flatten()
    {
        is_safe(&context);
    }
}

fn said(context: &Context) -> (Option<String>, Option<String>) {
    (traceparent(context), tracestate(context))
}

fn is_safe(context: &Context) {
    let carried = to_environment(context).into_values().chain(to_metadata(context).into_values());
    for value in carried.chain(to_item(context).into_values()).chain(to_client_context(context)) {
        assert!(value.bytes().all(|byte| matches!(byte, b' '..=b'~')), "{value:?}");
    }
}
