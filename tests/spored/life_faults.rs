//! The agent keeps its duties when what it depends on fails after the boot.

use crate::fixture::{PATIENCE, attribute, aws, named, spans, until};
use crate::instance::Instance;
use serde_json::Value;
use spawn_test_support::imds::ImdsFault;
use spawn_test_support::{FaultProxy, Process, wait_until};
use std::collections::BTreeSet;
use std::time::Duration;

async fn ended(mut agent: Process) -> String {
    assert_eq!(agent.wait(PATIENCE).await.unwrap(), 0, "{}", agent.stderr());
    agent.stderr()
}

#[tokio::test]
async fn an_instance_whose_metadata_fails_after_the_boot_ends_in_time() {
    let faults = [ImdsFault::Refuse, ImdsFault::Hang, ImdsFault::Unauthorized, ImdsFault::Garbage, ImdsFault::Broken];
    let mut agents = Vec::new();
    for fault in faults {
        let instance = Instance::launch(&[("spawn:ttl", "15s")]).await;
        let agent = instance.host.run(&[]).await;
        until(&agent, "the time to live is set").await;
        instance.imds.misbehave(fault);
        agents.push((fault, instance, agent));
    }
    for (fault, instance, agent) in agents {
        let log = ended(agent).await;
        assert_eq!(instance.state().await, "terminated", "{fault:?}: {log}");
        assert_eq!(log.matches("instance metadata does not show the tags").count(), 1, "{fault:?}: {log}");
    }
}

#[tokio::test]
async fn a_clock_that_is_a_day_off_neither_ends_an_instance_early_nor_keeps_it() {
    for day in [86_400, -86_400] {
        let ec2 = FaultProxy::start(aws().await.moto_url()).unwrap();
        let instance = Instance::launch(&[("spawn:ttl", "5s")]).await.env("AWS_ENDPOINT_URL_EC2", ec2.url());
        let right = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(day);
        instance.imds.set_clock(day);
        instance.imds.change_facts(|facts| facts.launched_at = format!("{right:.0}"));
        let log = ended(instance.host.run(&[]).await).await;
        assert_eq!(instance.state().await, "terminated");
        assert!(log.contains("this host's clock is off"), "{log}");
        let spans = spans(&log);
        let end = named(&spans, "lifecycle ttl");
        let age: u64 = attribute(end, "spawn.age_seconds").and_then(Value::as_str).unwrap().parse().unwrap();
        assert!((5..60).contains(&age), "{age}");
        // AWS refuses signatures that are minutes off.
        let call =
            ec2.requests().into_iter().find(|request| request.text().contains("Action=TerminateInstances")).unwrap();
        let signed = call.header("x-amz-date").unwrap().to_owned();
        assert_eq!(signed[..8], right.strftime("%Y%m%d").to_string(), "{signed}");
    }
}

#[tokio::test]
async fn an_instance_that_was_hibernated_meanwhile_lives_from_its_new_launch() {
    let instance = Instance::launch(&[("spawn:ttl", "10s")]).await;
    let agent = instance.host.run(&[]).await;
    let again = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(4);
    instance.imds.change_facts(|facts| facts.launched_at = format!("{again:.0}"));
    let log = ended(agent).await;
    let lived = jiff::Timestamp::now().duration_since(again);
    assert!((9..60).contains(&lived.as_secs()), "{lived:#}: {log}");
    assert!(log.contains("its time to live begins anew"), "{log}");
    assert_eq!(instance.state().await, "terminated");
}

#[tokio::test]
async fn an_instance_without_a_network_ends_when_it_has_one_again() {
    let ec2 = FaultProxy::start(aws().await.moto_url()).unwrap();
    ec2.refuse(true);
    let instance = Instance::launch(&[("spawn:ttl", "1s")]).await.env("AWS_ENDPOINT_URL_EC2", ec2.url());
    let agent = instance.host.run(&[]).await;
    until(&agent, "EC2 did not end the instance; trying again").await;
    assert_eq!(instance.host.status().await["state"], "ending");
    ec2.refuse(false);
    ended(agent).await;
    assert_eq!(instance.state().await, "terminated");
}

#[tokio::test]
async fn credentials_that_expire_are_read_again() {
    let dynamodb = FaultProxy::start(aws().await.ministack_url()).unwrap();
    let instance = Instance::launch(&[]).await.env("AWS_ENDPOINT_URL_DYNAMODB", dynamodb.url());
    // Empty is unset: only the instance's role is left.
    let instance = instance.env("AWS_ACCESS_KEY_ID", "").env("AWS_SECRET_ACCESS_KEY", "");
    instance.imds.rotate_credentials(Duration::from_secs(13));
    let agent = instance.host.run(&["--heartbeat", "1s"]).await;
    let keys = || {
        let signed = dynamodb.requests();
        let key = |header: &str| Some(header.split_once("Credential=")?.1.split('/').next()?.to_owned());
        signed.iter().filter_map(|request| key(request.header("authorization")?)).collect::<BTreeSet<String>>()
    };
    wait_until("three keys", PATIENCE, || (keys().len() >= 3).then_some(())).await.unwrap();
    assert!(keys().iter().all(|key| key.starts_with("ASIAROTATES")), "{:?}", keys());
    assert!(instance.imds.credential_reads() >= 3);
    assert_eq!(instance.host.status().await["registry"]["problem"], Value::Null);
    // Nobody takes back an instance that is no spot instance, so nobody asks.
    let asked = instance.imds.requests();
    assert!(asked.contains(&"GET /latest/meta-data/instance-life-cycle".to_owned()), "{asked:#?}");
    assert!(!asked.iter().any(|request| request.contains("/spot/") || request.contains("/events/")), "{asked:#?}");
    instance.imds.set_tag("spawn:ttl", "1s");
    ended(agent).await;
    assert_eq!(instance.state().await, "terminated");
}
