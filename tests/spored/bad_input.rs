//! Settings that cannot be: refused with place and remedy, exit code 3, nothing half done.

use crate::fixture::Host;

/// Runs the agent and the validator on the same file: both refuse it with the same words.
async fn refused(yaml: &str) -> String {
    let host = Host::with(yaml);
    let run = host.spored().arg("run").run().await.unwrap();
    let validate = host.spored().args(["config", "validate"]).run().await.unwrap();
    assert_eq!((run.status, validate.status), (3, 3), "{} {}", run.stderr, validate.stderr);
    assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("", validate.stderr.as_str()));
    assert!(!host.path("control.sock").exists());
    run.stderr
}

#[track_caller]
fn says(stderr: &str, parts: &[&str]) {
    for part in parts {
        assert!(stderr.contains(part), "no {part:?} in: {stderr}");
    }
    assert!(!stderr.contains("panicked"), "{stderr}");
}

fn tracing(line: &str) -> String {
    format!("observability:\n  tracing:\n    {line}\n")
}

#[tokio::test]
async fn a_value_that_its_key_does_not_take_is_refused_with_its_place() {
    for (line, parts) in [
        ("exporter: jaeger", ["local.yaml", "exporter", "jaeger", "xray"]),
        ("sampling_rate: 1.5", ["local.yaml", "sampling_rate", "1.5", "0"]),
        ("sampling_rate: .nan", ["local.yaml", "sampling_rate", "3", "0"]),
        ("endpoint: nowhere", ["local.yaml", "endpoint", "nowhere", "http"]),
        ("enabled: 7", ["local.yaml", "enabled", "7", "true"]),
        ("enabled: yes", ["local.yaml", "enabled", "yes", "true"]),
        ("sampling-rate: 0.1", ["local.yaml", "sampling-rate", "did you mean", "sampling_rate"]),
    ] {
        says(&refused(&tracing(line)).await, &parts);
    }
}

#[tokio::test]
async fn yaml_that_is_none_is_refused_with_line_and_column() {
    for (yaml, parts) in [
        ("observability:\n\ttracing:\n", ["local.yaml", "2"]),
        ("observability:\n  tracing:\n    enabled: true\n    enabled: false\n", ["local.yaml", "enabled"]),
        ("observability: [", ["local.yaml", "1"]),
        ("just text", ["local.yaml", "1"]),
    ] {
        says(&refused(yaml).await, &parts);
    }
}

#[tokio::test]
async fn ten_megabytes_are_no_settings_file() {
    says(&refused(&"# filler\n".repeat(1_200_000)).await, &["local.yaml", "larger than the 1048576 bytes"]);
}

#[tokio::test]
async fn a_file_that_is_not_there_is_named_with_the_remedy() {
    let host = Host::with("").env("SPAWN_CONFIG", "/nonexistent/local.yaml");
    let output = host.spored().arg("run").run().await.unwrap();
    assert_eq!(output.status, 3);
    says(&output.stderr, &["/nonexistent/local.yaml", "SPAWN_CONFIG"]);
}

#[tokio::test]
async fn a_folder_in_its_place_is_no_panic() {
    let host = Host::with("").env("SPAWN_CONFIG", "/");
    let output = host.spored().arg("run").run().await.unwrap();
    assert_eq!(output.status, 3);
    says(&output.stderr, &["cannot be read"]);
}

#[tokio::test]
async fn a_wrong_variable_is_named() {
    let host = Host::with("").env("OTEL_TRACES_EXPORTER", "jaeger");
    let output = host.spored().arg("run").run().await.unwrap();
    assert_eq!(output.status, 3);
    says(&output.stderr, &["OTEL_TRACES_EXPORTER", "jaeger", "xray"]);
}

#[tokio::test]
async fn an_unknown_key_gets_a_suggestion() {
    let output = Host::with("").spored().args(["config", "get", "tracing-enable"]).run().await.unwrap();
    assert_eq!((output.status, output.stdout.as_str()), (2, ""), "{}", output.stderr);
    says(&output.stderr, &["tracing-enable", "tracing-enabled"]);
}

#[tokio::test]
async fn status_without_an_agent_says_how_to_start_one() {
    let output = Host::with("").spored().arg("status").run().await.unwrap();
    assert_eq!((output.status, output.stdout.as_str()), (1, ""));
    says(&output.stderr, &["no spored is running", "spored run"]);
}

#[tokio::test]
async fn a_second_agent_on_the_host_is_refused() {
    let host = Host::with("");
    let first = host.run(&[]).await;
    let second = host.spored().arg("run").run().await.unwrap();
    assert_eq!(second.status, 1);
    says(&second.stderr, &["another spored is running"]);
    assert_eq!(host.status().await["state"], "running");
    crate::fixture::stop(first).await;
}
