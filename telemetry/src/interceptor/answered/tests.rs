//! What is read from answers, and what is left unread.

use aws_smithy_types::body::SdkBody;
use opentelemetry::KeyValue;

use super::*;

fn described(service: &str, operation: &str, headers: &[(&'static str, &'static str)], body: &str) -> Vec<KeyValue> {
    let mut response = HttpResponse::new(200.try_into().unwrap(), SdkBody::from(body));
    for (name, value) in headers {
        response.headers_mut().insert(*name, *value);
    }
    let mut attributes = Attributes::default();
    describe(of(service, operation), &response, &mut attributes);
    attributes.into_vec()
}

#[test]
fn a_message_is_named_as_the_service_named_it() {
    let id = [KeyValue::new("messaging.message.id", "1-2-3")];
    assert_eq!(described("SQS", "SendMessage", &[], r#"{"MD5OfMessageBody":"x","MessageId":"1-2-3"}"#), id);
    let xml = "<PublishResponse><PublishResult><MessageId>1-2-3</MessageId></PublishResult></PublishResponse>";
    assert_eq!(described("SNS", "Publish", &[], xml), id);
}

#[test]
fn a_function_that_failed_and_records_that_were_refused_are_told_though_the_call_succeeded() {
    let headers = [("x-amz-function-error", "Unhandled"), ("x-amz-executed-version", "7")];
    let expected =
        [KeyValue::new("aws.lambda.function_error", "Unhandled"), KeyValue::new("aws.lambda.executed_version", "7")];
    assert_eq!(described("Lambda", "Invoke", &headers, "{}"), expected);
    let body = r#"{"FailedRecordCount":1,"Records":[{"SequenceNumber":"1"},{"ErrorCode":"InternalFailure"}]}"#;
    let expected = [KeyValue::new("aws.kinesis.record_count", 2), KeyValue::new("aws.kinesis.failed_count", 1)];
    assert_eq!(described("Kinesis", "PutRecords", &[], body), expected);
    assert_eq!(
        described("EventBridge", "PutEvents", &[], r#"{"FailedEntryCount":2,"Entries":[]}"#),
        [KeyValue::new("aws.eventbridge.failed_count", 2)]
    );
}

#[test]
fn a_secret_that_was_asked_for_by_name_is_told_by_its_arn_and_nothing_more() {
    let body = r#"{"ARN":"arn:aws:secretsmanager:us-east-1:123456789012:secret:db-AbCdEf","SecretString":"pass"}"#;
    let expected = [KeyValue::new(
        "aws.secretsmanager.secret.arn",
        "arn:aws:secretsmanager:us-east-1:123456789012:secret:db-AbCdEf",
    )];
    assert_eq!(described("Secrets Manager", "GetSecretValue", &[], body), expected);
}

#[test]
fn a_body_that_is_large_or_another_says_nothing() {
    let large = format!(r#"{{"ARN":"arn:aws:x","SecretString":"{}"}}"#, "x".repeat(LARGEST_BODY));
    for body in ["", "{", "<html>", "null", &large] {
        assert_eq!(described("Secrets Manager", "GetSecretValue", &[], body), [], "{}", body.len());
    }
}
