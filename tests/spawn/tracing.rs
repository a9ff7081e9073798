//! The trace of a launch, as X-Ray's API gives it back.

use crate::fixture::{all_documents, aws, documents, instance, json, only_instance, spawn, tag};
use serde_json::Value;
use std::path::Path;

const TRACED: [&str; 4] = ["--tag", "spawn:tracing-enabled=true", "--tag", "spawn:tracing-sampling=1.0"];

async fn traced_launch(extra: &[&str]) -> (Value, Vec<Value>) {
    let aws = aws().await;
    let line = ["launch", "--instance-type", "t3.micro", "-o", "json"];
    let launched = json(&spawn(aws).args(line).args(TRACED).args(extra).run().await.unwrap());
    let trace = documents(aws, launched["trace_id"].as_str().unwrap()).await;
    (launched, trace)
}

fn operation<'a>(trace: &'a [Value], operation: &str) -> &'a Value {
    let found = trace.iter().find(|document| document["aws"]["operation"] == operation);
    found.unwrap_or_else(|| panic!("no {operation} in {trace:#?}"))
}

fn root(trace: &[Value]) -> &Value {
    trace.iter().find(|document| document["parent_id"].is_null()).unwrap()
}

#[tokio::test]
async fn a_launch_is_one_trace_whose_root_spans_its_calls() {
    let (launched, trace) = traced_launch(&[]).await;
    let root = root(&trace);
    assert_eq!((&root["name"], root["type"].is_null()), (&"spawn".into(), true), "{root:#}");
    let run = operation(&trace, "RunInstances");
    assert_eq!(run["parent_id"], root["id"]);
    assert_eq!((&run["type"], &run["namespace"], &run["name"]), (&"subsegment".into(), &"aws".into(), &"EC2".into()));
    assert_eq!(run["aws"]["region"], "us-east-1");
    assert!(run["aws"]["request_id"].as_str().is_some_and(|id| !id.is_empty()), "{run:#}");
    assert_eq!(run["aws"]["resource_names"][0], launched["instances"][0]["instance_id"]);
    let time = |document: &Value, key: &str| document[key].as_f64().unwrap();
    assert!(time(root, "start_time") <= time(run, "start_time") && time(run, "end_time") <= time(root, "end_time"));
}

#[tokio::test]
async fn the_context_travels_in_the_instances_tag() {
    let (launched, trace) = traced_launch(&[]).await;
    let instance = instance(aws().await, &only_instance(&launched)).await;
    let id = launched["trace_id"].as_str().unwrap();
    let expected = format!("00-{id}-{}-01", root(&trace)["id"].as_str().unwrap());
    assert_eq!(tag(&instance, "spawn:traceparent"), Some(expected.as_str()));
}

#[tokio::test]
async fn a_dry_run_is_no_error_in_the_trace() {
    let (_, trace) = traced_launch(&["--dry-run"]).await;
    let run = operation(&trace, "RunInstances");
    let flags = ["error", "fault", "throttle"].map(|flag| run[flag].as_bool().unwrap_or(false));
    assert_eq!(flags, [false; 3], "{run:#}");
    assert_eq!(run["annotations"]["error_type"], "DryRunOperation", "{run:#}");
}

#[tokio::test]
async fn a_refused_call_is_an_error_with_its_cause() {
    let aws = aws().await;
    let output = spawn(aws)
        .args(["terminate", "--yes", "i-00000000000000bad"])
        .env("TRACING_ENABLED", "true")
        .env("OTEL_TRACES_SAMPLER", "always_on")
        .run()
        .await
        .unwrap();
    assert_eq!(output.status, 1);
    assert!(output.stderr.contains("EC2 DescribeInstances: InvalidInstanceID.NotFound"), "{}", output.stderr);
    let all = all_documents(aws).await;
    let mine = |document: &&Value| document["aws"]["resource_names"][0] == "i-00000000000000bad";
    let call = all.iter().find(mine).unwrap_or_else(|| panic!("{all:#?}"));
    assert_eq!(call["error"], true, "{call:#}");
    let cause = &call["cause"]["exceptions"][0];
    assert_eq!(cause["type"], "InvalidInstanceID.NotFound", "{call:#}");
    assert!(cause["message"].as_str().unwrap().contains("i-00000000000000bad"), "{call:#}");
}

#[tokio::test]
async fn at_rate_zero_nothing_is_sent_and_the_instance_hears_of_it() {
    let aws = aws().await;
    let line = [
        "launch",
        "--instance-type",
        "t3.micro",
        "-o",
        "json",
        "--tag",
        "spawn:tracing-enabled=true",
        "--tag",
        "spawn:tracing-sampling=0",
    ];
    let launched = json(&spawn(aws).args(line).run().await.unwrap());
    assert_eq!(launched["trace_id"], Value::Null);
    let instance = instance(aws, &only_instance(&launched)).await;
    let traceparent = tag(&instance, "spawn:traceparent").unwrap();
    assert!(traceparent.ends_with("-00"), "{traceparent}");
    assert_eq!(documents(aws, traceparent.split('-').nth(1).unwrap()).await, Vec::<Value>::new());
}

#[tokio::test]
async fn with_tracing_off_there_is_no_trace_and_no_context() {
    let aws = aws().await;
    let launched = json(&spawn(aws).args(["launch", "--instance-type", "t3.micro", "-o", "json"]).run().await.unwrap());
    assert_eq!(launched["trace_id"], Value::Null);
    let instance = instance(aws, &only_instance(&launched)).await;
    assert_eq!(tag(&instance, "spawn:traceparent"), None);
}

#[tokio::test]
async fn a_sampled_parent_in_the_environment_wins_over_rate_zero() {
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let (traceparent, sent) = launch_below(&format!("00-{trace}-00f067aa0ba902b7-01"), "0.0").await;
    assert!(traceparent.starts_with(&format!("00-{trace}-")) && traceparent.ends_with("-01"), "{traceparent}");
    let root = sent.iter().find(|document| document["parent_id"] == "00f067aa0ba902b7");
    assert_eq!(root.unwrap_or_else(|| panic!("{sent:#?}"))["name"], "spawn");
}

#[tokio::test]
async fn an_unsampled_parent_in_the_environment_wins_over_rate_one() {
    let trace = "5bf92f3577b34da6a3ce929d0e0e4736";
    let (traceparent, sent) = launch_below(&format!("00-{trace}-00f067aa0ba902b7-00"), "1.0").await;
    assert!(traceparent.starts_with(&format!("00-{trace}-")) && traceparent.ends_with("-00"), "{traceparent}");
    assert_eq!(sent, Vec::<Value>::new());
}

/// Launches under a parent; answers the context that the instance got, and what X-Ray got.
async fn launch_below(parent: &str, rate: &str) -> (String, Vec<Value>) {
    let aws = aws().await;
    let output = spawn(aws)
        .args(["launch", "--instance-type", "t3.micro", "-o", "json", "--tag", "spawn:tracing-enabled=true", "--tag"])
        .arg(format!("spawn:tracing-sampling={rate}"))
        .env("TRACEPARENT", parent)
        .run()
        .await
        .unwrap();
    let instance = instance(aws, &only_instance(&json(&output))).await;
    let traceparent = tag(&instance, "spawn:traceparent").unwrap().to_owned();
    let sent = documents(aws, parent.split('-').nth(1).unwrap()).await;
    (traceparent, sent)
}

#[tokio::test]
async fn the_stdout_exporter_writes_one_json_object_a_line_on_stderr() {
    let aws = aws().await;
    let output = spawn(aws)
        .args(["list", "-o", "json"])
        .env("TRACING_ENABLED", "true")
        .env("OTEL_TRACES_EXPORTER", "stdout")
        .env("OTEL_TRACES_SAMPLER", "always_on")
        .run()
        .await
        .unwrap();
    assert_eq!(output.status, 0, "{}", output.stderr);
    let spans: Vec<Value> = output.stderr.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let mut names: Vec<&str> = spans
        .iter()
        .map(|line| line.pointer("/resourceSpans/0/scopeSpans/0/spans/0/name").and_then(Value::as_str).unwrap())
        .collect();
    names.sort_unstable();
    assert_eq!(names, ["EC2.DescribeInstances", "spawn list"]);
}

#[tokio::test]
async fn debug_gives_log_lines_their_ids_and_sends_nothing() {
    let aws = aws().await;
    let output = spawn(aws).args(["list", "--debug", "-o", "json"]).run().await.unwrap();
    assert_eq!(output.status, 0, "{}", output.stderr);
    let (_, after) = output.stderr.split_once("trace_id=").unwrap_or_else(|| panic!("{}", output.stderr));
    assert_eq!(documents(aws, &after[..32]).await, Vec::<Value>::new());
}

#[tokio::test]
async fn a_role_by_web_identity_is_asked_for_below_the_first_call() {
    let aws = aws().await;
    let token = Path::new(env!("CARGO_TARGET_TMPDIR")).join("web-identity-token");
    std::fs::write(&token, "a-token-that-nobody-else-may-have").unwrap();
    let output = spawn(aws)
        .arg("list")
        .env("TRACING_ENABLED", "true")
        .env("OTEL_TRACES_SAMPLER", "always_on")
        .env("AWS_ACCESS_KEY_ID", "")
        .env("AWS_SECRET_ACCESS_KEY", "")
        .env("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/by-web-identity")
        .env("AWS_WEB_IDENTITY_TOKEN_FILE", token.display().to_string())
        .run()
        .await
        .unwrap();
    assert_eq!(output.status, 0, "{}", output.stderr);
    let all = all_documents(aws).await;
    assert!(!serde_json::to_string(&all).unwrap().contains("a-token-that-nobody-else-may-have"));
    let sts = operation(&all, "AssumeRoleWithWebIdentity");
    assert_eq!((&sts["namespace"], &sts["name"]), (&"aws".into(), &"STS".into()), "{sts:#}");
    let parent = |document: &Value| {
        let parent = all.iter().find(|it| it["id"] == document["parent_id"]);
        parent.unwrap_or_else(|| panic!("no parent of {document:#}")).clone()
    };
    let lookup = parent(sts);
    assert_eq!((&lookup["name"], &lookup["type"]), (&"credentials".into(), &"subsegment".into()), "{lookup:#}");
    let call = parent(&lookup);
    assert_eq!((&call["namespace"], &call["trace_id"]), (&"aws".into(), &sts["trace_id"]), "{call:#}");
    assert_eq!(parent(&call)["name"], "spawn");
    // The exporter has the same credentials and no spans of its own.
    let lookups = all.iter().filter(|it| it["trace_id"] == sts["trace_id"] && it["name"] == "credentials").count();
    assert_eq!(lookups, 1);
}
