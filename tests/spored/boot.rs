//! Starting: ready without a network, patient with instance metadata, settings from the instance's tags.

use crate::fixture::{Host, PATIENCE, attribute, aws, named, spans, stop, table, until};
use serde_json::Value;
use spawn_test_support::imds::ImdsFault;
use spawn_test_support::{FaultProxy, Imds, InstanceFacts, Process};

fn instance(imds: &Imds) -> Host {
    Host::with("").env("AWS_EC2_METADATA_SERVICE_ENDPOINT", imds.endpoint()).env("AWS_EC2_METADATA_DISABLED", "false")
}

/// Starts the agent without waiting for it to know who it is.
async fn start(host: &Host) -> Process {
    let agent = host.spored().arg("run").start().unwrap();
    until(&agent, "spored is ready").await;
    agent
}

#[tokio::test]
async fn the_agent_answers_while_the_metadata_service_is_silent_and_boots_when_it_speaks() {
    for fault in [ImdsFault::Refuse, ImdsFault::Unauthorized, ImdsFault::Hang, ImdsFault::Garbage] {
        let imds = Imds::start(InstanceFacts::example()).unwrap();
        imds.misbehave(fault);
        let host = instance(&imds).aws(aws().await).env("AWS_EC2_METADATA_DISABLED", "false");
        let agent = start(&host).await;
        assert_eq!(host.status().await["state"], "starting");
        until(&agent, "instance metadata").await;
        imds.misbehave(ImdsFault::None);
        let status = host.status_when("boot", |status| status["state"] == "running").await;
        assert_eq!(status["instance"]["instance_id"], InstanceFacts::example().instance_id.as_str());
        assert_eq!(status["instance"]["provider"], "ec2");
        stop(agent).await;
    }
}

#[tokio::test]
async fn a_bad_tag_is_left_out_and_reported_and_the_others_hold() {
    let facts = InstanceFacts::example()
        .tag("spawn:tracing-enabled", "true")
        .tag("spawn:tracing-exporter", "none")
        .tag("spawn:tracing-sampling", "a lot");
    let imds = Imds::start(facts).unwrap();
    let host = instance(&imds).aws(aws().await).env("AWS_EC2_METADATA_DISABLED", "false");
    let agent = start(&host).await;
    let status = host.status_when("boot", |status| status["state"] == "running").await;
    assert_eq!((&status["tracing"]["enabled"], &status["tracing"]["sampling"]), (&true.into(), &"0.1".into()));
    let refused = status["refused_settings"][0].as_str().unwrap();
    assert!(refused.contains("spawn:tracing-sampling") && refused.contains("a lot"), "{refused}");
    stop(agent).await;
}

#[tokio::test]
async fn without_tags_in_the_metadata_the_first_aws_call_is_a_traced_describe_tags() {
    let aws = aws().await;
    let code = "boto3.client('ec2').run_instances(ImageId='ami-12c6146b', MinCount=1, MaxCount=1, \
                TagSpecifications=[{'ResourceType': 'instance', 'Tags': [\
                {'Key': 'spawn:tracing-enabled', 'Value': 'true'}, \
                {'Key': 'spawn:tracing-exporter', 'Value': 'stdout'}, \
                {'Key': 'spawn:tracing-sampling', 'Value': '1.0'}]}])['Instances'][0]['InstanceId']";
    let id = aws.boto3(code).await.unwrap().as_str().unwrap().to_owned();
    let imds = Imds::start(InstanceFacts { instance_id: id, ..InstanceFacts::example() }).unwrap();
    imds.show_tags(None);
    let host = instance(&imds).aws(aws).env("AWS_EC2_METADATA_DISABLED", "false");
    let agent = host.run(&[]).await;
    until(&agent, "registered").await;
    let spans = spans(&stop(agent).await);
    let boot = named(&spans, "spored boot");
    let tags = named(&spans, "EC2.DescribeTags");
    assert_eq!((&tags["traceId"], &tags["parentSpanId"]), (&boot["traceId"], &boot["spanId"]));
    assert_eq!(attribute(tags, "aws.operation"), Some(&Value::from("DescribeTags")));
}

#[tokio::test]
async fn without_tags_in_the_metadata_the_agent_asks_ec2_until_it_answers() {
    let aws = aws().await;
    let ec2 = FaultProxy::start(aws.moto_url()).unwrap();
    ec2.refuse(true);
    let imds = Imds::start(InstanceFacts::example()).unwrap();
    imds.show_tags(None);
    let host =
        instance(&imds).aws(aws).env("AWS_EC2_METADATA_DISABLED", "false").env("AWS_ENDPOINT_URL_EC2", ec2.url());
    let agent = start(&host).await;
    until(&agent, "EC2 does not tell the tags").await;
    assert_eq!(host.status().await["state"], "starting");
    ec2.refuse(false);
    host.status_when("boot", |status| status["state"] == "running").await;
    stop(agent).await;
}

#[tokio::test]
async fn the_agent_registers_itself_and_takes_its_leave() {
    let aws = aws().await;
    let host =
        Host::with("").aws(aws).env("SPAWN_INSTANCE_ID", "local-registry-test").env("SPAWN_TABLE", "registry-test");
    table(aws, "registry-test").await;
    let items = "boto3.client('dynamodb').scan(TableName='registry-test')['Items']";
    let agent = host.run(&["--heartbeat", "1s"]).await;
    until(&agent, "registered").await;
    let item = aws.boto3(items).await.unwrap()[0].clone();
    assert_eq!(item["SK"]["S"], "agent#local-registry-test");
    assert_eq!(item["provider"]["S"], "local");
    let before = host.status().await["registry"]["last_heartbeat"].clone();
    host.status_when("heartbeat", |status| status["registry"]["last_heartbeat"] != before).await;
    stop(agent).await;
    assert_eq!(aws.boto3(items).await.unwrap(), Value::Array(Vec::new()));
}

#[tokio::test]
async fn an_agent_of_ones_own_host_stops_at_its_time_to_live() {
    let host = Host::with("ttl: 1s\n").aws(aws().await);
    let mut agent = host.run(&[]).await;
    assert_eq!(agent.wait(PATIENCE).await.unwrap(), 0, "{}", agent.stderr());
    assert!(agent.stderr().contains("the host goes on"), "{}", agent.stderr());
}

#[tokio::test]
async fn the_launchers_decision_wins_over_the_agents_rate() {
    for (flags, rate, sampled) in [("01", "0", true), ("00", "1.0", false)] {
        let facts = InstanceFacts::example()
            .tag("spawn:tracing-enabled", "true")
            .tag("spawn:tracing-exporter", "stdout")
            .tag("spawn:tracing-sampling", rate)
            .tag("spawn:traceparent", &format!("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-{flags}"));
        let imds = Imds::start(facts).unwrap();
        let host = instance(&imds).aws(aws().await).env("AWS_EC2_METADATA_DISABLED", "false");
        let agent = host.run(&[]).await;
        until(&agent, "registered").await;
        let spans = spans(&stop(agent).await);
        let boot = spans.iter().find(|span| span["name"] == "spored boot");
        let parent = boot.map(|boot| (boot["traceId"].as_str().unwrap(), boot["parentSpanId"].as_str().unwrap()));
        assert_eq!(parent, sampled.then_some(("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7")), "rate {rate}");
    }
}

#[tokio::test]
async fn the_credentials_that_the_boot_waits_for_are_in_its_trace() {
    let facts = InstanceFacts { role: Some("role-of-the-instance".to_owned()), ..InstanceFacts::example() }
        .tag("spawn:tracing-enabled", "true")
        .tag("spawn:tracing-exporter", "stdout")
        .tag("spawn:tracing-sampling", "1.0");
    let imds = Imds::start(facts).unwrap();
    let mut host = instance(&imds).aws(aws().await).env("AWS_EC2_METADATA_DISABLED", "false");
    for variable in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"] {
        host = host.env(variable, "");
    }
    let agent = host.run(&[]).await;
    until(&agent, "registered").await;
    let log = stop(agent).await;
    let spans = spans(&log);
    let parent = |span: &Value| {
        let parent = spans.iter().find(|it| it["spanId"] == span["parentSpanId"]);
        parent.unwrap_or_else(|| panic!("no parent of {span:#} in {spans:#?}"))
    };
    let lookups: Vec<_> = spans.iter().filter(|span| span["name"] == "credentials").collect();
    let [lookup] = lookups[..] else { panic!("{lookups:#?}") };
    assert_eq!(attribute(lookup, "aws.credentials.source"), Some(&Value::from("instance-metadata")));
    let boot = parent(parent(lookup));
    assert_eq!(boot["name"], "spored boot");
    let metadata = named(&spans, "instance metadata");
    assert_eq!(metadata["parentSpanId"], boot["spanId"]);
    let asked: Vec<_> = spans.iter().filter(|span| span["parentSpanId"] == lookup["spanId"]).collect();
    let names: Vec<_> = asked.iter().map(|span| span["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["IMDS.GetToken", "IMDS.GetMetadata", "IMDS.GetMetadata"]);
    for secret in ["wJalrXUtnFEMI", "ASIAIOSFODNN7EXAMPLE", "a-session-token", "AQAEAtest", "role-of-the-instance"] {
        assert!(!log.contains(secret), "{secret}");
    }
}
