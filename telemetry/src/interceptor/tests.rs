//! Drives the interceptor through a real client of a real SDK, with the answers of AWS as they come over HTTP.

mod answers;
mod context;
mod errors;
mod sampling;

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_xray::Client;
use aws_sdk_xray::config::retry::RetryConfig;
use aws_sdk_xray::config::timeout::TimeoutConfig;
use aws_sdk_xray::config::{Credentials, Region, SharedCredentialsProvider, StalledStreamProtectionConfig};
use aws_smithy_async::rt::sleep::{AsyncSleep, Sleep};
use aws_smithy_http_client::test_util::{ReplayEvent, StaticReplayClient};
use aws_smithy_runtime_api::client::http::HttpClient;
use aws_smithy_types::body::SdkBody;
use opentelemetry::trace::{SpanId, SpanKind, Status};
use opentelemetry::{KeyValue, Value};
use opentelemetry_sdk::trace::SpanData;
use spawn_config::SamplingRate;

use crate::attribute;
use crate::describe::{DescribeCall, NoDescription};
use crate::identity::SpanIdentity;
use crate::telemetry::Telemetry;
use crate::testing::{Spans, recording};

/// Time passes at once, so that back-off and timeouts cost none.
#[derive(Debug)]
struct NoWait;

impl AsyncSleep for NoWait {
    fn sleep(&self, _: Duration) -> Sleep {
        Sleep::new(std::future::ready(()))
    }
}

/// A traced client, its telemetry and the spans that it makes.
struct World {
    client: Client,
    telemetry: Telemetry,
    spans: Spans,
}

impl World {
    fn new(rate: SamplingRate, http: impl HttpClient + 'static) -> Self {
        Self::described(rate, http, Arc::new(NoDescription))
    }

    #[expect(clippy::disallowed_methods, reason = "the tests need a client whose calls are watched")]
    fn described(rate: SamplingRate, http: impl HttpClient + 'static, describe: Arc<dyn DescribeCall>) -> Self {
        let (telemetry, spans) = recording(rate);
        let identity = SpanIdentity {
            instance_id: "i-0abc".to_owned(),
            provider: "ec2",
            job_array_id: Some("array-1".to_owned()),
            job_array_index: Some(7),
        };
        let config = aws_sdk_xray::Config::builder()
            .behavior_version(aws_sdk_xray::config::BehaviorVersion::latest())
            .region(Region::new("eu-west-1"))
            .credentials_provider(SharedCredentialsProvider::new(Credentials::new(
                "AKID", "secret", None, None, "test",
            )))
            .retry_config(RetryConfig::standard())
            .timeout_config(TimeoutConfig::builder().operation_timeout(Duration::from_secs(1)).build())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .sleep_impl(NoWait)
            .http_client(http)
            .interceptor(telemetry.interceptor(describe, identity).unwrap())
            .build();
        Self { client: Client::from_conf(config), telemetry, spans }
    }

    /// Answers with these responses, one after the other.
    fn answering(responses: impl IntoIterator<Item = http::Response<SdkBody>>) -> Self {
        Self::new(SamplingRate::ALWAYS, replay(responses))
    }

    async fn call(&self) -> Result<(), aws_sdk_xray::error::SdkError<impl std::fmt::Debug>> {
        self.client.get_groups().send().await.map(|_| ())
    }
}

fn replay(responses: impl IntoIterator<Item = http::Response<SdkBody>>) -> StaticReplayClient {
    let request = || http::Request::builder().uri("https://unused").body(SdkBody::empty()).unwrap();
    StaticReplayClient::new(responses.into_iter().map(|response| ReplayEvent::new(request(), response)).collect())
}

fn response(status: u16, headers: &[(&str, &str)], body: &'static str) -> http::Response<SdkBody> {
    let builder = http::Response::builder().status(status);
    let builder = headers.iter().fold(builder, |builder, (name, value)| builder.header(*name, *value));
    builder.body(SdkBody::from(body)).unwrap()
}

fn ok() -> http::Response<SdkBody> {
    response(200, &[("x-amzn-requestid", "id-ok")], "{}")
}

/// What a span says, without ids and times.
#[derive(Debug, PartialEq)]
struct Said {
    name: String,
    kind: SpanKind,
    attributes: Vec<KeyValue>,
    status: Status,
}

impl Said {
    fn of(span: SpanData) -> Self {
        assert!(span.end_time >= span.start_time, "{span:#?}");
        assert_eq!(span.instrumentation_scope.name(), "spawn-telemetry");
        let SpanData { name, span_kind, mut attributes, status, .. } = span;
        // Why a trace is recorded is a matter of `sampling.rs`.
        attributes.retain(|attribute| attribute.key.as_str() != attribute::SPAWN_SAMPLING_REASON);
        Self { name: name.into_owned(), kind: span_kind, attributes, status }
    }
}

/// The span of a call of GetGroups with these attributes behind those that every one has.
fn get_groups(attributes: impl IntoIterator<Item = (&'static str, Value)>, status: Status) -> Said {
    let mut all = common();
    all.extend([
        KeyValue::new("rpc.system", "aws-api"),
        KeyValue::new("rpc.system.name", "aws-api"),
        KeyValue::new("rpc.service", "XRay"),
        KeyValue::new("rpc.method", "GetGroups"),
        KeyValue::new("http.request.method", "POST"),
        KeyValue::new("server.address", "xray.eu-west-1.amazonaws.com"),
        KeyValue::new("server.port", 443),
    ]);
    all.extend(attributes.into_iter().map(|(key, value)| KeyValue::new(key, value)));
    Said { name: "XRay.GetGroups".to_owned(), kind: SpanKind::Client, attributes: all, status }
}

/// The span of one of its attempts.
fn attempt(number: usize, attributes: impl IntoIterator<Item = (&'static str, Value)>, status: Status) -> Said {
    let mut all = common();
    all.extend(attributes.into_iter().map(|(key, value)| KeyValue::new(key, value)));
    let name = format!("XRay.GetGroups attempt {number}");
    Said { name, kind: SpanKind::Internal, attributes: all, status }
}

fn common() -> Vec<KeyValue> {
    vec![
        KeyValue::new("aws.service", "xray"),
        KeyValue::new("aws.operation", "GetGroups"),
        KeyValue::new("aws.region", "eu-west-1"),
        KeyValue::new("cloud.region", "eu-west-1"),
        KeyValue::new("spawn.instance_id", "i-0abc"),
        KeyValue::new("spawn.provider", "ec2"),
        KeyValue::new("spawn.job_array_id", "array-1"),
        KeyValue::new("spawn.job_array_index", 7),
    ]
}

/// Takes out the milliseconds of back-off, which no test can know, where there are any.
fn without_backoff(mut span: SpanData) -> SpanData {
    span.attributes.retain(|attribute| attribute.key.as_str() != "aws.attempt.backoff_ms");
    span
}

fn is_child(span: &SpanData, parent: &SpanData) -> bool {
    span.parent_span_id == parent.span_context.span_id()
        && span.span_context.trace_id() == parent.span_context.trace_id()
        && span.start_time >= parent.start_time
        && span.end_time <= parent.end_time
}

const NO_PARENT: SpanId = SpanId::INVALID;
