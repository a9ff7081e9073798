//! `spawn logs` and `spawn results --download`: what tasks have written and left behind, read back from S3.

use crate::array_fixture::Array;
use crate::fixture::{aws, json, spawn};
use serde_json::{Value, json};
use spawn_test_support::Aws;
use spawn_test_support::programs::Output;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(60);

async fn run(aws: &Aws, line: &str) -> Output {
    spawn(aws).args(line.split_whitespace()).run().await.unwrap()
}

/// Puts an object below the array's output; the text may hold Python's escapes.
async fn put(aws: &Aws, array: &Array, key: &str, text: &str) {
    let bucket = "spawn-123456789012-us-east-1";
    let code = format!(
        "s3 = boto3.client('s3')\ns3.create_bucket(Bucket='{bucket}')\n\
         s3.put_object(Bucket='{bucket}', Key='arrays/{}/{key}', Body=b'{text}')['ETag']",
        array.id()
    );
    aws.boto3(&code).await.unwrap();
}

#[tokio::test]
async fn the_logs_of_one_task_are_its_own_bytes_on_its_own_streams() {
    let aws = aws().await;
    let array = Array::seed(aws, "one-log-00000001", 2).await;
    array.succeed(1).await;
    for (key, text) in [
        ("000001/logs/1/stdout/000001", r"a\xff\n"),
        ("000001/logs/1/stdout/000002", r"b\x1b[0m"),
        ("000001/logs/1/stderr/000001", r"oops\n"),
        ("000001/logs/2/stdout/000001", r"another attempt"),
    ] {
        put(aws, &array, key, text).await;
    }
    let output = run(aws, "logs one-log --index 1").await;
    assert_eq!((output.status, output.stdout.as_str(), output.stderr.as_str()), (0, "a\u{fffd}\nb\u{1b}[0m", "oops\n"));
    let only = run(aws, "logs one-log --index 1 --stderr-only").await;
    assert_eq!((only.stdout.as_str(), only.stderr.as_str()), ("", "oops\n"));
    let only = run(aws, "logs one-log --index 1 --stdout-only --attempt 1").await;
    assert_eq!((only.stdout.lines().count(), only.stderr.as_str()), (2, ""));
    let none = run(aws, "logs one-log --index 1 --attempt 2").await;
    assert_eq!((none.status, none.stdout.as_str()), (2, ""));
    assert!(none.stderr.contains("task 1 has no attempt 2: it has made 1 so far"), "{}", none.stderr);
    let waiting = run(aws, "logs one-log --index 0").await;
    assert_eq!((waiting.status, waiting.stdout.as_str()), (0, ""));
    assert!(waiting.stderr.contains("task 0 is pending: no attempt has been made"), "{}", waiting.stderr);
}

#[tokio::test]
async fn lines_of_several_tasks_begin_with_their_index() {
    let aws = aws().await;
    let array = Array::seed(aws, "logs-of-all-00000001", 20).await;
    for index in [0, 11, 17] {
        array.succeed(index).await;
    }
    for (key, text) in [
        ("000000/logs/1/stdout/000001", r"one\ntw"),
        ("000000/logs/1/stdout/000002", r"o\n"),
        ("000011/logs/1/stdout/000001", "no end"),
        ("000011/logs/1/stderr/000001", "e"),
    ] {
        put(aws, &array, key, text).await;
    }
    let output = run(aws, "logs logs-of-all").await;
    assert_eq!((output.status, output.stdout.as_str()), (0, "[0] one\n[0] two\n[11] no end\n"), "{}", output.stderr);
    assert!(output.stderr.starts_with("[11] e\n"), "{}", output.stderr);
    let silent = "of 20 tasks of logs-of-all-00000001, 17 have not begun and 1 have written nothing that has arrived";
    assert!(output.stderr.contains(silent), "{}", output.stderr);
}

#[tokio::test]
async fn following_goes_on_over_attempts_until_the_task_has_ended() {
    let aws = aws().await;
    let array = Array::seed(aws, "followed-00000001", 1).await;
    let first = array.claim(0).await;
    put(aws, &array, "000000/logs/1/stdout/000001", r"first\n").await;
    let mut following = spawn(aws).args(["logs", "followed", "--index", "0", "--follow"]).start().unwrap();
    following.wait_for_stdout(PATIENCE, |out| out.contains("first").then_some(())).await.unwrap();
    put(aws, &array, "000000/logs/1/stdout/000002", "more").await;
    following.wait_for_stdout(PATIENCE, |out| out.contains("more").then_some(())).await.unwrap();
    array.release(&first).await;
    put(aws, &array, "000000/logs/2/stdout/000001", r"second\n").await;
    array.succeed(0).await;
    assert_eq!(following.wait(PATIENCE).await.unwrap(), 0, "{}", following.stderr());
    assert_eq!(following.stdout(), "first\nmoresecond\n");
}

#[tokio::test]
async fn results_are_fetched_into_a_folder_for_each_task_and_never_outside() {
    let aws = aws().await;
    let array = Array::seed(aws, "fetched-00000001", 4).await;
    for index in 0..3 {
        array.succeed(index).await;
    }
    put(aws, &array, "000000/output/aligned.bam", "bam").await;
    put(aws, &array, "000000/output/qc/report.txt", "fine").await;
    put(aws, &array, "000001/output/../../outside.txt", "hostile").await;
    put(aws, &array, "000002/output/aligned.bam", "another").await;
    let folder = tempfile::tempdir().unwrap();
    let into = folder.path().join("results");
    let line = ["results", "fetched", "-o", "json", "--download"];
    let output = spawn(aws).args(line).arg(&into).run().await.unwrap();
    assert_eq!(output.status, 5, "{}", output.stderr);
    let answer: Value = serde_json::from_str(&output.stdout).unwrap();
    let told =
        |index: usize| (answer[index]["downloaded"]["files"].clone(), answer[index]["downloaded"]["bytes"].clone());
    assert_eq!((told(0), told(2)), ((json!(2), json!(7)), (json!(1), json!(7))), "{answer:#}");
    assert!(answer[1]["downloaded"]["error"].as_str().unwrap().contains("cannot be a file below"), "{answer:#}");
    assert_eq!(answer[3]["downloaded"], Value::Null);
    assert!(output.stderr.contains("fetched 3 files of 14 bytes"), "{}", output.stderr);
    assert_eq!(std::fs::read_to_string(into.join("000000/qc/report.txt")).unwrap(), "fine");
    let mut found: Vec<String> = names(folder.path());
    found.sort();
    assert_eq!(found, ["000000", "000002", "aligned.bam", "aligned.bam", "qc", "report.txt", "results"]);

    put(aws, &array, "000002/output/aligned.bam", "newer").await;
    let again = |flags: &'static [&str]| {
        spawn(aws).args(["results", "fetched", "--index", "2", "--download"]).arg(&into).args(flags)
    };
    let kept = again(&["-o", "json"]).run().await.unwrap();
    assert_eq!(json(&kept)[0]["downloaded"]["kept"], true);
    assert!(kept.stderr.contains("--replace fetches them anew"), "{}", kept.stderr);
    assert_eq!(std::fs::read_to_string(into.join("000002/aligned.bam")).unwrap(), "another");
    assert_eq!(again(&["--replace"]).run().await.unwrap().status, 0);
    assert_eq!(std::fs::read_to_string(into.join("000002/aligned.bam")).unwrap(), "newer");
}

#[cfg(unix)]
#[tokio::test]
async fn a_link_in_the_place_of_a_tasks_folder_is_refused() {
    let aws = aws().await;
    let array = Array::seed(aws, "linked-00000001", 1).await;
    array.succeed(0).await;
    put(aws, &array, "000000/output/x", "x").await;
    let folder = tempfile::tempdir().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(elsewhere.path(), folder.path().join("000000")).unwrap();
    let output = spawn(aws).args(["results", "linked", "--download"]).arg(folder.path()).run().await.unwrap();
    assert_eq!(output.status, 1, "{}", output.stderr);
    assert!(output.stderr.contains("is there and no folder"), "{}", output.stderr);
    assert_eq!(names(elsewhere.path()), Vec::<String>::new());
}

/// The names of everything below the folder.
fn names(folder: &std::path::Path) -> Vec<String> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        names.push(entry.file_name().into_string().unwrap());
        if entry.file_type().unwrap().is_dir() {
            names.extend(self::names(&entry.path()));
        }
    }
    names
}
