//! Tasks through their lives in a real table.

use super::{LAUNCHED, LEASE, Room, TABLE, array, attempt, ending, usual_room};
use crate::world::aws;
use spawn_cloud::AgentRecord;
use spawn_cloud::arrays::{ArrayRecord, Attempt, Counts, Ending, Refusal, TaskState};
use spawn_config::Provider;
use spawn_test_support::fault_proxy::{Action, Rule};
use std::collections::BTreeMap;
use std::time::Duration;

async fn created(room: &Room, size: u32) -> ArrayRecord {
    let array = array(size);
    room.store.create(&array, &[], |_| ()).await.unwrap();
    array
}

/// Operations that arrived, without those of `shown` earlier.
fn operations(room: &Room, shown: usize) -> Vec<String> {
    let requests = room.proxy.requests();
    let targets = requests[shown..].iter().filter_map(|request| request.header("x-amz-target"));
    targets.map(|target| target.rsplit('.').next().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_tasks_life_is_in_the_table_and_its_end_in_the_counts() {
    let room = usual_room().await;
    let array = created(&room, 40).await;
    let store = &room.store;
    assert_eq!(store.find(&array.id).await.unwrap().as_ref(), Some(&array));
    let by = Attempt { traceparent: array.traceparent.clone(), tracestate: Some("a=b".to_owned()), ..attempt("i-1/a") };

    let before = room.proxy.requests().len();
    let claimed = store.claim(&array, 17, &by, LAUNCHED, LEASE, true).await.unwrap().unwrap().task;
    let renewed = store.renew(&array, &claimed, LAUNCHED + 20_000, LEASE).await.unwrap().unwrap();
    let how = Ending { exit_code: Some(0), output: Some("s3://bucket/17/".to_owned()), ..ending(TaskState::Succeeded) };
    let ended = store.end(&array, &renewed, LAUNCHED + 30_000, &how).await.unwrap().unwrap();
    assert_eq!(operations(&room, before), ["PutItem", "PutItem", "TransactWriteItems"], "one request for each change");

    assert_eq!(renewed.lease_until, Some(LAUNCHED + 80_000));
    assert_eq!((ended.state, ended.exit_code, ended.attempt), (TaskState::Succeeded, Some(0), 1));
    assert_eq!((&ended.traceparent, &ended.tracestate), (&by.traceparent, &by.tracestate));
    assert_eq!(store.task(&array.id, 17).await.unwrap(), Some(ended.clone()));
    assert_eq!(store.shard(&array.id, 17).await.unwrap().tasks[1], ended);
    assert_eq!(store.counts(&array.id).await.unwrap(), Counts { succeeded: 1, ..Counts::default() });

    let again = store.claim(&array, 17, &by, LAUNCHED, LEASE, true).await.unwrap();
    assert_eq!(again, Err(Refusal::Ended(TaskState::Succeeded)));
    assert_eq!(store.claim(&array, 40, &by, LAUNCHED, LEASE, true).await.unwrap(), Err(Refusal::Unknown));
    let retried = store.retry(&array, &ended).await.unwrap().unwrap().after;
    assert_eq!((retried.state, retried.attempt), (TaskState::Pending, 1));
    let cancelled = store.cancel(&array, &retried, LAUNCHED).await.unwrap().unwrap().after;
    assert_eq!(cancelled.state, TaskState::Cancelled);
    assert_eq!(store.counts(&array.id).await.unwrap(), Counts { cancelled: 1, ..Counts::default() });
}

#[tokio::test]
async fn of_many_that_claim_a_task_at_once_one_has_it() {
    // ministack writes under a lock, as DynamoDB does; moto looks at a condition and writes later.
    let room = usual_room().await;
    let array = created(&room, 4).await;
    let claims = (0..32).map(|agent| {
        let (store, array) = (room.store.clone(), array.clone());
        // One owner for two: an agent may receive two copies of a message.
        let by = attempt(&format!("i-{}/a", agent / 8));
        tokio::spawn(async move { store.claim(&array, agent % 4, &by, LAUNCHED, LEASE, true).await.unwrap() })
    });
    let mut won = BTreeMap::new();
    for claim in claims.collect::<Vec<_>>() {
        if let Ok(claimed) = claim.await.unwrap() {
            assert_eq!(won.insert(claimed.task.index, claimed.task.attempt), None, "two have a task");
        }
    }
    assert_eq!(won, (0..4).map(|index| (index, 1)).collect());
}

#[tokio::test]
async fn ends_that_meet_on_one_counter_are_all_counted() {
    let room = usual_room().await;
    let array = created(&room, 160).await;
    // All of one shard.
    let tasks = (0..10).map(|number| number * 16).map(|index| {
        let (store, array) = (room.store.clone(), array.clone());
        tokio::spawn(async move {
            let by = attempt("i-1/a");
            let claimed = store.claim(&array, index, &by, LAUNCHED, LEASE, true).await.unwrap().unwrap();
            store.end(&array, &claimed.task, LAUNCHED, &ending(TaskState::Failed)).await.unwrap().unwrap();
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
    assert_eq!(room.store.counts(&array.id).await.unwrap(), Counts { failed: 10, ..Counts::default() });
}

#[tokio::test]
async fn a_write_whose_answer_was_lost_is_known_as_ones_own() {
    let room = usual_room().await;
    let array = created(&room, 2).await;
    let lost = |call| Rule::new(Action::TakeAndReset).target(call).once();
    room.proxy.script([lost("PutItem"), lost("TransactWriteItems")]);
    let by = attempt("i-1/a");
    let claimed = room.store.claim(&array, 0, &by, LAUNCHED, LEASE, true).await.unwrap().unwrap();
    assert_eq!((claimed.task.attempt, claimed.before.attempt), (1, 0));
    let how = ending(TaskState::Succeeded);
    room.store.end(&array, &claimed.task, LAUNCHED, &how).await.unwrap().unwrap();
    assert_eq!(room.store.counts(&array.id).await.unwrap().ended(), 1);
}

#[tokio::test]
async fn a_throttled_table_is_asked_again_and_then_told_as_throttled() {
    let room = usual_room().await;
    let array = created(&room, 2).await;
    let slower = Action::json_error(400, "ProvisionedThroughputExceededException", "slower");
    room.proxy.script([Rule::new(slower.clone()).target("PutItem").times(2)]);
    let by = attempt("i-1/a");
    let claimed = room.store.claim(&array, 0, &by, LAUNCHED, LEASE, true).await.unwrap().unwrap().task;

    room.proxy.script([Rule::new(slower).target("PutItem")]);
    let error = room.store.renew(&array, &claimed, LAUNCHED, LEASE).await.unwrap_err();
    assert!(error.is_throttled(), "{error}");

    let reasons = r#"{"__type":"TransactionCanceledException","message":"no","CancellationReasons":[{"Code":"None"},{"Code":"ThrottlingError"}]}"#;
    let cancelled = Action::respond(400, &[("x-amzn-errortype", "TransactionCanceledException")], reasons);
    room.proxy.script([Rule::new(cancelled.clone()).target("TransactWriteItems").times(2)]);
    let how = ending(TaskState::Failed);
    room.store.end(&array, &claimed, LAUNCHED, &how).await.unwrap().unwrap();
    room.proxy.script([Rule::new(cancelled).target("TransactWriteItems")]);
    let task = room.store.task(&array.id, 0).await.unwrap().unwrap();
    let error = room.store.retry(&array, &task).await.unwrap_err();
    assert!(error.is_throttled(), "{error}");
}

#[tokio::test]
async fn a_table_that_is_not_there_is_told_as_such() {
    let room = usual_room().await;
    let store = spawn_cloud::arrays::ArrayStore::new(room.clients.dynamodb().clone(), Some("nowhere".to_owned()));
    let error = store.find(&array(1).id).await.unwrap_err();
    assert!(error.is_table_missing() && !error.is_throttled(), "{error}");
}

#[tokio::test]
async fn parameters_are_read_by_task() {
    let room = usual_room().await;
    let array = ArrayRecord { has_params: true, ..array(3) };
    let params: Vec<_> = ["a", "", "ä"].map(|value| BTreeMap::from([("SAMPLE".to_owned(), value.to_owned())])).into();
    room.store.create(&array, &params, |_| ()).await.unwrap();
    for (index, params) in (0..).zip(&params) {
        assert_eq!(room.store.params(&array.id, index).await.unwrap(), *params);
    }
    assert_eq!(room.store.params(&array.id, 3).await.unwrap(), BTreeMap::new());
}

#[tokio::test]
async fn an_agent_is_in_the_array_until_after_it_has_left() {
    let room = usual_room().await;
    let array = created(&room, 1).await;
    let agent = AgentRecord {
        instance_id: "i-0abc".to_owned(),
        provider: Provider::Ec2,
        region: Some("us-east-1".to_owned()),
        address: None,
        instance_type: Some("c7g.large".to_owned()),
        spot: Some(true),
        slots: Some(8),
        version: "0.20.0".to_owned(),
        started_at: 1_790_000_000,
        last_seen: 1_790_000_000,
        left_at: None,
        traceparent: None,
        tracestate: None,
    };
    room.store.register_agent(&array, &agent).await.unwrap();
    let found = async || {
        let mut agents = Vec::new();
        for shard in 0..spawn_cloud::arrays::SHARDS {
            agents.extend(room.store.shard(&array.id, shard).await.unwrap().agents);
        }
        agents
    };
    assert_eq!(found().await, std::slice::from_ref(&agent));
    room.store.deregister_agent(&array, "i-0abc", 1_790_000_060).await.unwrap();
    let left = AgentRecord { last_seen: 1_790_000_060, left_at: Some(1_790_000_060), ..agent.clone() };
    assert_eq!(found().await, [left]);
    room.store.heartbeat_agent(&array, "i-0abc", 1_790_000_120).await.unwrap();
    assert_eq!(found().await, [AgentRecord { last_seen: 1_790_000_120, ..agent }]);
}

#[tokio::test]
async fn arrays_are_found_by_the_beginning_of_their_names_and_foreign_items_are_passed_over() {
    let room = usual_room().await;
    let first = created(&room, 1).await;
    let code = format!(
        "dynamodb = boto3.client('dynamodb')\ndynamodb.put_item(TableName='{TABLE}', Item={{'PK': {{'S': 'arrays'}}, 'SK': {{'S': '{}x'}}, 'size': {{'S': 'big'}}}})['ResponseMetadata']['HTTPStatusCode']",
        first.id
    );
    aws().await.boto3(&code).await.unwrap();
    assert_eq!(room.store.named(first.id.as_str()).await.unwrap(), std::slice::from_ref(&first));
    assert!(room.store.named("").await.unwrap().contains(&first));
    assert_eq!(room.store.named("nothing").await.unwrap(), []);
}

#[tokio::test]
async fn a_clock_that_is_off_is_told_by_the_answers() {
    let room = usual_room().await;
    let clock = spawn_cloud::arrays::ServerClock::default();
    let clients = room.clients.hearing(clock.clone());
    let own = clock.now();
    let late = Action::respond(400, &[("date", "Fri, 01 Jan 2027 00:00:00 GMT")], "{}");
    room.proxy.script([Rule::new(late).target("DescribeTable")]);
    spawn_cloud::Registry::new(clients.dynamodb().clone(), None).exists().await.unwrap_err();
    assert!((1_798_761_600_000 - clock.now()).abs() < 60_000, "AWS's time counts: {}", clock.now());
    room.proxy.script([]);
    spawn_cloud::Registry::new(clients.dynamodb().clone(), None).exists().await.unwrap();
    let passed = Duration::from_millis(u64::try_from(clock.now() - own).unwrap());
    assert!(passed < Duration::from_secs(60), "a clock that agrees is the host's own: {passed:?}");
}
