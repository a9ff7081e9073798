//! What tags are refused for, before anything is launched.

use spawn_config::{ConfigError, tags};

fn tag(key: &str, value: &str) -> String {
    tags::validate_user_tag(key, value).unwrap_err().to_string()
}

#[test]
fn a_bad_tag_is_refused_before_a_launch() {
    for (key, value, expected) in [
        ("", "x", "tag \"\": no key: write KEY=VALUE"),
        ("aws:cost", "x", "tag \"aws:cost\": keys that begin with `aws:` belong to AWS: choose another"),
        ("AWS:cost", "x", "tag \"AWS:cost\": keys that begin with `aws:` belong to AWS: choose another"),
        (
            "my key",
            "x",
            "tag \"my key\": instance metadata takes only letters, digits and `+-=.,_:@` in keys: rename the tag",
        ),
        (
            "a/b",
            "x",
            "tag \"a/b\": instance metadata takes only letters, digits and `+-=.,_:@` in keys: rename the tag",
        ),
        (
            "a\u{7}",
            "x",
            "tag \"a\\u{7}\": instance metadata takes only letters, digits and `+-=.,_:@` in keys: rename the tag",
        ),
        ("team", "a\nb", "tag \"team\": the value \"a\\nb\" has control characters: leave them out"),
        ("spawn:managed", "true", "tag \"spawn:managed\": spawn sets this tag itself: leave it out"),
        (
            "spawn:tracing-exporter",
            "zipkin",
            "tag spawn:tracing-exporter: tracing-exporter cannot be \"zipkin\": expected `xray`, `otlp`, `stdout` or `none`",
        ),
        (
            "spawn:tracing-sampling",
            "nan",
            "tag spawn:tracing-sampling: tracing-sampling cannot be \"nan\": expected a decimal number from 0.0 to 1.0, such as 0.1 for 10 %",
        ),
        (
            "spawn:tracing-endpoint",
            "http://[::ffff:169.254.169.254]/",
            "tag spawn:tracing-endpoint: tracing-endpoint cannot be \"http://[::ffff:169.254.169.254]/\": expected an address that is neither link-local nor instance metadata",
        ),
        (
            "spawn:tracing-enable",
            "true",
            "tag spawn:tracing-enable: unknown key spawn:tracing-enable (did you mean `spawn:tracing-enabled`?)",
        ),
        (
            // Like nothing but the prefix that all have.
            "spawn:foo",
            "1",
            "tag spawn:foo: unknown key spawn:foo; tags that begin with `spawn:` belong to spawn",
        ),
    ] {
        assert_eq!(tag(key, value), expected);
    }
    assert_eq!(tag(&"k".repeat(129), ""), format!("tag \"{}\"…: the key has more than 128 characters", "k".repeat(60)));
    assert_eq!(tag("k", &"v".repeat(257)), "tag \"k\": the value has more than 256 characters");
}

#[test]
fn a_good_tag_is_taken() {
    for (key, value) in [
        ("team", "physics & co/ü"),
        ("Name", ""),
        ("k", &*"v".repeat(256)),
        ("spawn:tracing-enabled", "true"),
        ("spawn:tracing-exporter", "xray"),
        ("spawn:tracing-sampling", "0.1"),
        ("spawn:tracing-endpoint", ""),
        ("spawn:ttl", "8h"),
    ] {
        assert_eq!(tags::validate_user_tag(key, value), Ok(()), "{key}");
    }
}

#[test]
fn a_pair_is_split_at_its_first_equals_sign() {
    assert_eq!(tags::parse_pair("team=a=b"), Ok(("team".to_owned(), "a=b".to_owned())));
    assert_eq!(tags::parse_pair("empty="), Ok(("empty".to_owned(), String::new())));
    assert_eq!(tags::parse_pair("team").unwrap_err().to_string(), "tag \"team\": no value: write KEY=VALUE");
}

#[test]
fn more_tags_than_ec2_takes_are_refused() {
    assert_eq!(tags::validate_count(50), Ok(()));
    assert_eq!(tags::validate_count(52), Err(ConfigError::TooManyTags { count: 52, limit: 50 }));
    assert_eq!(
        ConfigError::TooManyTags { count: 52, limit: 50 }.to_string(),
        "52 tags with those that spawn adds, more than the 50 that EC2 takes: leave out 2"
    );
}
