//! What the views of a trace show, and that they fit.

use std::sync::Arc;

use opentelemetry::trace::{SpanId, TraceId};
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;
use proptest::prelude::*;

use super::escape::is_hostile;
use super::*;
use crate::array::arrays;
use crate::compare::compare as compared;
use crate::map::service_map;
use crate::search::summary;
use crate::span::{Event, Link, Origin, Outcome, Span, SpanKind};
use crate::trace::Trace;

const MS: u64 = 1_000_000;
/// 2026-11-21 23:00:01 UTC.
const BEGIN: u64 = 1_795_302_001_000 * MS;

fn trace_id(number: u8) -> TraceId {
    let mut bytes = [number; 16];
    bytes[..4].copy_from_slice(&0x6b02_1b31_u32.to_be_bytes());
    TraceId::from_bytes(bytes)
}

fn text(value: &str) -> Option<AnyValue> {
    Some(AnyValue { value: Some(Value::StringValue(value.to_owned())) })
}

fn pair(key: &str, value: &str) -> KeyValue {
    KeyValue { key: key.to_owned(), value: text(value), ..KeyValue::default() }
}

/// A span of a service from and to these milliseconds; a parent of 0 is none.
fn span(id: u64, parent: u64, service: &str, name: &str, from: u64, to: u64) -> Span {
    let resource = Resource { attributes: vec![pair("service.name", service)], ..Resource::default() };
    Span {
        trace_id: trace_id(7),
        span_id: SpanId::from_bytes(id.to_be_bytes()),
        parent: Some(SpanId::from_bytes(parent.to_be_bytes())).filter(|id| *id != SpanId::INVALID),
        name: name.to_owned(),
        kind: SpanKind::Internal,
        start: BEGIN + from * MS,
        end: Some(BEGIN + to * MS),
        outcome: Outcome::Unset,
        attributes: Vec::new(),
        events: Vec::new(),
        links: Vec::new(),
        origin: Arc::new(Origin { resource, ..Origin::default() }),
        trace_state: String::new(),
        flags: 1,
        dropped: [0; 3],
    }
}

fn with(mut span: Span, attributes: &[(&str, &str)]) -> Span {
    span.attributes.extend(attributes.iter().map(|(key, value)| pair(key, value)));
    span
}

fn failed(mut span: Span, why: &str) -> Span {
    span.outcome = Outcome::Error(why.to_owned());
    span
}

/// A launch whose task calls S3 often, fails at DynamoDB after three attempts, and has a command under way.
fn launch() -> Trace {
    let mut put = with(span(4, 3, "spored", "DynamoDB.PutItem", 900, 1_400), &[("aws.attempts", "3")]);
    put.kind = SpanKind::Client;
    put = with(
        failed(put, "Requested resource not found"),
        &[("error.type", "ResourceNotFoundException"), ("rpc.service", "DynamoDB")],
    );
    let mut task = failed(span(3, 1, "spored", "task align[0]", 400, 2_000), "Requested resource not found");
    task = with(
        task,
        &[("error.type", "ResourceNotFoundException"), ("spawn.task.attempt", "2"), ("spawn.task.outcome", "failed")],
    );
    task.links.push(Link {
        trace_id: trace_id(9),
        span_id: SpanId::from_bytes([9; 8]),
        trace_state: String::new(),
        attributes: Vec::new(),
        dropped: 0,
        flags: 0,
    });
    let mut run = span(5, 3, "spored", "run", 1_400, 0);
    run.end = None;
    run.events.push(Event {
        time: BEGIN + 1_500 * MS,
        name: "line".to_owned(),
        attributes: vec![pair("text", "hello")],
        dropped: 0,
    });
    let mut spans = vec![
        span(1, 0, "spawn", "spawn launch", 0, 2_100),
        span(2, 1, "spawn", "EC2.RunInstances", 50, 400),
        task,
        put,
        run,
    ];
    spans.extend((0..42).map(|n| span(100 + n, 3, "spored", "S3.GetObject", 420 + n * 10, 430 + n * 10)));
    Trace::gather(spans).remove(0)
}

fn drawn(trace: &Trace, width: usize) -> String {
    waterfall(trace, &Detail::default(), &Paper::plain(width))
}

/// An array of so many tasks, each of which takes its seconds; the third fails in the end, the fourth takes long.
fn align(size: u64) -> Vec<Trace> {
    let mut spans = vec![with(
        span(1, 0, "spored", "array align", 0, 60_000),
        &[("spawn.job_array_id", "align-1a2b3c4d"), ("spawn.job_array.name", "align")],
    )];
    for index in 0..size {
        let id = 1_000 + index * 10;
        let length = if index == 3 { 40_000 } else { 1_000 + index % 7 * 10 };
        let (number, instance) = (index.to_string(), format!("i-0{}", index % 4));
        let about = [
            ("spawn.job_array_id", "align-1a2b3c4d"),
            ("spawn.job_array.name", "align"),
            ("spawn.job_array_index", number.as_str()),
            ("spawn.task.attempt", "1"),
            ("spawn.instance_id", instance.as_str()),
            ("spawn.task.outcome", if index == 2 { "failed" } else { "succeeded" }),
        ];
        let mut task = with(span(id, 1, "spored", &format!("task align[{index}]"), 10, 10 + length), &about);
        if index == 2 {
            task = failed(task, "the command ended with exit code 3");
        }
        spans.push(task);
        spans.push(span(id + 1, id, "spored", "claim", 10, 20));
        spans.push(span(id + 2, id, "spored", "run", 20, length));
        spans.push(span(id + 3, id, "spored", "complete", length, length + 10));
    }
    Trace::gather(spans)
}

/// A trace in which every text is hostile, and one hangs below the other.
fn hostile(text: &str) -> Trace {
    let mut first = with(
        span(1, 0, text, text, 0, 10),
        &[(text, text), ("spawn.job_array_id", text), ("spawn.job_array_index", "0"), ("spawn.task.attempt", "1")],
    );
    first.events.push(Event { time: BEGIN, name: text.to_owned(), attributes: vec![pair(text, text)], dropped: 3 });
    let mut second = failed(span(2, 1, "other", text, 1, 9), text);
    second.kind = SpanKind::Client;
    second.attributes.extend([pair("rpc.service", text), pair("error.type", text), pair("spawn.task.outcome", text)]);
    Trace::gather([first, second]).remove(0)
}

fn every_view(trace: &Trace, paper: &Paper) -> String {
    let detail = Detail { more_than: usize::MAX, events: true, attributes: true };
    let traces = std::slice::from_ref(trace);
    let arrays: String = arrays(traces).iter().map(|one| array(one, true, paper)).collect();
    let name = &trace.spans()[0].name;
    [
        waterfall(trace, &detail, paper),
        map(&service_map(traces), paper),
        arrays,
        list(&[summary(trace)], paper),
        compare(&compared(trace, trace), name, name, true, paper),
    ]
    .concat()
}

fn without_colours(text: &str) -> String {
    let mut parts = text.split('\u{1b}');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |kept, part| kept + part.split_once('m').unwrap().1)
}

#[track_caller]
fn assert_drawn(drawn: &str, expected: &str) {
    assert_eq!(drawn, expected, "\n{drawn}");
}

#[test]
fn a_waterfall_has_the_tree_the_times_the_causes_and_what_the_time_is_made_of() {
    assert_drawn(&drawn(&launch(), 100), include_str!("tests/launch_100.txt"));
}

#[test]
fn a_narrow_waterfall_without_unicode_cuts_names_and_nothing_else() {
    let paper = Paper { unicode: false, ..Paper::plain(60) };
    assert_drawn(&waterfall(&launch(), &Detail::default(), &paper), include_str!("tests/launch_60.txt"));
}

#[test]
fn all_attributes_and_events_are_shown_when_asked_for() {
    let detail = Detail { more_than: usize::MAX, events: true, attributes: true };
    let shown = waterfall(&launch(), &detail, &Paper::plain(100));
    assert_eq!(shown.matches("S3.GetObject").count(), 42 + 1, "{shown}");
    for line in ["aws.attempts = 3", "* +100 ms line text=hello", "error.type = ResourceNotFoundException"] {
        assert!(shown.lines().any(|shown| shown.ends_with(line)), "{line}\n{shown}");
    }
}

#[test]
fn colours_add_nothing_to_what_is_told() {
    let paper = Paper::plain(100);
    for trace in [launch(), align(5).remove(0)] {
        let coloured = every_view(&trace, &Paper { colour: true, ..paper });
        assert!(coloured.contains("\u{1b}[31m"), "{coloured:?}");
        let plain = without_colours(&coloured);
        let trimmed: String = plain.lines().map(|line| line.trim_end().to_owned() + "\n").collect();
        assert_eq!(trimmed, every_view(&trace, &paper));
    }
}

#[test]
fn an_array_has_its_failures_first_then_stragglers() {
    let traces = align(6);
    let view = &arrays(&traces)[0];
    assert_drawn(&array(view, false, &Paper::plain(100)), include_str!("tests/array_100.txt"));
}

#[test]
fn of_a_thousand_tasks_the_remarkable_ones_have_lines_and_all_are_in_the_strip() {
    let traces = align(1_000);
    let view = &arrays(&traces)[0];
    let shown = array(view, false, &Paper::plain(80));
    assert_drawn(&shown, include_str!("tests/array_1000.txt"));
    assert_eq!(array(view, true, &Paper::plain(80)).lines().count(), shown.lines().count() + 998 - 1);
}

#[test]
fn a_list_keeps_ids_whole_however_narrow_it_is() {
    let trace = launch();
    for width in [40, 60, 100, 200] {
        let shown = list(&[summary(&trace)], &Paper::plain(width));
        assert!(shown.contains("1-6b021b31-070707070707070707070707"), "{shown}");
    }
    let titles = [40, 60, 80]
        .map(|width| list(&[summary(&trace)], &Paper::plain(width)).lines().next().unwrap().split_whitespace().count());
    assert_eq!(titles, [1, 3, 4], "what matters least is left out first");
    assert_drawn(&list(&[summary(&trace)], &Paper::plain(120)), include_str!("tests/list_120.txt"));
}

#[test]
fn a_map_has_each_node_and_below_it_whom_it_calls() {
    assert_drawn(&map(&service_map([&launch()]), &Paper::plain(100)), include_str!("tests/map_100.txt"));
}

#[test]
fn a_comparison_shows_what_took_longer_and_what_is_on_one_side_alone() {
    let (left, right) = (launch(), align(4).remove(0));
    let same = compared(&left, &left);
    let shown = compare(&same, "one", "one", false, &Paper::plain(100));
    assert!(shown.contains("same") && !shown.contains("only"), "{shown}");
    let task = |trace: &Trace, name: &str| trace.spans().iter().position(|span| span.name == name).unwrap();
    let other = crate::compare_spans(&left, task(&left, "task align[0]"), &right, task(&right, "task align[3]"));
    assert_drawn(
        &compare(&other, "align[0]", "align[3]", false, &Paper::plain(100)),
        include_str!("tests/compare_100.txt"),
    );
}

#[test]
fn the_guide_shows_what_is_drawn() {
    let guide = include_str!("../../../docs/how-to/look-at-a-trace.md");
    for drawing in [include_str!("tests/launch_100.txt"), include_str!("tests/array_1000.txt")] {
        assert!(guide.contains(&format!("```text\n{drawing}```\n")), "put this into the guide:\n{drawing}");
    }
}

#[test]
fn ten_thousand_levels_are_drawn_and_say_how_deep_they_are() {
    let deep = (1..=10_000).map(|id| span(id, id - 1, "deep", "down", id, 20_000 - id));
    let trace = Trace::gather(deep).remove(0);
    let shown = drawn(&trace, 100);
    assert!(shown.contains("(9999) down"), "the deepest says so");
    assert!(shown.lines().all(|line| escape::width(line) <= 100));
}

#[test]
fn a_thousand_notes_are_counted() {
    let lost = (1..=1_000).map(|id| span(id, 5_000 + id, "lost", &format!("orphan {id}"), id, id + 1));
    let shown = drawn(&Trace::gather(lost).remove(0), 100);
    assert!(shown.matches("note: ").count() <= 21, "{shown}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn whatever_texts_say_every_view_fits_and_nothing_hostile_goes_out(text in "\\PC{0,12}[\\x00-\\x1f\u{202e}\u{200b}<&\"\n任é\u{301}\u{9b}]{0,6}\\PC{0,40}", width in 40_usize..200) {
        let trace = hostile(&text);
        let shown = every_view(&trace, &Paper::plain(width));
        for line in shown.lines() {
            prop_assert!(escape::width(line) <= width, "{width}: {line:?}");
            prop_assert!(!line.chars().any(is_hostile), "{line:?}");
        }
    }
}
