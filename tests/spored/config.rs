//! `spored config`, with the guide's settings from every source.

use crate::fixture::Host;
use crate::guide::LOCAL as GUIDE;
use spawn_test_support::{Imds, InstanceFacts};

async fn get(host: &Host, key: &str) -> String {
    let output = host.spored().args(["config", "get", key]).run().await.unwrap();
    assert_eq!(output.status, 0, "{}", output.stderr);
    output.stdout.trim_end_matches('\n').to_owned()
}

#[tokio::test]
async fn the_guides_local_yaml_is_complete_and_says_what_it_says() {
    let host = Host::with(GUIDE);
    assert_eq!(get(&host, "tracing-enabled").await, "true");
    assert_eq!(get(&host, "tracing-exporter").await, "xray");
    assert_eq!(get(&host, "tracing-sampling").await, "0.1");
    assert_eq!(get(&host, "tracing-endpoint").await, "");
}

#[tokio::test]
async fn the_guides_four_rows_have_their_defaults() {
    let host = Host::with("");
    assert_eq!(get(&host, "tracing-enabled").await, "false");
    assert_eq!(get(&host, "tracing-exporter").await, "xray");
    assert_eq!(get(&host, "tracing-sampling").await, "0.1");
    assert_eq!(get(&host, "tracing-endpoint").await, "");
}

#[tokio::test]
async fn on_an_instance_the_tags_answer() {
    let facts = InstanceFacts::example()
        .tag("spawn:tracing-enabled", "true")
        .tag("spawn:tracing-exporter", "stdout")
        .tag("spawn:tracing-sampling", "0");
    let imds = Imds::start(facts).unwrap();
    let host = Host::with("")
        .env("AWS_EC2_METADATA_SERVICE_ENDPOINT", imds.endpoint())
        .env("AWS_EC2_METADATA_DISABLED", "false");
    assert_eq!(get(&host, "tracing-enabled").await, "true");
    assert_eq!(get(&host, "tracing-exporter").await, "stdout");
    assert_eq!(get(&host, "tracing-sampling").await, "0");
}

#[tokio::test]
async fn the_environment_wins_over_the_file_and_explain_says_so() {
    let host = Host::with(GUIDE).env("TRACING_ENABLED", "false");
    assert_eq!(get(&host, "tracing-enabled").await, "false");
    let output = host.spored().args(["config", "explain", "tracing-enabled"]).run().await.unwrap();
    for part in ["false", "TRACING_ENABLED", "true", "local.yaml"] {
        assert!(output.stdout.contains(part), "no {part:?} in: {}", output.stdout);
    }
}

#[tokio::test]
async fn list_shows_every_key_with_its_value_and_source() {
    let host = Host::with(GUIDE);
    let output = host.spored().args(["config", "list", "-o", "json"]).run().await.unwrap();
    let rows: Vec<serde_json::Value> = serde_json::from_str(&output.stdout).unwrap();
    let row = rows.iter().find(|row| row["name"] == "tracing-sampling").unwrap();
    assert_eq!(row["value"], "0.1");
    assert!(row["source"].as_str().unwrap().contains("local.yaml"), "{row}");
    let table = host.spored().args(["config", "list"]).run().await.unwrap().stdout;
    assert_eq!(table.lines().count(), rows.len(), "{table}");
}

#[tokio::test]
async fn validate_accepts_the_guides_file_and_the_schema_is_json() {
    let host = Host::with(GUIDE);
    let output = host.spored().args(["config", "validate"]).run().await.unwrap();
    assert_eq!(
        (output.status, output.stdout.as_str()),
        (0, "the settings of this host are valid\n"),
        "{}",
        output.stderr
    );
    let schema = host.spored().args(["config", "schema"]).run().await.unwrap().stdout;
    let schema: serde_json::Value = serde_json::from_str(&schema).unwrap();
    let exporter = schema.pointer("/properties/observability/properties/tracing/properties/exporter");
    assert!(exporter.is_some(), "{schema:#}");
}
