//! Amazon SQS: message ids and batch sizes of the messaging conventions, never a message's body.

use super::{count, set};
use aws_sdk_sqs::operation::delete_message_batch::DeleteMessageBatchInput;
use aws_sdk_sqs::operation::receive_message::{ReceiveMessageInput, ReceiveMessageOutput};
use aws_sdk_sqs::operation::send_message::SendMessageOutput;
use aws_sdk_sqs::operation::send_message_batch::SendMessageBatchInput;
use aws_smithy_runtime_api::client::interceptors::context::{Input, Output};
use opentelemetry_semantic_conventions::attribute as semconv;
use spawn_telemetry::Attributes;

const WAIT_SECONDS: &str = "aws.sqs.wait_time_seconds";

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
