//! Work shows in X-Ray while it is under way, and so it does when its host is killed.

use crate::array::{Array, worker};
use crate::fixture::{PATIENCE, aws, stop};
use serde_json::Value;
use spawn_test_support::Aws;
use std::time::{Duration, Instant};

#[tokio::test]
async fn a_task_whose_agent_is_killed_shows_and_whoever_takes_it_up_tells_its_end() {
    let aws = aws().await;
    let array = Array::seed(aws, "announced", 1, "if [ $JOB_ATTEMPT = 1 ]; then sleep 1000; fi").await;
    let host = worker(aws, &array, 1).env("OTEL_TRACES_EXPORTER", "xray");
    let mut killed = host.run(&[]).await;
    let attempt = |document: &Value| {
        document["metadata"]["spawn"]["name"] == "task announced[0]" && document["in_progress"] == true
    };
    document_when(aws, &array, "announcement", attempt).await;
    killed.signal("KILL").unwrap();
    killed.wait(PATIENCE).await.unwrap();
    let shown = attempt_in(aws, &array).await;
    assert_eq!((&shown["in_progress"], shown.get("end_time")), (&true.into(), None));
    assert_eq!((&shown["name"], &shown["annotations"]["spawn_job_array_index"]), (&"spored".into(), &0.into()));
    assert_eq!(shown["annotations"]["spawn_job_array_id"], array.id());

    let next = worker(aws, &array, 1).env("OTEL_TRACES_EXPORTER", "xray");
    let agent = next.run(&[]).await;
    array.ended().await;
    stop(agent).await;
    let ended = document_when(aws, &array, "end", |it| it["id"] == shown["id"] && it["end_time"].is_number()).await;
    assert_eq!(ended["annotations"]["spawn_task_outcome"], "lost");
    assert!(ended.get("in_progress").is_none(), "{ended:#}");
}

/// The attempt's document as BatchGetTraces gives it.
async fn attempt_in(aws: &Aws, array: &Array) -> Value {
    let traces = aws.traces(&[&array.trace_id()]).await.unwrap();
    let segments = traces[0]["Segments"].as_array().unwrap().iter().map(|segment| &segment["Document"]);
    let mut found = segments.filter(|document| document["metadata"]["spawn"]["name"] == "task announced[0]");
    found.next().unwrap_or_else(|| panic!("{traces:#?}")).clone()
}

/// The document of the array's trace that is as wanted, once there is one.
async fn document_when(aws: &Aws, array: &Array, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let documents = aws.xray_documents().await.unwrap();
        let mine = |document: &&Value| document["trace_id"] == array.trace_id() && wanted(document);
        if let Some(document) = documents.iter().find(mine) {
            return document.clone();
        }
        assert!(Instant::now() < deadline, "no {what} in {documents:#?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
