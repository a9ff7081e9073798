//! The whole path: a launch at the terminal, an agent on the instance, one trace, an end at the time to live.

use crate::fixture::{json, only_instance, spawn, spored};
use serde_json::Value;
use spawn_test_support::{Aws, MachineRoom, Program};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_launched_instance_boots_registers_and_ends_itself_in_the_launchers_trace() {
    let aws = Aws::start().await.unwrap();
    let room = MachineRoom::start(&aws, &spored(), &[]).unwrap();
    let line = ["launch", "--instance-type", "t3.micro", "--ttl", "4s", "--wait", "agent", "-o", "json"];
    let tags = ["--tag", "spawn:tracing-enabled=true", "--tag", "spawn:tracing-sampling=1.0"];
    let launched = json(&spawn(&aws).args(line).args(tags).run().await.unwrap());
    let id = only_instance(&launched);

    let config = Program::new(spored())
        .args(["config", "get", "tracing-enabled"])
        .envs(aws.env().into_iter().filter(|(name, _)| name != "AWS_EC2_METADATA_DISABLED"))
        .env("AWS_EC2_METADATA_SERVICE_ENDPOINT", room.with_imds(&id, |imds| imds.endpoint()).unwrap());
    assert_eq!(config.run().await.unwrap().stdout, "true\n");

    room.wait_for_exit(&id, PATIENCE).await.unwrap();
    let trace_id = launched["trace_id"].as_str().unwrap();
    let traces = aws.traces(&[]).await.unwrap();
    let documents: Vec<&Value> = traces
        .iter()
        .flat_map(|trace| trace["Segments"].as_array().unwrap())
        .map(|segment| &segment["Document"])
        .collect();
    let of_launch = |document: &&&Value| document["trace_id"].as_str().unwrap().replace('-', "")[1..] == *trace_id;

    // The boot is a node of its own, below the launch.
    let boot = documents.iter().find(|document| document["metadata"]["spawn"]["name"] == "spored boot").unwrap();
    let root = documents.iter().filter(of_launch).find(|document| document["parent_id"].is_null()).unwrap();
    assert_eq!((&boot["trace_id"], &boot["parent_id"]), (&root["trace_id"], &root["id"]), "{boot:#}");
    assert_eq!((&boot["name"], &boot["origin"]), (&"spored".into(), &"AWS::EC2::Instance".into()), "{boot:#}");
    assert_eq!(boot["annotations"]["spawn_instance_id"], id.as_str());
    let mut below: Vec<&str> = documents
        .iter()
        .filter(|document| document["parent_id"] == boot["id"])
        .map(|document| document["aws"]["operation"].as_str().or(document["name"].as_str()).unwrap())
        .collect();
    below.sort_unstable();
    assert_eq!(below, ["PutItem", "instance metadata"]);

    // The end has its reason and its call.
    let end = documents.iter().find(|document| document["metadata"]["spawn"]["name"] == "lifecycle ttl").unwrap();
    assert_eq!(end["metadata"]["spawn"]["spawn.reason"], "ttl", "{end:#}");
    let call = documents.iter().find(|document| document["parent_id"] == end["id"]).unwrap();
    assert_eq!(call["aws"]["operation"], "TerminateInstances");

    let code = format!(
        "boto3.client('ec2').describe_instances(InstanceIds=['{id}'])['Reservations'][0]['Instances'][0]['State']['Name']"
    );
    assert_eq!(aws.boto3(&code).await.unwrap(), "terminated");
}
