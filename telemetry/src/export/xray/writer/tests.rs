//! Traces of every shape and in every order, split into parts.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use opentelemetry::KeyValue;
use opentelemetry::trace::SpanKind;
use opentelemetry_sdk::Resource;
use proptest::prelude::*;
use serde_json::Value as Json;

use super::super::budget::Remarks;
use super::*;
use crate::filter::Filter;
use crate::samples::{at, child, context, span};

/// The sample trace, as X-Ray writes its id.
const ORIGINAL: &str = "1-6b0120b8-000000000123456789abcdef";
/// A span of another program in it.
const ANOTHERS: &str = "00000000000000a1";
/// Parts of a fiftieth of what they are for X-Ray.
const LIMITS: Limits =
    Limits { quick: 8_000, slow: 2_000, young: Duration::from_secs(60), most: 12_000, reserve: 900, closing: 600 };

fn writer() -> Writer {
    let resource = Resource::builder_empty().with_attribute(KeyValue::new("service.name", "spored")).build();
    Writer::new(Translator::new(&resource, Filter::default(), &[]), "spored/i-0abc".to_owned())
}

fn budget() -> Budget {
    let mut budget = Budget::default();
    budget.limits = LIMITS;
    budget
}

/// What was sent, as X-Ray would have it: by trace and id, the last document of an id.
#[derive(Debug, Default)]
struct Sent {
    documents: BTreeMap<(String, String), Json>,
    bytes: BTreeMap<String, usize>,
}

impl Sent {
    fn take(&mut self, documents: Vec<Document>) {
        for document in documents {
            let json: Json = serde_json::from_str(&document.text).unwrap();
            let text = |name: &str| json[name].as_str().unwrap().to_owned();
            *self.bytes.entry(text("trace_id")).or_default() += document.text.len();
            for nested in json["subsegments"].as_array().into_iter().flatten() {
                let id = nested["id"].as_str().unwrap().to_owned();
                self.documents.insert((text("trace_id"), id), nested.clone());
            }
            self.documents.insert((text("trace_id"), text("id")), json);
        }
    }

    fn has(&self, trace: &str, id: &str) -> bool {
        self.documents.contains_key(&(trace.to_owned(), id.to_owned()))
    }

    /// Traces in which there is a document of this id.
    fn traces_of(&self, id: &str) -> Vec<&str> {
        self.documents.keys().filter(|(_, its)| its == id).map(|(trace, _)| trace.as_str()).collect()
    }

    fn traces(&self) -> BTreeSet<&str> {
        self.bytes.keys().map(String::as_str).collect()
    }

    fn links(&self) -> impl Iterator<Item = (&str, &Json)> {
        let each = self.documents.iter();
        each.flat_map(|((trace, _), it)| {
            it["links"].as_array().into_iter().flatten().map(|link| (trace.as_str(), link))
        })
    }
}

/// One span of a tree.
#[derive(Clone, Debug)]
struct Shape {
    /// Number of the span that it hangs below, taken modulo its own.
    parent: usize,
    call: bool,
    bytes: usize,
    /// Where it stands in the order in which spans end.
    order: u16,
    /// Seconds since the one before.
    pause: u64,
    announced: bool,
}

fn shape() -> impl Strategy<Value = Shape> {
    let bytes = prop_oneof![4 => 0..400_usize, 1 => 400..5_000_usize];
    let pause = prop_oneof![20 => Just(0_u64), 1 => 1..100_u64];
    (any::<usize>(), any::<bool>(), bytes, any::<u16>(), pause, proptest::bool::weighted(0.1)).prop_map(
        |(parent, call, bytes, order, pause, announced)| Shape { parent, call, bytes, order, pause, announced },
    )
}

/// The span of that number; the first hangs below a span of another program, if that is asked for.
fn made(number: usize, shape: &Shape, remote: bool) -> SpanData {
    let kind = if shape.call { SpanKind::Client } else { SpanKind::Internal };
    let attributes = vec![KeyValue::new("filling", "x".repeat(shape.bytes))];
    let span = SpanData { span_context: context(number as u64 + 1), attributes, ..child("work", kind) };
    match (number, remote) {
        (0, true) => SpanData { parent_span_is_remote: true, ..span },
        (0, false) => SpanData { parent_span_id: SpanId::INVALID, ..span },
        _ => SpanData { parent_span_id: SpanId::from((shape.parent % number) as u64 + 1), ..span },
    }
}

fn hex(id: SpanId) -> String {
    format!("{:016x}", u64::from_be_bytes(id.to_bytes()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn every_document_has_its_parent_in_its_own_part_or_a_link_to_it_and_no_part_is_too_large(
        shapes in proptest::collection::vec(shape(), 1..80),
        remote in any::<bool>(),
        in_tree_order in any::<bool>(),
    ) {
        let (mut writer, mut budget, mut sent) = (writer(), budget(), Sent::default());
        let mut spans: Vec<_> = shapes.iter().enumerate().map(|(n, shape)| (made(n, shape, remote), shape)).collect();
        if in_tree_order {
            // Every span after those below it, as when nothing outlives its caller.
            spans.reverse();
        } else {
            spans.sort_by_key(|(_, shape)| shape.order);
        }
        let mut now = Instant::now();
        for (span, _) in spans.iter().filter(|(_, shape)| shape.announced && !shape.call) {
            let mut documents = Vec::new();
            writer.write(Task { span, of: Of::Announcement, now }, &mut budget, &mut documents);
            sent.take(documents);
        }
        for (of, (span, shape)) in spans.iter().enumerate() {
            now += Duration::from_secs(shape.pause);
            let mut documents = Vec::new();
            writer.write(Task { span, of: Of::Span(of), now }, &mut budget, &mut documents);
            prop_assert_eq!(documents.last().unwrap().of, Of::Span(of));
            prop_assert!(documents.iter().rev().skip(1).all(|document| document.of == Of::Beside));
            sent.take(documents);
        }
        for (trace, bytes) in &sent.bytes {
            prop_assert!(*bytes <= LIMITS.most, "{} has {} bytes", trace, bytes);
        }
        for (span, _) in &spans {
            let traces = sent.traces_of(&hex(span.span_context.span_id()));
            // Twice where a short one stands in for it elsewhere.
            prop_assert!(matches!(traces.len(), 1 | 2), "{:?} is in {:?}", span.span_context, traces);
        }
        for ((trace, id), document) in &sent.documents {
            prop_assert!(document.get("in_progress").is_none(), "{} has not ended", id);
            if let Some(parent) = document["parent_id"].as_str() {
                let anothers = remote && parent == ANOTHERS && trace == ORIGINAL;
                prop_assert!(sent.has(trace, parent) || anothers, "{} in {} lacks {}", id, trace, parent);
            }
        }
        for (_, link) in sent.links() {
            let (trace, id) = (link["trace_id"].as_str().unwrap(), link["id"].as_str().unwrap());
            prop_assert!(sent.has(trace, id) || (remote && id == ANOTHERS && trace == ORIGINAL), "{} leads nowhere", link);
        }
        // Whoever sees one part finds all others, there and back.
        let roads: Vec<_> = sent.links().map(|(from, link)| (from, link["trace_id"].as_str().unwrap())).collect();
        for start in sent.traces() {
            let mut reached = BTreeSet::from([start]);
            while roads.iter().fold(false, |more, (from, to)| (reached.contains(from) && reached.insert(to)) || more) {}
            prop_assert_eq!(&reached, &sent.traces(), "from {}", start);
        }
    }
}

/// A span below the root of the sample trace, of about this size.
fn step(number: u64, bytes: usize) -> SpanData {
    let attributes = vec![KeyValue::new("filling", "x".repeat(bytes))];
    SpanData { span_context: context(number), attributes, ..child("step", SpanKind::Internal) }
}

fn write(writer: &mut Writer, budget: &mut Budget, span: &SpanData, now: Instant) -> Vec<Json> {
    let mut documents = Vec::new();
    writer.write(Task { span, of: Of::Span(0), now }, budget, &mut documents);
    documents.iter().map(|document| serde_json::from_str(&document.text).unwrap()).collect()
}

#[test]
fn a_trace_that_is_full_goes_on_in_another_and_both_say_so() {
    let (mut writer, mut budget, now) = (writer(), budget(), Instant::now());
    assert_eq!(write(&mut writer, &mut budget, &step(1, 3_000), now).len(), 1);
    assert_eq!(write(&mut writer, &mut budget, &step(2, 2_000), now).len(), 1);
    let split = write(&mut writer, &mut budget, &step(3, 3_000), now);
    let [tie, third] = &split[..] else { panic!("{split:?}") };
    let (first, second) = (&tie["trace_id"], &third["trace_id"]);
    assert_eq!(
        (&tie["name"], &tie["parent_id"], &tie["type"]),
        (&"trace continues".into(), &"00000000000000a1".into(), &"subsegment".into())
    );
    let link = |it: &Json, n: usize| (it["links"][n]["trace_id"].clone(), it["links"][n]["id"].clone());
    assert_eq!(link(tie, 0), (second.clone(), third["id"].clone()));
    assert_eq!(link(third, 1), (first.clone(), tie["id"].clone()));
    assert_eq!(link(third, 0), (first.clone(), "00000000000000a1".into()));
    assert_eq!((third.get("parent_id"), third.get("type")), (None, None), "it is a segment of its own");
    // The second at which the trace began stays.
    assert_eq!(first.as_str().unwrap()[..10], second.as_str().unwrap()[..10]);
    // What the first part awaits goes there.
    let root = write(&mut writer, &mut budget, &span("root"), now);
    assert_eq!((root.len(), &root[0]["trace_id"]), (1, first));
    assert_eq!(budget.take_remarks(), Remarks { split: 1, ..Remarks::default() });
}

#[test]
fn the_parts_of_a_trace_are_the_same_after_a_restart_and_differ_by_sender() {
    let now = Instant::now();
    let trace = Trace::new(context(1).trace_id(), now);
    let again = Trace::new(context(1).trace_id(), now);
    assert_eq!(trace.part_id(0, "a"), context(1).trace_id());
    assert_eq!(trace.part_id(1, "a"), again.part_id(1, "a"));
    assert_ne!(trace.part_id(1, "a"), trace.part_id(1, "b"));
    assert_ne!(trace.part_id(1, "a"), trace.part_id(2, "a"));
}

#[test]
fn a_trace_that_trickles_in_gets_less_room() {
    let (mut writer, mut budget, now) = (writer(), budget(), Instant::now());
    write(&mut writer, &mut budget, &step(1, 500), now);
    let later = now + LIMITS.young + Duration::from_secs(1);
    assert_eq!(write(&mut writer, &mut budget, &step(2, 500), later).len(), 2);
}

#[test]
fn a_document_that_is_sent_again_goes_to_the_same_part_with_the_same_annotations_and_counts_once() {
    let (mut writer, mut budget, now) = (writer(), budget(), Instant::now());
    let mut first = step(1, 3_000);
    first.attributes.push(KeyValue::new("spawn.instance_id", "i-0abc"));
    let once = write(&mut writer, &mut budget, &first, now);
    for number in 2..9 {
        write(&mut writer, &mut budget, &step(number, 3_000), now);
    }
    let remarks = budget.take_remarks();
    assert_eq!(write(&mut writer, &mut budget, &first, now), once);
    assert_eq!((remarks.split > 0, budget.take_remarks()), (true, Remarks::default()));
}

#[test]
fn an_announcement_has_no_end_and_what_comes_later_takes_its_place() {
    let (mut writer, mut budget, now) = (writer(), budget(), Instant::now());
    let mut documents = Vec::new();
    let attempt = SpanData { end_time: at(0), ..span("task align[7]") };
    writer.write(Task { span: &attempt, of: Of::Announcement, now }, &mut budget, &mut documents);
    let announced: Json = serde_json::from_str(&documents[0].text).unwrap();
    assert_eq!((&announced["in_progress"], announced.get("end_time")), (&true.into(), None));
    for number in 1..9 {
        write(&mut writer, &mut budget, &step(number, 3_000), now);
    }
    let ended = &write(&mut writer, &mut budget, &span("task align[7]"), now)[0];
    assert_eq!((&ended["id"], &ended["trace_id"]), (&announced["id"], &announced["trace_id"]));
    assert!(ended.get("in_progress").is_none() && ended["end_time"].is_number());
}

#[test]
fn what_does_not_fit_where_it_is_awaited_leaves_a_short_document_there() {
    let (mut writer, mut budget, now) = (writer(), budget(), Instant::now());
    write(&mut writer, &mut budget, &step(1, 5_500), now);
    let mut root = span("root");
    root.attributes = vec![KeyValue::new("filling", "x".repeat(7_000))];
    let documents = write(&mut writer, &mut budget, &root, now);
    let [tie, short, whole] = &documents[..] else { panic!("{documents:?}") };
    assert_eq!((&short["id"], &short["trace_id"]), (&whole["id"], &tie["trace_id"]));
    assert_ne!(short["trace_id"], whole["trace_id"]);
    assert!(short.to_string().len() < LIMITS.reserve && whole.to_string().len() > 7_000);
    let links = short["links"].as_array().unwrap();
    assert!(links.iter().any(|link| link["trace_id"] == whole["trace_id"] && link["id"] == whole["id"]), "{links:?}");
}
