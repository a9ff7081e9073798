//! The one table: every key once, in the order in which people meet them.

use super::field::{Field, Raw};
use super::readers::{
    join_attributes, read_address, read_loopback, read_quota, read_region, read_spool_size, read_sync,
};
use super::{Grammar, Key};
use crate::{
    Compression, ExporterKind, OnComplete, OtlpProtocol, ProviderChoice, SamplerKind, Sessions, Settings, Topology,
    ValueError, tags,
};

/// Every key, each once.
#[must_use]
pub fn keys() -> &'static [Key] {
    &KEYS
}

/// A row; the field is named once, and both read and shown. The reader is the type's own unless one is given.
macro_rules! key {
    ($name:literal, $grammar:expr, $($field:ident).+) => {
        key!($name, $grammar, $($field).+, Field::read)
    };
    ($name:literal, $grammar:expr, $($field:ident).+, $read:expr) => {
        Key::row(
            $name,
            $grammar,
            |settings, raw| $read(raw).map(|value| settings.$($field).+ = value),
            |settings| settings.$($field).+.show(),
        )
    };
}

static KEYS: [Key; 57] = [
    key!("tracing-enabled", Grammar::Truth, tracing.enabled)
        .says("Makes spans of what spawn and spored do.")
        .tag(tags::TRACING_ENABLED)
        .path("observability.tracing.enabled")
        // OTEL_SDK_DISABLED is the stronger: it exists to switch everything off.
        .env(&["OTEL_SDK_DISABLED", "TRACING_ENABLED"])
        .default("false"),
    key!("tracing-exporter", Grammar::Word(ExporterKind::WORDS), tracing.exporter)
        .says("Says where spans go; `none` only puts their ids into the log.")
        .tag(tags::TRACING_EXPORTER)
        .path("observability.tracing.exporter")
        .env(&["OTEL_TRACES_EXPORTER"])
        .default("xray"),
    key!("tracing-sampling", Grammar::Share, tracing.sampling)
        .says("Keeps this share of the traces that start here; 0 keeps none.")
        .tag(tags::TRACING_SAMPLING)
        .path("observability.tracing.sampling_rate")
        .env(&["OTEL_TRACES_SAMPLER", "OTEL_TRACES_SAMPLER_ARG"])
        .default("0.1"),
    key!("tracing-sampler", Grammar::Word(SamplerKind::WORDS), tracing.sampler)
        .says("Decides about traces that start here by that share, or by the account's sampling rules in X-Ray.")
        .tag(tags::TRACING_SAMPLER)
        .path("observability.tracing.sampler")
        .default("ratio"),
    key!("tracing-sampling-rules", Grammar::List, tracing.sampling_rules)
        .says("Gives single operations a share of their own, such as `DynamoDB.GetItem=0.01` or `S3.*=0`.")
        .path("observability.tracing.sampling_rules"),
    key!("tracing-keep-errors", Grammar::Truth, tracing.keep_errors)
        .says("Keeps the spans of failed calls in traces that are not kept.")
        .tag(tags::TRACING_KEEP_ERRORS)
        .path("observability.tracing.keep_errors")
        .default("false"),
    key!("tracing-endpoint", Grammar::Endpoint, tracing.endpoint)
        .says("Sends spans to this address instead of the exporter's own.")
        .tag(tags::TRACING_ENDPOINT)
        .path("observability.tracing.endpoint")
        .env(&["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT", "OTLP_ENDPOINT"]),
    key!("tracing-until", Grammar::Instant, tracing.until)
        .says("Switches tracing off again at this instant.")
        .tag(tags::TRACING_UNTIL)
        .path("observability.tracing.until"),
    key!("tracing-topology", Grammar::Word(Topology::WORDS), tracing.topology)
        .says("Says how the tasks of a job array hang together in traces.")
        .tag(tags::TRACING_TOPOLOGY)
        .path("observability.tracing.topology")
        .default("auto"),
    key!("tracing-service-name", Grammar::Text, tracing.service_name)
        .says("Replaces the service name, `spored` or `spawn`.")
        .env(&["OTEL_SERVICE_NAME"]),
    key!("tracing-service-name-prefix", Grammar::Text, tracing.service_name_prefix)
        .says("Goes before the service name with a hyphen between.")
        .path("observability.tracing.service_name_prefix"),
    Key::row("tracing-attributes", Grammar::Map, join_attributes, |settings| settings.tracing.attributes.show())
        .says("Adds resource attributes to every span; those of a stronger source join the weaker.")
        .path("observability.tracing.attributes")
        .env(&["OTEL_RESOURCE_ATTRIBUTES"]),
    key!("tracing-exporter-file", Grammar::Text, tracing.exporter_file)
        .says("Writes the lines of `stdout` to this file instead of stderr.")
        .path("observability.tracing.exporter_file"),
    key!("tracing-spool-folder", Grammar::Text, tracing.spool.folder)
        .says("Keeps spans on their way in this folder instead of the program's own.")
        .path("observability.tracing.spool.folder")
        .env(&["SPAWN_SPOOL"]),
    key!("tracing-spool-size", Grammar::Whole, tracing.spool.size, read_spool_size)
        .says("Bounds the bytes on disk of spans on their way; at least 1048576, which is 1 MiB.")
        .path("observability.tracing.spool.size")
        .default("67108864"),
    key!("tracing-spool-sync", Grammar::Timeout, tracing.spool.sync, read_sync)
        .says("Has the disk write spans through after so long; 0 waits for it at the end of each span.")
        .path("observability.tracing.spool.sync")
        .default("200ms"),
    key!("tracing-quota", Grammar::Whole, tracing.quota, read_quota)
        .says("Tells how many documents a second X-Ray takes in this region; the agents of a launch share them.")
        .path("observability.tracing.quota")
        .default("2600"),
    key!("tracing-otlp-protocol", Grammar::Word(OtlpProtocol::WORDS), tracing.otlp.protocol)
        .says("Chooses gRPC, or protobuf or JSON over HTTP.")
        .path("observability.tracing.otlp.protocol")
        .env(&["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"])
        .default("grpc"),
    key!("tracing-otlp-headers", Grammar::Secrets, tracing.otlp.headers)
        .says("Adds headers to every request; their values are never shown.")
        .path("observability.tracing.otlp.headers")
        .env(&["OTEL_EXPORTER_OTLP_TRACES_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS"]),
    key!("tracing-otlp-token-header", Grammar::Text, tracing.otlp.token_header)
        .says("Names the header for the token; unset, it is `authorization` with `Bearer` before the token.")
        .path("observability.tracing.otlp.token_header"),
    key!("tracing-otlp-token-file", Grammar::Text, tracing.otlp.token_file)
        .says("Names a file that holds a token; it is read again when it changes.")
        .path("observability.tracing.otlp.token_file"),
    key!("tracing-otlp-ca-file", Grammar::Text, tracing.otlp.ca_file)
        .says("Trusts the authorities of this PEM file instead of the system's.")
        .path("observability.tracing.otlp.ca_file")
        .env(&["OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", "OTEL_EXPORTER_OTLP_CERTIFICATE"]),
    key!("tracing-otlp-client-cert", Grammar::Text, tracing.otlp.client_cert)
        .says("Names the client's certificate, a PEM file, for mutual TLS.")
        .path("observability.tracing.otlp.client_cert")
        .env(&["OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE", "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE"]),
    key!("tracing-otlp-client-key", Grammar::Text, tracing.otlp.client_key)
        .says("Names the client's private key, a PEM file.")
        .path("observability.tracing.otlp.client_key")
        .env(&["OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY", "OTEL_EXPORTER_OTLP_CLIENT_KEY"]),
    key!("tracing-otlp-skip-verify", Grammar::Truth, tracing.otlp.skip_verify)
        .says("Accepts any certificate of the server; for experiments only.")
        .path("observability.tracing.otlp.skip_verify")
        .default("false"),
    key!("tracing-otlp-compression", Grammar::Word(Compression::WORDS), tracing.otlp.compression)
        .says("Compresses the bodies of requests.")
        .path("observability.tracing.otlp.compression")
        .env(&["OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "OTEL_EXPORTER_OTLP_COMPRESSION"])
        .default("none"),
    key!("tracing-otlp-timeout", Grammar::Timeout, tracing.otlp.timeout)
        .says("Ends an export that takes longer; variables give milliseconds.")
        .path("observability.tracing.otlp.timeout")
        .env(&["OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT"])
        .default("10s"),
    key!("tracing-annotations", Grammar::List, tracing.annotations)
        .says("Makes X-Ray annotations of further attributes, whose names match these globs.")
        .path("observability.tracing.annotations"),
    key!("tracing-filter-allow", Grammar::List, tracing.filter.allow)
        .says("Lets attributes through whose names match these globs, beside those that spawn knows.")
        .path("observability.tracing.filter.allow"),
    key!("tracing-filter-drop", Grammar::List, tracing.filter.drop)
        .says("Leaves out attributes whose names match these globs.")
        .path("observability.tracing.filter.drop"),
    key!("tracing-filter-redact", Grammar::List, tracing.filter.redact)
        .says("Replaces the values of attributes whose names match these globs.")
        .path("observability.tracing.filter.redact"),
    key!("tracing-filter-hash", Grammar::List, tracing.filter.hash)
        .says("Puts a hash in place of the values of attributes whose names match these globs.")
        .path("observability.tracing.filter.hash"),
    key!("tracing-limits-max-sampling", Grammar::Share, tracing.limits.max_sampling)
        .says("Caps the sampling rate that a tag sets.")
        .path("observability.tracing.limits.max_sampling")
        .default("1"),
    key!("tracing-limits-endpoints", Grammar::List, tracing.limits.endpoints)
        .says("Lists hosts, as globs, that a tag may name as endpoint beside AWS X-Ray and loopback.")
        .path("observability.tracing.limits.endpoints"),
    key!("metrics-address", Grammar::Text, metrics_address, read_loopback)
        .says("Offers the account of spans to Prometheus at this loopback address, such as 127.0.0.1:9464.")
        .path("observability.metrics.address"),
    key!("ttl", Grammar::Span, life.ttl)
        .says("Ends the host this long after its launch; one that is no instance goes on without its agent.")
        .tag(tags::TTL)
        .path("ttl")
        .env(&["SPAWN_TTL"]),
    key!("idle-timeout", Grammar::Span, life.idle_timeout)
        .says("Ends the host after this long without work.")
        .tag(tags::IDLE_TIMEOUT)
        .path("idle_timeout")
        .env(&["SPAWN_IDLE_TIMEOUT"]),
    key!("idle-cpu-percent", Grammar::Percent, life.idle_cpu_percent)
        .says("Counts the host as idle up to this load of all processors together.")
        .tag(tags::IDLE_CPU_PERCENT)
        .path("idle_cpu_percent")
        .env(&["SPAWN_IDLE_CPU_PERCENT"])
        .default("5"),
    key!("idle-network-bytes", Grammar::Whole, life.idle_network_bytes)
        .says("Counts the host as idle up to so many bytes a minute, the agent's own left out.")
        .tag(tags::IDLE_NETWORK_BYTES)
        .path("idle_network_bytes")
        .env(&["SPAWN_IDLE_NETWORK_BYTES"])
        .default("10000"),
    key!("idle-disk-bytes", Grammar::Whole, life.idle_disk_bytes)
        .says("Counts the host as idle up to so many bytes a minute read from disks and written to them.")
        .tag(tags::IDLE_DISK_BYTES)
        .path("idle_disk_bytes")
        .env(&["SPAWN_IDLE_DISK_BYTES"])
        .default("100000"),
    key!("idle-sessions", Grammar::Word(Sessions::WORDS), life.idle_sessions)
        .says("Says which terminals keep the host from being idle: all open ones, those in use, or none.")
        .tag(tags::IDLE_SESSIONS)
        .path("idle_sessions")
        .env(&["SPAWN_IDLE_SESSIONS"])
        .default("open"),
    key!("on-complete", Grammar::Word(OnComplete::WORDS), life.on_complete)
        .says("Says what becomes of the instance at its end; unset, it is terminated, and `exit` ends only the agent.")
        .tag(tags::ON_COMPLETE)
        .path("on_complete")
        .env(&["SPAWN_ON_COMPLETE"]),
    key!("completion-file", Grammar::Text, life.completion_file)
        .says("Names the file whose appearance says that the work is done.")
        .path("completion_file")
        .env(&["SPAWN_COMPLETION_FILE"])
        .default("/run/spored/complete"),
    key!("completion-delay", Grammar::Span, life.completion_delay)
        .says("Waits this long between the completion and the end.")
        .tag(tags::COMPLETION_DELAY)
        .path("completion_delay")
        .env(&["SPAWN_COMPLETION_DELAY"])
        .default("30s"),
    // No tag and no variable: whoever may write tags must not run programs as the agent.
    key!("pre-stop", Grammar::List, life.pre_stop)
        .says(
            "Runs this program, given with its arguments, before the end; unset, `/etc/spawn/pre-stop` if it is there.",
        )
        .path("pre_stop"),
    key!("pre-stop-timeout", Grammar::Span, life.pre_stop_timeout)
        .says("Ends the program before the end when it takes longer.")
        .tag(tags::PRE_STOP_TIMEOUT)
        .path("pre_stop_timeout")
        .env(&["SPAWN_PRE_STOP_TIMEOUT"])
        .default("5m"),
    key!("provider", Grammar::Word(ProviderChoice::WORDS), host.provider)
        .says("Says what kind of host this is; `auto` asks instance metadata.")
        .path("provider")
        .env(&["SPAWN_PROVIDER"])
        .default("auto"),
    key!("instance-id", Grammar::Auto, host.instance_id)
        .says("Names the host; `auto` is the instance id or `local-HOSTNAME`.")
        .path("instance_id")
        .env(&["SPAWN_INSTANCE_ID"])
        .default("auto"),
    key!("name", Grammar::Text, host.name)
        .says("Names the host for people.")
        .path("name")
        .env(&["SPAWN_INSTANCE_NAME"]),
    key!("region", Grammar::Auto, host.region, read_region)
        .says("Sends the host's AWS calls to this region.")
        .path("region")
        .env(&["SPAWN_REGION"])
        .default("auto"),
    key!("account-id", Grammar::Auto, host.account_id)
        .says("Names the account.")
        .path("account_id")
        .env(&["SPAWN_ACCOUNT_ID"])
        .default("auto"),
    key!("public-ip", Grammar::Auto, host.public_ip, read_address)
        .says("Gives the host's address for the rest of the world.")
        .path("public_ip")
        .env(&["SPAWN_PUBLIC_IP"])
        .default("auto"),
    key!("private-ip", Grammar::Auto, host.private_ip, read_address)
        .says("Gives the host's address within its network.")
        .path("private_ip")
        .env(&["SPAWN_PRIVATE_IP"])
        .default("auto"),
    key!("job-array-id", Grammar::Text, host.job_array.id)
        .says("Makes the host work for this job array.")
        .tag(tags::ARRAY_ID)
        .path("job_array.id")
        .env(&["SPAWN_JOB_ARRAY_ID"]),
    key!("job-array-name", Grammar::Text, host.job_array.name)
        .says("Names the job array for people.")
        .path("job_array.name"),
    key!("job-array-index", Grammar::Whole, host.job_array.index)
        .says("Gives the host the task of this index.")
        .path("job_array.index"),
    key!("job-array-slots", Grammar::Slots, host.job_array.slots)
        .says("Works on this many tasks of the job array at once.")
        .tag(tags::SLOTS)
        .path("job_array.slots")
        .env(&["SPAWN_JOB_ARRAY_SLOTS"])
        .default("1"),
];

impl Key {
    /// A row with no spelling but its name, and unset by default.
    const fn row(
        name: &'static str,
        grammar: Grammar,
        read: fn(&mut Settings, &Raw) -> Result<(), ValueError>,
        show: fn(&Settings) -> String,
    ) -> Self {
        Self { name, tag: None, path: None, env: &[], default: "", grammar, sentence: "", read, show }
    }

    const fn says(self, sentence: &'static str) -> Self {
        Self { sentence, ..self }
    }

    const fn tag(self, tag: &'static str) -> Self {
        Self { tag: Some(tag), ..self }
    }

    const fn path(self, path: &'static str) -> Self {
        Self { path: Some(path), ..self }
    }

    const fn env(self, env: &'static [&'static str]) -> Self {
        Self { env, ..self }
    }

    const fn default(self, default: &'static str) -> Self {
        Self { default, ..self }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn assert_unique<'a>(spellings: impl Iterator<Item = &'a str>) {
        let mut seen = BTreeSet::new();
        for spelling in spellings {
            assert!(seen.insert(spelling), "{spelling} stands twice");
        }
    }

    #[test]
    fn no_spelling_stands_twice() {
        assert_unique(keys().iter().map(|key| key.name));
        assert_unique(keys().iter().filter_map(|key| key.tag));
        assert_unique(keys().iter().filter_map(|key| key.path));
        assert_unique(keys().iter().flat_map(|key| key.env.iter().copied()));
    }

    #[test]
    fn the_defaults_of_the_table_are_those_of_the_settings() {
        for key in keys() {
            assert_eq!(key.show(&Settings::default()), key.default, "{}", key.name);
        }
    }

    #[test]
    fn a_tag_is_the_prefix_and_the_name_of_its_key() {
        let odd = [("job-array-id", tags::ARRAY_ID), ("job-array-slots", tags::SLOTS)];
        for (key, tag) in keys().iter().filter_map(|key| Some((key, key.tag?))) {
            let regular = format!("{}{}", tags::PREFIX, key.name);
            assert!(tag == regular || odd.contains(&(key.name, tag)), "{tag} of {}", key.name);
        }
    }

    #[test]
    fn every_key_says_what_it_does() {
        for key in keys() {
            assert!(key.sentence.ends_with('.'), "{}", key.name);
        }
    }
}
