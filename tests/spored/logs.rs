//! Log lines and the spans that they belong to.

use crate::fixture::{Host, aws, stop, until};
use serde_json::Value;

#[tokio::test]
async fn debug_turns_log_correlation_on_where_tracing_is_off() {
    let host = Host::with("").aws(aws().await);
    let agent = host.run(&["--debug", "--log-format", "json"]).await;
    until(&agent, "registered").await;
    let log = stop(agent).await;
    let lines: Vec<Value> =
        log.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"))).collect();
    let registered = lines.iter().find(|line| line.to_string().contains("\"registered\"")).unwrap();
    assert_eq!(registered["trace_id"].as_str().unwrap().len(), 32, "{registered}");
    assert_eq!(registered["span_id"].as_str().unwrap().len(), 16, "{registered}");
    assert!(lines.iter().all(|line| line.get("resourceSpans").is_none()), "no span leaves: {log}");
}

#[tokio::test]
async fn without_tracing_lines_carry_no_ids() {
    let host = Host::with("").aws(aws().await);
    let agent = host.run(&["--log-format", "json"]).await;
    until(&agent, "registered").await;
    let log = stop(agent).await;
    assert!(!log.contains("trace_id"), "{log}");
}

#[tokio::test]
async fn human_lines_carry_the_ids_too() {
    let yaml = "observability: {tracing: {enabled: true, exporter: none}}\n";
    let host = Host::with(yaml).aws(aws().await);
    let agent = host.run(&["--log-format", "human"]).await;
    until(&agent, "registered").await;
    let log = stop(agent).await;
    let line = log.lines().find(|line| line.contains(" registered")).unwrap();
    assert!(line.contains("trace_id=") && line.contains("span_id="), "{line}");
}
