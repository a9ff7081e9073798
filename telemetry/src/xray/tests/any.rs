//! Any span becomes a document that X-Ray takes.

use std::borrow::Cow;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use opentelemetry::trace::{SpanId, TraceId};
use proptest::collection::vec;
use proptest::prelude::*;

use super::check::checked;
use super::*;
use crate::xray::limits::LAST_SECOND;
use crate::xray::table::PLACES;

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => ".{0,40}",
        2 => "[\\x00-\\x1f\"\\\\]{0,400}",
        1 => (0..40_000_usize).prop_map(|length| "é".repeat(length)),
        1 => "(Caused by: |A: b\n|    at f\\(g.rs:1\\)\n|  File \"a\", line 2, in b\n|1: c\n| at d:1:1\n|\\.\\.\\. 3 more\n){0,30}",
        1 => "https?://(u:p@)?h(:1)?/p\\?q",
    ]
}

fn key() -> impl Strategy<Value = String> {
    let known = PLACES.iter().flat_map(|place| place.names).map(|name| (*name).to_owned());
    let others = ["name", "kind", "events", "truncated", "AWS.x", "aws.xray.metadata.other", "aws.xray.metadata.spawn"];
    let known = known.chain(others.map(str::to_owned)).collect::<Vec<_>>();
    prop_oneof![4 => proptest::sample::select(known), 1 => ".{0,20}"]
}

fn value() -> impl Strategy<Value = Value> {
    let words = ["aws-api", "postgresql", "true", "{\"a\":1}", "{\"a\":", "i-0abc", "429"];
    prop_oneof![
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (400..600_i64).prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        proptest::sample::select(vec![f64::NAN, f64::INFINITY, f64::MIN_POSITIVE, f64::MAX]).prop_map(Value::from),
        proptest::sample::select(words.to_vec()).prop_map(Value::from),
        text().prop_map(Value::from),
        vec(any::<i64>(), 0..5).prop_map(|items| Value::Array(items.into())),
        vec(".{0,30}", 0..200)
            .prop_map(|items| Value::Array(items.into_iter().map(StringValue::from).collect::<Vec<_>>().into())),
    ]
}

fn attributes() -> impl Strategy<Value = Vec<KeyValue>> {
    vec((key(), value()).prop_map(|(key, value)| KeyValue::new(key, value)), 0..40)
}

fn instant() -> impl Strategy<Value = SystemTime> {
    prop_oneof![
        6 => (0..4_000_000_000_000_000_u64).prop_map(|since| UNIX_EPOCH + Duration::from_micros(since)),
        1 => (0..4_000_000_000_u64).prop_map(|before| UNIX_EPOCH - Duration::from_secs(before)),
        1 => (LAST_SECOND - 2..LAST_SECOND * 30).prop_map(|since| UNIX_EPOCH + Duration::from_secs(since)),
    ]
}

fn id() -> impl Strategy<Value = u64> {
    prop_oneof![1 => Just(0), 2 => 1..4_u64, 6 => any::<u64>()]
}

fn kind() -> impl Strategy<Value = SpanKind> {
    let kinds = [SpanKind::Client, SpanKind::Server, SpanKind::Producer, SpanKind::Consumer, SpanKind::Internal];
    proptest::sample::select(kinds.to_vec())
}

fn place() -> impl Strategy<Value = Place> {
    let trace = prop_oneof![1 => Just(TraceId::INVALID), 9 => any::<u128>().prop_map(TraceId::from)];
    let there = || proptest::option::of((Just(trace_id()), (1..u64::MAX).prop_map(SpanId::from)));
    let ties = (proptest::option::of(Just(trace_id())), there(), there())
        .prop_map(|(parent, continued, continues)| Ties { parent, continued, continues });
    (trace, any::<bool>(), ties).prop_map(|(trace_id, under_way, ties)| Place { trace_id, under_way, ties })
}

prop_compose! {
    fn any_span()(
        ids in (id(), id(), any::<bool>()),
        kind in kind(),
        name in text(),
        start in instant(),
        end in instant(),
        attributes in attributes(),
        events in vec((prop_oneof![Just("exception".to_owned()), Just("exception.cause".to_owned()), text()], attributes()), 0..4),
        texts in vec((text(), text(), text()), 0..12),
        links in vec((id(), attributes()), 0..4),
        status in prop_oneof![Just(Status::Unset), Just(Status::Ok), text().prop_map(Status::error)],
    ) -> SpanData {
        let mut span = span("");
        span.span_context = context(ids.0);
        span.parent_span_id = SpanId::from(ids.1);
        span.parent_span_is_remote = ids.2;
        span.span_kind = kind;
        span.name = Cow::Owned(name);
        (span.start_time, span.end_time) = (start, end);
        span.attributes = attributes;
        let exceptions = texts.into_iter().map(|(kind, message, trace)| Event::new("exception", end, vec![
            KeyValue::new("exception.type", kind),
            KeyValue::new("exception.message", message),
            KeyValue::new("exception.stacktrace", trace),
        ], 0));
        let events = events.into_iter().map(|(name, attributes)| Event::new(name, start, attributes, 0));
        span.events.events = events.chain(exceptions).collect();
        span.links.links = links.into_iter().map(|(id, attributes)| Link::new(context(id), attributes, 0)).collect();
        span.status = status;
        span
    }
}

/// Whole microseconds since 1970, as far as X-Ray takes them.
fn microseconds(at: SystemTime) -> u128 {
    let since = at.duration_since(UNIX_EPOCH).unwrap_or_default();
    if since.as_secs() > LAST_SECOND { u128::from(LAST_SECOND) * 1_000_000 } else { since.as_micros() }
}

/// The microseconds of a number that has six decimals in the text.
fn written(text: &str, field: &str) -> u128 {
    let (_, rest) = text.split_once(&format!("\"{field}\":")).unwrap();
    let number: String = rest.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
    let (seconds, decimals) = number.split_once('.').unwrap();
    assert_eq!(decimals.len(), 6);
    format!("{seconds}{decimals}").parse().unwrap()
}

fn hex(id: SpanId) -> Json {
    json!(format!("{:016x}", u64::from_be_bytes(id.to_bytes())))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn any_span_becomes_a_document_with_its_ids_parent_times_and_status(span in any_span()) {
        let (id, text) = document(&span);
        let read = checked(&text);
        prop_assert_eq!(&read["id"], &json!(id));
        prop_assert_eq!(&read["trace_id"], &json!(TRACE));
        let inner = read.get("subsegments").map_or(&read, |parts| &parts[0]);
        let (own, parent) = (span.span_context.span_id(), span.parent_span_id);
        if own != SpanId::INVALID {
            prop_assert_eq!(&inner["id"], &hex(own));
        }
        let has_parent = parent != SpanId::INVALID && parent != own;
        prop_assert_eq!(read.get("parent_id").cloned(), has_parent.then(|| hex(parent)));
        let (start, end) = (microseconds(span.start_time), microseconds(span.end_time));
        prop_assert_eq!((written(&text, "start_time"), written(&text, "end_time")), (start, end.max(start)));
        if matches!(span.status, Status::Error { .. }) {
            prop_assert!(read["fault"] == json!(true) || read["error"] == json!(true));
        }
        let is_top = !has_parent || span.parent_span_is_remote || span.span_kind == SpanKind::Server;
        prop_assert_eq!(read.get("type").is_none(), is_top);
    }

    #[test]
    fn any_span_becomes_a_document_wherever_it_is_put(span in any_span(), place in place(), refuse in any::<u64>()) {
        let mut text = String::from("before");
        let mut asked = 0_u32;
        let mut grant = |key: &str, value: &str| {
            asked += 1;
            assert!(!key.is_empty() && value.chars().count() < 1000);
            refuse >> (asked % 64) & 1 == 0
        };
        let globs = ["*".to_owned()];
        let resource = Resource::builder_empty().build();
        let written = Translator::new(&resource, Filter::default(), &globs).document(&span, &place, &mut grant, &mut text);
        let read = checked(text.strip_prefix("before").unwrap());
        prop_assert_eq!(&read["id"], &hex(written.id));
        prop_assert_eq!(read.get("in_progress").is_some(), place.under_way);
        prop_assert!(!(place.ties.parent.is_some() && (read.get("parent_id").is_some() || read.get("type").is_some())));
        if place.trace_id != TraceId::INVALID {
            let id = place.trace_id.to_string();
            prop_assert_eq!(&read["trace_id"], &json!(format!("1-{}-{}", &id[..8], &id[8..])));
        }
        let says = |part: &Json| part["metadata"]["spawn"].get("truncated").is_some();
        prop_assert_eq!(written.cut, says(&read) || read.get("subsegments").is_some_and(|parts| says(&parts[0])));
    }
}
