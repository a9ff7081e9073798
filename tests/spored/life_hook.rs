//! The user's program before the end.

use crate::fixture::{Host, PATIENCE, attribute, aws, named, spans, until};
use crate::instance::{Instance, children};
use serde_json::Value;
use std::time::{Duration, Instant};

/// A host of one's own that ends in a second, with this program before the end.
async fn host(script: &str, more: &str) -> Host {
    let script = serde_json::to_string(script).unwrap();
    let yaml = format!("ttl: 1s\npre_stop: [/bin/sh, -c, {script}]\n{more}");
    Host::with(&yaml)
        .aws(aws().await)
        .env("TRACING_ENABLED", "true")
        .env("OTEL_TRACES_EXPORTER", "console")
        .env("OTEL_TRACES_SAMPLER", "always_on")
}

async fn log_of(host: &Host) -> String {
    let mut agent = host.run(&[]).await;
    assert_eq!(agent.wait(PATIENCE).await.unwrap(), 0, "{}", agent.stderr());
    agent.stderr()
}

#[tokio::test]
async fn the_program_knows_why_and_in_which_trace_and_its_output_is_in_the_log() {
    let script = "echo \"because of $SPAWN_REASON on $SPAWN_INSTANCE_ID in $TRACEPARENT\"; echo trouble >&2; exit 7";
    let host = host(script, "").await.env("SPAWN_INSTANCE_ID", "local-hooked");
    let log = log_of(&host).await;
    let spans = spans(&log);
    let (end, hook) = (named(&spans, "lifecycle ttl"), named(&spans, "pre-stop"));
    assert_eq!(children(&spans, end), ["pre-stop"]);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let traceparent = format!("00-{}-{}-01", text(&hook["traceId"]), text(&hook["spanId"]));
    assert!(log.contains(&format!("because of ttl on local-hooked in {traceparent}")), "{log}");
    assert!(log.contains("trouble"), "{log}");
    // Its failure is told and stops nothing.
    assert_eq!(attribute(hook, "process.exit.code"), Some(&"7".into()), "{hook:#}");
    assert_eq!(attribute(hook, "error.message"), Some(&"it ended with exit code 7".into()));
    assert!(log.contains("the host goes on"), "{log}");
}

#[tokio::test]
async fn a_program_that_takes_too_long_is_ended_and_the_end_goes_on() {
    let host = host("sleep 1000", "pre_stop_timeout: 1s\n").await;
    let started = Instant::now();
    let log = log_of(&host).await;
    assert!(started.elapsed() < Duration::from_secs(30), "{:?}", started.elapsed());
    let spans = spans(&log);
    let hook = named(&spans, "pre-stop");
    assert_eq!(attribute(hook, "spawn.pre_stop.timed_out"), Some(&true.into()), "{hook:#}");
    assert!(log.contains("the host goes on"), "{log}");
}

#[tokio::test]
async fn a_tag_never_names_the_program() {
    let instance = Instance::launch(&[("spawn:ttl", "3s"), ("spawn:pre-stop", "/bin/true")]).await;
    let mut agent = instance.host.run(&[]).await;
    let refused = instance.host.status().await["refused_settings"][0].as_str().unwrap().to_owned();
    assert!(refused.contains("unknown key spawn:pre-stop"), "{refused}");
    assert_eq!(agent.wait(PATIENCE).await.unwrap(), 0);
    assert!(!agent.stderr().contains("the program before the end"), "{}", agent.stderr());
}

#[tokio::test]
async fn the_program_runs_on_a_spot_notice_and_not_again_at_the_end() {
    let instance = Instance::launch(&[]).await;
    instance.imds.change_facts(|facts| facts.life_cycle = "spot".to_owned());
    let yaml = "pre_stop: [/bin/sh, -c, 'echo saved for $SPAWN_REASON']\n";
    std::fs::write(instance.host.path("local.yaml"), yaml).unwrap();
    let mut agent = instance.host.run(&[]).await;
    let time = jiff::Timestamp::now() + jiff::SignedDuration::from_mins(2);
    instance.imds.give_spot_notice("stop", &format!("{time:.0}"));
    until(&agent, "ready for the interruption").await;
    assert_eq!(instance.host.status().await["spot_notice"]["action"], "stop");
    instance.imds.set_tag("spawn:ttl", "1s");
    assert_eq!(agent.wait(PATIENCE).await.unwrap(), 0);
    let log = agent.stderr();
    let runs: Vec<&str> = log.lines().filter(|line| line.contains("saved for")).collect();
    assert_eq!(runs.len(), 2, "once in the line that tells the command, once as its output: {runs:#?}");
    assert!(runs[1].contains("saved for spot"), "{runs:#?}");
}
