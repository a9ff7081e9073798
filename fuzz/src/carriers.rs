//! Trace context from elsewhere: `traceparent`, `tracestate` and AWS's header.

use crate::propagation::{from_xray_header, remote_context, traceparent, xray_header};

/// A context that is read is written so that it can be read again.
pub fn carriers(text: &str) {
    let (first, second) = text.split_once('\n').unwrap_or((text, ""));
    if let Ok(context) = remote_context(first, Some(second)) {
        let again = traceparent(&context).expect("a context that was read has a span");
        let read = remote_context(&again, None).expect("what was written is read");
        assert_eq!(traceparent(&read).as_ref(), Some(&again));
    }
    if let Ok(context) = from_xray_header(first) {
        let again = xray_header(&context).expect("a context that was read has a span");
        assert!(from_xray_header(&again).is_ok(), "{again}");
        assert!(!again.contains(char::is_control));
    }
}
