//! Invocations of functions: what the handler of a function is handed.

use super::{STATE, caller, carried, desk};
use crate::operations::FUNCTION;
use crate::world::{self, aws};
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::InvocationType;
use aws_smithy_types::base64;
use opentelemetry::context::FutureExt;
use serde_json::{Value, json};
use spawn_telemetry::propagation;

/// What Lambda's interface for runtimes makes of the client context before a handler gets it, as Python does it; the
/// emulator hands no client context to its handlers.
async fn handed_out(client_context: &str) -> Value {
    aws()
        .await
        .boto3(&format!("import base64\njson.loads(base64.b64decode('{client_context}', validate=True))"))
        .await
        .unwrap()
}

fn payload() -> Blob {
    Blob::new(br#"{"x": 1.5}"#.to_vec())
}

#[tokio::test]
async fn a_function_is_told_who_invokes_it_beside_what_the_caller_says() {
    let desk = desk().await;
    world::queue_url().await; // The function is made with the queue.
    let callers = base64::encode(r#"{"client": {"a": "b"}, "custom": {"color": "blue"}}"#);
    let call = desk.clients.lambda().invoke().function_name(FUNCTION).payload(payload());
    let answer = call.client_context(callers).send().with_context(caller()).await.unwrap();
    assert_eq!(answer.payload.unwrap().as_ref(), br#"{"ok": true}"#);
    let (traceparent, _) = carried(&desk.spans.take_one().span_context);
    let sent = desk.proxy.requests().pop().unwrap();
    let context = sent.header("x-amz-client-context").unwrap();
    let custom = json!({ "color": "blue", "traceparent": traceparent, "tracestate": STATE });
    assert_eq!(handed_out(context).await, json!({ "client": { "a": "b" }, "custom": custom }));
    assert_eq!(sent.text(), r#"{"x": 1.5}"#);
    let read = propagation::from_client_context(context).unwrap();
    assert_eq!(propagation::traceparent(&read), Some(traceparent));
}

#[tokio::test]
async fn an_invocation_that_nobody_waits_for_has_the_header_alone() {
    let desk = desk().await;
    world::queue_url().await; // The function is made with the queue.
    let call = desk.clients.lambda().invoke().function_name(FUNCTION).payload(payload());
    call.invocation_type(InvocationType::Event).send().with_context(caller()).await.unwrap();
    let (_, header) = carried(&desk.spans.take_one().span_context);
    let sent = desk.proxy.requests().pop().unwrap();
    assert_eq!((sent.header("x-amz-client-context"), sent.header("x-amzn-trace-id")), (None, Some(header.as_str())));
}
