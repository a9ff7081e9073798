//! `spored doctor`: what it finds, what it advises, and that nothing can stop it.

use crate::fixture::{Host, PATIENCE, aws, stop, until};
use serde_json::Value;
use spawn_test_support::imds::ImdsFault;
use spawn_test_support::{Imds, InstanceFacts};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

pub(crate) const CHECKS: [&str; 13] = [
    "settings",
    "metadata",
    "tags",
    "region",
    "keys",
    "credentials",
    "clock",
    "delivery",
    "files",
    "state",
    "spool",
    "unit",
    "agent",
];

/// The exit code, and what was found by the name of the check: level, words, remedy.
async fn doctor(host: &Host) -> (i32, BTreeMap<String, (String, String, String)>) {
    let output = host.spored().args(["doctor", "-o", "json"]).run().await.unwrap();
    let findings: Vec<Value> = serde_json::from_str(&output.stdout).unwrap();
    let names: Vec<&str> = findings.iter().map(|finding| finding["check"].as_str().unwrap()).collect();
    assert_eq!(names, CHECKS);
    let text = |finding: &Value, key: &str| finding[key].as_str().unwrap_or_default().to_owned();
    let found = findings.iter().map(|finding| {
        let [check, level, what, remedy] = ["check", "level", "what", "remedy"].map(|key| text(finding, key));
        assert_eq!(level == "ok", remedy.is_empty(), "{check}: {what}: {remedy}");
        (check, (level, what, remedy))
    });
    (output.status, found.collect())
}

fn tracing(lines: &str) -> String {
    format!("observability:\n  tracing:\n    enabled: true\n    sampling_rate: 1.0\n    {lines}\n")
}

#[tokio::test]
async fn a_healthy_instance_has_nothing_that_fails() {
    let facts = InstanceFacts::example().tag("spawn:tracing-enabled", "true").tag("Name", "worker");
    let imds = Imds::start(facts).unwrap();
    let host = Host::with("").aws(aws().await).env("AWS_EC2_METADATA_DISABLED", "false");
    let host = host.env("AWS_EC2_METADATA_SERVICE_ENDPOINT", imds.endpoint());
    std::fs::create_dir_all(host.path("state")).unwrap();
    let agent = host.run(&[]).await;
    until(&agent, "registered").await;
    // On a busy machine the emulators may need longer than a check waits.
    let deadline = Instant::now() + PATIENCE;
    let (code, found) = loop {
        let (code, found) = doctor(&host).await;
        if code == 0 || Instant::now() > deadline {
            break (code, found);
        }
    };
    let failed: Vec<_> = found.iter().filter(|(_, (level, ..))| level == "fail").collect();
    assert_eq!((code, failed), (0, Vec::new()));
    for (check, what) in [
        ("metadata", "i-0123456789abcdef0 answers"),
        ("tags", "2 visible, 1 of them settings"),
        ("region", "us-east-1"),
        ("clock", "agrees with AWS's clock"),
        ("delivery", "the back end takes spans"),
        ("agent", "running"),
    ] {
        assert_eq!(found[check].1, what, "{found:#?}");
    }
    assert!(found["keys"].1.starts_with("from the environment"), "{found:#?}");
    assert!(found["credentials"].1.contains("123456789012"), "{found:#?}");
    stop(agent).await;
}

#[tokio::test]
async fn without_any_network_every_check_ends_and_the_worst_says_what_to_do() {
    let imds = Imds::start(InstanceFacts::example()).unwrap();
    for fault in [ImdsFault::Refuse, ImdsFault::Hang, ImdsFault::Unauthorized, ImdsFault::Garbage] {
        imds.misbehave(fault);
        // The discard port: nobody listens there.
        let host = Host::with(&tracing("exporter: xray"))
            .env("AWS_EC2_METADATA_DISABLED", "false")
            .env("AWS_EC2_METADATA_SERVICE_ENDPOINT", imds.endpoint())
            .env("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
            .env("AWS_REGION", "us-east-1");
        let begun = Instant::now();
        let (code, found) = doctor(&host).await;
        assert!(begun.elapsed() < Duration::from_secs(30), "{:?} with {fault:?}", begun.elapsed());
        assert_eq!(
            (code, found["metadata"].0.as_str(), found["credentials"].0.as_str()),
            (1, "fail", "fail"),
            "{found:#?}"
        );
        let hint =
            if fault == ImdsFault::Refuse { "--http-endpoint enabled" } else { "modify-instance-metadata-options" };
        assert!(found["metadata"].2.contains(hint), "{fault:?}: {found:#?}");
        assert_eq!(found["agent"].1, "no agent is running here");
    }
}

#[tokio::test]
async fn a_receiver_that_cannot_be_reached_fails_with_its_remedy() {
    let host = Host::with(&tracing("exporter: otlp\n    endpoint: http://127.0.0.1:1")).aws(aws().await);
    let (code, found) = doctor(&host).await;
    let (level, what, remedy) = &found["delivery"];
    assert_eq!((code, level.as_str()), (1, "fail"), "{found:#?}");
    assert!(what.contains("refused") && !remedy.is_empty(), "{what}: {remedy}");
}

#[tokio::test]
async fn wrong_settings_fail_and_the_rest_is_looked_at_all_the_same() {
    let host = Host::with("ttl: forever\n").aws(aws().await);
    let (code, found) = doctor(&host).await;
    assert_eq!((code, found["settings"].0.as_str()), (1, "fail"));
    assert!(found["settings"].1.contains("local.yaml:1:"), "{found:#?}");
    assert_eq!(found["credentials"].0, "ok", "{found:#?}");
}

#[tokio::test]
async fn the_table_shows_a_line_for_each_finding_with_its_remedy_below() {
    let host = Host::with("").aws(aws().await);
    let output = host.spored().arg("doctor").run().await.unwrap();
    assert_eq!(output.status, 0, "{}{}", output.stdout, output.stderr);
    let lines: Vec<&str> = output.stdout.lines().collect();
    let agent = lines.iter().position(|line| *line == "warn  agent        no agent is running here").unwrap();
    assert_eq!(lines[agent + 1], "                   -> `systemctl start spored`, or `spored run`");
}
