//! SNS, on moto.

use super::{SECRET, Stage, client};
use crate::world::aws;
use aws_sdk_sns::types::{MessageAttributeValue, PublishBatchRequestEntry, Tag};

const ARN: &str = "arn:aws:sns:us-east-1:123456789012:ends";

fn of<'a>(operation: &'a str, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    [&[("messaging.system", "aws.sns"), ("messaging.operation.name", operation)], more].concat()
}

const TOPIC: [(&str, &str); 2] = [("aws.sns.topic.arn", ARN), ("messaging.destination.name", "ends")];

#[tokio::test]
async fn topics_and_what_is_published_to_them() {
    let stage = Stage::on(aws().await.moto_url());
    let sns = client!(stage, aws_sdk_sns);
    let tag = Tag::builder().key("k").value(SECRET).build().unwrap();
    sns.create_topic().name("ends").tags(tag).send().await.unwrap();
    stage.tells("SNS.CreateTopic", &of("CreateTopic", &TOPIC));

    let value = MessageAttributeValue::builder().data_type("String").string_value(SECRET).build().unwrap();
    let publish = sns.publish().message(SECRET).subject(SECRET).message_attributes("a", value);
    publish.clone().topic_arn(ARN).send().await.unwrap();
    let sent = [&TOPIC[..], &[("messaging.operation.type", "send"), ("messaging.message.id", "*")]].concat();
    stage.tells("SNS.Publish", &of("Publish", &sent));
    publish.clone().target_arn(ARN).send().await.unwrap();
    stage.tells("SNS.Publish", &of("Publish", &sent));
    publish.phone_number("+15550100").send().await.unwrap();
    stage.tells("SNS.Publish", &of("Publish", &sent[2..]));

    let entry =
        |id: &str| PublishBatchRequestEntry::builder().id(id).message(format!("{SECRET}&x.Id=1")).build().unwrap();
    let batch = sns.publish_batch().topic_arn(ARN);
    batch.publish_batch_request_entries(entry("a")).publish_batch_request_entries(entry("b")).send().await.unwrap();
    let batch = [&TOPIC[..], &[("messaging.operation.type", "send"), ("messaging.batch.message_count", "2")]].concat();
    stage.tells("SNS.PublishBatch", &of("PublishBatch", &batch));

    let subscribe = sns.subscribe().topic_arn(ARN).protocol("sqs").endpoint("arn:aws:sqs:us-east-1:123456789012:q");
    let subscription = subscribe.send().await.unwrap().subscription_arn.unwrap();
    stage.tells("SNS.Subscribe", &of("Subscribe", &TOPIC));
    sns.get_subscription_attributes().subscription_arn(&subscription).send().await.unwrap();
    stage.tells("SNS.GetSubscriptionAttributes", &of("GetSubscriptionAttributes", &TOPIC));
    sns.unsubscribe().subscription_arn(subscription).send().await.unwrap();
    stage.tells("SNS.Unsubscribe", &of("Unsubscribe", &TOPIC));
    sns.list_topics().send().await.unwrap();
    stage.tells("SNS.ListTopics", &of("ListTopics", &[]));
    sns.delete_topic().topic_arn(ARN).send().await.unwrap();
    stage.tells("SNS.DeleteTopic", &of("DeleteTopic", &TOPIC));
}
