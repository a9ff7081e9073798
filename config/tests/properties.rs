//! What holds for every input.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use proptest::prelude::*;
use spawn_config::{
    ExporterKind, JobArraySettings, Layers, LifeSettings, OnComplete, Sessions, Settings, Topology, TracingSettings,
    keys, tags,
};

/// Settings that tags can carry.
fn settings() -> impl Strategy<Value = Settings> {
    let tracing = (
        any::<bool>(),
        prop::sample::select(vec![ExporterKind::XRay, ExporterKind::Otlp, ExporterKind::Stdout, ExporterKind::None]),
        0.0..=1.0_f64,
        prop::option::of("https?://(localhost|127\\.0\\.0\\.1)(:[1-9][0-9]{0,3})?(/[a-z]{1,8})?"),
        prop::option::of(0..4_000_000_000_i64),
        prop::sample::select(vec![Topology::Auto, Topology::Joined, Topology::Linked]),
    );
    let end =
        prop::sample::select(vec![OnComplete::Terminate, OnComplete::Stop, OnComplete::Hibernate, OnComplete::Exit]);
    let idle = (
        prop::option::of("[1-9][0-9]{0,2}[dhms]"),
        0.0..=100.0_f64,
        any::<u64>(),
        any::<u64>(),
        prop::sample::select(vec![Sessions::Open, Sessions::Used, Sessions::Ignore]),
    );
    let span = || prop::option::of("[1-9][0-9]{0,2}[dhms]");
    (tracing, span(), idle, prop::option::of(end), prop::option::of("[ -~ä]{1,40}")).prop_map(
        |(tracing, ttl, idle, on_complete, array)| {
            let (enabled, exporter, sampling, endpoint, until, topology) = tracing;
            let mut settings = Settings {
                tracing: TracingSettings {
                    enabled,
                    exporter,
                    sampling: sampling.to_string().parse().unwrap(),
                    endpoint: endpoint.map(|endpoint| endpoint.parse().unwrap()),
                    until: until.map(|second| jiff::Timestamp::from_second(second).unwrap()),
                    topology,
                    ..TracingSettings::default()
                },
                life: LifeSettings {
                    ttl: ttl.map(|span| span.parse().unwrap()),
                    idle_timeout: idle.0.map(|span| span.parse().unwrap()),
                    idle_cpu_percent: idle.1.to_string().parse().unwrap(),
                    idle_network_bytes: idle.2,
                    idle_disk_bytes: idle.3,
                    idle_sessions: idle.4,
                    on_complete,
                    ..LifeSettings::default()
                },
                ..Settings::default()
            };
            settings.host.job_array = JobArraySettings { id: array, ..JobArraySettings::default() };
            settings
        },
    )
}

/// Something like a key, now and then one.
fn name(known: Vec<&'static str>) -> impl Strategy<Value = String> {
    prop_oneof![prop::sample::select(known).prop_map(str::to_owned), "(?s).{0,20}"]
}

fn tag_names() -> Vec<&'static str> {
    keys().iter().filter_map(|key| key.tag).collect()
}

fn variables() -> Vec<&'static str> {
    keys().iter().flat_map(|key| key.env.iter().copied()).collect()
}

proptest! {
    #[test]
    fn tags_written_are_the_tags_read(settings in settings()) {
        let written = tags::write(&settings);
        for (key, value) in &written {
            prop_assert_eq!(tags::validate_user_tag(key, value), Ok(()));
        }
        let (layers, errors) = Layers::new().tags_lenient(written);
        prop_assert_eq!(errors, []);
        prop_assert_eq!(layers.resolve().settings, settings);
    }

    #[test]
    fn no_file_panics(text in "(?s).{0,300}") {
        Layers::new().local_yaml("local.yaml", &text).map(|layers| layers.resolve()).ok();
    }

    #[test]
    fn no_value_in_a_file_panics(
        path in prop::sample::select(keys().iter().filter_map(|key| key.path).collect::<Vec<_>>()),
        value in "(?s).{0,30}",
    ) {
        let mut text = String::new();
        for (depth, step) in path.split('.').enumerate() {
            text.push_str(&format!("\n{}{step}:", "  ".repeat(depth)));
        }
        Layers::new().local_yaml("local.yaml", &format!("{text} {value}")).map(|layers| layers.resolve()).ok();
    }

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        Layers::new().local_yaml_bytes("local.yaml", &bytes).map(|layers| layers.resolve()).ok();
    }

    #[test]
    fn no_tag_panics(tags in prop::collection::vec((name(tag_names()), "(?s).{0,30}"), 0..5)) {
        for (key, value) in &tags {
            tags::validate_user_tag(key, value).ok();
            tags::parse_pair(&format!("{key}{value}")).ok();
        }
        drop(Layers::new().tags_lenient(tags).0.resolve());
    }

    #[test]
    fn no_environment_panics(environment in prop::collection::vec((name(variables()), "(?s).{0,30}"), 0..5)) {
        Layers::new().environment(environment).map(|layers| layers.resolve()).ok();
    }

    #[test]
    fn a_message_is_one_line_without_control_characters(key in "(?s).{0,30}", value in "(?s).{0,300}") {
        if let Err(error) = tags::validate_user_tag(&key, &value) {
            prop_assert!(!error.to_string().chars().any(char::is_control), "{}", error);
        }
        if let Err(error) = Layers::new().local_yaml("local.yaml", &format!("{key}: {value}")) {
            prop_assert!(!error.to_string().chars().any(char::is_control), "{}", error);
        }
    }
}
