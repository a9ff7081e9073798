//! Messages of SNS, and what queues get of them.

use super::{Desk, STATE, caller, carried, desk};
use crate::world::aws;
use aws_sdk_sns::types::{MessageAttributeValue, PublishBatchRequestEntry};
use opentelemetry::context::FutureExt;
use opentelemetry::trace::TraceContextExt;
use serde_json::Value;
use spawn_telemetry::propagation;

/// A topic with two queues, one of which gets the messages raw.
struct Topic {
    arn: String,
    queues: [String; 2],
}

async fn topic() -> Topic {
    let code = r#"
sns, sqs = boto3.client('sns'), boto3.client('sqs')
topic = sns.create_topic(Name='carriers-NUMBER')['TopicArn']
queues = []
for raw in ('true', 'false'):
    queue = sqs.create_queue(QueueName='topic-NUMBER-' + raw)['QueueUrl']
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=['QueueArn'])['Attributes']['QueueArn']
    sns.subscribe(TopicArn=topic, Protocol='sqs', Endpoint=arn, Attributes={'RawMessageDelivery': raw})
    queues.append(queue)
[topic, queues]
"#;
    let made = aws().await.boto3(&code.replace("NUMBER", &fastrand::u32(..).to_string())).await.unwrap();
    let (arn, queues) = serde_json::from_value(made).unwrap();
    Topic { arn, queues }
}

#[expect(clippy::disallowed_methods, reason = "spawn calls no SNS; the interceptor is in it")]
fn sns(desk: &Desk) -> aws_sdk_sns::Client {
    let config = aws_sdk_sns::config::Builder::from(&desk.config).interceptor(desk.interceptor.clone());
    aws_sdk_sns::Client::from_conf(config.build())
}

/// The sender of each message of a queue, as its receiver reads it, and the message.
async fn senders(desk: &Desk, queue: &str) -> Vec<(String, String)> {
    let call = desk.clients.sqs().receive_message().queue_url(queue).max_number_of_messages(10).wait_time_seconds(1);
    let received = call.send().await.unwrap();
    let mut found = Vec::new();
    for message in received.messages.unwrap_or_default() {
        let attributes = message.message_attributes.unwrap_or_default();
        let body = message.body.unwrap();
        let context = propagation::from_message(|name| attributes.get(name)?.string_value(), None, &body).unwrap();
        assert_eq!(context.span().span_context().trace_state().header(), STATE);
        let said = serde_json::from_str::<Value>(&body).map_or(body, |it| it["Message"].as_str().unwrap().to_owned());
        found.push((said, propagation::traceparent(&context).unwrap()));
    }
    found.sort();
    found
}

#[tokio::test]
async fn a_message_takes_the_context_through_a_topic_to_raw_and_wrapped_queues() {
    let (desk, topic) = (desk().await, topic().await);
    let color = MessageAttributeValue::builder().data_type("String").string_value("blue").build().unwrap();
    let call = sns(&desk).publish().topic_arn(&topic.arn).message("a & größe").message_attributes("color", color);
    call.send().with_context(caller()).await.unwrap();
    let (traceparent, _) = carried(&desk.spans.take_one().span_context);
    for queue in &topic.queues {
        assert_eq!(senders(&desk, queue).await, [("a & größe".to_owned(), traceparent.clone())], "{queue}");
    }
}

#[tokio::test]
async fn each_message_of_a_batch_takes_it() {
    let (desk, topic) = (desk().await, topic().await);
    let entry = |id: &str| PublishBatchRequestEntry::builder().id(id).message(id).build().unwrap();
    let call = sns(&desk).publish_batch().topic_arn(&topic.arn);
    let entries = Some(vec![entry("a"), entry("b")]);
    let answer = call.set_publish_batch_request_entries(entries).send().with_context(caller()).await.unwrap();
    assert_eq!(answer.failed().len(), 0);
    let (traceparent, _) = carried(&desk.spans.take_one().span_context);
    let expected = ["a", "b"].map(|it| (it.to_owned(), traceparent.clone()));
    for queue in &topic.queues {
        assert_eq!(senders(&desk, queue).await, expected, "{queue}");
    }
}
