//! Invocations of functions: what a handler of Lambda finds in its client context.

use super::{STATE, caller, carried, desk};
use crate::world::aws;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::InvocationType;
use aws_smithy_types::base64;
use opentelemetry::context::FutureExt;
use serde_json::{Value, json};
use spawn_telemetry::propagation;

const CODE: &str = r#"
import io, zipfile
handler = """
def handler(event, context):
    given = context.client_context
    return {"custom": given.custom if given else None, "event": event}
"""
code = io.BytesIO()
with zipfile.ZipFile(code, 'w') as archive: archive.writestr('index.py', handler)
boto3.client('lambda').create_function(FunctionName='carriers-NUMBER', Runtime='python3.11', Role='arn:aws:iam::123456789012:role/none', Handler='index.handler', Code={'ZipFile': code.getvalue()})['FunctionName']
"#;

/// A function that returns its event and what it was told beside it.
async fn function() -> String {
    let code = CODE.replace("NUMBER", &fastrand::u32(..).to_string());
    aws().await.boto3(&code).await.unwrap().as_str().unwrap().to_owned()
}

fn payload() -> Blob {
    Blob::new(br#"{"x": 1.5}"#.to_vec())
}

fn returned(payload: Option<Blob>) -> Value {
    serde_json::from_slice(payload.unwrap().as_ref()).unwrap()
}

#[tokio::test]
async fn a_handler_finds_who_invokes_it_beside_what_the_caller_says() {
    let (desk, function) = (desk().await, function().await);
    let callers = base64::encode(r#"{"client": {"a": "b"}, "custom": {"color": "blue"}}"#);
    let call = desk.clients.lambda().invoke().function_name(&function).payload(payload());
    let answer = call.client_context(callers).send().with_context(caller()).await.unwrap();
    let (traceparent, _) = carried(&desk.spans.take_one().span_context);
    let custom = json!({ "color": "blue", "traceparent": traceparent, "tracestate": STATE });
    assert_eq!(returned(answer.payload), json!({ "custom": custom, "event": { "x": 1.5 } }));
    let sent = desk.proxy.requests().pop().unwrap();
    let read = propagation::from_client_context(sent.header("x-amz-client-context").unwrap()).unwrap();
    assert_eq!(propagation::traceparent(&read), Some(traceparent));
}

#[tokio::test]
async fn an_invocation_that_nobody_waits_for_has_the_header_alone() {
    let (desk, function) = (desk().await, function().await);
    let call = desk.clients.lambda().invoke().function_name(&function).payload(payload());
    call.invocation_type(InvocationType::Event).send().with_context(caller()).await.unwrap();
    let (_, header) = carried(&desk.spans.take_one().span_context);
    let sent = desk.proxy.requests().pop().unwrap();
    assert_eq!((sent.header("x-amz-client-context"), sent.header("x-amzn-trace-id")), (None, Some(header.as_str())));
}
