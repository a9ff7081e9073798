//! Terminate, stop and start by selection: what is chosen, what is refused, and an answer for each instance.

use crate::fixture::{aws, instance, json, spawn};
use serde_json::{Value, json};
use spawn_test_support::FaultProxy;
use spawn_test_support::fault_proxy::{Action, Rule};

/// Makes running instances of this name; answers their ids.
async fn made(name: &str, count: usize, managed: bool) -> Vec<String> {
    let mut tags = vec![json!({ "Key": "Name", "Value": name })];
    tags.extend(managed.then(|| json!({ "Key": "spawn:managed", "Value": "true" })));
    let code = format!(
        "[i['InstanceId'] for i in boto3.client('ec2').run_instances(ImageId='ami-12c6146b', MinCount={count}, \
         MaxCount={count}, InstanceType='t3.micro', TagSpecifications=[{{'ResourceType': 'instance', \
         'Tags': {}}}])['Instances']]",
        Value::from(tags)
    );
    serde_json::from_value(aws().await.boto3(&code).await.unwrap()).unwrap()
}

async fn state(id: &str) -> String {
    instance(aws().await, id).await["State"]["Name"].as_str().unwrap().to_owned()
}

/// Runs it; answers exit code, stdout and stderr.
async fn run(line: &[&str]) -> (i32, String, String) {
    let output = spawn(aws().await).args(line).run().await.unwrap();
    (output.status, output.stdout, output.stderr)
}

#[tokio::test]
async fn an_instance_stops_starts_and_ends_by_its_name() {
    let id = &made("up-and-down", 1, true).await[0];
    for (line, end) in [
        (&["stop", "up-and-down", "--yes"][..], "stopped"),
        (&["start", "up-and-down"], "running"),
        (&["terminate", "up-and-down", "--yes"], "terminated"),
    ] {
        let answer = json(&spawn(aws().await).args(line).args(["--wait", "-o", "json"]).run().await.unwrap());
        let expected =
            json!([{ "instance_id": id, "state": end, "changed": true, "error": null, "name": "up-and-down" }]);
        let mut answer = answer;
        answer[0].as_object_mut().unwrap().remove("previous_state");
        assert_eq!(answer, expected);
        assert_eq!(state(id).await, end);
    }
}

#[tokio::test]
async fn what_is_so_already_is_fine_and_said() {
    let id = &made("twice", 1, true).await[0];
    for said in ["", "already stopped"] {
        let (status, _, stderr) = run(&["stop", id, "--yes", "--wait"]).await;
        assert_eq!(status, 0, "{stderr}");
        assert!(stderr.contains(said), "{stderr}");
    }
    assert_eq!(run(&["terminate", id, "--yes", "--wait"]).await.0, 0);
    let (status, _, stderr) = run(&["terminate", id, "--yes"]).await;
    assert_eq!(status, 0, "{stderr}");
    assert!(stderr.contains(&format!("{id} (twice): already terminated")), "{stderr}");
}

#[tokio::test]
async fn a_name_that_several_have_lists_them_and_touches_none() {
    let ids = made("namesakes", 2, true).await;
    let (status, stdout, stderr) = run(&["terminate", "namesakes", "--yes"]).await;
    assert_eq!((status, stdout.as_str()), (2, ""), "{stderr}");
    assert!(ids.iter().all(|id| stderr.contains(id.as_str())) && stderr.contains("'namesakes*'"), "{stderr}");
    assert_eq!(state(&ids[0]).await, "running");
    assert_eq!(run(&["terminate", "namesakes*", "--yes"]).await.0, 0);
    assert_eq!((state(&ids[0]).await, state(&ids[1]).await), ("terminated".to_owned(), "terminated".to_owned()));
}

#[tokio::test]
async fn an_instance_that_spawn_did_not_launch_is_left_alone() {
    let id = &made("someone-elses", 1, false).await[0];
    let (status, _, stderr) = run(&["terminate", id, "--yes"]).await;
    assert_eq!(status, 1, "{stderr}");
    assert!(stderr.contains(&format!("spawn did not launch {id} (someone-elses)")), "{stderr}");
    let (status, _, stderr) = run(&["terminate", "someone-elses", "--yes"]).await;
    assert_eq!(status, 1, "{stderr}");
    assert!(stderr.contains("no instance has the name someone-elses; `spawn list`"), "{stderr}");
    assert_eq!(state(id).await, "running");
}

#[tokio::test]
async fn an_id_that_ec2_does_not_know_is_explained() {
    let (status, _, stderr) = run(&["stop", "i-0123456789abcdef0", "--yes"]).await;
    assert_eq!(status, 1, "{stderr}");
    for part in ["not in this account in us-east-1", "spawn list --all-regions", "i-0123456789abcdef0"] {
        assert!(stderr.contains(part), "no {part:?} in {stderr}");
    }
}

#[tokio::test]
async fn nothing_chosen_is_nothing_done() {
    let (status, _, stderr) = run(&["terminate", "--yes"]).await;
    assert_eq!(status, 2, "{stderr}");
    assert!(stderr.contains("no instances chosen") && stderr.contains("--all"), "{stderr}");
    let (status, stdout, stderr) = run(&["stop", "--array", "no-such-array", "--yes", "-o", "json"]).await;
    assert_eq!((status, stdout.as_str()), (0, "[]\n"), "{stderr}");
    assert!(stderr.contains("no instance to stop"), "{stderr}");
}

#[tokio::test]
async fn one_that_ec2_refuses_does_not_keep_the_others_and_the_exit_code_says_so() {
    let ids = made("half-refused", 3, true).await;
    let proxy = FaultProxy::start(aws().await.moto_url()).unwrap();
    let protected = || Action::ec2_error(400, "OperationNotPermitted", "The instance may not be terminated");
    // The order for all three, that for two of them, and that for the protected one alone.
    proxy.script([Rule::new(protected()).form_action("TerminateInstances").times(3)]);
    let line = ["terminate", "half-refused*", "--yes", "-o", "json"];
    let output = spawn(aws().await).args(line).env("AWS_ENDPOINT_URL", proxy.url()).run().await.unwrap();
    assert_eq!(output.status, 5, "{}", output.stderr);
    let answers: Vec<Value> = serde_json::from_str(&output.stdout).unwrap();
    let (failed, done): (Vec<&Value>, Vec<&Value>) = answers.iter().partition(|answer| answer["error"].is_string());
    assert_eq!((failed.len(), done.len(), ids.len()), (1, 2, 3), "{answers:#?}");
    assert!(done.iter().all(|answer| answer["changed"] == true), "{done:#?}");
    let (error, id) = (failed[0]["error"].as_str().unwrap(), failed[0]["instance_id"].as_str().unwrap());
    assert!(error.contains("switch its termination protection off first"), "{error}");
    assert_eq!(state(id).await, "running");
}

#[tokio::test]
async fn a_terminated_instance_cannot_be_started_and_the_message_says_what_to_do() {
    let id = &made("gone", 1, true).await[0];
    assert_eq!(run(&["terminate", id, "--yes", "--wait"]).await.0, 0);
    let (status, _, stderr) = run(&["start", id]).await;
    assert_eq!(status, 1, "{stderr}");
    assert!(stderr.contains("cannot start") && stderr.contains("`spawn launch` makes another"), "{stderr}");
}

#[tokio::test]
async fn stopping_asks_too_and_starting_does_not() {
    let (status, _, stderr) = run(&["stop", "i-0123456789abcdef0"]).await;
    assert_eq!(status, 2, "{stderr}");
    assert!(stderr.contains("--yes"), "{stderr}");
    let (status, _, stderr) = run(&["start", "i-0123456789abcdef0"]).await;
    assert_eq!(status, 1, "{stderr}");
}

#[tokio::test]
async fn hibernation_is_asked_for_as_such() {
    let id = &made("sleeper", 1, true).await[0];
    let proxy = FaultProxy::start(aws().await.moto_url()).unwrap();
    let line = ["stop", id, "--hibernate", "--yes"];
    let output = spawn(aws().await).args(line).env("AWS_ENDPOINT_URL", proxy.url()).run().await.unwrap();
    assert_eq!(output.status, 0, "{}", output.stderr);
    let asked = |request: &spawn_test_support::fault_proxy::Recorded| {
        let text = request.text();
        text.contains("Action=StopInstances") && text.contains("Hibernate=true")
    };
    assert!(proxy.requests().iter().any(asked), "{:?}", proxy.requests());
}
