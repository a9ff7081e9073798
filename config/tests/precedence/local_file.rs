//! What a `local.yaml` may hold, and what it makes of the settings.

use std::collections::BTreeMap;
use std::time::Duration;

use spawn_config::{
    ExporterKind, JobArray, Layers, OnComplete, OtlpProtocol, ProviderChoice, Settings, Topology, TracingSettings, tags,
};

use crate::{pairs, rate, span, yaml};

#[test]
fn a_file_with_nothing_but_tracing_is_complete() {
    let layers = yaml(concat!(
        "observability:\n",
        "  tracing:\n",
        "    enabled: true\n",
        "    exporter: stdout      # for now\n",
        "    sampling_rate: 0.25  # 25 % of them\n",
        "    endpoint: \"\"        # none\n",
    ));
    let tracing = TracingSettings {
        enabled: true,
        exporter: ExporterKind::Stdout,
        sampling: rate("0.25"),
        ..TracingSettings::default()
    };
    assert_eq!(layers.resolve().settings, Settings { tracing, ..Settings::default() });
}

#[test]
fn the_identity_of_a_local_host_is_read() {
    let settings = yaml(concat!(
        "instance_id: auto\n",
        "name: bench-7\n",
        "region: eu-central-1\n",
        "account_id: 012345678901\n",
        "provider: local\n",
        "public_ip: auto\n",
        "private_ip: 10.0.0.7\n",
        "ttl: 8h\n",
        "idle_timeout: 1h30m\n",
        "on_complete: exit\n",
        "job_array:\n",
        "  id: grid-20270131-a1b2c3\n",
        "  name: ''\n",
        "  index: 0\n",
    ))
    .environment(pairs(&[("SPAWN_INSTANCE_ID", "bench-7"), ("SPAWN_TTL", "")]))
    .unwrap()
    .resolve()
    .settings;
    let mut expected = Settings::default();
    expected.host.instance_id = Some("bench-7".to_owned());
    expected.host.name = Some("bench-7".to_owned());
    expected.host.region = Some("eu-central-1".to_owned());
    expected.host.account_id = Some("012345678901".to_owned());
    expected.host.provider = ProviderChoice::Local;
    expected.host.private_ip = Some("10.0.0.7".to_owned());
    expected.host.job_array.id = Some("grid-20270131-a1b2c3".to_owned());
    expected.host.job_array.index = Some(0);
    expected.life.ttl = Some(span("8h"));
    expected.life.idle_timeout = Some(span("90m"));
    expected.life.on_complete = Some(OnComplete::Exit);
    assert_eq!(settings, expected);
    assert_eq!(
        settings.host.job_array.place(),
        Some(JobArray { id: "grid-20270131-a1b2c3".to_owned(), name: None, index: Some(0) })
    );
}

#[test]
fn every_setting_of_tracing_can_stand_in_the_file() {
    let tracing = yaml(concat!(
        "observability:\n",
        "  tracing:\n",
        "    until: 2027-01-31T18:00:00Z\n",
        "    topology: linked\n",
        "    service_name_prefix: lab\n",
        "    exporter_file: /var/log/spans.jsonl\n",
        "    otlp:\n",
        "      protocol: http\n",
        "      headers: {x-team: physics}\n",
        "      token_header: x-token\n",
        "      token_file: /run/token\n",
        "      ca_file: /etc/ca.pem\n",
        "      client_cert: /etc/cert.pem\n",
        "      client_key: /etc/key.pem\n",
        "      skip_verify: true\n",
        "      compression: gzip\n",
        "      timeout: 250ms\n",
        "    filter: {drop: ['*.sql'], redact: [aws.s3.key], hash: [user.*]}\n",
    ))
    .resolve()
    .settings
    .tracing;
    let mut expected = TracingSettings {
        until: Some("2027-01-31T18:00:00Z".parse().unwrap()),
        topology: Topology::Linked,
        service_name_prefix: Some("lab".to_owned()),
        exporter_file: Some("/var/log/spans.jsonl".to_owned()),
        ..TracingSettings::default()
    };
    expected.otlp.protocol = OtlpProtocol::Http;
    expected.otlp.headers = BTreeMap::from([("x-team".to_owned(), "physics".to_owned())]).into();
    expected.otlp.token_header = Some("x-token".to_owned());
    expected.otlp.token_file = Some("/run/token".to_owned());
    expected.otlp.ca_file = Some("/etc/ca.pem".to_owned());
    expected.otlp.client_cert = Some("/etc/cert.pem".to_owned());
    expected.otlp.client_key = Some("/etc/key.pem".to_owned());
    expected.otlp.skip_verify = true;
    expected.otlp.compression = spawn_config::Compression::Gzip;
    expected.otlp.timeout = Duration::from_millis(250);
    expected.filter.drop = vec!["*.sql".to_owned()];
    expected.filter.redact = vec!["aws.s3.key".to_owned()];
    expected.filter.hash = vec!["user.*".to_owned()];
    assert_eq!(tracing, expected);
}

#[test]
fn tracing_ends_at_its_instant() {
    let settings = Layers::new()
        .tags(pairs(&[(tags::TRACING_ENABLED, "true"), (tags::TRACING_UNTIL, "2027-01-31T18:00:00Z")]))
        .unwrap()
        .resolve()
        .settings;
    assert!(settings.tracing_on("2027-01-31T17:59:59Z".parse().unwrap()));
    assert!(!settings.tracing_on("2027-01-31T18:00:00Z".parse().unwrap()));
    assert!(!Settings::default().tracing_on("2027-01-31T17:59:59Z".parse().unwrap()));
}
