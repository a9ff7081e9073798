//! What a tag may say, and what the host keeps to itself.

use spawn_config::{Layers, OnComplete, SamplingRate, Source, tags};

use crate::{pairs, yaml};

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
