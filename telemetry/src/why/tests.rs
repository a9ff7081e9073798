//! Each answer about a trace or a request, and that the reference lists them all.

use std::sync::Arc;

use spawn_config::SamplingRate;

use super::*;
use crate::counters::DropReason;
use crate::health::{Health, HealthState, Problem};
use crate::journal::Journal;
use crate::resource::Program;
use crate::sampler::Reason;
use crate::samples::{span, trace_id};

fn health(problem: Option<&str>) -> Health {
    let problem = problem.map(|what| Problem {
        what: what.to_owned(),
        remedy: "mend it".to_owned(),
        since: Timestamp::UNIX_EPOCH,
        count: 1,
    });
    Health { state: HealthState::Ok, exporter: Some("xray"), problem, storage: None, last_refusal: None, clock: None }
}

/// The short answer and the sentence about a trace with this journal.
fn about(write: impl FnOnce(&mut Journal), judgement: Judgement, problem: Option<&str>) -> (TraceFate, String, String) {
    let mut journal = Journal::default();
    write(&mut journal);
    let entry = journal.trace(trace_id());
    let fate = fate(entry, false, &judgement, true, true);
    let words = Words { fate, entry, judgement: &judgement, health: &health(problem), made_room: 0, is_trace: true };
    (fate, words.what(), words.remedy().unwrap())
}

fn kept() -> Judgement {
    Judgement::For(Reason::parent())
}

#[test]
fn a_delivered_trace_says_when_and_how_many() {
    let write = |journal: &mut Journal| {
        journal.created(&span("a"));
        journal.created(&span("b"));
        journal.delivered(trace_id(), Timestamp::from_second(1_800_000_000).unwrap());
        journal.delivered(trace_id(), Timestamp::from_second(1_800_000_000).unwrap());
    };
    let (fate, what, _) = about(write, kept(), None);
    assert_eq!(fate, TraceFate::Delivered);
    assert_eq!(what, "xray has taken all 2 spans of this host, the last at 2027-01-15T08:00:00Z");
}

#[test]
fn what_waits_tells_what_it_waits_for() {
    let write = |journal: &mut Journal| journal.created(&span("a"));
    let (fate, what, remedy) = about(write, kept(), Some("X-Ray refuses the spans: AccessDenied"));
    assert_eq!(fate, TraceFate::Queued);
    assert_eq!(what, "its only span here waits for delivery: X-Ray refuses the spans: AccessDenied");
    assert_eq!(remedy, "mend it");
}

#[test]
fn a_refusal_is_told_in_the_back_ends_words_even_if_the_rest_was_taken() {
    let write = |journal: &mut Journal| {
        for _ in 0..3 {
            journal.created(&span("a"));
        }
        journal.delivered(trace_id(), Timestamp::from_second(1_800_000_000).unwrap());
        let words: Arc<str> = "InvalidSegment: bad name".into();
        journal.dropped(trace_id(), DropReason::Rejected, Some(&words));
    };
    let (fate, what, remedy) = about(write, kept(), None);
    assert_eq!(fate, TraceFate::Refused);
    assert_eq!(what, "xray has refused 1 of 3 spans of this host for good: InvalidSegment: bad name");
    assert!(remedy.contains("dead-letters"), "{remedy}");
}

#[test]
fn a_drop_names_its_reason() {
    let write = |journal: &mut Journal| {
        journal.created(&span("a"));
        journal.dropped(trace_id(), DropReason::QueueFull, None);
    };
    let (fate, what, remedy) = about(write, kept(), None);
    assert_eq!((fate, what.as_str()), (TraceFate::Dropped, "its only span here was dropped: queue_full"));
    assert!(remedy.contains("tracing-spool-size"), "{remedy}");
}

#[test]
fn a_trace_without_spans_is_judged_by_the_decision_about_it() {
    let rate: SamplingRate = "0.1".parse().unwrap();
    for (judgement, fate, part) in [
        (Judgement::Off, TraceFate::Off, "off"),
        (Judgement::Open, TraceFate::Unknown, "not known"),
        (Judgement::Against(Reason::parent()), TraceFate::NotSampled, "its caller decided so"),
        (Judgement::OutOfShare(Reason::ratio(rate)), TraceFate::NotSampled, "ratio 0.1 left it out"),
        (Judgement::For(Reason::ratio(rate)), TraceFate::Unknown, "did not touch this host"),
        (Judgement::Account, TraceFate::Unknown, "sampling rules"),
    ] {
        let (answered, what, _) = about(|_| {}, judgement.clone(), None);
        assert_eq!(answered, fate, "{judgement:?}");
        assert!(what.contains(part), "{what}");
    }
}

#[test]
fn the_ratio_is_told_from_the_id_alone_and_a_callers_no_is_remembered() {
    let telemetry = Telemetry::start(Program { name: "spored", version: "1.2.3" });
    telemetry.decide("0.5".parse().unwrap());
    let sampler = telemetry.recorder().sampler();
    let (low, high) = (TraceId::from(1_u128 << 96 | 1), TraceId::from(1_u128 << 96 | u128::from(u64::MAX)));
    assert!(matches!(sampler.judge(low), Judgement::For(_)));
    assert!(matches!(sampler.judge(high), Judgement::OutOfShare(_)));
    let parent = format!("00-{low}-00000000000000aa-00");
    let parent = crate::propagation::remote_context(&parent, None).unwrap();
    drop(telemetry.plan_span(&parent));
    assert_eq!(sampler.judge(low), Judgement::Against(Reason::parent()));
}

#[test]
fn the_reference_lists_every_fate() {
    let reference = include_str!("../../../docs/how-to/troubleshooting.md");
    let table = reference.split_once("<!-- fates:begin -->").unwrap().1.split_once("<!-- fates:end -->").unwrap().0;
    let listed: Vec<&str> = table.lines().filter_map(|row| row.strip_prefix("| `")?.split('`').next()).collect();
    assert_eq!(listed, TraceFate::ALL.map(TraceFate::as_str));
}
