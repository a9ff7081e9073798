//! Where the spans of an agent go: X-Ray, OTLP over gRPC and HTTP, JSON lines, nowhere.

use crate::fixture::{Host, attribute, aws, named, spans, stop, until};
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;

mod otlp;

fn tracing(lines: &str) -> String {
    format!("observability:\n  tracing:\n    enabled: true\n    sampling_rate: 1.0\n    {lines}\n")
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
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
    let documents = documents("local-xray-test").await;
    let boot = documents.iter().find(|document| document["metadata"]["spawn"]["name"] == "spored boot").unwrap();
    assert_eq!((&boot["name"], boot["parent_id"].is_null()), (&"spored".into(), true), "{boot:#}");
    let put = documents.iter().find(|document| document["name"] == "DynamoDB").unwrap();
    assert_eq!(
        json!([put["parent_id"], put["type"], put["namespace"], put["aws"]["operation"], put["aws"]["table_name"]]),
        json!([boot["id"], "subsegment", "aws", "PutItem", "spawn-job-arrays"]),
        "{put:#}"
    );
    // X-Ray indexes 50 annotations a trace.
    let annotations = documents.iter().map(|document| document["annotations"].as_object().map_or(0, |them| them.len()));
    assert!(annotations.sum::<usize>() <= 50, "{documents:#?}");
}

/// The documents that X-Ray has of this host.
async fn documents(id: &str) -> Vec<Value> {
    let all = aws().await.xray_documents().await.unwrap();
    // A trace has each annotation once.
    let mine = all.iter().filter(|document| document["annotations"]["spawn_instance_id"] == id);
    let traces: Vec<&Value> = mine.map(|document| &document["trace_id"]).collect();
    all.iter().filter(|document| traces.contains(&&document["trace_id"])).cloned().collect()
}

#[tokio::test]
async fn a_call_without_an_answer_is_a_fault_in_xray() {
    let host = Host::with(&tracing("exporter: xray")).aws(aws().await).env("SPAWN_INSTANCE_ID", "local-no-answer");
    let host = host.env("AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:1");
    let agent = host.run(&[]).await;
    until(&agent, "not registered").await;
    stop(agent).await;
    let documents = documents("local-no-answer").await;
    let put = documents.iter().find(|it| it["name"] == "DynamoDB" && it["aws"]["operation"] == "PutItem").unwrap();
    assert_eq!(
        json!([put["fault"], put["error"], put["http"]["response"], put["cause"]["exceptions"][0]["type"]]),
        json!([true, null, null, "connection"]),
        "{put:#}"
    );
}

#[tokio::test]
async fn a_document_over_64_kb_is_cut_and_taken_by_xray() {
    let attributes: String = (0..20).map(|key| format!("\n      key{key}: {}", "x".repeat(4_000))).collect();
    let host = Host::with(&tracing(&format!("exporter: xray\n    attributes:{attributes}"))).aws(aws().await);
    let agent = host.env("SPAWN_INSTANCE_ID", "local-large").run(&[]).await;
    until(&agent, "registered").await;
    stop(agent).await;
    let documents = documents("local-large").await;
    let boot = documents.iter().find(|document| document["metadata"]["spawn"]["name"] == "spored boot").unwrap();
    assert_eq!(boot["metadata"]["spawn"]["truncated"], json!(["metadata"]), "{boot:#}");
    let resource = &boot["metadata"]["otel.resource"];
    assert_eq!(
        (&resource["service.name"], &resource["key7"]),
        (&json!("spored"), &json!(format!("{}…", "x".repeat(1_024))))
    );
    assert!(boot.to_string().len() <= 64_000);
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
async fn spans_go_to_a_file_that_its_owner_alone_can_read() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("spans.jsonl");
    let lines = format!("exporter: stdout\n    exporter_file: {}", text(&file));
    let host = Host::with(&tracing(&lines)).aws(aws().await);
    let agent = host.run(&[]).await;
    until(&agent, "registered").await;
    assert_eq!(spans(&stop(agent).await), Vec::<Value>::new());
    named(&spans(&std::fs::read_to_string(&file).unwrap()), "DynamoDB.PutItem");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
}

#[tokio::test]
async fn the_filter_leaves_out_redacts_and_hashes() {
    let filter = "{drop: ['rpc.*'], redact: [server.address], hash: [db.collection.name]}";
    let host = Host::with(&tracing(&format!("exporter: stdout\n    filter: {filter}"))).aws(aws().await);
    let agent = host.run(&[]).await;
    until(&agent, "registered").await;
    let spans = spans(&stop(agent).await);
    let put = named(&spans, "DynamoDB.PutItem");
    let shown = ["rpc.service", "rpc.system.name", "server.address", "db.collection.name", "aws.service"];
    // The first half of the SHA-256 of `spawn-job-arrays`.
    let (redacted, hashed, open) =
        (json!("[redacted]"), json!("sha256:cf5bf65cb0d6f300ab93f70be15581b6"), json!("dynamodb"));
    let expected = [None, None, Some(&redacted), Some(&hashed), Some(&open)];
    assert_eq!(shown.map(|key| attribute(put, key)), expected);
}

#[tokio::test]
async fn tracing_is_off_once_its_end_is_reached() {
    let soon = jiff::Timestamp::now() + Duration::from_secs(4);
    let host = Host::with(&tracing(&format!("exporter: stdout\n    until: {soon}"))).aws(aws().await);
    let agent = host.run(&[]).await;
    until(&agent, "registered").await;
    until(&agent, "tracing is off again").await;
    let status = host.status().await;
    assert_eq!(status["tracing"]["health"]["state"], "off", "{status:#}");
    let made = spans(&stop(agent).await);
    named(&made, "spored boot");
    assert!(made.iter().all(|span| span["name"] != "spored stop"), "{made:#?}");

    let host = Host::with(&tracing("exporter: stdout\n    until: 2020-01-01T00:00:00Z")).aws(aws().await);
    let agent = host.run(&[]).await;
    until(&agent, "registered").await;
    assert_eq!(spans(&stop(agent).await), Vec::<Value>::new());
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
    assert_eq!(documents("local-none-test").await, Vec::<Value>::new());
}
