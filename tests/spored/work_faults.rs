//! What may go wrong around a task: messages that come twice or never, a table that refuses, a network that is cut,
//! settings and items that make no sense.

use crate::array::{Array, LEASE, worker};
use crate::fixture::{Host, attribute, aws, named, spans, stop, until};
use crate::instance::Instance;
use spawn_cloud::arrays::TaskState;
use spawn_test_support::FaultProxy;
use spawn_test_support::fault_proxy::{Action, Rule};
use std::time::Duration;

#[tokio::test]
async fn a_message_that_comes_twice_makes_one_attempt() {
    let aws = aws().await;
    let array = Array::seed(aws, "twice", 2, "sleep 0.5").await;
    for _ in 0..2 {
        array.queue.send(&[0, 1], &opentelemetry::Context::new(), |_| ()).await.unwrap();
    }
    let agent = worker(aws, &array, 4).run(&[]).await;
    array.ended().await;
    let attempts: Vec<u32> = array.tasks().await.iter().map(|task| task.attempt).collect();
    assert_eq!(attempts, [1, 1]);
    stop(agent).await;
}

#[tokio::test]
async fn tasks_whose_messages_are_lost_are_found_in_the_table() {
    let aws = aws().await;
    let long_ago = jiff::Timestamp::now().as_millisecond() - 60_000;
    let array = Array::seed_with(aws, "silent", 2, "exit 0", |array| array.created_at = long_ago).await;
    while let Some(message) = array.queue.receive(1, Duration::ZERO, LEASE).await.unwrap().first() {
        array.queue.remove(&message.receipt).await.unwrap();
    }
    let agent = worker(aws, &array, 1).run(&[]).await;
    array.ended().await;
    stop(agent).await;
}

#[tokio::test]
async fn an_array_whose_queue_is_gone_is_worked_off_all_the_same() {
    let aws = aws().await;
    let long_ago = jiff::Timestamp::now().as_millisecond() - 60_000;
    let array = Array::seed_with(aws, "queueless", 3, "exit 0", |array| array.created_at = long_ago).await;
    array.queue.delete().await.unwrap();
    let agent = worker(aws, &array, 1).run(&[]).await;
    array.ended().await;
    let log = stop(agent).await;
    assert_eq!(log.matches("the array's queue is gone; tasks are looked for").count(), 1, "{log}");
}

#[tokio::test]
async fn a_table_that_throttles_holds_the_work_up_and_no_more() {
    let aws = aws().await;
    let proxy = FaultProxy::start(aws.ministack_url()).unwrap();
    let array = Array::seed(aws, "throttled", 6, "exit 0").await;
    let throttle = || Action::json_error(400, "ProvisionedThroughputExceededException", "slow down");
    proxy.script([
        Rule::new(throttle()).target("PutItem").after(2).times(8),
        Rule::new(throttle()).target("TransactWriteItems").after(1).times(8),
    ]);
    let agent = worker(aws, &array, 2).env("AWS_ENDPOINT_URL_DYNAMODB", proxy.url()).run(&[]).await;
    array.ended().await;
    let counts = array.store.counts(&array.record.id).await.unwrap();
    assert_eq!((counts.succeeded, counts.failed), (6, 0));
    stop(agent).await;
}

#[tokio::test]
async fn a_host_that_was_cut_off_finds_its_task_taken_and_ends_it() {
    let aws = aws().await;
    let proxy = FaultProxy::start(aws.ministack_url()).unwrap();
    let array = Array::seed(aws, "cut", 1, "if [ $JOB_ATTEMPT = 1 ]; then sleep 1000; fi").await;
    let cut_off = worker(aws, &array, 1)
        .env("AWS_ENDPOINT_URL_DYNAMODB", proxy.url())
        .env("AWS_ENDPOINT_URL_SQS", proxy.url())
        .env("AWS_MAX_ATTEMPTS", "1");
    let first = cut_off.run(&[]).await;
    until(&first, "task begins").await;
    proxy.refuse(true);
    until(&first, "leases of tasks are not renewed").await;
    let host = worker(aws, &array, 1);
    let second = host.run(&[]).await;
    let task = array.task_when(0, "end", |task| task.state.has_ended()).await;
    assert_eq!((task.state, task.attempt, task.losses), (TaskState::Succeeded, 2, 1));
    proxy.refuse(false);
    until(&first, "task has ended").await;
    assert_eq!(array.task_when(0, "end", |task| task.state.has_ended()).await, task);
    let (first, second) = (spans(&stop(first).await), spans(&stop(second).await));
    let lost = named(&second, "task cut[0]");
    let superseded = named(&first, "superseded cut[0]");
    assert_eq!(attribute(superseded, "spawn.task.outcome"), Some(&"superseded".into()));
    assert_eq!(superseded["traceId"], lost["traceId"]);
}

#[tokio::test]
async fn a_command_that_is_not_there_fails_its_task_and_says_so() {
    let aws = aws().await;
    let array = Array::seed_with(aws, "absent", 1, "no-such-program", |array| array.shell = false).await;
    let agent = worker(aws, &array, 1).run(&[]).await;
    array.ended().await;
    let task = &array.tasks().await[0];
    assert_eq!(task.state, TaskState::Failed);
    assert!(task.reason.as_deref().unwrap().contains("no-such-program"), "{task:#?}");
    stop(agent).await;
}

#[tokio::test]
async fn a_context_that_makes_no_sense_costs_the_arrays_span_alone() {
    let aws = aws().await;
    let array = Array::seed_with(aws, "senseless", 1, "exit 0", |array| {
        array.traceparent = Some("00-nonsense".to_owned());
        array.tracestate = Some("=".repeat(600));
    })
    .await;
    let agent = worker(aws, &array, 1).run(&[]).await;
    array.ended().await;
    let log = stop(agent).await;
    assert!(log.contains("the trace context of an item is of no use and left out"), "{log}");
    let spans = spans(&log);
    assert!(spans.iter().all(|span| span["name"] != "array senseless"));
    assert_eq!(attribute(named(&spans, "task senseless[0]"), "spawn.task.outcome"), Some(&"succeeded".into()));
}

#[tokio::test]
async fn an_array_that_is_none_is_told_and_the_agent_lives() {
    let aws = aws().await;
    for (id, told) in [("align", "a job array's id is"), ("align-00000000", "there is no job array of this id")] {
        let host = Host::with(&format!("job_array:\n  id: {id}\n")).aws(aws);
        let agent = host.run(&[]).await;
        let problem = |status: &serde_json::Value| status["work"]["problem"].as_str().unwrap_or_default().to_owned();
        host.status_when(told, |status| problem(status).contains(told)).await;
        stop(agent).await;
    }
}

#[tokio::test]
async fn an_item_of_a_hostile_hand_costs_its_task_alone() {
    let aws = aws().await;
    let array = Array::seed(aws, "hostile", 3, "exit 0").await;
    let spoil = format!(
        "str(boto3.client('dynamodb').put_item(TableName='spawn-job-arrays', Item={{'PK': {{'S': '{}#1'}}, \
         'SK': {{'S': 'task#000001'}}, 'state': {{'N': '5'}}, 'version': {{'S': '\x1b[2J'}}}}))",
        array.id()
    );
    aws.boto3(&spoil).await.unwrap();
    let agent = worker(aws, &array, 1).run(&[]).await;
    until(&agent, "a task is left alone for now").await;
    for index in [0, 2] {
        array.task_when(index, "end", |task| task.state == TaskState::Succeeded).await;
    }
    assert!(array.store.task(&array.record.id, 1).await.is_err());
    stop(agent).await;
}

#[tokio::test]
async fn a_spot_instance_that_ec2_takes_back_gives_its_tasks_to_others() {
    let aws = aws().await;
    let array = Array::seed(aws, "spot", 1, "if [ $JOB_ATTEMPT = 1 ]; then sleep 1000; fi").await;
    let instance = Instance::launch(&[("spawn:array-id", array.id())]).await;
    instance.imds.change_facts(|facts| facts.life_cycle = "spot".to_owned());
    let agent = instance.host.run(&[]).await;
    until(&agent, "task begins").await;
    let time = jiff::Timestamp::now() + jiff::SignedDuration::from_mins(2);
    instance.imds.give_spot_notice("terminate", &format!("{time:.0}"));
    until(&agent, "task has ended").await;
    let task = array.task_when(0, "way back", |task| task.state == TaskState::Pending).await;
    assert_eq!((task.attempt, task.reason.as_deref()), (1, Some("EC2 takes the host back")));
    let other = worker(aws, &array, 1).run(&[]).await;
    array.ended().await;
    assert_eq!(array.tasks().await[0].attempt, 2);
    stop(other).await;
    stop(agent).await;
}
