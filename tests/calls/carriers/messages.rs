//! Messages of SQS.

use super::{Desk, PARENT, STATE, caller, carried, desk, desk_of, unrecorded};
use crate::world::aws;
use aws_sdk_sqs::types::{MessageAttributeValue, MessageSystemAttributeName, SendMessageBatchRequestEntry};
use opentelemetry::context::FutureExt;
use opentelemetry::trace::TraceContextExt;
use serde_json::{Value, json};
use spawn_cloud::Clients;
use spawn_telemetry::{propagation, testing};
use spawn_test_support::fault_proxy::{Action, Rule};
use spawn_test_support::otlp::sdk_extract;

/// A queue of its own, at the emulator.
async fn queue(desk: &Desk) -> String {
    let name = format!("carriers-{}", fastrand::u32(..));
    let made = desk.clients.sqs().create_queue().queue_name(name).send().await.unwrap();
    made.queue_url.unwrap()
}

fn text(value: &str) -> MessageAttributeValue {
    MessageAttributeValue::builder().data_type("String").string_value(value).build().unwrap()
}

/// What boto3 receives: of each message its body, attributes, and AWS's header.
async fn received(queue: &str) -> Vec<Value> {
    let code = format!(
        r#"
sqs = boto3.client('sqs')
found = []
while more := sqs.receive_message(QueueUrl='{queue}', MaxNumberOfMessages=10, MessageAttributeNames=['All'], MessageSystemAttributeNames=['All']).get('Messages', []):
    found += more
sorted([[it['Body'], {{name: value['StringValue'] for name, value in it.get('MessageAttributes', {{}}).items()}}, it.get('Attributes', {{}}).get('AWSTraceHeader')] for it in found], key=lambda it: it[0])
"#
    );
    serde_json::from_value(aws().await.boto3(&code).await.unwrap()).unwrap()
}

#[tokio::test]
async fn a_message_arrives_with_the_context_of_the_call_that_sent_it() {
    let desk = desk().await;
    let queue = queue(&desk).await;
    let call = desk.clients.sqs().send_message().queue_url(&queue).message_body("größe \"1\"");
    call.message_attributes("color", text("blue")).send().with_context(caller()).await.unwrap();
    let (traceparent, header) = carried(&desk.spans.take_one().span_context);
    let attributes = json!({ "color": "blue", "traceparent": traceparent, "tracestate": STATE });
    assert_eq!(received(&queue).await, [json!(["größe \"1\"", attributes, header])]);
}

#[tokio::test]
async fn each_message_of_a_batch_arrives_with_it_and_keeps_what_it_had() {
    let desk = desk().await;
    let queue = queue(&desk).await;
    let entry = |id: &str, attributes: usize| {
        let entry = SendMessageBatchRequestEntry::builder().id(id).message_body(id);
        (0..attributes).fold(entry, |entry, at| entry.message_attributes(format!("a{at}"), text("x"))).build().unwrap()
    };
    let call = desk.clients.sqs().send_message_batch().queue_url(&queue);
    let call = call.set_entries(Some(vec![entry("a", 0), entry("b", 9), entry("c", 10)]));
    let answer = call.send().with_context(caller()).await.unwrap();
    assert_eq!((answer.successful.len(), answer.failed.len()), (3, 0));
    let (traceparent, header) = carried(&desk.spans.take_one().span_context);
    let expected = |own: usize, given: &[(&str, &str)]| {
        let own = (0..own).map(|at| (format!("a{at}"), json!("x")));
        own.chain(given.iter().map(|(name, value)| ((*name).to_owned(), json!(value))))
            .collect::<serde_json::Map<_, _>>()
    };
    // The emulator drops the system attributes of a batch, so that they are looked at as they leave.
    let left = desk.sent();
    let system = left["Entries"].as_array().unwrap().iter().map(|entry| &entry["MessageSystemAttributes"]);
    let header = json!({ "AWSTraceHeader": { "DataType": "String", "StringValue": header } });
    assert!(system.eq([&header; 3]), "{left}");
    let arrived = [
        json!(["a", expected(0, &[("traceparent", &traceparent), ("tracestate", STATE)]), null]),
        json!(["b", expected(9, &[("traceparent", &traceparent)]), null]),
        json!(["c", expected(10, &[]), null]),
    ];
    assert_eq!(received(&queue).await, arrived);
}

#[tokio::test]
async fn the_decision_not_to_record_arrives_too() {
    let desk = desk().await;
    let queue = queue(&desk).await;
    let send = || desk.clients.sqs().send_message().queue_url(&queue).message_body("a").send();
    send().with_context(unrecorded()).await.unwrap();
    let header = "Root=1-69000000-00000000000000000000000a;Parent=00000000000000b7;Sampled=0";
    let attributes = json!({ "traceparent": PARENT.replace("-01", "-00"), "tracestate": STATE });
    assert_eq!(received(&queue).await, [json!(["a", attributes, header])]);
    // A trace that begins with the call has no parent to name: both forms name one and the same span instead.
    send().await.unwrap();
    let [message] = received(&queue).await.try_into().unwrap();
    let context = propagation::remote_context(message[1]["traceparent"].as_str().unwrap(), None).unwrap();
    assert_eq!(propagation::xray_header(&context).as_deref(), message[2].as_str());
    assert!(!context.span().span_context().is_sampled());
    assert!(desk.spans.take().is_empty());
}

#[tokio::test]
async fn a_retry_sends_the_same_bytes() {
    let desk = desk().await;
    let queue = queue(&desk).await;
    desk.proxy.script([Rule::new(Action::respond(500, &[], "")).target("SendMessage").once()]);
    let call = desk.clients.sqs().send_message().queue_url(&queue).message_body("a");
    call.send().with_context(caller()).await.unwrap();
    let [.., first, second] = &desk.proxy.requests()[..] else { panic!("there were two attempts") };
    assert_eq!((first.text(), first.header("content-length")), (second.text(), second.header("content-length")));
    assert_eq!(received(&queue).await.len(), 1);
}

#[tokio::test]
async fn whoever_receives_is_given_the_senders_context_without_asking() {
    let desk = desk().await;
    let queue = queue(&desk).await;
    let sqs = desk.clients.sqs();
    sqs.send_message().queue_url(&queue).message_body("a").send().with_context(caller()).await.unwrap();
    let sender = desk.spans.take_one().span_context;
    let received = sqs.receive_message().queue_url(&queue).message_attribute_names("color").send().await.unwrap();
    let [message] = received.messages.unwrap().try_into().unwrap();
    assert_eq!(desk.sent()["MessageAttributeNames"], json!(["color", "traceparent", "tracestate"]));
    let attributes = message.message_attributes.unwrap_or_default();
    let attribute = |name: &str| attributes.get(name)?.string_value();
    let header = message.attributes.as_ref().and_then(|all| all.get(&MessageSystemAttributeName::AwsTraceHeader));
    let context = propagation::from_message(attribute, header.map(String::as_str), message.body.as_deref().unwrap());
    let read = context.unwrap().span().span_context().clone();
    assert_eq!((read.trace_id(), read.span_id(), read.is_sampled()), (sender.trace_id(), sender.span_id(), true));
    assert_eq!((read.trace_state().header(), read.is_remote()), (STATE.to_owned(), true));
    let by_header = propagation::from_message(|_| None, header.map(String::as_str), "a").unwrap();
    assert_eq!(by_header.span().span_context().span_id(), sender.span_id());
}

#[tokio::test]
async fn while_the_rate_is_unknown_a_message_says_nothing_and_is_still_asked_for_its_sender() {
    let desk = desk_of(testing::undecided()).await;
    let queue = queue(&desk).await;
    let sqs = desk.clients.sqs();
    sqs.send_message().queue_url(&queue).message_body("a").send().await.unwrap();
    assert_eq!(desk.sent(), json!({ "QueueUrl": queue, "MessageBody": "a" }));
    sqs.receive_message().queue_url(&queue).send().await.unwrap();
    assert_eq!(desk.sent()["MessageSystemAttributeNames"], json!(["AWSTraceHeader"]));
}

#[tokio::test]
async fn a_client_without_tracing_sends_and_asks_as_the_caller_says() {
    let desk = desk().await;
    let queue = queue(&desk).await;
    let clients = Clients::new(&desk.config, None);
    clients.sqs().send_message().queue_url(&queue).message_body("a").send().with_context(caller()).await.unwrap();
    assert_eq!(desk.sent(), json!({ "QueueUrl": queue, "MessageBody": "a" }));
    clients.sqs().receive_message().queue_url(&queue).send().with_context(caller()).await.unwrap();
    assert_eq!(desk.sent(), json!({ "QueueUrl": queue }));
}

#[tokio::test]
async fn opentelemetrys_own_sdk_finds_the_sender_in_the_attributes() {
    let desk = desk().await;
    let queue = queue(&desk).await;
    desk.clients.sqs().send_message().queue_url(&queue).message_body("a").send().with_context(caller()).await.unwrap();
    let sender = desk.spans.take_one().span_context;
    let [message] = received(&queue).await.try_into().unwrap();
    let found = sdk_extract(&message[1]).await.unwrap();
    let expected = json!({
        "trace_id": sender.trace_id().to_string(), "span_id": sender.span_id().to_string(), "sampled": true,
        "tracestate": STATE,
    });
    assert_eq!(found, expected);
}
