//! The metadata service: asked directly and with a session token only, and taken in no larger bites than it should give.

use super::mouth::{Answer, Mouth};
use super::{harmless, instance};
use crate::fixture::{Host, PATIENCE, stop, until};
use spawn_test_support::{FaultProxy, Imds, InstanceFacts, wait_until};

const DOCUMENT: &str = "/latest/dynamic/instance-identity/document";
const TAGS: &str = "/latest/meta-data/tags/instance";
const IDENTITY: &str = r#"{"instanceId": "i-0123456789abcdef0", "region": "us-east-1"}"#;

#[tokio::test]
async fn metadata_is_never_asked_through_a_proxy() {
    let imds = Imds::start(InstanceFacts::example()).unwrap();
    let proxy = FaultProxy::start(&imds.endpoint()).unwrap();
    let mut host = instance(&imds.endpoint(), "").await;
    for variable in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"] {
        host = host.env(variable, proxy.url());
    }
    // Keys and region come from metadata too.
    for variable in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_REGION"] {
        host = host.env(variable, "");
    }
    let agent = host.run(&[]).await;
    assert_eq!(host.status().await["instance"]["provider"], "ec2");
    wait_until("a call with keys", PATIENCE, || (!proxy.requests().is_empty()).then_some(())).await.unwrap();
    stop(agent).await;
    for command in [&["config", "list"][..], &["doctor"]] {
        let output = host.spored().args(command).run().await.unwrap();
        harmless(&(output.stdout + &output.stderr));
    }
    assert!(imds.credential_reads() >= 2);
    let of_metadata = |path: &str| path.contains("/latest/");
    let asked: Vec<String> =
        proxy.requests().into_iter().map(|request| request.path).filter(|it| of_metadata(it)).collect();
    assert_eq!(asked, Vec::<String>::new());
}

#[tokio::test]
async fn a_list_of_tags_that_is_none_is_passed_over() {
    let mouth = Mouth::start(|question| match question.strip_prefix("GET ") {
        Some(DOCUMENT) => Answer::Whole(200, IDENTITY.to_owned()),
        Some(TAGS) => {
            Answer::Whole(200, "spawn:a b\nspawn:\u{e4}\nspawn:%00\nspawn:../../iam\nspawn:{}\nspawn:ttl".to_owned())
        }
        Some(path) if path.ends_with("/spawn:ttl") => Answer::Whole(200, "2h".to_owned()),
        Some(_) => Answer::Whole(404, String::new()),
        None => Answer::Whole(200, "token".to_owned()),
    })
    .await;
    let host = instance(&mouth.endpoint(), "").await;
    let ttl = host.spored().args(["config", "get", "ttl"]).run().await.unwrap();
    assert_eq!((ttl.stdout.as_str(), ttl.status), ("2h\n", 0), "{}", ttl.stderr);
    let asked = mouth.asked();
    let asked: Vec<_> = asked.iter().filter_map(|question| question.strip_prefix(&format!("GET {TAGS}/"))).collect();
    assert_eq!(asked, ["spawn:ttl"]);
}

#[tokio::test]
async fn a_service_without_session_tokens_is_not_asked_for_anything_else() {
    let mouth = Mouth::start(|question| match question.starts_with("PUT") {
        true => Answer::Whole(405, String::new()),
        false => Answer::Whole(200, IDENTITY.to_owned()),
    })
    .await;
    let host = instance(&mouth.endpoint(), "").await;
    let agent = host.spored().arg("run").start().unwrap();
    until(&agent, "the instance metadata service does not answer").await;
    assert_eq!(host.status().await["state"], "starting");
    stop(agent).await;
    assert!(mouth.asked().iter().all(|question| question == "PUT /latest/api/token"), "{:?}", mouth.asked());
}

/// The most memory that the agent has had, in megabytes.
async fn peak(host: &Host) -> u64 {
    let pid = host.status().await["pid"].as_u64().unwrap();
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().strip_suffix(" kB").unwrap().parse::<u64>().unwrap() / 1024
}

#[tokio::test]
async fn an_answer_without_an_end_costs_neither_memory_nor_the_agent() {
    for endless in ["PUT /latest/api/token", "GET /latest/dynamic"] {
        for (dribbles, least) in [(false, 3), (true, 2)] {
            let mouth = Mouth::start(move |question| match (question.starts_with(endless), dribbles) {
                (true, false) => Answer::Gigabyte,
                (true, true) => Answer::Dribble,
                (false, _) => Answer::Whole(200, "token".to_owned()),
            })
            .await;
            let host = instance(&mouth.endpoint(), "").await;
            let agent = host.spored().arg("run").start().unwrap();
            // It asks again, so it has let go of the answer before.
            let again = || {
                let times = mouth.asked().iter().filter(|question| question.starts_with(endless)).count();
                (times >= least).then_some(())
            };
            wait_until("another question", PATIENCE, again).await.unwrap();
            assert_eq!(host.status().await["state"], "starting", "{endless}");
            let peak = peak(&host).await;
            assert!(peak < 100, "{peak} MB after {endless}");
            harmless(&stop(agent).await);
        }
    }
}

#[tokio::test]
async fn of_ten_thousand_tags_no_more_are_asked_for_than_an_instance_can_have() {
    for (count, most) in [(600, 100), (10_000, 0)] {
        let keys: String = (0..count).map(|number| format!("spawn:tracing-unknown-{number:05}\n")).collect();
        let mouth = Mouth::start(move |question| match question.strip_prefix("GET ") {
            None => Answer::Whole(200, "token".to_owned()),
            Some(DOCUMENT) => Answer::Whole(200, IDENTITY.to_owned()),
            Some(TAGS) => Answer::Whole(200, keys.clone()),
            Some(path) if path.starts_with(TAGS) => Answer::Whole(200, "x".repeat(256)),
            Some(_) => Answer::Whole(404, String::new()),
        })
        .await;
        let host = instance(&mouth.endpoint(), "").await;
        let agent = host.spored().arg("run").start().unwrap();
        let lists = || (mouth.asked().iter().filter(|question| question.ends_with(TAGS)).count() >= 2).then_some(());
        wait_until("a second look at the tags", PATIENCE, lists).await.unwrap();
        let asked = mouth.asked();
        let first = asked.iter().position(|question| question.ends_with(TAGS)).unwrap();
        let second = first + 1 + asked[first + 1..].iter().position(|question| question.ends_with(TAGS)).unwrap();
        let of_tags = asked[first..second].iter().filter(|question| question.contains("tracing-unknown")).count();
        assert_eq!(of_tags, most, "{count}");
        assert!(peak(&host).await < 100);
        harmless(&stop(agent).await);
    }
}

#[tokio::test]
async fn an_identity_that_cannot_be_one_is_not_believed() {
    for identity in include_str!("../../data/hostile/identities.jsonl").lines() {
        let mouth = Mouth::start(move |question| match question.strip_prefix("GET ") {
            Some(DOCUMENT) => Answer::Whole(200, identity.to_owned()),
            Some(_) => Answer::Whole(404, String::new()),
            None => Answer::Whole(200, "token".to_owned()),
        })
        .await;
        let host = instance(&mouth.endpoint(), "").await;
        let listed = host.spored().args(["config", "list"]).run().await.unwrap();
        assert_eq!(listed.status, 1, "{identity}: {}", listed.stdout);
        harmless(&(listed.stdout + &listed.stderr));
    }
}
