//! The agent's start and end when the network is of no use: neither waits for it, and no span is lost.

use crate::fixture::{Host, PATIENCE, aws, stop, until};
use serde_json::Value;
use spawn_test_support::FaultProxy;
use spawn_test_support::fault_proxy::{Action, Rule};
use std::time::{Duration, Instant};

const TRACING: &str = "observability: {tracing: {enabled: true, exporter: xray, sampling_rate: 1.0}}\n";
/// Time that the last spans get (reliability promise R13), and what a busy machine adds.
const LAST_SPANS: Duration = Duration::from_secs(5);
const NOISE: Duration = Duration::from_secs(3);
/// Time from the start to the agent's word that it is ready (reliability promise R15).
const READY: Duration = Duration::from_millis(100);

#[tokio::test]
async fn a_back_end_that_hangs_holds_the_end_for_five_seconds_at_most_and_the_next_agent_delivers() {
    let aws = aws().await;
    let proxy = FaultProxy::start(aws.moto_url()).unwrap();
    proxy.script([Rule::new(Action::Hang).path("/TraceSegments")]);
    let host =
        Host::with(&format!("instance_id: held-up\n{TRACING}")).aws(aws).env("AWS_ENDPOINT_URL_XRAY", proxy.url());
    let mut agent = host.run(&[]).await;
    until(&agent, "registered").await;
    let told = Instant::now();
    agent.signal("TERM").unwrap();
    assert_eq!(agent.wait(PATIENCE).await.unwrap(), 0, "{}", agent.stderr());
    assert!(told.elapsed() <= LAST_SPANS + NOISE, "{:?}: {}", told.elapsed(), agent.stderr());
    assert!(!agent.stderr().contains("\"left\":0"), "{}", agent.stderr());

    proxy.script([]);
    let next = host.run(&[]).await;
    let recovered = |status: &Value| {
        let counters = &status["tracing"]["counters"];
        counters["recovered"].as_u64().is_some_and(|spans| spans > 0) && counters["queued"] == 0
    };
    let status = host.status_when("recovery of what was left", recovered).await;
    let counters = &status["tracing"]["counters"];
    let number = |name: &str| counters[name].as_u64().unwrap();
    let dropped: u64 = counters["dropped"].as_object().unwrap().values().filter_map(Value::as_u64).sum();
    assert_eq!(number("created") + number("recovered"), number("exported") + number("queued") + dropped, "{status:#}");
    let of_host = |document: &&Value| document.to_string().contains("held-up");
    let documents = aws.xray_documents().await.unwrap();
    let named = |name: &str| {
        let of_name =
            |document: &&Value| document["metadata"]["spawn"]["name"] == name && document["end_time"].is_number();
        documents.iter().filter(of_host).filter(of_name).count()
    };
    // Of both lives, each once.
    assert_eq!((named("spored boot"), named("spored stop")), (2, 1), "{documents:#?}");
    stop(next).await;
}

#[tokio::test]
async fn the_agent_is_ready_at_once_whatever_the_network_does() {
    // Nobody listens at the first address, and nobody answers at the second.
    let hanging = FaultProxy::start("http://127.0.0.1:1").unwrap();
    hanging.script([Rule::new(Action::Hang)]);
    for metadata in ["http://127.0.0.1:1", &hanging.url()] {
        let mut best = Duration::MAX;
        // A machine that is busy with other things makes single starts slow.
        for _ in 0..20 {
            let host = Host::with(TRACING)
                .env("AWS_EC2_METADATA_SERVICE_ENDPOINT", metadata)
                .env("AWS_EC2_METADATA_DISABLED", "false");
            let began = Instant::now();
            let mut agent = host.spored().arg("run").start().unwrap();
            let ready = |said: &str| said.contains("spored is ready").then_some(());
            agent.wait_for_stderr(PATIENCE, ready).await.unwrap();
            best = best.min(began.elapsed());
            assert_eq!(host.status().await["state"], "starting");
            agent.signal("TERM").unwrap();
            assert_eq!(agent.wait(PATIENCE).await.unwrap(), 0, "{}", agent.stderr());
            if best <= READY {
                break;
            }
        }
        assert!(best <= READY, "{best:?} with metadata at {metadata}");
    }
}
