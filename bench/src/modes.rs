//! What is compared: nothing, ours in its states, and a public peer in its.

use crate::client::{client, credentials};
use crate::xray_end;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Region, SharedCredentialsProvider};
use aws_smithy_runtime_api::client::interceptors::SharedInterceptor;
use awssdk_instrumentation::interceptor::otel::OtelInterceptor;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider, SpanData, SpanExporter};
use spawn_cloud::Config;
use spawn_cloud::describe::AwsCalls;
use spawn_config::{ExporterKind, Identity, Provider, SamplingRate, TracingSettings};
use spawn_telemetry::{Plan, Program, SpanIdentity, Telemetry};
use std::sync::Arc;

const PROGRAM: Program = Program { name: "spored", version: "0.0.0" };

/// An instrumentation in a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// No interceptor: the base.
    None,
    /// Ours with tracing off.
    Off,
    /// Ours at rate 0.
    Unsampled,
    /// Ours at rate 0, watching for failures to keep.
    Watched,
    /// Ours at rate 1 with the attributes of the service, delivered to X-Ray on the telemetry's thread.
    Sampled,
    /// No interceptor, but the `tracing` subscriber that the peer cannot do without.
    Subscriber,
    /// `awssdk-instrumentation` with a sampler that says no.
    PeerUnsampled,
    /// `awssdk-instrumentation` with a sampler that says yes and an exporter that throws away, on a thread too.
    PeerSampled,
}

/// A client, and the telemetry behind it.
pub(crate) struct Bench {
    pub(crate) client: Client,
    pub(crate) telemetry: Option<Telemetry>,
}

impl Mode {
    pub(crate) const ALL: [Self; 8] = [
        Self::None,
        Self::Off,
        Self::Unsampled,
        Self::Watched,
        Self::Sampled,
        Self::Subscriber,
        Self::PeerUnsampled,
        Self::PeerSampled,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Off => "off",
            Self::Unsampled => "unsampled",
            Self::Watched => "watched",
            Self::Sampled => "sampled",
            Self::Subscriber => "subscriber",
            Self::PeerUnsampled => "peer-unsampled",
            Self::PeerSampled => "peer-sampled",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.name() == name)
    }

    /// Sets the instrumentation up. A process has room for one mode, because the peer's parts are global.
    ///
    /// The other end runs in every mode, because glibc allocates with fewer instructions where there is one thread.
    pub(crate) fn prepare(self) -> Bench {
        let endpoint = xray_end::start();
        match self {
            Self::None => untraced(),
            Self::Off => ours(None, false, &endpoint),
            Self::Unsampled => ours(Some(SamplingRate::NEVER), false, &endpoint),
            Self::Watched => ours(Some(SamplingRate::NEVER), true, &endpoint),
            Self::Sampled => ours(Some(SamplingRate::ALWAYS), false, &endpoint),
            Self::Subscriber => {
                subscribe();
                untraced()
            }
            Self::PeerUnsampled => peer(Sampler::AlwaysOff),
            Self::PeerSampled => peer(Sampler::AlwaysOn),
        }
    }
}

fn untraced() -> Bench {
    Bench { client: client(None), telemetry: None }
}

/// Ours before its settings are known: every span is held.
pub(crate) fn holding() -> (Client, Telemetry) {
    let telemetry = Telemetry::start(PROGRAM);
    let interceptor = telemetry.interceptor(Arc::new(AwsCalls), SpanIdentity::of(&identity()));
    (client(interceptor), telemetry)
}

fn identity() -> Identity {
    Identity::new(Provider::Ec2, "i-0123456789abcdef0")
}

fn ours(rate: Option<SamplingRate>, keep_errors: bool, endpoint: &str) -> Bench {
    let telemetry = Telemetry::start(PROGRAM);
    let settings = TracingSettings {
        enabled: rate.is_some(),
        sampling: rate.unwrap_or(SamplingRate::NEVER),
        keep_errors,
        exporter: ExporterKind::XRay,
        endpoint: Some(endpoint.parse().expect("a URL")),
        ..TracingSettings::default()
    };
    let aws = Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials()))
        .build();
    let now = "2026-11-21T00:00:00Z".parse().expect("an instant");
    telemetry.configure(Plan::new(&settings, &identity(), PROGRAM, Some(aws), now));
    let interceptor = telemetry.interceptor(Arc::new(AwsCalls), SpanIdentity::of(&identity()));
    assert_eq!(interceptor.is_some(), rate.is_some(), "off means no interceptor, and on means one");
    Bench { client: client(interceptor), telemetry: Some(telemetry) }
}

/// The peer speaks to the global tracer provider and finds the operation in the SDK's own `tracing` spans.
fn peer(sampler: Sampler) -> Bench {
    subscribe();
    let provider = SdkTracerProvider::builder().with_sampler(sampler).with_batch_exporter(Discard).build();
    opentelemetry::global::set_tracer_provider(provider);
    Bench { client: client(Some(SharedInterceptor::new(OtelInterceptor::new()))), telemetry: None }
}

/// The smallest subscriber that there is: it keeps spans and does nothing with them.
fn subscribe() {
    tracing::subscriber::set_global_default(tracing_subscriber::registry()).expect("the first subscriber");
}

#[derive(Debug)]
struct Discard;

impl SpanExporter for Discard {
    async fn export(&self, _: Vec<SpanData>) -> OTelSdkResult {
        Ok(())
    }
}
