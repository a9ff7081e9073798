//! The guide, section by section, as far as the terminal is concerned. What agents do of it is in `tests/spored/guide.rs`.
//!
//! | section of the guide | test |
//! |---|---|
//! | Enabling tracing, EC2 instances | [`the_guides_command_launches_an_instance_with_its_tags`], and the table for people |
//! | Instrumented operations, span attributes | `tests/calls/operations.rs` and `tests/calls/endings.rs`: each operation of the list |
//! | Sampling: 1.0, 0.1, 0.01, consistent | [`launch_and_agent_keep_the_same_traces_at_every_rate_of_the_guide`]; parents: `tracing.rs` |
//! | Use case: performance profiling | `tracing.rs`: a launch is one trace whose root spans its calls |
//! | Use case: debugging failures | `tracing.rs`: a refused call is an error with its cause |
//! | Use case: distributed debugging | `story.rs`: launch, boot and end of life in X-Ray |
//! | Troubleshooting: enable only for specific instances | [`tags_switch_tracing_on_for_their_own_instance_only`] |

use crate::fixture::{aws, documents, instance, json, only_instance, spawn, spored, tag};
use serde_json::Value;
use spawn_test_support::{Aws, MachineRoom};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(60);

/// The launch of the guide, section "EC2 Instances", word for word.
const GUIDE: [&str; 9] = [
    "launch",
    "--instance-type",
    "t3.micro",
    "--tag",
    "spawn:tracing-enabled=true",
    "--tag",
    "spawn:tracing-exporter=xray",
    "--tag",
    "spawn:tracing-sampling=0.1",
];

#[tokio::test]
async fn the_guides_command_launches_an_instance_with_its_tags() {
    let aws = aws().await;
    let output = spawn(aws).args(GUIDE).args(["-o", "json"]).run().await.unwrap();
    let instance = instance(aws, &only_instance(&json(&output))).await;
    assert_eq!(instance["InstanceType"], "t3.micro");
    assert_eq!(tag(&instance, "spawn:tracing-enabled"), Some("true"));
    assert_eq!(tag(&instance, "spawn:tracing-exporter"), Some("xray"));
    assert_eq!(tag(&instance, "spawn:tracing-sampling"), Some("0.1"));
    assert_eq!(tag(&instance, "spawn:managed"), Some("true"));
    assert_eq!(tag(&instance, "spawn:version"), Some(env!("CARGO_PKG_VERSION")));
    assert_eq!(instance["MetadataOptions"]["HttpTokens"], "required");
    assert_eq!(instance["MetadataOptions"]["InstanceMetadataTags"], "enabled");
}

#[tokio::test]
async fn the_guides_command_prints_a_table_for_people() {
    let aws = aws().await;
    let output = spawn(aws).args(GUIDE).run().await.unwrap();
    assert_eq!(output.status, 0, "{}", output.stderr);
    let lines: Vec<&str> = output.stdout.lines().collect();
    assert_eq!(lines.len(), 2, "{}", output.stdout);
    assert!(lines[0].starts_with("INSTANCE") && lines[1].starts_with("i-"), "{}", output.stdout);
    assert!(lines.iter().all(|line| line.chars().count() <= 80), "{}", output.stdout);
    assert!(output.stderr.lines().all(|line| line.starts_with("spawn: ")), "{}", output.stderr);
}

#[tokio::test]
async fn launch_and_agent_keep_the_same_traces_at_every_rate_of_the_guide() {
    let aws = Aws::start().await.unwrap();
    let room = MachineRoom::start(&aws, &spored(), &[]).unwrap();
    let mut launches = Vec::new();
    // A half of them, too, so that one run sees both decisions.
    for rate in ["0", "0.01", "0.1", "0.5", "0.5", "0.5", "0.5", "1.0"] {
        let sampling = format!("spawn:tracing-sampling={rate}");
        let line = ["launch", "--instance-type", "t3.micro", "--wait", "agent", "-o", "json"];
        let tags = ["--tag", "spawn:tracing-enabled=true", "--tag", &sampling];
        let launched = json(&spawn(&aws).args(line).args(tags).run().await.unwrap());
        launches.push((rate, only_instance(&launched), launched["trace_id"].clone()));
    }
    room.stop(PATIENCE).await.unwrap();
    for (rate, id, trace_id) in launches {
        let instance = instance(&aws, &id).await;
        let traceparent: Vec<&str> = tag(&instance, "spawn:traceparent").unwrap().split('-').collect();
        let sampled = traceparent[3] == "01";
        let sent = documents(&aws, traceparent[1]).await;
        let of_service = |name: &str| sent.iter().any(|document| document["name"] == name);
        let heard = (trace_id == traceparent[1], of_service("spawn"), of_service("spored"));
        assert_eq!(heard, (sampled, sampled, sampled), "rate {rate}: {sent:#?}");
        match rate {
            "0" => assert!(!sampled),
            "1.0" => assert!(sampled),
            _ => {}
        }
    }
}

#[tokio::test]
async fn tags_switch_tracing_on_for_their_own_instance_only() {
    let aws = Aws::start().await.unwrap();
    let room = MachineRoom::start(&aws, &spored(), &[]).unwrap();
    let line = ["launch", "--instance-type", "t3.micro", "--wait", "agent", "-o", "json"];
    let tags = ["--tag", "spawn:tracing-enabled=true", "--tag", "spawn:tracing-sampling=1.0"];
    let traced = only_instance(&json(&spawn(&aws).args(line).args(tags).run().await.unwrap()));
    let quiet = only_instance(&json(&spawn(&aws).args(line).run().await.unwrap()));
    room.stop(PATIENCE).await.unwrap();
    let documents = aws.xray_documents().await.unwrap();
    let speaks = |id: &str| documents.iter().any(|document| document["annotations"]["spawn_instance_id"] == id);
    assert_eq!((speaks(&traced), speaks(&quiet)), (true, false), "{:#?}", Value::from(documents));
}
