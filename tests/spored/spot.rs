//! A spot notice: what there is to tell is with X-Ray within ten seconds, whatever else the host is at.

use crate::array::{Array, worker};
use crate::fixture::{PATIENCE, aws, until};
use crate::instance::{now, run_instances};
use serde_json::Value;
use spawn_test_support::{Imds, InstanceFacts, wait_until};
use std::time::{Duration, Instant};

/// Time from the notice to the last span's delivery (reliability promise R12).
const IN_TIME: Duration = Duration::from_secs(10);

#[tokio::test]
async fn all_spans_are_delivered_within_ten_seconds_of_a_notice_though_the_users_program_hangs() {
    let aws = aws().await;
    let array = Array::seed(aws, "taken-back", 1, "sleep 1000").await;
    let id = run_instances(aws, "").await;
    let mut facts = InstanceFacts { instance_id: id.clone(), launched_at: now(), ..InstanceFacts::example() };
    facts.life_cycle = "spot".to_owned();
    let imds = Imds::start(facts).unwrap();
    let host = worker(aws, &array, 1)
        .env("OTEL_TRACES_EXPORTER", "xray")
        .env("AWS_EC2_METADATA_SERVICE_ENDPOINT", imds.endpoint())
        .env("AWS_EC2_METADATA_DISABLED", "false");
    let yaml = std::fs::read_to_string(host.path("local.yaml")).unwrap();
    std::fs::write(host.path("local.yaml"), format!("{yaml}pre_stop: [sleep, '1000']\n")).unwrap();
    let mut agent = host.run(&[]).await;
    array.task_when(0, "running", |task| task.owner.is_some()).await;

    let time = jiff::Timestamp::now() + jiff::SignedDuration::from_mins(2);
    let given = Instant::now();
    imds.give_spot_notice("terminate", &format!("{time:.0}"));
    let delivered = loop {
        let documents = aws.xray_documents().await.unwrap();
        let own = documents.into_iter().filter(|document| document.to_string().contains(&id)).collect::<Vec<_>>();
        let named =
            |name: &str| own.iter().find(|it| it["metadata"]["spawn"]["name"] == name && it["end_time"].is_number());
        if let (Some(notice), Some(task)) = (named("lifecycle spot"), named("task taken-back[0]")) {
            break (notice.clone(), task.clone());
        }
        assert!(given.elapsed() < PATIENCE, "{own:#?}\n{}", agent.stderr());
    };
    let took = given.elapsed();
    assert!(took <= IN_TIME, "{took:?}: {}", agent.stderr());
    let (notice, task) = delivered;
    assert!(notice.to_string().contains("spot interruption notice"), "{notice:#}");
    assert_eq!(task["annotations"]["spawn_task_outcome"], "released", "{task:#}");
    until(&agent, "the program before the end runs").await;
    // It still runs, and nothing waits for it.
    let settled = |status: &Value| status["tracing"]["counters"]["queued"] == 0;
    host.status_when("empty queue", settled).await;
    assert!(!agent.stderr().contains("ready for the interruption"), "{}", agent.stderr());
    agent.signal("TERM").unwrap();
    wait_until("the end", PATIENCE, || agent.stderr().contains("spored has stopped").then_some(())).await.unwrap();
    agent.wait(PATIENCE).await.unwrap();
}
