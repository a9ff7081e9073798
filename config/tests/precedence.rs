//! Which source wins, and what is said about it.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::collections::BTreeMap;
use std::time::Duration;

use spawn_config::{
    ExporterKind, JobArray, Layers, OnComplete, OtlpProtocol, ProviderChoice, Resolved, SamplingRate, Settings, Source,
    TimeSpan, Topology, TracingSettings, tags,
};

const FILE: &str = "/etc/spawn/local.yaml";

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

fn yaml(text: &str) -> Layers {
    Layers::new().local_yaml(FILE, text).unwrap()
}

fn environment(variables: &[(&str, &str)]) -> Resolved {
    Layers::new().environment(pairs(variables)).unwrap().resolve()
}

fn get(variables: &[(&str, &str)], key: &str) -> String {
    environment(variables).get(key).unwrap()
}

fn rate(text: &str) -> SamplingRate {
    text.parse().unwrap()
}

fn span(text: &str) -> TimeSpan {
    text.parse().unwrap()
}

#[test]
fn nothing_said_is_the_defaults() {
    let resolved = Layers::new().resolve();
    assert_eq!(resolved.settings, Settings::default());
    for row in [
        ("tracing-enabled", "false"),
        ("tracing-exporter", "xray"),
        ("tracing-sampling", "0.1"),
        ("tracing-endpoint", ""),
    ] {
        assert_eq!(resolved.get(row.0).unwrap(), row.1);
    }
    assert!(resolved.list().iter().all(|(_, _, source)| *source == Source::Default));
}

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
fn every_source_beats_those_before_it() {
    let mut layers = yaml("observability: {tracing: {sampling_rate: 0.2}}");
    let explain = |layers: &Layers| layers.resolve().explain("tracing-sampling").unwrap();
    let default = (Source::Default, "0.1".to_owned());
    let file = (Source::LocalYaml { path: FILE.to_owned(), line: 1 }, "0.2".to_owned());
    let tag = (Source::Tag { key: tags::TRACING_SAMPLING.to_owned() }, "0.3".to_owned());
    let variable = (Source::Environment { variable: "OTEL_TRACES_SAMPLER".to_owned() }, "0.4".to_owned());
    let flag = (Source::Flag { flag: "--sampling".to_owned() }, "0.5".to_owned());

    assert_eq!(explain(&layers).overrode, std::slice::from_ref(&default));

    // In the wrong order, because precedence is a matter of the source.
    layers = layers.flag("tracing-sampling", "0.5", "--sampling").unwrap();
    layers = layers
        .environment(pairs(&[("OTEL_TRACES_SAMPLER", "traceidratio"), ("OTEL_TRACES_SAMPLER_ARG", "0.4")]))
        .unwrap();
    layers = layers.tags(pairs(&[(tags::TRACING_SAMPLING, "0.3")])).unwrap();

    let explanation = explain(&layers);
    assert_eq!((explanation.source, explanation.value), flag);
    assert_eq!(explanation.overrode, [variable, tag, file, default]);
    assert_eq!(explanation.notes, [""; 0]);
}

#[test]
fn an_override_beats_every_other_source() {
    let layers = yaml("observability: {tracing: {sampling_rate: 0.2}}");
    let layers = layers.overriding("tracing-sampling", "0.6").unwrap();
    let layers = layers.flag("tracing-sampling", "0.5", "--sampling").unwrap();
    let explanation = layers.resolve().explain("tracing-sampling").unwrap();
    assert_eq!((explanation.value.as_str(), explanation.source), ("0.6", Source::Override));
    assert_eq!(explanation.overrode[0].0, Source::Flag { flag: "--sampling".to_owned() });
}

#[test]
fn an_override_cannot_move_a_limit() {
    let error = Layers::new().overriding("tracing-limits-max-sampling", "1").unwrap_err().to_string();
    let expected = "override: tracing-limits-max-sampling cannot be \"1\" from here: limits are set in local.yaml, and nowhere else";
    assert_eq!(error, expected);
}

#[test]
fn zero_sampling_is_kept_from_every_source() {
    let zero = |layers: Layers| assert_eq!(layers.resolve().settings.tracing.sampling, SamplingRate::NEVER);
    zero(yaml("observability: {tracing: {sampling_rate: 0}}"));
    zero(yaml("observability: {tracing: {sampling_rate: 0.0}}"));
    zero(Layers::new().tags(pairs(&[(tags::TRACING_SAMPLING, "0")])).unwrap());
    zero(Layers::new().environment(pairs(&[("OTEL_TRACES_SAMPLER", "always_off")])).unwrap());
    zero(
        Layers::new()
            .environment(pairs(&[("OTEL_TRACES_SAMPLER", "traceidratio"), ("OTEL_TRACES_SAMPLER_ARG", "0")]))
            .unwrap(),
    );
    zero(Layers::new().flag("tracing-sampling", "0.0", "--tracing-sampling").unwrap());
    zero(
        yaml("observability: {tracing: {limits: {max_sampling: 0}}}")
            .tags(pairs(&[(tags::TRACING_SAMPLING, "1")]))
            .unwrap(),
    );
}

#[test]
fn a_sampling_tag_is_capped_and_says_so() {
    let layers = yaml("observability: {tracing: {limits: {max_sampling: 0.5}}}");
    let (layers, errors) = layers.tags_lenient(pairs(&[(tags::TRACING_SAMPLING, "1.0")]));
    assert_eq!(errors, []);
    let explanation = layers.resolve().explain("tracing-sampling").unwrap();
    assert_eq!(explanation.value, "0.5");
    assert_eq!(
        explanation.notes,
        ["tag spawn:tracing-sampling asks for 1; `limits.max_sampling` of local.yaml allows 0.5"]
    );
    let uncapped = layers.flag("tracing-sampling", "1", "--tracing-sampling").unwrap().resolve();
    assert_eq!(uncapped.settings.tracing.sampling, SamplingRate::ALWAYS);
}

#[test]
fn a_tag_names_only_endpoints_that_the_host_allows() {
    let collector =
        pairs(&[(tags::TRACING_ENDPOINT, "http://otel.corp.example:4318"), (tags::TRACING_ENABLED, "true")]);
    let (layers, errors) = Layers::new().tags_lenient(collector.clone());
    assert_eq!(
        errors.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["tag spawn:tracing-endpoint: tracing-endpoint cannot be \"http://otel.corp.example:4318\" from here: \
          a tag may name AWS X-Ray of the instance's own region over https, loopback, or a host that \
          `limits.endpoints` of local.yaml lists"]
    );
    let settings = layers.resolve().settings;
    assert_eq!((settings.tracing.endpoint, settings.tracing.enabled), (None, true));
    assert_eq!(
        tags::caution(tags::TRACING_ENDPOINT, "http://otel.corp.example:4318", None).unwrap(),
        "the agent takes spawn:tracing-endpoint http://otel.corp.example:4318 only if `limits.endpoints` of its \
         local.yaml lists the host"
    );
    assert_eq!(tags::caution(tags::TRACING_ENDPOINT, "http://127.0.0.1:4318", None), None);
    let xray = "https://xray.eu-west-1.amazonaws.com";
    assert_eq!(tags::caution(tags::TRACING_ENDPOINT, xray, None), None);
    assert!(tags::caution(tags::TRACING_ENDPOINT, xray, Some("us-east-1")).is_some());

    let opened = yaml("observability: {tracing: {limits: {endpoints: ['*.corp.example']}}}");
    let (layers, errors) = opened.tags_lenient(collector);
    assert_eq!(errors, []);
    assert_eq!(layers.resolve().get("tracing-endpoint").unwrap(), "http://otel.corp.example:4318");
}

#[test]
fn a_bad_tag_is_left_out_and_the_others_hold() {
    let (layers, errors) = Layers::new().tags_lenient(pairs(&[
        (tags::TTL, "5 minutes"),
        ("Name", "a host"),
        (tags::MANAGED, "true"),
        (tags::TRACEPARENT, "00-…"),
        (tags::ON_COMPLETE, "stop"),
    ]));
    assert_eq!(
        errors.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["tag spawn:ttl: ttl cannot be \"5 minutes\": expected a span of time such as 30s, 15m, 2h, 1d or 1h30m, \
          at most 3650d"]
    );
    let life = layers.resolve().settings.life;
    assert_eq!((life.ttl, life.on_complete), (None, Some(OnComplete::Stop)));
}

#[test]
fn the_samplers_of_opentelemetry_are_rates() {
    for (sampler, arg, expected) in [
        ("always_on", "", "1"),
        ("always_off", "0.5", "0"),
        ("traceidratio", "0.25", "0.25"),
        ("traceidratio", "", "1"),
        ("parentbased_always_on", "", "1"),
        ("parentbased_always_off", "", "0"),
        ("parentbased_traceidratio", "0.75", "0.75"),
        ("", "", "0.1"),
    ] {
        let variables = [("OTEL_TRACES_SAMPLER", sampler), ("OTEL_TRACES_SAMPLER_ARG", arg)];
        assert_eq!(get(&variables, "tracing-sampling"), expected, "{sampler} {arg}");
    }
}

#[test]
fn the_variable_of_the_sampler_chooses_it_over_local_yaml() {
    let chosen = |before: &str, sampler: &str| {
        let layers = yaml(&format!("observability: {{tracing: {{sampler: {before}, sampling_rate: 0.5}}}}"));
        let resolved = layers.environment(pairs(&[("OTEL_TRACES_SAMPLER", sampler)])).unwrap().resolve();
        let explanation = resolved.explain("tracing-sampler").unwrap();
        let variable = Source::Environment { variable: "OTEL_TRACES_SAMPLER".to_owned() };
        assert_eq!(explanation.source, variable);
        (explanation.value, resolved.get("tracing-sampling").unwrap())
    };
    let pair = |sampler: &str, rate: &str| (sampler.to_owned(), rate.to_owned());
    assert_eq!(chosen("ratio", "xray"), pair("xray", "0.5"));
    assert_eq!(chosen("xray", "parentbased_always_on"), pair("ratio", "1"));
}

#[test]
fn a_tag_has_no_way_around_a_ceiling() {
    let tagged = |limits: &str, key: &str, value: &str| {
        let layers = yaml(&format!("observability: {{tracing: {{{limits}}}}}"));
        let (layers, errors) = layers.tags_lenient(pairs(&[(key, value)]));
        assert_eq!(errors, []);
        layers.resolve()
    };
    for (tag, value, key, default) in [
        (tags::TRACING_SAMPLER, "xray", "tracing-sampler", "ratio"),
        (tags::TRACING_KEEP_ERRORS, "true", "tracing-keep-errors", "false"),
    ] {
        let free = tagged("limits: {max_sampling: 1}", tag, value);
        assert_eq!(free.get(key).unwrap(), value);
        let capped = tagged("limits: {max_sampling: 0.5}", tag, value).explain(key).unwrap();
        assert_eq!((capped.value.as_str(), capped.source), (default, Source::Default));
        let note = format!("tag {tag} does not count while `limits.max_sampling` of local.yaml is 0.5, below 1");
        assert_eq!(capped.notes, [note]);
        let own = tagged(
            &format!("limits: {{max_sampling: 0.5}}, {}: {value}", &key["tracing-".len()..].replace('-', "_")),
            tag,
            value,
        );
        assert_eq!(own.get(key).unwrap(), value, "local.yaml itself is not under the ceiling");
    }
}

#[test]
fn a_ratio_without_a_sampler_is_passed_over_and_explained() {
    let explanation = environment(&[("OTEL_TRACES_SAMPLER_ARG", "0.9")]).explain("tracing-sampling").unwrap();
    assert_eq!(explanation.source, Source::Default);
    assert_eq!(explanation.notes, ["OTEL_TRACES_SAMPLER_ARG has no effect without OTEL_TRACES_SAMPLER"]);
}

#[test]
fn the_variables_of_opentelemetry_are_understood() {
    let settings = environment(&[
        ("TRACING_ENABLED", "true"),
        ("OTEL_TRACES_EXPORTER", "otlp"),
        ("OTEL_SERVICE_NAME", "grid"),
        ("OTEL_RESOURCE_ATTRIBUTES", "team=physics,note=a%2Cb"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://collector.example:4318/otlp"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
        ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/protobuf"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20abc"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "2500"),
        ("OTEL_EXPORTER_OTLP_CERTIFICATE", "/etc/ca.pem"),
        ("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", ""),
        ("HOME", "/root"),
    ])
    .settings;
    let mut expected = Settings::default();
    expected.tracing.enabled = true;
    expected.tracing.exporter = ExporterKind::Otlp;
    expected.tracing.service_name = Some("grid".to_owned());
    expected.tracing.attributes =
        BTreeMap::from([("note".to_owned(), "a,b".to_owned()), ("team".to_owned(), "physics".to_owned())]);
    expected.tracing.endpoint = Some("https://collector.example:4318/otlp/v1/traces".parse().unwrap());
    expected.tracing.otlp.protocol = OtlpProtocol::Http;
    expected.tracing.otlp.headers = BTreeMap::from([("authorization".to_owned(), "Bearer abc".to_owned())]).into();
    expected.tracing.otlp.timeout = Duration::from_millis(2_500);
    expected.tracing.otlp.ca_file = Some("/etc/ca.pem".to_owned());
    assert_eq!(settings, expected);
}

#[test]
fn the_words_of_opentelemetry_are_put_into_ours() {
    assert_eq!(get(&[("OTEL_TRACES_EXPORTER", "console")], "tracing-exporter"), "stdout");
    assert_eq!(get(&[("OTEL_SDK_DISABLED", "TRUE"), ("TRACING_ENABLED", "true")], "tracing-enabled"), "false");
    assert_eq!(get(&[("OTEL_SDK_DISABLED", "false"), ("TRACING_ENABLED", "true")], "tracing-enabled"), "true");
    let plain = [("OTEL_TRACES_EXPORTER", "otlp"), ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:4318")];
    assert_eq!(get(&plain, "tracing-endpoint"), "http://localhost:4318");
}

#[test]
fn the_endpoint_of_the_environment_is_a_base_unless_it_is_for_traces() {
    const BASE: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
    const TRACES: &str = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
    for (variables, expected) in [
        (&[(BASE, "http://a:4318")][..], "http://a:4318"),
        (&[(BASE, "http://a:4318/")], "http://a:4318"),
        (&[(BASE, "http://a:4318/otlp/")], "http://a:4318/otlp/v1/traces"),
        (&[(TRACES, "http://a:4318/otlp")], "http://a:4318/otlp"),
        (&[(TRACES, "http://a:4318")], "http://a:4318/."),
        (&[(TRACES, "http://a:4318"), (BASE, "http://b:4318")], "http://a:4318/."),
        (&[(TRACES, ""), (BASE, "http://b:4318")], "http://b:4318"),
        (&[(BASE, "a:4317"), ("OTEL_EXPORTER_OTLP_INSECURE", "true")], "http://a:4317"),
        (&[(BASE, "a:4317"), ("OTEL_EXPORTER_OTLP_INSECURE", "false")], "https://a:4317"),
        (&[(BASE, "https://a:4317"), ("OTEL_EXPORTER_OTLP_INSECURE", "true")], "https://a:4317"),
        (
            &[
                (BASE, "a:4317"),
                ("OTEL_EXPORTER_OTLP_INSECURE", "true"),
                ("OTEL_EXPORTER_OTLP_TRACES_INSECURE", "false"),
            ],
            "https://a:4317",
        ),
    ] {
        let resolved = environment(&[&[("OTEL_TRACES_EXPORTER", "otlp")], variables].concat());
        let endpoint = resolved.settings.tracing.endpoint.unwrap();
        assert_eq!(endpoint.to_string(), expected, "{variables:?}");
        assert_eq!(endpoint.is_base(), !expected.ends_with("/.") && expected.matches('/').count() == 2);
    }
}

#[test]
fn an_otlp_endpoint_of_the_environment_is_not_for_x_ray() {
    let explanation =
        environment(&[("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:4318")]).explain("tracing-endpoint").unwrap();
    assert_eq!((explanation.value.as_str(), explanation.source), ("", Source::Default));
    assert_eq!(
        explanation.notes,
        ["OTEL_EXPORTER_OTLP_ENDPOINT is for the exporter `otlp` only; the exporter is `xray`"]
    );
}

#[test]
fn attributes_of_all_sources_join() {
    let resolved = yaml("observability: {tracing: {attributes: {team: physics, cost: 7}}}")
        .environment(pairs(&[("OTEL_RESOURCE_ATTRIBUTES", "team=biology")]))
        .unwrap()
        .resolve();
    assert_eq!(resolved.get("tracing-attributes").unwrap(), "cost=7,team=biology");
}

#[test]
fn a_header_of_the_configuration_is_never_shown() {
    let resolved = environment(&[("OTEL_EXPORTER_OTLP_HEADERS", "authorization=hunter2")]);
    assert_eq!(resolved.get("tracing-otlp-headers").unwrap(), "authorization=[redacted]");
    assert!(!format!("{resolved:?}").contains("hunter2"));
    let error = Layers::new().environment(pairs(&[("OTEL_EXPORTER_OTLP_HEADERS", "hunter2")])).unwrap_err();
    assert_eq!(
        error.to_string(),
        "environment variable OTEL_EXPORTER_OTLP_HEADERS: tracing-otlp-headers cannot be [redacted]: \
         expected KEY=VALUE pairs with commas between them, other characters as %XX"
    );
}

#[test]
fn an_empty_value_of_a_stronger_source_unsets() {
    let resolved = yaml("observability: {tracing: {endpoint: 'https://a.example'}}")
        .tags(pairs(&[(tags::TRACING_ENDPOINT, "")]))
        .unwrap()
        .resolve();
    assert_eq!(resolved.settings.tracing.endpoint, None);
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

#[test]
fn an_unknown_key_is_answered_with_the_likeliest() {
    let resolved = Layers::new().resolve();
    assert_eq!(
        resolved.get("tracing-sampl1ng").unwrap_err().to_string(),
        "unknown key tracing-sampl1ng (did you mean `tracing-sampling`?)"
    );
    assert_eq!(resolved.explain("zebra").unwrap_err().to_string(), "unknown key zebra; `config list` shows all keys");
}
