//! Spans of the program's own work, planned spans, and what is off.

use opentelemetry::Value;

use super::*;
use crate::testing::recording;

fn shown(span: &SpanData) -> (&str, &Status, Vec<(&str, Value)>) {
    let said = span.attributes.iter().filter(|it| it.key.as_str() != attribute::SPAWN_SAMPLING_REASON);
    let attributes = said.map(|it| (it.key.as_str(), it.value.clone())).collect();
    (&span.name, &span.status, attributes)
}

fn identity() -> SpanIdentity {
    SpanIdentity { instance_id: "i-0abc".to_owned(), provider: "ec2", job_array_id: None, job_array_index: None }
}

#[tokio::test]
async fn work_that_succeeds_has_a_span_with_its_attributes_and_whose_it_is() {
    let (telemetry, spans) = recording(SamplingRate::ALWAYS);
    telemetry.recorder.identify(&identity());
    let attributes = vec![KeyValue::new("spawn.command", "list")];
    let inner = async { Ok::<_, String>(Context::current().span().span_context().clone()) };
    let context = telemetry.in_span("spawn list", attributes, inner).await.unwrap();
    let span = spans.take_one();
    assert_eq!(span.span_context, context);
    let attributes = [("spawn.command", "list"), ("spawn.instance_id", "i-0abc"), ("spawn.provider", "ec2")];
    let attributes = attributes.map(|(key, value)| (key, value.into())).into();
    assert_eq!(shown(&span), ("spawn list", &Status::Unset, attributes));
}

#[tokio::test]
async fn an_error_of_the_work_is_the_spans_error() {
    let (telemetry, spans) = recording(SamplingRate::ALWAYS);
    let outcome = telemetry.in_span("work", vec![], async { Err::<(), _>("no region") }).await;
    assert_eq!(outcome, Err("no region"));
    let attributes = vec![("error", true.into()), ("error.message", "no region".into())];
    assert_eq!(shown(&spans.take_one()), ("work", &Status::error("no region"), attributes));
}

#[tokio::test]
async fn work_that_is_dropped_ends_its_span_as_cancelled() {
    let (telemetry, spans) = recording(SamplingRate::ALWAYS);
    {
        let work = std::future::pending::<Result<(), String>>();
        let mut work = std::pin::pin!(telemetry.in_span("work", vec![], work));
        std::future::poll_fn(|cx| std::task::Poll::Ready(work.as_mut().poll(cx).is_pending())).await;
    }
    let message = "the work was dropped before it was done";
    let attributes =
        vec![("error.type", "cancelled".into()), ("error", true.into()), ("error.message", message.into())];
    assert_eq!(shown(&spans.take_one()), ("work", &Status::error(message), attributes));
}

#[test]
fn a_span_may_begin_before_it_was_started() {
    let (telemetry, spans) = recording(SamplingRate::ALWAYS);
    let started = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    let context = telemetry.start_span("boot", SpanKind::Internal, &Context::new(), vec![], Some(started));
    context.span().end();
    let span = spans.take_one();
    assert_eq!(span.start_time, started);
    // That start is in the future, and no span ends before it starts.
    assert_eq!(span.end_time, started);
}

fn started() -> Telemetry {
    let telemetry = Telemetry::start(Program { name: "spored", version: "1.2.3" });
    telemetry.decide(SamplingRate::ALWAYS);
    telemetry
}

#[test]
fn what_stands_at_the_top_is_announced_and_what_is_below_or_a_call_is_not() {
    let telemetry = started();
    let remote = crate::propagation::remote_context("00-58406520a006649127e371903a2de979-53995c3f42cd8ad8-01", None);
    let start = |name: &'static str, kind, parent: &Context| telemetry.start_span(name, kind, parent, vec![], None);
    let root = start("boot", SpanKind::Internal, &remote.unwrap());
    let open = [start("step", SpanKind::Internal, &root), start("call", SpanKind::Client, &Context::new())];
    assert_eq!(telemetry.recorder.pipeline().to_be_announced(), ["boot"]);
    drop(open);
}

#[test]
fn a_planned_span_is_announced_when_it_has_come_about_and_not_after_its_end() {
    let (telemetry, now) = (started(), SystemTime::now());
    let names = || telemetry.recorder.pipeline().to_be_announced();
    let announce = |planned: &PlannedSpan, name: &'static str| {
        telemetry.announce(planned, name, SpanKind::Internal, now, vec![]);
    };
    let (planned, other) = (telemetry.plan_span(&Context::new()), telemetry.plan_span(&Context::new()));
    assert_eq!(names(), Vec::<String>::new());
    announce(&planned, "task align[7]");
    let record = SpanRecord {
        name: "task align[7]".into(),
        kind: SpanKind::Internal,
        started: now,
        ended: now,
        attributes: vec![],
        links: vec![],
        error: None,
    };
    announce(&other, "task align[8]");
    telemetry.record(planned, record);
    assert_eq!(names(), ["task align[8]"]);
    telemetry.configure(Plan::Off);
    announce(&other, "task align[8]");
    assert_eq!(names(), Vec::<String>::new());
}

#[tokio::test]
async fn off_makes_nothing_and_touches_nothing() {
    let (telemetry, spans) = recording(SamplingRate::ALWAYS);
    telemetry.configure(Plan::Off);
    let parent = crate::propagation::remote_context("00-58406520a006649127e371903a2de979-53995c3f42cd8ad8-01", None);
    let parent = parent.unwrap();
    let context = telemetry.start_span("work", SpanKind::Internal, &parent, vec![], None);
    assert_eq!(context.span().span_context(), parent.span().span_context());
    telemetry.mark_failed(&context, "nobody hears it");
    assert_eq!(telemetry.in_span("work", vec![], async { Ok::<_, String>(1) }).await, Ok(1));
    assert_eq!(spans.take(), []);
    assert!(telemetry.interceptor(Arc::new(crate::NoDescription), identity()).is_none());
}
