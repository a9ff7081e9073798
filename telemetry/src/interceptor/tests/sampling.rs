//! Calls that are recorded by rules for their operation, or because they failed; and what AWS is told of the others.

use aws_smithy_http_client::test_util::capture_request;
use opentelemetry::Context;
use opentelemetry::context::FutureExt;
use opentelemetry::trace::{TraceContextExt, TraceFlags};

use super::*;
use crate::propagation::remote_context;
use crate::sampler::SamplingPlan;

const SAMPLED: &str = "00-58406520a006649127e371903a2de979-53995c3f42cd8ad8-01";
const UNSAMPLED: &str = "00-58406520a006649127e371903a2de979-53995c3f42cd8ad8-00";
/// What AWS is told in that trace by whoever is not recorded.
const NOT_RECORDED: &str = "Root=1-58406520-a006649127e371903a2de979;Parent=53995c3f42cd8ad8;Sampled=0";

fn remote(traceparent: &str) -> Context {
    remote_context(traceparent, None).unwrap()
}

fn plan(rate: &str, rules: &[&str], keep_errors: bool) -> SamplingPlan {
    SamplingPlan::with_rules(
        rate.parse().unwrap(),
        rules.iter().map(|rule| rule.parse().unwrap()).collect(),
        keep_errors,
    )
}

/// Makes one call in this context under this plan: the header that AWS was sent, and the spans.
async fn call(plan: &SamplingPlan, context: Context) -> (String, Vec<SpanData>) {
    let (http, requests) = capture_request(Some(ok()));
    let world = World::new(SamplingRate::NEVER, http);
    world.telemetry.choose(plan);
    world.call().with_context(context).await.unwrap();
    let header = requests.expect_request().headers().get("x-amzn-trace-id").unwrap().to_owned();
    (header, world.spans.take())
}

/// As [`call`], answered with an error.
async fn failing_call(plan: &SamplingPlan, context: Context) -> (String, Vec<SpanData>) {
    let (http, requests) = capture_request(Some(response(
        400,
        &[("x-amzn-errortype", "GroupNotFound"), ("x-amzn-requestid", "id-bad")],
        "{}",
    )));
    let world = World::new(SamplingRate::NEVER, http);
    world.telemetry.choose(plan);
    world.call().with_context(context).await.unwrap_err();
    let header = requests.expect_request().headers().get("x-amzn-trace-id").unwrap().to_owned();
    (header, world.spans.take())
}

fn reason(span: &SpanData) -> Option<String> {
    let said = span.attributes.iter().find(|it| it.key.as_str() == attribute::SPAWN_SAMPLING_REASON);
    said.map(|it| it.value.to_string())
}

#[tokio::test]
async fn the_rate_of_an_operation_decides_about_the_trace_that_it_begins() {
    let (header, spans) = call(&plan("1", &["xray.get*=0"], false), Context::new()).await;
    assert_eq!(spans, []);
    assert!(header.starts_with("Root=1-") && header.ends_with(";Sampled=0") && !header.contains("Parent"), "{header}");

    let (header, spans) = call(&plan("0", &["S3.*=0", "XRay.*=1"], false), Context::new()).await;
    let [span] = spans.try_into().unwrap();
    assert_eq!(reason(&span).as_deref(), Some("operation XRay.*=1"));
    assert!(header.ends_with(&format!("Parent={};Sampled=1", span.span_context.span_id())), "{header}");

    let (_, spans) = call(&plan("1", &["S3.*=0"], false), Context::new()).await;
    let [span] = spans.try_into().unwrap();
    assert_eq!(reason(&span).as_deref(), Some("ratio 1"), "no rule is for the call");
}

#[tokio::test]
async fn a_call_that_a_rule_leaves_out_of_a_recorded_trace_orphans_nobody() {
    let (header, spans) = call(&plan("1", &["XRay.*=0"], false), remote(SAMPLED)).await;
    assert_eq!(spans, []);
    // Those who are called go on below the caller, in a trace that is recorded.
    assert_eq!(header, "Root=1-58406520-a006649127e371903a2de979;Parent=53995c3f42cd8ad8;Sampled=1");
}

#[tokio::test]
async fn a_recorded_trace_keeps_the_calls_that_no_rule_leaves_out() {
    for rules in [&["S3.*=0"][..], &["XRay.*=1"], &[]] {
        let (_, spans) = call(&plan("0", rules, false), remote(SAMPLED)).await;
        let [span] = spans.try_into().unwrap();
        assert_eq!(
            (span.parent_span_id.to_string().as_str(), reason(&span).as_deref()),
            ("53995c3f42cd8ad8", Some("parent"))
        );
    }
}

#[tokio::test]
async fn no_rule_records_a_call_of_a_trace_that_is_not_recorded() {
    let (header, spans) = call(&plan("1", &["XRay.*=1"], false), remote(UNSAMPLED)).await;
    assert_eq!((header.as_str(), spans), (NOT_RECORDED, vec![]));
}

#[tokio::test]
async fn a_failure_that_is_kept_says_all_that_a_recorded_one_says() {
    let said = async |plan: SamplingPlan| {
        let (_, spans) = failing_call(&plan, Context::new()).await;
        let [span] = <[_; 1]>::try_from(spans).unwrap();
        let is_reason = |it: &KeyValue| it.key.as_str() == attribute::SPAWN_SAMPLING_REASON;
        span.attributes.into_iter().filter(|it| !is_reason(it)).collect::<Vec<_>>()
    };
    assert_eq!(said(plan("0", &[], true)).await, said(plan("1", &[], false)).await);
}

#[tokio::test]
async fn a_failure_of_a_trace_that_is_not_recorded_is_kept_where_it_is_asked_for() {
    let (header, spans) = failing_call(&plan("0", &[], true), remote(UNSAMPLED)).await;
    assert_eq!(header, NOT_RECORDED, "the trace stays what it is");
    let [span] = spans.try_into().unwrap();
    assert_eq!(span.span_context.trace_id().to_string(), "58406520a006649127e371903a2de979");
    assert_eq!(span.span_context.trace_flags(), TraceFlags::SAMPLED, "or no back end would take it");
    assert_eq!((span.parent_span_id.to_string().as_str(), span.parent_span_is_remote), ("53995c3f42cd8ad8", true));
    assert_eq!(reason(&span).as_deref(), Some("error"));
    assert!(span.attributes.contains(&KeyValue::new("error.type", "GroupNotFound")), "{span:#?}");

    let (_, spans) = failing_call(&plan("0", &[], false), remote(UNSAMPLED)).await;
    assert_eq!(spans, [], "and nowhere else");
}

#[tokio::test]
async fn a_failure_that_begins_a_trace_is_its_root() {
    let (header, spans) = failing_call(&plan("0", &[], true), Context::new()).await;
    let [span] = spans.try_into().unwrap();
    assert_eq!((span.parent_span_id, span.parent_span_is_remote), (SpanId::INVALID, false));
    assert!(header.ends_with(";Sampled=0") && !header.contains("Parent"), "{header}");
}

#[tokio::test]
async fn where_failures_are_kept_a_success_leaves_nothing() {
    let (header, spans) = call(&plan("0", &[], true), remote(UNSAMPLED)).await;
    assert_eq!((header.as_str(), spans), (NOT_RECORDED, vec![]));
}

#[tokio::test]
async fn a_failure_that_the_caller_planned_for_is_not_kept() {
    let world = World::answering([response(400, &[("x-amzn-errortype", "GroupNotFound")], "{}")]);
    world.telemetry.choose(&plan("0", &[], true));
    let call = world.client.get_groups().customize().interceptor(crate::ExpectErrors(&["GroupNotFound"]));
    call.send().await.unwrap_err();
    assert_eq!(world.spans.take(), []);
}

#[tokio::test]
async fn a_failure_that_a_rule_leaves_out_hangs_below_its_caller() {
    let (header, spans) = failing_call(&plan("1", &["XRay.*=0"], true), remote(SAMPLED)).await;
    assert_eq!(header, NOT_RECORDED.replace("Sampled=0", "Sampled=1"));
    let [span] = spans.try_into().unwrap();
    assert_eq!(
        (span.parent_span_id.to_string().as_str(), reason(&span).as_deref()),
        ("53995c3f42cd8ad8", Some("error"))
    );
}

#[tokio::test]
async fn work_that_fails_in_a_trace_that_is_not_recorded_is_kept_once() {
    let (telemetry, spans) = recording(SamplingRate::NEVER);
    telemetry.choose(&plan("0", &[], true));
    let inner = async {
        let within = Context::current().span().span_context().clone();
        assert!(!within.is_sampled());
        // A span that is planned within it is another one.
        telemetry.mark_failed(telemetry.plan_span(&Context::current()).context(), "another's");
        telemetry.mark_failed(&Context::current(), "first");
        // What succeeds within it is not kept, and does not fail for it.
        telemetry.in_span("fine", vec![], async { Ok::<_, String>(()) }).await.unwrap();
        Err::<(), _>(within.span_id().to_string())
    };
    let work = telemetry.in_span("work", vec![KeyValue::new("spawn.command", "list")], inner);
    let own = work.with_context(remote(UNSAMPLED)).await.unwrap_err();
    let span = spans.take_one();
    assert_eq!((span.name.as_ref(), span.span_context.span_id().to_string()), ("work", own), "as its children know it");
    assert_eq!((span.parent_span_id.to_string().as_str(), span.parent_span_is_remote), ("53995c3f42cd8ad8", true));
    assert_eq!((reason(&span).as_deref(), &span.status), (Some("error"), &Status::error("first")));
    assert!(span.attributes.contains(&KeyValue::new("spawn.command", "list")), "{span:#?}");
    assert!(span.span_context.is_sampled());

    telemetry.choose(&plan("0", &[], false));
    telemetry.in_span("work", vec![], async { Err::<(), _>("again") }).await.unwrap_err();
    assert_eq!(spans.take(), []);
}

#[tokio::test]
async fn work_that_is_dropped_in_a_trace_that_is_not_recorded_is_kept() {
    let (telemetry, spans) = recording(SamplingRate::NEVER);
    telemetry.choose(&plan("0", &[], true));
    {
        let mut work = std::pin::pin!(telemetry.in_span("work", vec![], std::future::pending::<Result<(), String>>()));
        std::future::poll_fn(|cx| std::task::Poll::Ready(work.as_mut().poll(cx).is_pending())).await;
    }
    let span = spans.take_one();
    assert!(span.attributes.contains(&KeyValue::new("error.type", "cancelled")), "{span:#?}");
    assert_eq!((span.parent_span_id, span.parent_span_is_remote), (SpanId::INVALID, false));
}

#[test]
fn a_planned_span_that_failed_is_kept_and_one_that_did_not_is_not() {
    let (telemetry, spans) = recording(SamplingRate::NEVER);
    telemetry.choose(&plan("0", &[], true));
    let record = |error: Option<&str>| crate::SpanRecord {
        name: "task align[3]".into(),
        kind: SpanKind::Internal,
        started: std::time::SystemTime::UNIX_EPOCH,
        ended: std::time::SystemTime::UNIX_EPOCH,
        attributes: Vec::new(),
        links: Vec::new(),
        error: error.map(str::to_owned),
    };
    telemetry.record(telemetry.plan_span(&remote(UNSAMPLED)), record(None));
    let suppressed = remote(UNSAMPLED).with_telemetry_suppressed();
    telemetry.record(telemetry.plan_span(&suppressed), record(Some("nobody asked")));
    assert_eq!(spans.take(), []);
    let planned = telemetry.plan_span(&remote(UNSAMPLED));
    let own = planned.context().span().span_context().clone();
    assert!(!own.is_sampled() && !planned.is_recorded());
    telemetry.record(planned, record(Some("exit code 7")));
    let span = spans.take_one();
    assert_eq!((span.span_context.span_id(), span.span_context.is_sampled()), (own.span_id(), true));
    assert_eq!((span.parent_span_id.to_string().as_str(), span.parent_span_is_remote), ("53995c3f42cd8ad8", true));
    assert_eq!(reason(&span).as_deref(), Some("error"));
}
