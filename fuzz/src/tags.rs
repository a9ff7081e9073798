//! Tags of an instance: a key and a value a line.

use spawn_config::{Layers, tags};

const LIMITS: &str = "observability: {tracing: {limits: {max_sampling: 0.5, endpoints: ['*.corp.example']}}}";
const REGION: Option<&str> = Some("us-east-1");

/// None panics, none gets past the limits, and no message of one can steer a terminal.
pub fn tags(text: &str) {
    let split = |line: &str| {
        let (key, value) = line.split_once('=').unwrap_or((line, ""));
        (key.to_owned(), value.to_owned())
    };
    let pairs: Vec<(String, String)> = text.lines().map(split).collect();
    for (key, value) in &pairs {
        if let Err(error) = tags::validate_user_tag(key, value) {
            assert!(!error.to_string().contains(char::is_control));
        }
        tags::caution(key, value, REGION);
    }
    let layers = Layers::new().local_yaml("local.yaml", LIMITS).expect("the limits are valid");
    let (layers, refused) = layers.in_region(REGION).tags_lenient(pairs);
    assert!(refused.iter().all(|error| !error.to_string().contains(char::is_control)));
    let tracing = layers.resolve().settings.tracing;
    assert!(tracing.sampling <= tracing.limits.max_sampling);
    let endpoint = tracing.endpoint.as_ref();
    assert!(endpoint.is_none_or(|it| it.allowed_from_tag(&tracing.limits.endpoints, REGION)));
}
