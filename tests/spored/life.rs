//! How an instance's time ends, in a room of machines: extended, idle, or taken back by EC2.

use crate::fixture::{PATIENCE, table};
use crate::instance::{run_instances, state};
use serde_json::Value;
use spawn_test_support::{Aws, MachineRoom, wait_until};
use std::path::Path;
use tokio::sync::OnceCell;

/// An AWS of its own, because the room boots an agent for every managed instance in it.
static ROOM: OnceCell<(Aws, MachineRoom)> = OnceCell::const_new();

async fn room() -> &'static (Aws, MachineRoom) {
    ROOM.get_or_init(|| async {
        let aws = Aws::start().await.unwrap();
        assert_eq!(table(&aws, "spawn-job-arrays").await, "spawn-job-arrays");
        let room = MachineRoom::start(&aws, Path::new(env!("CARGO_BIN_EXE_spored")), &[]).unwrap();
        (aws, room)
    })
    .await
}

/// Launches an instance that the room boots an agent for, with tracing to X-Ray and these tags.
async fn launch(aws: &Aws, tags: &[(&str, &str)], more: &str) -> String {
    let all = [("spawn:managed", "true"), ("spawn:tracing-enabled", "true"), ("spawn:tracing-sampling", "1.0")];
    let pairs: Vec<String> =
        all.iter().chain(tags).map(|(key, value)| format!("{{'Key': '{key}', 'Value': '{value}'}}")).collect();
    let arguments = format!(
        "MetadataOptions={{'InstanceMetadataTags': 'enabled', 'HttpTokens': 'required'}}, \
         TagSpecifications=[{{'ResourceType': 'instance', 'Tags': [{}]}}], {more}",
        pairs.join(", ")
    );
    run_instances(aws, &arguments).await
}

/// The X-Ray documents of an instance's agent.
async fn documents(aws: &Aws, id: &str) -> Vec<Value> {
    let all = aws.xray_documents().await.unwrap();
    let mine: Vec<&Value> = all.iter().filter(|document| document["annotations"]["spawn_instance_id"] == id).collect();
    let traces: Vec<&Value> = mine.iter().map(|document| &document["trace_id"]).collect();
    all.iter().filter(|document| traces.contains(&&document["trace_id"])).cloned().collect()
}

/// The document of the one span of this name.
#[track_caller]
fn one<'a>(documents: &'a [Value], name: &str) -> &'a Value {
    // A segment has the service's name, and that of its span beside it.
    let named = |document: &&Value| document["name"] == name || document["metadata"]["spawn"]["name"] == name;
    let found: Vec<&Value> = documents.iter().filter(named).collect();
    assert_eq!(found.len(), 1, "{name} in {documents:#?}");
    found[0]
}

fn seconds(document: &Value, attribute: &str) -> u64 {
    document["metadata"]["spawn"][attribute].as_u64().unwrap_or_else(|| panic!("no {attribute} in {document:#}"))
}

#[tokio::test]
async fn a_time_to_live_that_is_extended_ends_the_instance_at_the_new_time() {
    let (aws, room) = room().await;
    let id = launch(aws, &[("spawn:ttl", "20s")], "").await;
    room.wait_for_log(&id, PATIENCE, |log| log.contains("the time to live is set").then_some(())).await.unwrap();
    let extend =
        format!("boto3.client('ec2').create_tags(Resources=['{id}'], Tags=[{{'Key': 'spawn:ttl', 'Value': '26s'}}])");
    aws.boto3(&extend).await.unwrap();
    assert_eq!(room.wait_for_exit(&id, PATIENCE).await.unwrap(), 0);
    assert_eq!(state(aws, &id).await, "terminated");
    let documents = documents(aws, &id).await;
    let end = one(&documents, "lifecycle ttl");
    assert_eq!(end["metadata"]["spawn"]["spawn.ttl"], "26s", "{end:#}");
    let age = seconds(end, "spawn.age_seconds");
    assert!((26..PATIENCE.as_secs()).contains(&age), "{age} s after the launch");
}

#[tokio::test]
async fn an_idle_instance_ends_after_its_timeout() {
    let (aws, room) = room().await;
    // This machine is busy with tests, so nothing but everything counts as idle here.
    let most = u64::MAX.to_string();
    let tags = [
        ("spawn:idle-timeout", "3s"),
        ("spawn:idle-cpu-percent", "100"),
        ("spawn:idle-network-bytes", &most),
        ("spawn:idle-disk-bytes", &most),
        ("spawn:idle-sessions", "ignore"),
    ];
    let id = launch(aws, &tags, "").await;
    assert_eq!(room.wait_for_exit(&id, PATIENCE).await.unwrap(), 0);
    assert_eq!(state(aws, &id).await, "terminated");
    let documents = documents(aws, &id).await;
    let end = one(&documents, "lifecycle idle");
    let said = &end["metadata"]["spawn"];
    assert_eq!(
        (&said["spawn.reason"], &said["spawn.lifecycle.action"], &said["spawn.idle_timeout"]),
        (&"idle".into(), &"terminate".into(), &"3s".into())
    );
    assert!((3..30).contains(&seconds(end, "spawn.idle_seconds")), "{end:#}");
    let call = documents.iter().find(|document| document["parent_id"] == end["id"]).unwrap();
    assert_eq!(call["aws"]["operation"], "TerminateInstances");
}

#[tokio::test]
async fn a_spot_notice_is_met_once_and_the_agent_stays_until_ec2_ends_the_instance() {
    let (aws, room) = room().await;
    let id = launch(aws, &[], "InstanceMarketOptions={'MarketType': 'spot'}").await;
    room.wait_for_log(&id, PATIENCE, |log| log.contains("registered").then_some(())).await.unwrap();
    let registered = format!(
        "len(boto3.client('dynamodb').scan(TableName='spawn-job-arrays', FilterExpression='SK = :sk', \
         ExpressionAttributeValues={{':sk': {{'S': 'agent#{id}'}}}})['Items'])"
    );
    assert_eq!(aws.boto3(&registered).await.unwrap(), 1);

    room.with_imds(&id, |imds| imds.show_spot_notice(Some("soon"))).unwrap();
    room.wait_for_log(&id, PATIENCE, |log| log.contains("no notice can be read").then_some(())).await.unwrap();
    let since = format!("{:.0}", jiff::Timestamp::now());
    let time = format!("{:.0}", jiff::Timestamp::now() + jiff::SignedDuration::from_mins(2));
    room.with_imds(&id, |imds| {
        imds.recommend_rebalance(&since);
        imds.give_spot_notice("terminate", &time);
    })
    .unwrap();
    let ready = |log: &str| log.contains("ready for the interruption").then_some(());
    room.wait_for_log(&id, PATIENCE, ready).await.unwrap();
    let looks = || {
        let requests = room.with_imds(&id, spawn_test_support::Imds::requests).unwrap();
        requests.iter().filter(|request| request.ends_with("/spot/instance-action")).count()
    };
    let before = looks();
    wait_until("two more looks at the notice", PATIENCE, || (looks() >= before + 2).then_some(())).await.unwrap();
    // What was made before the interruption is with X-Ray already, and the registry knows.
    let delivered = documents(aws, &id).await;
    assert_eq!(one(&delivered, "lifecycle spot")["metadata"]["spawn"]["spawn.notice.time"], time.as_str());
    assert_eq!(one(&delivered, "lifecycle spot")["metadata"]["spawn"]["spawn.notice.action"], "terminate");
    assert_eq!(one(&delivered, "lifecycle rebalance")["metadata"]["spawn"]["spawn.notice.time"], since.as_str());
    assert_eq!(aws.boto3(&registered).await.unwrap(), 0);
    assert_eq!(state(aws, &id).await, "running");

    aws.boto3(&format!("boto3.client('ec2').terminate_instances(InstanceIds=['{id}'])")).await.unwrap();
    assert_eq!(room.wait_for_exit(&id, PATIENCE).await.unwrap(), 0);
    let log = room.log(&id);
    assert!(log.contains("spored has stopped") && log.contains("\"left\":0"), "{log}");
    let documents = documents(aws, &id).await;
    assert_eq!(one(&documents, "spored stop")["parent_id"], one(&documents, "lifecycle spot")["id"]);
}
