//! Launches of arrays that end half-way: killed, interrupted, refused. What is told is true, and nothing is done twice.

use crate::fixture::{aws, json, spawn};
use crate::launch_array::{array, partitions};
use serde_json::{Value, json};
use spawn_test_support::fault_proxy::{Action, Recorded, Rule};
use spawn_test_support::{FaultProxy, Program, wait_until};
use std::time::Duration;
use tempfile::TempDir;

const PATIENCE: Duration = Duration::from_secs(60);

/// A user with a memory of its own, behind proxies that spoil what EC2 answers, and what DynamoDB and SQS do.
struct Scene {
    ec2: FaultProxy,
    rest: FaultProxy,
    state: TempDir,
}

impl Scene {
    async fn new() -> Self {
        let aws = aws().await;
        let ec2 = FaultProxy::start(aws.moto_url()).unwrap();
        let rest = FaultProxy::start(aws.ministack_url()).unwrap();
        Self { ec2, rest, state: TempDir::new().unwrap() }
    }

    async fn spawn(&self, line: &[&str]) -> Program {
        spawn(aws().await)
            .args(["launch", "-o", "json"])
            .args(line)
            .env("AWS_ENDPOINT_URL", self.ec2.url())
            .env("AWS_ENDPOINT_URL_DYNAMODB", self.rest.url())
            .env("AWS_ENDPOINT_URL_SQS", self.rest.url())
            .env("XDG_STATE_HOME", self.state.path())
            // The SDK's own retries would answer for ours.
            .env("AWS_MAX_ATTEMPTS", "1")
    }

    /// A launch of an array of 30 tasks.
    async fn launch(&self, name: &str) -> Program {
        let line = ["--instance-type", "t3.micro", "--job-array-name", name, "--tasks", "30", "--", "./x", "{index}"];
        self.spawn(&line).await
    }

    fn orders(&self) -> usize {
        let is_order = |request: &Recorded| request.text().starts_with("Action=RunInstances");
        self.ec2.requests().iter().filter(|request| is_order(request)).count()
    }

    /// How often DynamoDB or SQS were asked this.
    fn asked(&self, operation: &str) -> usize {
        let of = |request: &Recorded| {
            request.header("x-amz-target").is_some_and(|target| target.rsplit('.').next() == Some(operation))
        };
        self.rest.requests().iter().filter(|request| of(request)).count()
    }

    async fn wait_for(&self, operation: &str, count: usize) {
        wait_until(operation, PATIENCE, || (self.asked(operation) >= count).then_some(())).await.unwrap();
    }

    fn forget_faults(&self) {
        self.ec2.script([]);
        self.rest.script([]);
    }
}

/// All tasks are there, and none was touched; the queue has a message for each at least.
async fn check_whole(id: &str) {
    let aws = aws().await;
    let found = array(aws, id).await;
    assert_eq!((&found["ready"], &found["size"]), (&json!(true), &json!(30)));
    let shards: Vec<String> = (0..16).map(|shard| format!("{id}#{shard}")).collect();
    let tasks = partitions(aws, &shards).await;
    assert!(tasks.iter().all(|task| task["state"] == "pending" && task["version"] == 0), "{tasks:?}");
    let mut indices: Vec<&str> = tasks.iter().map(|task| task["SK"].as_str().unwrap()).collect();
    indices.sort_unstable();
    assert_eq!(indices, (0..30).map(|index| format!("task#{index:06}")).collect::<Vec<_>>());
    let url = found["queue_url"].as_str().unwrap();
    let code = format!(
        "sqs = boto3.client('sqs')\n\
         found = set()\n\
         while True:\n\
         \x20   got = sqs.receive_message(QueueUrl='{url}', MaxNumberOfMessages=10, VisibilityTimeout=600).get('Messages', [])\n\
         \x20   if not got: break\n\
         \x20   found |= {{json.loads(m['Body'])['index'] for m in got}}\n\
         sorted(found)"
    );
    assert_eq!(aws.boto3(&code).await.unwrap(), json!((0..30).collect::<Vec<_>>()));
}

/// Kills the launch while it waits for the answer to this operation, and resumes it.
async fn killed_at(name: &str, operation: &str) -> (Scene, Value) {
    let scene = Scene::new().await;
    scene.rest.script([Rule::new(Action::Hang).target(operation)]);
    let mut launch = scene.launch(name).await.start().unwrap();
    scene.wait_for(operation, 1).await;
    launch.signal("KILL").unwrap();
    launch.wait(PATIENCE).await.unwrap();
    assert_eq!(scene.orders(), 0, "instances are launched for an array that is ready");
    scene.forget_faults();
    let resumed = json(&scene.spawn(&["--resume"]).await.run().await.unwrap());
    assert_eq!((resumed["instances"].as_array().unwrap().len(), scene.orders()), (1, 1));
    (scene, resumed)
}

#[tokio::test]
async fn a_launch_that_is_killed_at_any_point_before_the_array_is_ready_is_finished() {
    for (name, operation) in
        [("at-queue", "CreateQueue"), ("at-records", "BatchWriteItem"), ("at-messages", "SendMessageBatch")]
    {
        let (_, resumed) = killed_at(name, operation).await;
        let id = resumed["array_id"].as_str().unwrap();
        assert!(id.starts_with(name), "{resumed}");
        check_whole(id).await;
    }
}

#[tokio::test]
async fn a_launch_that_is_killed_while_it_orders_does_not_write_the_array_again() {
    let scene = Scene::new().await;
    scene.ec2.script([Rule::new(Action::Hang).form_action("RunInstances")]);
    let mut launch = scene.launch("at-order").await.start().unwrap();
    wait_until("the order", PATIENCE, || (scene.orders() > 0).then_some(())).await.unwrap();
    launch.signal("KILL").unwrap();
    launch.wait(PATIENCE).await.unwrap();
    let before = ["CreateQueue", "BatchWriteItem", "SendMessageBatch"].map(|operation| scene.asked(operation));
    scene.forget_faults();
    let resumed = json(&scene.spawn(&["--resume"]).await.run().await.unwrap());
    let after = ["CreateQueue", "BatchWriteItem", "SendMessageBatch"].map(|operation| scene.asked(operation));
    assert_eq!((before, scene.orders()), (after, 2));
    check_whole(resumed["array_id"].as_str().unwrap()).await;
}

#[tokio::test]
async fn an_array_that_was_ready_before_it_could_be_written_down_is_left_as_it_is() {
    let scene = Scene::new().await;
    // The word that it is ready is the one change of an array; its answer is lost.
    scene.rest.script([Rule::new(Action::TakeAndReset).target("TransactWriteItems").once()]);
    let output = scene.launch("ready-unheard").await.run().await.unwrap();
    assert_eq!((output.status, scene.orders()), (1, 0), "{}", output.stderr);
    assert!(output.stderr.contains("the array is not ready, and no instance was launched; `spawn launch --resume "));
    let written = scene.asked("BatchWriteItem");
    let resumed = json(&scene.spawn(&["--resume"]).await.run().await.unwrap());
    assert_eq!((scene.asked("BatchWriteItem"), scene.orders()), (written, 1));
    check_whole(resumed["array_id"].as_str().unwrap()).await;
}

#[tokio::test]
async fn ctrl_c_while_records_are_written_says_that_nothing_was_launched() {
    let scene = Scene::new().await;
    scene.rest.script([Rule::new(Action::Hang).target("BatchWriteItem")]);
    let mut launch = scene.launch("interrupted").await.start().unwrap();
    scene.wait_for("BatchWriteItem", 1).await;
    launch.signal("INT").unwrap();
    assert_eq!(launch.wait(PATIENCE).await.unwrap(), 130, "{}", launch.stderr());
    let said = launch.stderr();
    assert!(said.contains("interrupted: array interrupted-"), "{said}");
    assert!(said.contains(" is not ready, and no instance was launched; `spawn launch --resume "), "{said}");
}

#[tokio::test]
async fn an_array_without_instances_says_how_to_go_on_or_to_call_it_off() {
    let scene = Scene::new().await;
    let refused = Action::ec2_error(400, "VcpuLimitExceeded", "no");
    scene.ec2.script([Rule::new(refused).form_action("RunInstances")]);
    let output = scene.launch("alone").await.run().await.unwrap();
    assert_eq!(output.status, 1, "{}", output.stderr);
    let said = &output.stderr;
    let (_, id) = said.split_once("array alone-").and_then(|_| said.split_once("spawn launch --join ")).unwrap();
    let id = id.split(' ').next().unwrap();
    assert!(
        said.contains(&format!("`spawn cancel {id}` calls it off")) && said.contains("VcpuLimitExceeded"),
        "{said}"
    );
    scene.forget_faults();
    let joined = json(&scene.spawn(&["--instance-type", "t3.micro", "--join", id]).await.run().await.unwrap());
    assert_eq!(joined["array_id"], id);
    check_whole(id).await;
}

#[tokio::test]
async fn an_array_that_was_called_off_meanwhile_is_not_resumed() {
    let scene = Scene::new().await;
    scene.rest.script([Rule::new(Action::Hang).target("SendMessageBatch")]);
    let mut launch = scene.launch("called-off").await.start().unwrap();
    scene.wait_for("SendMessageBatch", 1).await;
    launch.signal("INT").unwrap();
    launch.wait(PATIENCE).await.unwrap();
    let said = launch.stderr();
    let id = said
        .split("array ")
        .find(|text| text.starts_with("called-off-"))
        .unwrap()
        .split([' ', ':', ';'])
        .next()
        .unwrap();
    let code = format!(
        "boto3.client('dynamodb').update_item(TableName='spawn-job-arrays', Key={{'PK': {{'S': '{id}'}}, 'SK': {{'S': 'array'}}}}, \
         UpdateExpression='SET cancelled_at = :t', ExpressionAttributeValues={{':t': {{'N': '1'}}}}) and 1"
    );
    aws().await.boto3(&code).await.unwrap();
    scene.forget_faults();
    let resumed = scene.spawn(&["--resume"]).await.run().await.unwrap();
    assert_eq!((resumed.status, scene.orders()), (2, 0), "{}", resumed.stderr);
    assert!(resumed.stderr.contains(&format!("array {id} was called off: launch it anew")), "{}", resumed.stderr);
}
