//! What is read from requests as they are sent.

use aws_smithy_types::body::SdkBody;
use opentelemetry::KeyValue;

use super::*;

/// One request of each operation that is looked through, full of what must not be told.
pub(in crate::interceptor) const SAMPLES: [(&str, &str, &str); 12] = [
    ("Lambda", "Invoke", r#"{"secret":"payload"}"#),
    ("EventBridge", "PutEvents", r#"{"Entries":[{"Detail":"payload","EventBusName":"jobs"},{"EventBusName":"jobs"}]}"#),
    (
        "SNS",
        "PublishBatch",
        "Action=PublishBatch&TopicArn=arn&PublishBatchRequestEntries.member.1.Id=a\
         &PublishBatchRequestEntries.member.1.Message=payload%26PublishBatchRequestEntries.member.9.Id%3D9\
         &PublishBatchRequestEntries.member.2.Id=b&PublishBatchRequestEntries.member.2.Message=payload.Id%3D",
    ),
    ("SSM", "GetParameter", r#"{"Name":"/jobs/size"}"#),
    ("SSM", "GetParameters", r#"{"Names":["/jobs/size","/jobs/name"],"WithDecryption":false}"#),
    ("SSM", "GetParameterHistory", r#"{"Name":"/jobs/size"}"#),
    ("SSM", "PutParameter", r#"{"Name":"/jobs/size","Type":"String","Value":"payload"}"#),
    ("SSM", "DeleteParameter", r#"{"Name":"/jobs/size"}"#),
    ("SSM", "DeleteParameters", r#"{"Names":["/jobs/size"]}"#),
    ("CloudWatch Logs", "StartQuery", r#"{"logGroupNames":["a"],"queryString":"payload"}"#),
    (
        "CloudWatch Logs",
        "FilterLogEvents",
        r#"{"logGroupName":"a","logStreamNames":["one","two"],"filterPattern":"payload"}"#,
    ),
    (
        "CloudWatch Logs",
        "StartLiveTail",
        r#"{"logGroupIdentifiers":["arn:aws:logs:us-east-1:123456789012:log-group:a"],"logStreamNames":["one"]}"#,
    ),
];

pub(in crate::interceptor) fn described(service: &str, operation: &str, body: &str) -> Vec<KeyValue> {
    let mut attributes = Attributes::default();
    describe(of(service, operation).unwrap(), &HttpRequest::new(SdkBody::from(body)), &mut attributes);
    attributes.into_vec()
}

fn list(key: &'static str, values: &[&'static str]) -> KeyValue {
    KeyValue::new(key, Value::Array(Array::String(values.iter().map(|&value| value.into()).collect())))
}

#[test]
fn requests_say_what_the_sdk_does_not_capture_and_no_payload() {
    let size = || vec![list("aws.ssm.parameter_names", &["/jobs/size"])];
    let expected = [
        vec![KeyValue::new("aws.lambda.invocation_type", "RequestResponse")],
        vec![
            KeyValue::new("messaging.batch.message_count", 2),
            KeyValue::new("aws.eventbridge.bus_name", "jobs"),
            KeyValue::new("messaging.destination.name", "jobs"),
        ],
        vec![KeyValue::new("messaging.batch.message_count", 2)],
        size(),
        vec![list("aws.ssm.parameter_names", &["/jobs/size", "/jobs/name"])],
        size(),
        size(),
        size(),
        size(),
        vec![list("aws.log.group.names", &["a"])],
        vec![list("aws.log.stream.names", &["one", "two"])],
        vec![
            list("aws.log.group.arns", &["arn:aws:logs:us-east-1:123456789012:log-group:a"]),
            list("aws.log.stream.names", &["one"]),
        ],
    ];
    for ((service, operation, body), expected) in SAMPLES.into_iter().zip(expected) {
        assert_eq!(described(service, operation, body), expected, "{service} {operation}");
    }
}

#[test]
fn secret_parameters_have_no_name() {
    assert_eq!(described("SSM", "GetParameter", r#"{"Name":"/db/pass","WithDecryption":true}"#), []);
    assert_eq!(described("SSM", "PutParameter", r#"{"Name":"/db/pass","Type":"SecureString","Value":"x"}"#), []);
}

#[test]
fn events_that_name_no_bus_go_to_the_default_and_those_of_several_have_no_one_destination() {
    let body = r#"{"Entries":[{"EventBusName":"arn:aws:events:us-east-1:123456789012:event-bus/default"},{}]}"#;
    let expected = [
        KeyValue::new("messaging.batch.message_count", 2),
        KeyValue::new("aws.eventbridge.bus_name", "default"),
        KeyValue::new("messaging.destination.name", "default"),
    ];
    assert_eq!(described("EventBridge", "PutEvents", body), expected);
    let body = r#"{"Entries":[{"EventBusName":"jobs"},{}]}"#;
    assert_eq!(described("EventBridge", "PutEvents", body), expected[..1]);
}

#[test]
fn a_function_is_invoked_as_the_header_says() {
    let mut request = HttpRequest::new(SdkBody::from("{}"));
    request.headers_mut().insert("x-amz-invocation-type", "Event");
    let mut attributes = Attributes::default();
    describe(Sent::InvocationType, &request, &mut attributes);
    assert_eq!(attributes.into_vec(), [KeyValue::new("aws.lambda.invocation_type", "Event")]);
}

#[test]
fn a_body_that_is_large_or_another_says_nothing() {
    let large = format!(r#"{{"Name":"/jobs/size","Value":"{}"}}"#, "x".repeat(LARGEST_BODY));
    for body in ["", "{", "[]", r#"{"Name":7}"#, r#"{"Names":"/jobs/size"}"#, &large] {
        assert_eq!(described("SSM", "GetParameter", body), [], "{}", body.len());
    }
    assert_eq!(described("EventBridge", "PutEvents", r#"{"Entries":{}}"#), []);
    assert_eq!(described("SNS", "PublishBatch", "no form"), [KeyValue::new("messaging.batch.message_count", 0)]);
}
