//! Amazon SQS: message ids, batch sizes and times of the messaging conventions, never a message's body.

use super::{count, set};
use aws_sdk_sqs::operation::change_message_visibility::ChangeMessageVisibilityInput;
use aws_sdk_sqs::operation::change_message_visibility_batch::ChangeMessageVisibilityBatchInput;
use aws_sdk_sqs::operation::create_queue::CreateQueueInput;
use aws_sdk_sqs::operation::delete_message_batch::DeleteMessageBatchInput;
use aws_sdk_sqs::operation::receive_message::{ReceiveMessageInput, ReceiveMessageOutput};
use aws_sdk_sqs::operation::send_message::SendMessageOutput;
use aws_sdk_sqs::operation::send_message_batch::SendMessageBatchInput;
use aws_smithy_runtime_api::client::interceptors::context::{Input, Output};
use opentelemetry_semantic_conventions::attribute as semconv;
use spawn_telemetry::Attributes;

const WAIT_SECONDS: &str = "aws.sqs.wait_time_seconds";
const VISIBILITY_SECONDS: &str = "aws.sqs.visibility_timeout_seconds";

pub(super) fn input(operation: &str, input: &Input, into: &mut Attributes) {
    match operation {
        "SendMessageBatch" => {
            let Some(input) = input.downcast_ref::<SendMessageBatchInput>() else { return };
            into.set(semconv::MESSAGING_BATCH_MESSAGE_COUNT, count(input.entries().len()));
        }
        "DeleteMessageBatch" => {
            let Some(input) = input.downcast_ref::<DeleteMessageBatchInput>() else { return };
            into.set(semconv::MESSAGING_BATCH_MESSAGE_COUNT, count(input.entries().len()));
        }
        "ReceiveMessage" => {
            let Some(input) = input.downcast_ref::<ReceiveMessageInput>() else { return };
            set(into, WAIT_SECONDS, input.wait_time_seconds().map(i64::from));
            set(into, VISIBILITY_SECONDS, input.visibility_timeout().map(i64::from));
        }
        "ChangeMessageVisibility" => {
            let Some(input) = input.downcast_ref::<ChangeMessageVisibilityInput>() else { return };
            set(into, VISIBILITY_SECONDS, input.visibility_timeout().map(i64::from));
        }
        "ChangeMessageVisibilityBatch" => {
            let Some(input) = input.downcast_ref::<ChangeMessageVisibilityBatchInput>() else { return };
            into.set(semconv::MESSAGING_BATCH_MESSAGE_COUNT, count(input.entries().len()));
            let first = input.entries().first();
            set(into, VISIBILITY_SECONDS, first.and_then(|entry| entry.visibility_timeout()).map(i64::from));
        }
        "CreateQueue" => {
            let Some(input) = input.downcast_ref::<CreateQueueInput>() else { return };
            set(into, semconv::MESSAGING_DESTINATION_NAME, input.queue_name().map(str::to_owned));
        }
        _ => {}
    }
}

pub(super) fn output(operation: &str, output: &Output, into: &mut Attributes) {
    match operation {
        "SendMessage" => {
            let Some(output) = output.downcast_ref::<SendMessageOutput>() else { return };
            set(into, semconv::MESSAGING_MESSAGE_ID, output.message_id().map(str::to_owned));
        }
        "ReceiveMessage" => {
            let Some(output) = output.downcast_ref::<ReceiveMessageOutput>() else { return };
            into.set(semconv::MESSAGING_BATCH_MESSAGE_COUNT, count(output.messages().len()));
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
