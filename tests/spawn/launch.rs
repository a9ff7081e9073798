//! Launching, listing and terminating, as EC2 sees it through Python's boto3.

use crate::fixture::{aws, instance, json, only_instance, spawn, tag};
use crate::launch_flags::image;

#[tokio::test]
async fn count_ami_name_and_ttl_reach_ec2() {
    let aws = aws().await;
    let ami = image("arm64", "/dev/xvda").await;
    let line = [
        "launch",
        "--instance-type",
        "t4g.small",
        "--count",
        "3",
        "--ami",
        ami.as_str(),
        "--name",
        "web",
        "--ttl",
        "90m",
    ];
    let output = spawn(aws).args(line).args(["-o", "json"]).run().await.unwrap();
    let launched = json(&output);
    let ids = launched["instances"].as_array().unwrap();
    assert_eq!(ids.len(), 3);
    for launched in ids {
        let instance = instance(aws, launched["instance_id"].as_str().unwrap()).await;
        assert_eq!(instance["ImageId"], ami.as_str());
        assert_eq!(tag(&instance, "Name"), Some("web"));
        assert_eq!(tag(&instance, "spawn:ttl"), Some("1h30m"));
    }
}

#[tokio::test]
async fn spot_is_asked_for_as_spot() {
    let aws = aws().await;
    let line = ["launch", "--instance-type", "t3.micro", "--spot", "-o", "json"];
    let launched = json(&spawn(aws).args(line).run().await.unwrap());
    assert_eq!(instance(aws, &only_instance(&launched)).await["InstanceLifecycle"], "spot");
}

#[tokio::test]
async fn region_decides_where_the_instance_is() {
    let aws = aws().await;
    let line = ["launch", "--instance-type", "t3.micro", "--region", "eu-west-1", "-o", "json"];
    let launched = json(&spawn(aws).args(line).run().await.unwrap());
    let zone = launched["instances"][0]["availability_zone"].as_str().unwrap();
    assert!(zone.starts_with("eu-west-1"), "{zone}");
}

#[tokio::test]
async fn a_dry_run_launches_nothing() {
    let aws = aws().await;
    let line = ["launch", "--instance-type", "m5.xlarge", "--dry-run"];
    let output = spawn(aws).args(line).run().await.unwrap();
    assert_eq!((output.status, output.stdout.as_str()), (0, ""), "{}", output.stderr);
    assert!(output.stderr.contains("dry run: EC2 would launch this"), "{}", output.stderr);
    let types =
        "[i['InstanceType'] for r in boto3.client('ec2').describe_instances()['Reservations'] for i in r['Instances']]";
    let types = aws.boto3(types).await.unwrap();
    assert!(!types.as_array().unwrap().contains(&"m5.xlarge".into()), "{types}");
}

#[tokio::test]
async fn wait_ends_when_the_instance_runs() {
    let aws = aws().await;
    let line = ["launch", "--instance-type", "t3.micro", "--wait", "-o", "json"];
    let launched = json(&spawn(aws).args(line).run().await.unwrap());
    assert_eq!(launched["instances"][0]["state"], "running");
}

#[tokio::test]
async fn waiting_for_an_agent_that_never_comes_ends_with_its_own_code() {
    let aws = aws().await;
    let line = ["launch", "--instance-type", "t3.micro", "--wait", "agent", "--wait-timeout", "1s", "-o", "json"];
    let output = spawn(aws).args(line).run().await.unwrap();
    assert_eq!(output.status, 4, "{}", output.stderr);
    assert!(
        output.stderr.contains("after 1 s these do not have an agent that has registered yet: i-"),
        "{}",
        output.stderr
    );
    let launched: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(launched["instances"][0]["state"], "running");
}

#[tokio::test]
async fn a_launched_instance_is_listed_until_it_is_terminated() {
    let aws = aws().await;
    let line = ["launch", "--instance-type", "t3.nano", "--name", "listed", "-o", "json"];
    let id = only_instance(&json(&spawn(aws).args(line).run().await.unwrap()));
    let listed =
        |list: &serde_json::Value| list.as_array().unwrap().iter().any(|row| row["instance_id"] == id.as_str());

    assert!(listed(&json(&spawn(aws).args(["list", "-o", "json"]).run().await.unwrap())));
    let table = spawn(aws).arg("list").run().await.unwrap().stdout;
    assert!(table.lines().any(|line| line.starts_with(&id) && line.contains("listed")), "{table}");

    let terminated = json(&spawn(aws).args(["terminate", "--yes", &id, "-o", "json"]).run().await.unwrap());
    assert_eq!(terminated[0]["instance_id"], id.as_str());
    assert!(!listed(&json(&spawn(aws).args(["list", "-o", "json"]).run().await.unwrap())));
    assert!(listed(&json(&spawn(aws).args(["list", "--all", "-o", "json"]).run().await.unwrap())));
}

#[tokio::test]
async fn nothing_to_list_is_an_empty_list() {
    let aws = aws().await;
    let output = spawn(aws).args(["list", "--region", "ap-south-1", "-o", "json"]).run().await.unwrap();
    assert_eq!(output.stdout, "[]\n", "{}", output.stderr);
}

#[tokio::test]
async fn the_agents_table_is_made_once_encrypted_and_with_expiry() {
    let aws = aws().await;
    for _ in 0..2 {
        let line = ["launch", "--instance-type", "t3.micro"];
        let output = spawn(aws).args(line).env("SPAWN_TABLE", "made-once").run().await.unwrap();
        assert_eq!(output.status, 0, "{}", output.stderr);
    }
    let table = "{**boto3.client('dynamodb').describe_table(TableName='made-once')['Table'], \
                 **boto3.client('dynamodb').describe_time_to_live(TableName='made-once')}";
    let table = aws.boto3(table).await.unwrap();
    assert_eq!(table["BillingModeSummary"]["BillingMode"], "PAY_PER_REQUEST", "{table}");
    assert_eq!(table["TimeToLiveDescription"]["AttributeName"], "expires_at", "{table}");
    let keys: Vec<&str> =
        table["KeySchema"].as_array().unwrap().iter().map(|key| key["AttributeName"].as_str().unwrap()).collect();
    assert_eq!(keys, ["PK", "SK"]);
}
