//! Which source wins, and what is said about it.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod local_file;
mod opentelemetry;
mod tagged;

use spawn_config::{Layers, Resolved, SamplingRate, Settings, Source, TimeSpan, tags};

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
fn an_unknown_key_is_answered_with_the_likeliest() {
    let resolved = Layers::new().resolve();
    assert_eq!(
        resolved.get("tracing-sampl1ng").unwrap_err().to_string(),
        "unknown key tracing-sampl1ng (did you mean `tracing-sampling`?)"
    );
    assert_eq!(resolved.explain("zebra").unwrap_err().to_string(), "unknown key zebra; `config list` shows all keys");
}
