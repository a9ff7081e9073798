//! What is refused, and in which words: place, key, what was read, what would do.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod local_file;
mod tag;

use spawn_config::Layers;

fn environment(variable: &str, value: &str) -> String {
    Layers::new().environment([(variable.to_owned(), value.to_owned())]).unwrap_err().to_string()
}

#[test]
fn a_bad_variable_is_refused_by_its_name() {
    for (variable, value, expected) in [
        ("TRACING_ENABLED", "yes", "tracing-enabled cannot be \"yes\": expected `true` or `false`"),
        (
            "OTEL_TRACES_EXPORTER",
            "otlp,console",
            "tracing-exporter cannot be \"otlp,console\": expected `xray`, `otlp`, `stdout` or `none` (did you mean `otlp`?)",
        ),
        (
            "OTEL_TRACES_SAMPLER",
            "jaeger_remote",
            "tracing-sampling cannot be \"jaeger_remote\": expected `always_on`, `always_off`, `traceidratio`, one of these after `parentbased_`, or `xray`",
        ),
        (
            "OTEL_EXPORTER_OTLP_ENDPOINT",
            "localhost:4317",
            "tracing-endpoint cannot be \"localhost:4317\": expected an address such as https://collector.example.com:4317",
        ),
        (
            "OTEL_EXPORTER_OTLP_PROTOCOL",
            "http/jsn",
            "tracing-otlp-protocol cannot be \"http/jsn\": expected `grpc`, `http` (protobuf) or `http/json` (did you mean `http/json`?)",
        ),
        (
            "OTEL_EXPORTER_OTLP_TIMEOUT",
            "0",
            "tracing-otlp-timeout cannot be \"0ms\": expected a span of time such as 10s or 250ms, at most 1h",
        ),
    ] {
        assert_eq!(environment(variable, value), format!("environment variable {variable}: {expected}"));
    }
}

#[test]
fn a_bad_ratio_is_refused_by_the_variable_that_has_it() {
    let variables = [("OTEL_TRACES_SAMPLER", "traceidratio"), ("OTEL_TRACES_SAMPLER_ARG", "1.5")];
    let variables = variables.map(|(variable, value)| (variable.to_owned(), value.to_owned()));
    assert_eq!(
        Layers::new().environment(variables).unwrap_err().to_string(),
        "environment variable OTEL_TRACES_SAMPLER_ARG: tracing-sampling cannot be \"1.5\": \
         expected a decimal number from 0.0 to 1.0, such as 0.1 for 10 %"
    );
}

#[test]
fn a_bad_flag_is_refused_as_it_was_written() {
    assert_eq!(
        Layers::new().flag("ttl", "soon", "--ttl").unwrap_err().to_string(),
        "flag --ttl: ttl cannot be \"soon\": expected a span of time such as 30s, 15m, 2h, 1d or 1h30m, at most 3650d"
    );
    assert_eq!(
        Layers::new().flag("tracing-sampl1ng", "1", "--set").unwrap_err().to_string(),
        "flag --set: unknown key tracing-sampl1ng (did you mean `tracing-sampling`?)"
    );
}
