//! An array as large as there may be one: how many requests, how spread, how large.

use super::{LAUNCHED, LEASE, Room, array, attempt, ending, usual_room};
use opentelemetry::Context;
use serde_json::Value;
use spawn_cloud::arrays::{ArrayRecord, Attempt, Ending, MOST_TASKS, SHARDS, TaskQueue, TaskState};
use spawn_test_support::fault_proxy::{Action, Rule};
use std::cell::Cell;
use std::collections::BTreeMap;

/// Bytes of one answer to Query (Amazon DynamoDB Developer Guide, "Paginating table query results").
const PAGE: usize = 1_048_576;

fn calls(room: &Room, operation: &str) -> Vec<Value> {
    let requests = room.proxy.requests();
    let of = |target: &str| target.ends_with(&format!(".{operation}"));
    let calls = requests.iter().filter(|request| request.header("x-amz-target").is_some_and(of));
    calls.map(|request| serde_json::from_str(&request.text()).unwrap()).collect()
}

#[tokio::test]
async fn ten_thousand_tasks_are_written_in_batches_over_all_shards_and_read_in_seventeen_requests() {
    let room = usual_room().await;
    let array = array(MOST_TASKS);
    let told = Cell::new(0);
    room.store.create(&array, &[], |done| told.set(done)).await.unwrap();
    let batches = calls(&room, "BatchWriteItem");
    assert_eq!((batches.len(), told.get(), calls(&room, "PutItem").len()), (400, 10_000, 2));
    for batch in batches {
        let mut shards = BTreeMap::<String, u32>::new();
        for put in batch["RequestItems"][super::TABLE].as_array().unwrap() {
            *shards.entry(put["PutRequest"]["Item"]["PK"]["S"].as_str().unwrap().to_owned()).or_default() += 1;
        }
        assert!(shards.len() == SHARDS as usize && shards.values().all(|count| *count <= 2), "{shards:?}");
    }

    let before = room.proxy.requests().len();
    let found = room.store.find(&array.id).await.unwrap().unwrap();
    let mut indices = Vec::new();
    for shard in 0..SHARDS {
        indices.extend(room.store.shard(&found.id, shard).await.unwrap().tasks.into_iter().map(|task| task.index));
    }
    indices.sort_unstable();
    assert_eq!(indices, (0..MOST_TASKS).collect::<Vec<_>>());
    assert_eq!(room.proxy.requests().len() - before, 17);
}

#[tokio::test]
async fn ten_thousand_tasks_are_dispatched_in_a_thousand_calls() {
    let room = usual_room().await;
    let queue = TaskQueue::create(room.clients.sqs().clone(), &array(1).id, 1, LEASE).await.unwrap();
    let indices: Vec<u32> = (0..MOST_TASKS).collect();
    queue.send(&indices, &Context::new(), |_| ()).await.unwrap();
    assert_eq!(calls(&room, "SendMessageBatch").len(), 1_000);
}

#[tokio::test]
async fn a_shard_of_failed_tasks_with_long_reasons_fits_one_page() {
    let room = usual_room().await;
    let array = array(MOST_TASKS);
    room.store.create(&ArrayRecord { size: 1, ..array.clone() }, &[], |_| ()).await.unwrap();
    // Everything that a task holds, as long as it gets.
    let by = Attempt {
        owner: format!("local-{}/0123abcd", "h".repeat(64)),
        traceparent: array.traceparent.clone(),
        tracestate: Some("v".repeat(510) + "=1"),
    };
    let claimed = room.store.claim(&array, 0, &by, LAUNCHED, LEASE, true).await.unwrap().unwrap().task;
    let how = Ending {
        exit_code: Some(-1),
        reason: Some("ä".repeat(5_000)),
        output: Some(format!("s3://{}/arrays/{}/000000/output/", "b".repeat(63), array.id)),
        ..ending(TaskState::Failed)
    };
    let ended = room.store.end(&array, &claimed, LAUNCHED, &how).await.unwrap().unwrap();
    assert!(ended.reason.unwrap().len() <= 500);
    let [call] = calls(&room, "TransactWriteItems").try_into().unwrap();
    let item = &call["TransactItems"][0]["Put"]["Item"];
    let attribute = |(name, value): (&String, &Value)| {
        let (_, value) = value.as_object().unwrap().iter().next().unwrap();
        name.len() + value.as_str().map_or(1, str::len)
    };
    let size: usize = item.as_object().unwrap().iter().map(attribute).sum();
    let shard = size * (MOST_TASKS / SHARDS) as usize;
    assert!(shard < PAGE, "{size} bytes each are {shard} in a shard");
}

#[tokio::test]
async fn what_dynamodb_leaves_unwritten_is_written_again_and_a_throttled_launch_is_told_as_such() {
    let room = usual_room().await;
    let array = array(40);
    let unwritten = |count: usize| {
        let keys: Vec<Value> = (0..count)
            .map(|index| {
                serde_json::json!({ "PutRequest": { "Item": {
                "PK": { "S": format!("{}#{index}", array.id) }, "SK": { "S": format!("task#{index:06}") },
                "version": { "N": "0" }, "attempt": { "N": "0" }, "state": { "S": "pending" },
            } } })
            })
            .collect();
        let answer = serde_json::json!({ "UnprocessedItems": { (super::TABLE): keys } });
        Action::respond(200, &[("content-type", "application/x-amz-json-1.0")], answer.to_string())
    };
    room.proxy.script([Rule::new(unwritten(2)).target("BatchWriteItem").once()]);
    room.store.create(&array, &[], |_| ()).await.unwrap();
    let sizes: Vec<usize> = calls(&room, "BatchWriteItem")
        .iter()
        .map(|call| call["RequestItems"][super::TABLE].as_array().unwrap().len())
        .collect();
    assert_eq!(sizes.iter().sum::<usize>(), 42, "{sizes:?}");

    room.proxy.script([Rule::new(unwritten(1)).target("BatchWriteItem")]);
    let error = room.store.create(&super::array(1), &[], |_| ()).await.unwrap_err();
    assert!(error.is_throttled(), "{error}");
}

#[tokio::test]
async fn a_launch_that_was_interrupted_is_made_whole_by_another() {
    let room = usual_room().await;
    let array = array(60);
    room.proxy
        .script([Rule::new(Action::json_error(400, "ValidationException", "no")).target("BatchWriteItem").after(1)]);
    room.store.create(&array, &[], |_| ()).await.unwrap_err();
    assert_eq!(room.store.find(&array.id).await.unwrap(), None, "an array with a part of its tasks is none");
    room.proxy.script([]);
    room.store.create(&array, &[], |_| ()).await.unwrap();
    let claimed = room.store.claim(&array, 59, &attempt("i-1/a"), LAUNCHED, LEASE, true).await.unwrap();
    assert!(claimed.is_ok());
    assert_eq!(room.store.find(&array.id).await.unwrap(), Some(array));
}
