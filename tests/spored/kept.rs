//! An agent that is killed while its back end is away: the next one on the host delivers what it has left, as its own spans.

use crate::fixture::{Host, attribute, aws, named, stop, until};
use serde_json::Value;
use spawn_test_support::fault_proxy::{Action, Rule};
use spawn_test_support::{FaultProxy, OtlpReceiver, wait_until};
use std::path::Path;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(60);

async fn host(proxy: &FaultProxy) -> Host {
    let endpoint = proxy.url();
    let tracing = format!(
        "{{enabled: true, sampling_rate: 1.0, exporter: otlp, endpoint: '{endpoint}', otlp: {{protocol: http}}}}"
    );
    Host::with(&format!("observability:\n  tracing: {tracing}\n")).aws(aws().await)
}

/// The process id in the resource of a span.
fn process(span: &Value) -> String {
    let pid = attribute(&span["resource"], "process.pid").unwrap_or_else(|| panic!("no process in {span:#}"));
    pid.as_str().map_or_else(|| pid.to_string(), str::to_owned)
}

fn counter(status: &Value, name: &str) -> u64 {
    status["tracing"]["counters"][name].as_u64().unwrap()
}

#[tokio::test]
async fn spans_of_an_agent_that_was_killed_arrive_with_its_own_resource_and_each_once() {
    let receiver = OtlpReceiver::start().await.unwrap();
    let proxy = FaultProxy::start(&receiver.http_endpoint()).unwrap();
    proxy.refuse(true);
    let host = host(&proxy).await.env("SPAWN_INSTANCE_ID", "local-kept");
    let mut first = host.run(&[]).await;
    until(&first, "registered").await;
    let left = counter(&host.status_when("spans", |status| counter(status, "queued") >= 2).await, "created");
    first.signal("KILL").unwrap();
    drop(first.wait(PATIENCE).await.unwrap());
    proxy.refuse(false);
    let second = host.run(&[]).await;
    until(&second, "registered").await;
    let status = host.status_when("recovery", |status| counter(status, "recovered") >= left).await;
    let recovered = counter(&status, "recovered");
    stop(second).await;
    let spans = receiver.wait_for_spans(usize::try_from(recovered).unwrap() + 1, PATIENCE).await.unwrap();
    let boots: Vec<&Value> = spans.iter().filter(|span| span["name"] == "spored boot").collect();
    let [one, other] = boots[..] else { panic!("two boots: {spans:#?}") };
    assert_ne!(process(one), process(other));
    let mut ids: Vec<&str> = spans.iter().map(|span| span["spanId"].as_str().unwrap()).collect();
    ids.sort_unstable();
    let all = ids.len();
    ids.dedup();
    assert_eq!(ids.len(), all, "a span came twice: {spans:#?}");
    let lives = [one, other].map(|boot| spans.iter().filter(|span| process(span) == process(boot)).count() as u64);
    assert!(lives.contains(&recovered), "{recovered} of {lives:?}");
}

#[tokio::test]
async fn what_an_agent_was_doing_when_it_was_killed_is_ended_by_the_next_as_aborted() {
    let receiver = OtlpReceiver::start().await.unwrap();
    let proxy = FaultProxy::start(&receiver.http_endpoint()).unwrap();
    let dynamodb = FaultProxy::start(aws().await.moto_url()).unwrap();
    dynamodb.script([Rule::new(Action::Hang)]);
    let host = host(&proxy).await.env("AWS_ENDPOINT_URL_DYNAMODB", dynamodb.url());
    let mut first = host.run(&[]).await;
    // It boots, and does not get any further.
    let spool = host.path("state").join("spool");
    wait_until("a note in the spool", PATIENCE, || says(&spool, b"spored boot").then_some(())).await.unwrap();
    first.signal("KILL").unwrap();
    drop(first.wait(PATIENCE).await.unwrap());
    dynamodb.script([]);
    let second = host.run(&[]).await;
    until(&second, "registered").await;
    stop(second).await;
    let spans = receiver.wait_for_spans(2, PATIENCE).await.unwrap();
    let boots: Vec<Value> = spans.into_iter().filter(|span| span["name"] == "spored boot").collect();
    assert_eq!(boots.len(), 2, "{boots:#?}");
    let aborted: Vec<Value> =
        boots.into_iter().filter(|boot| attribute(boot, "error.type") == Some(&Value::from("aborted"))).collect();
    let boot = named(&aborted, "spored boot");
    assert_eq!(boot["status"]["message"], "its process ended before it did", "{boot:#}");
    assert!(boot["endTimeUnixNano"].as_str() >= boot["startTimeUnixNano"].as_str(), "{boot:#}");
}

/// Whether a file somewhere in this folder has these bytes.
fn says(folder: &Path, bytes: &[u8]) -> bool {
    let Ok(entries) = std::fs::read_dir(folder) else { return false };
    entries.flatten().any(|entry| {
        let path = entry.path();
        let found = |read: Vec<u8>| read.windows(bytes.len()).any(|window| window == bytes);
        if path.is_dir() { says(&path, bytes) } else { std::fs::read(&path).is_ok_and(found) }
    })
}
