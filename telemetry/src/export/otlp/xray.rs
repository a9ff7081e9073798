//! The limits of X-Ray's OTLP endpoint, from the CloudWatch user guide ("OTLP Endpoints"). A request that breaks one is
//! refused as a whole, so they are kept before anything is sent.

use std::borrow::Cow;
use std::ops::Range;
use std::time::{Duration, SystemTime};

use opentelemetry::trace::Status;
use opentelemetry::{Array, KeyValue, Value};
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_sdk::trace::SpanData;
use prost::Message;

/// Most bytes of a request before it is compressed.
pub(super) const LARGEST: usize = 5_000_000;
/// Most spans of a request.
const SPANS: usize = 10_000;
/// Most bytes of a span; a little is left for what surrounds it.
const LARGEST_SPAN: usize = 200_000 - 1_000;
/// How far in the past a span may begin.
const PAST: Duration = Duration::from_secs(14 * 24 * 3_600);
/// How far in the future.
const FUTURE: Duration = Duration::from_secs(2 * 3_600);
/// How far apart the spans of a request may begin.
const SPREAD: Duration = Duration::from_secs(24 * 3_600);

/// What is said of spans that are too old or too new.
pub(super) const OUT_OF_TIME: &str =
    "X-Ray takes no spans that began more than 14 days ago or begin in more than two hours";

/// Longest text that is left in a span that was too large.
const LONGEST_TEXT: usize = 1_024;
/// Most events and links that are left, and most attributes of each of these and of the span.
const MOST: usize = 32;
/// Says what was cut.
const TRUNCATED: &str = "spawn.truncated";

/// The requests that these spans make, and the places of those that X-Ray would not take at any time.
pub(super) fn ranges(spans: &[SpanData], now: SystemTime) -> (Vec<Range<usize>>, Vec<usize>) {
    let mut requests: Vec<Range<usize>> = Vec::new();
    let mut out_of_time = Vec::new();
    let (mut first, mut last) = (now, now);
    for (place, span) in spans.iter().enumerate() {
        let begin = span.start_time;
        if begin + PAST < now || begin > now + FUTURE {
            out_of_time.push(place);
            continue;
        }
        let (earliest, latest) = (first.min(begin), last.max(begin));
        let is_close = latest.duration_since(earliest).is_ok_and(|spread| spread <= SPREAD);
        match requests.last_mut() {
            Some(request) if request.end == place && request.len() < SPANS && is_close => {
                request.end += 1;
                (first, last) = (earliest, latest);
            }
            _ => {
                requests.push(place..place + 1);
                (first, last) = (begin, begin);
            }
        }
    }
    (requests, out_of_time)
}

/// Takes something off a span.
type Step = fn(&mut SpanData);

/// The span, and if it is too large, as much of it as X-Ray takes, with a note of what was cut: long texts first, then
/// events, then links, then attributes, and what comes first stays.
pub(super) fn cut(span: Cow<'_, SpanData>) -> Cow<'_, SpanData> {
    // Looking is dear, and few spans come near.
    if roughly(&span) <= LARGEST_SPAN / 2 || size(&span) <= LARGEST_SPAN {
        return span;
    }
    let mut span = span.into_owned();
    let mut notes = Vec::new();
    let steps: [(&str, Step); 4] =
        [("texts", cut_texts), ("events", cut_events), ("links", cut_links), ("attributes", cut_attributes)];
    for (note, step) in steps {
        step(&mut span);
        notes.push(note);
        if size(&span) <= LARGEST_SPAN {
            break;
        }
    }
    span.attributes.push(KeyValue::new(TRUNCATED, notes.join(", ")));
    Cow::Owned(span)
}

fn size(span: &SpanData) -> usize {
    Span::from(span.clone()).encoded_len()
}

/// A size that the texts make, without a copy of them.
fn roughly(span: &SpanData) -> usize {
    let of = |attributes: &[KeyValue]| {
        attributes.iter().map(|pair| 16 + pair.key.as_str().len() + weight(&pair.value)).sum::<usize>()
    };
    let events: usize = span.events.iter().map(|event| 32 + event.name.len() + of(&event.attributes)).sum();
    let links: usize = span.links.iter().map(|link| 600 + of(&link.attributes)).sum();
    let status = match &span.status {
        Status::Error { description } => description.len(),
        _ => 0,
    };
    1_000 + status + span.name.len() + of(&span.attributes) + events + links
}

fn weight(value: &Value) -> usize {
    match value {
        Value::String(text) => text.as_str().len(),
        Value::Array(Array::String(items)) => items.iter().map(|item| 4 + item.as_str().len()).sum(),
        Value::Array(Array::I64(items)) => 12 * items.len(),
        Value::Array(Array::F64(items)) => 12 * items.len(),
        Value::Array(Array::Bool(items)) => 4 * items.len(),
        _ => 10,
    }
}

fn cut_texts(span: &mut SpanData) {
    let name = shortened(&span.name).into_owned();
    span.name = name.into();
    if let Status::Error { description } = &mut span.status {
        let short = shortened(description).into_owned();
        *description = short.into();
    }
    let of_events = span.events.events.iter_mut().map(|event| &mut event.attributes);
    let of_links = span.links.links.iter_mut().map(|link| &mut link.attributes);
    for pair in of_events.chain(of_links).chain([&mut span.attributes]).flatten() {
        shorten(&mut pair.value);
    }
    for event in &mut span.events.events {
        let name = shortened(&event.name).into_owned();
        event.name = name.into();
    }
}

fn shorten(value: &mut Value) {
    match value {
        Value::String(text) if text.as_str().len() > LONGEST_TEXT => {
            let short = shortened(text.as_str()).into_owned();
            *value = short.into();
        }
        Value::Array(Array::String(items)) => {
            items.truncate(MOST);
            for item in items.iter_mut().filter(|item| item.as_str().len() > LONGEST_TEXT) {
                let short = shortened(item.as_str()).into_owned();
                *item = short.into();
            }
        }
        Value::Array(Array::I64(items)) => items.truncate(LONGEST_TEXT),
        Value::Array(Array::F64(items)) => items.truncate(LONGEST_TEXT),
        Value::Array(Array::Bool(items)) => items.truncate(LONGEST_TEXT),
        _ => {}
    }
}

fn shortened(text: &str) -> Cow<'_, str> {
    if text.len() <= LONGEST_TEXT {
        return Cow::Borrowed(text);
    }
    Cow::Owned(format!("{}…", &text[..text.floor_char_boundary(LONGEST_TEXT)]))
}

fn cut_events(span: &mut SpanData) {
    span.events.dropped_count += cut_off(&mut span.events.events, MOST);
    for event in &mut span.events.events {
        event.dropped_attributes_count += cut_off(&mut event.attributes, 2);
    }
}

fn cut_links(span: &mut SpanData) {
    span.links.dropped_count += cut_off(&mut span.links.links, MOST);
    for link in &mut span.links.links {
        link.dropped_attributes_count += cut_off(&mut link.attributes, 1);
    }
}

/// One list of texts weighs as much as 32 attributes, so few are left.
fn cut_attributes(span: &mut SpanData) {
    for pair in &mut span.attributes {
        if !matches!(pair.value, Value::String(_) | Value::I64(_) | Value::F64(_) | Value::Bool(_)) {
            let text = shortened(&pair.value.as_str()).into_owned();
            pair.value = text.into();
        }
    }
    // Names can be as long as texts.
    let before = span.attributes.len();
    span.attributes.retain(|pair| pair.key.as_str().len() <= LONGEST_TEXT);
    span.dropped_attributes_count += u32::try_from(before - span.attributes.len()).unwrap_or(u32::MAX);
    span.dropped_attributes_count += cut_off(&mut span.attributes, MOST);
}

/// How many were cut off.
fn cut_off<T>(items: &mut Vec<T>, most: usize) -> u32 {
    let over = items.len().saturating_sub(most);
    items.truncate(most);
    u32::try_from(over).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use opentelemetry::trace::{Event, Link};

    use super::*;
    use crate::samples::{self, at};

    const HOUR: Duration = Duration::from_secs(3_600);

    #[test]
    fn the_reference_has_the_limits() {
        let page = include_str!("../../../../docs/reference/otlp.md");
        let table = page.split_once("<!-- xray:begin -->").unwrap().1.split_once("<!-- xray:end -->").unwrap().0;
        let values: Vec<&str> = table.trim().lines().skip(2).map(|row| row.split(" | ").nth(1).unwrap()).collect();
        assert_eq!(values, ["5,000,000", "10,000", "200,000", "14 days ago to 2 hours ahead", "24 hours"]);
        assert_eq!((LARGEST, SPANS, LARGEST_SPAN + 1_000), (5_000_000, 10_000, 200_000));
        assert_eq!((PAST, FUTURE, SPREAD), (HOUR * 24 * 14, HOUR * 2, HOUR * 24));
    }

    fn begun(time: SystemTime) -> SpanData {
        SpanData { start_time: time, end_time: time, ..samples::span("a") }
    }

    #[test]
    fn a_request_spans_a_day_at_most_and_leaves_out_what_is_out_of_time() {
        let now = at(0);
        let ago = |hours: u32| begun(now - HOUR * hours);
        let spans = [ago(30), ago(20), ago(5), ago(14 * 24 + 1), ago(0), begun(now + 3 * HOUR), ago(1), ago(26)];
        assert_eq!(ranges(&spans, now), (vec![0..2, 2..3, 4..5, 6..7, 7..8], vec![3, 5]));
        let many = vec![ago(0); SPANS + 1];
        assert_eq!(ranges(&many, now), (vec![0..SPANS, SPANS..SPANS + 1], vec![]));
        assert_eq!(ranges(&[], now), (vec![], vec![]));
    }

    #[test]
    fn a_span_that_fits_is_left_alone() {
        let mut span = samples::span("a");
        span.attributes = vec![KeyValue::new("text", "x".repeat(150_000))];
        assert!(matches!(cut(Cow::Borrowed(&span)), Cow::Borrowed(_)));
    }

    #[test]
    fn a_span_that_is_too_large_is_cut_and_says_so() {
        let long = || "x".repeat(250_000);
        let mut span = samples::span("a");
        span.attributes = vec![KeyValue::new("first", 1), KeyValue::new("text", long())];
        let shown = cut(Cow::Borrowed(&span));
        let text = format!("{}…", "x".repeat(1_024));
        let expected = [KeyValue::new("first", 1), KeyValue::new("text", text), KeyValue::new(TRUNCATED, "texts")];
        assert_eq!(shown.attributes, expected);
    }

    #[test]
    fn whatever_is_large_in_a_span_it_fits_in_the_end() {
        let text = || "é".repeat(4_000);
        let texts = |count| (0..count).map(|it| KeyValue::new(format!("key{it}"), text())).collect::<Vec<_>>();
        let list = || Value::Array(Array::String(vec![text().into(); 40]));
        type Make = fn(&mut SpanData, Vec<KeyValue>, String, Value);
        let large: [Make; 7] = [
            |span, many, _, _| span.attributes = many,
            |span, many, _, _| span.events.events = vec![Event::new("e", at(0), many, 0); 50],
            |span, many, _, _| span.links.links = vec![Link::new(samples::context(1), many, 0); 50],
            |span, _, text, _| span.status = Status::error(text.repeat(40)),
            |span, _, text, _| span.name = text.repeat(40).into(),
            |span, _, text, _| span.attributes = vec![KeyValue::new(text.repeat(40), 1)],
            |span, _, _, list| span.attributes = vec![KeyValue::new("list", list); 40],
        ];
        for (place, make) in large.into_iter().enumerate() {
            let mut span = samples::span("a");
            make(&mut span, texts(40), text(), list());
            let shown = cut(Cow::Borrowed(&span));
            assert!(size(&shown) <= LARGEST_SPAN + 100, "{place}: {}", size(&shown));
            assert_eq!(shown.attributes.last().map(|pair| pair.key.as_str()), Some(TRUNCATED), "{place}");
            assert_eq!(shown.span_context, span.span_context);
        }
    }
}
