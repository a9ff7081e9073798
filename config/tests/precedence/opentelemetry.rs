//! The variables of OpenTelemetry, put into spawn's own words.

use std::collections::BTreeMap;
use std::time::Duration;

use spawn_config::{ExporterKind, OtlpProtocol, Settings, Source};

use crate::{environment, get, pairs, yaml};

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
