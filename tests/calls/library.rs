//! The library as another program uses it: its example runs, and its page shows what the example does.

use serde_json::Value;
use spawn_test_support::{Aws, Program};
use std::path::{Path, PathBuf};

/// The example, which `cargo test` has built beside the tests.
fn example() -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    let path = tests.ancestors().nth(2).unwrap().join("examples/xray");
    assert!(path.exists(), "{} is not built: run `cargo test --workspace`", path.display());
    path
}

fn read(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../telemetry").join(name)).unwrap()
}

#[tokio::test]
async fn the_example_traces_its_call_and_exports_to_xray() {
    let aws = Aws::start().await.unwrap();
    let output = Program::new(example()).envs(aws.env()).run().await.unwrap();
    assert_eq!(output.status, 0, "{}", output.stderr);
    let (arn, rest) = output.stdout.split_once('\n').unwrap();
    assert!(arn.starts_with("arn:aws:"), "{arn}");
    assert_eq!(rest, "2 spans reached X-Ray, 0 did not\n");
    let mut documents = aws.xray_documents().await.unwrap();
    // On a busy machine the call takes so long that the segment is announced first.
    documents.retain(|document| document["in_progress"].is_null());
    let of_name = |name: &str| -> &Value { documents.iter().find(|document| document["name"] == name).unwrap() };
    let (segment, call) = (of_name("who-am-i"), of_name("STS"));
    assert_eq!(documents.len(), 2, "{documents:#?}");
    assert_eq!((&segment["parent_id"], &segment["metadata"]["spawn"]["name"]), (&Value::Null, &"who am I".into()));
    assert_eq!((&call["parent_id"], &call["trace_id"]), (&segment["id"], &segment["trace_id"]));
    assert_eq!((&call["namespace"], &call["aws"]["operation"]), (&"aws".into(), &"GetCallerIdentity".into()));
    // Another program's spans say nothing of spawn's hosts.
    assert!(documents.iter().all(|document| document["annotations"]["spawn_instance_id"].is_null()), "{documents:#?}");
}

#[test]
fn the_crates_page_its_docs_and_its_example_show_the_same_lines() {
    let (page, docs, example) = (read("README.md"), read("src/lib.rs"), read("examples/xray.rs"));
    let shown = page.split_once("```rust\n").unwrap().1.split_once("```").unwrap().0;
    let lines: Vec<&str> = shown.lines().collect();
    assert_eq!(lines.len(), 5, "five lines are promised");
    for line in &lines {
        assert!(docs.contains(&format!("//! {line}\n")), "the crate's documentation lacks\n{line}");
    }
    for line in &lines[1..3] {
        assert!(example.contains(line), "the example lacks\n{line}");
    }
}
