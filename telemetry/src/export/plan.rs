//! The plan of an export: everything that an exporter is made from.

use aws_sdk_xray::config::SharedHttpClient;
use aws_smithy_http_client::tls::{self, rustls_provider::CryptoMode};
use aws_types::SdkConfig;
use opentelemetry_sdk::Resource;
use spawn_config::{Endpoint, ExporterKind, Identity, OtlpSettings, TracingSettings};
use spawn_delivery::pacing::{Fleet, place_of};

use super::guard::GuardedDns;
use super::lettered::Lettered;
use super::otlp::Otlp;
use super::xray::{XRay, config, second_client};
use super::{Exporter, MakeExporter, Memory, Remarks, Sharing, Trouble};
use crate::dead_letters::DeadLetters;
use crate::filter::Filter;
use crate::json_lines::JsonLines;
use crate::otlp_json::Source;
use crate::record;
use crate::resource::{self, Program};
use crate::xray::Translator;

/// Everything that an exporter is made from. It is made anew after a panic or a lasting trouble, so the plan stays.
#[derive(Clone, Debug)]
pub struct ExportPlan {
    exporter: ExporterKind,
    endpoint: Option<Endpoint>,
    file: Option<String>,
    otlp: OtlpSettings,
    filter: Filter,
    annotations: Vec<String>,
    /// Not filtered yet: it is kept with spans on disk, and the filter may be another when they leave.
    resource: Resource,
    aws: Option<SdkConfig>,
    letters: Option<DeadLetters>,
    sharing: Sharing,
}

impl ExportPlan {
    /// Chooses from the settings what an exporter needs. `aws` holds region and credentials; X-Ray needs it.
    #[must_use]
    pub fn new(
        settings: &TracingSettings,
        identity: &Identity,
        program: Program,
        process_id: u32,
        aws: Option<SdkConfig>,
    ) -> Self {
        let plan = Self::with_resource(settings, &resource::resource(program, process_id, identity, settings), aws);
        Self { sharing: Sharing { fleet: fleet(identity), ..plan.sharing }, ..plan }
    }

    /// As [`ExportPlan::new`], for a resource that is known.
    pub(crate) fn with_resource(settings: &TracingSettings, resource: &Resource, aws: Option<SdkConfig>) -> Self {
        if settings.exporter == ExporterKind::Otlp && settings.otlp.skip_verify {
            // Said here, because connections are made many times.
            tracing::warn!("skip_verify is set: the OTLP receiver's certificate is not checked");
        }
        let filter = Filter::with_own(&settings.filter, settings.attributes.keys());
        Self {
            exporter: settings.exporter,
            endpoint: settings.endpoint.clone(),
            file: settings.exporter_file.clone(),
            otlp: settings.otlp.clone(),
            resource: resource.clone(),
            filter,
            annotations: settings.annotations.clone(),
            aws,
            letters: None,
            sharing: Sharing {
                // Quotas are told of X-Ray's documents; a receiver of one's own has none that is known.
                quota: (settings.exporter == ExporterKind::XRay).then_some(settings.quota as f64),
                ..Sharing::default()
            },
        }
    }

    /// Sets aside what the back end refuses for good. Without it such spans are only counted.
    #[must_use]
    pub fn setting_aside(self, letters: DeadLetters) -> Self {
        Self { letters: Some(letters), ..self }
    }

    /// Whether there is an exporter at all: with `none`, spans serve the log lines alone and go nowhere.
    pub(crate) fn exports(&self) -> bool {
        self.exporter != ExporterKind::None
    }

    fn xray(&self, memory: &Memory, resource: &Resource) -> Result<XRay, Trouble> {
        let aws = self.aws.as_ref().ok_or_else(|| Trouble {
            lasting: true,
            after: None,
            what: "X-Ray needs a region and credentials, and there are none".to_owned(),
            remedy: "set AWS_REGION and credentials, or choose another exporter".to_owned(),
        })?;
        let translator = Translator::new(resource, self.filter.clone(), &self.annotations);
        let config = config(aws, self.endpoint.as_ref(), http_client());
        Ok(XRay::new(config, translator, resource::sender(resource), memory.clone()))
    }

    fn lettered(&self, exporter: Box<dyn Exporter>, letters: DeadLetters, resource: &Resource) -> Lettered {
        let host = self.endpoint.as_ref().and_then(|endpoint| endpoint.as_url().host_str()).unwrap_or_default();
        Lettered {
            exporter,
            letters,
            name: self.exporter.as_str(),
            host: host.to_owned(),
            source: Source::new(resource, self.filter.clone()),
            busy: None,
            problem: None,
            remarks: Remarks::default(),
        }
    }

    fn json_lines(&self, resource: &Resource) -> Result<JsonLines, Trouble> {
        match &self.file {
            Some(path) => JsonLines::in_file(path, resource, self.filter.clone()),
            None => Ok(JsonLines::on_stderr(resource, self.filter.clone())),
        }
    }
}

impl MakeExporter for ExportPlan {
    fn name(&self) -> &'static str {
        self.exporter.as_str()
    }

    fn sharing(&self) -> Sharing {
        self.sharing
    }

    /// Lines leave at once, so they need no disk.
    fn header(&self) -> Option<Vec<u8>> {
        matches!(self.exporter, ExporterKind::XRay | ExporterKind::Otlp).then(|| {
            let mut header = Vec::new();
            record::write_resource(&self.resource, &mut header);
            header
        })
    }

    fn exporter(&self, memory: &Memory, of: Option<&[u8]>) -> Result<Box<dyn Exporter>, Trouble> {
        // Where it cannot be read it was most likely this host's.
        let theirs = of.and_then(|of| record::resource(of).ok()).filter(|theirs| !theirs.is_empty());
        let resource = self.filter.resource(theirs.as_ref().unwrap_or(&self.resource));
        let exporter: Box<dyn Exporter> = match self.exporter {
            ExporterKind::XRay => Box::new(self.xray(memory, &resource)?),
            ExporterKind::Otlp => {
                let filter = self.filter.clone();
                Box::new(Otlp::new(&self.otlp, self.endpoint.as_ref(), &resource, filter, self.aws.as_ref())?)
            }
            // The pipeline asks for no exporter with `none`.
            ExporterKind::Stdout | ExporterKind::None => Box::new(self.json_lines(&resource)?),
        };
        Ok(match &self.letters {
            Some(letters) => Box::new(self.lettered(exporter, letters.clone(), &resource)),
            None => exporter,
        })
    }
}

/// Which of how many hosts this is.
fn fleet(identity: &Identity) -> Fleet {
    match identity.fleet {
        None => Fleet::ALONE,
        Some(spawn_config::Fleet { size, index: Some(index) }) => Fleet::of(size, index),
        Some(spawn_config::Fleet { size, index: None }) => {
            Fleet { size: size.max(1), place: place_of(&identity.instance_id) }
        }
    }
}

/// A client for X-Ray's other questions: as the exporter's own, and beside it.
pub(crate) fn xray_client(aws: &SdkConfig, endpoint: Option<&Endpoint>) -> aws_sdk_xray::Client {
    second_client(config(aws, endpoint, http_client()))
}

/// Connections of the exporter's own, on the runtime of the worker that makes them.
fn http_client() -> SharedHttpClient {
    aws_smithy_http_client::Builder::new()
        .tls_provider(tls::Provider::Rustls(CryptoMode::AwsLc))
        .build_with_resolver(GuardedDns)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use opentelemetry::KeyValue;
    use serde_json::{Value as Json, json};
    use spawn_config::{FilterSettings, Provider};

    use super::*;
    use crate::counters::Counters;
    use crate::health::HealthState;
    use crate::pipeline::{Delivery, Flushed, Pipeline};
    use crate::samples::span;

    const LONG: Duration = Duration::from_secs(30);

    fn delivery(settings: &TracingSettings) -> Delivery {
        let program = Program { name: "spored", version: "1.2.3" };
        let identity = Identity::new(Provider::Local, "local-desk");
        Delivery::Export(Box::new(ExportPlan::new(settings, &identity, program, 1, None)))
    }

    #[test]
    fn lines_reach_the_file_filtered_and_with_the_resource() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("spans.jsonl");
        let settings = TracingSettings {
            exporter: ExporterKind::Stdout,
            exporter_file: Some(path.to_str().unwrap().to_owned()),
            filter: FilterSettings { drop: vec!["secret".to_owned()], ..FilterSettings::default() },
            ..TracingSettings::default()
        };
        let pipeline = Pipeline::start();
        let mut secretive = span("boot");
        secretive.attributes =
            vec![KeyValue::new("secret", 1), KeyValue::new("spawn.open", 2), KeyValue::new("hidden", 3)];
        pipeline.accept(secretive);
        pipeline.configure(delivery(&settings), &|_| true);
        assert_eq!(pipeline.shutdown(LONG), Flushed { delivered: 1, left: 0 });
        let text = std::fs::read_to_string(path).unwrap();
        let line: Json = serde_json::from_str(text.strip_suffix('\n').unwrap()).unwrap();
        let resource = &line["resourceSpans"][0]["resource"]["attributes"];
        assert!(
            resource.as_array().unwrap().contains(&json!({"key": "service.name", "value": {"stringValue": "spored"}}))
        );
        let span = &line["resourceSpans"][0]["scopeSpans"][0]["spans"][0];
        assert_eq!(span["attributes"], json!([{"key": "spawn.open", "value": {"intValue": "2"}}]));
        assert_eq!(span["droppedAttributesCount"], json!(2));
    }

    #[test]
    fn with_none_no_span_leaves_and_there_is_nothing_to_wait_for() {
        let settings = TracingSettings { exporter: ExporterKind::None, ..TracingSettings::default() };
        let pipeline = Pipeline::start();
        pipeline.configure(delivery(&settings), &|_| true);
        pipeline.accept(span("a"));
        assert_eq!((pipeline.counters(), pipeline.health().state), (Counters::default(), HealthState::Off));
        assert_eq!(pipeline.shutdown(LONG), Flushed::default());
    }

    #[test]
    fn an_exporter_that_lacks_something_says_so_in_the_health() {
        let pipeline = Pipeline::start();
        pipeline.accept(span("a"));
        pipeline.configure(delivery(&TracingSettings::default()), &|_| true);
        assert_eq!(pipeline.shutdown(LONG), Flushed { delivered: 0, left: 1 });
        let health = pipeline.health();
        let problem = health.problem.unwrap();
        assert_eq!(
            (health.exporter, problem.what.as_str()),
            (Some("xray"), "X-Ray needs a region and credentials, and there are none")
        );
    }

    #[test]
    fn a_fleet_shares_the_quota_of_xray_and_no_others() {
        let program = Program { name: "spored", version: "1.2.3" };
        let sharing = |exporter, fleet| {
            let identity = Identity { fleet, ..Identity::new(Provider::Ec2, "i-0abc") };
            let settings = TracingSettings { exporter, quota: 5_000, ..TracingSettings::default() };
            ExportPlan::new(&settings, &identity, program, 1, None).sharing()
        };
        let fleet = |index| Some(spawn_config::Fleet { size: 4, index });
        let of_four = Fleet { size: 4, place: 0.75 };
        assert_eq!(sharing(ExporterKind::XRay, fleet(Some(3))), Sharing { fleet: of_four, quota: Some(5_000.0) });
        assert_eq!(sharing(ExporterKind::Otlp, fleet(Some(3))), Sharing { fleet: of_four, quota: None });
        let by_name = Fleet { size: 4, place: place_of("i-0abc") };
        assert_eq!(sharing(ExporterKind::XRay, fleet(None)).fleet, by_name);
        assert_eq!(sharing(ExporterKind::XRay, None).fleet, Fleet::ALONE);
    }
}
