//! `spawn tracing`: tags that switch a running agent, for a time, without a restart.

use crate::fixture::{aws, instance, json, only_instance, spawn, spored, tag};
use serde_json::{Value, json};
use spawn_test_support::{Aws, MachineRoom, Program};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(60);

async fn launched(aws: &Aws, name: &str, more: &[&str]) -> String {
    let line = ["launch", "--instance-type", "t3.micro", "--name", name, "-o", "json"];
    only_instance(&json(&spawn(aws).args(line).args(more).run().await.unwrap()))
}

/// The X-Ray documents that the instance's agent has sent.
async fn spans(aws: &Aws, id: &str) -> Vec<Value> {
    let documents = aws.xray_documents().await.unwrap().into_iter();
    documents.filter(|document| document["annotations"]["spawn_instance_id"] == id).collect()
}

#[tokio::test]
async fn time_boxed_tracing_yields_spans_until_its_end_and_none_after_without_a_restart() {
    let aws = Aws::start().await.unwrap();
    let room = MachineRoom::start(&aws, &spored(), &[]).unwrap();
    let id = launched(&aws, "quiet", &["--wait", "agent"]).await;
    let pid = room.wait_for_boot(&id, PATIENCE).await.unwrap().pid;
    let agent = Program::new(spored()).env("SPORED_SOCKET", room.socket(&id));
    let status = async || json(&agent.clone().args(["status", "-o", "json"]).run().await.unwrap());
    let reload = async || assert_eq!(agent.clone().arg("reload").run().await.unwrap().status, 0);
    reload().await;
    assert_eq!(spans(&aws, &id).await, Vec::<Value>::new(), "tracing is off at the launch");

    let line = ["tracing", "on", "quiet", "--for", "10s", "--sampling", "1.0", "-o", "json"];
    let on = json(&spawn(&aws).args(line).run().await.unwrap());
    let until: jiff::Timestamp = on[0]["until"].as_str().unwrap().parse().unwrap();
    let expected = json!([{
        "instance_id": id, "name": "quiet", "tracing_on": true, "sampling": 1.0, "exporter": "xray",
        "endpoint": null, "until": until.to_string(), "refused_tags": [],
    }]);
    assert_eq!(on, expected);
    while spans(&aws, &id).await.is_empty() {
        assert!(jiff::Timestamp::now() < until, "no span came while tracing was on:\n{}", room.log(&id));
    }

    while status().await["tracing"]["enabled"] == true {}
    assert!(jiff::Timestamp::now() >= until, "tracing ended before {until}");
    reload().await;
    assert_eq!(room.wait_for_boot(&id, PATIENCE).await.unwrap().pid, pid, "the agent was not restarted");
    room.stop(PATIENCE).await.unwrap();

    let spans = spans(&aws, &id).await;
    let start = |span: &Value| span["start_time"].as_f64().unwrap();
    let end = until.as_second() as f64;
    let late: Vec<&Value> = spans.iter().filter(|span| start(span) > end + 1.0).collect();
    assert!(late.is_empty(), "{late:#?}");
    // The end is ten seconds, and less than one more, after the switch.
    let first = spans.iter().find(|span| span["metadata"]["spawn"]["name"] == "settings changed").unwrap();
    assert!(start(first) <= end - 10.0 + 5.0, "the first span came too late: {first:#}");
}

#[tokio::test]
async fn on_and_off_write_the_tags_and_take_the_end_away() {
    let aws = aws().await;
    let id = launched(aws, "switched", &[]).await;
    let line = ["tracing", "on", &id, "--for", "15m", "--exporter", "otlp", "--endpoint", "http://127.0.0.1:4317"];
    let on = spawn(aws).args(line).run().await.unwrap();
    assert_eq!(on.status, 0, "{}", on.stderr);
    let now = instance(aws, &id).await;
    let tags =
        ["enabled", "exporter", "endpoint"].map(|key| tag(&now, &format!("spawn:tracing-{key}")).map(str::to_owned));
    assert_eq!(tags, ["true", "otlp", "http://127.0.0.1:4317"].map(|value| Some(value.to_owned())));
    let until: jiff::Timestamp = tag(&now, "spawn:tracing-until").unwrap().parse().unwrap();
    assert!(until > jiff::Timestamp::now() + jiff::SignedDuration::from_mins(13));

    // Without a time it stays on, whatever was said before, and says so.
    let stays = spawn(aws).args(["tracing", "on", "switched"]).run().await.unwrap();
    assert_eq!((stays.status, tag(&instance(aws, &id).await, "spawn:tracing-until")), (0, None), "{}", stays.stderr);
    assert!(stays.stderr.contains("stays on until `spawn tracing off`"), "{}", stays.stderr);

    let off = json(&spawn(aws).args(["tracing", "off", &id, "-o", "json"]).run().await.unwrap());
    assert_eq!((&off[0]["tracing_on"], &off[0]["until"]), (&false.into(), &Value::Null));
    let status = json(&spawn(aws).args(["tracing", "status", "switched", "-o", "json"]).run().await.unwrap());
    assert_eq!(status, off);
    assert_eq!(tag(&instance(aws, &id).await, "spawn:tracing-enabled"), Some("false"));
}

#[tokio::test]
async fn an_array_is_switched_as_one() {
    let aws = aws().await;
    let line = ["--count", "3", "--tag", "spawn:array-id=switch-array", "-o", "json"];
    json(&spawn(aws).args(["launch", "--instance-type", "t3.micro"]).args(line).run().await.unwrap());
    let on = spawn(aws).args(["tracing", "on", "--array", "switch-array", "--for", "1h", "-o", "json"]);
    let on = json(&on.run().await.unwrap());
    let states: Vec<&Value> = on.as_array().unwrap().iter().map(|row| &row["tracing_on"]).collect();
    assert_eq!(states, [true, true, true]);
}

#[tokio::test]
async fn what_the_agent_would_not_take_is_refused_and_nothing_is_written() {
    let aws = aws().await;
    let id = launched(aws, "unswitched", &[]).await;
    for (flags, part) in [
        (["--sampling", "1.5"], "spawn:tracing-sampling"),
        (["--sampling", "-1"], "spawn:tracing-sampling"),
        (["--exporter", "zipkin"], "spawn:tracing-exporter"),
        (["--endpoint", "not a url"], "spawn:tracing-endpoint"),
        (["--for", "5 minutes"], "5 minutes"),
    ] {
        let output = spawn(aws).args(["tracing", "on", &id]).args(flags).run().await.unwrap();
        assert_eq!(output.status, 2, "{flags:?}: {}", output.stderr);
        assert!(output.stderr.contains(part), "{flags:?}: {}", output.stderr);
    }
    assert_eq!(tag(&instance(aws, &id).await, "spawn:tracing-enabled"), None);
}
