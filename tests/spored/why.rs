//! `spored trace why`: every answer, from an agent that has really delivered, refused, kept and left out.

use crate::fixture::{Host, PATIENCE, aws, stop, until};
use crate::socket::request;
use serde_json::{Value, json};
use spawn_test_support::FaultProxy;
use spawn_test_support::fault_proxy::{Action, Rule};
use std::time::{Duration, Instant};

const TRACING: &str = "observability: {tracing: {enabled: true, exporter: xray, sampling_rate: 1.0}}\n";
const SAMPLED: &str = "00-6b0120b800000000aaaaaaaaaaaaaaaa-00000000000000aa-01";
const NOT_SAMPLED: &str = "00-6b0120b800000000bbbbbbbbbbbbbbbb-00000000000000bb-00";

/// The answer, and its exit code.
async fn why(host: &Host, id: &str) -> (i32, Value) {
    let (code, out, said) = host.command(&["trace", "why", id, "-o", "json"]).await;
    (code, serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}{said}")))
}

/// The same, once it is as wanted.
async fn why_when(host: &Host, id: &str, wanted: impl Fn(&Value) -> bool) -> (i32, Value) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let (code, told) = why(host, id).await;
        if wanted(&told) {
            return (code, told);
        }
        assert!(Instant::now() < deadline, "{told}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn trace_id(traceparent: &str) -> &str {
    traceparent.split('-').nth(1).unwrap()
}

/// Has the agent do something in this trace.
async fn reload_within(host: &Host, traceparent: &str) {
    let output = host.spored().env("TRACEPARENT", traceparent).args(["reload"]).run().await.unwrap();
    assert_eq!(output.status, 0, "{}", output.stderr);
}

#[tokio::test]
async fn a_trace_is_followed_from_the_queue_to_the_back_end_by_either_of_its_ids_and_by_a_request() {
    let aws = aws().await;
    let proxy = FaultProxy::start(aws.moto_url()).unwrap();
    proxy.refuse(true);
    let host =
        Host::with(&format!("instance_id: asked-why\n{TRACING}")).aws(aws).env("AWS_ENDPOINT_URL_XRAY", proxy.url());
    let agent = host.run(&[]).await;
    until(&agent, "registered").await;
    reload_within(&host, SAMPLED).await;
    let id = trace_id(SAMPLED);
    let (code, queued) = why(&host, id).await;
    assert_eq!((code, &queued["fate"], &queued["spans"]["queued"]), (0, &json!("queued"), &json!(1)), "{queued}");
    proxy.refuse(false);
    assert_eq!(host.command(&["flush"]).await.0, 0);
    let of_xray = format!("1-{}-{}", &id[..8], &id[8..]);
    for asked in [id, &of_xray] {
        let (code, delivered) = why(&host, asked).await;
        assert_eq!((code, &delivered["fate"], &delivered["trace_id"]), (0, &json!("delivered"), &json!(id)));
        assert!(delivered["delivered_at"].as_str().is_some_and(|at| at.ends_with('Z')), "{delivered}");
    }
    // The call that registered the agent, by the id that AWS gave it.
    let documents = aws.xray_documents().await.unwrap();
    let own = documents.iter().filter(|document| document.to_string().contains("asked-why"));
    let request = own.filter_map(|document| document.pointer("/aws/request_id")?.as_str()).next();
    let request = request.unwrap_or_else(|| panic!("no call of this agent is in X-Ray: {documents:#?}"));
    let (code, by_request) = why(&host, request).await;
    assert_eq!((code, &by_request["fate"]), (0, &json!("delivered")), "{request}: {by_request}");
    stop(agent).await;
}

#[tokio::test]
async fn what_is_not_sampled_or_not_known_is_told_with_what_to_do() {
    let host = Host::with(&TRACING.replace("1.0", "0.5")).aws(aws().await);
    let agent = host.run(&[]).await;
    reload_within(&host, NOT_SAMPLED).await;
    let (code, told) = why(&host, trace_id(NOT_SAMPLED)).await;
    assert_eq!((code, &told["fate"]), (0, &json!("not_sampled")), "{told}");
    assert_eq!(told["what"], "the trace is not recorded: its caller decided so");
    let (code, told) = why(&host, "6b0120b800000000ffffffffffffffff").await;
    assert_eq!((code, &told["what"]), (0, &json!("the trace is not recorded: ratio 0.5 left it out")));
    for unknown in ["6b0120b8000000001111111111111111", "0DBJ1H8N2M5PDS9T"] {
        let (code, told) = why(&host, unknown).await;
        assert_eq!((code, &told["fate"], told["remedy"].is_string()), (1, &json!("unknown"), true), "{told}");
    }
    let (code, _, said) = host.command(&["trace", "why", "\u{1b}[2J no id"]).await;
    assert!(code == 1 && said.contains("no trace id and no request id"), "{code} {said}");
    let (status, told) = request(&host, "GET", "/why/a%20b", Value::Null).await;
    assert_eq!(status, 400, "{told}");
    assert_eq!(host.command(&["config", "set", "tracing-enabled", "false"]).await.0, 0);
    assert_eq!(why(&host, "6b0120b8000000001111111111111111").await.1["fate"], "off");
    stop(agent).await;
}

#[tokio::test]
async fn a_refusal_is_told_with_the_back_ends_words_and_outlives_the_agent() {
    let aws = aws().await;
    let proxy = FaultProxy::start(aws.moto_url()).unwrap();
    let host = Host::with(TRACING).aws(aws).env("AWS_ENDPOINT_URL_XRAY", proxy.url());
    let agent = host.run(&[]).await;
    until(&agent, "registered").await;
    assert_eq!(host.command(&["flush"]).await.0, 0);
    let refusal = json!({ "UnprocessedTraceSegments": [{ "ErrorCode": "InvalidSegment", "Message": "bad name" }] });
    proxy.script([Rule::new(Action::respond(200, &[], refusal.to_string())).path("/TraceSegments")]);
    reload_within(&host, SAMPLED).await;
    assert_eq!(host.command(&["flush"]).await.0, 0);
    let id = trace_id(SAMPLED);
    // The agent's own span, and that of the command that it answered.
    let (code, told) = why_when(&host, id, |told| told["dead_letters"] == 2).await;
    assert_eq!((code, &told["fate"], &told["spans"]["refused"]), (0, &json!("refused"), &json!(1)), "{told}");
    assert!(told["what"].as_str().unwrap().contains("InvalidSegment"), "{told}");
    stop(agent).await;
    let agent = host.run(&[]).await;
    let (code, told) = why(&host, id).await;
    assert_eq!((code, &told["fate"], &told["spans"]), (0, &json!("refused"), &Value::Null), "{told}");
    stop(agent).await;
}
