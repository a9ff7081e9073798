//! Launches that were interrupted half-way, and what EC2 refuses half-way.

use crate::fixture::{crowded_aws, json, spawn};
use serde_json::Value;
use spawn_test_support::fault_proxy::{Action, Recorded, Rule};
use spawn_test_support::{FaultProxy, Program};
use std::time::Duration;
use tempfile::TempDir;

const PATIENCE: Duration = Duration::from_secs(60);

/// A user with a memory of its own, behind a proxy that spoils what EC2 answers.
struct Scene {
    proxy: FaultProxy,
    state: TempDir,
}

impl Scene {
    async fn with(rules: impl IntoIterator<Item = Rule>) -> Self {
        let proxy = FaultProxy::start(crowded_aws().await.moto_url()).unwrap();
        proxy.script(rules);
        Self { proxy, state: TempDir::new().unwrap() }
    }

    async fn spawn(&self, line: &[&str]) -> Program {
        spawn(crowded_aws().await)
            .args(["launch", "-o", "json"])
            .args(line)
            .env("AWS_ENDPOINT_URL", self.proxy.url())
            .env("XDG_STATE_HOME", self.state.path())
            // The SDK's own retries would answer for ours.
            .env("AWS_MAX_ATTEMPTS", "1")
            .patience(Duration::from_secs(120))
    }

    /// A launch of `t3.micro`; there is one order for each hundred.
    async fn launch(&self, count: u16) -> Program {
        self.spawn(&["--instance-type", "t3.micro", "--count", &count.to_string()]).await
    }

    /// Every order that left: the form's fields.
    fn orders(&self) -> Vec<Vec<(String, String)>> {
        let orders = self.proxy.requests().into_iter().filter(is_order);
        orders.map(|order| fields(&order.text())).collect()
    }

    async fn wait_for_orders(&self, count: usize) {
        spawn_test_support::wait_until("the orders", PATIENCE, || (self.orders().len() >= count).then_some(()))
            .await
            .unwrap();
    }

    /// Files that remember launches.
    fn remembered(&self) -> usize {
        let folder = self.state.path().join("spawn/launches");
        let files = std::fs::read_dir(folder).unwrap().flatten();
        files.filter(|file| file.path().extension().is_some_and(|extension| extension == "json")).count()
    }
}

fn is_order(request: &Recorded) -> bool {
    request.text().starts_with("Action=RunInstances")
}

fn fields(form: &str) -> Vec<(String, String)> {
    form.split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect()
}

fn field<'a>(order: &'a [(String, String)], name: &str) -> &'a str {
    order.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
}

/// How many instances EC2 has of a launch, by boto3.
async fn instances(id: &str) -> Value {
    let code = format!(
        "[i['InstanceId'] for p in boto3.client('ec2').get_paginator('describe_instances').paginate(\
         Filters=[{{'Name': 'tag:spawn:launch-id', 'Values': ['{id}-*']}}]) for r in p['Reservations'] for i in r['Instances']].__len__()"
    );
    crowded_aws().await.boto3(&code).await.unwrap()
}

fn refusal(code: &str) -> Action {
    Action::ec2_error(400, code, "no")
}

#[tokio::test]
async fn a_killed_launch_is_finished_without_launching_anything_twice() {
    let scene = Scene::with([Rule::new(Action::Hang).form_action("RunInstances").after(1).once()]).await;
    let mut launch = scene.launch(201).await.start().unwrap();
    scene.wait_for_orders(2).await;
    launch.signal("KILL").unwrap();
    launch.wait(PATIENCE).await.unwrap();
    assert_eq!(scene.remembered(), 1);

    let resumed = json(&scene.spawn(&["--resume"]).await.run().await.unwrap());
    let id = resumed["launch_id"].as_str().unwrap();
    assert_eq!((resumed["instances"].as_array().unwrap().len(), &resumed["complete"]), (201, &true.into()));
    assert_eq!((instances(id).await, scene.remembered()), (201.into(), 0));
    // The order that hung was repeated to the letter, and the one that was answered was not.
    let orders = scene.orders();
    assert_eq!(orders.len(), 4);
    assert_eq!(orders[1], orders[2]);
    let tokens: Vec<&str> = orders.iter().map(|order| field(order, "ClientToken")).collect();
    assert_eq!(tokens, [1, 2, 2, 3].map(|batch| format!("spawn-{id}-{batch}-1")));

    let again = scene.spawn(&["--resume", id]).await.run().await.unwrap();
    assert_eq!(again.status, 2);
    assert!(again.stderr.contains(&format!("there is no interrupted launch {id}")), "{}", again.stderr);
}

#[tokio::test]
async fn an_order_whose_answer_was_lost_is_found_and_not_repeated() {
    let scene = Scene::with([Rule::new(Action::TakeAndReset).form_action("RunInstances").after(1).once()]).await;
    let output = scene.launch(101).await.run().await.unwrap();
    assert_eq!(output.status, 5, "{}", output.stderr);
    let answer: Value = serde_json::from_str(&output.stdout).unwrap();
    let id = answer["launch_id"].as_str().unwrap();
    assert_eq!((answer["instances"].as_array().unwrap().len(), &answer["complete"]), (100, &false.into()));
    assert!(output.stderr.contains(&format!("100 of 101 are known to be launched; `spawn launch --resume {id}`")));

    let resumed = json(&scene.spawn(&["--resume", id]).await.run().await.unwrap());
    assert_eq!(resumed["instances"].as_array().unwrap().len(), 101);
    assert_eq!((instances(id).await, scene.orders().len()), (101.into(), 2));
}

#[tokio::test]
async fn ctrl_c_tells_how_to_go_on_and_two_cannot_go_on_at_once() {
    let scene = Scene::with([Rule::new(Action::Hang).form_action("RunInstances").times(2)]).await;
    let mut launch = scene.launch(2).await.start().unwrap();
    scene.wait_for_orders(1).await;
    launch.signal("INT").unwrap();
    assert_eq!(launch.wait(PATIENCE).await.unwrap(), 130, "{}", launch.stderr());
    let stderr = launch.stderr();
    let (_, after) = stderr.split_once("`spawn launch --resume ").unwrap_or_else(|| panic!("{stderr}"));
    let id = after.split('`').next().unwrap();

    let mut first = scene.spawn(&["--resume", id]).await.start().unwrap();
    scene.wait_for_orders(2).await;
    let second = scene.spawn(&["--resume", id]).await.run().await.unwrap();
    assert_eq!(second.status, 2);
    assert!(second.stderr.contains("under way in another process"), "{}", second.stderr);
    first.signal("KILL").unwrap();
    first.wait(PATIENCE).await.unwrap();
    let third = json(&scene.spawn(&["--resume", id]).await.run().await.unwrap());
    assert_eq!((third["instances"].as_array().unwrap().len(), instances(id).await), (2, 2.into()));
}

#[tokio::test]
async fn what_ec2_refuses_half_way_leaves_the_rest_to_resume() {
    let scene =
        Scene::with([Rule::new(refusal("VcpuLimitExceeded")).form_action("RunInstances").after(1).once()]).await;
    let output = scene.launch(101).await.run().await.unwrap();
    assert_eq!(output.status, 5, "{}", output.stderr);
    assert!(output.stderr.contains("100 of 101 are known to be launched"), "{}", output.stderr);
    assert!(output.stderr.contains("VcpuLimitExceeded"), "{}", output.stderr);
    let resumed = json(&scene.spawn(&["--resume"]).await.run().await.unwrap());
    assert_eq!(instances(resumed["launch_id"].as_str().unwrap()).await, 101);
}

#[tokio::test]
async fn what_ec2_refuses_whole_leaves_nothing_to_resume() {
    let scene = Scene::with([Rule::new(refusal("InvalidSubnetID.NotFound")).form_action("RunInstances")]).await;
    let output = scene.launch(101).await.run().await.unwrap();
    assert_eq!((output.status, scene.remembered()), (1, 0), "{}", output.stderr);
    assert!(!output.stderr.contains("--resume"), "{}", output.stderr);
}

#[tokio::test]
async fn throttling_slows_the_launch_and_does_not_change_the_type() {
    let scene = Scene::with([Rule::new(refusal("RequestLimitExceeded")).form_action("RunInstances").once()]).await;
    let line = ["--instance-type", "t3.micro,t3a.micro", "--count", "2"];
    let launched = json(&scene.spawn(&line).await.run().await.unwrap());
    assert_eq!(launched["instances"].as_array().unwrap().len(), 2);
    let orders = scene.orders();
    assert_eq!((orders.len(), &orders[0]), (2, &orders[1]));
}

#[tokio::test]
async fn a_lack_of_capacity_leads_to_the_next_type_and_no_further() {
    let capacity = || Rule::new(refusal("InsufficientInstanceCapacity")).form_action("RunInstances");
    let scene = Scene::with([capacity().once()]).await;
    let line = ["--instance-type", "t3.micro,t3a.micro", "--count", "2"];
    let output = scene.spawn(&line).await.run().await.unwrap();
    assert_eq!(json(&output)["instances"][0]["instance_type"], "t3a.micro");
    assert!(output.stderr.contains("trying t3a.micro"), "{}", output.stderr);
    let orders = scene.orders();
    let asked: Vec<(&str, bool)> = orders
        .iter()
        .map(|order| (field(order, "InstanceType"), field(order, "ClientToken").ends_with("-1-1")))
        .collect();
    assert_eq!(asked, [("t3.micro", true), ("t3a.micro", false)]);

    let scene = Scene::with([capacity()]).await;
    let output = scene.spawn(&line).await.run().await.unwrap();
    assert_eq!((output.status, scene.orders().len()), (1, 2), "{}", output.stderr);
    assert!(output.stderr.contains("InsufficientInstanceCapacity"), "{}", output.stderr);
}

#[tokio::test]
async fn a_launch_of_another_account_or_region_is_not_resumed() {
    let scene = Scene::with([Rule::new(Action::Reset).form_action("RunInstances").once()]).await;
    let output = scene.launch(1).await.run().await.unwrap();
    assert_eq!(output.status, 1, "{}", output.stderr);
    let other_region = scene.spawn(&["--resume", "--region", "eu-west-1"]).await.run().await.unwrap();
    assert_eq!(other_region.status, 2);
    assert!(other_region.stderr.contains("is for us-east-1: leave --region out"), "{}", other_region.stderr);
    let caller = "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
                  <Arn>arn:aws:iam::210987654321:user/kim</Arn><UserId>A</UserId><Account>210987654321</Account>\
                  </GetCallerIdentityResult></GetCallerIdentityResponse>";
    let answer = Action::respond(200, &[("content-type", "text/xml")], caller);
    scene.proxy.script([Rule::new(answer).form_action("GetCallerIdentity")]);
    let other_account = scene.spawn(&["--resume"]).await.run().await.unwrap();
    assert_eq!(other_account.status, 2);
    assert!(other_account.stderr.contains("these credentials are for 210987654321"), "{}", other_account.stderr);
    assert_eq!(scene.orders().len(), 1);
}

#[tokio::test]
async fn a_profile_that_ec2_does_not_know_yet_is_waited_for() {
    let unknown = Action::ec2_error(
        400,
        "InvalidParameterValue",
        "Value (spored) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name",
    );
    let scene = Scene::with([Rule::new(unknown).form_action("RunInstances").once()]).await;
    let launched = json(&scene.spawn(&["--instance-type", "t3.micro"]).await.run().await.unwrap());
    let orders = scene.orders();
    assert_eq!((launched["complete"] == true, orders.len(), &orders[0]), (true, 2, &orders[1]));
}

#[tokio::test]
async fn a_launch_whose_tokens_ec2_may_have_forgotten_is_not_resumed() {
    let scene = Scene::with([Rule::new(Action::Reset).form_action("RunInstances").once()]).await;
    assert_eq!(scene.launch(1).await.run().await.unwrap().status, 1);
    let folder = scene.state.path().join("spawn/launches");
    let files = std::fs::read_dir(folder).unwrap().flatten().map(|file| file.path());
    let file = files.into_iter().find(|path| path.extension().is_some_and(|extension| extension == "json")).unwrap();
    let mut order: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    order["until"] = 1_000_000_000.into();
    std::fs::write(&file, order.to_string()).unwrap();
    let output = scene.spawn(&["--resume"]).await.run().await.unwrap();
    assert_eq!((output.status, scene.orders().len()), (2, 1), "{}", output.stderr);
    assert!(output.stderr.contains("is too old to resume safely"), "{}", output.stderr);
}
