//! Where the spans of an agent go: X-Ray, OTLP over gRPC and HTTP, JSON lines, nowhere.

use crate::fixture::{Host, attribute, aws, named, spans, stop, until};
use serde_json::Value;
use spawn_test_support::OtlpReceiver;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(30);

fn tracing(lines: &str) -> String {
    format!("observability:\n  tracing:\n    enabled: true\n    sampling_rate: 1.0\n    {lines}\n")
}

#[tokio::test]
async fn stdout_prints_one_json_object_a_span_on_stderr() {
    let host = Host::with(&tracing("exporter: stdout")).aws(aws().await);
    let agent = host.run(&[]).await;
    until(&agent, "registered").await;
    let log = stop(agent).await;
    assert!(log.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()), "{log}");
    let spans = spans(&log);
    let boot = named(&spans, "spored boot");
    let put = named(&spans, "DynamoDB.PutItem");
    assert_eq!((&put["traceId"], &put["parentSpanId"]), (&boot["traceId"], &boot["spanId"]));
    for (key, value) in [
        ("aws.service", "dynamodb"),
        ("aws.operation", "PutItem"),
        ("aws.region", "us-east-1"),
        ("spawn.provider", "local"),
    ] {
        assert_eq!(attribute(put, key), Some(&Value::from(value)), "{put:#}");
    }
    assert_eq!(attribute(put, "error"), Some(&Value::from(false)));
    assert!(attribute(put, "aws.request_id").is_some() && attribute(put, "spawn.instance_id").is_some(), "{put:#}");
}

#[tokio::test]
async fn xray_gets_the_boot_as_a_segment_of_spored() {
    let host = Host::with(&tracing("exporter: xray")).aws(aws().await).env("SPAWN_INSTANCE_ID", "local-xray-test");
    let agent = host.run(&[]).await;
    until(&agent, "registered").await;
    stop(agent).await;
    let documents = aws().await.xray_documents().await.unwrap();
    let mine = |document: &&Value| document["annotations"]["spawn_instance_id"] == "local-xray-test";
    let documents: Vec<&Value> = documents.iter().filter(mine).collect();
    let boot = documents.iter().find(|document| document["metadata"]["spawn"]["name"] == "spored boot").unwrap();
    assert_eq!((&boot["name"], boot["parent_id"].is_null()), (&"spored".into(), true), "{boot:#}");
    assert!(documents.iter().any(|document| document["parent_id"] == boot["id"] && document["name"] == "DynamoDB"));
}

#[tokio::test]
async fn the_endpoint_key_moves_xray() {
    let recorder = spawn_test_support::FaultProxy::start(aws().await.moto_url()).unwrap();
    let lines = format!("exporter: xray\n    endpoint: {}", recorder.url());
    let host = Host::with(&tracing(&lines)).aws(aws().await);
    let agent = host.run(&[]).await;
    until(&agent, "registered").await;
    stop(agent).await;
    let paths: Vec<String> = recorder.requests().into_iter().map(|request| request.path).collect();
    assert!(paths.iter().any(|path| path == "/TraceSegments"), "{paths:?}");
}

#[tokio::test]
async fn otlp_reaches_a_receiver_over_grpc_and_over_http() {
    let receiver = OtlpReceiver::start().await.unwrap();
    for (protocol, endpoint) in [("grpc", receiver.grpc_endpoint()), ("http", receiver.http_endpoint())] {
        let lines = format!("exporter: otlp\n    endpoint: {endpoint}\n    otlp:\n      protocol: {protocol}");
        let id = format!("local-{protocol}");
        let host = Host::with(&tracing(&lines)).aws(aws().await).env("SPAWN_INSTANCE_ID", &id);
        let agent = host.run(&[]).await;
        until(&agent, "registered").await;
        stop(agent).await;
        receiver.wait_for_spans(1, PATIENCE).await.unwrap();
        let seen = receiver.spans().unwrap();
        let text = serde_json::to_string(&seen).unwrap();
        assert!(text.contains("spored boot") && text.contains(&id), "{protocol}: {text}");
    }
}

#[tokio::test]
async fn none_sends_nothing_and_still_gives_lines_their_ids() {
    let host = Host::with(&tracing("exporter: none")).aws(aws().await).env("SPAWN_INSTANCE_ID", "local-none-test");
    let agent = host.run(&["--log-format", "json"]).await;
    until(&agent, "registered").await;
    let log = stop(agent).await;
    let registered = log.lines().find(|line| line.contains("\"registered\"")).unwrap();
    let line: Value = serde_json::from_str(registered).unwrap();
    assert_eq!(line["trace_id"].as_str().unwrap().len(), 32, "{line}");
    let documents = aws().await.xray_documents().await.unwrap();
    assert!(!documents.iter().any(|document| document["annotations"]["spawn_instance_id"] == "local-none-test"));
}
