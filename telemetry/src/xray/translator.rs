//! The face of the translation: a span and its place in a trace go in, a document comes out.

use opentelemetry::trace::{SpanId, TraceId};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SpanData;
use wildmatch::WildMatch;

use super::facts::Facts;
use super::limits::{Cuts, DOCUMENT, LEVELS};
use super::pen::Pen;
use super::scratch::Scratch;
use super::service::Service;
use super::shape::Shape;
use super::tie::Ties;
use super::{annotation, cause, rest, segment, verdict};
use crate::filter::Filter;
use crate::redact::redacted;

/// Asked for each annotation, by key and value as text: whether the trace has room for it. One that it has no room for goes
/// to the metadata.
pub(crate) type Grant<'a> = &'a mut dyn FnMut(&str, &str) -> bool;

/// Turns spans into documents. It keeps the memory that a translation needs, so that the next one takes none.
#[derive(Debug)]
pub(crate) struct Translator {
    service: Service,
    filter: Filter,
    annotations: Vec<WildMatch>,
    scratch: Scratch,
    /// Most bytes of a document.
    room: usize,
}

/// Where a document goes: its part of the trace, and what is around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// The trace; another than the span's own where a trace was split.
    pub(crate) trace_id: TraceId,
    /// The span has not ended: `in_progress` in place of an end.
    pub(crate) under_way: bool,
    /// What ties it to other parts of the trace.
    pub(crate) ties: Ties,
}

impl Place {
    /// The place that the span itself says: its own trace, below its own parent, ended.
    pub(crate) fn of(span: &SpanData) -> Self {
        Self { trace_id: span.span_context.trace_id(), under_way: false, ties: Ties::default() }
    }
}

/// What was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Written {
    /// The id by which X-Ray speaks of the document.
    pub(crate) id: SpanId,
    /// Whether something did not fit or had to be mended; the document says what.
    pub(crate) cut: bool,
}

impl Translator {
    /// The resource is that of all spans, filtered already; `annotations` are globs over the names of attributes that
    /// become annotations beside those that always do.
    pub(crate) fn new(resource: &Resource, filter: Filter, annotations: &[String]) -> Self {
        let annotations = annotations.iter().map(|glob| WildMatch::new(glob)).collect();
        Self { service: Service::new(resource), filter, annotations, scratch: Scratch::new(), room: DOCUMENT }
    }

    /// The id of the EC2 instance; `None` elsewhere.
    pub(crate) fn instance_id(&self) -> Option<&str> {
        self.service.instance_id.as_deref()
    }

    /// The host's name, if it is known.
    pub(crate) fn hostname(&self) -> Option<&str> {
        self.service.hostname.as_deref()
    }

    /// What the program runs on as AWS names it, if it is AWS's.
    pub(crate) fn resource_arn(&self) -> Option<&str> {
        self.service.resource_arn.as_deref()
    }

    /// Changes how many bytes a document may have, as far as something can be left out, and says how many it was.
    pub(crate) fn set_room(&mut self, bytes: usize) -> usize {
        std::mem::replace(&mut self.room, bytes)
    }

    /// Appends the document of a span to `into`.
    pub(crate) fn document(&mut self, span: &SpanData, place: &Place, grant: Grant<'_>, into: &mut String) -> Written {
        let Self { service, filter, annotations, scratch, room } = self;
        let known = scratch.read(&span.attributes, filter);
        let shape = Shape::of(span, place, known);
        annotation::plan(scratch, known, &span.attributes, annotations, grant);
        let verdict = verdict::verdict(&Facts::new(known, &span.attributes, scratch), &span.status);
        rest::settle(scratch, known, shape, verdict, span);
        let facts = Facts::new(known, &span.attributes, scratch);
        let mut cuts = shape.cuts;
        let causes = if verdict.failed() { cause::exceptions(span, &facts, filter, &mut cuts) } else { Vec::new() };
        let name = redacted(&span.name);
        let parts =
            segment::Parts { span, name: &name, place, shape, verdict, facts, service, filter, causes: &causes };
        let start = into.len();
        let mut cut = true;
        for (number, level) in LEVELS.into_iter().enumerate() {
            into.truncate(start);
            let mut pen = Pen { out: into, start, level, number, cuts };
            parts.write(&mut pen);
            cut = number > 0 || pen.cuts != Cuts::default();
            if into.len() - start <= *room {
                break;
            }
        }
        Written { id: SpanId::from(shape.document), cut }
    }
}
