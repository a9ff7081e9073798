//! Tags of an instance, as its metadata lists them: a key and a value a line. None panics, none gets past the limits, and
//! no message of one can steer a terminal.
#![no_main]

use libfuzzer_sys::fuzz_target;
use spawn_config::{Layers, tags};

const LIMITS: &str = "observability: {tracing: {limits: {max_sampling: 0.5, endpoints: ['*.corp.example']}}}";

fuzz_target!(|text: &str| {
    let pairs: Vec<(String, String)> = text
        .lines()
        .map(|line| line.split_once('=').unwrap_or((line, "")))
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect();
    for (key, value) in &pairs {
        if let Err(error) = tags::validate_user_tag(key, value) {
            assert!(!error.to_string().contains(char::is_control));
        }
        tags::caution(key, value, Some("us-east-1"));
        tags::is_shown_by_metadata(key);
    }
    let layers = Layers::new().local_yaml("local.yaml", LIMITS).expect("the limits are valid");
    let (layers, refused) = layers.in_region(Some("us-east-1")).tags_lenient(pairs);
    assert!(refused.iter().all(|error| !error.to_string().contains(char::is_control)));
    let resolved = layers.resolve();
    let tracing = &resolved.settings.tracing;
    assert!(tracing.sampling <= tracing.limits.max_sampling);
    let endpoint = tracing.endpoint.as_ref();
    assert!(endpoint.is_none_or(|it| it.allowed_from_tag(&tracing.limits.endpoints, Some("us-east-1"))));
});
