//! Messages through a real queue: what leaves with them, and what comes back.

use super::{LEASE, Room, array, usual_room};
use crate::world::aws;
use opentelemetry::Context;
use opentelemetry::trace::TraceContextExt;
use serde_json::{Value, json};
use spawn_cloud::arrays::TaskQueue;
use spawn_telemetry::propagation;
use spawn_test_support::fault_proxy::{Action, Rule};
use std::time::Duration;

const TRACEPARENT: &str = "00-6900000000000000000000000000000a-00000000000000b7-01";

async fn queue(room: &Room) -> TaskQueue {
    TaskQueue::create(room.clients.sqs().clone(), &array(1).id, 1, LEASE).await.unwrap()
}

fn sender() -> Context {
    propagation::remote_context(TRACEPARENT, Some("vendor=yes")).unwrap()
}

/// Bodies of the calls of an operation that have arrived.
fn bodies(room: &Room, operation: &str) -> Vec<Value> {
    let requests = room.proxy.requests();
    let of = |target: &str| target.ends_with(operation);
    let calls = requests.iter().filter(|request| request.header("x-amz-target").is_some_and(of));
    calls.map(|request| serde_json::from_str(&request.text()).unwrap()).collect()
}

#[tokio::test]
async fn a_queue_is_encrypted_and_keeps_what_waits_for_14_days() {
    let room = usual_room().await;
    queue(&room).await;
    let [order] = bodies(&room, "CreateQueue").try_into().unwrap();
    let attributes =
        json!({ "MessageRetentionPeriod": "1209600", "VisibilityTimeout": "60", "SqsManagedSseEnabled": "true" });
    assert_eq!(order["Attributes"], attributes);
}

#[tokio::test]
async fn a_message_names_its_task_and_carries_the_context_in_both_forms() {
    let room = usual_room().await;
    let queue = queue(&room).await;
    queue.send(&(0..12).collect::<Vec<_>>(), &sender(), |_| ()).await.unwrap();
    let calls = bodies(&room, "SendMessageBatch");
    let entries: Vec<&Value> = calls.iter().flat_map(|call| call["Entries"].as_array().unwrap()).collect();
    assert_eq!((calls.len(), entries.len()), (2, 12));
    for entry in entries {
        let text = |value: &str| json!({ "DataType": "String", "StringValue": value });
        assert_eq!(entry["MessageBody"], format!("{{\"index\":{}}}", entry["Id"].as_str().unwrap()));
        let carried = json!({ "traceparent": text(TRACEPARENT), "tracestate": text("vendor=yes") });
        assert_eq!(entry["MessageAttributes"], carried);
        let header = "Root=1-69000000-00000000000000000000000a;Parent=00000000000000b7;Sampled=1";
        assert_eq!(entry["MessageSystemAttributes"], json!({ "AWSTraceHeader": text(header) }));
    }
}

#[tokio::test]
async fn what_is_received_is_hidden_until_it_is_shown_or_removed() {
    let room = usual_room().await;
    let queue = queue(&room).await;
    let empty = Duration::ZERO;
    queue.send(&[3, 7], &sender(), |_| ()).await.unwrap();
    let mut received = queue.receive(10, Duration::from_secs(1), LEASE).await.unwrap();
    received.sort_by_key(|delivery| delivery.index);
    let [three, seven] = received.try_into().unwrap();
    assert_eq!((three.index, three.received, seven.index), (3, 1, 7));
    let span = three.context.span().span_context().clone();
    assert_eq!(propagation::traceparent(&three.context).as_deref(), Some(TRACEPARENT));
    assert_eq!((span.is_remote(), span.trace_state().get("vendor")), (true, Some("yes")));
    assert!(queue.receive(10, empty, LEASE).await.unwrap().is_empty());

    queue.hide_all(&[three.receipt.clone(), seven.receipt.clone()], LEASE).await.unwrap();
    queue.remove(&seven.receipt).await.unwrap();
    queue.hide(&three.receipt, Duration::ZERO).await.unwrap();
    let [again] = queue.receive(10, Duration::from_secs(1), LEASE).await.unwrap().try_into().unwrap();
    assert_eq!((again.index, again.received), (3, 2));
}

#[tokio::test]
async fn messages_of_a_hostile_hand_are_removed_and_bad_contexts_left_out() {
    let room = usual_room().await;
    let queue = queue(&room).await;
    let code = format!(
        r#"
sqs = boto3.client('sqs')
for body in ['', '{{}}', '{{"index": -1}}', '{{"index": 10000}}', '{{"index": "3"}}', 'x' * 200000, '[' * 5000]:
    sqs.send_message(QueueUrl='{url}', MessageBody=body or ' ')
sqs.send_message(QueueUrl='{url}', MessageBody='{{"index": 3, "more": 1}}', MessageAttributes={{'traceparent': {{'DataType': 'String', 'StringValue': 'x' * 9000}}}})
True
"#,
        url = queue.url()
    );
    aws().await.boto3(&code).await.unwrap();
    let mut found = Vec::new();
    while found.is_empty() {
        found = queue.receive(10, Duration::from_secs(1), LEASE).await.unwrap();
    }
    let [three] = found.try_into().unwrap();
    assert_eq!(three.index, 3);
    assert!(!three.context.span().span_context().is_valid());
    queue.remove(&three.receipt).await.unwrap();
    assert!(queue.receive(10, Duration::ZERO, LEASE).await.unwrap().is_empty());
    let removed = bodies(&room, "DeleteMessage").len();
    assert_eq!(removed, 8, "each is removed once");
}

#[tokio::test]
async fn what_sqs_leaves_unsent_is_sent_again() {
    let room = usual_room().await;
    let queue = queue(&room).await;
    let failed = json!({ "Successful": [], "Failed": [{ "Id": "1", "SenderFault": false, "Code": "InternalError" }] });
    let answer = Action::respond(200, &[("content-type", "application/x-amz-json-1.0")], failed.to_string());
    room.proxy.script([Rule::new(answer).target("SendMessageBatch").once()]);
    queue.send(&[0, 1, 2], &Context::new(), |_| ()).await.unwrap();
    let sent: Vec<usize> =
        bodies(&room, "SendMessageBatch").iter().map(|call| call["Entries"].as_array().unwrap().len()).collect();
    assert_eq!(sent, [3, 1]);
}

#[tokio::test]
async fn a_queue_that_is_gone_is_told_as_such_and_gone_for_good() {
    let room = usual_room().await;
    let queue = queue(&room).await;
    queue.delete().await.unwrap();
    queue.delete().await.unwrap();
    let error = queue.receive(1, Duration::ZERO, LEASE).await.unwrap_err();
    assert!(error.is_queue_gone(), "{error}");
    let error = queue.send(&[1], &Context::new(), |_| ()).await.unwrap_err();
    assert!(error.is_queue_gone(), "{error}");
}
