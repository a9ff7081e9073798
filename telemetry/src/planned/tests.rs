//! Planned spans below every kind of parent, and spans whose end was left to us.

use std::time::{Duration, UNIX_EPOCH};

use opentelemetry::Value;
use opentelemetry_sdk::trace::SpanData;
use spawn_config::SamplingRate;

use super::*;
use crate::export::ExportPlan;
use crate::identity::{SpanIdentity, with_job_array_index};
use crate::plan::{Plan, TracePlan};
use crate::propagation::{from_xray_header, remote_context, traceparent};
use crate::sampler::SamplingPlan;
use crate::telemetry::Telemetry;
use crate::testing::{recording, undecided};

const REMOTE: &str = "00-58406520a006649127e371903a2de979-53995c3f42cd8ad8-01";
const OTHER: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

fn remote(text: &str) -> Context {
    remote_context(text, None).unwrap()
}

/// A task's attempt of ten seconds.
fn record(name: &'static str) -> SpanRecord {
    let started = UNIX_EPOCH + Duration::from_secs(1_795_236_024);
    SpanRecord {
        name: name.into(),
        kind: SpanKind::Internal,
        started,
        ended: started + Duration::from_secs(10),
        attributes: Vec::new(),
        links: Vec::new(),
        error: None,
    }
}

fn attributes(span: &SpanData) -> Vec<(&str, Value)> {
    let said = span.attributes.iter().filter(|pair| pair.key.as_str() != attribute::SPAWN_SAMPLING_REASON);
    said.map(|pair| (pair.key.as_str(), pair.value.clone())).collect()
}

fn ids(context: &Context) -> (String, bool) {
    (traceparent(context).unwrap_or_default(), context.span().span_context().is_remote())
}

/// A program that knows whose spans it makes.
fn identified(telemetry: &Telemetry, job_array_index: Option<u64>) {
    let identity = SpanIdentity {
        instance_id: "i-0abc".to_owned(),
        provider: "ec2",
        job_array_id: Some("align-0badcafe".to_owned()),
        job_array_index,
    };
    let export = ExportPlan::new(
        &spawn_config::TracingSettings {
            exporter: spawn_config::ExporterKind::None,
            ..spawn_config::TracingSettings::default()
        },
        &spawn_config::Identity::new(spawn_config::Provider::Ec2, "i-0abc"),
        crate::Program { name: "spored", version: "1.2.3" },
        1,
        None,
    );
    telemetry.configure(Plan::On(Box::new(TracePlan {
        sampling: SamplingPlan::ratio(SamplingRate::ALWAYS),
        identity,
        export,
        storage: crate::Storage::memory(),
    })));
}

#[test]
fn a_plan_is_recorded_with_the_ids_that_it_showed_and_its_children_hang_below_it() {
    let (telemetry, spans) = recording(SamplingRate::NEVER);
    let parent = remote(REMOTE);
    let planned = telemetry.plan_span(&parent);
    assert!(planned.is_recorded());
    let context = planned.context().clone();
    telemetry.start_span("run", SpanKind::Internal, &context, vec![], None).span().end();
    let SpanRecord { started, ended, .. } = record("");
    telemetry.record(planned, record("task align[3]"));
    let [child, span] = spans.take().try_into().unwrap();
    assert_eq!(&span.span_context, context.span().span_context());
    assert_eq!((span.parent_span_id, span.parent_span_is_remote), (parent.span().span_context().span_id(), true));
    assert_eq!(
        (span.name.as_ref(), span.span_kind, &span.status),
        ("task align[3]", SpanKind::Internal, &Status::Unset)
    );
    assert_eq!((span.start_time, span.end_time), (started, ended));
    assert_eq!((child.parent_span_id, child.parent_span_is_remote), (span.span_context.span_id(), false));
    assert_eq!(child.span_context.trace_id(), span.span_context.trace_id());
}

#[test]
fn a_plan_that_nobody_records_leaves_nothing() {
    let (telemetry, spans) = recording(SamplingRate::ALWAYS);
    drop(telemetry.plan_span(&Context::new()));
    assert_eq!(spans.take(), []);
}

#[test]
fn a_plan_without_a_parent_begins_a_trace_of_its_own() {
    let (telemetry, spans) = recording(SamplingRate::ALWAYS);
    for _ in 0..2 {
        telemetry.record(telemetry.plan_span(&Context::new()), record("task align[3]"));
    }
    let [first, second] = spans.take().try_into().unwrap();
    assert_ne!(first.span_context.trace_id(), second.span_context.trace_id());
    assert_eq!((first.parent_span_id, first.parent_span_is_remote), (SpanId::INVALID, false));
}

#[test]
fn a_plan_below_an_unsampled_parent_passes_the_decision_on() {
    let (telemetry, spans) = recording(SamplingRate::ALWAYS);
    let parent = remote(&REMOTE.replace("-01", "-00"));
    let planned = telemetry.plan_span(&parent);
    let span = planned.context().span().span_context().clone();
    assert!(span.is_valid() && !span.is_sampled() && !planned.is_recorded());
    assert_eq!(span.trace_id(), parent.span().span_context().trace_id());
    assert_ne!(span.span_id(), parent.span().span_context().span_id());
    assert!(!telemetry.plan_span(planned.context()).is_recorded(), "nor do its children");
    telemetry.record(planned, record("task align[3]"));
    assert_eq!(spans.take(), []);
}

#[test]
fn a_plan_in_a_trace_that_is_not_sampled_shows_its_trace_all_the_same() {
    let (telemetry, spans) = recording(SamplingRate::NEVER);
    let planned = telemetry.plan_span(&Context::new());
    let (text, _) = ids(planned.context());
    assert!(text.ends_with("-00") && !planned.is_recorded(), "{text}");
    telemetry.record(planned, record("task align[3]"));
    assert_eq!(spans.take(), []);
}

#[test]
fn with_tracing_off_a_plan_is_its_parent() {
    let (telemetry, spans) = recording(SamplingRate::ALWAYS);
    let early = telemetry.plan_span(&remote(REMOTE));
    telemetry.configure(Plan::Off);
    let planned = telemetry.plan_span(&remote(REMOTE));
    assert_eq!((ids(planned.context()), planned.is_recorded()), ((REMOTE.to_owned(), true), false));
    assert!(!telemetry.plan_span(&Context::new()).context().span().span_context().is_valid());
    // Tracing that went off in between ends what was planned before.
    for planned in [early, planned] {
        telemetry.record(planned, record("task align[3]"));
    }
    assert_eq!(spans.take(), []);
}

#[test]
fn where_telemetry_is_suppressed_a_plan_is_its_parent() {
    let (telemetry, spans) = recording(SamplingRate::ALWAYS);
    let suppressed = remote(REMOTE).with_telemetry_suppressed();
    let planned = telemetry.plan_span(&suppressed);
    assert_eq!((ids(planned.context()), planned.is_recorded()), ((REMOTE.to_owned(), true), false));
    telemetry.record(planned, record("task align[3]"));
    assert_eq!(spans.take(), []);
}

#[test]
fn a_parent_that_leaves_the_decision_open_leaves_it_to_our_rate() {
    let open = "Root=1-58406520-a006649127e371903a2de979;Parent=53995c3f42cd8ad8;Sampled=?";
    for (rate, recorded) in [(SamplingRate::ALWAYS, true), (SamplingRate::NEVER, false)] {
        let (telemetry, _) = recording(rate);
        let planned = telemetry.plan_span(&from_xray_header(open).unwrap());
        assert_eq!(planned.is_recorded(), recorded);
        // The answer holds for what is below.
        assert_eq!(telemetry.plan_span(planned.context()).is_recorded(), recorded);
    }
}

#[test]
fn what_was_planned_before_the_rate_was_known_is_kept_or_left_out_by_it() {
    for (rate, kept) in [(SamplingRate::ALWAYS, 1), (SamplingRate::NEVER, 0)] {
        let (telemetry, spans) = undecided();
        let planned = telemetry.plan_span(&Context::new());
        telemetry.decide(rate);
        telemetry.record(planned, record("task align[3]"));
        assert_eq!(spans.take().len(), kept);
    }
}

#[test]
fn an_end_before_the_start_is_the_start() {
    let (telemetry, spans) = recording(SamplingRate::ALWAYS);
    let backwards = SpanRecord { ended: UNIX_EPOCH, ..record("task align[3]") };
    let started = backwards.started;
    telemetry.record(telemetry.plan_span(&Context::new()), backwards);
    let span = spans.take_one();
    assert_eq!((span.start_time, span.end_time), (started, started));
}

#[test]
fn an_error_is_said_as_on_every_other_span() {
    let (telemetry, spans) = recording(SamplingRate::ALWAYS);
    let failed = SpanRecord { error: Some("exit code 7".to_owned()), ..record("task align[3]") };
    telemetry.record(telemetry.plan_span(&Context::new()), failed);
    let span = spans.take_one();
    assert_eq!(span.status, Status::error("exit code 7"));
    assert_eq!(attributes(&span), [("error", true.into()), ("error.message", "exit code 7".into())]);
}

#[test]
fn links_are_kept_in_order_and_those_to_nothing_are_left_out() {
    let (telemetry, spans) = recording(SamplingRate::ALWAYS);
    let links = vec![remote(REMOTE), Context::new(), remote(OTHER)];
    telemetry.record(telemetry.plan_span(&Context::new()), SpanRecord { links, ..record("task align[3]") });
    let links = spans.take_one().links;
    let links: Vec<_> = links.iter().map(|link| link.span_context.clone()).collect();
    assert_eq!(links, [remote(REMOTE), remote(OTHER)].map(|context| context.span().span_context().clone()));
}

#[test]
fn the_end_of_a_span_that_another_process_planned_is_recorded_once_with_its_own_ids() {
    let (telemetry, spans) = recording(SamplingRate::NEVER);
    telemetry.record(PlannedSpan::carried(&remote(REMOTE), None), record("array align"));
    telemetry.record(PlannedSpan::carried(&remote(REMOTE), Some(&Context::new())), record("array align"));
    telemetry.record(PlannedSpan::carried(&remote(REMOTE), Some(&remote(OTHER))), record("task align[3]"));
    let [root, also_root, child] = spans.take().try_into().unwrap();
    for span in [&root, &also_root, &child] {
        let own = remote(REMOTE).span().span_context().clone();
        assert_eq!((span.span_context.trace_id(), span.span_context.span_id()), (own.trace_id(), own.span_id()));
    }
    assert_eq!((root.parent_span_id, root.parent_span_is_remote), (SpanId::INVALID, false));
    assert_eq!((also_root.parent_span_id, also_root.parent_span_is_remote), (SpanId::INVALID, false));
    let parent = remote(OTHER).span().span_context().span_id();
    assert_eq!((child.parent_span_id, child.parent_span_is_remote), (parent, true));
}

#[test]
fn what_another_process_did_not_sample_or_did_not_plan_is_not_recorded_for_it() {
    let (telemetry, spans) = recording(SamplingRate::ALWAYS);
    let unsampled = remote(&REMOTE.replace("-01", "-00"));
    for (own, parent) in [(Context::new(), None), (unsampled, None), (remote(REMOTE), Some(remote(REMOTE)))] {
        let carried = PlannedSpan::carried(&own, parent.as_ref());
        assert!(!carried.is_recorded());
        telemetry.record(carried, record("task align[3]"));
    }
    assert_eq!(spans.take(), []);
}

#[test]
fn what_a_plan_says_goes_before_the_identity_of_the_host() {
    let (telemetry, spans) = recording(SamplingRate::ALWAYS);
    identified(&telemetry, None);
    let lost = vec![KeyValue::new(attribute::SPAWN_INSTANCE_ID, "i-0lost")];
    telemetry.record(telemetry.plan_span(&Context::new()), SpanRecord { attributes: lost, ..record("task align[3]") });
    let expected = [
        ("spawn.instance_id", Value::from("i-0lost")),
        ("spawn.provider", "ec2".into()),
        ("spawn.job_array_id", "align-0badcafe".into()),
    ];
    assert_eq!(attributes(&spans.take_one()), expected);
}

#[test]
fn the_index_of_the_task_is_on_every_span_of_its_work_and_goes_before_that_of_the_host() {
    let (telemetry, spans) = recording(SamplingRate::ALWAYS);
    identified(&telemetry, Some(99));
    let task = with_job_array_index(&Context::new(), 3);
    let planned = telemetry.plan_span(&task);
    let carried = PlannedSpan::carried(&with_job_array_index(&remote(REMOTE), 4), None);
    telemetry.start_span("run", SpanKind::Internal, planned.context(), vec![], None).span().end();
    telemetry.record(planned, record("task align[3]"));
    telemetry.record(carried, record("task align[4]"));
    let index = |span: &SpanData| {
        let said = span.attributes.iter().filter(|pair| pair.key.as_str() == attribute::SPAWN_JOB_ARRAY_INDEX);
        said.map(|pair| pair.value.clone()).collect::<Vec<_>>()
    };
    assert_eq!(spans.take().iter().map(index).collect::<Vec<_>>(), [[Value::I64(3)], [3.into()], [4.into()]]);
}
