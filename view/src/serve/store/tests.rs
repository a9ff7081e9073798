//! Tests of the store.

use super::*;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;

const PLENTY: Bounds = Bounds { spans: 1_000_000, bytes: 1 << 30 };

fn attribute(key: &str, value: &str) -> KeyValue {
    let value = Some(AnyValue { value: Some(Value::StringValue(value.to_owned())) });
    KeyValue { key: key.to_owned(), value, ..KeyValue::default() }
}

/// A span that took a nanosecond; the lower byte of an id tells which.
fn span(trace: u8, id: u64, name: &str) -> Message {
    Message {
        trace_id: [0, 15].iter().flat_map(|_| [trace; 8]).collect(),
        span_id: id.to_be_bytes().to_vec(),
        name: name.to_owned(),
        start_time_unix_nano: id,
        end_time_unix_nano: id + 1,
        ..Message::default()
    }
}

fn of(service: &str, spans: Vec<Message>) -> ResourceSpans {
    let attributes = vec![attribute("service.name", service)];
    ResourceSpans {
        resource: Some(Resource { attributes, ..Resource::default() }),
        scope_spans: vec![ScopeSpans { scope: Some(InstrumentationScope::default()), spans, ..ScopeSpans::default() }],
        ..ResourceSpans::default()
    }
}

fn id(trace: u8) -> TraceId {
    TraceId::from_bytes([trace; 16])
}

fn store(bounds: Bounds, spans: impl IntoIterator<Item = Message>) -> Store {
    let mut store = Store::new(bounds);
    spans.into_iter().for_each(|span| assert_eq!(store.add(of("shop", vec![span]), Coming::Fresh), 0));
    store
}

#[test]
fn what_comes_out_is_what_went_in() {
    let full = Message {
        attributes: vec![attribute("key", "value")],
        status: Some(Status { code: 2, message: "broke".to_owned() }),
        ..span(1, 7, "pay")
    };
    let message = of("shop", vec![full, span(1, 8, "ship")]);
    let mut store = Store::new(PLENTY);
    store.add(message.clone(), Coming::Fresh);
    assert_eq!(store.trace(id(1)).unwrap().messages(usize::MAX), [message]);
}

#[test]
fn what_was_said_before_is_kept_once() {
    let store = store(PLENTY, [span(1, 7, "pay"), span(1, 7, "pay")]);
    assert_eq!((store.spans(), store.tally().received, store.tally().repeated), (1, 1, 1));
}

#[test]
fn an_end_takes_the_place_of_what_announced_it() {
    let under_way = Message { end_time_unix_nano: 0, ..span(1, 7, "pay") };
    let store = store(PLENTY, [under_way.clone(), span(1, 7, "pay"), under_way]);
    let snapshot = store.trace(id(1)).unwrap();
    assert_eq!(snapshot.messages(9), [of("shop", vec![span(1, 7, "pay")])]);
    assert_eq!((snapshot.head.spans, snapshot.head.open, snapshot.head.end), (1, 0, 8));
}

#[test]
fn two_spans_of_one_id_are_both_kept() {
    let many = (1..100).map(|other| span(1, 1_000 + other, "other"));
    let store = store(PLENTY, [span(1, 7, "pay")].into_iter().chain(many).chain([span(1, 7, "ship")]));
    let names: Vec<String> = store.trace(id(1)).unwrap().spans(999).into_iter().map(|span| span.name).collect();
    assert_eq!((names.len(), names[0].as_str(), names[100].as_str()), (101, "pay", "ship"));
}

#[test]
fn an_id_that_is_none_is_refused_and_counted() {
    let wrong = [
        Message { trace_id: vec![0; 16], ..span(1, 1, "") },
        Message { span_id: vec![0; 8], ..span(1, 2, "") },
        Message { span_id: vec![1; 7], ..span(1, 3, "") },
        Message { trace_id: Vec::new(), ..span(1, 4, "") },
    ];
    let mut store = Store::new(PLENTY);
    assert_eq!(store.add(of("shop", wrong.to_vec()), Coming::Fresh), 4);
    assert_eq!((store.tally().refused, store.spans(), store.traces()), (4, 0, 0));
    assert_eq!(store.bytes(), 0);
}

#[test]
fn the_trace_that_heard_nothing_for_longest_makes_room() {
    let bounds = Bounds { spans: 3, ..PLENTY };
    let mut store = store(bounds, [span(1, 1, "a"), span(2, 2, "b"), span(1, 3, "c"), span(3, 4, "d")]);
    let kept = |store: &Store| store.heads().map(|(id, head)| (id, head.spans)).collect::<Vec<_>>();
    assert_eq!(kept(&store), [(id(3), 1), (id(1), 2)]);
    assert_eq!((store.tally().evicted_spans, store.tally().evicted_traces), (1, 1));
    // What comes of it later is known to be a part, and what was read before stays away.
    store.add(of("shop", vec![span(2, 2, "b")]), Coming::Again);
    assert_eq!(kept(&store), [(id(3), 1), (id(1), 2)]);
    store.add(of("shop", vec![span(2, 5, "e")]), Coming::Fresh);
    assert_eq!(kept(&store), [(id(2), 1), (id(3), 1)]);
    assert!(store.trace(id(2)).unwrap().head.part && !store.trace(id(3)).unwrap().head.part);
}

#[test]
fn a_trace_that_is_too_large_alone_makes_room_for_its_own_rest() {
    let store = store(Bounds { spans: 10, ..PLENTY }, (1..=25).map(|id| span(1, id, "")));
    assert_eq!((store.spans(), store.traces(), store.tally().evicted_spans), (3, 1, 22));
    assert!(store.trace(id(1)).unwrap().head.part);
}

#[test]
fn bytes_are_bounded_and_none_is_forgotten_in_the_account() {
    let bounds = Bounds { spans: 1_000, bytes: 64 * 1024 };
    let mut store = Store::new(bounds);
    for at in 1..=500_u64 {
        // A resource of its own for each, as of a program that is started anew each time.
        let program = "x".repeat(usize::try_from(at).unwrap());
        let trace = u8::try_from(at % 200 + 1).unwrap();
        store.add(of(&program, vec![span(trace, at, &program)]), Coming::Fresh);
        assert!(store.bytes() <= bounds.bytes, "{at}: {}", store.bytes());
    }
    assert!(store.tally().evicted_spans > 0);
    assert_eq!(store.tally().received, store.spans() as u64 + store.tally().evicted_spans);
    store.bounds = Bounds { spans: 0, bytes: 0 };
    while store.make_room() {}
    assert_eq!((store.bytes(), store.spans(), store.traces(), store.order.len()), (0, 0, 0, 0));
}

#[test]
fn a_head_tells_what_the_list_shows() {
    let child = Message { parent_span_id: vec![1; 8], ..span(1, 1, "early child") };
    let array = vec![attribute("spawn.job_array.name", "align"), attribute("spawn.job_array_id", "align-1")];
    let root = Message { attributes: array, end_time_unix_nano: 50, ..span(1, 9, "root") };
    let broken = Message {
        status: Some(Status { code: 2, message: String::new() }),
        end_time_unix_nano: 0,
        ..span(1, 20, "late root")
    };
    let mut store = Store::new(PLENTY);
    store.add(of("web", vec![child]), Coming::Fresh);
    store.add(of("shop", vec![root, broken]), Coming::Fresh);
    let head = store.trace(id(1)).unwrap().head;
    assert_eq!((head.name(), head.service()), ("root", "shop"));
    assert_eq!((head.start, head.end, head.duration()), (1, 50, 49));
    assert_eq!((head.spans, head.errors, head.open), (3, 1, 1));
    assert_eq!(
        (head.services, head.arrays),
        (vec!["web".into(), "shop".into()], vec!["align".into(), "align-1".into()])
    );
}

#[test]
fn nothing_said_and_not_said_are_the_same() {
    let mut store = store(PLENTY, [span(1, 7, "pay")]);
    let said = Message { status: Some(Status::default()), ..span(1, 7, "pay") };
    let mut message = of("shop", vec![said]);
    message.scope_spans[0].scope = None;
    store.add(message, Coming::Fresh);
    assert_eq!((store.spans(), store.tally().repeated), (1, 1));
}
