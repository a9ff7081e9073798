//! Harm that others try to do: proxies in the way of metadata, answers without an end, redirects, strangers' endpoints,
//! text that would steer a terminal, secrets that would show.

mod docs;
mod hostile_text;
mod metadata;
mod mouth;
mod secrets;

use crate::fixture::{Host, PATIENCE, aws, stop, until};
use spawn_test_support::fault_proxy::{Action, Rule};
use spawn_test_support::{FaultProxy, Imds, InstanceFacts, wait_until};
use std::os::unix::fs::PermissionsExt;

/// A host that takes itself for the instance of this metadata service.
async fn instance(endpoint: &str, yaml: &str) -> Host {
    let host = Host::with(yaml).aws(aws().await).env("AWS_EC2_METADATA_DISABLED", "false");
    host.env("AWS_EC2_METADATA_SERVICE_ENDPOINT", endpoint)
}

/// What would move a cursor, ring a bell, recolour or turn the direction of reading.
#[track_caller]
fn harmless(text: &str) {
    let hostile =
        |c: char| (c.is_control() && c != '\n') || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    assert!(!text.contains(hostile), "{:?}", text.escape_debug().to_string());
    assert!(!text.contains("panicked"), "{text}");
}

fn tracing(lines: &str) -> String {
    format!("observability:\n  tracing:\n    enabled: true\n    sampling_rate: 1.0\n    {lines}\n")
}

/// Waits until the server has heard something of this path.
async fn heard(server: &FaultProxy, path: &str) {
    let requests = || server.requests().iter().any(|request| request.path.starts_with(path)).then_some(());
    wait_until(&format!("a request for {path}"), PATIENCE, requests).await.unwrap();
}

#[tokio::test]
async fn a_redirect_is_never_followed() {
    let elsewhere = FaultProxy::start("http://127.0.0.1:1").unwrap();
    for (exporter, path) in [("xray", "/TraceSegments"), ("otlp\n    otlp: {protocol: http}", "/v1/traces")] {
        let receiver = FaultProxy::start("http://127.0.0.1:1").unwrap();
        let redirects =
            [307, 308].map(|status| Rule::new(Action::respond(status, &[("location", &elsewhere.url())], "")));
        receiver.script(redirects);
        let host = Host::with(&tracing(&format!("exporter: {exporter}\n    endpoint: {}", receiver.url())));
        let agent = host.aws(aws().await).run(&[]).await;
        heard(&receiver, path).await;
        stop(agent).await;
    }
    assert_eq!(elsewhere.requests(), []);
}

#[tokio::test]
async fn an_endpoint_that_is_not_of_aws_sees_no_credentials() {
    let receiver = FaultProxy::start("http://127.0.0.1:1").unwrap();
    receiver.script([Rule::new(Action::respond(200, &[], "{}"))]);
    let host = Host::with(&tracing(&format!("exporter: xray\n    endpoint: {}", receiver.url()))).aws(aws().await);
    let host = host.env("AWS_ACCESS_KEY_ID", "AKIDSAFETY").env("AWS_SESSION_TOKEN", "token-of-safety");
    let agent = host.run(&[]).await;
    heard(&receiver, "/TraceSegments").await;
    stop(agent).await;
    for request in receiver.requests() {
        let headers = format!("{:?}", request.headers);
        assert!(!headers.contains("AKIDSAFETY") && !headers.contains("token-of-safety"), "{headers}");
        assert!(request.header("authorization").unwrap().contains("Credential=spawn-unsigned/"), "{headers}");
    }
}

#[tokio::test]
async fn an_endpoint_that_a_tag_names_does_not_get_the_headers_of_the_hosts_own() {
    let receiver = FaultProxy::start("http://127.0.0.1:1").unwrap();
    let imds = Imds::start(InstanceFacts::example().tag("spawn:tracing-endpoint", &receiver.url())).unwrap();
    let yaml = tracing(
        "exporter: otlp\n    endpoint: http://127.0.0.1:1\n    otlp: {protocol: http, headers: {x-api-key: sesame}}",
    );
    let host = instance(&imds.endpoint(), &yaml).await;
    let agent = host.run(&[]).await;
    heard(&receiver, "/v1/traces").await;
    stop(agent).await;
    assert!(receiver.requests().iter().all(|request| request.header("x-api-key").is_none()));
}

#[tokio::test]
async fn a_tag_with_an_endpoint_beyond_the_instances_own_region_is_refused_and_tracing_goes_on() {
    for endpoint in ["https://xray.eu-west-1.amazonaws.com", "https://collector.example", "http://169.254.169.254"] {
        let facts = InstanceFacts::example()
            .tag("spawn:tracing-enabled", "true")
            .tag("spawn:tracing-exporter", "none")
            .tag("spawn:tracing-endpoint", endpoint);
        let imds = Imds::start(facts).unwrap();
        let host = instance(&imds.endpoint(), "").await;
        let agent = host.run(&[]).await;
        let status = host.status().await;
        let refused = status["refused_settings"].as_array().unwrap();
        assert!(refused.len() == 1 && refused[0].as_str().unwrap().contains("spawn:tracing-endpoint"), "{status:#}");
        assert_eq!(status["tracing"]["enabled"], true, "{status:#}");
        stop(agent).await;
    }
}

#[tokio::test]
async fn settings_that_others_may_write_are_refused_with_the_command_that_helps() {
    let host = Host::with("ttl: 1h\n");
    let path = host.path("local.yaml");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o666)).unwrap();
    let refused = host.spored().arg("run").run().await.unwrap();
    let expected = format!(
        "spored: {0} is not used as settings: others may write it (mode 0666): chmod go-w {0}\n",
        path.display()
    );
    assert_eq!((refused.status, refused.stderr), (3, expected));
    let listed = host.spored().args(["config", "list"]).run().await.unwrap();
    assert_eq!(listed.status, 3, "{}", listed.stderr);
    // A file that is only to be checked may be anybody's.
    let checked = host.spored().args(["config", "validate", path.to_str().unwrap()]).run().await.unwrap();
    assert_eq!(checked.status, 0, "{}", checked.stderr);
}

#[tokio::test]
async fn settings_that_others_may_write_do_not_come_in_by_a_reload() {
    let host = Host::with("ttl: 1h\n").aws(aws().await);
    let agent = host.run(&[]).await;
    std::fs::write(host.path("local.yaml"), "ttl: 2h\n").unwrap();
    std::fs::set_permissions(host.path("local.yaml"), std::fs::Permissions::from_mode(0o622)).unwrap();
    let reloaded = host.spored().arg("reload").run().await.unwrap();
    assert!(reloaded.status != 0 && reloaded.stderr.contains("chmod go-w"), "{}", reloaded.stderr);
    until(&agent, "not reloaded").await;
    stop(agent).await;
}
