//! Trace context from elsewhere: `traceparent`, `tracestate`, AWS's header, and the environment of a process.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../telemetry/src/propagation.rs"]
#[expect(dead_code, unused_imports, reason = "the exporter uses the rest")]
mod propagation;

fuzz_target!(|text: &str| {
    let (first, second) = text.split_once('\n').unwrap_or((text, ""));
    if let Ok(context) = propagation::remote_context(first, Some(second)) {
        let again = propagation::traceparent(&context).expect("a context that was read has a span");
        let read = propagation::remote_context(&again, None).expect("what was written is read");
        assert_eq!(propagation::traceparent(&read).as_ref(), Some(&again));
    }
    if let Ok(context) = propagation::from_xray_header(first) {
        let again = propagation::xray_header(&context).expect("a context that was read has a span");
        assert!(propagation::from_xray_header(&again).is_ok(), "{again}");
        assert!(!again.contains(char::is_control));
    }
});
