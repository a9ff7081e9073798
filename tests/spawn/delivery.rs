//! What becomes of a command's spans at its end: it never waits for them for long, and none is lost.

use crate::fixture::{aws, spawn};
use serde_json::Value;
use spawn_test_support::fault_proxy::{Action, Rule};
use spawn_test_support::{Aws, FaultProxy, Program, wait_until};
use std::path::Path;
use std::time::{Duration, Instant};
use tempfile::TempDir;

const PATIENCE: Duration = Duration::from_secs(60);
/// What tracing may add to a command, and what a busy machine adds to any.
const ADDED: Duration = Duration::from_millis(300);
const NOISE: Duration = Duration::from_millis(700);

/// A traced command of a user with a home of their own, whose spans go to this back end.
fn traced(aws: &Aws, home: &Path, xray: &str) -> Program {
    let own = [("HOME", home.display().to_string()), ("XDG_STATE_HOME", home.join("state").display().to_string())];
    let tracing = [("TRACING_ENABLED", "true"), ("OTEL_TRACES_SAMPLER", "always_on")];
    let own = own.into_iter().chain(tracing.map(|(name, value)| (name, value.to_owned())));
    let own = own.map(|(name, value)| (name.to_owned(), value));
    spawn(aws).envs(own).env("AWS_ENDPOINT_URL_XRAY", xray)
}

/// The documents of the command with this parent, as X-Ray has them.
async fn below(aws: &Aws, trace: &str) -> Vec<Value> {
    crate::fixture::documents(aws, trace).await
}

fn parent(trace: &str) -> String {
    format!("00-{trace}-00000000000000aa-01")
}

async fn took(program: Program) -> Duration {
    let began = Instant::now();
    let output = program.run().await.unwrap();
    assert_eq!(output.status, 0, "{}", output.stderr);
    began.elapsed()
}

#[tokio::test]
async fn a_back_end_that_hangs_adds_little_to_a_command_and_the_next_one_delivers() {
    let aws = aws().await;
    let home = TempDir::new().unwrap();
    let hanging = FaultProxy::start(aws.moto_url()).unwrap();
    hanging.script([Rule::new(Action::Hang)]);
    let trace = "6b0120b8000000000000000000d00001";
    // The best of several, so that what else the machine does counts as little as can be.
    let (mut with, mut without) = (Duration::MAX, Duration::MAX);
    for _ in 0..3 {
        without = without.min(took(spawn(aws).args(["list"])).await);
        let command = traced(aws, home.path(), &hanging.url()).env("TRACEPARENT", parent(trace));
        with = with.min(took(command.args(["list"])).await);
    }
    assert!(with <= without + ADDED + NOISE, "{with:?} with tracing, {without:?} without");
    let command = traced(aws, home.path(), &hanging.url()).args(["list"]);
    let said = command.run().await.unwrap().stderr;
    let place = home.path().join("state/spawn/spool");
    assert!(said.contains(&format!("in {}; the next command delivers", place.display())), "{said}");
    assert!(said.contains("`spawn trace flush`"), "{said}");
    assert_eq!(below(aws, trace).await, Vec::<Value>::new());

    let flush = traced(aws, home.path(), aws.moto_url()).args(["trace", "flush", "--within", "60s"]);
    let output = flush.run().await.unwrap();
    assert_eq!(output.status, 0, "{}{}", output.stdout, output.stderr);
    assert!(output.stdout.ends_with(" delivered, 0 left\n"), "{}", output.stdout);
    let roots = below(aws, trace).await.into_iter().filter(|document| document["parent_id"] == "00000000000000aa");
    assert_eq!(roots.count(), 3);
    // Nothing is left that would be delivered twice.
    let again = traced(aws, home.path(), aws.moto_url()).args(["trace", "flush"]).run().await.unwrap();
    assert_eq!(again.stdout, "0 delivered, 0 left\n", "{}", again.stderr);
}

#[tokio::test]
async fn the_next_command_takes_along_what_the_last_one_left() {
    let aws = aws().await;
    let home = TempDir::new().unwrap();
    let absent = FaultProxy::start(aws.moto_url()).unwrap();
    absent.refuse(true);
    let trace = "6b0120b8000000000000000000d00002";
    let left = traced(aws, home.path(), &absent.url()).env("TRACEPARENT", parent(trace)).args(["list"]);
    assert_eq!(left.run().await.unwrap().status, 0);
    let deadline = Instant::now() + PATIENCE;
    loop {
        assert_eq!(traced(aws, home.path(), aws.moto_url()).args(["list"]).run().await.unwrap().status, 0);
        if !below(aws, trace).await.is_empty() {
            break;
        }
        assert!(Instant::now() < deadline, "the next commands have not delivered what was left");
    }
}

#[tokio::test]
async fn each_way_to_end_a_command_keeps_its_spans() {
    let aws = aws().await;
    for (number, signal) in ["INT", "TERM", "HUP"].into_iter().enumerate() {
        let home = TempDir::new().unwrap();
        let proxy = FaultProxy::start(aws.moto_url()).unwrap();
        proxy.script([Rule::new(Action::Hang).form_action("DescribeInstances")]);
        let trace = format!("6b0120b8000000000000000000e0000{number}");
        let command = traced(aws, home.path(), aws.moto_url()).env("TRACEPARENT", parent(&trace));
        let mut command = command.env("AWS_ENDPOINT_URL", proxy.url()).args(["list"]).start().unwrap();
        let called = || proxy.requests().iter().any(|it| it.text().contains("DescribeInstances")).then_some(());
        wait_until("the call", PATIENCE, called).await.unwrap();
        command.signal(signal).unwrap();
        assert_eq!(command.wait(PATIENCE).await.unwrap(), 130, "{signal}: {}", command.stderr());
        let flush = traced(aws, home.path(), aws.moto_url()).args(["trace", "flush", "--within", "60s"]);
        assert_eq!(flush.run().await.unwrap().status, 0, "{signal}");
        let root = below(aws, &trace).await.into_iter().find(|it| it["parent_id"] == "00000000000000aa");
        assert!(root.is_some_and(|root| root["end_time"].is_number()), "{signal}: {:?}", below(aws, &trace).await);
    }
}

#[tokio::test]
async fn a_flush_without_tracing_or_without_a_back_end_says_what_to_do() {
    let aws = aws().await;
    let home = TempDir::new().unwrap();
    let off = spawn(aws).args(["trace", "flush"]).run().await.unwrap();
    assert!(off.status == 1 && off.stderr.contains("tracing is off here: switch it on"), "{}", off.stderr);
    let absent = FaultProxy::start(aws.moto_url()).unwrap();
    absent.refuse(true);
    assert_eq!(traced(aws, home.path(), &absent.url()).args(["list"]).run().await.unwrap().status, 0);
    let flush = traced(aws, home.path(), &absent.url()).args(["trace", "flush", "--within", "1s"]);
    let output = flush.run().await.unwrap();
    assert_eq!(output.status, 1, "{}{}", output.stdout, output.stderr);
    assert!(output.stdout.starts_with("0 delivered, ") && !output.stdout.contains(" 0 left"), "{}", output.stdout);
    assert!(output.stderr.contains("state/spawn/spool"), "{}", output.stderr);
}
