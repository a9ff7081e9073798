//! What it costs to turn one span of an AWS call into an X-Ray document, in time and in allocations, beside a public peer.
//!
//! `cargo xtask bench` runs it and draws the table. Each line of the output is a case, the nanoseconds of one document in the
//! fastest round, and the allocations of one document, with spaces between. `spawn-bench-translate CASE COUNT` makes COUNT
//! documents of one case, for a profiler.

mod counting;
mod spans;

use std::hint::black_box;
use std::time::{Duration, Instant};

use opentelemetry_aws::xray_exporter::SegmentTranslator;
use opentelemetry_sdk::trace::SpanData;
use spawn_config::{FilterSettings, TracingSettings};
use spawn_telemetry::XRayDocuments;

/// Documents in a round, and rounds: a round is short, so that one of them meets no other work on the machine. The cases take
/// turns.
const ROUNDS: (u32, u32) = (100, 4_000);

/// A case: its name, and what makes one document.
type Case<'a> = (&'static str, Box<dyn FnMut() + 'a>);

fn main() {
    let (plain, call, root) = (spans::plain_call(), spans::call(), spans::root_call());
    let mut cases = [
        ours("ours", &call, TracingSettings::default()),
        ours("ours-root", &root, TracingSettings::default()),
        ours("ours-filter", &call, filtering(&["user.*"], &["*secret*"], &["*.password"])),
        ours("ours-redacting", &call, filtering(&["server.*"], &["aws.extended_request_id"], &["nothing.*"])),
        peer("peer", &call),
        ours("ours-plain", &plain, TracingSettings::default()),
        peer("peer-plain", &plain),
    ];
    let words: Vec<String> = std::env::args().skip(1).collect();
    if let [name, count] = words.as_slice() {
        let count: u32 = count.parse().expect("a number of documents");
        let (_, document) = cases.iter_mut().find(|(known, _)| known == name).expect("the name of a case");
        return (0..count).for_each(|_| document());
    }
    agree(&call);
    let mut fastest = [Duration::MAX; 7];
    let mut allocations = [0; 7];
    for _ in 0..ROUNDS.1 {
        for ((_, document), (fastest, allocations)) in cases.iter_mut().zip(fastest.iter_mut().zip(&mut allocations)) {
            let (before, begun) = (counting::allocations(), Instant::now());
            (0..ROUNDS.0).for_each(|_| document());
            *fastest = begun.elapsed().min(*fastest);
            *allocations = counting::allocations() - before;
        }
    }
    for ((name, _), (fastest, allocations)) in cases.iter().zip(fastest.iter().zip(allocations)) {
        let each = fastest.as_nanos() / u128::from(ROUNDS.0);
        println!("{name} {each} {}", allocations / u64::from(ROUNDS.0));
    }
}

/// What both say of the call, in the same words. The peer names it for `aws.service`, which is `dynamodb`, and ours as the SDK does.
const AGREED: [&str; 11] = [
    r#""id":"00000000000000b2""#,
    r#""trace_id":"1-6b0120b8-000000000123456789abcdef""#,
    r#""parent_id":"00000000000000a1""#,
    r#""type":"subsegment""#,
    r#""namespace":"aws""#,
    r#""operation":"GetItem""#,
    r#""region":"eu-central-1""#,
    r#""request_id":"4KBNVRGD25RG1KEO9UT4V3FQDJVV4KQNSO5AEMVJF66Q9ASUAAJG""#,
    r#""table_name":"spawn-job-arrays""#,
    r#""method":"POST""#,
    r#""status":200"#,
];

/// Holds the document against the peer's: a second opinion, before the two are compared in speed.
fn agree(span: &SpanData) {
    let mut ours = String::new();
    XRayDocuments::new(&spans::resource(), &TracingSettings::default()).append(span, &mut ours);
    let peer = translator();
    let peer = peer.translate_spans(std::slice::from_ref(span))[0].to_string();
    for field in AGREED {
        assert!(ours.contains(field) && peer.contains(field), "{field} is not in both:\n{ours}\n{peer}");
    }
}

fn ours<'a>(name: &'static str, span: &'a SpanData, settings: TracingSettings) -> Case<'a> {
    let mut documents = XRayDocuments::new(&spans::resource(), &settings);
    let mut text = String::new();
    let document = move || {
        text.clear();
        documents.append(black_box(span), &mut text);
        black_box(&text);
    };
    (name, Box::new(document))
}

fn filtering(drop: &[&str], redact: &[&str], hash: &[&str]) -> TracingSettings {
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let filter =
        FilterSettings { drop: names(drop), redact: names(redact), hash: names(hash), ..FilterSettings::default() };
    TracingSettings { filter, ..TracingSettings::default() }
}

/// The peer with all attributes kept as metadata, as ours keeps them.
fn translator() -> SegmentTranslator {
    let mut translator = SegmentTranslator::new().metadata_all_attrs().skip_timestamp_validation();
    translator.set_resource(&spans::resource());
    translator
}

fn peer<'a>(name: &'static str, span: &'a SpanData) -> Case<'a> {
    let translator = translator();
    let batch = std::slice::from_ref(span);
    let document = move || {
        let documents = translator.translate_spans(black_box(batch));
        assert_eq!(documents.len(), 1, "the peer has lost the span");
        black_box(documents[0].to_string());
    };
    (name, Box::new(document))
}
