//! Success, an error of the service, a timeout, a retried 503, a dropped future; and the rate's word on all of them.

use crate::operations::{OPERATIONS, Operation};
use crate::world::{INSTANCE_ID, Scene, instance, scene};
use opentelemetry::trace::{SpanKind, Status};
use opentelemetry::{Array, KeyValue, Value};
use spawn_config::SamplingRate;
use spawn_test_support::fault_proxy::{Action, Rule};
use spawn_test_support::wait_until;
use std::collections::BTreeMap;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(60);
const SOON: Duration = Duration::from_millis(300);

/// The attributes as text, which is enough to compare and reads well in a failure.
fn texts(attributes: &[KeyValue]) -> BTreeMap<String, String> {
    let text = |value: &Value| match value {
        Value::Array(Array::String(texts)) => {
            format!("{:?}", texts.iter().map(|text| text.as_str()).collect::<Vec<_>>())
        }
        other => other.to_string(),
    };
    let texts: BTreeMap<String, String> =
        attributes.iter().map(|attribute| (attribute.key.to_string(), text(&attribute.value))).collect();
    assert_eq!(texts.len(), attributes.len(), "an attribute stands twice: {attributes:#?}");
    texts
}

/// What every span of the operation carries, whatever its ending.
async fn check_identity(operation: &Operation, texts: &BTreeMap<String, String>) {
    let service = operation.service.to_lowercase();
    for (key, value) in [
        ("aws.service", service.as_str()),
        ("aws.operation", operation.name),
        ("aws.region", "us-east-1"),
        ("cloud.region", "us-east-1"),
        ("rpc.system", "aws-api"),
        ("rpc.system.name", "aws-api"),
        ("rpc.service", operation.service),
        ("rpc.method", operation.name),
        ("spawn.instance_id", INSTANCE_ID),
        ("spawn.provider", "ec2"),
        ("spawn.job_array_id", "align-1"),
        ("spawn.job_array_index", "3"),
    ] {
        assert_eq!(texts.get(key).map(String::as_str), Some(value), "{key} of {}: {texts:#?}", operation.name);
    }
    let (key, value) = operation.about;
    if key != "aws.ec2.result_count" {
        let value = value.replace("i-INSTANCE", &instance().await);
        assert_eq!(texts.get(key), Some(&value), "{key} of {}: {texts:#?}", operation.name);
    }
}

fn kind(operation: &Operation) -> SpanKind {
    if operation.name == "SendMessage" { SpanKind::Producer } else { SpanKind::Client }
}

fn name(operation: &Operation) -> String {
    format!("{}.{}", operation.service, operation.name)
}

/// An error as the operation's protocol has it.
fn service_error(operation: &Operation) -> Action {
    match operation.service {
        "EC2" => Action::ec2_error(400, "ValidationError", "no good"),
        "S3" => Action::respond(
            400,
            &[("x-amz-request-id", "fault"), ("x-amz-id-2", "extended")],
            "<Error><Code>ValidationError</Code><Message>no good</Message><RequestId>fault</RequestId></Error>",
        ),
        _ => Action::json_error(400, "ValidationError", "no good"),
    }
}

async fn traced(operation: &Operation, timeout: Duration) -> Scene {
    scene(operation, SamplingRate::ALWAYS, timeout).await
}

#[tokio::test]
async fn a_success_is_one_span_with_everything() {
    for operation in &OPERATIONS {
        let scene = traced(operation, PATIENCE).await;
        (operation.call)(scene.clients).await.unwrap_or_else(|error| panic!("{}: {error}", operation.name));
        // A receive without a parent and without a message makes no span, so the other tests' messages decide here.
        let spans = scene.spans.take();
        let [span] = spans.as_slice() else {
            assert_eq!((operation.name, spans.len()), ("ReceiveMessage", 0));
            continue;
        };
        assert_eq!(
            (span.name.as_ref(), &span.span_kind, &span.status),
            (name(operation).as_str(), &kind(operation), &Status::Unset)
        );
        let texts = texts(&span.attributes);
        check_identity(operation, &texts).await;
        for (key, value) in [
            ("error", "false"),
            ("http.response.status_code", "200"),
            ("aws.attempts", "1"),
            ("server.address", "127.0.0.1"),
        ] {
            assert_eq!(texts.get(key).map(String::as_str), Some(value), "{key} of {}: {texts:#?}", operation.name);
        }
        assert!(texts.get("aws.request_id").is_some_and(|id| !id.is_empty()), "{}: {texts:#?}", operation.name);
        assert!(!texts.contains_key("error.type"), "{texts:#?}");
        let (key, value) = operation.about;
        let value = value.replace("i-INSTANCE", &instance().await);
        assert_eq!(texts.get(key), Some(&value), "{}: {texts:#?}", operation.name);
        assert!(span.end_time >= span.start_time);
    }
}

#[tokio::test]
async fn an_error_of_the_service_is_told_with_code_and_message() {
    for operation in &OPERATIONS {
        let scene = traced(operation, PATIENCE).await;
        scene.proxy.script([Rule::new(service_error(operation))]);
        (operation.call)(scene.clients).await.unwrap_err();
        let span = scene.spans.take_one();
        let texts = texts(&span.attributes);
        check_identity(operation, &texts).await;
        for (key, value) in [
            ("error", "true"),
            ("error.type", "ValidationError"),
            ("http.response.status_code", "400"),
            ("aws.attempts", "1"),
        ] {
            assert_eq!(texts.get(key).map(String::as_str), Some(value), "{key} of {}: {texts:#?}", operation.name);
        }
        let Status::Error { description } = &span.status else { panic!("{}: {:?}", operation.name, span.status) };
        assert!(description.contains("no good"), "{description}");
        if operation.service == "S3" {
            assert_eq!(texts.get("aws.extended_request_id").map(String::as_str), Some("extended"));
        }
    }
}

#[tokio::test]
async fn a_timeout_is_told_as_one() {
    for operation in &OPERATIONS {
        let scene = traced(operation, SOON).await;
        scene.proxy.script([Rule::new(Action::Hang)]);
        (operation.call)(scene.clients).await.unwrap_err();
        let span = scene.spans.take_one();
        let texts = texts(&span.attributes);
        check_identity(operation, &texts).await;
        assert_eq!((texts["error"].as_str(), texts["error.type"].as_str()), ("true", "timeout"), "{texts:#?}");
        assert!(matches!(span.status, Status::Error { .. }), "{:?}", span.status);
        let lasted = span.end_time.duration_since(span.start_time).unwrap();
        assert!(lasted >= SOON, "{lasted:?}");
    }
}

#[tokio::test]
async fn a_retried_503_is_one_span_with_a_child_for_each_attempt() {
    for operation in &OPERATIONS {
        let scene = traced(operation, PATIENCE).await;
        scene.proxy.script([Rule::new(Action::respond(503, &[("x-amzn-requestid", "first-try")], "busy")).times(1)]);
        (operation.call)(scene.clients).await.unwrap_or_else(|error| panic!("{}: {error}", operation.name));
        let spans = scene.spans.take();
        if operation.name == "ReceiveMessage" && spans.is_empty() {
            continue; // The queue was empty: no span, by rule.
        }
        let call = spans.iter().find(|span| span.name == name(operation)).unwrap_or_else(|| panic!("{spans:#?}"));
        let whole = texts(&call.attributes);
        check_identity(operation, &whole).await;
        for (key, value) in [("error", "false"), ("http.response.status_code", "200"), ("aws.attempts", "2")] {
            assert_eq!(whole.get(key).map(String::as_str), Some(value), "{key} of {}: {whole:#?}", operation.name);
        }
        let mut attempts: Vec<_> =
            spans.iter().filter(|span| span.parent_span_id == call.span_context.span_id()).collect();
        attempts.sort_by_key(|span| span.start_time);
        assert_eq!((attempts.len(), spans.len()), (2, 3), "{spans:#?}");
        let statuses = attempts.iter().map(|span| texts(&span.attributes)["http.response.status_code"].clone());
        assert_eq!(statuses.collect::<Vec<_>>(), ["503", "200"]);
        assert_eq!(texts(&attempts[0].attributes)["aws.request_id"], "first-try");
        assert!(attempts[0].end_time <= attempts[1].start_time);
        assert!(attempts[1].end_time <= call.end_time && call.start_time <= attempts[0].start_time);
    }
}

#[tokio::test]
async fn a_dropped_future_is_a_cancelled_call() {
    for operation in &OPERATIONS {
        let scene = traced(operation, PATIENCE).await;
        scene.proxy.script([Rule::new(Action::Hang)]);
        let call = tokio::spawn((operation.call)(scene.clients.clone()));
        wait_until("the request to be on its way", PATIENCE, || (!scene.proxy.requests().is_empty()).then_some(()))
            .await
            .unwrap();
        call.abort();
        assert!(call.await.unwrap_err().is_cancelled());
        let span = scene.spans.take_one();
        let texts = texts(&span.attributes);
        check_identity(operation, &texts).await;
        assert_eq!((texts["error"].as_str(), texts["error.type"].as_str()), ("true", "cancelled"), "{texts:#?}");
        assert!(matches!(span.status, Status::Error { .. }), "{:?}", span.status);
    }
}

#[tokio::test]
async fn at_rate_zero_no_span_is_made_and_the_header_says_so() {
    for operation in &OPERATIONS {
        let scene = scene(operation, SamplingRate::NEVER, PATIENCE).await;
        (operation.call)(scene.clients).await.unwrap_or_else(|error| panic!("{}: {error}", operation.name));
        assert_eq!(scene.spans.take().len(), 0);
        let requests = scene.proxy.requests();
        let header = requests[0].header("x-amzn-trace-id").unwrap();
        assert!(header.starts_with("Root=1-") && header.ends_with("Sampled=0"), "{header}");
    }
}

#[tokio::test]
async fn the_header_names_the_span() {
    let operation = OPERATIONS.iter().find(|operation| operation.name == "PutItem").unwrap();
    let scene = traced(operation, PATIENCE).await;
    (operation.call)(scene.clients).await.unwrap();
    let span = scene.spans.take_one();
    let requests = scene.proxy.requests();
    let trace = span.span_context.trace_id().to_string();
    let expected = format!("Root=1-{}-{};Parent={};Sampled=1", &trace[..8], &trace[8..], span.span_context.span_id());
    assert_eq!(requests[0].header("x-amzn-trace-id"), Some(expected.as_str()));
}

#[tokio::test]
async fn with_tracing_off_the_factory_installs_nothing() {
    let operation = OPERATIONS.iter().find(|operation| operation.name == "PutItem").unwrap();
    let scene = traced(operation, PATIENCE).await;
    scene.telemetry.configure(spawn_telemetry::Plan::Off);
    let identity = spawn_config::Identity::new(spawn_config::Provider::Local, "local-test");
    let identity = spawn_telemetry::SpanIdentity::of(&identity);
    assert!(scene.telemetry.interceptor(std::sync::Arc::new(spawn_cloud::describe::AwsCalls), identity).is_none());
}
