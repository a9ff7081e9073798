//! The resolved settings: plain values, defaults filled in.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use crate::value::timeout;
use crate::{
    Compression, Endpoint, ExporterKind, Headers, JobArray, OnComplete, OtlpProtocol, Percent, ProviderChoice,
    SamplerKind, SamplingRate, SamplingRule, Sessions, Slots, TimeSpan, Topology,
};

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

/// Settings of the OTLP exporter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtlpSettings {
    /// gRPC or HTTP.
    pub protocol: OtlpProtocol,
    /// Headers of every request.
    pub headers: Headers,
    /// Header that carries the token of `token_file`.
    pub token_header: Option<String>,
    /// File that holds a token; read again when it changes.
    pub token_file: Option<String>,
    /// PEM file with the certificate authorities that are trusted instead of the system's.
    pub ca_file: Option<String>,
    /// PEM file with the client's certificate, for mutual TLS.
    pub client_cert: Option<String>,
    /// PEM file with the client's private key.
    pub client_key: Option<String>,
    /// Accepts any server certificate. For experiments only.
    pub skip_verify: bool,
    /// Compression of the bodies.
    pub compression: Compression,
    /// Longest time for one export.
    pub timeout: Duration,
}

impl Default for OtlpSettings {
    fn default() -> Self {
        Self {
            protocol: OtlpProtocol::Grpc,
            headers: Headers::default(),
            token_header: None,
            token_file: None,
            ca_file: None,
            client_cert: None,
            client_key: None,
            skip_verify: false,
            compression: Compression::None,
            timeout: timeout::DEFAULT,
        }
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

/// When the host ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LifeSettings {
    /// Time to live, counted from the launch.
    pub ttl: Option<TimeSpan>,
    /// Longest time without work.
    pub idle_timeout: Option<TimeSpan>,
    /// Load of all processors together up to which the host is idle.
    pub idle_cpu_percent: Percent,
    /// Bytes a minute, sent and received, up to which the host is idle.
    pub idle_network_bytes: u64,
    /// Bytes a minute, read and written, up to which the host is idle.
    pub idle_disk_bytes: u64,
    /// Terminals that keep the host from being idle.
    pub idle_sessions: Sessions,
    /// What happens at the end; `None` terminates an instance and leaves other hosts alone.
    pub on_complete: Option<OnComplete>,
    /// File whose appearance says that the work is done.
    pub completion_file: String,
    /// Time between the completion and the end.
    pub completion_delay: TimeSpan,
    /// Program that runs before the end, with its arguments; empty is the usual file.
    pub pre_stop: Vec<String>,
    /// Longest time that this program may take.
    pub pre_stop_timeout: TimeSpan,
}

impl Default for LifeSettings {
    fn default() -> Self {
        Self {
            ttl: None,
            idle_timeout: None,
            idle_cpu_percent: Percent::FIVE,
            idle_network_bytes: 10_000,
            idle_disk_bytes: 100_000,
            idle_sessions: Sessions::Open,
            on_complete: None,
            completion_file: "/run/spored/complete".to_owned(),
            completion_delay: TimeSpan::of_seconds(30),
            pre_stop: Vec::new(),
            pre_stop_timeout: TimeSpan::of_seconds(300),
        }
    }
}

/// What the operator says about the host; `None` is `auto`: the agent finds out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostSettings {
    /// The kind of host.
    pub provider: ProviderChoice,
    /// Id in place of `local-HOSTNAME`.
    pub instance_id: Option<String>,
    /// Name for people.
    pub name: Option<String>,
    /// AWS region that the host's calls go to.
    pub region: Option<String>,
    /// Account.
    pub account_id: Option<String>,
    /// Address for the rest of the world.
    pub public_ip: Option<String>,
    /// Address within the network.
    pub private_ip: Option<String>,
    /// Place in a job array.
    pub job_array: JobArraySettings,
}

impl Default for HostSettings {
    fn default() -> Self {
        Self {
            provider: ProviderChoice::Auto,
            instance_id: None,
            name: None,
            region: None,
            account_id: None,
            public_ip: None,
            private_ip: None,
            job_array: JobArraySettings::default(),
        }
    }
}

/// The place in a job array as far as it is set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JobArraySettings {
    /// Id of the array; without it the host is in no array.
    pub id: Option<String>,
    /// Name of the array.
    pub name: Option<String>,
    /// Index of the task.
    pub index: Option<u64>,
    /// Tasks that are worked on at once.
    pub slots: Slots,
}

impl JobArraySettings {
    /// The place in the array, if there is an array.
    #[must_use]
    pub fn place(&self) -> Option<JobArray> {
        let Self { id, name, index, slots: _ } = self.clone();
        id.map(|id| JobArray { id, name, index })
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
