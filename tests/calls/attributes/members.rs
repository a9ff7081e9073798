//! The members that the reference says are read exist in the SDKs, and the SDKs capture them on request.

use super::reference::read_from;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The SDK of each service that the reference names; that of Systems Manager is not among the tests' dependencies.
const SDKS: [(&str, &str); 13] = [
    ("DynamoDB", "aws-sdk-dynamodb"),
    ("S3", "aws-sdk-s3"),
    ("SQS", "aws-sdk-sqs"),
    ("SNS", "aws-sdk-sns"),
    ("Lambda", "aws-sdk-lambda"),
    ("EC2", "aws-sdk-ec2"),
    ("Kinesis", "aws-sdk-kinesis"),
    ("Step Functions", "aws-sdk-sfn"),
    ("Secrets Manager", "aws-sdk-secretsmanager"),
    ("EventBridge", "aws-sdk-eventbridge"),
    ("STS", "aws-sdk-sts"),
    ("CloudWatch Logs", "aws-sdk-cloudwatchlogs"),
    ("IAM", "aws-sdk-iam"),
];

/// Lists, which no SDK captures: they are read from the request as it is sent.
const LISTS: [&str; 5] =
    ["PublishBatchRequestEntries", "Entries", "logGroupNames", "logGroupIdentifiers", "logStreamNames"];

/// Where the source of each SDK is.
fn sources() -> Vec<(String, PathBuf)> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let metadata = Command::new(cargo)
        .args(["metadata", "--locked", "--offline", "--format-version", "1"])
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."))
        .output()
        .unwrap();
    assert!(metadata.status.success(), "{}", String::from_utf8_lossy(&metadata.stderr));
    let metadata: Value = serde_json::from_slice(&metadata.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    packages
        .map(|package| {
            let manifest = PathBuf::from(text(&package["manifest_path"]));
            (text(&package["name"]), manifest.parent().unwrap().join("src/operation"))
        })
        .collect()
}

fn captures(operations: &Path, member: &str) -> bool {
    let question = format!("should_capture(\"{member}\")");
    let files = std::fs::read_dir(operations).unwrap().map(|entry| entry.unwrap().path());
    files.filter(|path| path.is_file()).any(|path| std::fs::read_to_string(path).unwrap().contains(&question))
}

#[test]
fn every_member_that_is_read_is_one_that_the_sdk_captures() {
    let sources = sources();
    let mut looked_up = 0;
    for (service, cell) in read_from() {
        let Some((_, sdk)) = SDKS.iter().find(|(title, _)| *title == service) else {
            assert_eq!(service, "Systems Manager");
            continue;
        };
        let Some(members) = cell.strip_prefix("request `") else { continue };
        let operations = &sources.iter().find(|(name, _)| name == sdk).unwrap().1;
        let names = members.split('`').step_by(2).filter(|name| !name.starts_with('…') && !name.is_empty());
        for name in names.filter(|name| !LISTS.contains(name)) {
            assert!(captures(operations, name), "{sdk} captures no {name}");
            looked_up += 1;
        }
    }
    assert!(looked_up > 30, "{looked_up}");
}
