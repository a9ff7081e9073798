//! The resolved settings: plain values, defaults filled in.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use crate::{Endpoint, ExporterKind, SamplerKind, SamplingRate, SamplingRule, Topology};

mod host;
mod life;
mod otlp;

pub use host::{HostSettings, JobArraySettings};
pub use life::LifeSettings;
pub use otlp::OtlpSettings;

/// Everything that can be set. `Settings::default()` holds the defaults of the key table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// Tracing.
    pub tracing: TracingSettings,
    /// Where the account of spans is offered to Prometheus: a loopback address with a port.
    pub metrics_address: Option<String>,
    /// When the host ends.
    pub life: LifeSettings,
    /// What the operator says about the host.
    pub host: HostSettings,
}

impl Settings {
    /// Whether spans are wanted at this instant: tracing is enabled, and its end, if it has one, is not reached.
    #[must_use]
    pub fn tracing_on(&self, now: Timestamp) -> bool {
        self.tracing.enabled && self.tracing.until.is_none_or(|until| now < until)
    }
}

/// Settings of tracing. Their keys begin with `tracing-`, their YAML paths with `observability.tracing.`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TracingSettings {
    /// Whether spans are made at all.
    pub enabled: bool,
    /// Where spans go.
    pub exporter: ExporterKind,
    /// Who decides about traces that start here.
    pub sampler: SamplerKind,
    /// The share of traces that is kept.
    pub sampling: SamplingRate,
    /// Shares of single operations; the first that matches counts.
    pub sampling_rules: Vec<SamplingRule>,
    /// Whether the spans of failed calls are kept in traces that are not.
    pub keep_errors: bool,
    /// The back end's address; `None` is the exporter's own default.
    pub endpoint: Option<Endpoint>,
    /// The instant after which tracing is off again.
    pub until: Option<Timestamp>,
    /// How the tasks of an array hang together.
    pub topology: Topology,
    /// Replaces the service name, which is the program's name.
    pub service_name: Option<String>,
    /// Goes before the service name, with a hyphen between.
    pub service_name_prefix: Option<String>,
    /// Resource attributes of every span.
    pub attributes: BTreeMap<String, String>,
    /// File that gets the lines of the `stdout` exporter instead of stderr.
    pub exporter_file: Option<String>,
    /// Where spans are kept on their way.
    pub spool: SpoolSettings,
    /// Documents a second that X-Ray takes in this region.
    pub quota: u64,
    /// The OTLP exporter.
    pub otlp: OtlpSettings,
    /// Attributes that become annotations in X-Ray, as glob patterns, beside those that always do.
    pub annotations: Vec<String>,
    /// Attributes that are left out or made unreadable.
    pub filter: FilterSettings,
    /// How far tags may go.
    pub limits: Limits,
}

impl TracingSettings {
    /// Whether tracing itself calls AWS: X-Ray takes the spans, or tells its sampling rules.
    #[must_use]
    pub fn needs_aws(&self) -> bool {
        self.exporter == ExporterKind::XRay
            || (self.sampler == SamplerKind::XRay && self.exporter != ExporterKind::None)
    }
}

impl Default for TracingSettings {
    fn default() -> Self {
        Self {
            enabled: false,
            exporter: ExporterKind::XRay,
            sampler: SamplerKind::Ratio,
            sampling: SamplingRate::default(),
            sampling_rules: Vec::new(),
            keep_errors: false,
            endpoint: None,
            until: None,
            topology: Topology::Auto,
            service_name: None,
            service_name_prefix: None,
            attributes: BTreeMap::new(),
            exporter_file: None,
            spool: SpoolSettings::default(),
            quota: 2_600,
            otlp: OtlpSettings::default(),
            annotations: Vec::new(),
            filter: FilterSettings::default(),
            limits: Limits::default(),
        }
    }
}

/// How spans are kept on disk until a back end has them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpoolSettings {
    /// The folder; `None` is the program's own.
    pub folder: Option<String>,
    /// Most bytes on disk.
    pub size: u64,
    /// How long a span may be known to the page cache alone; zero waits for the disk at the end of each span.
    pub sync: Duration,
}

impl Default for SpoolSettings {
    fn default() -> Self {
        Self { folder: None, size: 64 * 1024 * 1024, sync: Duration::from_millis(200) }
    }
}

/// Attribute names as glob patterns (`*` and `?`), in the order in which they are tried: drop, redact, hash.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FilterSettings {
    /// Attributes that are let through beside those that spawn knows.
    pub allow: Vec<String>,
    /// Attributes that are left out.
    pub drop: Vec<String>,
    /// Attributes whose value is replaced.
    pub redact: Vec<String>,
    /// Attributes whose value is replaced by its hash, so that equal ones stay equal.
    pub hash: Vec<String>,
}

/// What tags cannot go beyond; only `local.yaml` sets it, because anyone who may call CreateTags writes tags.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Ceiling of a sampling rate that a tag sets.
    pub max_sampling: SamplingRate,
    /// Hosts, as glob patterns, that a tag may name beside AWS X-Ray's own and loopback.
    pub endpoints: Vec<String>,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_sampling: SamplingRate::ALWAYS, endpoints: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tracing_calls_aws_for_spans_or_for_rules() {
        let needs = |exporter, sampler| TracingSettings { exporter, sampler, ..TracingSettings::default() }.needs_aws();
        assert!(needs(ExporterKind::XRay, SamplerKind::Ratio));
        assert!(needs(ExporterKind::Otlp, SamplerKind::XRay));
        assert!(!needs(ExporterKind::Otlp, SamplerKind::Ratio));
        assert!(!needs(ExporterKind::None, SamplerKind::XRay));
    }
}
