//! SP1's cluster: "a root trace with name … for each proof request", in it "a span for every single task", "linked to another
//! root span for the task", which "is also linked in the reverse direction"; each "should also contain span attribute
//! `task_id` and resource attribute `node.id`".

use super::{ids, links, times, whole_spans};
use crate::array::{Array, worker};
use crate::fixture::{attribute, aws, named, stop};
use serde_json::{Value, json};
use spawn_config::Topology;

#[tokio::test]
async fn an_array_is_a_root_with_a_span_for_every_attempt_each_linked_with_a_root_of_its_own() {
    let aws = aws().await;
    let command = "sleep 0.2; [ $JOB_ARRAY_INDEX != 1 ] || [ $JOB_ATTEMPT = 2 ]";
    let array = Array::seed_with(aws, "prove", 4, command, |array| {
        array.topology = Topology::Linked;
        array.retries = 1;
        // The array's trace begins here.
        array.launch_traceparent = None;
    })
    .await;
    let nodes = ["local-node-1", "local-node-2"].map(|node| worker(aws, &array, 1).env("SPAWN_INSTANCE_ID", node));
    let agents = [nodes[0].run(&[]).await, nodes[1].run(&[]).await];
    array.ended().await;
    let mut spans = Vec::new();
    for agent in agents {
        spans.extend(whole_spans(&stop(agent).await));
    }
    let root = named(&spans, "array prove");
    assert!(root["parentSpanId"].as_str().unwrap_or_default().is_empty(), "{root:#}");
    let of_array: Vec<&Value> =
        spans.iter().filter(|span| span["name"].as_str().unwrap().starts_with("attempt prove[")).collect();
    let mut names: Vec<&str> = of_array.iter().map(|span| span["name"].as_str().unwrap()).collect();
    names.sort_unstable();
    let expected = ["[0]#1", "[1]#1", "[1]#2", "[2]#1", "[3]#1"].map(|attempt| format!("attempt prove{attempt}"));
    assert_eq!(names, expected);
    for attempt in of_array {
        assert_eq!((&attempt["traceId"], &attempt["parentSpanId"]), (&root["traceId"], &root["spanId"]));
        // The root's duration is that of the work, not of the launch. Its end is by AWS's clock, in milliseconds.
        let ((began, ended), (first, last)) = (times(root), times(attempt));
        assert!(began <= first && last <= ended + 1_000_000, "{root:#} {attempt:#}");
        assert!(last - first >= 200_000_000, "{attempt:#}");
        let [linked] = links(attempt).try_into().unwrap();
        let task = spans.iter().find(|span| ids(span) == linked).unwrap();
        assert!(task["parentSpanId"].as_str().unwrap_or_default().is_empty() && linked.0 != ids(root).0, "{task:#}");
        assert!(links(task).contains(&ids(attempt)), "and back: {task:#}");
        assert_eq!(times(task), times(attempt));
        for span in [attempt, task] {
            let index = attribute(span, "spawn.job_array_index").unwrap().as_str().unwrap();
            assert_eq!(attribute(span, "task_id"), Some(&json!(format!("{}/{index}", array.id()))), "{span:#}");
            let node = span["resource"]["service.instance.id"].as_str().unwrap_or_default();
            let host = attribute(span, "spawn.instance_id").unwrap();
            assert!(!node.is_empty() && ["local-node-1", "local-node-2"].iter().any(|it| host == it), "{span:#}");
            assert_eq!(&span["resource"]["host.id"], host, "{span:#}");
        }
    }
}
