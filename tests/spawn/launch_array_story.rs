//! The whole path of an array: a launch at the terminal, agents that work on its tasks, results in S3, one trace.

use crate::fixture::{json, spawn, spored};
use crate::launch_array::{array, partitions};
use serde_json::{Value, json};
use spawn_test_support::{Aws, MachineRoom};
use std::collections::BTreeMap;
use std::time::Duration;
use tempfile::TempDir;

const PATIENCE: Duration = Duration::from_secs(120);
const TASKS: usize = 20;

/// The tasks' program: it needs what came by every way to a task.
const ALIGN: &str = "#!/bin/sh\n\
    set -eu\n\
    echo \"task $JOB_ARRAY_INDEX of $JOB_ARRAY_SIZE\"\n\
    echo \"$1 $sample $REFERENCE $(cat reads.txt) $TRACEPARENT\" >\"$SPAWN_OUTPUT/aligned.txt\"\n";

#[tokio::test]
async fn three_instances_work_on_twenty_tasks_in_the_launchers_trace() {
    let aws = Aws::start().await.unwrap();
    let room = MachineRoom::start(&aws, &spored(), &[]).unwrap();
    let code = format!(
        "s3 = boto3.client('s3')\n\
         s3.create_bucket(Bucket='reads')\n\
         s3.put_object(Bucket='reads', Key='run-1/align.sh', Body={})\n\
         s3.put_object(Bucket='reads', Key='run-1/reads.txt', Body=b'ACGT')\n1",
        json!(ALIGN)
    );
    aws.boto3(&code).await.unwrap();
    let folder = TempDir::new().unwrap();
    let params = folder.path().join("samples.csv");
    let rows: String = (0..TASKS).map(|index| format!("NA-{index}\n")).collect();
    std::fs::write(&params, format!("sample\n{rows}")).unwrap();

    let line = ["launch", "--instance-type", "t3.micro", "--count", "3", "--job-array-name", "align", "-o", "json"];
    let tags = ["spawn:tracing-enabled=true", "spawn:tracing-sampling=1.0", "spawn:completion-delay=1s"];
    let tags = tags.iter().flat_map(|&tag| ["--tag", tag]).chain(["--topology", "joined"]);
    let given = ["--param-file", params.to_str().unwrap(), "--input", "s3://reads/run-1/", "--env", "REFERENCE=hg38"];
    let command = ["--", "./align.sh", "{index:03}"];
    let launched = json(&spawn(&aws).args(line).args(tags).args(given).args(command).run().await.unwrap());
    let id = launched["array_id"].as_str().unwrap();
    for instance in launched["instances"].as_array().unwrap() {
        room.wait_for_exit(instance["instance_id"].as_str().unwrap(), PATIENCE).await.unwrap();
    }

    let found = array(&aws, id).await;
    assert!(found["ended_at"].is_number(), "{found:#}");
    let shards: Vec<String> = (0..16).map(|shard| format!("{id}#{shard}")).collect();
    let items = partitions(&aws, &shards).await;
    let tasks: Vec<&Value> = items.iter().filter(|item| item["SK"].as_str().unwrap().starts_with("task#")).collect();
    assert_eq!(tasks.len(), TASKS);
    assert!(tasks.iter().all(|task| task["state"] == "succeeded" && task["attempt"] == 1), "{tasks:#?}");

    // Each task had its inputs, its parameters, its environment, and its own span's context.
    let results = results(&aws, launched["output"].as_str().unwrap()).await;
    let trace_id = launched["trace_id"].as_str().unwrap();
    assert_eq!(results.len(), TASKS, "{results:?}");
    for (index, text) in (0..TASKS).zip(results.values()) {
        let expected = format!("{index:03} NA-{index} hg38 ACGT 00-{trace_id}-");
        assert!(text.starts_with(&expected), "{text} for {expected}");
    }

    // One story: the array below the launch, the tasks below the array, whoever worked on them.
    let documents = crate::fixture::documents(&aws, trace_id).await;
    let named = |name: &str| documents.iter().find(|document| is_named(document, name)).cloned();
    let launch = named("spawn launch").unwrap();
    let array = named("array align").unwrap_or_else(|| panic!("{:#?}", names(&documents)));
    assert_eq!(array["parent_id"], launch["id"]);
    for index in 0..TASKS {
        let task =
            named(&format!("task align[{index}]")).unwrap_or_else(|| panic!("{index}: {:#?}", names(&documents)));
        assert_eq!(task["parent_id"], array["id"], "{index}");
    }
}

/// The tasks' results by their names.
async fn results(aws: &Aws, output: &str) -> BTreeMap<String, String> {
    let (bucket, prefix) = output.strip_prefix("s3://").unwrap().split_once('/').unwrap();
    let code = format!(
        "s3 = boto3.client('s3')\n\
         keys = [o['Key'] for o in s3.list_objects_v2(Bucket='{bucket}', Prefix='{prefix}').get('Contents', []) if o['Key'].endswith('/output/aligned.txt')]\n\
         {{k: s3.get_object(Bucket='{bucket}', Key=k)['Body'].read().decode() for k in keys}}"
    );
    serde_json::from_value(aws.boto3(&code).await.unwrap()).unwrap()
}

/// A segment has its service's name, and its span's in the metadata; a subsegment that of its span.
fn is_named(document: &Value, name: &str) -> bool {
    let span = document["metadata"]["spawn"]["name"].as_str();
    span == Some(name) || (span.is_none() && document["name"] == name)
}

fn names(documents: &[Value]) -> Vec<String> {
    let name = |document: &Value| format!("{} {}", document["name"], document["metadata"]["spawn"]["name"]);
    documents.iter().map(name).collect()
}
