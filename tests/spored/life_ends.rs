//! What becomes of an instance at its end, and what the agent does when EC2 does not take the call.

use crate::fixture::{PATIENCE, attribute, aws, named, spans, stop, until};
use crate::instance::{Instance, children, now};
use serde_json::Value;
use spawn_test_support::fault_proxy::{Action, Rule};
use spawn_test_support::{FaultProxy, Process, Program, wait_until};
use std::time::{Duration, Instant};

/// Waits for the agent's own end and answers its log.
async fn ended(mut agent: Process) -> String {
    assert_eq!(agent.wait(PATIENCE).await.unwrap(), 0, "{}", agent.stderr());
    agent.stderr()
}

/// A proxy before EC2.
async fn before_ec2(rules: impl IntoIterator<Item = Rule>) -> FaultProxy {
    let proxy = FaultProxy::start(aws().await.moto_url()).unwrap();
    proxy.script(rules);
    proxy
}

/// The forms of this operation that reached the proxy.
fn calls(proxy: &FaultProxy, operation: &str) -> Vec<String> {
    let named = format!("Action={operation}&");
    let texts = proxy.requests().into_iter().map(|request| request.text());
    texts.filter(|text| text.contains(&named)).collect()
}

#[tokio::test]
async fn a_completion_file_ends_the_instance_as_on_complete_says() {
    let tags = [("spawn:on-complete", "stop"), ("spawn:completion-delay", "1s")];
    let instance = Instance::launch(&tags).await;
    let agent = instance.host.run(&[]).await;
    std::fs::write(instance.host.path("complete"), r#"{"status": "failed", "message": "no disk"}"#).unwrap();
    let log = ended(agent).await;
    assert_eq!(instance.state().await, "stopped");
    let spans = spans(&log);
    let end = named(&spans, "lifecycle complete");
    let said = |key| attribute(end, key).and_then(Value::as_str);
    assert_eq!(
        [said("spawn.reason"), said("spawn.completion.status"), said("spawn.completion.message")],
        [Some("complete"), Some("failed"), Some("no disk")]
    );
    assert_eq!((said("spawn.lifecycle.action"), children(&spans, end)), (Some("stop"), vec!["EC2.StopInstances"]));
    assert_eq!(end["links"][0]["spanId"], named(&spans, "spored boot")["spanId"]);
}

#[tokio::test]
async fn exit_leaves_the_instance_alone_without_a_time_to_live_and_waits_for_it_with_one() {
    for ttl in [None, Some("20s")] {
        let mut tags = vec![("spawn:on-complete", "exit"), ("spawn:completion-delay", "1s")];
        tags.extend(ttl.map(|ttl| ("spawn:ttl", ttl)));
        let instance = Instance::launch(&tags).await;
        let agent = instance.host.run(&[]).await;
        std::fs::write(instance.host.path("complete"), "").unwrap();
        if ttl.is_some() {
            until(&agent, "the agent stays for the time to live alone").await;
            let status = instance.host.status().await;
            assert_eq!((&status["state"], &status["end"]["action"]), (&"running".into(), &"wait".into()));
        }
        let log = ended(agent).await;
        let spans = spans(&log);
        let (state, action) = if ttl.is_some() { ("terminated", "wait") } else { ("running", "exit") };
        assert_eq!(instance.state().await, state, "{log}");
        let end = named(&spans, "lifecycle complete");
        assert_eq!(attribute(end, "spawn.lifecycle.action").and_then(Value::as_str), Some(action));
        assert_eq!(spans.iter().any(|span| span["name"] == "lifecycle ttl"), ttl.is_some());
    }
}

#[tokio::test]
async fn the_command_of_the_how_to_completes() {
    let instance = Instance::launch(&[("spawn:on-complete", "exit"), ("spawn:completion-delay", "1s")]).await;
    let agent = instance.host.run(&[]).await;
    let page = include_str!("../../docs/how-to/lifecycle.md");
    let command = page.lines().find(|line| line.starts_with("spored complete")).unwrap();
    let programs = std::path::Path::new(env!("CARGO_BIN_EXE_spored")).parent().unwrap();
    let shell = Program::new("/bin/sh").args(["-c", command]).env("PATH", programs);
    let shell = shell.env("SPORED_SOCKET", instance.host.path("control.sock"));
    let asked = shell.env("SPAWN_CONFIG", instance.host.path("local.yaml")).run().await.unwrap();
    assert_eq!(asked.status, 0, "{}", asked.stderr);
    let log = ended(agent).await;
    assert_eq!(instance.state().await, "running");
    let spans = spans(&log);
    let end = named(&spans, "lifecycle complete");
    let said = ["spawn.completion.status", "spawn.completion.message"].map(|key| attribute(end, key).unwrap().as_str());
    assert_eq!(said, [Some("failed"), Some("no space left")]);
}

#[tokio::test]
async fn being_told_to_stop_cuts_the_delay_and_not_the_end() {
    let instance = Instance::launch(&[("spawn:completion-delay", "1h")]).await;
    let mut agent = instance.host.run(&[]).await;
    std::fs::write(instance.host.path("complete"), "").unwrap();
    let status = instance.host.status_when("end", |status| status["state"] == "ending").await;
    assert_eq!(status["completion"], serde_json::json!({ "status": "succeeded" }));
    assert_eq!((&status["end"]["reason"], &status["end"]["action"]), (&"complete".into(), &"terminate".into()));
    let told = Instant::now();
    agent.signal("TERM").unwrap();
    assert_eq!(agent.wait(PATIENCE).await.unwrap(), 0);
    assert!(told.elapsed() < Duration::from_secs(10), "{:?}", told.elapsed());
    assert_eq!(instance.state().await, "terminated");
}

#[tokio::test]
async fn a_delay_never_goes_beyond_the_time_to_live() {
    let instance = Instance::launch(&[("spawn:completion-delay", "1h"), ("spawn:ttl", "20s")]).await;
    let agent = instance.host.run(&[]).await;
    std::fs::write(instance.host.path("complete"), "").unwrap();
    let log = ended(agent).await;
    assert_eq!(instance.state().await, "terminated");
    let ends: Vec<Value> =
        spans(&log).into_iter().filter(|span| span["name"].as_str().unwrap().starts_with("lifecycle")).collect();
    assert_eq!(ends.iter().map(|end| &end["name"]).collect::<Vec<_>>(), ["lifecycle complete"]);
}

#[tokio::test]
async fn a_call_that_ec2_does_not_take_is_made_again() {
    let unavailable = Action::ec2_error(503, "Unavailable", "try later");
    // Three attempts are one call of the SDK.
    let ec2 = before_ec2([Rule::new(unavailable).form_action("TerminateInstances").times(3)]).await;
    let instance = Instance::launch(&[("spawn:ttl", "1s")]).await.env("AWS_ENDPOINT_URL_EC2", ec2.url());
    let log = ended(instance.host.run(&[]).await).await;
    assert_eq!(instance.state().await, "terminated");
    let spans = spans(&log);
    let below = children(&spans, named(&spans, "lifecycle ttl"));
    assert_eq!(below, ["EC2.TerminateInstances", "EC2.TerminateInstances"]);
    assert_eq!(calls(&ec2, "TerminateInstances").len(), 4);
}

#[tokio::test]
async fn a_call_that_ec2_denies_is_told_and_tried_on() {
    let denied = Action::ec2_error(403, "UnauthorizedOperation", "You are not authorized");
    let ec2 = before_ec2([Rule::new(denied).form_action("TerminateInstances")]).await;
    let instance = Instance::launch(&[("spawn:ttl", "1s")]).await.env("AWS_ENDPOINT_URL_EC2", ec2.url());
    let agent = instance.host.run(&[]).await;
    let status = instance.host.status_when("problem", |status| !status["end"]["problem"].is_null()).await;
    let problem = status["end"]["problem"].as_str().unwrap();
    assert!(problem.contains("UnauthorizedOperation") && problem.contains("ec2:TerminateInstances"), "{problem}");
    assert_eq!((&status["state"], instance.state().await.as_str()), (&"ending".into(), "running"));
    stop(agent).await;
}

#[tokio::test]
async fn a_stop_of_the_agent_interrupts_no_retry_for_long() {
    let ec2 = before_ec2([Rule::new(Action::Hang).form_action("TerminateInstances")]).await;
    let instance = Instance::launch(&[("spawn:ttl", "1s")]).await.env("AWS_ENDPOINT_URL_EC2", ec2.url());
    let agent = instance.host.run(&[]).await;
    wait_until("the call", PATIENCE, || (!calls(&ec2, "TerminateInstances").is_empty()).then_some(())).await.unwrap();
    let told = Instant::now();
    stop(agent).await;
    assert!(told.elapsed() < Duration::from_secs(15), "{:?}", told.elapsed());
}

/// Names of the spans that X-Ray has of the trace in which an instance's agent told its end.
async fn told(id: &str) -> Vec<String> {
    let documents = aws().await.xray_documents().await.unwrap();
    let ends = |document: &&Value| {
        document["metadata"]["spawn"]["name"] == "lifecycle ttl" && document["annotations"]["spawn_instance_id"] == id
    };
    let Some(end) = documents.iter().find(ends) else { return Vec::new() };
    let same = documents.iter().filter(|document| document["trace_id"] == end["trace_id"]);
    let names = same.map(|document| document["metadata"]["spawn"]["name"].as_str().or(document["name"].as_str()));
    names.map(|name| name.unwrap().to_owned()).collect()
}

#[tokio::test]
async fn an_agent_that_is_killed_on_the_way_to_the_end_has_told_all_that_was_over() {
    let ec2 = before_ec2([Rule::new(Action::Hang).form_action("TerminateInstances")]).await;
    for (program, over) in [("sleep 1000", vec!["lifecycle ttl"]), ("true", vec!["lifecycle ttl", "pre-stop"])] {
        let tags = [("spawn:ttl", "1s"), ("spawn:tracing-exporter", "xray")];
        let instance = Instance::launch(&tags).await.env("AWS_ENDPOINT_URL_EC2", ec2.url());
        let yaml = format!("pre_stop: [/bin/sh, -c, {program}]\n");
        std::fs::write(instance.host.path("local.yaml"), yaml).unwrap();
        let agent = instance.host.run(&[]).await;
        until(&agent, "the program before the end runs").await;
        if over.len() > 1 {
            let called = || (!calls(&ec2, "TerminateInstances").is_empty()).then_some(());
            wait_until("the call", PATIENCE, called).await.unwrap();
        }
        agent.signal("KILL").unwrap();
        assert_eq!(told(&instance.id).await, over, "{program}");
    }
}

#[tokio::test]
async fn an_instance_that_cannot_hibernate_is_stopped() {
    let cannot = Action::ec2_error(400, "UnsupportedHibernationConfiguration", "not configured for hibernation");
    let ec2 = before_ec2([Rule::new(cannot).form_action("StopInstances").once()]).await;
    let tags = [("spawn:ttl", "1s"), ("spawn:on-complete", "hibernate")];
    let instance = Instance::launch(&tags).await.env("AWS_ENDPOINT_URL_EC2", ec2.url());
    let log = ended(instance.host.run(&[]).await).await;
    assert_eq!(instance.state().await, "stopped");
    assert!(log.contains("EC2 cannot hibernate this instance; stopping it instead"), "{log}");
    let hibernate: Vec<bool> =
        calls(&ec2, "StopInstances").iter().map(|call| call.contains("Hibernate=true")).collect();
    assert_eq!(hibernate, [true, false]);
}

#[tokio::test]
async fn a_hibernated_instance_begins_another_life_when_it_is_launched_again() {
    let instance = Instance::launch(&[("spawn:ttl", "2s"), ("spawn:on-complete", "hibernate")]).await;
    let agent = instance.host.run(&[]).await;
    until(&agent, "EC2 ends the instance").await;
    assert_eq!(instance.state().await, "stopped");
    assert_eq!(instance.host.status().await["state"], "running");
    // The instance is started, and its memory goes on where it was.
    instance.imds.set_tag("spawn:on-complete", "terminate");
    instance.imds.set_tag("spawn:ttl", "5s");
    let launched_at = now();
    instance.imds.change_facts(|facts| facts.launched_at = launched_at);
    let log = ended(agent).await;
    assert!(log.contains("the instance was hibernated and runs again"), "{log}");
    assert_eq!(instance.state().await, "terminated");
}
