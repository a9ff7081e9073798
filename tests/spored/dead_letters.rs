//! What X-Ray refuses for good is set aside with the reason, is listed and shown, and goes out again when it is told to.

use crate::fixture::{Host, aws, stop, until};
use serde_json::Value;
use spawn_test_support::FaultProxy;
use spawn_test_support::fault_proxy::{Action, Rule};

const TRACED: &str = "observability: {tracing: {enabled: true, exporter: xray, sampling_rate: 1.0}}\n";

async fn letters(host: &Host, more: &[&str]) -> Vec<Value> {
    let (code, out, said) = host.command(&[&["trace", "dead-letters", "list", "-o", "json"], more].concat()).await;
    assert_eq!(code, 0, "{said}");
    serde_json::from_str(&out).unwrap()
}

fn number(status: &Value, name: &str) -> u64 {
    status["tracing"]["counters"][name].as_u64().unwrap()
}

fn rejected(status: &Value) -> u64 {
    status["tracing"]["counters"]["dropped"]["rejected"].as_u64().unwrap_or_default()
}

fn conserved(status: &Value) {
    let dropped = status["tracing"]["counters"]["dropped"].as_object().unwrap();
    let dropped: u64 = dropped.values().map(|number| number.as_u64().unwrap()).sum();
    let sum = number(status, "exported") + number(status, "queued") + dropped;
    assert_eq!(number(status, "created"), sum, "{status:#}");
}

#[tokio::test]
async fn refused_spans_are_set_aside_and_reach_x_ray_when_they_are_sent_again() {
    let aws = aws().await;
    let proxy = FaultProxy::start(aws.moto_url()).unwrap();
    let body = r#"{"UnprocessedTraceSegments": [{"ErrorCode": "InvalidSegment", "Message": "no\u001b[2J name"}]}"#;
    let refusing = Action::respond(200, &[("content-type", "application/json")], body);
    proxy.script([Rule::new(refusing).path("/TraceSegments")]);
    let host = Host::with(TRACED).aws(aws).env("AWS_ENDPOINT_URL_XRAY", proxy.url());
    let agent = host.run(&["--heartbeat", "1h"]).await;
    until(&agent, "registered").await;
    let all_refused = |status: &Value| number(status, "created") > 1 && rejected(status) == number(status, "created");
    let status = host.status_when("refusal of all", all_refused).await;
    conserved(&status);
    let refused = number(&status, "created");
    assert_eq!(number(&status, "set_aside"), refused, "{status:#}");

    let found = letters(&host, &[]).await;
    assert_eq!(found.len() as u64, refused, "{found:#?}");
    let told = ["exporter", "reason", "code", "message"].map(|key| found[0][key].as_str().unwrap());
    assert_eq!(
        told,
        ["xray", "rejected", "InvalidSegment", "X-Ray has refused a document: InvalidSegment: no [2J name"]
    );
    assert_eq!(letters(&host, &["--reason", "too_large"]).await, Vec::<Value>::new());
    let boot = found.iter().find(|letter| letter["name"] == "spored boot").unwrap();
    let (id, trace) = (boot["id"].as_str().unwrap(), boot["trace_id"].as_str().unwrap());
    let (code, page, _) = host.command(&["trace", "dead-letters", "show", id]).await;
    assert_eq!(code, 0);
    assert!(page.contains("InvalidSegment") && page.contains("\"resourceSpans\""), "{page}");

    proxy.script([]);
    let xray_id = format!("1-{}-{}", &trace[..8], &trace[8..]);
    let (code, out, said) = host.command(&["trace", "dead-letters", "retry", "--trace", &xray_id]).await;
    assert_eq!((code, said.as_str()), (0, ""));
    assert!(out.ends_with(" queued again, as new spans\n"), "{out}");
    assert_eq!(letters(&host, &["--trace", &xray_id]).await, Vec::<Value>::new());
    let (code, out, said) = host.command(&["flush"]).await;
    assert_eq!((code, out.ends_with(", 0 left\n")), (0, true), "{out}{said}");
    let documents = aws.xray_documents().await.unwrap();
    for letter in found.iter().filter(|letter| letter["trace_id"] == trace) {
        assert!(documents.iter().any(|document| document.to_string().contains(letter["span_id"].as_str().unwrap())));
    }
    let status = host.status().await;
    conserved(&status);
    assert_eq!(number(&status, "created"), refused + number(&status, "exported"), "{status:#}");
    stop(agent).await;
}

#[tokio::test]
async fn letters_outlive_the_agent_and_are_dropped_without_one() {
    let aws = aws().await;
    let proxy = FaultProxy::start(aws.moto_url()).unwrap();
    proxy.script([Rule::new(Action::json_error(400, "InvalidRequestException", "bad")).path("/TraceSegments")]);
    let host = Host::with(TRACED).aws(aws).env("AWS_ENDPOINT_URL_XRAY", proxy.url());
    assert_eq!(host.command(&["trace", "dead-letters", "list"]).await.1, "no dead letters\n");
    let agent = host.run(&["--heartbeat", "1h"]).await;
    until(&agent, "registered").await;
    host.status_when("letter", |status| number(status, "set_aside") > 0).await;
    stop(agent).await;
    let before = letters(&host, &[]).await;
    let (code, _, said) = host.command(&["trace", "dead-letters", "retry", "--all"]).await;
    assert_eq!(code, 1);
    assert!(said.contains("no spored is running here"), "{said}");
    let id = before[0]["id"].as_str().unwrap();
    assert_eq!(host.command(&["trace", "dead-letters", "drop", id]).await.1, "1 dropped\n");
    let (code, _, said) = host.command(&["trace", "dead-letters", "drop", id]).await;
    assert_eq!(code, 1);
    assert!(said.contains("no such dead letter"), "{said}");
    assert_eq!(host.command(&["trace", "dead-letters", "drop"]).await.0, 2);
    assert_eq!(letters(&host, &[]).await[..], before[1..]);
}

#[tokio::test]
async fn nothing_is_sent_again_where_nothing_is_exported() {
    let host = Host::with("").aws(aws().await);
    let agent = host.run(&[]).await;
    let (code, _, said) = host.command(&["trace", "dead-letters", "retry", "--all"]).await;
    assert_eq!(code, 1);
    assert!(said.contains("nothing is exported"), "{said}");
    stop(agent).await;
}
