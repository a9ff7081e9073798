//! The reference of job arrays says what is so: items, states, outcomes, environment, times.

use crate::array::{Array, BUCKET, bucket, worker};
use crate::fixture::{Host, aws, stop};
use serde_json::Value;
use spawn_cloud::arrays::TaskState;
use spawn_telemetry::TaskOutcome;
use std::collections::BTreeSet;

const REFERENCE: &str = include_str!("../../docs/reference/job-arrays.md");

/// The words in the first column of a table.
fn listed(table: &str) -> BTreeSet<String> {
    let (_, rest) = REFERENCE.split_once(&format!("<!-- {table}:begin -->")).unwrap();
    let (rows, _) = rest.split_once(&format!("<!-- {table}:end -->")).unwrap();
    rows.lines().filter_map(|row| Some(row.strip_prefix("| `")?.split_once('`')?.0.to_owned())).collect()
}

fn words(words: impl IntoIterator<Item = impl ToString>) -> BTreeSet<String> {
    words.into_iter().map(|word| word.to_string()).collect()
}

#[test]
fn states_and_outcomes_are_listed() {
    assert_eq!(listed("states"), words(TaskState::ALL));
    assert_eq!(listed("outcomes"), words(TaskOutcome::ALL));
}

#[tokio::test]
async fn attributes_and_environment_of_a_task_are_listed() {
    let aws = aws().await;
    bucket(aws).await;
    let command = "env > $SPAWN_OUTPUT/env; [ $JOB_ATTEMPT = 3 ]";
    let array = Array::seed_with(aws, "listed", 1, command, |array| {
        array.retries = 2;
        array.tracestate = Some("vendor=1".to_owned());
    })
    .await;
    let agent = worker(aws, &array, 1).run(&[]).await;
    array.ended().await;
    stop(agent).await;
    let read = format!(
        "boto3.client('s3').get_object(Bucket='{BUCKET}', Key='arrays/{}/000000/output/env')['Body'].read().decode()",
        array.id()
    );
    let environment = aws.boto3(&read).await.unwrap();
    let named = environment.as_str().unwrap().lines().filter_map(|line| Some(line.split_once('=')?.0));
    let ours = named.filter(|name| {
        let beginnings = ["JOB_", "SPAWN_INPUT", "SPAWN_OUTPUT", "TRACE", "_X_AMZN"];
        beginnings.iter().any(|beginning| name.starts_with(beginning))
    });
    assert_eq!(words(ours), listed("environment"));
    let read = format!(
        "sorted(boto3.client('dynamodb').get_item(TableName='spawn-job-arrays', \
         Key={{'PK': {{'S': '{}#0'}}, 'SK': {{'S': 'task#000000'}}}})['Item'])",
        array.id()
    );
    let attributes: Vec<Value> = serde_json::from_value(aws.boto3(&read).await.unwrap()).unwrap();
    let attributes = words(attributes.iter().map(|name| name.as_str().unwrap()));
    let listed = listed("task");
    assert!(attributes.is_subset(&listed), "{:?}", attributes.difference(&listed));
    // What this task had no cause to have.
    let others = words(["losses", "not_before", "cancel", "lease_until", "signal", "reason", "untold"]);
    assert_eq!(words(listed.difference(&attributes)), others);
}

#[tokio::test]
async fn the_times_are_those_of_the_program() {
    let (_, help, _) = Host::with("").command(&["run", "--help"]).await;
    // Lines are broken where the terminal ends.
    let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
    for (option, default) in [("--lease", "60s"), ("--backoff", "10s")] {
        let (_, rest) = help.split_once(&format!("{option} <")).unwrap();
        let (_, rest) = rest.split_once("[default: ").unwrap();
        assert!(rest.starts_with(default), "{option} in {help}");
        assert!(REFERENCE.contains(&format!("`spored run {option}`")), "{option}");
    }
}
