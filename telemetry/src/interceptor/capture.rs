//! Which members of the services' inputs name the resource of a call, and the attributes they become.
//!
//! The SDK's generated code captures plain text members of every operation on request, so that this needs no service
//! crate. It would capture payloads and tags as readily: this list is all that is ever asked for.

use std::sync::Arc;

use aws_smithy_types::telemetry::{CapturedTelemetryAttributes, RequestedTelemetryAttributes};
use opentelemetry::{Array, StringValue, Value};
use opentelemetry_semantic_conventions::attribute as semconv;

use super::kind::CallKind;
use crate::describe::Attributes;

/// A member of an input and what becomes of it.
#[derive(Debug)]
pub(super) struct Member {
    name: &'static str,
    rule: Rule,
}

#[derive(Debug)]
enum Rule {
    /// The value is the attribute.
    Plain(&'static str),
    /// The value is the attribute if it is an ARN; the member takes plain names too.
    Arn(&'static str),
    Table,
    Queue,
    Topic,
    Function,
}

const fn member(name: &'static str, rule: Rule) -> Member {
    Member { name, rule }
}

const DYNAMODB: &[Member] =
    &[member("TableName", Rule::Table), member("IndexName", Rule::Plain(semconv::AWS_DYNAMODB_INDEX_NAME))];
const S3: &[Member] = &[
    member("Bucket", Rule::Plain(semconv::AWS_S3_BUCKET)),
    member("Key", Rule::Plain(semconv::AWS_S3_KEY)),
    member("CopySource", Rule::Plain(semconv::AWS_S3_COPY_SOURCE)),
    member("UploadId", Rule::Plain(semconv::AWS_S3_UPLOAD_ID)),
];
const SQS: &[Member] = &[member("QueueUrl", Rule::Queue)];
const SNS: &[Member] = &[member("TopicArn", Rule::Topic)];
const LAMBDA: &[Member] = &[member("FunctionName", Rule::Function)];
const EC2: &[Member] =
    &[member("ImageId", Rule::Plain("aws.ec2.image_id")), member("SubnetId", Rule::Plain("aws.ec2.subnet_id"))];
const KINESIS: &[Member] = &[member("StreamName", Rule::Plain(semconv::AWS_KINESIS_STREAM_NAME))];
const STEP_FUNCTIONS: &[Member] = &[
    member("stateMachineArn", Rule::Plain(semconv::AWS_STEP_FUNCTIONS_STATE_MACHINE_ARN)),
    member("activityArn", Rule::Plain(semconv::AWS_STEP_FUNCTIONS_ACTIVITY_ARN)),
];
const SECRETS_MANAGER: &[Member] = &[member("SecretId", Rule::Arn(semconv::AWS_SECRETSMANAGER_SECRET_ARN))];

/// Names of all members that are asked for.
const NAMES: [&str; 15] = [
    "TableName",
    "IndexName",
    "Bucket",
    "Key",
    "CopySource",
    "UploadId",
    "QueueUrl",
    "TopicArn",
    "FunctionName",
    "ImageId",
    "SubnetId",
    "StreamName",
    "stateMachineArn",
    "activityArn",
    "SecretId",
];

/// What the SDK is asked to capture.
pub(super) fn members() -> RequestedTelemetryAttributes {
    let mut members = RequestedTelemetryAttributes::default();
    members.capture_only(NAMES);
    members
}

/// The members that describe calls of this service.
pub(super) fn of_service(service: &str) -> &'static [Member] {
    match service {
        "DynamoDB" => DYNAMODB,
        "S3" => S3,
        "SQS" => SQS,
        "SNS" => SNS,
        "Lambda" => LAMBDA,
        "EC2" => EC2,
        "Kinesis" => KINESIS,
        "SFN" => STEP_FUNCTIONS,
        "Secrets Manager" => SECRETS_MANAGER,
        _ => &[],
    }
}

/// Adds the attributes that the captured members become.
pub(super) fn describe(captured: &CapturedTelemetryAttributes, kind: &CallKind, into: &mut Attributes) {
    for member in kind.members {
        let Some(value) = captured.get(member.name) else { continue };
        match member.rule {
            Rule::Plain(key) => into.add(key, value.to_owned()),
            Rule::Arn(key) if is_arn(value) => into.add(key, value.to_owned()),
            Rule::Arn(_) => {}
            Rule::Table => {
                let name = StringValue::from(Arc::<str>::from(value));
                into.add(semconv::AWS_DYNAMODB_TABLE_NAMES, Value::Array(Array::String(vec![name.clone()])));
                into.add(semconv::DB_COLLECTION_NAME, name);
            }
            Rule::Queue => {
                into.add(semconv::AWS_SQS_QUEUE_URL, value.to_owned());
                into.add(semconv::MESSAGING_DESTINATION_NAME, last_part(value, '/').to_owned());
            }
            Rule::Topic => {
                into.add(semconv::AWS_SNS_TOPIC_ARN, value.to_owned());
                into.add(semconv::MESSAGING_DESTINATION_NAME, last_part(value, ':').to_owned());
            }
            Rule::Function => function(value, kind, into),
        }
    }
}

/// `name`, `name:alias`, `account:function:name` or an ARN, as Lambda takes it.
fn function(value: &str, kind: &CallKind, into: &mut Attributes) {
    let name = match value.split_once("function:") {
        Some((_, name)) => name,
        None => value,
    };
    into.add(semconv::FAAS_INVOKED_NAME, name.split(':').next().unwrap_or(name).to_owned());
    into.add(semconv::FAAS_INVOKED_PROVIDER, "aws");
    if !kind.region().is_empty() {
        into.add(semconv::FAAS_INVOKED_REGION, kind.region().clone());
    }
    if is_arn(value) {
        into.add(semconv::AWS_LAMBDA_INVOKED_ARN, value.to_owned());
    }
}

fn is_arn(value: &str) -> bool {
    value.starts_with("arn:")
}

fn last_part(value: &str, separator: char) -> &str {
    value.rsplit(separator).find(|part| !part.is_empty()).unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use opentelemetry::KeyValue;

    use super::super::kind::CallKinds;
    use super::*;

    fn described(service: &str, members: &[(&str, &str)]) -> Vec<KeyValue> {
        let mut captured = CapturedTelemetryAttributes::new();
        for (name, value) in members {
            assert!(super::members().should_capture(name), "{name} is never asked for");
            captured.insert(name, value);
        }
        let mut attributes = Attributes::default();
        describe(&captured, &CallKinds::default().of(service, "Call", "eu-west-1", &[]), &mut attributes);
        attributes.into_vec()
    }

    #[test]
    fn a_table_is_named_as_databases_and_as_aws_name_it() {
        let names = Value::Array(Array::String(vec!["jobs".into()]));
        let expected = [KeyValue::new("aws.dynamodb.table_names", names), KeyValue::new("db.collection.name", "jobs")];
        assert_eq!(described("DynamoDB", &[("TableName", "jobs")]), expected);
    }

    #[test]
    fn a_queue_is_named_by_the_end_of_its_url() {
        let url = "https://sqs.eu-west-1.amazonaws.com/123456789012/jobs";
        let expected = [KeyValue::new("aws.sqs.queue.url", url), KeyValue::new("messaging.destination.name", "jobs")];
        assert_eq!(described("SQS", &[("QueueUrl", url)]), expected);
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
            assert_eq!(described("Lambda", &[("FunctionName", value)]), plain, "{value}");
        }
        let with_arn = [&plain[..], &[KeyValue::new("aws.lambda.invoked_arn", arn)]].concat();
        assert_eq!(described("Lambda", &[("FunctionName", arn)]), with_arn);
    }

    #[test]
    fn members_of_one_service_say_nothing_about_another() {
        assert_eq!(described("KMS", &[("Key", "secret"), ("Bucket", "b")]), []);
        let expected = [KeyValue::new("aws.s3.bucket", "b"), KeyValue::new("aws.s3.key", "path/to/object")];
        assert_eq!(described("S3", &[("Key", "path/to/object"), ("Bucket", "b")]), expected);
    }

    #[test]
    fn every_member_that_describes_is_asked_for() {
        for service in ["DynamoDB", "S3", "SQS", "SNS", "Lambda", "EC2", "Kinesis", "SFN", "Secrets Manager"] {
            for member in of_service(service) {
                assert!(members().should_capture(member.name), "{service} {}", member.name);
            }
        }
    }

    #[test]
    fn a_secrets_name_is_not_shown_as_an_arn() {
        assert_eq!(described("Secrets Manager", &[("SecretId", "database-password")]), []);
    }

    #[test]
    fn the_reference_lists_what_a_service_adds() {
        let reference = include_str!("../../../docs/reference/spans.md");
        let table =
            reference.split_once("<!-- services:begin -->").unwrap().1.split_once("<!-- services:end -->").unwrap().0;
        let value = "arn:aws:lambda:eu-west-1:123456789012:function:hook";
        for (row, service) in [
            ("DynamoDB", "DynamoDB"),
            ("S3", "S3"),
            ("SQS", "SQS"),
            ("SNS", "SNS"),
            ("Lambda", "Lambda"),
            ("EC2", "EC2"),
            ("Kinesis", "Kinesis"),
            ("Step Functions", "SFN"),
            ("Secrets Manager", "Secrets Manager"),
        ] {
            let kind = CallKinds::default().of(service, "SendMessage", "eu-west-1", &[]);
            let mut captured = CapturedTelemetryAttributes::new();
            kind.members.iter().for_each(|member| captured.insert(member.name, value));
            let mut attributes = Attributes::default();
            describe(&captured, &kind, &mut attributes);
            // Behind the eight attributes of every call come those that the conventions give the service.
            attributes.extend(&kind.begin_attributes().into_vec()[8..]);
            let names: Vec<String> = attributes.into_vec().iter().map(|it| format!("`{}`", it.key)).collect();
            let line = format!("| {row} | {} |", names.join(", "));
            assert!(table.lines().any(|listed| listed == line), "the reference lacks\n{line}");
        }
    }
}
