//! The face of the translation: a span and its place in a trace go in, a document comes out.

use opentelemetry::trace::{SpanId, TraceId};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SpanData;

use super::service::Service;
use super::translate;
use crate::filter::Filter;

/// Asked for each annotation, by key and value as text: whether the trace has room for it.
pub(crate) type Grant<'a> = &'a mut dyn FnMut(&str, &str) -> bool;

/// Turns spans into documents.
#[derive(Debug)]
pub(crate) struct Translator {
    service: Service,
    filter: Filter,
}

/// Where a document goes: its part of the trace, and what is around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// The trace; another than the span's own where a trace was split.
    pub(crate) trace_id: TraceId,
    /// The parent is in another part of the trace: the document becomes a segment that links to it.
    pub(crate) apart: bool,
    /// The span has not ended: `in_progress` in place of an end.
    pub(crate) under_way: bool,
    /// The part of the trace that goes on after this document, to which it links.
    pub(crate) continued: Option<TraceId>,
}

impl Place {
    /// The place that the span itself says: its own trace, below its own parent, ended.
    pub(crate) fn of(span: &SpanData) -> Self {
        Self { trace_id: span.span_context.trace_id(), apart: false, under_way: false, continued: None }
    }
}

/// What was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Written {
    /// The id by which X-Ray speaks of the document.
    pub(crate) id: SpanId,
    /// Whether something did not fit; the document says what.
    pub(crate) cut: bool,
}

impl Translator {
    /// The resource is that of all spans, filtered already; `annotations` are globs over the names of attributes that
    /// become annotations beside those that always do.
    pub(crate) fn new(resource: &Resource, filter: Filter, _annotations: &[String]) -> Self {
        Self { service: Service::new(resource), filter }
    }

    /// The id of the EC2 instance; `None` elsewhere.
    pub(crate) fn instance_id(&self) -> Option<&str> {
        self.service.instance_id()
    }

    /// Appends the document of a span to `into`.
    pub(crate) fn document(&mut self, span: &SpanData, place: &Place, _: Grant<'_>, into: &mut String) -> Written {
        let (id, text) = translate::document(&self.filter.span(span), place, &self.service);
        into.push_str(&text);
        Written { id, cut: false }
    }
}
