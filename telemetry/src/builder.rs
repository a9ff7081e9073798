//! Telemetry for a program of one's own: its name, where the spans go, and as much more as one likes.

use std::sync::Arc;

use aws_smithy_runtime_api::client::interceptors::SharedInterceptor;
use aws_types::SdkConfig;
use opentelemetry_sdk::trace::{SdkTracerProvider, SpanProcessor};
use spawn_config::{ConfigError, Endpoint, ExporterKind, FilterSettings, Layers, SamplingRate, TracingSettings};

use crate::describe::{DescribeCall, NoDescription};
use crate::export::ExportPlan;
use crate::identity::SpanIdentity;
use crate::interceptor::TracingInterceptor;
use crate::plan::{Plan, TracePlan};
use crate::resource::{self, AWS_EC2, Program};
use crate::sampler::SamplingPlan;
use crate::storage::Storage;
use crate::telemetry::{Telemetry, ToRecorder};

/// What a program gives beside its name; see [`Telemetry::of`].
#[derive(Clone, Debug)]
pub struct Builder {
    service: String,
    settings: TracingSettings,
}

impl Telemetry {
    /// Telemetry of the program that back ends are to list under this name.
    ///
    /// Every trace that starts here is kept unless [`Builder::sampling`] says otherwise.
    #[must_use]
    pub fn of(service: impl Into<String>) -> Builder {
        // The program knows what it puts on its spans; the hosts of spawn carry those of many.
        let filter = FilterSettings { allow: vec!["*".to_owned()], ..FilterSettings::default() };
        let settings =
            TracingSettings { enabled: true, sampling: SamplingRate::ALWAYS, filter, ..TracingSettings::default() };
        Builder { service: service.into(), settings }
    }

    /// The interceptor that makes a span of every call of a client, to be added to the client's configuration. One
    /// serves the clients of all services.
    #[must_use]
    pub fn aws_interceptor(&self) -> SharedInterceptor {
        self.aws_interceptor_with(Arc::new(NoDescription))
    }

    /// As [`Telemetry::aws_interceptor`], with knowledge of the services' inputs and outputs beyond what every call tells.
    #[must_use]
    pub fn aws_interceptor_with(&self, describe: Arc<dyn DescribeCall>) -> SharedInterceptor {
        let interceptor = TracingInterceptor::new(self.recorder().clone(), describe, &SpanIdentity::none());
        SharedInterceptor::permanent(interceptor)
    }

    /// A provider of OpenTelemetry's SDK whose spans are sampled, identified and delivered as the telemetry's own are: for
    /// `tracing-opentelemetry` and for every library that asks for a provider.
    #[must_use]
    pub fn tracer_provider(&self) -> SdkTracerProvider {
        self.provider().clone()
    }

    /// Takes the sampled spans of a provider that the program has already.
    #[must_use]
    pub fn span_processor(&self) -> impl SpanProcessor + 'static {
        ToRecorder(self.recorder().clone())
    }
}

impl Builder {
    /// Reads OpenTelemetry's variables (`OTEL_…`), such as `std::env::vars()` gives them; what is said before this call
    /// is forgotten, what is said after it wins.
    ///
    /// # Errors
    /// At the first variable whose value is none that it takes; the error names both.
    pub fn environment(self, variables: impl IntoIterator<Item = (String, String)>) -> Result<Self, ConfigError> {
        const BASE: &str = "observability: {tracing: {enabled: true, sampling_rate: 1.0, filter: {allow: ['*']}}}";
        let layers = Layers::new().local_yaml("the builder", BASE)?.environment(variables)?;
        Ok(Self { settings: layers.resolve().settings.tracing, ..self })
    }

    /// Uses these settings, whole.
    #[must_use]
    pub fn settings(self, settings: TracingSettings) -> Self {
        Self { settings, ..self }
    }

    /// Keeps this share of the traces that start here.
    #[must_use]
    pub fn sampling(mut self, rate: SamplingRate) -> Self {
        self.settings.sampling = rate;
        self
    }

    /// The program's version, `service.version`.
    #[must_use]
    pub fn version(self, version: impl Into<String>) -> Self {
        self.attribute("service.version", version)
    }

    /// Keeps spans in this folder on their way, so that a crash or an outage loses none: what is left when the program
    /// ends is delivered by the next one that uses the folder. Several programs of one user may share it. Without this call
    /// spans are kept in memory alone.
    #[must_use]
    pub fn spool(mut self, folder: impl Into<String>) -> Self {
        self.settings.spool.folder = Some(folder.into());
        self
    }

    /// An attribute of the resource. `cloud.platform`, `host.id` and the like make X-Ray draw the program as what it runs on.
    #[must_use]
    pub fn attribute(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.settings.attributes.insert(key.into(), value.into());
        self
    }

    /// Sends spans to AWS X-Ray, with the region and the credentials of this configuration.
    #[must_use]
    pub fn to_xray(mut self, aws: &SdkConfig) -> Telemetry {
        self.settings.exporter = ExporterKind::XRay;
        self.start(Some(aws))
    }

    /// Sends spans to an OTLP receiver.
    #[must_use]
    pub fn to_otlp(mut self, endpoint: Endpoint) -> Telemetry {
        self.settings.exporter = ExporterKind::Otlp;
        self.settings.endpoint = Some(endpoint);
        self.start(None)
    }

    /// Writes spans as JSON lines to stderr, or to the file of the settings.
    #[must_use]
    pub fn to_json_lines(mut self) -> Telemetry {
        self.settings.exporter = ExporterKind::Stdout;
        self.start(None)
    }

    /// Writes spans as JSON lines to the end of this file, which is made if need be, readable by its owner alone.
    #[must_use]
    pub fn to_json_file(mut self, path: impl Into<String>) -> Telemetry {
        self.settings.exporter_file = Some(path.into());
        self.to_json_lines()
    }

    /// Sends spans where the settings say; X-Ray needs `aws`. Nothing here fails: what keeps spans from being delivered is
    /// told by [`Telemetry::health`], and the spans wait.
    #[must_use]
    pub fn start(self, aws: Option<&SdkConfig>) -> Telemetry {
        let Self { service, settings } = self;
        let telemetry = Telemetry::start(Program { name: "program", version: "" });
        telemetry.configure(match settings.enabled {
            false => Plan::Off,
            true => {
                let resource = resource::of_program(&service, std::process::id(), &settings);
                let on_ec2 = settings.attributes.get("cloud.platform").is_some_and(|platform| platform == AWS_EC2);
                let kind = if on_ec2 { "AWS::EC2::Instance" } else { "" };
                let name = resource::service_name(&service, &settings);
                let sampling = SamplingPlan::of_service(&settings, name, kind, aws.cloned());
                let export = ExportPlan::with_resource(&settings, &resource, aws.cloned());
                let storage = Storage::new(&settings.spool, None);
                Plan::On(Box::new(TracePlan { sampling, identity: SpanIdentity::none(), export, storage }))
            }
        });
        telemetry
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use opentelemetry::KeyValue;
    use opentelemetry::trace::{Tracer, TracerProvider};
    use serde_json::{Value as Json, json};

    use super::*;

    fn variable(name: &str, value: &str) -> (String, String) {
        (name.to_owned(), value.to_owned())
    }

    #[tokio::test]
    async fn spans_of_ours_and_of_any_tracer_reach_the_file_under_the_programs_name() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("spans.jsonl");
        let telemetry = Telemetry::of("orders").version("1.2.3").to_json_file(file.to_str().unwrap());
        let own = vec![KeyValue::new("order.number", 7)];
        telemetry.in_span("order", own, async { Ok::<_, String>(()) }).await.unwrap();
        telemetry.tracer_provider().tracer("library").start("theirs");
        let other = SdkTracerProvider::builder().with_span_processor(telemetry.span_processor()).build();
        other.tracer("library").start("of another provider");
        assert_eq!(telemetry.shutdown(Duration::from_secs(30)).left, 0);
        let lines = std::fs::read_to_string(&file).unwrap();
        let seen: Vec<(Json, Json, Json)> = lines
            .lines()
            .map(|line| {
                let line: Json = serde_json::from_str(line).unwrap();
                let resource = line["resourceSpans"][0]["resource"]["attributes"].as_array().unwrap();
                let of =
                    |key: &str| resource.iter().find(|it| it["key"] == key).unwrap()["value"]["stringValue"].clone();
                assert_eq!(of("service.version"), "1.2.3");
                let span = &line["resourceSpans"][0]["scopeSpans"][0]["spans"][0];
                (span["name"].clone(), of("service.name"), span["attributes"].clone())
            })
            .collect();
        let why = json!({"key": "spawn.sampling.reason", "value": {"stringValue": "ratio 1"}});
        let own = json!([{"key": "order.number", "value": {"intValue": "7"}}, why]);
        let expected = [("order", own), ("theirs", json!([why])), ("of another provider", json!([]))];
        assert_eq!(seen, expected.map(|(name, attributes)| (name.into(), "orders".into(), attributes)));
    }

    #[test]
    fn the_environment_speaks_opentelemetrys_language() {
        let builder = Telemetry::of("orders").environment([
            variable("OTEL_TRACES_SAMPLER", "traceidratio"),
            variable("OTEL_TRACES_SAMPLER_ARG", "0.25"),
            variable("OTEL_RESOURCE_ATTRIBUTES", "team=genomics"),
        ]);
        let settings = builder.unwrap().settings;
        assert_eq!((settings.enabled, settings.sampling), (true, "0.25".parse().unwrap()));
        assert_eq!(settings.attributes["team"], "genomics");
        let bare = Telemetry::of("orders").environment([]).unwrap().settings;
        assert_eq!((bare.enabled, bare.sampling), (true, SamplingRate::ALWAYS));
        let refused = Telemetry::of("orders").environment([variable("OTEL_TRACES_EXPORTER", "xrays")]);
        assert!(refused.is_err(), "{refused:?}");
    }

    #[test]
    fn switched_off_by_its_variable_it_makes_nothing() {
        let builder = Telemetry::of("orders").environment([variable("OTEL_SDK_DISABLED", "true")]).unwrap();
        let telemetry = builder.start(None);
        telemetry.tracer_provider().tracer("library").start("nobody sees it");
        assert_eq!(telemetry.counters(), crate::Counters::default());
    }
}
