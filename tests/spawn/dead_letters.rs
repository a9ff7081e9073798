//! Spans of commands that X-Ray refuses for good: set aside for this user, sent again or dropped by the next command.

use crate::fixture::{aws, json, spawn};
use serde_json::Value;
use spawn_test_support::fault_proxy::{Action, Rule};
use spawn_test_support::{FaultProxy, Program};

#[tokio::test]
async fn refused_spans_of_a_command_are_sent_again_by_another_one() {
    let aws = aws().await;
    let state = tempfile::tempdir().unwrap();
    let proxy = FaultProxy::start(aws.moto_url()).unwrap();
    let here = |args: &[&str]| -> Program {
        spawn(aws).args(args).env("XDG_STATE_HOME", state.path()).env("AWS_ENDPOINT_URL_XRAY", proxy.url())
    };
    let traced = |args: &[&str]| here(args).env("TRACING_ENABLED", "true").env("OTEL_TRACES_SAMPLER", "always_on");
    let letters = async || json(&here(&["trace", "dead-letters", "list", "-o", "json"]).run().await.unwrap());
    proxy
        .script([Rule::new(Action::json_error(400, "InvalidRequestException", "no \u{1b}[2J")).path("/TraceSegments")]);
    let listed = traced(&["list"]).run().await.unwrap();
    assert_eq!(listed.status, 0, "a refusal is no failure of the command: {}", listed.stderr);
    let found = letters().await;
    let names: Vec<&str> = found.as_array().unwrap().iter().map(|letter| letter["name"].as_str().unwrap()).collect();
    assert!(names.contains(&"spawn list") && names.contains(&"EC2.DescribeInstances"), "{found:#}");
    let table = here(&["trace", "dead-letters", "list"]).run().await.unwrap().stdout;
    assert!(table.contains("InvalidRequestException") && !table.contains('\u{1b}'), "{table}");

    let off = here(&["trace", "dead-letters", "retry", "--all"]).run().await.unwrap();
    assert_eq!((off.status, letters().await), (1, found.clone()), "{}", off.stderr);
    assert!(off.stderr.contains("tracing is off here"), "{}", off.stderr);

    proxy.script([]);
    let retried = traced(&["trace", "dead-letters", "retry", "--all"]).run().await.unwrap();
    assert_eq!((retried.status, retried.stderr.as_str()), (0, ""));
    assert_eq!(retried.stdout, format!("{} sent again, as new spans\n", names.len()));
    assert_eq!(letters().await, Value::Array(Vec::new()));
    let documents = Value::Array(aws.xray_documents().await.unwrap()).to_string();
    for letter in found.as_array().unwrap() {
        assert!(documents.contains(letter["span_id"].as_str().unwrap()), "{letter:#}");
    }
}
