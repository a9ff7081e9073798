//! Calls that AWS answered: successes, retries, and what a service's own description adds.

use aws_smithy_runtime_api::client::interceptors::context::{Input, Output};
use opentelemetry::context::FutureExt;

use super::*;
use crate::describe::{Attributes, CallName};

#[tokio::test]
async fn a_call_is_one_span_with_all_that_is_known() {
    let ids = [("x-amz-request-id", "id-1"), ("x-amz-id-2", "extended-1")];
    let world = World::answering([response(200, &ids, "{}")]);
    world.call().await.unwrap();
    let span = world.spans.take_one();
    assert_eq!(span.parent_span_id, NO_PARENT);
    let expected = get_groups(
        [
            ("aws.request_id", "id-1".into()),
            ("aws.extended_request_id", "extended-1".into()),
            ("http.response.status_code", 200.into()),
            ("aws.attempts", 1.into()),
            ("error", false.into()),
        ],
        Status::Unset,
    );
    assert_eq!(Said::of(span), expected);
}

#[tokio::test]
async fn a_retried_call_has_a_span_for_each_attempt() {
    let failing = |id| response(503, &[("x-amzn-requestid", id)], "");
    let world = World::answering([failing("id-1"), failing("id-2"), ok()]);
    world.call().await.unwrap();
    let spans = world.spans.take();
    let call = spans.last().unwrap().clone();
    assert!(spans[..3].iter().all(|attempt| is_child(attempt, &call)), "{spans:#?}");
    assert!(spans[0].end_time <= spans[1].start_time && spans[1].end_time <= spans[2].start_time, "{spans:#?}");
    let has_backoff = |span: &SpanData| span.attributes.iter().any(|it| it.key.as_str() == "aws.attempt.backoff_ms");
    assert_eq!(spans.iter().map(has_backoff).collect::<Vec<_>>(), [false, true, true, false]);
    let failed = |number: usize, id: &'static str| {
        let resend = i64::try_from(number).unwrap() - 1;
        attempt(
            number,
            [
                ("http.request.resend_count", resend.into()),
                ("aws.request_id", id.into()),
                ("http.response.status_code", 503.into()),
                ("error", true.into()),
                ("error.type", "503".into()),
                ("error.message", "503 (HTTP status 503)".into()),
            ],
            Status::error("503 (HTTP status 503)"),
        )
    };
    let last = [
        ("http.request.resend_count", 2.into()),
        ("aws.request_id", "id-ok".into()),
        ("http.response.status_code", 200.into()),
        ("error", false.into()),
    ];
    let whole = [
        ("aws.request_id", "id-ok".into()),
        ("http.response.status_code", 200.into()),
        ("aws.attempts", 3.into()),
        ("error", false.into()),
    ];
    let expected =
        [failed(1, "id-1"), failed(2, "id-2"), attempt(3, last, Status::Unset), get_groups(whole, Status::Unset)];
    assert_eq!(spans.into_iter().map(without_backoff).map(Said::of).collect::<Vec<_>>(), expected);
}

/// Knows the service, or panics, or says that there was nothing.
#[derive(Debug)]
enum Description {
    Knows,
    Panics,
    Empty,
}

impl DescribeCall for Description {
    fn input(&self, call: &CallName<'_>, _: &Input, into: &mut Attributes) {
        match self {
            Self::Knows => into.set("about.input", format!("{}/{}", call.service, call.operation)),
            Self::Panics => panic!("the description of an input panics"),
            Self::Empty => {}
        }
    }

    fn output(&self, _: &CallName<'_>, output: &Output, into: &mut Attributes) {
        let groups = output.downcast_ref::<aws_sdk_xray::operation::get_groups::GetGroupsOutput>();
        match self {
            Self::Knows => into.set("about.output", groups.is_some()),
            Self::Panics => panic!("the description of an output panics"),
            Self::Empty => {}
        }
    }

    fn is_empty_poll(&self, _: &CallName<'_>, _: &Output) -> bool {
        match self {
            Self::Knows => false,
            Self::Panics => panic!("the question for an empty poll panics"),
            Self::Empty => true,
        }
    }
}

fn described(description: Description, responses: impl IntoIterator<Item = http::Response<SdkBody>>) -> World {
    World::described(SamplingRate::ALWAYS, replay(responses), Arc::new(description))
}

fn answered() -> [(&'static str, Value); 3] {
    [("aws.request_id", "id-ok".into()), ("http.response.status_code", 200.into()), ("aws.attempts", 1.into())]
}

#[tokio::test]
async fn a_description_adds_what_input_and_output_tell() {
    let world = described(Description::Knows, [ok()]);
    world.call().await.unwrap();
    let mut expected = get_groups([], Status::Unset);
    let address = expected.attributes.split_off(expected.attributes.len() - 3);
    expected.attributes.push(KeyValue::new("about.input", "XRay/GetGroups"));
    expected.attributes.extend(address);
    expected.attributes.extend(answered().map(|(key, value)| KeyValue::new(key, value)));
    expected.attributes.extend([KeyValue::new("about.output", true), KeyValue::new("error", false)]);
    assert_eq!(Said::of(world.spans.take_one()), expected);
}

#[tokio::test]
async fn a_description_that_panics_costs_its_attributes_alone() {
    let world = described(Description::Panics, [ok()]);
    world.call().await.unwrap();
    let [id, status, attempts] = answered();
    let expected = get_groups([id, status, attempts, ("error", false.into())], Status::Unset);
    assert_eq!(Said::of(world.spans.take_one()), expected);
}

#[tokio::test]
async fn an_empty_poll_shows_under_a_parent_only() {
    let world = described(Description::Empty, [ok(), ok()]);
    world.call().await.unwrap();
    assert_eq!(world.spans.take(), []);
    let parent = world.telemetry.start_span("work", SpanKind::Internal, &opentelemetry::Context::new(), vec![], None);
    world.call().with_context(parent).await.unwrap();
    let names: Vec<_> = world.spans.take().into_iter().map(|span| span.name).collect();
    assert_eq!(names, ["XRay.GetGroups", "work"]);
}

#[tokio::test]
async fn an_empty_poll_that_fails_shows() {
    let world = described(Description::Empty, [response(400, &[("x-amzn-errortype", "Oops")], "{}")]);
    world.call().await.unwrap_err();
    assert_eq!(world.spans.take_one().name, "XRay.GetGroups");
}
