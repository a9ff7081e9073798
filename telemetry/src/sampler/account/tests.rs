//! The account's rules at work, on a clock that the tests move.

use super::reservoir::Quota;
use super::*;
use crate::recorder::{Begun, Recorder};
use opentelemetry::{Context, KeyValue};

/// A rule for everything, with this priority, share and reservoir.
fn rule(name: &str, priority: i32, rate: f64, reservoir: u32) -> Ruled {
    let any = || "*".to_owned();
    let terms = facts::Terms {
        service_name: any(),
        service_type: any(),
        resource_arn: any(),
        host: any(),
        method: any(),
        path: any(),
        attributes: Default::default(),
    };
    Ruled { name: name.to_owned(), priority, rate, reservoir, terms }
}

fn for_service(service: &str, mut rule: Ruled) -> Ruled {
    service.clone_into(&mut rule.terms.service_name);
    rule
}

fn account() -> AccountRules {
    AccountRules::of(Served { name: "spored".to_owned(), kind: "AWS::EC2::Instance" })
}

/// A trace that a share keeps if it is at least this.
fn trace_at(share: f64) -> TraceId {
    TraceId::from((share * 2_f64.powi(64)) as u128)
}

fn why(rules: &AccountRules, id: TraceId, now: Instant) -> (bool, String) {
    let (keep, reason) = rules.decide(id, &Facts::default(), now);
    (keep, reason.as_str().to_owned())
}

fn after(start: Instant, seconds: f64) -> Instant {
    start + Duration::from_secs_f64(seconds)
}

fn said(keep: bool, reason: &str) -> (bool, String) {
    (keep, reason.to_owned())
}

fn counts(requests: u32, sampled: u32, borrowed: u32) -> Counts {
    Counts { requests, sampled, borrowed }
}

fn reported(rules: &AccountRules, now: Instant) -> Vec<(String, Counts)> {
    rules.reports(now).into_iter().map(|(rule, counts)| (rule.ruled.name.clone(), counts)).collect()
}

#[test]
fn without_rules_one_a_second_is_kept_and_one_in_twenty() {
    let (rules, start) = (account(), Instant::now());
    let (rare, common) = (trace_at(0.04), trace_at(0.06));
    assert_eq!(why(&rules, common, start), said(true, "fallback"));
    assert_eq!(why(&rules, common, start), said(false, "fallback"));
    assert_eq!(why(&rules, rare, start), said(true, "fallback"));
    assert_eq!(why(&rules, common, after(start, 1.0)), said(true, "fallback"));
    // Where the account has rules and none is for us, it is the same.
    rules.learn(vec![for_service("other", rule("theirs", 1, 1.0, 10))], start);
    assert_eq!(why(&rules, common, after(start, 1.5)), said(false, "fallback"));
    assert_eq!(rules.status(start).rules, Some(1));
}

#[test]
fn the_first_rule_by_priority_then_by_name_decides() {
    let (rules, start) = (account(), Instant::now());
    rules.learn(
        vec![rule("late", 9, 0.0, 0), rule("b", 5, 0.0, 0), rule("a", 5, 1.0, 0), rule("Default", 10000, 0.0, 0)],
        start,
    );
    assert_eq!(why(&rules, trace_at(0.9), start), said(true, "rule a rate"));
    assert_eq!(rules.status(start).for_us, ["a", "b", "late", "Default"]);
    rules.learn(vec![rule("b", 5, 0.0, 0), for_service("other", rule("a", 5, 1.0, 0))], start);
    assert_eq!(why(&rules, trace_at(0.9), start), said(false, "rule b rate"));
}

#[test]
fn a_rule_borrows_until_it_has_a_quota_and_counts_what_it_does() {
    let (rules, start) = (account(), Instant::now());
    rules.learn(vec![rule("base", 1, 0.5, 3)], start);
    let (below, above) = (trace_at(0.4), trace_at(0.6));
    assert_eq!(why(&rules, above, start), said(true, "rule base reservoir"));
    assert_eq!(why(&rules, above, start), said(false, "rule base rate"));
    assert_eq!(why(&rules, below, start), said(true, "rule base rate"));
    assert_eq!(reported(&rules, after(start, 9.9)), [], "a report has its time");
    assert_eq!(reported(&rules, after(start, 10.0)), [("base".to_owned(), counts(3, 2, 1))]);

    let quota = Some(Quota { per_second: 2, until: after(start, 30.0) });
    rules.aim("base", Target { rate: 0.0, quota, interval: Some(Duration::from_secs(5)) }, after(start, 10.0));
    let now = after(start, 10.5);
    let taken: Vec<bool> = (0..3).map(|_| why(&rules, below, now).0).collect();
    assert_eq!(taken, [true, true, false]);
    assert_eq!(reported(&rules, after(start, 15.0)), [("base".to_owned(), counts(3, 2, 0))]);
    // The quota has ended, and the share stays as X-Ray has set it.
    assert_eq!(why(&rules, below, after(start, 31.0)), said(true, "rule base reservoir"));
    assert_eq!(why(&rules, below, after(start, 31.0)), said(false, "rule base rate"));
    let quotas = |at: f64| rules.status(after(start, at)).quotas.len();
    assert_eq!((quotas(29.0), quotas(31.0)), (1, 0));
}

#[test]
fn nothing_is_said_of_a_rule_that_no_trace_was_for() {
    let (rules, start) = (account(), Instant::now());
    rules.learn(vec![rule("busy", 1, 1.0, 0), rule("idle", 2, 1.0, 0)], start);
    why(&rules, trace_at(0.5), start);
    assert_eq!(reported(&rules, after(start, 60.0)), [("busy".to_owned(), counts(1, 1, 0))]);
    assert_eq!(reported(&rules, after(start, 120.0)), []);
}

#[test]
fn a_report_that_was_lost_is_a_part_of_the_next() {
    let (rules, start) = (account(), Instant::now());
    rules.learn(vec![rule("base", 1, 1.0, 1)], start);
    why(&rules, trace_at(0.5), start);
    for (rule, counts) in rules.reports(after(start, 10.0)) {
        rule.give_back(counts);
    }
    why(&rules, trace_at(0.5), after(start, 11.0));
    assert_eq!(reported(&rules, after(start, 20.0)), [("base".to_owned(), counts(2, 2, 2))]);
}

#[test]
fn rules_that_are_heard_again_go_on_as_they_were() {
    let (rules, start) = (account(), Instant::now());
    let quota = Some(Quota { per_second: 0, until: after(start, 1000.0) });
    rules.learn(vec![rule("base", 1, 0.5, 9)], start);
    rules.aim("base", Target { rate: 0.0, quota, interval: None }, start);
    assert_eq!(why(&rules, trace_at(0.4), start), said(false, "rule base rate"));
    rules.learn(vec![rule("base", 1, 0.5, 9)], after(start, 300.0));
    assert_eq!(why(&rules, trace_at(0.4), after(start, 300.0)), said(false, "rule base rate"), "the target holds");
    rules.learn(vec![rule("base", 1, 0.6, 9)], after(start, 310.0));
    assert_eq!(why(&rules, trace_at(0.4), after(start, 310.0)), said(true, "rule base rate"), "the rule has changed");
    assert_eq!(reported(&rules, after(start, 320.0)), [("base".to_owned(), counts(3, 1, 0))]);
}

#[test]
fn rules_that_were_not_heard_of_for_an_hour_are_not_followed() {
    let (rules, start) = (account(), Instant::now());
    rules.learn(vec![rule("all", 1, 1.0, 0)], start);
    assert_eq!(why(&rules, trace_at(0.9), after(start, 3600.0)), said(true, "rule all rate"));
    assert_eq!(why(&rules, trace_at(0.9), after(start, 3601.0)), said(true, "fallback"));
    assert_eq!(why(&rules, trace_at(0.9), after(start, 3601.0)), said(false, "fallback"));
    assert_eq!(
        (rules.status(after(start, 3600.0)).in_force, rules.status(after(start, 3601.0)).in_force),
        (true, false)
    );
}

#[test]
fn an_id_of_the_process_is_what_x_ray_takes() {
    let id = account().client_id;
    assert!(id.len() == 24 && id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{id}");
}

#[test]
fn many_threads_share_a_reservoir_and_nothing_is_counted_twice() {
    let (rules, start) = (account(), Instant::now());
    rules.learn(vec![rule("base", 1, 0.0, 1)], start);
    let kept: usize = std::thread::scope(|scope| {
        let threads: Vec<_> =
            (0..4).map(|_| scope.spawn(|| (0..1000).filter(|_| why(&rules, trace_at(0.5), start).0).count())).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert_eq!(kept, 1);
    assert_eq!(reported(&rules, after(start, 10.0)), [("base".to_owned(), counts(4000, 1, 1))]);
}

/// A recorder that goes by the account's rules, and the rules.
fn by_rules(exporter: spawn_config::ExporterKind) -> (Recorder, Option<Arc<AccountRules>>) {
    let settings = spawn_config::TracingSettings {
        sampler: spawn_config::SamplerKind::XRay,
        sampling: spawn_config::SamplingRate::NEVER,
        exporter,
        ..Default::default()
    };
    let identity = spawn_config::Identity::new(spawn_config::Provider::Ec2, "i-0abc");
    let program = crate::Program { name: "spored", version: "1.2.3" };
    let recorder = Recorder::new(crate::pipeline::Pipeline::start(), None);
    let following = recorder.sampler().choose(&crate::SamplingPlan::new(&settings, &identity, program, None));
    assert!(following.is_none(), "there are no credentials to ask with");
    let account = recorder.sampler().chosen.load().account.clone();
    (recorder, account)
}

#[test]
fn a_call_that_begins_a_trace_is_decided_by_what_is_known_of_it() {
    let (recorder, account) = by_rules(spawn_config::ExporterKind::Otlp);
    let mut gets = rule("gets", 1, 1.0, 0);
    gets.terms.attributes.insert("aws.operation".to_owned(), "Get*".to_owned());
    gets.terms.service_type = "AWS::EC2::Instance".to_owned();
    account.unwrap().learn(vec![gets, rule("Default", 10_000, 0.0, 0)], Instant::now());
    let settled = |operation: &'static str| {
        let Begun::Sampled(mut start) = recorder.begin() else { panic!("it is not decided yet") };
        let call = crate::CallName { service: "DynamoDB", operation };
        assert_eq!(recorder.settle_operation(&mut start, call), None);
        let unsampled = recorder.settle_trace(&mut start, &[KeyValue::new("aws.operation", operation)]);
        (unsampled.is_none(), start.reason.map(|reason| reason.as_str().to_owned()))
    };
    assert_eq!(settled("GetItem"), (true, Some("rule gets rate".to_owned())));
    assert_eq!(settled("PutItem"), (false, None));
    // A span that is known when it begins is decided at once.
    assert!(matches!(recorder.begin_under(&Context::new()), Begun::Unsampled(_)));
}

#[test]
fn without_credentials_the_fallback_decides_and_the_status_says_what_to_do() {
    let (_, account) = by_rules(spawn_config::ExporterKind::XRay);
    let status = account.unwrap().status(Instant::now());
    assert!(!status.in_force && status.problem.unwrap().remedy.contains("AWS_REGION"));
}

#[test]
fn where_no_span_leaves_nobodys_rules_are_asked_for() {
    assert!(by_rules(spawn_config::ExporterKind::None).1.is_none());
}
