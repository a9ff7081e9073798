//! `spawn cancel` and `spawn retry`: what they change, for whom, and what they leave to agents.

use crate::array_fixture::{Array, HOST};
use crate::fixture::{aws, documents, json, only_instance, spawn};
use crate::terminal::on_a_terminal;
use serde_json::{Value, json};
use spawn_cloud::arrays::TaskState::{Cancelled, Pending, Running, Succeeded};
use spawn_cloud::arrays::{HookState, TaskQueue};
use spawn_config::Provider;
use spawn_test_support::fault_proxy::{Action, Rule};
use spawn_test_support::programs::Output;
use spawn_test_support::{Aws, FaultProxy};
use std::collections::BTreeSet;
use std::time::Duration;

async fn run(aws: &Aws, line: &str) -> Output {
    spawn(aws).args(line.split_whitespace()).run().await.unwrap()
}

/// The tasks that the array's queue has messages for, and one message's context.
async fn dispatched(array: &Array) -> (BTreeSet<u32>, Option<String>) {
    let queue = TaskQueue::new(array.clients.sqs().clone(), array.read().await.queue_url);
    let (mut indices, mut context) = (BTreeSet::new(), None);
    loop {
        let taken = queue.receive(10, Duration::ZERO, Duration::from_secs(60)).await.unwrap();
        if taken.is_empty() {
            return (indices, context);
        }
        for delivery in taken {
            indices.insert(delivery.index);
            context = spawn_telemetry::propagation::traceparent(&delivery.context).or(context);
        }
    }
}

#[tokio::test]
async fn an_array_that_is_called_off_without_agents_ends_at_once() {
    let aws = aws().await;
    let array = Array::seed_with(aws, "off-00000001", 4, |record| record.hook = Some("notify".to_owned())).await;
    array.succeed(0).await;
    array.agent(HOST, Provider::Ec2, 3_600).await;
    let cancelled = run(aws, "cancel off --yes -o json").await;
    assert!(cancelled.stderr.contains("off-00000001 has ended: no agent was there"), "{}", cancelled.stderr);
    let cancelled = json(&cancelled);
    assert_eq!(
        (&cancelled["cancelled"], &cancelled["told"], &cancelled["ended"]),
        (&json!([1, 2, 3]), &json!([]), &json!(true))
    );
    assert_eq!(array.states().await, [Succeeded, Cancelled, Cancelled, Cancelled]);
    let after = array.read().await;
    assert!(after.cancelled_at.is_some() && after.ended_at.is_some(), "{after:?}");
    assert!(matches!(after.hook_state, HookState::Done { problem: Some(_) }), "{after:?}");
    let queue = TaskQueue::new(array.clients.sqs().clone(), after.queue_url);
    let gone = queue.receive(1, Duration::ZERO, Duration::from_secs(1)).await.unwrap_err();
    assert!(gone.is_queue_gone(), "{gone}");
    let again = run(aws, "cancel off --yes").await;
    assert_eq!((again.status, again.stdout.as_str()), (0, ""), "{}", again.stderr);
    assert!(again.stderr.contains("nothing to cancel"), "{}", again.stderr);
}

#[tokio::test]
async fn who_works_on_a_task_is_told_and_brings_the_array_to_its_end() {
    let aws = aws().await;
    let array = Array::seed(aws, "told-off-00000001", 3).await;
    array.claim(1).await;
    array.agent(HOST, Provider::Ec2, 0).await;
    let output = run(aws, "cancel told-off -y").await;
    assert_eq!(output.status, 0, "{}", output.stderr);
    assert_eq!(output.stdout, "cancelled    2\ntold to end  1\n");
    assert!(output.stderr.contains("an agent brings the array to its end"), "{}", output.stderr);
    assert_eq!(array.states().await, [Cancelled, Running, Cancelled]);
    let task = array.store.task(&array.record.id, 1).await.unwrap().unwrap();
    assert!(task.cancel);
    let after = array.read().await;
    assert_eq!((after.cancelled_at.is_some(), after.hook_state), (true, HookState::Waiting));
    assert_eq!(json(&run(aws, "retry told-off --cancelled -o json").await)["retried"], json!([0, 2]));
    let again = array.read().await;
    assert_eq!((again.cancelled_at, again.round), (None, 1), "an array that is worked on again is not called off");
}

#[tokio::test]
async fn some_tasks_alone_are_called_off_and_the_rest_goes_on() {
    let aws = aws().await;
    let array = Array::seed(aws, "some-off-00000001", 4).await;
    let output = run(aws, "cancel some-off --index 1-2 -y -o json").await;
    assert_eq!(json(&output)["cancelled"], json!([1, 2]));
    assert_eq!(array.states().await, [Pending, Cancelled, Cancelled, Pending]);
    assert_eq!(array.read().await.cancelled_at, None);
}

#[tokio::test]
async fn nobody_is_asked_without_a_terminal_and_nothing_is_called_off() {
    let aws = aws().await;
    let array = Array::seed(aws, "asked-00000001", 1).await;
    let output = run(aws, "cancel asked").await;
    assert_eq!((output.status, output.stdout.as_str()), (2, ""));
    assert!(
        output.stderr.contains("cancel asks before it ends what runs") && output.stderr.contains("--yes"),
        "{}",
        output.stderr
    );
    assert_eq!(array.states().await, [Pending]);
}

#[tokio::test]
async fn on_a_terminal_one_is_asked_and_may_say_no() {
    let aws = aws().await;
    let array = Array::seed(aws, "question-00000001", 3).await;
    array.claim(0).await;
    let question = "cancel 3 tasks of question-00000001, 1 of them running? [y/N]";
    let (status, screen) = on_a_terminal("[y/N]", "n\n", &["cancel", "question"]).await;
    assert!(status == 0 && screen.contains(question) && screen.contains("nothing was called off"), "{screen}");
    assert_eq!(array.states().await, [Running, Pending, Pending]);
    let (status, screen) = on_a_terminal("[y/N]", "y\n", &["cancel", "question"]).await;
    assert_eq!(status, 0, "{screen}");
    assert_eq!(array.states().await, [Running, Cancelled, Cancelled]);
    let (_, screen) = on_a_terminal("", "", &["status", "question"]).await;
    let wide = screen.lines().filter(|line| line.chars().count() > 60 && !line.contains("s3://"));
    assert_eq!(wide.collect::<Vec<_>>(), Vec::<&str>::new(), "{screen}");
}

#[tokio::test]
async fn the_instances_of_the_array_are_terminated_if_that_is_wanted_and_no_others() {
    let aws = aws().await;
    let array = Array::seed(aws, "hosts-00000001", 1).await;
    let mut ids = Vec::new();
    for tag in ["hosts-00000001", "hosts-00000002"] {
        let id = only_instance(&json(&run(aws, "launch --instance-type t3.micro -o json").await));
        let code = format!(
            "boto3.client('ec2').create_tags(Resources=['{id}'], Tags=[{{'Key': 'spawn:array-id', 'Value': '{tag}'}}])"
        );
        aws.boto3(&code).await.unwrap();
        ids.push(id);
    }
    array.agent(&ids[0], Provider::Ec2, 0).await;
    let output = json(&run(aws, "cancel hosts-00000001 --terminate -y -o json").await);
    assert_eq!((&output["terminated"], &output["ended"]), (&json!([ids[0]]), &json!(true)), "{output:#}");
    for (id, state) in ids.iter().zip(["terminated", "running"]) {
        assert_eq!(crate::fixture::instance(aws, id).await["State"]["Name"], state);
    }
}

#[tokio::test]
async fn tasks_that_failed_are_retried_in_a_new_round_with_the_context_of_the_retry() {
    let aws = aws().await;
    let array = Array::seed(aws, "again-00000001", 3).await;
    array.succeed(0).await;
    array.fail(1, "no").await;
    array.fail(2, "no").await;
    array.finish().await;
    let context = "00-68e79a80aaaaaaaaaaaaaaaaaaaaaaaa-b7ad6b7169203331-01";
    let retried =
        spawn(aws).args(["retry", "again", "-o", "json"]).env("TRACING_ENABLED", "true").env("TRACEPARENT", context);
    let retried = retried.run().await.unwrap();
    assert!(
        retried.stderr.contains("no agent is there") && retried.stderr.contains("spawn launch --join again-00000001"),
        "{}",
        retried.stderr
    );
    let retried = json(&retried);
    assert_eq!((&retried["retried"], &retried["round"]), (&json!([1, 2]), &json!(2)), "{retried:#}");
    assert_eq!(array.states().await, [Succeeded, Pending, Pending]);
    let after = array.read().await;
    assert_eq!((after.ended_at, after.round, &after.hook_state), (None, 2, &HookState::Waiting));
    assert_ne!(after.queue_url, array.record.queue_url);
    let (indices, carried) = dispatched(&array).await;
    let trace = carried.as_deref().and_then(|text| text.split('-').nth(1)).map(str::to_owned);
    assert_eq!((indices, trace.as_deref()), (BTreeSet::from([1, 2]), context.split('-').nth(1)));
    let spans = documents(aws, "68e79a80aaaaaaaaaaaaaaaaaaaaaaaa").await;
    assert!(
        spans.iter().any(|document| document["name"] == "spawn retry" || document.to_string().contains("spawn retry")),
        "{spans:#?}"
    );
    let counts = array.store.counts(&array.record.id).await.unwrap();
    assert_eq!((counts.succeeded, counts.failed), (1, 0));
}

#[tokio::test]
async fn what_is_meant_is_retried_and_nothing_else() {
    let aws = aws().await;
    let array = Array::seed(aws, "meant-00000001", 5).await;
    array.succeed(0).await;
    array.fail(1, "no").await;
    array.claim(2).await;
    json(&run(aws, "cancel meant --index 3 -y -o json").await);
    for (flags, code, retried) in [
        ("--cancelled", 0, json!([3])),
        ("--index 0,2", 5, json!([0])),
        ("--index 4", 1, json!([])),
        ("", 0, json!([1])),
        ("--failed", 0, json!([])),
    ] {
        let output = run(aws, &format!("retry meant {flags} -o json")).await;
        let answer: Value = serde_json::from_str(&output.stdout).unwrap();
        assert_eq!((output.status, &answer["retried"]), (code, &retried), "{flags}: {}", output.stderr);
    }
    assert_eq!(array.states().await, [Pending, Pending, Running, Pending, Pending]);
    assert_eq!(array.read().await.round, 1, "an array under way stays in its round");
}

#[tokio::test]
async fn a_retry_that_broke_off_is_completed_by_the_next() {
    let aws = aws().await;
    let array = Array::seed(aws, "broken-00000001", 3).await;
    for index in 0..3 {
        array.fail(index, "no").await;
    }
    array.finish().await;
    let proxy = FaultProxy::start(aws.ministack_url()).unwrap();
    proxy.script([Rule::new(Action::json_error(400, "AccessDeniedException", "not you")).target("CreateQueue")]);
    let broken = spawn(aws).args(["retry", "broken", "-o", "json"]).env("AWS_ENDPOINT_URL_SQS", proxy.url());
    let broken = broken.run().await.unwrap();
    assert_eq!(broken.status, 5, "{}", broken.stderr);
    assert!(broken.stderr.contains("the same command goes on with the rest"), "{}", broken.stderr);
    assert_eq!(array.states().await, [Pending; 3]);
    let output = run(aws, "retry broken").await;
    assert_eq!(output.status, 0, "{}", output.stderr);
    assert_eq!(dispatched(&array).await.0, BTreeSet::from([0, 1, 2]));
}

#[tokio::test]
async fn a_change_that_breaks_off_says_so_and_goes_on_where_it_was() {
    let aws = aws().await;
    let array = Array::seed(aws, "cut-00000001", 100).await;
    let proxy = FaultProxy::start(aws.ministack_url()).unwrap();
    let refused = Action::json_error(400, "AccessDeniedException", "not you");
    proxy.script([Rule::new(refused).target("TransactWriteItems").after(40)]);
    let cut = spawn(aws).args(["cancel", "cut", "-y", "-o", "json"]).env("AWS_ENDPOINT_URL_DYNAMODB", proxy.url());
    let cut = cut.run().await.unwrap();
    assert_eq!(cut.status, 5, "{}", cut.stderr);
    let answer: Value = serde_json::from_str(&cut.stdout).unwrap();
    let done = answer["cancelled"].as_array().unwrap().len();
    assert!((1..100).contains(&done) && answer["error"].as_str().unwrap().contains("not you"), "{answer:#}");
    let rest = json(&run(aws, "cancel cut -y -o json").await);
    assert_eq!(rest["cancelled"].as_array().unwrap().len(), 100 - done);
    assert_eq!(array.states().await, [Cancelled; 100]);
    assert!(array.read().await.ended_at.is_some());
}

#[tokio::test]
async fn an_array_whose_launch_broke_off_cannot_be_retried_but_called_off() {
    let aws = aws().await;
    let array = Array::seed_with(aws, "unready-00000001", 2, |record| record.ready = false).await;
    let retry = run(aws, "retry unready").await;
    assert_eq!(retry.status, 1);
    assert!(
        retry.stderr.contains("the launch of unready-00000001 is not complete") && retry.stderr.contains("--resume"),
        "{}",
        retry.stderr
    );
    assert_eq!(json(&run(aws, "cancel unready -y -o json").await)["ended"], true);
    assert!(array.read().await.ended_at.is_some());
    assert_eq!(array.states().await, [Cancelled; 2]);
}
