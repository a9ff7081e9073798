//! A spot notice: what there is to tell is with X-Ray within ten seconds, whatever else the host is at.

use crate::array::{Array, worker};
use crate::fixture::{PATIENCE, aws, until};
use crate::instance::{Instance, now, run_instances};
use serde_json::Value;
use spawn_test_support::fault_proxy::{Action, Rule};
use spawn_test_support::{FaultProxy, FaultyDisk, Imds, InstanceFacts, wait_until};
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

#[tokio::test]
async fn what_x_ray_does_not_take_is_on_the_disk_before_the_users_program_runs() {
    let away = FaultProxy::start(aws().await.moto_url()).unwrap();
    away.script([Rule::new(Action::Hang)]);
    let instance = Instance::launch(&[("spawn:tracing-exporter", "xray")]).await;
    instance.imds.change_facts(|facts| facts.life_cycle = "spot".to_owned());
    let disk = FaultyDisk::under(&instance.host.path("state/spool")).unwrap();
    let copy = instance.host.path("copy");
    // The disk is not asked to keep anything before the test is over, unless that is ordered.
    let yaml = format!(
        "pre_stop: [sh, -c, 'cp {} {}; sleep 1000']\nobservability: {{tracing: {{spool: {{sync: 1h}}}}}}\n",
        disk.control().display(),
        copy.display()
    );
    std::fs::write(instance.host.path("local.yaml"), yaml).unwrap();
    let instance = instance.env("AWS_ENDPOINT_URL_XRAY", away.url());
    let instance = disk.env().into_iter().fold(instance, |instance, (name, value)| instance.env(&name, value));
    let mut agent = instance.host.run(&[]).await;
    instance.host.status_when("span on disk", |status| status["tracing"]["storage"]["on_disk"] != 0).await;
    assert_eq!(FaultyDisk::syncs(disk.control()).unwrap(), 0);

    let time = jiff::Timestamp::now() + jiff::SignedDuration::from_mins(2);
    instance.imds.give_spot_notice("stop", &format!("{time:.0}"));
    wait_until("the program", PATIENCE, || FaultyDisk::syncs(&copy).ok()).await.unwrap();
    assert!(FaultyDisk::syncs(&copy).unwrap() > 0, "{}", agent.stderr());
    agent.signal("TERM").unwrap();
    agent.wait(PATIENCE).await.unwrap();
}
