//! Spans over OTLP: every protocol, a collector of others in between, and receivers that ask who is there.

use super::{text, tracing};
use crate::fixture::{Host, aws, named, stop, until};
use spawn_test_support::otlp::OtlpDemands;
use spawn_test_support::{OtlpReceiver, Process, Rotel};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(30);

/// A host whose spans go to this receiver, and what else stands under `otlp` in its `local.yaml`.
async fn otlp(receiver: &OtlpReceiver, protocol: &str, id: &str, settings: &[(&str, &str)]) -> Host {
    let endpoint = if protocol == "grpc" { receiver.grpc_endpoint() } else { receiver.http_endpoint() };
    let mut lines = format!("exporter: otlp\n    endpoint: {endpoint}\n    otlp:\n      protocol: {protocol}");
    for (key, value) in settings {
        lines.push_str(&format!("\n      {key}: {value}"));
    }
    Host::with(&tracing(&lines)).aws(aws().await).env("SPAWN_INSTANCE_ID", id)
}

/// Asks for the status until there is a problem with delivery: what it is, and the remedy.
async fn problem(host: &Host) -> [String; 2] {
    let status = host.status_when("problem", |status| status["tracing"]["health"]["problem"].is_object()).await;
    let problem = &status["tracing"]["health"]["problem"];
    ["what", "remedy"].map(|key| problem[key].as_str().unwrap().to_owned())
}

/// Ends the agent once its boot is over, and with it the wait after the last failure.
async fn arrived(receiver: &OtlpReceiver, id: &str, agent: Process) {
    until(&agent, "registered").await;
    let log = stop(agent).await;
    assert!(receiver.requests().unwrap().iter().any(|request| request.to_string().contains(id)), "{id}: {log}");
}

#[tokio::test]
async fn otlp_reaches_a_receiver_over_grpc_and_over_http() {
    let receiver = OtlpReceiver::start().await.unwrap();
    let over_http = receiver.http_endpoint();
    for (protocol, endpoint) in [("grpc", &receiver.grpc_endpoint()), ("http", &over_http), ("http/json", &over_http)] {
        let lines = format!("exporter: otlp\n    endpoint: {endpoint}\n    otlp:\n      protocol: {protocol}");
        let id = format!("local-{}", protocol.replace('/', "-"));
        let host = Host::with(&tracing(&lines)).aws(aws().await).env("SPAWN_INSTANCE_ID", &id);
        let agent = host.run(&[]).await;
        until(&agent, "registered").await;
        stop(agent).await;
        receiver.wait_for_spans(1, PATIENCE).await.unwrap();
        let seen = receiver.spans().unwrap();
        let text = serde_json::to_string(&seen).unwrap();
        assert!(text.contains("spored boot") && text.contains(&id), "{protocol}: {text}");
    }
}

#[tokio::test]
async fn a_collector_of_others_passes_on_whole_spans_of_every_protocol() {
    let receiver = OtlpReceiver::start().await.unwrap();
    let collector = Rotel::before(&receiver).await.unwrap();
    let host = Host::with(&tracing("exporter: otlp"));
    let exec = async |name: &str, endpoint: &str, protocol: &str, compression: &str| {
        let command = host.spored().args(["exec", "--name", name, "--", "true"]);
        let command = command
            .env("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)
            .env("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)
            .env("OTEL_EXPORTER_OTLP_COMPRESSION", compression);
        let output = command.run().await.unwrap();
        assert_eq!((output.status, output.stderr.as_str()), (0, ""), "{protocol} {compression}");
    };
    exec("direct", &receiver.grpc_endpoint(), "grpc", "none").await;
    let mut names = vec!["direct".to_owned()];
    for (endpoint, protocol) in [
        (collector.grpc_endpoint(), "grpc"),
        (collector.http_endpoint(), "http/protobuf"),
        (collector.http_endpoint(), "http/json"),
    ] {
        for compression in ["none", "gzip"] {
            let name = format!("{protocol} {compression}");
            exec(&name, endpoint, protocol, compression).await;
            names.push(name);
        }
    }
    let spans = receiver.wait_for_spans(names.len(), PATIENCE).await.unwrap();
    // Ids, times and the process are each run's own; the order of a resource's attributes is nobody's.
    let comparable = |name: &String| {
        let mut span = named(&spans, name).clone();
        for (field, length) in [("traceId", 32), ("spanId", 16), ("startTimeUnixNano", 19), ("endTimeUnixNano", 19)] {
            assert_eq!(span[field].take().as_str().unwrap().len(), length, "{span:#}");
        }
        span["name"].take();
        let of_resource = span["resource"]["attributes"].as_array_mut().unwrap();
        of_resource.retain(|pair| pair["key"] != "process.pid");
        of_resource.sort_by_key(|pair| pair["key"].to_string());
        span
    };
    let expected = comparable(&names[0]);
    for name in &names[1..] {
        assert_eq!(comparable(name), expected, "{name}");
    }
}

#[tokio::test]
async fn otlp_shows_a_certificate_and_headers_to_a_receiver_that_asks_for_them() {
    let header = Some(("x-api-key".to_owned(), "abc".to_owned()));
    let receiver = OtlpReceiver::demanding(OtlpDemands { header, tls: true, client_certificate: true }).await.unwrap();
    let (ca, (certificate, key)) = (receiver.ca_file(), receiver.client_files());
    for protocol in ["grpc", "http"] {
        let id = format!("local-mtls-{protocol}");
        let settings = [
            ("ca_file", text(&ca)),
            ("client_cert", text(&certificate)),
            ("client_key", text(&key)),
            ("headers", "{x-api-key: abc}"),
            ("compression", "gzip"),
        ];
        let host = otlp(&receiver, protocol, &id, &settings).await;
        arrived(&receiver, &id, host.run(&[]).await).await;
    }
}

#[tokio::test]
async fn an_authority_that_is_not_trusted_is_explained_and_heals_when_its_file_is_replaced() {
    let receiver = OtlpReceiver::demanding(OtlpDemands { tls: true, ..OtlpDemands::default() }).await.unwrap();
    let wrong = OtlpReceiver::demanding(OtlpDemands { tls: true, ..OtlpDemands::default() }).await.unwrap();
    for protocol in ["grpc", "http"] {
        let id = format!("local-ca-{protocol}");
        let folder = tempfile::tempdir().unwrap();
        let ca = folder.path().join("ca.pem");
        std::fs::copy(wrong.ca_file(), &ca).unwrap();
        let host = otlp(&receiver, protocol, &id, &[("ca_file", text(&ca))]).await;
        let agent = host.run(&[]).await;
        let [what, remedy] = problem(&host).await;
        assert!(what.starts_with("TLS with the OTLP receiver fails: ") && what.contains("certificate"), "{what}");
        assert!(remedy.contains("`ca_file`"), "{remedy}");
        let table = host.spored().arg("status").run().await.unwrap().stdout;
        assert!(table.contains("ca_file"), "{table}");
        std::fs::copy(receiver.ca_file(), &ca).unwrap();
        arrived(&receiver, &id, agent).await;
    }
}

#[tokio::test]
async fn a_client_certificate_that_is_missing_is_explained() {
    let demands = OtlpDemands { client_certificate: true, ..OtlpDemands::default() };
    let receiver = OtlpReceiver::demanding(demands).await.unwrap();
    let ca = receiver.ca_file();
    for protocol in ["grpc", "http"] {
        let host = otlp(&receiver, protocol, "local-no-certificate", &[("ca_file", text(&ca))]).await;
        let agent = host.run(&[]).await;
        let [what, remedy] = problem(&host).await;
        assert!(remedy.contains("`client_cert`"), "{protocol}: {what}: {remedy}");
        stop(agent).await;
    }
}

#[tokio::test]
async fn a_token_that_is_renewed_is_taken_up_from_its_file() {
    let header = Some(("x-api-key".to_owned(), "new".to_owned()));
    let receiver = OtlpReceiver::demanding(OtlpDemands { header, ..OtlpDemands::default() }).await.unwrap();
    for protocol in ["grpc", "http"] {
        let id = format!("local-token-{protocol}");
        let folder = tempfile::tempdir().unwrap();
        let token = folder.path().join("token");
        std::fs::write(&token, "old").unwrap();
        let settings = [("token_header", "x-api-key"), ("token_file", text(&token))];
        let host = otlp(&receiver, protocol, &id, &settings).await;
        let agent = host.run(&[]).await;
        let [what, remedy] = problem(&host).await;
        assert!(remedy.contains("token") && !what.contains("old"), "{what}: {remedy}");
        std::fs::write(&token, "new").unwrap();
        arrived(&receiver, &id, agent).await;
    }
}
