//! An agent at work for a job array: exit codes, attempts, results, and the spans of it all.

use crate::array::{Array, LEASE, bucket, worker};
use crate::fixture::{attribute, aws, named, spans, stop, until};
use crate::instance::children;
use serde_json::Value;
use spawn_cloud::arrays::{Task, TaskState};
use std::time::{Duration, Instant};

/// The spans of this name, by their start.
fn all<'a>(spans: &'a [Value], name: &str) -> Vec<&'a Value> {
    let start = |span: &&Value| span["startTimeUnixNano"].as_str().unwrap().parse::<u64>().unwrap();
    let mut found: Vec<&Value> = spans.iter().filter(|span| span["name"] == name).collect();
    found.sort_by_key(start);
    found
}

fn outcome(span: &Value) -> &str {
    attribute(span, "spawn.task.outcome").and_then(Value::as_str).unwrap_or_default()
}

/// The spans that this one links to, by their ids.
fn links(span: &Value) -> Vec<&str> {
    let links = span["links"].as_array().into_iter().flatten();
    links.filter_map(|link| link["spanId"].as_str()).collect()
}

fn told(task: &Task) -> (TaskState, u32, Option<i32>, Option<i32>, Option<&str>) {
    (task.state, task.attempt, task.exit_code, task.signal, task.reason.as_deref())
}

#[tokio::test]
async fn an_agent_works_off_an_array_and_ends_it() {
    let aws = aws().await;
    let array = Array::seed(aws, "plain", 5, "exit 0").await;
    let host = worker(aws, &array, 2);
    let agent = host.run(&[]).await;
    let ended = array.ended().await;
    assert!(array.tasks().await.iter().all(|task| told(task) == (TaskState::Succeeded, 1, Some(0), None, None)));
    host.status_when("end", |status| status["work"]["state"] == "ended").await;
    let log = stop(agent).await;
    let spans = spans(&log);
    let root = named(&spans, "array plain");
    assert_eq!(root["spanId"], ended.traceparent.unwrap()[36..52]);
    assert_eq!(root["parentSpanId"], ended.launch_traceparent.unwrap()[36..52]);
    let task = named(&spans, "task plain[3]");
    assert_eq!(task["parentSpanId"], root["spanId"]);
    assert_eq!(children(&spans, task), ["claim", "run", "complete"]);
    assert_eq!(outcome(task), "succeeded");
    let facts = [
        ("spawn.job_array_id", array.id().to_owned()),
        ("spawn.job_array_index", "3".to_owned()),
        ("spawn.job_array.name", "plain".to_owned()),
        ("task_id", format!("{}/3", array.id())),
        ("spawn.task.attempt", "1".to_owned()),
        ("process.exit.code", "0".to_owned()),
    ];
    for (key, value) in facts {
        assert_eq!(attribute(task, key), Some(&value.into()), "{key}");
    }
    // The story is found in the log by its trace.
    let line = log.lines().find(|line| line.contains("task has ended") && line.contains("\"index\":3")).unwrap();
    assert!(line.contains(task["traceId"].as_str().unwrap()), "{line}");
}

#[tokio::test]
async fn a_task_that_fails_is_tried_again_and_each_attempt_links_to_the_one_before() {
    let aws = aws().await;
    let command = "case $JOB_ARRAY_INDEX in 0) exit 7;; 1) kill -9 $$;; 2) [ $JOB_ATTEMPT = 2 ];; esac";
    let array = Array::seed_with(aws, "retried", 3, command, |array| array.retries = 1).await;
    let agent = worker(aws, &array, 3).run(&[]).await;
    array.ended().await;
    let tasks = array.tasks().await;
    assert_eq!(told(&tasks[0]), (TaskState::Failed, 2, Some(7), None, Some("it ended with exit code 7")));
    let reason = tasks[1].reason.as_deref();
    assert_eq!(told(&tasks[1]), (TaskState::Failed, 2, None, Some(9), reason));
    // Where the kernel counts what it kills for want of memory, it has not; where it does not, it may have.
    assert!(reason.unwrap().starts_with("signal 9 (SIGKILL) ended it"), "{reason:?}");
    assert_eq!(told(&tasks[2]), (TaskState::Succeeded, 2, Some(0), None, None));
    let log = stop(agent).await;
    let spans = spans(&log);
    for (index, outcomes) in [(0, ["retried", "failed"]), (1, ["retried", "failed"]), (2, ["retried", "succeeded"])] {
        let attempts = all(&spans, &format!("task retried[{index}]"));
        let made: Vec<&str> = attempts.iter().map(|attempt| outcome(attempt)).collect();
        assert_eq!(made, outcomes, "{index}");
        assert_eq!(links(attempts[1]), [attempts[0]["spanId"].as_str().unwrap()], "{index}");
    }
    let root = named(&spans, "array retried");
    assert_eq!(attribute(root, "error.message"), Some(&"2 of 3 tasks failed".into()));
}

#[tokio::test]
async fn results_and_output_are_stored_and_inputs_are_there() {
    let aws = aws().await;
    bucket(aws).await;
    aws.boto3(&format!(
        "s3 = boto3.client('s3')\nfor i in range(2): s3.put_object(Bucket='{0}', Key=f'in/{{i}}/word', Body=b'word %d' % i)",
        crate::array::BUCKET
    ))
    .await
    .unwrap();
    let command = "cat word | tee $SPAWN_OUTPUT/copy; echo trouble >&2";
    let input = format!("s3://{}/in/{{index}}/", crate::array::BUCKET);
    let array = Array::seed_with(aws, "staged", 2, command, |array| array.input = Some(input)).await;
    let agent = worker(aws, &array, 1).run(&[]).await;
    array.ended().await;
    let tasks = array.tasks().await;
    let results = format!("{}000001/output/", array.record.output);
    assert_eq!(tasks[1].output.as_deref(), Some(results.as_str()), "{:#?}", tasks[1]);
    let read = |key: &str| {
        format!(
            "boto3.client('s3').get_object(Bucket='{}', Key='arrays/{}/000001/{key}')['Body'].read().decode()",
            crate::array::BUCKET,
            array.id()
        )
    };
    assert_eq!(aws.boto3(&read("output/copy")).await.unwrap(), "word 1");
    assert_eq!(aws.boto3(&read("logs/1/stdout/000001")).await.unwrap(), "word 1");
    assert_eq!(aws.boto3(&read("logs/1/stderr/000001")).await.unwrap(), "trouble\n");
    let spans = spans(&stop(agent).await);
    let task = named(&spans, "task staged[1]");
    assert_eq!(children(&spans, task), ["claim", "stage in", "run", "stage out", "complete"]);
}

#[tokio::test]
async fn a_task_that_takes_too_long_is_ended() {
    let aws = aws().await;
    let array =
        Array::seed_with(aws, "late", 1, "sleep 1000", |array| array.timeout = Some(Duration::from_secs(1))).await;
    let agent = worker(aws, &array, 1).run(&[]).await;
    array.ended().await;
    let task = &array.tasks().await[0];
    let reason = "its time was over, and it was killed";
    assert_eq!(told(task), (TaskState::Failed, 1, None, None, Some(reason)));
    stop(agent).await;
}

#[tokio::test]
async fn a_task_that_is_called_off_is_ended_within_a_lease() {
    let aws = aws().await;
    let array = Array::seed(aws, "cancelled", 1, "sleep 1000").await;
    let agent = worker(aws, &array, 1).run(&[]).await;
    let task = array.task_when(0, "attempt", |task| task.state == TaskState::Running).await;
    array.store.cancel(&array.record, &task, array_now()).await.unwrap().unwrap();
    let asked = Instant::now();
    array.ended().await;
    assert!(asked.elapsed() < LEASE * 3, "{:?}", asked.elapsed());
    let task = &array.tasks().await[0];
    assert_eq!(told(task), (TaskState::Cancelled, 1, None, None, Some("called off by the operator")));
    let spans = spans(&stop(agent).await);
    assert_eq!(outcome(named(&spans, "task cancelled[0]")), "cancelled");
}

fn array_now() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

#[tokio::test]
async fn an_agent_that_is_told_to_stop_gives_its_tasks_back_for_others_to_take_at_once() {
    let aws = aws().await;
    let command = "if [ $JOB_ATTEMPT = 1 ]; then sleep 1000; fi";
    let array = Array::seed(aws, "released", 1, command).await;
    let hosts = [0, 1].map(|_| worker(aws, &array, 1).env("SPORED_LEASE", "60s"));
    let first = hosts[0].run(&[]).await;
    until(&first, "task begins").await;
    let log = stop(first).await;
    let asked = Instant::now();
    let second = hosts[1].run(&[]).await;
    array.ended().await;
    assert!(asked.elapsed() < Duration::from_secs(20), "{:?}", asked.elapsed());
    let task = &array.tasks().await[0];
    assert_eq!((task.state, task.attempt, task.failures, task.losses), (TaskState::Succeeded, 2, 0, 0));
    let (before, after) = (spans(&log), spans(&stop(second).await));
    let given_back = named(&before, "task released[0]");
    assert_eq!(outcome(given_back), "released");
    assert_eq!(attribute(given_back, "error.message"), Some(&"the agent was told to stop".into()));
    assert_eq!(links(named(&after, "task released[0]")), [given_back["spanId"].as_str().unwrap()]);
}

#[tokio::test]
async fn a_host_that_vanished_is_replaced_and_its_attempt_is_closed_as_lost() {
    let aws = aws().await;
    let command = "if [ $JOB_ATTEMPT = 1 ]; then sleep 1000; fi";
    let array = Array::seed(aws, "lost", 1, command).await;
    let hosts = ["local-first", "local-second"].map(|name| worker(aws, &array, 1).env("SPAWN_INSTANCE_ID", name));
    let mut first = hosts[0].run(&[]).await;
    until(&first, "task begins").await;
    let own = array.store.task(&array.record.id, 0).await.unwrap().unwrap().traceparent.unwrap();
    first.signal("KILL").unwrap();
    first.wait(crate::fixture::PATIENCE).await.unwrap();
    let second = hosts[1].run(&[]).await;
    array.ended().await;
    let task = &array.tasks().await[0];
    assert_eq!((task.state, task.attempt, task.losses), (TaskState::Succeeded, 2, 1));
    let spans = spans(&stop(second).await);
    let attempts = all(&spans, "task lost[0]");
    assert_eq!(attempts.iter().map(|attempt| outcome(attempt)).collect::<Vec<_>>(), ["lost", "succeeded"]);
    assert_eq!(attempts[0]["spanId"], own[36..52]);
    assert_eq!(attempts[0]["parentSpanId"], attempts[1]["parentSpanId"]);
    assert_eq!(attribute(attempts[0], "spawn.instance_id"), Some(&"local-first".into()));
    assert_eq!(attribute(attempts[1], "spawn.instance_id"), Some(&"local-second".into()));
    assert_eq!(links(attempts[1]), [attempts[0]["spanId"].as_str().unwrap()]);
}

#[tokio::test]
async fn in_linked_arrays_each_attempt_has_a_trace_of_its_own_and_a_span_in_the_arrays() {
    let aws = aws().await;
    let command = "[ $JOB_ATTEMPT = 2 ]";
    let array = Array::seed_with(aws, "linked", 1, command, |array| {
        array.topology = spawn_config::Topology::Linked;
        array.retries = 1;
    })
    .await;
    let agent = worker(aws, &array, 1).run(&[]).await;
    array.ended().await;
    let spans = spans(&stop(agent).await);
    let root = named(&spans, "array linked");
    let attempts = all(&spans, "task linked[0]");
    assert_ne!(attempts[0]["traceId"], attempts[1]["traceId"]);
    assert_ne!(attempts[0]["traceId"], root["traceId"]);
    let id = |span: &Value| span["spanId"].as_str().unwrap().to_owned();
    let short = |number| named(&spans, &format!("attempt linked[0]#{number}"));
    assert_eq!(links(attempts[0]), [id(root), id(short(1))]);
    assert_eq!(links(attempts[1]), [id(root), id(attempts[0]), id(short(2))]);
    for (number, attempt) in attempts.iter().enumerate() {
        let short = short(number + 1).clone();
        assert_eq!((&short["traceId"], &short["parentSpanId"]), (&root["traceId"], &root["spanId"]));
        assert_eq!(links(&short), [id(attempt)]);
    }
}
