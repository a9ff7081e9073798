//! A span's line, and what is said below it.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;

use opentelemetry::trace::SpanId;

use super::Detail;
use super::bar::{Bar, Scale};
use super::tree::{Branch, branches};
use crate::fold::{Row, uncounted};
use crate::id;
use crate::span::{Span, text_of};
use crate::text::cause::cause;
use crate::text::line::{Line, wrapped};
use crate::text::paper::{Paint, Paper};
use crate::text::units::{duration, instant};
use crate::trace::Trace;

/// Columns of one level of the tree.
const LEVEL: usize = 3;
/// Lines that a cause may take, and that a value may.
const CAUSE: usize = 3;
const VALUE: usize = 2;
/// Links of a span that are shown; the others are counted.
const LINKS: usize = 8;

/// Writes the rows of a waterfall.
#[derive(Debug)]
pub(super) struct Rows<'a> {
    trace: &'a Trace,
    detail: &'a Detail,
    paper: &'a Paper,
    scale: &'a Scale,
    /// The names of the spans that are linked to from within their trace.
    names: HashMap<SpanId, &'a str>,
}

impl<'a> Rows<'a> {
    pub(super) fn of(trace: &'a Trace, detail: &'a Detail, paper: &'a Paper, scale: &'a Scale) -> Self {
        let links = trace.spans().iter().flat_map(|span| &span.links);
        let linked: HashSet<SpanId> =
            links.filter(|link| link.trace_id == trace.id()).map(|link| link.span_id).collect();
        let names = trace.spans().iter().filter(|span| linked.contains(&span.span_id));
        let names = names.map(|span| (span.span_id, span.name.as_str())).collect();
        Self { trace, detail, paper, scale, names }
    }

    pub(super) fn write(&self, rows: &[Row], to: &mut String) {
        // Half of the tree's columns stay for names.
        let levels = (self.scale.tree / 2 / LEVEL).max(1);
        let branches = branches(rows, levels, self.paper.signs());
        for (row, branch) in rows.iter().zip(&branches) {
            match row {
                Row::Span { span, .. } => self.span(*span, branch, to),
                Row::Folded { spans, .. } => self.folded(spans, branch, to),
            }
        }
    }

    fn span(&self, at: usize, branch: &Branch, to: &mut String) {
        let span = &self.trace.spans()[at];
        let paint = paint(span);
        let mut line = Line::of(self.paper, self.scale.tree);
        line.own(Paint::Dim, &branch.own);
        if span.failed() {
            line.own(Paint::Bad, "! ");
        }
        line.push(if paint == Paint::Plain { Paint::Strong } else { paint }, &span.name);
        if let Some(service) = self.new_service(at) {
            line.own(Paint::Dim, " (").push(Paint::Dim, service).own(Paint::Dim, ")");
        }
        for mark in marks(span) {
            line.own(Paint::Odd, ", ").push(Paint::Odd, &mark);
        }
        let bar = Bar { spans: &[at], start: span.start, end: span.end, paint };
        self.end(line, &bar, to);
        self.below(at, branch, to);
    }

    fn folded(&self, spans: &[usize], branch: &Branch, to: &mut String) {
        let of = |at: &usize| &self.trace.spans()[*at];
        let Some(first) = spans.first() else { return };
        let mut lengths: Vec<u64> = spans.iter().filter_map(|at| of(at).duration()).collect();
        lengths.sort_unstable();
        let middle = lengths.get(lengths.len() / 2).copied().unwrap_or_default();
        let times = format!(" x {}, each {}", spans.len(), duration(middle));
        let mut line = Line::of(self.paper, self.scale.tree);
        line.own(Paint::Dim, &branch.own);
        // How many there are stays whole where the name is cut.
        let room = line.left().saturating_sub(times.len());
        let mut name = Line::of(self.paper, room);
        name.push(Paint::Strong, &uncounted(&of(first).name));
        if let Some(service) = self.new_service(*first) {
            name.own(Paint::Dim, " (").push(Paint::Dim, service).own(Paint::Dim, ")");
        }
        line.inner(name).own(Paint::Odd, &times);
        let start = spans.iter().map(|at| of(at).start).min().unwrap_or_default();
        let open = spans.iter().any(|at| of(at).end.is_none());
        let end = spans.iter().filter_map(|at| of(at).end).max();
        let mut spans = spans.to_vec();
        spans.sort_unstable();
        let bar = Bar { spans: &spans, start, end: if open { None } else { end }, paint: Paint::Plain };
        self.end(line, &bar, to);
    }

    fn end(&self, tree: Line<'_>, bar: &Bar<'_>, to: &mut String) {
        let mut line = Line::new(self.paper);
        line.inner(tree);
        self.scale.write(bar, &mut line, self.paper);
        line.end(to);
    }

    /// The span's service where it is another than the one above.
    fn new_service(&self, at: usize) -> Option<&str> {
        let service = |at: usize| self.trace.spans()[at].service();
        let above = self.trace.parent(at).map(service);
        Some(service(at)).filter(|service| !service.is_empty() && Some(*service) != above)
    }

    fn below(&self, at: usize, branch: &Branch, to: &mut String) {
        let span = &self.trace.spans()[at];
        let prefix = branch.further.as_str();
        if let Some(cause) = cause(span)
            && !self.is_told_below(at, &cause)
        {
            wrapped(self.paper, &format!("{prefix}! "), Paint::Bad, &cause, CAUSE, to);
        }
        for link in span.links.iter().take(LINKS) {
            let mut text = format!("-> {} span {}", id::xray_form(link.trace_id), link.span_id);
            if link.trace_id == self.trace.id() {
                text = format!("-> span {}", link.span_id);
                if let Some(meant) = self.names.get(&link.span_id) {
                    write!(text, " {meant}").unwrap_or_default();
                }
            }
            wrapped(self.paper, prefix, Paint::Dim, &text, 1, to);
        }
        if span.links.len() > LINKS {
            let more = format!("-> and {} more", span.links.len() - LINKS);
            wrapped(self.paper, prefix, Paint::Dim, &more, 1, to);
        }
        if self.detail.attributes {
            for pair in &span.attributes {
                let value = pair.value.as_ref().map(text_of).unwrap_or_default();
                wrapped(self.paper, prefix, Paint::Dim, &format!("{} = {value}", pair.key), VALUE, to);
            }
        }
        if self.detail.events {
            self.events(span, prefix, to);
        }
        let [attributes, events, links] = span.dropped;
        if (self.detail.attributes && attributes > 0) || (self.detail.events && events > 0) || links > 0 {
            let text = format!("left out by its writer: {attributes} attributes, {events} events, {links} links");
            wrapped(self.paper, prefix, Paint::Odd, &text, 1, to);
        }
    }

    fn events(&self, span: &Span, prefix: &str, to: &mut String) {
        for event in &span.events {
            let when = match event.time.checked_sub(span.start) {
                Some(after) => format!("+{}", duration(after)),
                None => instant(event.time, true),
            };
            let mut text = format!("* {when} {}", event.name);
            for pair in &event.attributes {
                let value = pair.value.as_ref().map(text_of).unwrap_or_default();
                write!(text, " {}={value}", pair.key).unwrap_or_default();
            }
            wrapped(self.paper, prefix, Paint::Plain, &text, VALUE, to);
        }
    }

    /// Whether a span below says the same cause: it is told where it comes from.
    fn is_told_below(&self, at: usize, said: &str) -> bool {
        let failed = self.trace.children(at).iter().map(|child| &self.trace.spans()[*child]);
        failed.filter(|child| child.failed()).any(|child| cause(child).as_deref() == Some(said))
    }
}

const fn paint(span: &Span) -> Paint {
    match (span.failed(), span.end) {
        (true, _) => Paint::Bad,
        (false, None) => Paint::Open,
        (false, Some(_)) => Paint::Plain,
    }
}

/// What is unusual about how a span went: attempts, throttles, what became of a task.
fn marks(span: &Span) -> Vec<String> {
    let number = |key: &str| span.text(key).and_then(|text| text.parse::<u64>().ok());
    let attempts = number("aws.attempts").filter(|attempts| *attempts > 1);
    let attempt = number("spawn.task.attempt").filter(|attempt| *attempt > 1);
    let throttled = span.text("aws.throttled").is_some_and(|text| text == "true");
    let outcome = span.text("spawn.task.outcome").filter(|outcome| outcome != "succeeded");
    [
        attempts.map(|attempts| format!("{attempts} attempts")),
        attempt.map(|attempt| format!("attempt {attempt}")),
        throttled.then(|| "throttled".to_owned()),
        outcome.map(std::borrow::Cow::into_owned),
    ]
    .into_iter()
    .flatten()
    .collect()
}
