//! The machine room boots a stand-in agent with its instance, keeps its metadata true, and stops it with its instance.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;
use spawn_test_support::{Aws, MachineRoom, wait_until};
use tempfile::TempDir;

const SOON: Duration = Duration::from_secs(20);

/// Says what it was started with, then waits to be ended.
const AGENT: &str = r#"#!/bin/sh
trap 'echo "ended in good order"; exit 0' TERM
env | grep -v '^PWD=\|^_=\|^SHLVL=\|^OLDPWD=' | cut -d= -f1 | sort | tr '\n' ' '
echo "args: $*"
echo "extra: $EXTRA"
while :; do sleep 0.02; done
"#;

fn agent(folder: &TempDir) -> PathBuf {
    let path = folder.path().join("agent");
    std::fs::write(&path, AGENT).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path
}

async fn launch(aws: &Aws, managed: &str) -> String {
    let code = format!(
        "boto3.client('ec2').run_instances(ImageId='ami-12345678', MinCount=1, MaxCount=1, InstanceType='t3.micro', \
         UserData='#!/bin/sh\\necho hello', MetadataOptions={{'InstanceMetadataTags': 'enabled'}}, TagSpecifications=[{{'ResourceType': 'instance', 'Tags': \
         [{{'Key': 'spawn:managed', 'Value': '{managed}'}}]}}])['Instances'][0]['InstanceId']"
    );
    match aws.boto3(&code).await.unwrap() {
        Value::String(id) => id,
        other => panic!("no instance id: {other}"),
    }
}

#[tokio::test]
async fn an_agent_boots_with_its_instance_sees_its_tags_and_ends_with_it() {
    let aws = Aws::start().await.unwrap();
    let folder = TempDir::new().unwrap();
    let extra = [("EXTRA".to_owned(), "seen".to_owned())];
    let room = MachineRoom::start(&aws, &agent(&folder), &extra).unwrap();
    let unmanaged = launch(&aws, "false").await;
    let id = launch(&aws, "true").await;

    room.wait_for_log(&id, SOON, |log| log.contains("extra: ").then_some(())).await.unwrap();
    let expected = "AWS_ACCESS_KEY_ID AWS_EC2_METADATA_SERVICE_ENDPOINT AWS_ENDPOINT_URL AWS_ENDPOINT_URL_DYNAMODB \
         AWS_ENDPOINT_URL_EVENTBRIDGE AWS_ENDPOINT_URL_LAMBDA AWS_ENDPOINT_URL_S3 AWS_ENDPOINT_URL_SFN \
         AWS_ENDPOINT_URL_SNS AWS_ENDPOINT_URL_SQS AWS_SECRET_ACCESS_KEY EXTRA HOME PATH \
         SPAWN_CONFIG SPORED_SOCKET SPORED_STATE args: run\nextra: seen\n";
    assert_eq!(room.log(&id), expected);
    let occupants: Vec<_> = room.instances().into_iter().map(|it| (it.instance_id, it.exit_status)).collect();
    assert_eq!(occupants, [(id.clone(), None)], "and none for {unmanaged}");

    let tag =
        format!("boto3.client('ec2').create_tags(Resources=['{id}'], Tags=[{{'Key': 'spawn:ttl', 'Value': '1h'}}])");
    aws.boto3(&tag).await.unwrap();
    let tags = [("spawn:managed", "true"), ("spawn:ttl", "1h")].map(|(key, value)| (key.to_owned(), value.to_owned()));
    let shown = || room.with_imds(&id, |imds| imds.facts().tags).unwrap();
    wait_until("the new tag", SOON, || (shown() == Some(BTreeMap::from(tags.clone()))).then_some(())).await.unwrap();

    aws.boto3(&format!("boto3.client('ec2').terminate_instances(InstanceIds=['{id}'])")).await.unwrap();
    assert_eq!(room.wait_for_exit(&id, SOON).await.unwrap(), 0);
    assert_eq!(room.log(&id), format!("{expected}ended in good order\n"));
}

#[tokio::test]
async fn an_agent_that_is_killed_stays_dead_and_the_others_stop_in_good_order() {
    let aws = Aws::start().await.unwrap();
    let folder = TempDir::new().unwrap();
    let room = MachineRoom::start(&aws, &agent(&folder), &[]).unwrap();
    let (first, second) = (launch(&aws, "true").await, launch(&aws, "true").await);
    for id in [&first, &second] {
        room.wait_for_log(id, SOON, |log| log.contains("extra: ").then_some(())).await.unwrap();
    }
    room.kill(&first).unwrap();
    assert_eq!(room.wait_for_exit(&first, SOON).await.unwrap(), 137);
    room.stop(SOON).await.unwrap();
}

#[tokio::test]
async fn an_instance_that_is_stopped_and_started_boots_again_with_its_user_data() {
    let aws = Aws::start().await.unwrap();
    let folder = TempDir::new().unwrap();
    let room = MachineRoom::start(&aws, &agent(&folder), &[]).unwrap();
    let id = launch(&aws, "true").await;
    let first = room.wait_for_boot(&id, SOON).await.unwrap();
    room.wait_for_log(&id, SOON, |log| log.contains("extra: ").then_some(())).await.unwrap();
    assert_eq!(room.with_imds(&id, |imds| imds.facts().user_data).unwrap().as_deref(), Some("#!/bin/sh\necho hello"));

    aws.boto3(&format!("boto3.client('ec2').stop_instances(InstanceIds=['{id}'])")).await.unwrap();
    assert_eq!(room.wait_for_exit(&id, SOON).await.unwrap(), 0);
    aws.boto3(&format!("boto3.client('ec2').start_instances(InstanceIds=['{id}'])")).await.unwrap();
    let again = || room.instances().into_iter().find(|occupant| occupant.pid != first.pid);
    let second = wait_until("the second boot", SOON, again).await.unwrap();
    assert_eq!((second.instance_id, second.exit_status), (id, None));
}
