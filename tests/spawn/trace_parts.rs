//! A trace that X-Ray takes in several parts only is one trace for whoever looks, by whichever of its ids.

use crate::fixture::{aws, json, spawn};
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use opentelemetry::KeyValue;
use serde_json::Value;
use spawn_telemetry::Telemetry;
use spawn_test_support::programs::Output;
use std::collections::BTreeSet;
use std::time::Duration;

/// With a kilobyte each, more than is sent of two parts.
const THREADS: usize = 800;

async fn look(line: &[&str]) -> Output {
    spawn(aws().await).arg("trace").args(line).run().await.unwrap()
}

/// Has the exporter send a large trace; answers its ids in X-Ray.
async fn weave() -> BTreeSet<String> {
    let credentials = SharedCredentialsProvider::new(Credentials::new("AKIAWEAVER", "secret", None, None, "test"));
    let config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .endpoint_url(aws().await.moto_url())
        .credentials_provider(credentials);
    let telemetry = Telemetry::of("weaver").to_xray(&config.build());
    let woven = telemetry.in_span("weave", vec![], async {
        for number in 0..THREADS {
            let colour = KeyValue::new("colour", "x".repeat(1_000));
            telemetry.in_span(format!("thread {number}"), vec![colour], async { Ok::<_, String>(()) }).await?;
        }
        Ok::<_, String>(())
    });
    woven.await.unwrap();
    let flushed = telemetry.flush(Duration::from_secs(60)).await;
    assert_eq!((flushed.delivered, flushed.left), (THREADS as u64 + 1, 0), "{:?}", telemetry.health());
    let documents = aws().await.xray_documents().await.unwrap();
    let ours = documents.iter().filter(|document| {
        let name = document["metadata"]["spawn"]["name"].as_str().or(document["name"].as_str()).unwrap_or_default();
        name.starts_with("thread ") || name == "weave"
    });
    ours.map(|document| document["trace_id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_trace_that_was_sent_in_parts_is_shown_whole_by_the_id_of_each() {
    let ids = weave().await;
    assert!(ids.len() > 2, "{ids:?}");
    let mut shown = BTreeSet::new();
    for id in &ids {
        let output = look(&["show", id, "-o", "json"]).await;
        assert_eq!(output.status, 0, "{id}: {}", output.stderr);
        let trace = json(&output);
        let names: BTreeSet<&str> =
            trace["spans"].as_array().unwrap().iter().map(|span| span["name"].as_str().unwrap()).collect();
        assert_eq!((names.len(), trace["spans"].as_array().unwrap().len()), (THREADS + 1, THREADS + 1), "{id}");
        assert_eq!(names.first(), Some(&"thread 0"), "what ties the parts is no span of the program");
        let tops = trace["spans"].as_array().unwrap().iter().filter(|span| span["parent"].is_null());
        assert_eq!(tops.count(), 1, "{id}");
        assert!(ids.contains(trace["xray_trace_id"].as_str().unwrap()));
        shown.insert(output.stdout);
    }
    assert_eq!(shown.len(), 1, "every id shows the same");
    let listed = json(&look(&["list", "--service", "weaver", "--since", "10m", "-o", "json"]).await);
    let spans: Vec<&Value> = listed.as_array().unwrap().iter().map(|trace| &trace["span_count"]).collect();
    assert_eq!(spans, [&Value::from(THREADS + 1)], "{listed}");
    let two: Vec<&str> = ids.iter().map(String::as_str).take(2).collect();
    let compared = look(&["compare", two[0], two[1]]).await;
    assert_eq!(compared.status, 0, "{}", compared.stderr);
}
