//! The plan of an export: everything that an exporter is made from.

use aws_types::SdkConfig;
use opentelemetry_sdk::Resource;
use spawn_config::{Endpoint, ExporterKind, Identity, OtlpSettings, TracingSettings};

use super::{Exporter, MakeExporter, Trouble};
use crate::resource::{self, Program};

/// Everything that an exporter is made from. It is made anew after a panic, so the plan stays.
#[derive(Clone, Debug)]
pub struct ExportPlan {
    exporter: ExporterKind,
    endpoint: Option<Endpoint>,
    file: Option<String>,
    otlp: OtlpSettings,
    resource: Resource,
    aws: Option<SdkConfig>,
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
        Self {
            exporter: settings.exporter,
            endpoint: settings.endpoint.clone(),
            file: settings.exporter_file.clone(),
            otlp: settings.otlp.clone(),
            resource: resource::resource(program, process_id, identity, settings),
            aws,
        }
    }

    /// Whether there is an exporter at all: with `none`, spans serve the log lines alone and go nowhere.
    pub(crate) fn exports(&self) -> bool {
        self.exporter != ExporterKind::None
    }
}

impl MakeExporter for ExportPlan {
    fn name(&self) -> &'static str {
        self.exporter.as_str()
    }

    fn exporter(&self) -> Result<Box<dyn Exporter>, Trouble> {
        Err(Trouble { lasting: true, what: "no exporter".to_owned(), remedy: "none".to_owned() })
    }
}
