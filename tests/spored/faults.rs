//! A disk or a back end that fails: spans made meanwhile are delivered afterwards, the status says what is wrong, and the
//! life of the instance goes on in time.

use crate::fixture::{Host, PATIENCE, aws, stop, until};
use crate::instance::Instance;
use crate::socket::traced;
use serde_json::Value;
use spawn_test_support::fault_proxy::{Action, Rule};
use spawn_test_support::{DiskFault, FaultProxy, FaultyDisk};
use std::collections::BTreeSet;
use std::time::Duration;

const TRACED: &str = "observability: {tracing: {enabled: true, exporter: xray, sampling_rate: 1.0}}\n";

/// Spans that are made at a time.
const SOME: u64 = 20;

/// What happens to the folder of the spool.
#[derive(Clone, Copy, Debug)]
enum Trouble {
    Disk(DiskFault),
    Removed,
    /// Another folder takes its name.
    Replaced,
}

/// Makes spans of traces of their own, and answers their ids.
async fn make(host: &Host, kind: u64) -> BTreeSet<String> {
    let seconds = jiff::Timestamp::now().as_second();
    let mut made = BTreeSet::new();
    for number in 0..SOME {
        let trace = format!("{seconds:08x}{kind:08x}{:08x}{number:08x}", fastrand::u32(..));
        assert_eq!(traced(host, &trace).await, 404);
        made.insert(trace);
    }
    made
}

/// The traces in all that was sent to X-Ray.
fn sent(proxy: &FaultProxy) -> BTreeSet<String> {
    let mut traces = BTreeSet::new();
    for request in proxy.requests().iter().filter(|request| request.path == "/TraceSegments") {
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        for document in body["TraceSegmentDocuments"].as_array().into_iter().flatten() {
            let document: Value = serde_json::from_str(document.as_str().unwrap()).unwrap();
            traces.insert(document["trace_id"].as_str().unwrap().trim_start_matches("1-").replace('-', ""));
        }
    }
    traces
}

fn conserved(status: &Value) {
    let counters = &status["tracing"]["counters"];
    let dropped: u64 = counters["dropped"].as_object().unwrap().values().map(|number| number.as_u64().unwrap()).sum();
    let number = |name: &str| counters[name].as_u64().unwrap();
    let (made, gone) = (number("created") + number("recovered"), number("exported") + number("queued") + dropped);
    assert_eq!(made, gone, "{counters}");
    assert_eq!(dropped, 0, "{counters}");
}

async fn rides_out(number: u64, trouble: Trouble) {
    let proxy = FaultProxy::start(aws().await.moto_url()).unwrap();
    let mut host = Host::with(TRACED).aws(aws().await).env("AWS_ENDPOINT_URL_XRAY", proxy.url());
    let spool = host.path("state/spool");
    let disk = FaultyDisk::under(&spool).unwrap();
    for (name, value) in disk.env() {
        host = host.env(&name, value);
    }
    let elsewhere = host.path("elsewhere");
    std::fs::create_dir(&elsewhere).unwrap();
    proxy.refuse(true);
    let agent = host.run(&[]).await;
    let mut made = make(&host, number * 3).await;
    match trouble {
        Trouble::Disk(fault) => disk.set(fault).unwrap(),
        Trouble::Removed => std::fs::remove_dir_all(&spool).unwrap(),
        Trouble::Replaced => {
            std::fs::remove_dir_all(&spool).unwrap();
            std::os::unix::fs::symlink(&elsewhere, &spool).unwrap();
        }
    }
    made.extend(make(&host, number * 3 + 1).await);
    let told = matches!(trouble, Trouble::Replaced)
        || matches!(trouble, Trouble::Disk(fault) if !matches!(fault, DiskFault::Slow(_)));
    if told {
        let status = host.status_when("problem", |status| status["tracing"]["health"]["storage"].is_object()).await;
        assert_ne!(status["tracing"]["health"]["storage"]["remedy"], "", "{trouble:?}");
    }
    conserved(&host.status().await);
    disk.set(DiskFault::None).unwrap();
    made.extend(make(&host, number * 3 + 2).await);
    proxy.refuse(false);
    host.command(&["flush", "--within", "30s"]).await;
    let rest = host.status_when("delivery", |status| status["tracing"]["counters"]["queued"] == 0).await;
    conserved(&rest);
    stop(agent).await;
    assert!(made.is_subset(&sent(&proxy)), "{trouble:?}: {rest:#}");
    assert_eq!(std::fs::read_dir(&elsewhere).unwrap().count(), 0, "nothing follows a link");
}

#[tokio::test]
async fn spans_made_while_the_disk_fails_are_delivered_and_the_status_says_what_is_wrong() {
    let slow = DiskFault::Slow(Duration::from_millis(300));
    let disks = [DiskFault::Full, DiskFault::ReadOnly, DiskFault::Broken, DiskFault::Quota, slow];
    let troubles = disks.map(Trouble::Disk).into_iter().chain([Trouble::Removed, Trouble::Replaced]);
    for (number, trouble) in troubles.enumerate() {
        rides_out(number as u64, trouble).await;
    }
}

#[tokio::test]
async fn spans_made_while_the_back_end_fails_are_delivered() {
    let throttled = Action::json_error(429, "ThrottledException", "Rate exceeded");
    let failures = [
        throttled,
        Action::json_error(503, "ServiceUnavailable", "later"),
        Action::Reset,
        Action::TakeAndReset,
        Action::Truncate(5),
        Action::respond(200, &[], "not json"),
    ];
    for (number, failure) in failures.into_iter().enumerate() {
        let proxy = FaultProxy::start(aws().await.moto_url()).unwrap();
        let host = Host::with(TRACED).aws(aws().await).env("AWS_ENDPOINT_URL_XRAY", proxy.url());
        proxy.script([Rule::new(failure.clone()).path("/TraceSegments").times(2)]);
        let agent = host.run(&[]).await;
        let made = make(&host, 100 + number as u64).await;
        // Whoever answers nonsense is asked seldom, unless somebody wants a flush.
        host.command(&["flush", "--within", "30s"]).await;
        let rest = host.status_when("delivery", |status| status["tracing"]["counters"]["queued"] == 0).await;
        conserved(&rest);
        stop(agent).await;
        assert!(made.is_subset(&sent(&proxy)), "{failure:?}: {rest:#}");
    }
}

#[tokio::test]
async fn an_instance_whose_disk_fails_ends_within_a_second_of_its_time() {
    let slow = DiskFault::Slow(Duration::from_secs(3));
    let mut lives = Vec::new();
    for fault in [DiskFault::Full, DiskFault::ReadOnly, DiskFault::Broken, DiskFault::Quota, slow] {
        let xray = FaultProxy::start(aws().await.moto_url()).unwrap();
        xray.script([Rule::new(Action::Hang).path("/TraceSegments")]);
        let mut instance = Instance::launch(&[("spawn:ttl", "12s"), ("spawn:tracing-exporter", "xray")]).await;
        let disk = FaultyDisk::under(&instance.host.path("state")).unwrap();
        let env = disk.env().into_iter().chain([("AWS_ENDPOINT_URL_XRAY".to_owned(), xray.url())]);
        for (name, value) in env {
            instance = instance.env(&name, value);
        }
        let agent = instance.host.run(&[]).await;
        until(&agent, "the time to live is set").await;
        disk.set(fault).unwrap();
        lives.push((fault, instance, agent, disk, xray));
    }
    for (fault, instance, mut agent, _disk, _xray) in lives {
        agent.wait(PATIENCE).await.unwrap();
        let log = agent.stderr();
        let field = |said: &str, field: &str| -> jiff::Timestamp {
            let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
            let line =
                lines.into_iter().find(|line| line.to_string().contains(said)).unwrap_or_else(|| panic!("{log}"));
            line.pointer(field).and_then(Value::as_str).unwrap().parse().unwrap()
        };
        let end = field("the time to live is set", "/fields/ends_at");
        let off = field(r#""reason":"ttl""#, "/timestamp").duration_since(end).abs();
        assert!(off <= jiff::SignedDuration::from_secs(1), "{fault:?}: {off:#} off: {log}");
        assert_eq!(instance.state().await, "terminated", "{fault:?}");
    }
}
