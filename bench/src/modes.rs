//! What is compared: nothing, ours in its states, and a public peer in its.

use crate::client::client;
use aws_sdk_dynamodb::Client;
use aws_smithy_runtime_api::client::interceptors::SharedInterceptor;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider, SpanData, SpanExporter};
use spawn_cloud::describe::AwsCalls;
use spawn_config::{ExporterKind, Identity, Provider, SamplingRate, TracingSettings};
use spawn_telemetry::{Plan, Program, SpanIdentity, Telemetry};
use std::sync::Arc;

/// An instrumentation in a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// No interceptor: the base.
    None,
    /// Ours with tracing off.
    Off,
    /// Ours at rate 0.
    Unsampled,
    /// Ours at rate 1 with the attributes of the service, written as JSON lines to /dev/null on the telemetry's thread.
    Sampled,
    /// `awssdk-instrumentation` with a sampler that says no.
    PeerUnsampled,
    /// `awssdk-instrumentation` with a sampler that says yes and an exporter that throws away.
    PeerSampled,
}

/// A client, and what keeps its telemetry alive.
pub(crate) struct Bench {
    pub(crate) client: Client,
    _telemetry: Option<Telemetry>,
}

impl Mode {
    pub(crate) const ALL: [Self; 6] =
        [Self::None, Self::Off, Self::Unsampled, Self::Sampled, Self::PeerUnsampled, Self::PeerSampled];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Off => "off",
            Self::Unsampled => "unsampled",
            Self::Sampled => "sampled",
            Self::PeerUnsampled => "peer-unsampled",
            Self::PeerSampled => "peer-sampled",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.name() == name)
    }

    pub(crate) fn prepare(self) -> Bench {
        match self {
            Self::None => Bench { client: client(None), _telemetry: None },
            Self::Off => ours(None),
            Self::Unsampled => ours(Some(SamplingRate::NEVER)),
            Self::Sampled => ours(Some(SamplingRate::ALWAYS)),
            Self::PeerUnsampled => peer(Sampler::AlwaysOff),
            Self::PeerSampled => peer(Sampler::AlwaysOn),
        }
    }
}

fn ours(rate: Option<SamplingRate>) -> Bench {
    let program = Program { name: "spored", version: "0.0.0" };
    let identity = Identity::new(Provider::Ec2, "i-0123456789abcdef0");
    let telemetry = Telemetry::start(program);
    let settings = TracingSettings {
        enabled: rate.is_some(),
        sampling: rate.unwrap_or(SamplingRate::NEVER),
        exporter: ExporterKind::Stdout,
        exporter_file: Some("/dev/null".to_owned()),
        ..TracingSettings::default()
    };
    let now = "2026-11-21T00:00:00Z".parse().expect("an instant");
    telemetry.configure(Plan::new(&settings, &identity, program, None, now));
    let interceptor = telemetry.interceptor(Arc::new(AwsCalls), SpanIdentity::of(&identity));
    assert_eq!(interceptor.is_some(), rate.is_some());
    Bench { client: client(interceptor), _telemetry: Some(telemetry) }
}

/// The peer speaks to the global provider and finds the operation through a `tracing` subscriber, so both are set.
fn peer(sampler: Sampler) -> Bench {
    let provider = SdkTracerProvider::builder().with_sampler(sampler).with_simple_exporter(Discard).build();
    opentelemetry::global::set_tracer_provider(provider);
    use tracing_subscriber::layer::SubscriberExt;
    // Set once: a second peer mode in the same process finds it set.
    let _already = tracing::subscriber::set_global_default(tracing_subscriber::registry().with(tracing_subscriber::layer::Identity::new()));
    let interceptor = awssdk_instrumentation::interceptor::otel::OtelInterceptor::new();
    Bench { client: client(Some(SharedInterceptor::new(interceptor))), _telemetry: None }
}

#[derive(Debug)]
struct Discard;

impl SpanExporter for Discard {
    async fn export(&self, _: Vec<SpanData>) -> opentelemetry_sdk::error::OTelSdkResult {
        Ok(())
    }
}
