//! `spawn status`: a page of one instance, with what its tags make of the settings, and the sum of all.

use crate::fixture::{json, only_instance, spawn, spored};
use serde_json::{Value, json};
use spawn_test_support::{Aws, MachineRoom};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn the_page_shows_the_instance_its_agent_its_settings_and_its_cost() {
    let aws = Aws::start().await.unwrap();
    let room = MachineRoom::start(&aws, &spored(), &[]).unwrap();
    let line =
        ["launch", "--instance-type", "t3.micro", "--name", "paged", "--ttl", "8h", "--wait", "agent", "-o", "json"];
    let tags = [
        "--tag",
        "spawn:idle-timeout=30m",
        "--tag",
        "spawn:tracing-exporter=otlp",
        "--tag",
        "spawn:tracing-sampling=0.5",
    ];
    let id = only_instance(&json(&spawn(&aws).args(line).args(tags).run().await.unwrap()));
    // Written past spawn, as anybody with the console can.
    let bad = format!(
        "boto3.client('ec2').create_tags(Resources=['{id}'], Tags=[{{'Key': 'spawn:on-complete', 'Value': 'explode'}}])"
    );
    aws.boto3(&bad).await.unwrap();

    let status = json(&spawn(&aws).args(["status", "paged", "-o", "json"]).run().await.unwrap());
    let settings = &status["settings"];
    let shown = json!({
        "id": status["instance_id"], "ttl": settings["ttl"], "idle": settings["idle-timeout"],
        "exporter": settings["tracing-exporter"], "sampling": settings["tracing-sampling"], "on": status["tracing_on"],
        "complete": settings["on-complete"], "hour": status["usd_per_hour"], "version": status["agent"]["version"],
    });
    let expected = json!({
        "id": id, "ttl": "8h", "idle": "30m", "exporter": "otlp", "sampling": "0.5", "on": false,
        "complete": settings["on-complete"], "hour": 0.0104, "version": env!("CARGO_PKG_VERSION"),
    });
    assert_eq!(shown, expected, "{status:#}");
    assert_ne!(settings["on-complete"], "explode");
    let refused = status["refused_tags"].as_array().unwrap();
    assert!(refused.len() == 1 && refused[0].as_str().unwrap().contains("explode"), "{refused:?}");
    assert!(status["agent"]["last_seen"].is_string(), "{status:#}");

    let page = spawn(&aws).args(["status", &id]).run().await.unwrap();
    for part in [
        "paged",
        "t3.micro, on demand",
        "8h from the launch",
        "30m",
        "off",
        "spored ",
        "$0.0104/h",
        "list price of 2026-07-20",
    ] {
        assert!(page.stdout.contains(part), "no {part:?} in {}", page.stdout);
    }
    assert!(page.stderr.contains("explode"), "{}", page.stderr);
    room.stop(PATIENCE).await.unwrap();
}

#[tokio::test]
async fn the_sum_counts_states_and_cost() {
    let aws = Aws::start().await.unwrap();
    let empty = json(&spawn(&aws).args(["status", "-o", "json"]).run().await.unwrap());
    assert_eq!((&empty["instances"], &empty["usd_per_hour"]), (&0.into(), &0.0.into()));
    let line = ["launch", "--instance-type", "t3.micro", "--count", "3", "--name", "summed", "-o", "json"];
    let launched = json(&spawn(&aws).args(line).run().await.unwrap());
    let first = launched["instances"][0]["instance_id"].as_str().unwrap();
    json(&spawn(&aws).args(["stop", first, "--yes", "--wait", "-o", "json"]).run().await.unwrap());
    let sum = json(&spawn(&aws).args(["status", "-o", "json"]).run().await.unwrap());
    assert_eq!((&sum["instances"], &sum["states"]), (&3.into(), &json!({ "running": 2, "stopped": 1 })));
    assert_eq!(sum["usd_per_hour"], 0.0208);
    let page = spawn(&aws).arg("status").run().await.unwrap().stdout;
    let lines: Vec<Vec<&str>> = page.lines().map(|line| line.split_whitespace().take(2).collect()).collect();
    assert_eq!(lines[..2], [vec!["running", "2"], vec!["stopped", "1"]], "{page}");
}

#[tokio::test]
async fn a_name_that_nothing_has_is_an_error_that_says_where_to_look() {
    let aws = crate::fixture::aws().await;
    let output = spawn(aws).args(["status", "no-such-name"]).run().await.unwrap();
    assert_eq!((output.status, output.stdout.as_str()), (1, ""), "{}", output.stderr);
    assert!(output.stderr.contains("no instance has the name no-such-name; `spawn list`"), "{}", output.stderr);
}

#[tokio::test]
async fn a_registry_that_cannot_be_asked_does_not_hide_the_page() {
    let aws = Aws::start().await.unwrap();
    let line = ["launch", "--instance-type", "t3.micro", "--name", "alone", "-o", "json"];
    json(&spawn(&aws).args(line).run().await.unwrap());
    let refused = spawn_test_support::fault_proxy::Action::json_error(400, "AccessDeniedException", "not you");
    let proxy = spawn_test_support::FaultProxy::start(aws.ministack_url()).unwrap();
    proxy.script([spawn_test_support::fault_proxy::Rule::new(refused)]);
    let status = spawn(&aws).args(["status", "alone", "-o", "json"]).env("AWS_ENDPOINT_URL_DYNAMODB", proxy.url());
    let status: Value = json(&status.run().await.unwrap());
    assert!(status["agent"]["error"].as_str().unwrap().contains("AccessDeniedException"), "{status:#}");
}
