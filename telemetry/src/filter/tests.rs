//! What a filter shows of spans, texts and resources.

use opentelemetry::trace::{Event, Link, SpanContext};
use std::time::UNIX_EPOCH;

use super::*;
use crate::samples;

fn filter() -> Filter {
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    Filter::with_own(
        &FilterSettings {
            allow: names(&["app.*"]),
            drop: names(&["user.*", "app.cart"]),
            redact: names(&["*secret*"]),
            hash: names(&["aws.s3.key"]),
        },
        &["team".to_owned()],
    )
}

fn before() -> Vec<KeyValue> {
    vec![
        KeyValue::new("user.name", "kim"),
        KeyValue::new("my.secret.word", "abc"),
        KeyValue::new("aws.s3.key", "abc"),
        KeyValue::new("aws.region", "eu-central-1"),
        KeyValue::new("db.query.text", "SELECT 1"),
        KeyValue::new("stranger", "abc"),
        KeyValue::new("app.page", 7),
        KeyValue::new("app.cart", 8),
        KeyValue::new("team", "blue"),
    ]
}

fn after() -> Vec<KeyValue> {
    vec![
        KeyValue::new("my.secret.word", "[redacted]"),
        KeyValue::new("aws.s3.key", "sha256:ba7816bf8f01cfea414140de5dae2223"),
        KeyValue::new("aws.region", "eu-central-1"),
        KeyValue::new("app.page", 7),
        KeyValue::new("team", "blue"),
    ]
}

/// How many of them are left out.
const LEFT_OUT: u32 = 4;

#[test]
fn attributes_are_filtered_wherever_a_span_has_them() {
    let mut span = samples::span("a");
    span.attributes = before();
    span.events.events = vec![Event::new("e", UNIX_EPOCH, before(), 0)];
    span.links.links = vec![Link::new(SpanContext::NONE, before(), 0)];
    let mut expected = span.clone();
    expected.attributes = after();
    expected.dropped_attributes_count = LEFT_OUT;
    expected.events.events = vec![Event::new("e", UNIX_EPOCH, after(), LEFT_OUT)];
    expected.links.links = vec![Link::new(SpanContext::NONE, after(), LEFT_OUT)];
    assert_eq!(*filter().span(&span), expected);
}

#[test]
fn secrets_of_known_shapes_are_taken_out_without_any_setting() {
    let (secret, clean) = ("https://kim:pass@host", "https://[redacted]@host");
    let span = |text: &'static str, place| {
        let mut span = samples::span("a");
        let list = Value::Array(Array::String(vec!["open".into(), text.into()]));
        match place {
            0 => span.attributes = vec![KeyValue::new("text", text), KeyValue::new("number", 1)],
            1 => span.attributes = vec![KeyValue::new("list", list)],
            2 => span.events.events = vec![Event::new("e", UNIX_EPOCH, vec![KeyValue::new("text", text)], 0)],
            3 => span.links.links = vec![Link::new(SpanContext::NONE, vec![KeyValue::new("text", text)], 0)],
            4 => span.name = text.into(),
            5 => span.events.events = vec![Event::new(text, UNIX_EPOCH, vec![], 0)],
            _ => span.status = Status::error(text),
        }
        span
    };
    for place in 0..7 {
        assert_eq!(*Filter::default().span(&span(secret, place)), span(clean, place), "{place}");
        assert!(matches!(Filter::default().span(&span(clean, place)), Cow::Borrowed(_)), "{place}");
    }
}

#[test]
fn the_text_of_the_status_is_filtered_as_the_error_message() {
    let message = || vec!["error.message".to_owned()];
    let nothing = FilterSettings::default;
    for (settings, expected) in [
        (nothing(), "abc"),
        (FilterSettings { drop: message(), ..nothing() }, ""),
        (FilterSettings { redact: message(), ..nothing() }, "[redacted]"),
        (FilterSettings { hash: message(), ..nothing() }, "sha256:ba7816bf8f01cfea414140de5dae2223"),
    ] {
        let mut span = samples::span("a");
        span.status = Status::error("abc");
        assert_eq!(Filter::new(&settings).span(&span).status, Status::error(expected));
    }
}

#[test]
fn a_state_with_a_secret_in_it_is_left_out_whole() {
    let context = |state: &str| {
        let state = if state.is_empty() { TraceState::NONE } else { state.parse().unwrap() };
        SpanContext::new(1.into(), 2.into(), opentelemetry::TraceFlags::SAMPLED, true, state)
    };
    let span = |state| {
        let mut span = samples::span("a");
        span.span_context = context(state);
        span.links.links = vec![Link::new(context(state), vec![], 0)];
        span
    };
    let filter = Filter::default();
    assert_eq!(*filter.span(&span("vendor=ghp_0123456789abcdefghijABCDEFGHIJ012345")), span(""));
    assert!(matches!(filter.span(&span("vendor=00f067aa0ba902b7")), Cow::Borrowed(_)));
}

#[test]
fn a_text_is_shown_under_a_name_that_nobody_knows_unless_a_rule_names_it() {
    let filter = filter();
    assert_eq!(filter.text("stranger", "abc").as_deref(), Some("abc"));
    assert_eq!(filter.text("stranger", "password=abc").as_deref(), Some("password=[redacted]"));
    assert_eq!(filter.text("user.name", "abc"), None);
}

#[test]
fn attributes_of_the_resource_are_filtered_and_need_not_be_known() {
    let resource = |attributes| Resource::builder_empty().with_attributes(attributes).build();
    let mut expected = after();
    expected.extend([KeyValue::new("db.query.text", "SELECT 1"), KeyValue::new("stranger", "abc")]);
    assert_eq!(filter().resource(&resource(before())), resource(expected));
}

#[test]
fn what_comes_back_hashed_is_not_hashed_again() {
    let once = hashed("abc");
    assert_eq!((once.as_str(), hashed(&once)), ("sha256:ba7816bf8f01cfea414140de5dae2223", once.clone()));
    assert_ne!(hashed("sha256:abc"), "sha256:abc");
}
