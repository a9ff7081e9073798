//! The account's sampling rules decide which traces of the agent are recorded, and X-Ray hears what they have decided.

use crate::fixture::{Host, PATIENCE, aws, stop, until};
use serde_json::{Value, json};
use spawn_test_support::fault_proxy::{Action, Rule};
use spawn_test_support::xray_rules::{RuleTarget, XRayRules, rule};
use spawn_test_support::{Aws, FaultProxy, wait_until};
use std::time::Instant;

const BY_RULES: &str = "observability: {tracing: {enabled: true, exporter: xray, sampler: xray, sampling_rate: 0}}\n";

/// A host whose X-Ray is at `url`.
fn host(aws: &Aws, url: String) -> Host {
    Host::with(BY_RULES).aws(aws).env("AWS_ENDPOINT_URL_XRAY", url)
}

fn account(status: &Value) -> &Value {
    &status["tracing"]["sampler"]["account"]
}

/// Sums of what was reported about a rule: requests, sampled, borrowed.
fn reported(xray: &XRayRules, rule: &str) -> [u64; 3] {
    let statistics = xray.statistics();
    let about = || statistics.iter().filter(|document| document["RuleName"] == rule);
    ["RequestCount", "SampledCount", "BorrowCount"].map(|count| about().filter_map(|it| it[count].as_u64()).sum())
}

/// The reasons that the traces of an instance have been recorded for.
async fn reasons(aws: &Aws, instance: &str) -> Vec<String> {
    let documents = aws.xray_documents().await.unwrap();
    let ours = documents.iter().filter(|document| document.to_string().contains(instance));
    let reasons = ours.filter_map(|document| {
        let metadata = document["metadata"].as_object()?.values();
        let said = metadata.filter_map(|values| values.get("spawn.sampling.reason")).next();
        said.or_else(|| document["annotations"].get("spawn_sampling_reason"))?.as_str().map(str::to_owned)
    });
    reasons.collect()
}

/// Has the agent begin a trace, with a question that belongs to none.
async fn begin_a_trace(host: &Host) {
    let reload = host.spored().env("TRACING_ENABLED", "false").arg("reload").run().await.unwrap();
    assert_eq!(reload.status, 0, "{}", reload.stderr);
}

/// Waits until a trace was recorded for this reason, and tells the reasons of all.
async fn reasons_with(wanted: &str, aws: &Aws, instance: &str) -> Vec<String> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let reasons = reasons(aws, instance).await;
        if reasons.iter().any(|reason| reason == wanted) {
            return reasons;
        }
        assert!(Instant::now() < deadline, "no {wanted:?} among {reasons:?}");
    }
}

#[tokio::test]
async fn rules_of_the_account_decide_and_hear_what_they_have_decided() {
    let aws = aws().await;
    let xray = XRayRules::start(aws.moto_url()).unwrap();
    let mut ours = rule("spored-all", 10, 0.0, 9);
    ours["ServiceName"] = "SPORED".into();
    let mut theirs = rule("theirs", 1, 1.0, 9);
    theirs["ServiceName"] = "checkout".into();
    xray.set_rules([theirs, ours, rule("Default", 10_000, 1.0, 1)]);
    xray.set_target("spored-all", RuleTarget { rate: 1.0, quota: Some(0), lasts: 60.0, interval: 1 });
    let host = host(aws, xray.url()).env("SPAWN_INSTANCE_ID", "local-ruled");
    let agent = host.run(&[]).await;
    until(&agent, "registered").await;
    let known = host.status_when("rules", |status| account(status)["in_force"] == true).await;
    assert_eq!(account(&known)["for_us"], json!(["spored-all", "Default"]));

    // Until X-Ray says more, the first trace of a second is borrowed, and the rate of zero keeps no other.
    begin_a_trace(&host).await;
    reasons_with("rule spored-all reservoir", aws, "local-ruled").await;
    let quota = host.status_when("quota", |status| account(status)["quotas"] != json!([])).await;
    assert_eq!(account(&quota)["quotas"][0]["rule"], "spored-all");
    assert_eq!(reported(&xray, "spored-all"), [1, 1, 1]);
    let table = host.spored().arg("status").run().await.unwrap().stdout;
    assert!(table.contains("for this service: spored-all, Default\n          quota 0 of spored-all for "), "{table}");

    // Then all are kept, and none by the quota of zero.
    begin_a_trace(&host).await;
    begin_a_trace(&host).await;
    let reasons = reasons_with("rule spored-all rate", aws, "local-ruled").await;
    assert_eq!(reasons.iter().filter(|reason| *reason == "rule spored-all reservoir").count(), 1, "{reasons:?}");
    let told =
        wait_until("the second report", PATIENCE, || (reported(&xray, "spored-all")[0] == 3).then_some(())).await;
    told.unwrap_or_else(|error| panic!("{error}: {:?}", xray.statistics()));
    assert_eq!(reported(&xray, "spored-all"), [3, 3, 1]);
    stop(agent).await;
    assert_eq!((reported(&xray, "theirs"), reported(&xray, "Default")), ([0; 3], [0; 3]), "no trace was theirs");
    let statistics = xray.statistics();
    assert!(statistics.iter().all(|it| it["ClientID"] == statistics[0]["ClientID"]), "{statistics:?}");
}

#[tokio::test]
async fn rules_that_are_changed_are_followed_when_x_ray_tells_of_it() {
    let aws = aws().await;
    let xray = XRayRules::start(aws.moto_url()).unwrap();
    xray.set_rules([rule("before", 10, 1.0, 0)]);
    let host = host(aws, xray.url());
    let agent = host.run(&[]).await;
    host.status_when("rules", |status| account(status)["for_us"][0] == "before").await;
    xray.set_rules([rule("before", 10, 1.0, 0), rule("after", 1, 0.0, 0)]);
    // X-Ray tells in its answer to a report, and there is one only of a rule that a trace was for.
    begin_a_trace(&host).await;
    host.status_when("new rules", |status| account(status)["for_us"][0] == "after").await;
    assert_eq!(xray.asked(), 2, "once at first, and once when they had changed");
    stop(agent).await;
}

#[tokio::test]
async fn without_the_right_to_ask_the_fallback_decides_and_it_is_said_once() {
    let aws = aws().await;
    let proxy = FaultProxy::start(aws.moto_url()).unwrap();
    let refused = Action::json_error(403, "AccessDeniedException", "not authorized to perform: xray:GetSamplingRules");
    proxy.script([Rule::new(refused).path("/GetSamplingRules")]);
    let host = host(aws, proxy.url()).env("SPAWN_INSTANCE_ID", "local-fallen");
    let agent = host.run(&["--heartbeat", "1s", "--log-format", "human"]).await;
    until(&agent, "registered").await;
    let status = host.status_when("problem", |status| account(status)["problem"].is_object()).await;
    let remedy = account(&status)["problem"]["remedy"].as_str().unwrap();
    assert!(remedy.contains("xray:GetSamplingRules") && remedy.contains("xray:GetSamplingTargets"), "{status:#}");
    let table = host.spored().arg("status").run().await.unwrap().stdout;
    assert!(table.contains("xray, rules not known; one trace a second and 5 % are kept"), "{table}");
    // Spans arrive all the same: one trace a second is kept.
    host.status_when("spans", |status| status["tracing"]["counters"]["exported"].as_u64() > Some(0)).await;
    reasons_with("fallback", aws, "local-fallen").await;
    let log = stop(agent).await;
    let said = log.lines().filter(|line| line.contains("WARN") && line.contains("sampling rules")).count();
    assert_eq!(said, 1, "{log}");
}

#[tokio::test]
async fn x_rays_faults_cost_neither_rules_nor_work() {
    let aws = aws().await;
    let xray = XRayRules::start(aws.moto_url()).unwrap();
    xray.set_rules([rule("all", 10, 1.0, 0)]);
    let spoilt = async |fault: Action, says: &str| {
        let proxy = FaultProxy::start(&xray.url()).unwrap();
        proxy.script([Rule::new(fault).path("/GetSamplingRules").times(1)]);
        let host = host(aws, proxy.url());
        let agent = host.run(&[]).await;
        until(&agent, "registered").await;
        let status = host.status_when("problem", |status| account(status)["problem"].is_object()).await;
        assert!(account(&status)["problem"]["what"].as_str().unwrap().contains(says), "{status:#}");
        // Ten seconds later it is asked again, and the rules are there.
        let healed = host.status_when("rules", |status| account(status)["in_force"] == true).await;
        assert_eq!((&account(&healed)["for_us"], &account(&healed)["problem"]), (&json!(["all"]), &Value::Null));
        stop(agent).await;
    };
    tokio::join!(
        spoilt(Action::json_error(429, "ThrottledException", "slow down"), "ThrottledException"),
        spoilt(Action::json_error(500, "InternalFailure", "oh"), "InternalFailure"),
        spoilt(Action::respond(200, &[], "not JSON at all"), "sampling rules"),
        spoilt(Action::Reset, "sampling rules"),
        spoilt(Action::Hang, "no answer in time"),
    );
}
