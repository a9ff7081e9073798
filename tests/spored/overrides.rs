//! Overrides: values that the running agent is given with `spored config set`.

use crate::fixture::{Host, attribute, aws, named, spans, stop};
use crate::socket::request;
use serde_json::{Value, json};
use spawn_test_support::Program;
use std::os::unix::fs::PermissionsExt;

const TRACED: &str = "observability: {tracing: {enabled: true, exporter: stdout, sampling_rate: 1.0}}\n";

#[tokio::test]
async fn an_override_is_the_strongest_source_and_outlives_a_restart() {
    let host = Host::with(TRACED).aws(aws().await).env("OTEL_TRACES_SAMPLER", "always_off");
    let agent = host.run(&[]).await;
    let set = host.command(&["config", "set", "tracing-sampling", "0.5"]).await;
    assert_eq!(set.0, 0, "{}", set.2);
    assert_eq!(set.1, "tracing-sampling = 0.5 (was 0), from override\n");
    let explained = host.command(&["config", "explain", "tracing-sampling"]).await.1;
    let first = "tracing-sampling = 0.5\n  from override\n  over 0 from environment variable OTEL_TRACES_SAMPLER\n";
    assert!(explained.starts_with(first), "{explained}");
    let file = host.path("state/overrides.json");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    stop(agent).await;

    let agent = host.run(&[]).await;
    let status = host.status().await;
    assert_eq!(
        (&status["tracing"]["sampling"], &status["overrides"]["tracing-sampling"]),
        (&json!("0.5"), &json!("0.5"))
    );
    let unset = host.command(&["config", "unset", "tracing-sampling"]).await;
    assert_eq!(
        unset.1, "tracing-sampling = 0 (was 0.5), from environment variable OTEL_TRACES_SAMPLER\n",
        "{}",
        unset.2
    );
    assert_eq!(host.status().await["overrides"], json!({}));
    stop(agent).await;
}

#[tokio::test]
async fn an_override_that_cannot_be_kept_counts_all_the_same_and_says_so() {
    let host = Host::with("").aws(aws().await);
    std::fs::write(host.path("state"), "not a folder").unwrap();
    let agent = host.run(&[]).await;
    let (code, out, said) = host.command(&["config", "set", "name", "two"]).await;
    assert_eq!((code, out.as_str()), (0, "name = two (was \"\"), from override\n"));
    assert!(said.contains("in force until the agent restarts: cannot keep overrides in"), "{said}");
    stop(agent).await;
}

#[tokio::test]
async fn a_bad_override_is_refused_by_the_command_and_by_the_agent() {
    let host = Host::with("").aws(aws().await);
    let agent = host.run(&[]).await;
    for (key, value, why) in [
        ("tracing-sampling", "a lot", "cannot be \"a lot\": expected a decimal number from 0.0 to 1.0"),
        ("tracing-samplign", "1", "did you mean `tracing-sampling`?"),
        ("tracing-limits-max-sampling", "1", "limits are set in local.yaml"),
        ("tracing-otlp-headers", "authorization=hush", "other users see what stands on a command line"),
        ("", "1", "a value is required"),
    ] {
        let (code, _, said) = host.command(&["config", "set", key, value]).await;
        assert_eq!(code, 2, "{key}: {said}");
        assert!(said.contains(why) && !said.contains("hush"), "{key}: {said}");
        if !key.is_empty() {
            let (status, answer) = request(&host, "PUT", &format!("/config/{key}"), json!({ "value": value })).await;
            let taken = key == "tracing-otlp-headers";
            assert_eq!(
                status,
                if taken {
                    200
                } else if key == "tracing-samplign" {
                    404
                } else {
                    422
                },
                "{answer}"
            );
            assert!(!answer.to_string().contains("hush"), "{answer}");
        }
    }
    assert_eq!(host.status().await["overrides"], json!({ "tracing-otlp-headers": "[redacted]" }));
    stop(agent).await;
}

#[tokio::test]
async fn a_secret_comes_through_standard_input() {
    let host = Host::with("").aws(aws().await);
    let agent = host.run(&[]).await;
    let script = "printf 'authorization=hush\\n' | \"$0\" config set tracing-otlp-headers -";
    let shell = Program::new("/bin/sh").args(["-c", script, env!("CARGO_BIN_EXE_spored")]);
    let output = shell.envs(host.environment()).run().await.unwrap();
    assert_eq!((output.status, output.stderr.as_str()), (0, ""));
    assert_eq!(output.stdout, "tracing-otlp-headers = authorization=[redacted] (was \"\"), from override\n");
    let kept = std::fs::read_to_string(host.path("state/overrides.json")).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&kept).unwrap(), json!({ "tracing-otlp-headers": "authorization=hush" }));
    assert!(!stop(agent).await.contains("hush"));
}

#[tokio::test]
async fn a_refused_change_is_a_failed_span_without_the_value() {
    let host = Host::with(TRACED).aws(aws().await);
    let agent = host.run(&[]).await;
    let (status, _) = request(&host, "PUT", "/config/tracing-exporter", json!({ "value": "hush" })).await;
    assert_eq!(status, 422);
    let spans = spans(&stop(agent).await);
    let set = named(&spans, "control config set");
    assert_eq!(attribute(set, "error"), Some(&json!(true)));
    assert_eq!(attribute(set, "spawn.settings.key"), Some(&"tracing-exporter".into()));
}
