//! OSAPI's guide: "a single trace ID through every component in a request flow", from the command line to the worker, "so
//! `grep trace_id=<hex>` shows the complete end-to-end flow", with "log correlation only" where nothing is exported.

use crate::fixture::{json, spawn, spored};
use serde_json::Value;
use spawn_test_support::{Aws, MachineRoom};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(90);

#[tokio::test]
async fn one_trace_id_is_found_in_the_log_of_the_terminal_the_agent_and_the_task() {
    let aws = Aws::start().await.unwrap();
    let human = [("SPORED_LOG_FORMAT".to_owned(), "human".to_owned())];
    let room = MachineRoom::start(&aws, &spored(), &human).unwrap();
    let line =
        ["--debug", "launch", "--instance-type", "t3.micro", "--job-array-name", "flow", "--tasks", "2", "-o", "json"];
    let tags = ["tracing-enabled=true", "tracing-exporter=none", "tracing-sampling=1.0"];
    let tags = tags.map(|tag| format!("spawn:{tag}"));
    let tags = tags.iter().flat_map(|tag| ["--tag", tag]);
    let command = ["--", "sh", "-c", "echo hello from {index} trace_id=$(echo $TRACEPARENT | cut -d- -f2)"];
    let output = spawn(&aws).args(line).args(tags).args(command).run().await.unwrap();
    let launched = json(&output);
    let of_terminal: Vec<&str> = output.stderr.lines().filter(|line| line.contains(" trace_id=")).collect();
    let trace_id = of_terminal[0].rsplit_once(" trace_id=").unwrap().1.split(' ').next().unwrap();
    assert_eq!(trace_id.len(), 32, "{of_terminal:#?}");
    let grep = format!("trace_id={trace_id}");
    assert!(of_terminal.iter().all(|line| line.contains(&grep)), "one command, one trace: {of_terminal:#?}");

    let instance = launched["instances"][0]["instance_id"].as_str().unwrap();
    room.wait_for_boot(instance, PATIENCE).await.unwrap();
    let log = room
        .wait_for_log(instance, PATIENCE, |log| log.contains("INFO the job array has ended").then(|| log.to_owned()));
    let log = log.await.unwrap();
    for said in [
        "registered",
        "working for a job array",
        "task begins",
        "task has ended",
        "every task of the job array has ended",
        "INFO the job array has ended",
    ] {
        let lines: Vec<&str> = log.lines().filter(|line| line.contains(said)).collect();
        assert!(!lines.is_empty() && lines.iter().all(|line| line.contains(&grep)), "{said}: {lines:#?}\n{log}");
    }
    for index in [0, 1] {
        let id = launched["array_id"].as_str().unwrap();
        let key = format!("arrays/{id}/00000{index}/logs/1/stdout/000001");
        let read = format!(
            "boto3.client('s3').get_object(Bucket='spawn-123456789012-us-east-1', Key='{key}')['Body'].read().decode()"
        );
        let printed: Value = aws.boto3(&read).await.unwrap();
        assert_eq!(printed, format!("hello from {index} {grep}\n"));
    }
    // Nothing was exported.
    assert_eq!(aws.xray_documents().await.unwrap(), [] as [Value; 0]);
}
