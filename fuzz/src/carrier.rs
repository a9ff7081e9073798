//! Requests into which the trace is put, whatever a caller sends.

mod attributes;
mod carried;
mod events;
mod form;
mod json;
mod lambda;
mod size;
mod sns;
mod sqs;
mod step_functions;

use crate::propagation::remote_context;
use opentelemetry::trace::{SpanContext, TraceContextExt};

/// What is sent is what the caller sends and additions, as JSON too; a second time nothing is added.
pub fn requests(body: &str) {
    let context = remote_context("00-58406520a006649127e371903a2de979-53995c3f42cd8ad8-01", Some("a=\"\\"));
    let own = context.expect("it is sound").span().span_context().clone();
    for edit in [sqs::message, sqs::batch, events::put, step_functions::start] {
        if let Some(edited) = edited(edit, &own, body) {
            serde_json::from_str::<serde_json::Value>(&edited).expect("what was JSON stays so");
        }
    }
    for edit in [sns::message, sns::batch] {
        if let Some(edited) = edited(edit, &own, body) {
            assert!(edited.starts_with(body), "additions to a form stand behind it");
        }
    }
    edited(|_, body| sqs::receive(body), &own, body);
    let sent = lambda::client_context(&own, Some(&crate::base64::encode(body)));
    if let Some(sent) = sent {
        assert!(sent.len() <= 3_583 && lambda::client_context(&own, Some(&sent)).is_none());
    }
}

fn edited(edit: fn(&SpanContext, &str) -> Option<String>, own: &SpanContext, body: &str) -> Option<String> {
    let edited = edit(own, body)?;
    let mut rest = edited.bytes();
    assert!(body.bytes().all(|byte| rest.any(|sent| sent == byte)), "nothing of {body} is lost in {edited}");
    assert_eq!(edit(own, &edited), None, "{edited}");
    Some(edited)
}
