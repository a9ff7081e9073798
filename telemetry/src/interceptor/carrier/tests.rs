//! What leaves with requests, and that nothing of the caller's is touched, whatever it is.

mod forms;
mod invocations;
mod messages;
mod receiving;
mod reference;

use opentelemetry::trace::{SpanContext, TraceContextExt};
use serde_json::{Value, json};

use super::*;
use crate::propagation::remote_context;

const TRACEPARENT: &str = "00-58406520a006649127e371903a2de979-53995c3f42cd8ad8-01";
const HEADER: &str = "Root=1-58406520-a006649127e371903a2de979;Parent=53995c3f42cd8ad8;Sampled=1";

/// The span of the call, with this `tracestate`.
fn own(state: Option<&str>) -> SpanContext {
    remote_context(TRACEPARENT, state).unwrap().span().span_context().clone()
}

/// A request as the SDK serializes it.
fn request(body: &str, headers: &[(&'static str, String)]) -> HttpRequest {
    let mut request = HttpRequest::new(SdkBody::from(body));
    request.headers_mut().insert(CONTENT_LENGTH, body.len().to_string());
    for (name, value) in headers {
        request.headers_mut().insert(*name, value.clone());
    }
    request
}

/// The body that leaves; its length is what the headers say.
fn sent(request: &HttpRequest) -> String {
    let body = std::str::from_utf8(request.body().bytes().unwrap()).unwrap().to_owned();
    assert_eq!(request.headers().get(CONTENT_LENGTH), Some(body.len().to_string().as_str()));
    body
}

fn put(carrier: Carrier, own: Option<&SpanContext>, body: &str) -> String {
    let mut request = request(body, &[]);
    carrier.put(own, &mut request);
    sent(&request)
}

fn text(value: &str) -> Value {
    json!({ "StringValue": value, "DataType": "String" })
}

#[test]
fn each_carrier_is_found_by_the_names_of_its_call() {
    for (service, operation, carrier) in [
        ("SQS", "SendMessage", Carrier::SqsMessage),
        ("SQS", "SendMessageBatch", Carrier::SqsBatch),
        ("SQS", "ReceiveMessage", Carrier::SqsReceive),
        ("SNS", "Publish", Carrier::SnsMessage),
        ("SNS", "PublishBatch", Carrier::SnsBatch),
        ("Lambda", "Invoke", Carrier::Invocation),
        ("Lambda", "InvokeWithResponseStream", Carrier::Invocation),
        ("EventBridge", "PutEvents", Carrier::Events),
        ("SFN", "StartExecution", Carrier::Execution),
        ("SFN", "StartSyncExecution", Carrier::Execution),
    ] {
        assert_eq!(Carrier::of(service, operation), Some(carrier), "{service} {operation}");
    }
    for (service, operation) in [("SQS", "DeleteMessage"), ("Kinesis", "PutRecord"), ("S3", "PutObject"), ("", "")] {
        assert_eq!(Carrier::of(service, operation), None, "{service} {operation}");
    }
}

#[test]
fn events_without_a_header_get_one_and_those_with_one_keep_it() {
    let body =
        r#"{"Entries":[{"Source":"a","Detail":"{\"x\": 1}"}, {"TraceHeader":"Root=mine"}, {}, 7],"EndpointId":"e"}"#;
    let expected = format!(
        r#"{{"Entries":[{{"Source":"a","Detail":"{{\"x\": 1}}","TraceHeader":"{HEADER}"}}, {{"TraceHeader":"Root=mine"}}, {{"TraceHeader":"{HEADER}"}}, 7],"EndpointId":"e"}}"#
    );
    assert_eq!(put(Carrier::Events, Some(&own(None)), body), expected);
}

#[test]
fn an_execution_without_a_header_gets_one_and_one_with_a_header_keeps_it() {
    let expected = format!(r#"{{"stateMachineArn":"arn","input":"{{}}","traceHeader":"{HEADER}"}}"#);
    assert_eq!(put(Carrier::Execution, Some(&own(None)), r#"{"stateMachineArn":"arn","input":"{}"}"#), expected);
    assert_eq!(put(Carrier::Execution, Some(&own(None)), &expected), expected);
}

#[test]
fn nothing_is_said_while_the_decision_is_open() {
    for carrier in [Carrier::SqsMessage, Carrier::SqsBatch, Carrier::Events, Carrier::Execution, Carrier::SnsMessage] {
        assert_eq!(put(carrier, None, r#"{"Entries":[{}]}"#), r#"{"Entries":[{}]}"#);
    }
}

#[test]
fn a_request_of_another_shape_is_left_alone() {
    let all = [
        Carrier::SqsMessage,
        Carrier::SqsBatch,
        Carrier::SqsReceive,
        Carrier::SnsMessage,
        Carrier::SnsBatch,
        Carrier::Events,
        Carrier::Execution,
    ];
    let odd = [
        "",
        "nonsense",
        "[]",
        "7",
        "null",
        r#"{"Entries":7,"Entries":8}"#,
        r#"{"traceHeader":null,"MessageAttributes":null,"MessageAttributeNames":7,"Entries":{}}"#,
        r#"{"Entries":[7,{"MessageAttributes":[],"TraceHeader":1}],"MessageAttributes":"x","traceHeader":1,"AttributeNames":[7]}"#,
        "PublishBatchRequestEntries.member.x.Message=a",
        "MessageAttributes.entry.99999999999.Name=a",
        "PhoneNumber=%2B49",
    ];
    for (carrier, body) in all.iter().flat_map(|carrier| odd.map(|body| (*carrier, body))) {
        let is_of_another_service = matches!(carrier, Carrier::SnsMessage | Carrier::SnsBatch) != body.contains('=');
        if !is_of_another_service {
            assert_eq!(put(carrier, Some(&own(None)), body), body, "{carrier:?}");
        }
    }
}

#[test]
fn a_body_that_streams_or_is_no_text_is_left_alone() {
    let mut request = HttpRequest::new(SdkBody::from(&b"\xff"[..]));
    Carrier::SqsMessage.put(Some(&own(None)), &mut request);
    assert_eq!(request.body().bytes(), Some(&b"\xff"[..]));
    assert_eq!(request.headers().get(CONTENT_LENGTH), None);
}
