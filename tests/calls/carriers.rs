//! The trace in what calls send: through services that others wrote, read by programs that others wrote.

mod events;
mod invocations;
mod messages;
mod topics;

use crate::world::{self, aws};
use aws_config::SdkConfig;
use aws_smithy_runtime_api::client::interceptors::SharedInterceptor;
use opentelemetry::Context;
use opentelemetry::trace::SpanContext;
use serde_json::Value;
use spawn_cloud::Clients;
use spawn_cloud::describe::AwsCalls;
use spawn_config::SamplingRate;
use spawn_telemetry::testing::{self, Spans};
use spawn_telemetry::{Telemetry, propagation};
use spawn_test_support::FaultProxy;
use std::sync::Arc;
use std::time::Duration;

/// The caller's context: whoever gets what the calls send has its trace.
const PARENT: &str = "00-6900000000000000000000000000000a-00000000000000b7-01";
const STATE: &str = "vendor=yes";

/// Clients behind a proxy that records what leaves.
struct Desk {
    proxy: FaultProxy,
    config: SdkConfig,
    interceptor: SharedInterceptor,
    clients: Clients,
    spans: Spans,
}

async fn desk() -> Desk {
    // The rate decides nothing: what the caller's context says goes before it.
    desk_of(testing::recording(SamplingRate::NEVER)).await
}

async fn desk_of((telemetry, spans): (Telemetry, Spans)) -> Desk {
    let proxy = FaultProxy::start(aws().await.ministack_url()).unwrap();
    let config = world::config(&proxy.url(), Duration::from_secs(30));
    let interceptor = telemetry.interceptor(Arc::new(AwsCalls), world::identity()).unwrap();
    let clients = Clients::new(&config, Some(interceptor.clone()));
    Desk { proxy, config, interceptor, clients, spans }
}

/// The context in which the calls are made.
fn caller() -> Context {
    propagation::remote_context(PARENT, Some(STATE)).unwrap()
}

/// The same, of a trace that is not recorded.
fn unrecorded() -> Context {
    propagation::remote_context(&PARENT.replace("-01", "-00"), Some(STATE)).unwrap()
}

/// A span as its context is carried: in the W3C's form and in AWS's.
fn carried(span: &SpanContext) -> (String, String) {
    let (trace, id) = (span.trace_id().to_string(), span.span_id());
    (format!("00-{trace}-{id}-01"), format!("Root=1-{}-{};Parent={id};Sampled=1", &trace[..8], &trace[8..]))
}

impl Desk {
    /// The JSON that the last call sent.
    fn sent(&self) -> Value {
        serde_json::from_str(&self.proxy.requests().last().unwrap().text()).unwrap()
    }
}
