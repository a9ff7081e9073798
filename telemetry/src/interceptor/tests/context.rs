//! Whose child a call is, whether it is recorded, and what AWS is told of that.

use aws_smithy_http_client::test_util::capture_request;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextMut;
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use opentelemetry::Context;
use opentelemetry::context::FutureExt;
use opentelemetry::trace::TraceContextExt;

use super::super::Shared;
use super::super::call::Call;
use super::super::capture;
use super::super::kind::CallKinds;
use super::*;
use crate::describe::Attributes;
use crate::propagation::{from_xray_header, remote_context};
use crate::recorder::{Begun, Recorder};

const TRACE: &str = "58406520a006649127e371903a2de979";
const SAMPLED: &str = "00-58406520a006649127e371903a2de979-53995c3f42cd8ad8-01";

/// Makes one call in this context, and gives its header and its spans.
async fn call(rate: SamplingRate, context: Context) -> (Option<String>, Vec<SpanData>) {
    let (http, requests) = capture_request(None);
    let world = World::new(rate, http);
    // The captured request gets an empty answer; what the client makes of it is another test's concern.
    let _answer = world.call().with_context(context).await;
    let request = requests.expect_request();
    assert!(!request.headers().get("authorization").unwrap().contains("x-amzn-trace-id"), "AWS does not sign it");
    (request.headers().get("x-amzn-trace-id").map(str::to_owned), world.spans.take())
}

#[tokio::test]
async fn a_sampled_parent_wins_over_the_rate() {
    let parent = remote_context(SAMPLED, Some("vendor=1")).unwrap();
    let (header, spans) = call(SamplingRate::NEVER, parent).await;
    let [span] = spans.try_into().unwrap();
    assert_eq!(span.span_context.trace_id().to_string(), TRACE);
    assert_eq!(span.span_context.trace_state().header(), "vendor=1");
    assert_eq!((span.parent_span_id.to_string().as_str(), span.parent_span_is_remote), ("53995c3f42cd8ad8", true));
    let expected = format!("Root=1-58406520-a006649127e371903a2de979;Parent={};Sampled=1", span.span_context.span_id());
    assert_eq!(header, Some(expected));
}

#[tokio::test]
async fn an_unsampled_parent_wins_over_the_rate_and_aws_learns_of_it() {
    let parent = remote_context(&SAMPLED.replace("-01", "-00"), None).unwrap();
    let (header, spans) = call(SamplingRate::ALWAYS, parent).await;
    assert_eq!(spans, []);
    let expected = "Root=1-58406520-a006649127e371903a2de979;Parent=53995c3f42cd8ad8;Sampled=0";
    assert_eq!(header.as_deref(), Some(expected));
}

#[tokio::test]
async fn a_trace_that_the_rate_rejects_is_announced_as_unsampled() {
    let (header, spans) = call(SamplingRate::NEVER, Context::new()).await;
    assert_eq!(spans, []);
    let header = header.unwrap();
    assert!(header.starts_with("Root=1-") && header.ends_with(";Sampled=0") && !header.contains("Parent"), "{header}");
}

#[tokio::test]
async fn a_parent_that_left_the_decision_open_leaves_it_to_the_rate() {
    let open =
        || from_xray_header("Root=1-58406520-a006649127e371903a2de979;Parent=53995c3f42cd8ad8;Sampled=?").unwrap();
    assert_eq!(call(SamplingRate::ALWAYS, open()).await.1.len(), 1);
    assert_eq!(call(SamplingRate::NEVER, open()).await.1.len(), 0);
}

#[tokio::test]
async fn a_suppressed_context_makes_no_span_and_no_header() {
    let parent = remote_context(SAMPLED, None).unwrap().with_telemetry_suppressed();
    assert_eq!(call(SamplingRate::ALWAYS, parent).await, (None, vec![]));
}

#[tokio::test]
async fn a_call_is_the_child_of_the_span_around_it() {
    let world = World::answering([ok()]);
    world.telemetry.in_span("work", vec![], world.call()).await.unwrap();
    let [call, work] = world.spans.take().try_into().unwrap();
    assert!(is_child(&call, &work), "{call:#?} {work:#?}");
    assert!(!call.parent_span_is_remote);
}

/// Sets a trace header of the caller's own.
#[derive(Debug)]
struct OwnHeader;

#[dyn_dispatch_hint]
impl Intercept for OwnHeader {
    fn name(&self) -> &'static str {
        "OwnHeader"
    }

    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        context.request_mut().headers_mut().insert("x-amzn-trace-id", "Root=1-5759e988-bd862e3fe1be46a994272793");
        Ok(())
    }
}

#[tokio::test]
async fn a_header_that_the_caller_set_stays() {
    let (http, requests) = capture_request(None);
    let world = World::new(SamplingRate::ALWAYS, http);
    // The captured request gets an empty answer; what the client makes of it is another test's concern.
    let _answer = world.client.get_groups().customize().interceptor(OwnHeader).send().await;
    let header = requests.expect_request().headers().get("x-amzn-trace-id").map(str::to_owned);
    assert_eq!(header.as_deref(), Some("Root=1-5759e988-bd862e3fe1be46a994272793"));
}

#[tokio::test]
async fn tracing_that_is_turned_off_makes_no_spans() {
    let world = World::answering([ok()]);
    world.telemetry.configure(crate::Plan::Off);
    world.call().await.unwrap();
    assert_eq!(world.spans.take(), []);
}

#[tokio::test]
async fn what_began_before_the_rate_was_known_is_dropped_when_the_rate_rejects_it() {
    let (telemetry, spans) = crate::testing::undecided();
    let root = telemetry.start_span("boot", SpanKind::Internal, &Context::new(), vec![], None);
    assert!(root.span().is_recording());
    telemetry.decide(SamplingRate::NEVER);
    root.span().end();
    assert_eq!(spans.take(), []);
}

#[test]
fn a_presigned_request_makes_no_span() {
    let (recorder, spans) = recorder();
    let call = begun(&recorder);
    call.end(None, || &[]);
    assert_eq!(spans.take(), []);
}

#[test]
fn a_call_that_is_dropped_before_it_is_known_makes_no_span() {
    let (recorder, spans) = recorder();
    let Begun::Sampled(start) = recorder.begin() else { panic!("the rate is 1") };
    drop(Call::new(shared(&recorder), start));
    assert_eq!(spans.take(), []);
}

fn recorder() -> (Recorder, Spans) {
    let spans = Spans::default();
    let recorder = Recorder::new(crate::pipeline::Pipeline::start(), Some(spans.clone()));
    recorder.sampler().decide(SamplingRate::ALWAYS);
    (recorder, spans)
}

fn begun(recorder: &Recorder) -> Box<Call> {
    let Begun::Sampled(start) = recorder.begin() else { panic!("the rate is 1") };
    let mut call = Box::new(Call::new(shared(recorder), start));
    call.describe(CallKinds::default().of("S3", "GetObject", "eu-west-1", &[]), Attributes::default());
    call
}

fn shared(recorder: &Recorder) -> Arc<Shared> {
    Arc::new(Shared {
        recorder: recorder.clone(),
        describe: Arc::new(NoDescription),
        identity: Vec::new(),
        kinds: CallKinds::default(),
        requests: capture::Requests::new(),
    })
}

#[tokio::test]
async fn the_index_of_the_task_is_on_calls_and_attempts_instead_of_the_hosts_own() {
    let world = World::answering([response(500, &[], "{}"), ok()]);
    let task = crate::identity::with_job_array_index(&Context::new(), 3);
    world.call().with_context(task).await.unwrap();
    let index = |span: &SpanData| {
        let said = span.attributes.iter().filter(|pair| pair.key.as_str() == "spawn.job_array_index");
        said.map(|pair| pair.value.clone()).collect::<Vec<_>>()
    };
    let spans = world.spans.take();
    assert_eq!(spans.iter().map(index).collect::<Vec<_>>(), [[Value::I64(3)], [3.into()], [3.into()]]);
}
