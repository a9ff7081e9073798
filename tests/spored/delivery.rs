//! X-Ray refuses, hangs or is not there: the agent's work goes on, and status and log say what is wrong and what to do.

use crate::fixture::{Host, aws, stop, until};
use crate::socket::request;
use serde_json::Value;
use spawn_test_support::FaultProxy;
use spawn_test_support::fault_proxy::{Action, Rule};

const TRACED: &str = "observability: {tracing: {enabled: true, exporter: xray, sampling_rate: 1.0}}\n";

fn through(proxy: &FaultProxy, aws: &spawn_test_support::Aws) -> Host {
    Host::with(TRACED).aws(aws).env("AWS_ENDPOINT_URL_XRAY", proxy.url())
}

fn problem(status: &Value) -> bool {
    status["tracing"]["health"]["problem"].is_object()
}

fn conserved(status: &Value) {
    let counters = &status["tracing"]["counters"];
    let dropped: u64 = counters["dropped"].as_object().unwrap().values().map(|number| number.as_u64().unwrap()).sum();
    let number = |name: &str| counters[name].as_u64().unwrap();
    let taken = number("created") + number("recovered");
    assert_eq!(taken, number("exported") + number("queued") + dropped, "{counters}");
}

#[tokio::test]
async fn a_refusal_is_explained_with_its_remedy_and_work_goes_on() {
    let aws = aws().await;
    let proxy = FaultProxy::start(aws.moto_url()).unwrap();
    proxy.script([Rule::new(Action::json_error(
        403,
        "AccessDeniedException",
        "User is not authorized to perform: xray:PutTraceSegments",
    ))
    .path("/TraceSegments")]);
    let host = through(&proxy, aws);
    let agent = host.run(&["--heartbeat", "1s", "--log-format", "human"]).await;
    until(&agent, "registered").await;
    let status = host.status_when("problem", problem).await;
    let remedy = status["tracing"]["health"]["problem"]["remedy"].as_str().unwrap();
    assert!(remedy.contains("xray:PutTraceSegments"), "{status:#}");
    conserved(&status);
    let before = status["registry"]["last_heartbeat"].clone();
    host.status_when("heartbeat", |status| status["registry"]["last_heartbeat"] != before).await;
    let table = host.spored().arg("status").run().await.unwrap().stdout;
    assert!(table.contains("remedy") && table.contains("xray:PutTraceSegments"), "{table}");
    let log = stop(agent).await;
    assert_eq!(
        log.lines().filter(|line| line.contains("WARN") && line.contains("xray:PutTraceSegments")).count(),
        1,
        "{log}"
    );
}

#[tokio::test]
async fn a_back_end_that_hangs_holds_neither_the_work_nor_the_exit() {
    let aws = aws().await;
    let proxy = FaultProxy::start(aws.moto_url()).unwrap();
    proxy.script([Rule::new(Action::Hang).path("/TraceSegments")]);
    let host = through(&proxy, aws);
    let agent = host.run(&["--heartbeat", "1s"]).await;
    until(&agent, "registered").await;
    let before = host.status().await["registry"]["last_heartbeat"].clone();
    let status = host.status_when("heartbeat", |status| status["registry"]["last_heartbeat"] != before).await;
    conserved(&status);
    let log = stop(agent).await;
    assert!(log.contains("spored has stopped"), "{log}");
}

#[tokio::test]
async fn an_absent_back_end_is_explained_and_heals() {
    let aws = aws().await;
    let proxy = FaultProxy::start(aws.moto_url()).unwrap();
    proxy.refuse(true);
    let host = through(&proxy, aws).env("SPAWN_INSTANCE_ID", "local-healed");
    let agent = host.run(&[]).await;
    until(&agent, "registered").await;
    let status = host.status_when("problem", problem).await;
    conserved(&status);
    proxy.refuse(false);
    let healed =
        host.status_when("healing", |status| !problem(status) && status["tracing"]["counters"]["queued"] == 0).await;
    conserved(&healed);
    stop(agent).await;
    let documents = aws.xray_documents().await.unwrap();
    assert!(documents.iter().any(|document| document["annotations"]["spawn_instance_id"] == "local-healed"));
}

#[tokio::test]
async fn the_exporter_makes_no_span_of_its_own() {
    let aws = aws().await;
    let host = Host::with(TRACED).aws(aws).env("SPAWN_INSTANCE_ID", "local-no-loop");
    let agent = host.run(&[]).await;
    until(&agent, "registered").await;
    host.status_when("delivery", |status| status["tracing"]["counters"]["exported"].as_u64() >= Some(2)).await;
    stop(agent).await;
    let documents = aws.xray_documents().await.unwrap();
    let mine = documents.iter().filter(|document| document["annotations"]["spawn_instance_id"] == "local-no-loop");
    let names: Vec<&str> = mine.map(|document| document["name"].as_str().unwrap()).collect();
    assert!(!names.is_empty() && names.iter().all(|name| *name != "XRay"), "{names:?}");
}

#[tokio::test]
async fn keys_that_were_written_anew_are_taken_up_without_a_restart_and_no_span_is_lost() {
    let aws = aws().await;
    let proxy = FaultProxy::start(aws.moto_url()).unwrap();
    let host = through(&proxy, aws).env("AWS_ACCESS_KEY_ID", "").env("AWS_SECRET_ACCESS_KEY", "");
    let file = host.path("credentials");
    let host = host.env("AWS_SHARED_CREDENTIALS_FILE", file.display().to_string());
    let write = |key: &str| {
        let text = format!("[default]\naws_access_key_id = {key}\naws_secret_access_key = secret\n");
        std::fs::write(host.path("new"), text).unwrap();
        std::fs::rename(host.path("new"), &file).unwrap();
    };
    write("AKIAFIRST");
    let agent = host.run(&["--heartbeat", "1s"]).await;
    host.status_when("span taken", |status| status["tracing"]["counters"]["exported"] != 0).await;
    write("AKIASECOND");
    proxy
        .script([Rule::new(Action::json_error(403, "ExpiredTokenException", "expired")).path("/TraceSegments").once()]);
    let before = host.status().await["tracing"]["counters"]["exported"].as_u64().unwrap();
    // A reload has a span of its own; the command would have another, with credentials of its own.
    assert_eq!(request(&host, "POST", "/reload", Value::Null).await.0, 200);
    let taken = |status: &Value| status["tracing"]["counters"]["exported"].as_u64().unwrap() > before;
    let status = host.status_when("another span taken", taken).await;
    assert!(!problem(&status), "{status:#}");
    conserved(&status);
    let signed: Vec<String> = proxy
        .requests()
        .into_iter()
        .filter(|request| request.path == "/TraceSegments")
        .map(|request| request.header("authorization").unwrap().to_owned())
        .collect();
    assert!(signed[0].contains("Credential=AKIAFIRST/"), "{signed:?}");
    assert!(signed.last().unwrap().contains("Credential=AKIASECOND/"), "{signed:?}");
    stop(agent).await;
}
