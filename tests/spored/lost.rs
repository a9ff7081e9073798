//! Attempts whose hosts vanish, one after the other: each end is told, by whoever lives to tell it, and once.

use crate::array::{Array, worker};
use crate::fixture::{Host, PATIENCE, aws, stop, until};
use serde_json::Value;
use spawn_test_support::fault_proxy::{Action, Rule};
use spawn_test_support::{Aws, FaultProxy, Process, wait_until};
use std::time::{Duration, Instant};
use tempfile::{NamedTempFile, TempDir};

fn host(aws: &Aws, array: &Array, slots: u16) -> Host {
    worker(aws, array, slots).env("OTEL_TRACES_EXPORTER", "xray")
}

/// Kills the agent as a loss of its host does: nobody ever reads its disk.
async fn lose(mut agent: Process) {
    agent.signal("KILL").unwrap();
    agent.wait(PATIENCE).await.unwrap();
}

/// The id of the span of the attempt that a task is at.
async fn attempt_of(array: &Array, index: u32, number: u32) -> String {
    let task = array.task_when(index, "attempt", |task| task.attempt == number).await;
    task.traceparent.unwrap()[36..52].to_owned()
}

/// How the attempt ended; metadata where the trace has no room for one more annotation.
fn outcome(document: &Value) -> &str {
    let places = ["/annotations/spawn_task_outcome", "/metadata/spawn/spawn.task.outcome"];
    places.iter().find_map(|place| document.pointer(place)?.as_str()).unwrap_or_default()
}

/// The outcomes with which X-Ray was told of the end of this span, in order.
async fn ends(aws: &Aws, id: &str) -> Vec<String> {
    let documents = aws.xray_documents().await.unwrap();
    let ends = documents.iter().filter(|document| document["id"] == id && document["end_time"].is_number());
    ends.map(|document| outcome(document).to_owned()).collect()
}

async fn ends_when_told(aws: &Aws, id: &str) -> Vec<String> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let ends = ends(aws, id).await;
        if !ends.is_empty() {
            return ends;
        }
        assert!(Instant::now() < deadline, "nobody has told of the end of {id}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Waits until this back end was sent the end of that span, as lost.
async fn told_in_vain(back_end: &FaultProxy, id: &str) {
    let told = |document: &Value| document["id"] == id && outcome(document) == "lost";
    let sent = || documents(back_end).iter().any(told).then_some(());
    wait_until("the end of a lost attempt", PATIENCE, sent).await.unwrap();
}

/// All segments that were sent there.
fn documents(back_end: &FaultProxy) -> Vec<Value> {
    let requests = back_end.requests();
    let bodies = requests.iter().filter_map(|request| serde_json::from_slice::<Value>(&request.body).ok());
    let documents = bodies.flat_map(|body| body["TraceSegmentDocuments"].as_array().cloned().unwrap_or_default());
    documents.filter_map(|document| serde_json::from_str(document.as_str()?).ok()).collect()
}

#[tokio::test]
async fn two_attempts_in_a_row_whose_hosts_vanish_are_both_told_by_the_third() {
    let aws = aws().await;
    let hangs = FaultProxy::start(aws.moto_url()).unwrap();
    hangs.script([Rule::new(Action::Hang)]);
    let array = Array::seed(aws, "untold", 1, "if [ $JOB_ATTEMPT -lt 3 ]; then sleep 1000; fi").await;
    let hosts = [0; 3].map(|_| host(aws, &array, 1));
    let [first, second, third] = hosts;

    let agent = first.run(&[]).await;
    until(&agent, "task begins").await;
    let one = attempt_of(&array, 0, 1).await;
    lose(agent).await;

    // It has the task, and what it tells of the first attempt is on its way and never arrives.
    let second = second.env("AWS_ENDPOINT_URL_XRAY", hangs.url());
    let agent = second.run(&[]).await;
    told_in_vain(&hangs, &one).await;
    let two = attempt_of(&array, 0, 2).await;
    lose(agent).await;
    let task = array.store.task(&array.record.id, 0).await.unwrap().unwrap();
    assert_eq!(task.untold.iter().map(|lost| lost.attempt).collect::<Vec<_>>(), [1], "{task:#?}");
    assert_eq!(ends(aws, &one).await, Vec::<String>::new());

    let agent = third.run(&[]).await;
    array.ended().await;
    stop(agent).await;
    let three = attempt_of(&array, 0, 3).await;
    for (id, outcome) in [(one, "lost"), (two, "lost"), (three, "succeeded")] {
        assert_eq!(ends_when_told(aws, &id).await, [outcome]);
    }
}

/// An array of two tasks. The first ends by itself, with its second attempt or the last. The second keeps the array open, with whose end
/// its queue would go: it ends with its last attempt, when the file is gone.
async fn kept_open(aws: &Aws, name: &str, last: u32) -> (Array, NamedTempFile) {
    let open = NamedTempFile::new().unwrap();
    let wait = format!("while [ -e {} ]; do sleep 0.1; done", open.path().display());
    let first = last.min(2);
    let command = format!("case $JOB_ARRAY_INDEX$JOB_ATTEMPT in 0{first}) ;; 1{last}) {wait};; *) sleep 1000;; esac");
    (Array::seed(aws, name, 2, &command).await, open)
}

/// Waits until messages are removed a second time: nothing but a message's second coming has an agent do that.
async fn second_removal(queue: &FaultProxy) {
    let is_removal = |name: &str| name.ends_with("DeleteMessageBatch");
    let removals = || {
        let requests = queue.requests();
        let count = requests.iter().filter(|request| request.header("x-amz-target").is_some_and(is_removal)).count();
        (count >= 2).then_some(())
    };
    wait_until("the message's second removal", PATIENCE, removals).await.unwrap();
}

#[tokio::test]
async fn a_lost_attempt_of_a_task_that_has_ended_is_told_when_its_message_comes_again() {
    let aws = aws().await;
    let hangs = FaultProxy::start(aws.moto_url()).unwrap();
    hangs.script([Rule::new(Action::Hang)]);
    let messages = FaultProxy::start(aws.ministack_url()).unwrap();
    messages.script([Rule::new(Action::Hang).target("DeleteMessageBatch")]);
    let (array, open) = kept_open(aws, "ended", 3).await;
    let hosts = [0; 3].map(|_| host(aws, &array, 2));
    let [first, second, third] = hosts;

    let agent = first.run(&[]).await;
    let one = attempt_of(&array, 0, 1).await;
    attempt_of(&array, 1, 1).await;
    lose(agent).await;

    let second = second.env("AWS_ENDPOINT_URL_XRAY", hangs.url()).env("AWS_ENDPOINT_URL_SQS", messages.url());
    let agent = second.run(&[]).await;
    let two = attempt_of(&array, 0, 2).await;
    attempt_of(&array, 1, 2).await;
    let task = array.task_when(0, "end", |task| task.state.has_ended()).await;
    assert_eq!(task.untold.iter().map(|lost| lost.attempt).collect::<Vec<_>>(), [1], "{task:#?}");
    lose(agent).await;

    // The message comes to the third as well once more than it should.
    let again = FaultProxy::start(aws.ministack_url()).unwrap();
    again.script([Rule::new(Action::Hang).target("DeleteMessageBatch").once()]);
    let agent = third.env("AWS_ENDPOINT_URL_SQS", again.url()).run(&[]).await;
    assert_eq!(ends_when_told(aws, &two).await, ["succeeded"]);
    assert_eq!(ends_when_told(aws, &one).await, ["lost"]);
    second_removal(&again).await;
    open.close().unwrap();
    array.ended().await;
    stop(agent).await;
    assert_eq!((ends(aws, &one).await.len(), ends(aws, &two).await.len()), (1, 1));
}

#[tokio::test]
async fn a_message_that_comes_again_to_the_agent_that_ended_its_task_is_removed_and_the_end_told_once() {
    let aws = aws().await;
    let messages = FaultProxy::start(aws.ministack_url()).unwrap();
    messages.script([Rule::new(Action::Hang).target("DeleteMessageBatch").once()]);
    let (array, open) = kept_open(aws, "again", 1).await;
    let agent = host(aws, &array, 2).env("AWS_ENDPOINT_URL_SQS", messages.url()).run(&[]).await;
    second_removal(&messages).await;
    let one = attempt_of(&array, 0, 1).await;
    open.close().unwrap();
    array.ended().await;
    stop(agent).await;
    assert_eq!(ends(aws, &one).await, ["succeeded"]);
}

#[tokio::test]
async fn a_task_that_is_called_off_when_its_host_has_vanished_leaves_its_attempt_to_be_told() {
    let aws = aws().await;
    let (array, open) = kept_open(aws, "called-off", 2).await;
    let [first, second] = [0; 2].map(|_| host(aws, &array, 2));
    let agent = first.run(&[]).await;
    let one = attempt_of(&array, 0, 1).await;
    attempt_of(&array, 1, 1).await;
    lose(agent).await;
    let task = array.store.task(&array.record.id, 0).await.unwrap().unwrap();
    let after = task.lease_until.unwrap() + 1;
    array.store.cancel(&array.record, &task, after).await.unwrap().unwrap();
    let agent = second.run(&[]).await;
    assert_eq!(ends_when_told(aws, &one).await, ["lost"]);
    open.close().unwrap();
    array.ended().await;
    stop(agent).await;
}

#[tokio::test]
async fn an_array_that_ends_right_after_a_host_has_died_waits_until_somebody_has_told_of_its_last_attempt() {
    let aws = aws().await;
    let hangs = FaultProxy::start(aws.moto_url()).unwrap();
    hangs.script([Rule::new(Action::Hang)]);
    let messages = FaultProxy::start(aws.ministack_url()).unwrap();
    messages.script([Rule::new(Action::Hang).target("DeleteMessageBatch")]);
    let work = TempDir::new().unwrap();
    let marks = [0, 1].map(|index| work.path().join(index.to_string()));
    marks.iter().for_each(|mark| std::fs::write(mark, "").unwrap());
    let command = format!("while [ -e {}/$JOB_ARRAY_INDEX ]; do sleep 0.05; done", work.path().display());
    let array = Array::seed(aws, "last-words", 2, &command).await;
    let [first, second] = [0; 2].map(|_| host(aws, &array, 1));

    let first = first.env("AWS_ENDPOINT_URL_XRAY", hangs.url()).env("AWS_ENDPOINT_URL_SQS", messages.url());
    let dies = first.run(&[]).await;
    until(&dies, "task begins").await;
    let is_running = array.store.task(&array.record.id, 0).await.unwrap().unwrap().attempt == 1;
    let (its, other) = if is_running { (0, 1) } else { (1, 0) };
    let id = attempt_of(&array, its, 1).await;
    let lives = second.run(&[]).await;
    attempt_of(&array, other, 1).await;

    std::fs::remove_file(&marks[its as usize]).unwrap();
    array.task_when(its, "end", |task| task.state.has_ended()).await;
    lose(dies).await;
    std::fs::remove_file(&marks[other as usize]).unwrap();
    array.ended().await;
    stop(lives).await;
    assert_eq!(ends_when_told(aws, &id).await, ["succeeded"]);
}
