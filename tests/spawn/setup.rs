//! `spawn setup`, and the agent on its way from the operator's machine to the bucket.

use crate::fixture::{aws, bare, instance, json, only_instance, spawn, spored, tiny_agent};
use serde_json::Value;
use spawn_test_support::FaultProxy;
use spawn_test_support::fault_proxy::{Action, Rule};

/// Every test has a region, and with it a bucket, of its own.
fn bucket(region: &str) -> String {
    format!("spawn-123456789012-{region}")
}

async fn keys(region: &str) -> Vec<String> {
    let code = format!(
        "sorted(o['Key'] for o in boto3.client('s3').list_objects_v2(Bucket='{}').get('Contents', []))",
        bucket(region)
    );
    serde_json::from_value(aws().await.boto3(&code).await.unwrap()).unwrap()
}

async fn has_bucket(region: &str) -> bool {
    let names = "[b['Name'] for b in boto3.client('s3').list_buckets()['Buckets']]";
    aws().await.boto3(names).await.unwrap().as_array().unwrap().contains(&bucket(region).into())
}

#[tokio::test]
async fn setup_makes_a_private_bucket_with_the_agents_and_says_what_is_there() {
    let aws = aws().await;
    let region = "eu-central-1";
    let line = ["setup", "--region", region, "-o", "json"];
    let made = json(&spawn(aws).args(line).run().await.unwrap());
    assert_eq!((&made["bucket"], &made["bucket_state"]), (&bucket(region).into(), &"created".into()), "{made:#}");
    let states: Vec<(&Value, &Value)> =
        made["agents"].as_array().unwrap().iter().map(|agent| (&agent["architecture"], &agent["state"])).collect();
    assert_eq!(states, [(&"x86_64".into(), &"uploaded".into()), (&"arm64".into(), &"uploaded".into())]);

    let code = format!(
        "s3 = boto3.client('s3')\nb = '{}'\n{{\
         'public': s3.get_public_access_block(Bucket=b)['PublicAccessBlockConfiguration'],\
         'owner': s3.get_bucket_ownership_controls(Bucket=b)['OwnershipControls']['Rules'],\
         'encryption': s3.get_bucket_encryption(Bucket=b)['ServerSideEncryptionConfiguration']['Rules'][0]['ApplyServerSideEncryptionByDefault'],\
         'policy': json.loads(s3.get_bucket_policy(Bucket=b)['Policy'])['Statement'],\
         'setup': json.load(s3.get_object(Bucket=b, Key='setup.json')['Body'])}}",
        bucket(region)
    );
    let rules = aws.boto3(&code).await.unwrap();
    let public = rules["public"].as_object().unwrap();
    assert!(public.len() == 4 && public.values().all(|blocked| blocked == true), "{public:?}");
    assert_eq!(rules["owner"][0]["ObjectOwnership"], "BucketOwnerEnforced");
    assert_eq!(rules["encryption"]["SSEAlgorithm"], "AES256");
    let policy = &rules["policy"][0];
    assert_eq!(
        (&policy["Effect"], &policy["Principal"], &policy["Action"]),
        (&"Deny".into(), &"*".into(), &"s3:*".into())
    );
    assert_eq!(policy["Condition"]["Bool"]["aws:SecureTransport"], "false");
    let version = env!("CARGO_PKG_VERSION");
    let arm = &rules["setup"]["agents"][version]["arm64"];
    let sha256 = arm["sha256"].as_str().unwrap();
    assert_eq!(
        arm,
        &serde_json::json!({"key": format!("spored/{version}/arm64/{sha256}"), "sha256": sha256, "size": 64})
    );
    assert_eq!(rules["setup"]["instance_profile"], "spored");

    let before = keys(region).await;
    let again = json(&spawn(aws).args(line).run().await.unwrap());
    assert_eq!((&again["bucket_state"], &again["agents"][0]["state"]), (&"present".into(), &"present".into()));
    assert_eq!((&again["table_state"], &again["profile_state"]), (&"present".into(), &"present".into()));
    assert_eq!((keys(region).await, before.len()), (before, 3));
}

#[tokio::test]
async fn a_dry_run_makes_nothing_and_says_what_it_would() {
    let aws = aws().await;
    let region = "eu-central-2";
    let line = ["setup", "--region", region, "--dry-run", "--no-iam"];
    let output = spawn(aws).args(line).env("SPAWN_TABLE", "never-made").run().await.unwrap();
    assert_eq!(output.status, 0, "{}", output.stderr);
    assert!(output.stdout.contains(&format!("{}  would be created", bucket(region))), "{}", output.stdout);
    assert!(output.stdout.contains("would be uploaded") && output.stdout.contains("never-made  would be created"));
    assert!(!has_bucket(region).await);
}

#[tokio::test]
async fn a_file_that_is_no_agent_is_refused_before_any_call() {
    let recorder = FaultProxy::start(aws().await.moto_url()).unwrap();
    for (file, part) in
        [("/bin/sh.missing", "cannot be read"), (file!(), "is no agent"), ("/etc/hostname", "ELF program")]
    {
        // Tests run in the folder of their crate.
        let file = if file.starts_with('/') { file.to_owned() } else { format!("../{file}") };
        let output = spawn(aws().await)
            .args(["setup", "--agent", &file])
            .env("AWS_ENDPOINT_URL", recorder.url())
            .env("AWS_ENDPOINT_URL_S3", recorder.url())
            .run()
            .await
            .unwrap();
        assert_eq!((output.status, recorder.requests().len()), (2, 0), "{}", output.stderr);
        assert!(output.stderr.contains(part), "{file}: {}", output.stderr);
    }
}

#[tokio::test]
async fn another_accounts_bucket_of_the_name_is_refused_and_nothing_is_launched() {
    let aws = aws().await;
    let s3 = FaultProxy::start(aws.ministack_url()).unwrap();
    let ec2 = FaultProxy::start(aws.moto_url()).unwrap();
    s3.script([Rule::new(Action::respond(403, &[], ""))]);
    for line in [["setup", "--region", "eu-south-1"].as_slice(), &["launch", "--instance-type", "t3.micro"]] {
        let program = spawn(aws).args(line).env("AWS_ENDPOINT_URL", ec2.url()).env("AWS_ENDPOINT_URL_S3", s3.url());
        let output = program.run().await.unwrap();
        assert_eq!(output.status, 1, "{}", output.stderr);
        assert!(output.stderr.contains("another account owns a bucket of that name"), "{}", output.stderr);
    }
    let owner = |request: &spawn_test_support::fault_proxy::Recorded| {
        request.header("x-amz-expected-bucket-owner").map(str::to_owned)
    };
    assert!(s3.requests().iter().all(|request| owner(request).as_deref() == Some("123456789012")));
    assert!(!ec2.requests().iter().any(|request| request.text().contains("RunInstances")));
}

#[tokio::test]
async fn every_call_to_the_bucket_names_the_account_that_must_own_it() {
    let aws = aws().await;
    let s3 = FaultProxy::start(aws.ministack_url()).unwrap();
    let output = spawn(aws).args(["setup", "--region", "eu-south-2"]).env("AWS_ENDPOINT_URL_S3", s3.url()).run().await;
    assert_eq!(output.unwrap().status, 0);
    let unguarded: Vec<String> = s3
        .requests()
        .iter()
        .filter(|request| request.header("x-amz-expected-bucket-owner") != Some("123456789012"))
        .map(|request| format!("{} {}", request.method, request.path))
        .collect();
    // To make a bucket is to own it.
    assert_eq!(unguarded, [format!("PUT /{}/", bucket("eu-south-2"))]);
}

#[tokio::test]
async fn a_launch_without_an_agent_on_this_machine_takes_the_one_of_the_setup() {
    let aws = aws().await;
    let region = "eu-north-1";
    let arm = tiny_agent("arm64");
    let setup = json(
        &spawn(aws).args(["setup", "--region", region, "--agent"]).arg(&arm).args(["-o", "json"]).run().await.unwrap(),
    );
    let line = ["launch", "--instance-type", "t4g.micro", "--region", region, "-o", "json"];
    let launched = spawn(aws).args(line).env("SPAWN_AGENT", tiny_agent("x86_64")).run().await.unwrap();
    assert!(!launched.stderr.contains("no instance profile"), "{}", launched.stderr);
    let id = only_instance(&json(&launched));
    let code = format!(
        "import base64, email\nboto3.setup_default_session(region_name='{region}')\n\
         base64.b64decode(boto3.client('ec2').describe_instance_attribute(InstanceId='{id}', Attribute='userData')['UserData']['Value']).decode()"
    );
    let user_data = aws.boto3(&code).await.unwrap();
    let sha256 = setup["agents"][0]["sha256"].as_str().unwrap();
    assert!(user_data.as_str().unwrap().contains(&format!("sha256={sha256}")), "{user_data}");
}

#[tokio::test]
async fn a_launch_is_refused_where_there_is_no_agent_for_its_architecture() {
    let aws = aws().await;
    let ec2 = FaultProxy::start(aws.moto_url()).unwrap();
    let line = ["launch", "--instance-type", "t4g.micro", "--region", "ap-south-1"];
    let program = spawn(aws).args(line).env("SPAWN_AGENT", tiny_agent("x86_64")).env("AWS_ENDPOINT_URL", ec2.url());
    let output = program.run().await.unwrap();
    assert_eq!(output.status, 2, "{}", output.stderr);
    for part in ["there is no agent", "arm64", "spawn setup", "--no-agent"] {
        assert!(output.stderr.contains(part), "{part}: {}", output.stderr);
    }
    assert!(!ec2.requests().iter().any(|request| request.text().contains("RunInstances")));
}

#[tokio::test]
async fn the_first_launch_of_an_account_brings_the_agent_by_itself() {
    let aws = aws().await;
    let region = "ap-northeast-1";
    let line = ["launch", "--instance-type", "t3.micro", "--region", region];
    let first = spawn(aws).args(line).run().await.unwrap();
    assert_eq!(first.status, 0, "{}", first.stderr);
    assert!(first.stderr.contains("uploading") && first.stderr.contains("no instance profile"), "{}", first.stderr);
    let second = spawn(aws).args(line).run().await.unwrap();
    assert!(!second.stderr.contains("uploading"), "{}", second.stderr);
    assert_eq!(keys(region).await.len(), 2);
}

#[tokio::test]
async fn a_dry_run_of_a_launch_uploads_nothing() {
    let aws = aws().await;
    let region = "ap-northeast-2";
    let line = ["launch", "--instance-type", "t3.micro", "--region", region, "--dry-run"];
    let output = spawn(aws).args(line).run().await.unwrap();
    assert_eq!(output.status, 0, "{}", output.stderr);
    assert!(!has_bucket(region).await);
}

#[tokio::test]
async fn without_an_agent_nothing_is_asked_of_the_bucket() {
    let aws = aws().await;
    let s3 = FaultProxy::start(aws.ministack_url()).unwrap();
    let line = ["launch", "--instance-type", "t4g.micro", "--no-agent", "-o", "json"];
    let output = spawn(aws).args(line).env("AWS_ENDPOINT_URL_S3", s3.url()).run().await.unwrap();
    let id = only_instance(&json(&output));
    assert_eq!(s3.requests(), []);
    assert_eq!(instance(aws, &id).await["InstanceType"], "t4g.micro");
}

#[tokio::test]
async fn the_agent_beside_spawn_arrives_as_it_is() {
    let aws = aws().await;
    let line = ["setup", "--region", "ca-central-1", "--no-iam", "-o", "json"];
    let program = bare().env_remove("SPAWN_AGENT").envs(aws.env()).args(line);
    let made = json(&program.run().await.unwrap());
    let key = made["agents"][0]["key"].as_str().unwrap();
    let code = format!(
        "import hashlib\nhashlib.sha256(boto3.client('s3').get_object(Bucket='{}', Key='{key}')['Body'].read()).hexdigest()",
        bucket("ca-central-1")
    );
    assert_eq!(aws.boto3(&code).await.unwrap(), made["agents"][0]["sha256"]);
    assert_eq!(made["agents"][0]["size"], std::fs::metadata(spored()).unwrap().len());
}
