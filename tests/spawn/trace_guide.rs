//! The commands of the guide to looking at a trace, in its order, as they are written.

use crate::fixture::spawn;
use crate::trace_fixture::{attributes, build, file, otlp, put, span};
use serde_json::Value;
use spawn_test_support::Aws;

/// An array of two tasks: as its traces in X-Ray, and as a file.
const ALIGN: &str = r#"
about = {"spawn_job_array_id": "align-1a2b3c4d", "spawn_job_array_name": "align", "spawn_job_array_index": 0, "spawn_task_attempt": 1}
put({"name": "spored", "id": hexadecimal(8), "trace_id": trace_id(), "start_time": now - 60, "end_time": now - 50, "annotations": about,
     "metadata": {"spawn": {"name": "task align[0]"}}})
"#;

fn tasks() -> Value {
    let task = |index: u64| {
        let number = index.to_string();
        let about = attributes(&[
            ("spawn.job_array_id", "align-1a2b3c4d"),
            ("spawn.job_array.name", "align"),
            ("spawn.job_array_index", &number),
        ]);
        span(index + 1, 0, &format!("task align[{index}]"), 0, Some(10), &about)
    };
    otlp("spored", &[task(0), task(1)])
}

#[tokio::test]
async fn the_commands_of_the_guide_run_in_its_order() {
    let aws = Aws::start().await.unwrap();
    put(&aws, ALIGN).await;
    let folder = tempfile::tempdir().unwrap();
    file(folder.path(), "spans.jsonl", &[build()]);
    file(folder.path(), "array.jsonl", &[tasks()]);
    let guide = include_str!("../../docs/how-to/look-at-a-trace.md");
    let blocks = guide.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next());
    let lines = blocks.flat_map(str::lines).map(|line| line.split('#').next().unwrap_or_default());
    let commands: Vec<Vec<String>> = lines
        .map(|line| line.split_whitespace().skip(1).map(|word| word.trim_matches('\'').to_owned()).collect())
        .collect();
    assert_eq!(commands.len(), 15, "{commands:?}");
    for words in commands {
        let output = spawn(&aws).args(&words).current_dir(folder.path()).run().await.unwrap();
        assert_eq!(output.status, 0, "spawn {}: {}", words.join(" "), output.stderr);
    }
    for written in ["trace.html", "page.html", "otlp.json"] {
        assert!(std::fs::metadata(folder.path().join(written)).unwrap().len() > 500, "{written}");
    }
}
