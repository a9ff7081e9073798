//! Calls that failed, each in its own way.

use aws_smithy_http_client::test_util::NeverClient;
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, http_client_fn};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;

use super::*;
use crate::interceptor::ExpectErrors;

fn refusal(status: u16, code: &'static str) -> http::Response<SdkBody> {
    let headers = [("x-amzn-requestid", "id-no"), ("x-amzn-errortype", code)];
    response(status, &headers, r#"{"Message":"that is not right"}"#)
}

/// What a span says of an answer that is an error.
fn refused(status: i64, code: &'static str, attempts: i64) -> Vec<(&'static str, Value)> {
    vec![
        ("aws.request_id", "id-no".into()),
        ("http.response.status_code", status.into()),
        ("aws.attempts", attempts.into()),
        ("error", true.into()),
        ("error.type", code.into()),
        ("error.message", "that is not right".into()),
    ]
}

#[tokio::test]
async fn a_service_error_shows_code_message_and_request_id() {
    let world = World::answering([refusal(400, "InvalidRequestException:http://internal.amazon.com/")]);
    world.call().await.unwrap_err();
    let expected = get_groups(refused(400, "InvalidRequestException", 1), Status::error("that is not right"));
    assert_eq!(Said::of(world.spans.take_one()), expected);
}

#[tokio::test]
async fn a_throttle_is_known_by_its_code_and_told_by_every_attempt() {
    let world = World::answering([(); 3].map(|()| refusal(400, "ThrottledException")));
    world.call().await.unwrap_err();
    let mut spans: Vec<Said> = world.spans.take().into_iter().map(without_backoff).map(Said::of).collect();
    let mut throttled = refused(400, "ThrottledException", 3);
    throttled.push(("aws.throttled", true.into()));
    assert_eq!(spans.pop(), Some(get_groups(throttled.clone(), Status::error("that is not right"))));
    throttled.remove(2);
    let attempts: Vec<Said> = (0..3_i64)
        .map(|resend| {
            let resent = [("http.request.resend_count", resend.into())];
            let number = usize::try_from(resend).unwrap() + 1;
            attempt(number, resent.into_iter().chain(throttled.clone()), Status::error("that is not right"))
        })
        .collect();
    assert_eq!(spans, attempts);
}

#[tokio::test]
async fn an_error_that_the_caller_planned_for_is_no_error() {
    let world = World::answering([refusal(400, "GroupNotFound")]);
    let call = world.client.get_groups().customize().interceptor(ExpectErrors(&["GroupNotFound"]));
    call.send().await.unwrap_err();
    let mut attributes = refused(400, "GroupNotFound", 1);
    attributes[3] = ("error", false.into());
    assert_eq!(Said::of(world.spans.take_one()), get_groups(attributes, Status::Unset));
}

#[tokio::test]
async fn a_dry_run_that_would_go_through_is_no_error() {
    let world = World::answering([refusal(412, "DryRunOperation")]);
    world.call().await.unwrap_err();
    let mut attributes = refused(412, "DryRunOperation", 1);
    attributes[3] = ("error", false.into());
    assert_eq!(Said::of(world.spans.take_one()), get_groups(attributes, Status::Unset));
}

#[tokio::test]
async fn no_answer_in_time_is_a_timeout() {
    let world = World::new(SamplingRate::ALWAYS, NeverClient::new());
    world.call().await.unwrap_err();
    let message = "operation timeout (all attempts including retries) occurred after 1s";
    let attributes = [
        ("aws.attempts", 1.into()),
        ("error", true.into()),
        ("error.type", "timeout".into()),
        ("error.message", message.into()),
    ];
    assert_eq!(Said::of(world.spans.take_one()), get_groups(attributes, Status::error(message)));
}

/// Refuses every connection.
#[derive(Debug)]
struct Refusing;

impl HttpConnector for Refusing {
    fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::ready(Err(ConnectorError::user("connection refused".into())))
    }
}

#[tokio::test]
async fn a_connection_that_fails_is_told_from_an_error_of_the_service() {
    let http = http_client_fn(|_, _| aws_smithy_runtime_api::client::http::SharedHttpConnector::new(Refusing));
    let world = World::new(SamplingRate::ALWAYS, http);
    world.call().await.unwrap_err();
    let attributes = [
        ("aws.attempts", 1.into()),
        ("error", true.into()),
        ("error.type", "connection".into()),
        ("error.message", "user error: connection refused".into()),
    ];
    let expected = get_groups(attributes, Status::error("user error: connection refused"));
    assert_eq!(Said::of(world.spans.take_one()), expected);
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_is_an_error_of_the_answer() {
    let world = World::answering([response(200, &[], "{ this is no JSON")]);
    world.call().await.unwrap_err();
    let message = "unhandled error: Error at offset 2: unexpected token 't'. Expected one of '\"'";
    let attributes = [
        ("http.response.status_code", 200.into()),
        ("aws.attempts", 1.into()),
        ("error", true.into()),
        ("error.type", "response".into()),
        ("error.message", message.into()),
    ];
    assert_eq!(Said::of(world.spans.take_one()), get_groups(attributes, Status::error(message)));
}

#[tokio::test]
async fn a_dropped_call_is_cancelled() {
    let world = World::new(SamplingRate::ALWAYS, NeverClient::new());
    {
        let calling = world
            .client
            .get_groups()
            .customize()
            .config_override(aws_sdk_xray::Config::builder().timeout_config(TimeoutConfig::disabled()));
        let mut calling = std::pin::pin!(calling.send());
        std::future::poll_fn(|cx| {
            assert!(calling.as_mut().poll(cx).is_pending());
            std::task::Poll::Ready(())
        })
        .await;
        assert_eq!(world.spans.take(), []);
    }
    let message = "the call was dropped before it was done";
    let attributes = [
        ("aws.attempts", 1.into()),
        ("error", true.into()),
        ("error.type", "cancelled".into()),
        ("error.message", message.into()),
    ];
    assert_eq!(Said::of(world.spans.take_one()), get_groups(attributes, Status::error(message)));
}
