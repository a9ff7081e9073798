//! What is told of a trace in a list, and which traces a search finds.

use std::collections::BTreeSet;

use opentelemetry::trace::TraceId;

use crate::span::Span;
use crate::trace::Trace;

/// What is told of a trace in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Its id.
    pub id: TraceId,
    /// What its first root is called.
    pub name: String,
    /// The service of its first root.
    pub service: String,
    /// When it began, nanoseconds since 1970.
    pub start: u64,
    /// How long it takes from the first beginning to the last instant that it knows of, nanoseconds.
    pub duration: u64,
    /// How many spans it has.
    pub spans: usize,
    /// How many of them failed.
    pub errors: usize,
    /// How many of them are under way.
    pub open: usize,
    /// The services that made its spans, by name.
    pub services: Vec<String>,
    /// The names of the job arrays that it is about; the ids of those whose name it does not tell.
    pub arrays: Vec<String>,
    /// How many notes there are on it.
    pub notes: usize,
}

/// What is told of this trace in a list.
#[must_use]
pub fn summary(trace: &Trace) -> Summary {
    let spans = trace.spans();
    let root = trace.roots().first().map(|root| &spans[*root]);
    let services: BTreeSet<&str> = spans.iter().map(Span::service).filter(|name| !name.is_empty()).collect();
    Summary {
        id: trace.id(),
        name: root.map(|root| root.name.clone()).unwrap_or_default(),
        service: root.map(|root| root.service().to_owned()).unwrap_or_default(),
        start: trace.start(),
        duration: trace.end().saturating_sub(trace.start()),
        spans: spans.len(),
        errors: spans.iter().filter(|span| span.failed()).count(),
        open: spans.iter().filter(|span| span.end.is_none()).count(),
        services: services.into_iter().map(str::to_owned).collect(),
        arrays: arrays(spans),
        notes: trace.notes().len(),
    }
}

fn arrays(spans: &[Span]) -> Vec<String> {
    let names: BTreeSet<String> =
        spans.iter().filter_map(|span| span.text("spawn.job_array.name")).map(String::from).collect();
    if !names.is_empty() {
        return names.into_iter().collect();
    }
    let ids: BTreeSet<String> =
        spans.iter().filter_map(|span| span.text("spawn.job_array_id")).map(String::from).collect();
    ids.into_iter().collect()
}

/// A search. What it does not say, it does not ask for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// A service that takes part: it made spans, or it was called. Case does not matter.
    pub service: Option<String>,
    /// A span failed.
    pub error: bool,
    /// The trace takes longer than this, nanoseconds.
    pub slower_than: Option<u64>,
    /// It is about the job array of this name or id.
    pub array: Option<String>,
    /// It was under way at this instant or later, nanoseconds since 1970.
    pub from: Option<u64>,
    /// It began before this instant, nanoseconds since 1970.
    pub to: Option<u64>,
    /// A span's name, or a value of an attribute, or the id of the trace, contains this. Case does not matter.
    pub text: Option<String>,
}

impl Query {
    /// Whether the search finds this trace.
    #[must_use]
    pub fn matches(&self, trace: &Trace) -> bool {
        let Self { service, error, slower_than, array, from, to, text } = self;
        let spans = trace.spans();
        let any = |of: &dyn Fn(&Span) -> bool| spans.iter().any(of);
        let length = trace.end().saturating_sub(trace.start());
        (!error || any(&Span::failed))
            && slower_than.is_none_or(|least| length > least)
            && from.is_none_or(|from| trace.end() >= from || any(&|span| span.end.is_none()))
            && to.is_none_or(|to| trace.start() < to)
            && service.as_deref().is_none_or(|service| any(&|span| takes_part(span, service)))
            && array.as_deref().is_none_or(|array| any(&|span| is_of(span, array)))
            && text.as_deref().is_none_or(|text| contains(trace, &text.to_lowercase()))
    }
}

/// What a search asks of the spans of a trace: each of these of any of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Answers {
    failed: bool,
    takes_part: bool,
    is_of_array: bool,
    has_text: bool,
}

impl Answers {
    /// Adds what this span says.
    pub(crate) fn add(&mut self, span: &Span, query: &Query) {
        let Query { service, error, array, text, .. } = query;
        self.failed |= *error && span.failed();
        self.takes_part |= service.as_deref().is_some_and(|service| takes_part(span, service));
        self.is_of_array |= array.as_deref().is_some_and(|array| is_of(span, array));
        self.has_text |= text.as_deref().is_some_and(|text| has_text(span, &text.to_lowercase()));
    }

    /// Whether all was said that is asked.
    pub(crate) const fn are_all(&self, query: &Query) -> bool {
        (!query.error || self.failed)
            && (query.service.is_none() || self.takes_part)
            && (query.array.is_none() || self.is_of_array)
            && (query.text.is_none() || self.has_text)
    }
}

fn takes_part(span: &Span, service: &str) -> bool {
    let same = |name: &str| name.to_lowercase() == service.to_lowercase();
    same(span.service()) || crate::map::called_name(span).is_some_and(same)
}

fn is_of(span: &Span, array: &str) -> bool {
    ["spawn.job_array.name", "spawn.job_array_id"].iter().any(|key| span.text(key).is_some_and(|text| text == array))
}

fn contains(trace: &Trace, text: &str) -> bool {
    id_has(trace.id(), text) || trace.spans().iter().any(|span| has_text(span, text))
}

/// Whether the id has this text in it, in one form or the other.
pub(crate) fn id_has(id: TraceId, text: &str) -> bool {
    id.to_string().contains(text) || crate::id::xray_form(id).contains(text)
}

fn has_text(span: &Span, text: &str) -> bool {
    let has = |other: &str| other.to_lowercase().contains(text);
    has(&span.name)
        || has(span.service())
        || span.attributes.iter().any(|pair| pair.value.as_ref().is_some_and(|value| has(&crate::text_of(value))))
}
