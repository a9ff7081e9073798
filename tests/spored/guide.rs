//! The guide, section by section, as far as agents are concerned: its files word for word, run by `spored run`.
//!
//! | section of the guide | test |
//! |---|---|
//! | Enabling tracing, EC2 instances | `tests/spawn/guide.rs`; `config.rs`: on an instance the tags answer |
//! | Enabling tracing, local instances | [`the_guides_files_are_run_as_written`] |
//! | Configuration: four rows and their defaults | [`enabled_alone_has_the_guides_defaults`]; `config.rs` |
//! | Configuration: custom endpoint | `exporters.rs`: the endpoint key moves X-Ray |
//! | Exporters: AWS X-Ray, service name `spored`, no daemon | [`the_guides_files_are_run_as_written`]; `exporters.rs` |
//! | Exporters: stdout, JSON on stderr | [`the_guides_stdout_file_prints_spans_on_stderr`] |
//! | Instrumented operations, span attributes | `tests/calls/operations.rs` and `tests/calls/endings.rs` |
//! | Sampling | [`the_guides_rates_are_in_force`]; consistency: `tests/spawn/guide.rs` |
//! | Performance impact | `cargo xtask bench`, with its figures in `docs/performance.md` |
//! | Use case: distributed debugging, "propagated via DynamoDB" | [`the_registry_carries_the_trace_context_of_the_boot`] |
//! | Troubleshooting: IAM permissions, logs | `delivery.rs`: a refusal is explained with its remedy |
//! | Troubleshooting: `spored config get tracing-enabled` | [`the_guides_files_are_run_as_written`] |
//! | Troubleshooting: time-based enabling | [`tracing_is_off_again_after_its_end_and_status_says_so`] |
//! | Security: IAM permissions | [`the_guides_policy_is_the_one_in_iam`] |
//! | Security: filter attributes | `telemetry/src/filter.rs`, and `config/tests/docs.rs` for the file in the how-to |

use crate::fixture::{Host, attribute, aws, named, spans, stop, table, until};
use serde_json::Value;

/// Section "Local Instances".
pub(crate) const LOCAL: &str = r#"observability:
  tracing:
    enabled: true
    exporter: xray      # xray, stdout
    sampling_rate: 0.1  # 10% sampling
    endpoint: ""        # Optional custom endpoint
"#;

/// Section "AWS X-Ray (Production)".
const XRAY: &str = "observability:
  tracing:
    enabled: true
    exporter: xray
    sampling_rate: 0.1  # 10% to control costs
";

/// Section "Stdout (Development)".
const STDOUT: &str = "observability:
  tracing:
    enabled: true
    exporter: stdout
    sampling_rate: 1.0  # 100% for debugging
";

fn tracing(status: &Value) -> [&Value; 3] {
    ["enabled", "exporter", "sampling"].map(|key| &status["tracing"][key])
}

#[tokio::test]
async fn the_guides_files_are_run_as_written() {
    let aws = aws().await;
    for (index, file) in [LOCAL, XRAY].into_iter().enumerate() {
        let id = format!("local-guide-{index}");
        let host = Host::with(file).aws(aws).env("SPAWN_INSTANCE_ID", &id);
        let asked = host.spored().args(["config", "get", "tracing-enabled"]).run().await.unwrap();
        assert_eq!((asked.status, asked.stdout.as_str()), (0, "true\n"), "{}", asked.stderr);
        let agent = host.run(&[]).await;
        until(&agent, "registered").await;
        let status = host.status().await;
        assert_eq!(tracing(&status), [&Value::from(true), &"xray".into(), &"0.1".into()]);
        let sampled = status["tracing"]["counters"]["created"] != 0;
        stop(agent).await;
        let documents = aws.xray_documents().await.unwrap();
        // The farewell is a trace of its own with a decision of its own.
        let is_boot = |one: &Value| {
            one["annotations"]["spawn_instance_id"] == *id && one["metadata"]["spawn"]["name"] == "spored boot"
        };
        let boot = documents.iter().find(|one| is_boot(one));
        assert_eq!(boot.is_some(), sampled, "one boot in ten is sampled, and then X-Ray has it: {boot:#?}");
        assert_eq!(boot.is_some_and(|boot| boot["name"] == "spored"), sampled, "{boot:#?}");
    }
}

#[tokio::test]
async fn enabled_alone_has_the_guides_defaults() {
    let host = Host::with("observability: {tracing: {enabled: true}}\n").aws(aws().await);
    let agent = host.run(&[]).await;
    assert_eq!(tracing(&host.status().await), [&Value::from(true), &"xray".into(), &"0.1".into()]);
    stop(agent).await;
    let host = Host::with("").aws(aws().await);
    let agent = host.run(&[]).await;
    assert_eq!(tracing(&host.status().await)[0], &Value::from(false));
    stop(agent).await;
}

#[tokio::test]
async fn the_guides_stdout_file_prints_spans_on_stderr() {
    let host = Host::with(STDOUT).aws(aws().await);
    let agent = host.run(&[]).await;
    until(&agent, "registered").await;
    assert_eq!(agent.stdout(), "");
    let spans = spans(&stop(agent).await);
    let (boot, put) = (named(&spans, "spored boot"), named(&spans, "DynamoDB.PutItem"));
    assert_eq!((&put["traceId"], &put["parentSpanId"]), (&boot["traceId"], &boot["spanId"]));
    assert_eq!(attribute(put, "aws.operation"), Some(&Value::from("PutItem")));
}

#[tokio::test]
async fn the_guides_rates_are_in_force() {
    for (rate, shown) in [("1.0", "1"), ("0.1", "0.1"), ("0.01", "0.01")] {
        let file = format!("observability: {{tracing: {{enabled: true, exporter: none, sampling_rate: {rate}}}}}\n");
        let host = Host::with(&file).aws(aws().await);
        let agent = host.run(&[]).await;
        until(&agent, "registered").await;
        let status = host.status().await;
        assert_eq!(tracing(&status), [&Value::from(true), &"none".into(), &shown.into()]);
        let explained = host.spored().args(["config", "explain", "tracing-sampling"]).run().await.unwrap().stdout;
        assert!(explained.starts_with(&format!("tracing-sampling = {shown}\n")), "{explained}");
        stop(agent).await;
    }
}

#[tokio::test]
async fn the_registry_carries_the_trace_context_of_the_boot() {
    let aws = aws().await;
    table(aws, "guide-context").await;
    let host = Host::with(STDOUT).aws(aws).env("SPAWN_TABLE", "guide-context");
    let agent = host.run(&[]).await;
    until(&agent, "registered").await;
    let item = aws.boto3("boto3.client('dynamodb').scan(TableName='guide-context')['Items'][0]").await.unwrap();
    let spans = spans(&stop(agent).await);
    let boot = named(&spans, "spored boot");
    let text = |key: &str| boot[key].as_str().unwrap().to_owned();
    assert_eq!(item["traceparent"]["S"], format!("00-{}-{}-01", text("traceId"), text("spanId")));
}

#[tokio::test]
async fn tracing_is_off_again_after_its_end_and_status_says_so() {
    let end = aws().await.boto3("(__import__('datetime').datetime.now(__import__('datetime').timezone.utc) + __import__('datetime').timedelta(seconds=3)).strftime('%Y-%m-%dT%H:%M:%SZ')");
    let file = format!("{STDOUT}    until: {}\n", end.await.unwrap().as_str().unwrap());
    let host = Host::with(&file).aws(aws().await);
    let agent = host.run(&[]).await;
    until(&agent, "tracing is off again").await;
    assert_eq!(host.status().await["tracing"]["enabled"], false);
    let spans = spans(&stop(agent).await);
    assert!(!spans.iter().any(|span| span["name"] == "DynamoDB.DeleteItem"), "the farewell came later: {spans:#?}");
}

#[test]
fn the_guides_policy_is_the_one_in_iam() {
    let guide: Value = serde_json::from_str(
        r#"{
          "Effect": "Allow",
          "Action": [
            "xray:PutTraceSegments",
            "xray:PutTelemetryRecords"
          ],
          "Resource": "*"
        }"#,
    )
    .unwrap();
    let policy: Value = serde_json::from_str(include_str!("../../iam/xray-write.json")).unwrap();
    let statement = &policy["Statement"][0];
    let parts = |of: &Value| ["Effect", "Action", "Resource"].map(|key| of[key].clone());
    assert_eq!(parts(statement), parts(&guide));
}
