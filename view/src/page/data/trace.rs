//! A trace as JSON, with what was found out about it.

use std::collections::{BTreeSet, HashMap};
use std::ptr;
use std::sync::Arc;

use serde::Serialize;

use super::{MapData, OriginData, SpanData, map_data, micros, rfc3339};
use crate::fold::{Row, rows};
use crate::id::xray_form;
use crate::span::{Origin, Span};
use crate::{Note, Trace, critical_path, service_map};

/// Of siblings that are alike, more than this many are one row until somebody wants to see them.
const FOLD: usize = 4;

/// A trace.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TraceData {
    /// Its id, 32 hexadecimal digits.
    pub trace_id: String,
    /// The same as X-Ray writes it.
    pub xray_trace_id: String,
    /// The name of its first root.
    pub name: String,
    /// The service of its first root.
    pub service: String,
    /// When its first span began, RFC 3339 with nanoseconds.
    pub start: String,
    /// The same in nanoseconds since 1970, as text.
    pub start_unix_nano: String,
    /// Microseconds from there to the last instant that its spans know of.
    pub duration_us: f64,
    /// How many spans failed.
    pub errors: usize,
    /// How many are under way.
    pub open: usize,
    /// The services that made its spans, by name.
    pub services: Vec<String>,
    /// What there is to say about it beside its spans.
    pub notes: Vec<NoteData>,
    /// Who made its spans.
    pub origins: Vec<OriginData>,
    /// Its spans, in the order in which they began; wherever a span is named by a number, it is its place here.
    pub spans: Vec<SpanData>,
    /// The spans that its length is made of, in time order.
    pub critical_path: Vec<StretchData>,
    /// Siblings that are alike, and too many to show each on a row of its own.
    pub folded: Vec<Vec<usize>>,
    /// Its services.
    pub service_map: MapData,
}

/// Something that is to be said of a trace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NoteData {
    /// The span that it is about.
    pub span: Option<usize>,
    /// A sentence for people.
    pub text: String,
}

/// A part of the critical path.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StretchData {
    /// The span.
    pub span: usize,
    /// Microseconds from the trace's start to where it begins.
    pub start_us: f64,
    /// Microseconds that it takes.
    pub duration_us: f64,
}

/// A trace as JSON.
#[must_use]
pub fn trace_data(trace: &Trace) -> TraceData {
    let (spans, zero) = (trace.spans(), trace.start());
    let root = trace.roots().first().and_then(|root| spans.get(*root));
    let services: BTreeSet<&str> = spans.iter().map(Span::service).filter(|name| !name.is_empty()).collect();
    let (origins, origin_of) = origins(spans);
    TraceData {
        trace_id: trace.id().to_string(),
        xray_trace_id: xray_form(trace.id()),
        name: root.map(|span| span.name.clone()).unwrap_or_default(),
        service: root.map(|span| span.service().to_owned()).unwrap_or_default(),
        start: rfc3339(zero),
        start_unix_nano: zero.to_string(),
        duration_us: micros(trace.end().saturating_sub(zero)),
        errors: spans.iter().filter(|span| span.failed()).count(),
        open: spans.iter().filter(|span| span.end.is_none()).count(),
        services: services.into_iter().map(str::to_owned).collect(),
        notes: trace.notes().iter().map(note).collect(),
        origins,
        spans: span_data(trace, zero, &origin_of),
        critical_path: critical_path(trace)
            .iter()
            .map(|part| StretchData {
                span: part.span,
                start_us: micros(part.from.saturating_sub(zero)),
                duration_us: micros(part.to.saturating_sub(part.from)),
            })
            .collect(),
        folded: folded(trace),
        service_map: map_data(&service_map([trace])),
    }
}

fn note(note: &Note) -> NoteData {
    NoteData { span: note.span, text: note.text.clone() }
}

/// The origins, each once, and the place among them of each span's own.
fn origins(spans: &[Span]) -> (Vec<OriginData>, Vec<usize>) {
    let mut origins = Vec::new();
    let mut places: HashMap<*const Origin, usize> = HashMap::new();
    let of = spans.iter().map(|span| {
        *places.entry(ptr::from_ref(Arc::as_ref(&span.origin))).or_insert_with(|| {
            let data = OriginData::of(&span.origin);
            // Each message of one program brings an origin of its own that is the same: the last few are where it is.
            let recent = origins.len().saturating_sub(8);
            let known = origins[recent..].iter().position(|known| *known == data).map(|at| recent + at);
            known.unwrap_or_else(|| {
                origins.push(data);
                origins.len() - 1
            })
        })
    });
    let of = of.collect();
    (origins, of)
}

fn span_data(trace: &Trace, zero: u64, origins: &[usize]) -> Vec<SpanData> {
    let mut spans: Vec<SpanData> = trace.spans().iter().map(|span| SpanData::of(span, zero)).collect();
    let mut waiting: Vec<(usize, usize)> = trace.roots().iter().map(|root| (*root, 0)).collect();
    while let Some((at, depth)) = waiting.pop() {
        if let Some(span) = spans.get_mut(at) {
            span.depth = depth;
            span.parent = trace.parent(at);
            span.origin = origins.get(at).copied().unwrap_or_default();
        }
        waiting.extend(trace.children(at).iter().map(|child| (*child, depth + 1)));
    }
    spans
}

fn folded(trace: &Trace) -> Vec<Vec<usize>> {
    let of = |row| match row {
        Row::Folded { spans, .. } => Some(spans),
        Row::Span { .. } => None,
    };
    rows(trace, FOLD).into_iter().filter_map(of).collect()
}
