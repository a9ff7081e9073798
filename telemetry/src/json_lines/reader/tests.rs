//! Any span comes back from its line, and lines of others do no harm.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use opentelemetry::trace::{Event, Link, SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState};
use opentelemetry::{Array, InstrumentationScope, KeyValue, StringValue, Value};
use opentelemetry_sdk::trace::{SpanEvents, SpanLinks};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::*;
use crate::filter::Filter;
use crate::otlp_json::Source;
use crate::samples;

fn resource() -> Resource {
    let [key, value] = ["service.name", "spored"].map(str::to_owned);
    Resource::builder_empty().with_attribute(KeyValue::new(key, value)).build()
}

fn lines(spans: &[SpanData]) -> Vec<u8> {
    let source = Source::new(&resource(), Filter::default());
    let mut text = Vec::new();
    for span in spans {
        otlp_json::write(&source, std::slice::from_ref(span), &mut text);
        text.push(b'\n');
    }
    text
}

fn told(text: &[u8]) -> Vec<Result<String, String>> {
    let told = |span: SpanOfLine| format!("{}: {}", span.line, span.span.name);
    read(text).map(|read| read.map(told).map_err(|error| error.to_string())).collect()
}

/// Texts in which the redaction finds nothing, and everything that JSON escapes.
fn text() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9 \\\\\"/\u{0}\u{1f}\u{7f}\u{2028}é𝄞\n\t]{0,12}"
}

fn time() -> impl Strategy<Value = SystemTime> {
    any::<u64>().prop_map(|nanoseconds| UNIX_EPOCH + Duration::from_nanos(nanoseconds))
}

fn value() -> impl Strategy<Value = Value> {
    let array = prop_oneof![
        vec(any::<bool>(), 1..4).prop_map(Array::Bool),
        vec(any::<i64>(), 1..4).prop_map(Array::I64),
        vec(any::<f64>(), 1..4).prop_map(Array::F64),
        vec(text().prop_map(StringValue::from), 0..4).prop_map(Array::String),
    ];
    prop_oneof![
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        prop_oneof![Just(f64::NAN), Just(f64::INFINITY), Just(f64::NEG_INFINITY), Just(-0.0)].prop_map(Value::from),
        text().prop_map(Value::from),
        array.prop_map(Value::Array),
    ]
}

fn attributes() -> impl Strategy<Value = Vec<KeyValue>> {
    vec((text(), value()).prop_map(|(key, value)| KeyValue::new(key, value)), 0..5)
}

fn context(is_remote: impl Strategy<Value = bool>) -> impl Strategy<Value = SpanContext> {
    // No letters that spell what a password is called: such a state does not leave the host.
    let state = option::of("[a-f]{1,8}=[a-f0-9]{1,8}(,[a-f]{9,12}=[0-9]{1,3})?");
    (1..u128::MAX, 1..u64::MAX, any::<u8>(), is_remote, state).prop_map(|(trace, span, flags, is_remote, state)| {
        let state = state.map_or(TraceState::NONE, |state| state.parse().unwrap());
        SpanContext::new(TraceId::from(trace), SpanId::from(span), TraceFlags::new(flags), is_remote, state)
    })
}

fn kind() -> impl Strategy<Value = SpanKind> {
    use SpanKind::{Client, Consumer, Internal, Producer, Server};
    prop_oneof![Just(Client), Just(Consumer), Just(Internal), Just(Producer), Just(Server)]
}

fn scope() -> impl Strategy<Value = InstrumentationScope> {
    let url = option::of(Just("https://opentelemetry.io/schemas/1.44.0"));
    (text(), option::of("[0-9.]{1,5}"), url, attributes()).prop_map(|(name, version, url, attributes)| {
        let mut scope = InstrumentationScope::builder(name).with_attributes(attributes);
        scope = match version {
            Some(version) => scope.with_version(version),
            None => scope,
        };
        match url {
            Some(url) => scope.with_schema_url(url),
            None => scope,
        }
        .build()
    })
}

prop_compose! {
    fn span()(
        (span_context, parent, is_remote, kind) in (context(Just(false)), any::<u64>(), any::<bool>(), kind()),
        name in text(),
        (start_time, end_time) in (time(), time()),
        (attributes, dropped) in (attributes(), any::<[u32; 3]>()),
        events in vec((text(), time(), attributes(), any::<u32>()), 0..3),
        links in vec((context(any::<bool>()), attributes(), any::<u32>()), 0..3),
        status in prop_oneof![Just(Status::Unset), Just(Status::Ok), text().prop_map(Status::error)],
        scope in scope(),
    ) -> SpanData {
        let mut span_events = SpanEvents::default();
        span_events.events = events.into_iter().map(|(name, at, of, dropped)| Event::new(name, at, of, dropped)).collect();
        span_events.dropped_count = dropped[1];
        let mut span_links = SpanLinks::default();
        span_links.links = links.into_iter().map(|(to, of, dropped)| Link::new(to, of, dropped)).collect();
        span_links.dropped_count = dropped[2];
        SpanData {
            span_context,
            parent_span_id: SpanId::from(parent),
            parent_span_is_remote: is_remote,
            span_kind: kind,
            name: name.into(),
            start_time,
            end_time,
            attributes,
            dropped_attributes_count: dropped[0],
            events: span_events,
            links: span_links,
            status,
            instrumentation_scope: scope,
        }
    }
}

proptest! {
    #[test]
    fn any_span_is_read_back_from_its_line(span in span()) {
        let text = lines(std::slice::from_ref(&span));
        prop_assert_eq!(text.iter().position(|byte| *byte == b'\n'), Some(text.len() - 1));
        let read: Vec<_> = read(&*text).map(Result::unwrap).collect();
        // As texts, because not a number is not equal to itself.
        let expected = [SpanOfLine { line: 1, span, resource: resource() }];
        prop_assert_eq!(format!("{read:#?}"), format!("{expected:#?}"));
    }

    #[test]
    fn no_line_breaks_the_reader(text in vec(any::<u8>(), 0..200), cut in 0_usize..2_000) {
        let mut lines = lines(&[samples::span("whole")]);
        lines.truncate(cut);
        lines.extend(b"\n");
        lines.extend(text);
        for read in read(&*lines) {
            drop(read.map_err(|error| error.to_string()));
        }
    }
}

#[test]
fn a_line_that_was_cut_off_and_one_of_somebody_else_cost_themselves_alone() {
    let whole = lines(&[samples::span("first"), samples::span("second")]);
    let end = whole.iter().position(|byte| *byte == b'\n').unwrap();
    let mut text = whole[..40].to_vec();
    text.extend(b"\n{\"level\":\"info\"}\nplain words\n\n");
    text.extend(&whole[..=end]);
    text.extend(b"\xff\xfe\n");
    text.extend(&whole[end + 1..whole.len() - 1]);
    let told = told(&text);
    let begins = |place: usize, begin: &str| told[place].as_ref().is_err_and(|error| error.starts_with(begin));
    assert!(begins(0, "line 1 is no span: it is not OTLP's JSON: EOF while parsing"), "{told:#?}");
    assert_eq!(told[1], Err("line 2 is no span: it is JSON without `resourceSpans`".to_owned()));
    assert!(begins(2, "line 3 is no span: it is not OTLP's JSON") && begins(4, "line 6 is no span"), "{told:#?}");
    assert_eq!((&told[3], &told[5], told.len()), (&Ok("5: first".to_owned()), &Ok("7: second".to_owned()), 6));
}

#[test]
fn a_line_that_is_too_long_costs_itself_alone() {
    let whole = lines(&[samples::span("whole")]);
    let mut text = b"x".repeat(5_000);
    text.push(b'\n');
    text.extend(&whole);
    let mut lines = read(&*text);
    lines.longest = 2_000;
    let first = lines.next().unwrap().unwrap_err().to_string();
    assert_eq!(first, "line 1 is no span: it is longer than 64 MiB");
    let second = lines.next().unwrap().unwrap();
    assert_eq!((second.line, &*second.span.name), (2, "whole"));
    assert!(lines.next().is_none());
}

#[test]
fn what_a_collector_writes_is_read_too() {
    // Several resources and spans in a line, fields that we do not write, numbers where texts are advised, maps and bytes.
    let line = r#"{"resourceSpans":[
        {"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}],"droppedAttributesCount":0},
         "scopeSpans":[{"scope":null,"spans":[
            {"traceId":"5B8EFFF798038103D269B633813FC60C","spanId":"EEE19B7EC3C1B174","parentSpanId":"0000000000000000",
             "name":"one","kind":9,"startTimeUnixNano":1544712660000000000,"endTimeUnixNano":"1544712661000000000",
             "futureField":{"a":[1]},"links":null,"status":{},
             "attributes":[{"key":"map","value":{"kvlistValue":{"values":[]}}},{"key":"bytes","value":{"bytesValue":"AAE="}},
                {"key":"number","value":{"intValue":5}},{"key":"nothing","value":{}},{"key":"later","value":{"newValue":1}},
                {"key":"mixed","value":{"arrayValue":{"values":[{"intValue":"1"},{"stringValue":"b"}]}}},
                {"key":"nan","value":{"doubleValue":"NaN"}}]},
            {"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee1","name":"short id"},
            {"traceId":"00000000000000000000000000000000","spanId":"eee19b7ec3c1b175","name":"no trace"}]}],
         "schemaUrl":""},
        {"scopeSpans":[{"spans":[{"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b176","name":"two"}]}]}
    ]}"#
    .replace('\n', " ");
    let read: Vec<_> = read(line.as_bytes()).collect();
    let one = read[0].as_ref().unwrap();
    let attributes: Vec<_> = one.span.attributes.iter().map(|it| (it.key.as_str(), it.value.to_string())).collect();
    let expected = [
        ("map", "{}"),
        ("bytes", "AAE="),
        ("number", "5"),
        ("nothing", ""),
        ("later", ""),
        ("mixed", "[\"1\",\"b\"]"),
        ("nan", "NaN"),
    ];
    assert_eq!(attributes, expected.map(|(key, value)| (key, value.to_owned())));
    assert_eq!(one.span.span_context.trace_id().to_string(), "5b8efff798038103d269b633813fc60c");
    assert_eq!((one.span.parent_span_id, &one.span.span_kind), (SpanId::INVALID, &SpanKind::Internal));
    assert_eq!(one.span.start_time, UNIX_EPOCH + Duration::from_secs(1_544_712_660));
    assert_eq!(one.resource.get(&"service.name".into()), Some("shop".into()));
    let told: Vec<_> =
        read[1..].iter().map(|read| read.as_ref().map(|it| &*it.span.name).map_err(ToString::to_string)).collect();
    let no_id =
        |field: &str, id: &str| Err(format!("line 1 is no span: `{field}` is {id:?} and not an id in hexadecimal"));
    let zero = "0".repeat(32);
    assert_eq!(told, [no_id("spanId", "eee1"), no_id("traceId", &zero), Ok("two")]);
}

#[test]
fn times_that_otlp_cannot_hold_become_the_nearest_ones() {
    let mut span = samples::span("a");
    span.start_time = UNIX_EPOCH - Duration::from_secs(1);
    span.end_time = UNIX_EPOCH + Duration::from_secs(u64::MAX / 1_000_000_000 + 1);
    let read = read(&*lines(&[span])).next().unwrap().unwrap().span;
    assert_eq!((read.start_time, read.end_time), (UNIX_EPOCH, UNIX_EPOCH + Duration::from_nanos(u64::MAX)));
}

#[test]
fn names_in_place_of_numbers_are_read_too() {
    let line = |kind: &str, code: &str| {
        let span = format!(
            r#"{{"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174","kind":{kind},"status":{{"code":{code}}}}}"#
        );
        format!(r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{span}]}}]}}]}}"#)
    };
    let told = |kind: &str, code: &str| {
        let span = read(line(kind, code).as_bytes()).next().unwrap().unwrap().span;
        (span.span_kind, span.status)
    };
    assert_eq!(told("\"SPAN_KIND_CLIENT\"", "\"STATUS_CODE_ERROR\""), (SpanKind::Client, Status::error("")));
    assert_eq!(told("\"SPAN_KIND_SERVER\"", "1"), (SpanKind::Server, Status::Ok));
    assert_eq!(told("\"SPAN_KIND_NEW\"", "null"), (SpanKind::Internal, Status::Unset));
}
