//! AIStore: every daemon of a cluster reports under `tracing.service_name_prefix` with `tracing.attributes`, "Extra attributes
//! to be added the traces", so that one request is followed across the processes that served it.

use super::whole_spans;
use crate::array::{Array, worker};
use crate::fixture::{aws, stop};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

#[tokio::test]
async fn every_agent_of_an_array_says_which_process_it_is_and_what_the_operator_wants_said() {
    let aws = aws().await;
    let array = Array::seed(aws, "daemons", 6, "sleep 0.3").await;
    let tracing = "observability:\n  tracing:\n    service_name_prefix: aistore\n    attributes:\n      cluster: nnn\n";
    let host = |name: &str, attribute: &str| {
        let host = worker(aws, &array, 1).env("SPAWN_INSTANCE_ID", name);
        let yaml = std::fs::read_to_string(host.path("local.yaml")).unwrap();
        std::fs::write(host.path("local.yaml"), format!("{yaml}{tracing}      rack: {attribute}\n")).unwrap();
        host
    };
    let hosts = [host("local-target-1", "r1"), host("local-target-2", "r2")];
    let agents = [hosts[0].run(&[]).await, hosts[1].run(&[]).await];
    array.ended().await;
    let mut resources: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut traces = BTreeSet::new();
    for (agent, rack) in agents.into_iter().zip(["r1", "r2"]) {
        let spans = whole_spans(&stop(agent).await);
        let of_tasks: Vec<&Value> =
            spans.iter().filter(|span| span["name"].as_str().unwrap().starts_with("task ")).collect();
        assert!(!of_tasks.is_empty(), "each has its share");
        for span in of_tasks {
            traces.insert(span["traceId"].as_str().unwrap().to_owned());
            let said = ["service.name", "cluster", "rack"].map(|key| &span["resource"][key]);
            assert_eq!(said, [&json!("aistore-spored"), &json!("nnn"), &json!(rack)], "{span:#}");
            for key in ["host.id", "service.instance.id", "process.pid"] {
                let value = span["resource"][key].to_string();
                assert_ne!(value, "null", "{key}: {span:#}");
                resources.entry(key.to_owned()).or_default().insert(value);
            }
        }
    }
    assert_eq!(traces.len(), 1, "one request, one trace");
    let differing: Vec<(&str, usize)> = resources.iter().map(|(key, values)| (key.as_str(), values.len())).collect();
    assert_eq!(differing, [("host.id", 2), ("process.pid", 2), ("service.instance.id", 2)]);
}
