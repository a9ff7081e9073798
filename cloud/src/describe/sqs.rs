//! Amazon SQS: batch sizes, what a poll found and times of the messaging conventions, never a message's body.

use super::{as_type, count, set};
use aws_sdk_sqs::operation::change_message_visibility::ChangeMessageVisibilityInput;
use aws_sdk_sqs::operation::change_message_visibility_batch::{
    ChangeMessageVisibilityBatchInput, ChangeMessageVisibilityBatchOutput,
};
use aws_sdk_sqs::operation::delete_message_batch::{DeleteMessageBatchInput, DeleteMessageBatchOutput};
use aws_sdk_sqs::operation::receive_message::{ReceiveMessageInput, ReceiveMessageOutput};
use aws_sdk_sqs::operation::send_message_batch::{SendMessageBatchInput, SendMessageBatchOutput};
use aws_smithy_runtime_api::client::interceptors::context::{Input, Output};
use opentelemetry_semantic_conventions::attribute as semconv;
use spawn_telemetry::Attributes;

const WAIT_SECONDS: &str = "aws.sqs.wait_time_seconds";
/// Messages of a batch that were refused although the call succeeded.
const FAILED_COUNT: &str = "aws.sqs.failed_count";
const VISIBILITY_SECONDS: &str = "aws.sqs.visibility_timeout_seconds";

pub(super) fn input(operation: &str, input: &Input, into: &mut Attributes) {
    match operation {
        "SendMessageBatch" => {
            as_type!(input: SendMessageBatchInput);
            into.set(semconv::MESSAGING_BATCH_MESSAGE_COUNT, count(input.entries().len()));
        }
        "DeleteMessageBatch" => {
            as_type!(input: DeleteMessageBatchInput);
            into.set(semconv::MESSAGING_BATCH_MESSAGE_COUNT, count(input.entries().len()));
        }
        "ReceiveMessage" => {
            as_type!(input: ReceiveMessageInput);
            set(into, WAIT_SECONDS, input.wait_time_seconds().map(i64::from));
            set(into, VISIBILITY_SECONDS, input.visibility_timeout().map(i64::from));
        }
        "ChangeMessageVisibility" => {
            as_type!(input: ChangeMessageVisibilityInput);
            set(into, VISIBILITY_SECONDS, input.visibility_timeout().map(i64::from));
        }
        "ChangeMessageVisibilityBatch" => {
            as_type!(input: ChangeMessageVisibilityBatchInput);
            into.set(semconv::MESSAGING_BATCH_MESSAGE_COUNT, count(input.entries().len()));
            let first = input.entries().first();
            set(into, VISIBILITY_SECONDS, first.and_then(|entry| entry.visibility_timeout()).map(i64::from));
        }
        _ => {}
    }
}

pub(super) fn output(operation: &str, output: &Output, into: &mut Attributes) {
    match operation {
        "SendMessageBatch" => {
            as_type!(output: SendMessageBatchOutput);
            into.set(FAILED_COUNT, count(output.failed().len()));
        }
        "DeleteMessageBatch" => {
            as_type!(output: DeleteMessageBatchOutput);
            into.set(FAILED_COUNT, count(output.failed().len()));
        }
        "ChangeMessageVisibilityBatch" => {
            as_type!(output: ChangeMessageVisibilityBatchOutput);
            into.set(FAILED_COUNT, count(output.failed().len()));
        }
        "ReceiveMessage" => {
            as_type!(output: ReceiveMessageOutput);
            into.set(semconv::MESSAGING_BATCH_MESSAGE_COUNT, count(output.messages().len()));
            if let [message] = output.messages() {
                set(into, semconv::MESSAGING_MESSAGE_ID, message.message_id().map(str::to_owned));
            }
        }
        _ => {}
    }
}

pub(super) fn is_empty_poll(output: &Output) -> bool {
    output.downcast_ref::<ReceiveMessageOutput>().is_some_and(|output| output.messages().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_sqs::types::ChangeMessageVisibilityBatchRequestEntry;

    #[test]
    fn messages_that_are_hidden_together_tell_how_many_they_are_and_for_how_long() {
        let entry = |id: &str| {
            let entry = ChangeMessageVisibilityBatchRequestEntry::builder().id(id).receipt_handle("secret");
            entry.visibility_timeout(60).build().unwrap()
        };
        let hidden = ChangeMessageVisibilityBatchInput::builder()
            .queue_url("https://sqs.us-east-1.amazonaws.com/123456789012/spawn-align-0000002a-1")
            .entries(entry("0"))
            .entries(entry("1"))
            .build()
            .unwrap();
        let mut told = Attributes::default();
        input("ChangeMessageVisibilityBatch", &Input::erase(hidden), &mut told);
        let mut expected = Attributes::default();
        expected.set(semconv::MESSAGING_BATCH_MESSAGE_COUNT, 2_i64);
        expected.set(VISIBILITY_SECONDS, 60_i64);
        assert_eq!(told, expected);
    }
}
