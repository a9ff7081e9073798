//! Settings that change while the agent lives: tags, their last good values, time-boxed tracing, and reloads under load.

use crate::fixture::{Host, aws, spans, stop, until};
use crate::socket::request;
use serde_json::{Value, json};
use spawn_test_support::{Imds, InstanceFacts, OtlpReceiver};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

async fn instance(imds: &Imds) -> Host {
    let host = Host::with("").aws(aws().await);
    host.env("AWS_EC2_METADATA_SERVICE_ENDPOINT", imds.endpoint()).env("AWS_EC2_METADATA_DISABLED", "false")
}

#[tokio::test]
async fn tracing_is_switched_on_and_off_again_by_tags_alone() {
    let imds = Imds::start(InstanceFacts::example()).unwrap();
    let host = instance(&imds).await;
    let agent = host.run(&[]).await;
    until(&agent, "registered").await;
    assert_eq!(host.status().await["tracing"]["enabled"], false);

    let until_then = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(12);
    let on = Instant::now();
    imds.set_tag("spawn:tracing-exporter", "stdout");
    imds.set_tag("spawn:tracing-sampling", "1.0");
    imds.set_tag("spawn:tracing-until", &format!("{until_then:.0}"));
    imds.set_tag("spawn:tracing-enabled", "true");
    until(&agent, "\"settings changed\"").await;
    assert!(on.elapsed() < Duration::from_secs(5), "the first span came after {:?}", on.elapsed());
    assert_eq!(host.status().await["tracing"]["enabled"], true);

    until(&agent, "tracing is off again").await;
    assert!(jiff::Timestamp::now() >= until_then - jiff::SignedDuration::from_secs(1));
    let status = host.status_when("off", |status| status["tracing"]["enabled"] == false).await;
    assert_eq!(status["pid"], agent.pid());
    assert_eq!(request(&host, "PUT", "/config/name", json!({ "value": "later" })).await.0, 200);
    let spans = spans(&stop(agent).await);
    let names: Vec<&str> = spans.iter().map(|span| span["name"].as_str().unwrap()).collect();
    assert!(names.iter().all(|name| *name == "settings changed"), "only what the tags changed: {names:?}");
}

#[tokio::test]
async fn a_tag_that_becomes_wrong_keeps_its_last_good_value() {
    let imds = Imds::start(InstanceFacts::example().tag("spawn:tracing-sampling", "0.5")).unwrap();
    let host = instance(&imds).await;
    let agent = host.run(&[]).await;
    assert_eq!(host.status().await["tracing"]["sampling"], "0.5");
    imds.set_tag("spawn:tracing-sampling", "a lot");
    let refused = |status: &Value| status["refused_settings"].as_array().is_some_and(|refused| !refused.is_empty());
    let status = host.status_when("refusal", refused).await;
    assert_eq!(status["tracing"]["sampling"], "0.5");
    let why = status["refused_settings"][0].as_str().unwrap();
    assert!(why.contains("a lot") && why.contains("\"0.5\", its last good value, stays in force"), "{why}");
    imds.set_tag("spawn:tracing-sampling", "0.25");
    host.status_when("the new value", |status| status["tracing"]["sampling"] == "0.25").await;
    let log = stop(agent).await;
    assert_eq!(log.lines().filter(|line| line.contains("a setting was refused")).count(), 1, "{log}");
}

#[tokio::test]
async fn only_tags_that_are_settings_are_asked_for_again_and_again() {
    let facts = InstanceFacts::example().tag("Name", "x").tag("spawn:managed", "true").tag("spawn:ttl", "1h");
    let imds = Imds::start(facts).unwrap();
    let host = instance(&imds).await;
    let agent = host.run(&[]).await;
    let asked = |key: &str| imds.requests().iter().filter(|path| path.ends_with(key)).count();
    let looks = || imds.requests().iter().filter(|path| path.ends_with("/tags/instance")).count();
    spawn_test_support::wait_until("three looks", crate::fixture::PATIENCE, || (looks() >= 3).then_some(()))
        .await
        .unwrap();
    assert_eq!((asked("/Name"), asked("managed")), (1, 1));
    assert!(asked("ttl") >= 2, "{:?}", imds.requests());
    stop(agent).await;
}

#[tokio::test]
async fn a_reload_takes_the_tags_that_metadata_does_not_show() {
    let aws = aws().await;
    let code = "boto3.client('ec2').run_instances(ImageId='ami-12c6146b', MinCount=1, MaxCount=1, \
                TagSpecifications=[{'ResourceType': 'instance', 'Tags': [\
                {'Key': 'spawn:tracing-sampling', 'Value': '0.5'}]}])['Instances'][0]['InstanceId']";
    let id = aws.boto3(code).await.unwrap().as_str().unwrap().to_owned();
    let imds = Imds::start(InstanceFacts { instance_id: id.clone(), ..InstanceFacts::example() }).unwrap();
    imds.show_tags(None);
    let host = instance(&imds).await;
    let agent = host.run(&[]).await;
    let tag = format!(
        "boto3.client('ec2').create_tags(Resources=['{id}'], \
         Tags=[{{'Key': 'spawn:tracing-sampling', 'Value': '0.25'}}])['ResponseMetadata']['HTTPStatusCode']"
    );
    assert_eq!(aws.boto3(&tag).await.unwrap(), 200);
    let expected = "tracing-sampling = 0.25 (was 0.5), from tag spawn:tracing-sampling\n".to_owned();
    assert_eq!(host.command(&["reload"]).await, (0, expected, String::new()));
    stop(agent).await;
}

/// Exporters swapped a thousand times while spans are made and flushed: every one arrives, once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_reloads_under_load_lose_no_span() {
    const RELOADS: usize = 1_000;
    let receivers = [OtlpReceiver::start().await.unwrap(), OtlpReceiver::start().await.unwrap()];
    let yaml = |turn: usize| {
        let (protocol, endpoint) = match turn % 2 {
            0 => ("grpc", receivers[0].grpc_endpoint()),
            _ => ("http", receivers[1].http_endpoint()),
        };
        format!(
            "name: turn-{turn}\nobservability: {{tracing: {{enabled: true, exporter: otlp, sampling_rate: 1.0, \
             endpoint: \"{endpoint}\", otlp: {{protocol: {protocol}}}}}}}\n"
        )
    };
    let host = Host::with(&yaml(0)).aws(aws().await);
    let agent = host.run(&[]).await;
    let (over, made) = (AtomicBool::new(false), AtomicU64::new(0));
    let load = async {
        while !over.load(Ordering::Relaxed) {
            let value = made.fetch_add(1, Ordering::Relaxed).to_string();
            assert_eq!(request(&host, "PUT", "/config/account-id", json!({ "value": value })).await.0, 200);
        }
    };
    let flushes = async {
        while !over.load(Ordering::Relaxed) {
            assert_eq!(request(&host, "POST", "/flush", json!({ "within_ms": 10_000 })).await.0, 200);
        }
    };
    let reloads = async {
        for turn in 1..=RELOADS {
            std::fs::write(host.path("local.yaml"), yaml(turn)).unwrap();
            let (status, answer) = request(&host, "POST", "/reload", Value::Null).await;
            assert_eq!(
                (status, answer["changed"].as_array().map(|changed| changed.len() >= 3)),
                (200, Some(true)),
                "{answer}"
            );
        }
        over.store(true, Ordering::Relaxed);
    };
    tokio::join!(load, flushes, reloads);
    assert_eq!(request(&host, "POST", "/flush", json!({ "within_ms": 60_000 })).await.1["left"], 0);
    let counters = host.status().await["tracing"]["counters"].clone();
    let created = counters["created"].as_u64().unwrap();
    assert_eq!(
        counters,
        json!({
            "created": created, "recovered": 0, "exported": created, "queued": 0, "dropped": {}, "cut": 0, "split": 0,
            "set_aside": 0, "letters_evicted": 0,
        })
    );

    let received: Vec<Value> = receivers.iter().flat_map(|receiver| receiver.spans().unwrap()).collect();
    let ids: BTreeSet<&str> = received.iter().map(|span| span["spanId"].as_str().unwrap()).collect();
    assert_eq!((received.len() as u64, ids.len() as u64), (created, created), "each span arrives, and once");
    let count = |name: &str| received.iter().filter(|span| span["name"] == name).count();
    assert_eq!(count("control reload"), RELOADS);
    assert_eq!(count("control config set") as u64, made.into_inner());
    assert_eq!(count("settings changed"), RELOADS + count("control config set"));
    assert!(
        receivers.iter().all(|receiver| receiver.spans().unwrap().len() > RELOADS / 4),
        "both exporters were in use"
    );
    assert_eq!(count("spored boot"), 1);
    stop(agent).await;
}
