//! `spawn extend`: the tag that it writes, and an instance that ends at the new time.

use crate::fixture::{aws, instance, json, only_instance, spawn, spored, tag};
use serde_json::Value;
use spawn_test_support::{Aws, FaultProxy, MachineRoom};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(60);

async fn launched(aws: &Aws, name: &str, more: &[&str]) -> String {
    let line = ["launch", "--instance-type", "t3.micro", "--name", name, "-o", "json"];
    only_instance(&json(&spawn(aws).args(line).args(more).run().await.unwrap()))
}

#[tokio::test]
async fn an_extended_instance_ends_at_the_new_time_and_not_at_the_old() {
    let aws = Aws::start().await.unwrap();
    let room = MachineRoom::start(&aws, &spored(), &[]).unwrap();
    let id = launched(&aws, "longer", &["--ttl", "15s"]).await;
    let extended = json(&spawn(&aws).args(["extend", "longer", "5s", "-o", "json"]).run().await.unwrap());
    assert_eq!((&extended[0]["instance_id"], &extended[0]["ttl"]), (&id.as_str().into(), &"20s".into()), "{extended}");
    let end: jiff::Timestamp = extended[0]["ends_at"].as_str().unwrap().parse().unwrap();
    room.wait_for_exit(&id, PATIENCE).await.unwrap();
    assert!(jiff::Timestamp::now() >= end, "the agent ended before {end}:\n{}", room.log(&id));
    assert_eq!(instance(&aws, &id).await["State"]["Name"], "terminated");
}

#[tokio::test]
async fn several_are_extended_each_from_its_own_time() {
    let aws = aws().await;
    let (one, other) =
        (launched(aws, "both-1", &["--ttl", "1h"]).await, launched(aws, "both-2", &["--ttl", "1d"]).await);
    let output = spawn(aws).args(["extend", "both-*", "30m"]).run().await.unwrap();
    assert_eq!(output.status, 0, "{}", output.stderr);
    assert!(output.stdout.contains("1h30m") && output.stdout.contains("1d30m"), "{}", output.stdout);
    assert_eq!(tag(&instance(aws, &one).await, "spawn:ttl"), Some("1h30m"));
    assert_eq!(tag(&instance(aws, &other).await, "spawn:ttl"), Some("1d30m"));
}

#[tokio::test]
async fn without_a_time_to_live_nothing_is_written_and_the_message_says_how_to_set_one() {
    let aws = aws().await;
    let (timed, id) = (launched(aws, "mixed-1", &["--ttl", "1h"]).await, launched(aws, "mixed-2", &[]).await);
    let output = spawn(aws).args(["extend", "mixed-*", "30m"]).run().await.unwrap();
    assert_eq!(output.status, 2, "{}", output.stderr);
    assert!(output.stderr.contains(&format!("`spawn extend {id} --ttl 8h` sets one")), "{}", output.stderr);
    assert_eq!(tag(&instance(aws, &timed).await, "spawn:ttl"), Some("1h"));
    let set = json(&spawn(aws).args(["extend", &id, "--ttl", "8h", "-o", "json"]).run().await.unwrap());
    assert_eq!(set[0]["ttl"], "8h");
    assert_eq!(tag(&instance(aws, &id).await, "spawn:ttl"), Some("8h"));
}

#[tokio::test]
async fn a_time_that_is_none_is_refused_before_any_call() {
    let aws = aws().await;
    let recorder = FaultProxy::start(aws.moto_url()).unwrap();
    for (line, part) in [
        (&["extend", "web", "soon"][..], "\"soon\" is no time to add"),
        (&["extend", "web", "5 minutes"], "\"5 minutes\" is no time to add"),
        (&["extend"], "say by how much"),
        (&["extend", "2h"], "no instances chosen"),
        (&["extend", "i-xyz", "2h"], "an instance id is i-"),
        (&["extend", "web", "--ttl", "-1h"], "-1h"),
    ] {
        let output = spawn(aws).args(line).env("AWS_ENDPOINT_URL", recorder.url()).run().await.unwrap();
        assert_eq!(output.status, 2, "{line:?}: {}", output.stderr);
        assert!(output.stderr.contains(part), "{line:?}: {}", output.stderr);
    }
    assert_eq!(recorder.requests().len(), 0);
}

#[tokio::test]
async fn an_end_in_the_past_is_refused_and_one_that_was_outlived_counts_from_now() {
    let aws = aws().await;
    let id = launched(aws, "outlived", &["--ttl", "1s"]).await;
    // No machine room is here, so nothing has ended it.
    let ended = async || {
        let status: Value = json(&spawn(aws).args(["status", &id, "-o", "json"]).run().await.unwrap());
        let end: jiff::Timestamp = status["ends_at"].as_str().unwrap().parse().unwrap();
        end < jiff::Timestamp::now()
    };
    while !ended().await {}
    let past = spawn(aws).args(["extend", &id, "--ttl", "1s"]).run().await.unwrap();
    assert_eq!(past.status, 2, "{}", past.stderr);
    assert!(past.stderr.contains("would be over already"), "{}", past.stderr);
    let before = jiff::Timestamp::now();
    let extended = json(&spawn(aws).args(["extend", &id, "1h", "-o", "json"]).run().await.unwrap());
    let end: jiff::Timestamp = extended[0]["ends_at"].as_str().unwrap().parse().unwrap();
    assert!(end >= before + jiff::SignedDuration::from_mins(59), "{extended}");
}
