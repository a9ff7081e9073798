//! SQS, on ministack.

use super::{SECRET, Stage, client};
use crate::world::aws;
use aws_sdk_sqs::types::{
    ChangeMessageVisibilityBatchRequestEntry, DeleteMessageBatchRequestEntry, MessageAttributeValue,
    SendMessageBatchRequestEntry,
};

fn of<'a>(operation: &'a str, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let every = [
        ("messaging.system", "aws_sqs"),
        ("messaging.operation.name", operation),
        ("messaging.destination.name", "attributes"),
    ];
    [&every[..], more].concat()
}

#[tokio::test]
async fn queues_and_their_messages() {
    let stage = Stage::on(aws().await.ministack_url());
    let sqs = client!(stage, aws_sdk_sqs);
    let url = sqs.create_queue().queue_name("attributes").send().await.unwrap().queue_url.unwrap();
    stage.tells("SQS.CreateQueue", &of("CreateQueue", &[]));
    sqs.get_queue_url().queue_name("attributes").send().await.unwrap();
    stage.tells("SQS.GetQueueUrl", &of("GetQueueUrl", &[]));
    let queue = ("aws.sqs.queue.url", url.as_str());
    let value = MessageAttributeValue::builder().data_type("String").string_value(SECRET).build().unwrap();
    let send = sqs.send_message().queue_url(&url).message_body(SECRET).message_attributes("a", value);
    send.send().await.unwrap();
    let sent = [queue, ("messaging.operation.type", "send"), ("messaging.message.id", "*")];
    stage.tells("SQS.SendMessage", &of("SendMessage", &sent));
    let receive = sqs.receive_message().queue_url(&url).wait_time_seconds(1).visibility_timeout(60);
    let message = receive.max_number_of_messages(5).send().await.unwrap().messages.unwrap().remove(0);
    let received = [
        queue,
        ("messaging.operation.type", "receive"),
        ("messaging.message.id", "*"),
        ("messaging.batch.message_count", "1"),
        ("aws.sqs.wait_time_seconds", "1"),
        ("aws.sqs.visibility_timeout_seconds", "60"),
    ];
    stage.tells("SQS.ReceiveMessage", &of("ReceiveMessage", &received));
    let receipt = message.receipt_handle.unwrap();
    let hide = sqs.change_message_visibility().queue_url(&url).receipt_handle(&receipt).visibility_timeout(90);
    hide.send().await.unwrap();
    let settled = [queue, ("messaging.operation.type", "settle")];
    let hidden = [&settled[..], &[("aws.sqs.visibility_timeout_seconds", "90")]].concat();
    stage.tells("SQS.ChangeMessageVisibility", &of("ChangeMessageVisibility", &hidden));
    sqs.delete_message().queue_url(&url).receipt_handle(&receipt).send().await.unwrap();
    stage.tells("SQS.DeleteMessage", &of("DeleteMessage", &settled));
    batches(&stage, &sqs, &url).await;
    sqs.list_queues().send().await.unwrap();
    stage.forget();
}

async fn batches(stage: &Stage, sqs: &aws_sdk_sqs::Client, url: &str) {
    let all = [("aws.sqs.queue.url", url), ("messaging.batch.message_count", "1")];
    let batch = |kind: &'static str, failed: &'static str| {
        [&all[..], &[("messaging.operation.type", kind), ("aws.sqs.failed_count", failed)]].concat()
    };
    let entry = SendMessageBatchRequestEntry::builder().id("a").message_body(SECRET).build().unwrap();
    sqs.send_message_batch().queue_url(url).entries(entry).send().await.unwrap();
    stage.tells("SQS.SendMessageBatch", &of("SendMessageBatch", &batch("send", "0")));
    let received = sqs.receive_message().queue_url(url).send().await.unwrap().messages.unwrap().remove(0);
    stage.forget();
    let receipt = received.receipt_handle.unwrap();
    let hide = ChangeMessageVisibilityBatchRequestEntry::builder().id("a").receipt_handle(&receipt);
    let hide = hide.visibility_timeout(90).build().unwrap();
    sqs.change_message_visibility_batch().queue_url(url).entries(hide).send().await.unwrap();
    let hidden = [&batch("settle", "0")[..], &[("aws.sqs.visibility_timeout_seconds", "90")]].concat();
    stage.tells("SQS.ChangeMessageVisibilityBatch", &of("ChangeMessageVisibilityBatch", &hidden));
    let entry = DeleteMessageBatchRequestEntry::builder().id("a").receipt_handle(receipt).build().unwrap();
    sqs.delete_message_batch().queue_url(url).entries(entry).send().await.unwrap();
    stage.tells("SQS.DeleteMessageBatch", &of("DeleteMessageBatch", &batch("settle", "0")));
}
