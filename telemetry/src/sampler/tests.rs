//! The sampler against OpenTelemetry's own, and what comes before and after the settings are known.

use opentelemetry::KeyValue;
use opentelemetry::trace::{SpanId, SpanKind, TraceFlags, TraceState};
use opentelemetry_sdk::trace::{Sampler as Reference, SamplingDecision, ShouldSample};

use super::*;
use crate::ids::TimedIds;

fn parent(trace_id: TraceId, flags: TraceFlags) -> SpanContext {
    SpanContext::new(trace_id, SpanId::from(7), flags, true, TraceState::NONE)
}

fn ids() -> impl Iterator<Item = TraceId> {
    (0..2000).map(|_| TimedIds.trace_id(std::time::SystemTime::now()))
}

fn root(sampler: &Sampler, id: TraceId) -> Decision {
    sampler.for_root(id, &Facts::default()).decision
}

fn child(sampler: &Sampler, parent: &SpanContext, undecided: bool) -> Decision {
    sampler.for_child(parent, undecided, &Facts::default()).decision
}

fn plan(rate: &str, rules: &[&str], keep_errors: bool) -> SamplingPlan {
    SamplingPlan::with_rules(
        rate.parse().unwrap(),
        rules.iter().map(|rule| rule.parse().unwrap()).collect(),
        keep_errors,
    )
}

#[test]
fn the_ratio_decides_as_opentelemetrys_own_sampler_does() {
    for rate in ["0", "0.001", "0.1", "0.5", "0.999", "1"] {
        let sampler = Sampler::provisional();
        sampler.decide(rate.parse().unwrap());
        let reference = Reference::TraceIdRatioBased(rate.parse().unwrap());
        for id in ids() {
            let theirs = reference.should_sample(None, id, "", &SpanKind::Internal, &[], &[]).decision;
            let ours = SdkSampler(Arc::new(Sampler::provisional()));
            ours.0.decide(rate.parse().unwrap());
            assert_eq!(ours.should_sample(None, id, "", &SpanKind::Internal, &[], &[]).decision, theirs);
            assert_eq!(root(&sampler, id) == Decision::Record, theirs == SamplingDecision::RecordAndSample);
        }
    }
}

#[test]
fn a_parents_word_comes_before_the_rate() {
    let sampler = Sampler::provisional();
    let id = TraceId::from(1);
    sampler.decide(SamplingRate::NEVER);
    assert_eq!(child(&sampler, &parent(id, TraceFlags::SAMPLED), false), Decision::Record);
    sampler.decide(SamplingRate::ALWAYS);
    assert_eq!(child(&sampler, &parent(id, TraceFlags::default()), false), Decision::Drop);
    assert_eq!(child(&sampler, &parent(id, TraceFlags::default()), true), Decision::Record);
}

#[test]
fn what_began_before_the_rate_was_known_is_decided_by_it_afterwards() {
    let sampler = Sampler::provisional();
    let (low, high) = (TraceId::from(2), TraceId::from(u128::from(u64::MAX)));
    assert_eq!(root(&sampler, low), Decision::RecordForNow);
    assert_eq!(root(&sampler, high), Decision::RecordForNow);
    assert_eq!(child(&sampler, &parent(high, TraceFlags::SAMPLED), false), Decision::RecordForNow);
    sampler.decide("0.5".parse().unwrap());
    assert_eq!((sampler.rejects(low), sampler.rejects(high)), (false, true));
    assert_eq!(child(&sampler, &parent(low, TraceFlags::SAMPLED), false), Decision::Record);
    assert_eq!(child(&sampler, &parent(high, TraceFlags::SAMPLED), false), Decision::Drop);
}

#[test]
fn a_sampled_parent_is_kept_whatever_the_rate_turns_out_to_be() {
    let sampler = Sampler::provisional();
    let id = TraceId::from(u128::from(u64::MAX));
    assert_eq!(child(&sampler, &parent(id, TraceFlags::SAMPLED), false), Decision::Record);
    sampler.decide(SamplingRate::NEVER);
    assert!(!sampler.rejects(id));
}

#[test]
fn off_decides_nothing_for_anybody() {
    let sampler = Sampler::provisional();
    sampler.turn_off();
    assert_eq!(root(&sampler, TraceId::from(1)), Decision::Off);
    assert_eq!(child(&sampler, &parent(TraceId::from(1), TraceFlags::SAMPLED), false), Decision::Off);
}

#[test]
fn the_first_span_here_says_why_the_trace_is_recorded() {
    let sampler = Sampler::provisional();
    let (early, id) = (TraceId::from(2), TraceId::from(1));
    assert_eq!(sampler.for_root(early, &Facts::default()).reason, None);
    sampler.decide("0.25".parse().unwrap());
    let why = |verdict: Verdict| verdict.reason.map(|reason| reason.as_str().to_owned());
    assert_eq!(why(sampler.for_root(id, &Facts::default())).unwrap(), "ratio 0.25");
    assert_eq!(sampler.settled_reason(early).unwrap().as_str(), "ratio 0.25");
    let remote = parent(id, TraceFlags::SAMPLED);
    assert_eq!(why(sampler.for_child(&remote, false, &Facts::default())).unwrap(), "parent");
    assert_eq!(why(sampler.for_child(&remote, true, &Facts::default())).unwrap(), "ratio 0.25", "nobody had decided");
    let local = SpanContext::new(id, SpanId::from(7), TraceFlags::SAMPLED, false, TraceState::NONE);
    assert_eq!(why(sampler.for_child(&local, false, &Facts::default())), None);

    let attributes =
        SdkSampler(Arc::new(sampler)).should_sample(None, id, "", &SpanKind::Internal, &[], &[]).attributes;
    assert_eq!(attributes, [KeyValue::new("spawn.sampling.reason", "ratio 0.25")]);
}

#[test]
fn programs_without_rules_and_kept_errors_ask_for_neither() {
    let sampler = Sampler::provisional();
    let asks = || (sampler.asks_for_operations(), sampler.asks_for_calls(), sampler.keeps_errors());
    assert_eq!(asks(), (false, false, false));
    assert!(sampler.choose(&plan("0.1", &[], false)).is_none());
    assert_eq!(asks(), (false, false, false));
    sampler.choose(&plan("0.1", &["S3.*=0"], true));
    assert_eq!(asks(), (true, true, true));
    sampler.turn_off();
    assert_eq!(asks(), (false, false, false));
}

#[test]
fn the_status_tells_what_is_gone_by() {
    let sampler = Sampler::provisional();
    sampler.choose(&plan("0.1", &["S3.*=0", "SQS.*=1"], true));
    let expected = SamplerStatus { sampler: "ratio", operation_rules: 2, keep_errors: true, account: None };
    assert_eq!(sampler.status(), expected);
}
