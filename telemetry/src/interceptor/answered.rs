//! What an answer says of its call: the ids of what was made or sent, and what failed although the call succeeded.
//!
//! Headers, and the members of small bodies, for the few operations that are named here. The SDK has read the body by
//! then; its types would say the same, one crate a service.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use opentelemetry::Value;
use opentelemetry_semantic_conventions::attribute as semconv;

use super::error_code;
use crate::attribute;
use crate::describe::Attributes;
use member::Found;

mod member;
#[cfg(test)]
mod tests;

/// Largest body that is looked through: a quarter of a millisecond.
const LARGEST_BODY: usize = 256 * 1024;

/// A value of an answer and what it becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Answered {
    pub(super) from: From,
    pub(super) key: &'static str,
}

/// Where in an answer a value stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum From {
    Header(&'static str),
    /// A member of a JSON object, not of one within it. Of a list it is the length.
    Member(&'static str),
    /// The first element of this name.
    Element(&'static str),
}

const fn answered(from: From, key: &'static str) -> Answered {
    Answered { from, key }
}

/// What is looked for: service, operation or `*` for all of them, and the values.
#[rustfmt::skip]
pub(super) const ANSWERS: [(&str, &str, &[Answered]); 12] = [
    ("SQS", "SendMessage", &[answered(From::Member("MessageId"), semconv::MESSAGING_MESSAGE_ID)]),
    ("SNS", "CreateTopic", &[answered(From::Element("TopicArn"), semconv::AWS_SNS_TOPIC_ARN)]),
    ("SNS", "Publish", &[answered(From::Element("MessageId"), semconv::MESSAGING_MESSAGE_ID)]),
    ("Lambda", "Invoke", &[
        answered(From::Header("x-amz-function-error"), attribute::AWS_LAMBDA_FUNCTION_ERROR),
        answered(From::Header("x-amz-executed-version"), attribute::AWS_LAMBDA_EXECUTED_VERSION),
    ]),
    ("Lambda", "CreateEventSourceMapping", &[
        answered(From::Member("UUID"), semconv::AWS_LAMBDA_RESOURCE_MAPPING_ID),
    ]),
    ("Kinesis", "PutRecords", &[
        answered(From::Member("Records"), attribute::AWS_KINESIS_RECORD_COUNT),
        answered(From::Member("FailedRecordCount"), attribute::AWS_KINESIS_FAILED_COUNT),
    ]),
    ("SFN", "CreateStateMachine", &[
        answered(From::Member("stateMachineArn"), semconv::AWS_STEP_FUNCTIONS_STATE_MACHINE_ARN),
    ]),
    ("SFN", "CreateActivity", &[answered(From::Member("activityArn"), semconv::AWS_STEP_FUNCTIONS_ACTIVITY_ARN)]),
    ("Secrets Manager", "*", &[answered(From::Member("ARN"), semconv::AWS_SECRETSMANAGER_SECRET_ARN)]),
    ("EventBridge", "PutEvents", &[
        answered(From::Member("FailedEntryCount"), attribute::AWS_EVENTBRIDGE_FAILED_COUNT),
    ]),
    ("CloudWatch Events", "PutEvents", &[
        answered(From::Member("FailedEntryCount"), attribute::AWS_EVENTBRIDGE_FAILED_COUNT),
    ]),
    ("IAM", "CreatePolicy", &[answered(From::Element("Arn"), attribute::AWS_IAM_POLICY_ARN)]),
];

/// What the answers of an operation are looked through for.
pub(super) fn of(service: &str, operation: &str) -> &'static [Answered] {
    let known = |row: &&(&str, &str, &[Answered])| row.0 == service && (row.1 == operation || row.1 == "*");
    ANSWERS.iter().find(known).map_or(&[][..], |row| row.2)
}

/// Adds what the answer says and the request did not.
pub(super) fn describe(wanted: &[Answered], response: &HttpResponse, into: &mut Attributes) {
    for &Answered { from, key } in wanted {
        if into.has(key) {
            continue;
        }
        let body = || response.body().bytes().filter(|body| body.len() <= LARGEST_BODY);
        let value: Option<Value> = match from {
            From::Header(name) => response.headers().get(name).map(|value| value.to_owned().into()),
            From::Member(name) => body().and_then(|body| member::of_json(body, name)).map(Found::into_value),
            From::Element(name) => body().and_then(|body| error_code::element(body, name)).map(Value::from),
        };
        if let Some(value) = value {
            into.add(key, value);
        }
    }
}
