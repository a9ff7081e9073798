//! Which members of requests become which attributes.

use aws_smithy_types::config_bag::Layer;
use opentelemetry::KeyValue;

use super::super::kind::CallKinds;
use super::*;

fn described(service: &str, operation: &str, members: &[(&str, &str)]) -> Vec<KeyValue> {
    let mut captured = CapturedTelemetryAttributes::new();
    for (name, value) in members {
        captured.insert(name, value);
    }
    let mut attributes = Attributes::default();
    describe(&captured, &CallKinds::default().of(service, operation, "eu-west-1", &[]), &mut attributes);
    attributes.into_vec()
}

fn list(value: &'static str) -> Value {
    Value::Array(Array::String(vec![value.into()]))
}

fn asked_for(signing_name: &'static str) -> Option<RequestedTelemetryAttributes> {
    let mut layer = Layer::new("client");
    layer.store_put(SigningName::from_static(signing_name));
    Requests::new().of(&ConfigBag::of_layers(vec![layer]))
}

#[test]
fn a_table_is_named_as_databases_and_as_aws_name_it() {
    let expected =
        [KeyValue::new("aws.dynamodb.table_names", list("jobs")), KeyValue::new("db.collection.name", "jobs")];
    assert_eq!(described("DynamoDB", "GetItem", &[("TableName", "jobs")]), expected);
    let arn = "arn:aws:dynamodb:us-east-1:123456789012:table/jobs";
    assert_eq!(described("DynamoDB", "GetItem", &[("TableName", arn)]), expected);
}

#[test]
fn a_queue_is_named_by_the_end_of_its_url() {
    let url = "https://sqs.eu-west-1.amazonaws.com/123456789012/jobs";
    let expected = [KeyValue::new("aws.sqs.queue.url", url), KeyValue::new("messaging.destination.name", "jobs")];
    assert_eq!(described("SQS", "SendMessage", &[("QueueUrl", url)]), expected);
}

#[test]
fn a_function_is_named_however_it_was_called() {
    let arn = "arn:aws:lambda:eu-west-1:123456789012:function:hook:live";
    let plain = [
        KeyValue::new("faas.invoked_name", "hook"),
        KeyValue::new("faas.invoked_provider", "aws"),
        KeyValue::new("faas.invoked_region", "eu-west-1"),
    ];
    for value in ["hook", "hook:live", "123456789012:function:hook"] {
        assert_eq!(described("Lambda", "Invoke", &[("FunctionName", value)]), plain, "{value}");
    }
    let with_arn = [&plain[..], &[KeyValue::new("aws.lambda.invoked_arn", arn)]].concat();
    assert_eq!(described("Lambda", "Invoke", &[("FunctionName", arn)]), with_arn);
}

#[test]
fn a_topic_is_found_in_whatever_names_it_and_a_device_is_none() {
    let topic = "arn:aws:sns:us-east-1:123456789012:ends";
    let expected = [KeyValue::new("aws.sns.topic.arn", topic), KeyValue::new("messaging.destination.name", "ends")];
    assert_eq!(described("SNS", "Publish", &[("TopicArn", topic)]), expected);
    assert_eq!(described("SNS", "Publish", &[("TargetArn", topic)]), expected);
    assert_eq!(described("SNS", "Unsubscribe", &[("SubscriptionArn", &format!("{topic}:1-2-3"))]), expected);
    let device = "arn:aws:sns:us-east-1:123456789012:endpoint/GCM/app/1-2-3";
    assert_eq!(
        described("SNS", "Publish", &[("TargetArn", device)]),
        [KeyValue::new("messaging.destination.name", "endpoint/GCM/app/1-2-3")]
    );
}

#[test]
fn a_member_that_means_another_thing_in_each_operation_is_told_apart() {
    let name = [("Name", "nightly")];
    assert_eq!(described("EventBridge", "PutRule", &name), [KeyValue::new("aws.eventbridge.rule_name", "nightly")]);
    let bus = [KeyValue::new("aws.eventbridge.bus_name", "nightly")];
    assert_eq!(described("EventBridge", "CreateEventBus", &name), bus);
    assert_eq!(described("EventBridge", "CreateConnection", &name), []);
    assert_eq!(described("SSM", "GetDocument", &name), [KeyValue::new("aws.ssm.document_name", "nightly")]);
    assert_eq!(described("SSM", "PutParameter", &name), [], "it may be a secret's");
}

#[test]
fn a_stream_that_is_named_twice_is_told_once() {
    let arn = "arn:aws:kinesis:us-east-1:123456789012:stream/jobs";
    let expected = [KeyValue::new("aws.kinesis.stream_name", "jobs")];
    assert_eq!(described("Kinesis", "PutRecord", &[("StreamName", "jobs"), ("StreamARN", arn)]), expected);
}

#[test]
fn a_log_group_is_named_and_told_by_its_arn_where_it_has_one() {
    let arn = "arn:aws:logs:us-east-1:123456789012:log-group:/spawn/jobs";
    let names = KeyValue::new("aws.log.group.names", list("/spawn/jobs"));
    assert_eq!(
        described("CloudWatch Logs", "GetLogEvents", &[("logGroupName", "/spawn/jobs")]),
        std::slice::from_ref(&names)
    );
    assert_eq!(
        described("CloudWatch Logs", "GetLogEvents", &[("logGroupIdentifier", arn)]),
        [names, KeyValue::new("aws.log.group.arns", list(arn))]
    );
}

#[test]
fn members_of_one_service_say_nothing_about_another() {
    assert_eq!(described("KMS", "Encrypt", &[("Key", "secret"), ("Bucket", "b")]), []);
    let expected = [KeyValue::new("aws.s3.bucket", "b"), KeyValue::new("aws.s3.key", "path/to/object")];
    assert_eq!(described("S3", "GetObject", &[("Key", "path/to/object"), ("Bucket", "b")]), expected);
}

#[test]
fn a_secrets_name_is_not_shown_as_an_arn_and_nothing_is_no_name() {
    assert_eq!(described("Secrets Manager", "GetSecretValue", &[("SecretId", "database-password")]), []);
    assert_eq!(described("S3", "GetObject", &[("Key", ""), ("Bucket", "")]), []);
}

#[test]
fn each_client_is_asked_for_the_members_of_its_own_service_and_for_no_payload() {
    for service in &SERVICES {
        let request = asked_for(service.signing_name).unwrap();
        for member in service.members {
            assert!(request.should_capture(member.name), "{} {}", service.signing_name, member.name);
            assert!(!request.should_emit(member.name), "{} {}", service.signing_name, member.name);
        }
        for payload in ["MessageBody", "Message", "ClientContext", "SecretString", "Tagging", "FilterExpression"] {
            assert!(!request.should_capture(payload), "{} {payload}", service.signing_name);
        }
    }
    assert!(!asked_for("dynamodb").unwrap().should_capture("Key"), "an item's key is no object's");
    assert_eq!(asked_for("bedrock"), None);
    assert_eq!(Requests::new().of(&ConfigBag::base()), None);
}

#[test]
fn what_the_owner_of_a_client_asks_the_sdk_for_stays_asked_for() {
    let mut layer = Layer::new("client");
    layer.store_put(SigningName::from_static("s3"));
    layer.store_put(RequestedTelemetryAttributes::new(["StorageClass"]));
    let request = Requests::new().of(&ConfigBag::of_layers(vec![layer])).unwrap();
    assert!(request.should_emit("StorageClass") && request.should_capture("Bucket") && !request.should_emit("Bucket"));
}
