//! What the spans of each service say: each operation of a list through the real SDK, against emulators that others
//! wrote, and the whole of its attributes compared. Every payload has a secret in it, and no span may show it.

mod bad_input;
mod databases;
mod events;
mod functions;
mod identities;
mod instances;
mod logs;
mod members;
mod objects;
mod queues;
mod records;
mod reference;
mod secrets;
mod state_machines;
mod topics;

use crate::world::{config, identity};
use aws_config::SdkConfig;
use aws_smithy_runtime_api::client::interceptors::SharedInterceptor;
use opentelemetry::{Array, KeyValue, Value};
use spawn_cloud::describe::AwsCalls;
use spawn_config::SamplingRate;
use spawn_telemetry::testing::{self, Spans};
use spawn_telemetry::{Telemetry, attribute};
use std::sync::Arc;
use std::time::Duration;

/// Stands in every message, item, value, document and expression of the calls.
pub(crate) const SECRET: &str = "wh1sper-of-a-payl0ad";

/// The same as it stands in what is sent as base64, but for its end.
pub(crate) const SECRET_IN_BASE64: &str = "d2gxc3Blci1vZi1hLXBheWwwYWQ";

/// What every span has, and what depends on the answer: other tests look at it.
const OF_EVERY_CALL: [&str; 28] = [
    attribute::AWS_RESPONSE_FIRST_BYTE_MS,
    attribute::AWS_RESPONSE_LAST_BYTE_MS,
    attribute::AWS_RESPONSE_COMPLETE,
    attribute::SPAWN_SAMPLING_REASON,
    attribute::AWS_SERVICE,
    attribute::AWS_OPERATION,
    attribute::AWS_REGION,
    attribute::CLOUD_REGION,
    attribute::AWS_REQUEST_ID,
    attribute::AWS_EXTENDED_REQUEST_ID,
    attribute::AWS_ATTEMPTS,
    attribute::ERROR,
    attribute::SPAWN_INSTANCE_ID,
    attribute::SPAWN_PROVIDER,
    attribute::SPAWN_JOB_ARRAY_ID,
    attribute::SPAWN_JOB_ARRAY_INDEX,
    attribute::RPC_SYSTEM,
    attribute::RPC_SYSTEM_NAME,
    attribute::RPC_SERVICE,
    attribute::RPC_METHOD,
    attribute::HTTP_REQUEST_METHOD,
    attribute::HTTP_RESPONSE_STATUS_CODE,
    attribute::SERVER_ADDRESS,
    attribute::SERVER_PORT,
    attribute::ERROR_TYPE,
    attribute::ERROR_MESSAGE,
    attribute::NETWORK_PEER_ADDRESS,
    attribute::NETWORK_PEER_PORT,
];

/// Where clients come from, and what their spans say.
pub(crate) struct Stage {
    pub(crate) config: SdkConfig,
    pub(crate) interceptor: SharedInterceptor,
    spans: Spans,
    _telemetry: Telemetry,
}

/// A traced client of this SDK, made from the stage.
macro_rules! client {
    ($stage:expr, $sdk:ident) => {{
        let mut config = $sdk::config::Builder::from(&$stage.config);
        config.push_interceptor($stage.interceptor.clone());
        #[expect(clippy::disallowed_methods, reason = "spawn has no client of this service, and this one is traced")]
        $sdk::Client::from_conf(config.build())
    }};
}
pub(crate) use client;

impl Stage {
    /// With the emulator at this URL.
    pub(crate) fn on(url: &str) -> Self {
        let (telemetry, spans) = testing::recording(SamplingRate::ALWAYS);
        let interceptor = telemetry.interceptor(Arc::new(AwsCalls), identity()).unwrap();
        Self { config: config(url, Duration::from_secs(60)), interceptor, spans, _telemetry: telemetry }
    }

    /// The one span since the last look has this name and, beside what every span has, these attributes and no others.
    /// A value of `*` stands for any.
    #[track_caller]
    pub(crate) fn tells(&self, name: &str, expected: &[(&str, &str)]) {
        let spans = self.spans.take();
        let [span] = spans.as_slice() else { panic!("{name}: {} spans", spans.len()) };
        shows_no_payload(span);
        assert_eq!(span.name, name);
        let mut told: Vec<(&str, String)> = span
            .attributes
            .iter()
            .filter(|attribute| !OF_EVERY_CALL.contains(&attribute.key.as_str()))
            .map(|KeyValue { key, value, .. }| (key.as_str(), text(value)))
            .collect();
        told.sort();
        reference::lists(name, told.iter().map(|(key, _)| *key));
        for (told, expected) in told.iter_mut().zip(sorted(expected)) {
            if expected.1 == "*" && !told.1.is_empty() {
                told.1 = "*".to_owned();
            }
        }
        let expected: Vec<(&str, String)> =
            sorted(expected).into_iter().map(|(key, value)| (key, value.to_owned())).collect();
        assert_eq!(told, expected, "{name}: {:?}", span.status);
    }

    /// Calls that prepare others say nothing here.
    pub(crate) fn forget(&self) {
        for span in self.spans.take() {
            shows_no_payload(&span);
        }
    }
}

#[track_caller]
fn shows_no_payload(span: &impl std::fmt::Debug) {
    let shown = format!("{span:?}");
    assert!(!shown.contains(SECRET) && !shown.contains(SECRET_IN_BASE64), "a payload shows: {span:#?}");
}

fn sorted<'a>(pairs: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut pairs = pairs.to_vec();
    pairs.sort_unstable();
    pairs
}

fn text(value: &Value) -> String {
    match value {
        Value::Array(Array::String(texts)) => texts.iter().map(|text| text.as_str()).collect::<Vec<_>>().join(" + "),
        other => other.to_string(),
    }
}
