//! The service map: who calls whom, how often, how fast, and how well it goes.

mod call;
mod stats;

use std::collections::HashMap;

use opentelemetry::trace::{SpanId, TraceId};

use crate::span::{Span, SpanKind};
use crate::trace::Trace;
use call::{Called, called};
use stats::Counted;
pub(crate) use stats::percentile;
pub use stats::{Stats, Verdict, verdict};

/// The service map of one trace or of many.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServiceMap {
    /// Who takes part, by kind and name.
    pub nodes: Vec<Node>,
    /// Who calls whom, by both ends.
    pub edges: Vec<Edge>,
}

/// Somebody who takes part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// What it is called; of a service of AWS, as AWS writes it.
    pub name: String,
    /// What it is.
    pub kind: NodeKind,
    /// What it was asked. Of a service: the work that came to it from outside, or that it began by itself.
    pub stats: Stats,
}

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum NodeKind {
    /// Whoever called a service from outside of all that is traced.
    Client,
    /// A program that made spans.
    Service,
    /// A service of AWS.
    Aws,
    /// Another one that was called and made no spans.
    Remote,
}

/// Calls from one node to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edge {
    /// Who calls, a place among the nodes.
    pub from: usize,
    /// Who is called, another.
    pub to: usize,
    /// The calls as the caller saw them.
    pub stats: Stats,
}

/// The service map of these traces.
///
/// A call with an answer in another service's spans is one edge to that service. A call to AWS is one to the service of AWS,
/// from which an edge leads on to whoever worked because of it, as a function does or whoever receives a message.
pub fn service_map<'a>(traces: impl IntoIterator<Item = &'a Trace>) -> ServiceMap {
    let traces: Vec<&Trace> = traces.into_iter().collect();
    let senders = senders(&traces);
    let mut draft = Draft::default();
    for trace in &traces {
        add(trace, &senders, &mut draft);
    }
    draft.finish()
}

/// A span with the way in which it is looked at here.
type Sender<'a> = (&'a Span, Option<Called<'a>>);

/// The spans that a receiver of another trace may link to: those that send something.
fn senders<'a>(traces: &[&'a Trace]) -> HashMap<(TraceId, SpanId), Sender<'a>> {
    let spans = traces.iter().flat_map(|trace| trace.spans());
    let sending = spans.filter(|span| matches!(span.kind, SpanKind::Producer | SpanKind::Client));
    sending.map(|span| ((span.trace_id, span.span_id), (span, called(span)))).collect()
}

fn add<'a>(trace: &'a Trace, senders: &HashMap<(TraceId, SpanId), Sender<'a>>, draft: &mut Draft<'a>) {
    let spans = trace.spans();
    let mut answered = vec![false; spans.len()];
    // Whether a span is part of a call to AWS, whose own HTTP client may have made a span too.
    let mut within_aws = vec![false; spans.len()];
    let order = trace.top_down();
    for &at in &order {
        let span = &spans[at];
        let parent = trace.parent(at);
        let is_aws = matches!(called(span), Some(Called { kind: NodeKind::Aws, .. }));
        within_aws[at] =
            is_aws || parent.is_some_and(|parent| within_aws[parent] && spans[parent].service() == span.service());
        if !is_entry(trace, at) {
            continue;
        }
        let own = draft.node(NodeKind::Service, span.service());
        draft.count(own, span);
        match parent {
            Some(parent) => {
                let caller = caller(trace, parent);
                match called(&spans[caller]) {
                    Some(Called { kind: NodeKind::Aws, name }) => {
                        let between = draft.node(NodeKind::Aws, name);
                        draft.connect(between, own, span);
                    }
                    Some(_) => {
                        // Answered once or by several tries, it is one call.
                        if !std::mem::replace(&mut answered[caller], true) {
                            let from = draft.node(NodeKind::Service, spans[caller].service());
                            draft.connect(from, own, &spans[caller]);
                        }
                    }
                    None => {
                        let from = draft.node(NodeKind::Service, spans[caller].service());
                        draft.connect(from, own, span);
                    }
                }
            }
            None => linked(span, own, senders, draft),
        }
    }
    for &at in &order {
        let span = &spans[at];
        let Some(Called { kind, name }) = called(span).filter(|_| !answered[at]) else { continue };
        let is_inner = kind != NodeKind::Aws && trace.parent(at).is_some_and(|parent| within_aws[parent]);
        if is_inner {
            continue;
        }
        let (from, to) = (draft.node(NodeKind::Service, span.service()), draft.node(kind, name));
        draft.count(to, span);
        draft.connect(from, to, span);
    }
}

/// Whether work comes to a service with this span: its parent is none, another service's, or a call or a message of its own
/// that it answers.
fn is_entry(trace: &Trace, at: usize) -> bool {
    let span = &trace.spans()[at];
    trace.parent(at).is_none_or(|parent| {
        let parent = &trace.spans()[parent];
        let is_answer = match span.kind {
            SpanKind::Server => parent.kind != SpanKind::Server,
            SpanKind::Consumer => parent.kind == SpanKind::Producer,
            _ => false,
        };
        parent.service() != span.service() || is_answer
    })
}

/// The call that led to a span below this one: this one itself, or the call that it is an attempt of.
fn caller(trace: &Trace, parent: usize) -> usize {
    let spans = trace.spans();
    let is_call = |at: usize| matches!(spans[at].kind, SpanKind::Client | SpanKind::Producer);
    let above =
        trace.parent(parent).filter(|above| is_call(*above) && spans[*above].service() == spans[parent].service());
    if is_call(parent) { parent } else { above.unwrap_or(parent) }
}

/// Whoever caused a span without a parent: the sender of the message that it received, or somebody who is not traced.
fn linked<'a>(span: &'a Span, own: usize, senders: &HashMap<(TraceId, SpanId), Sender<'a>>, draft: &mut Draft<'a>) {
    let mut found = false;
    if span.kind == SpanKind::Consumer {
        for (sender, called) in span.links.iter().filter_map(|link| senders.get(&(link.trace_id, link.span_id))) {
            let from = match called {
                Some(Called { kind: NodeKind::Aws, name }) => draft.node(NodeKind::Aws, name),
                _ => draft.node(NodeKind::Service, sender.service()),
            };
            draft.connect(from, own, span);
            found = true;
        }
    }
    if !found && span.kind == SpanKind::Server {
        let client = draft.node(NodeKind::Client, "client");
        draft.count(client, span);
        draft.connect(client, own, span);
    }
}

/// A map that is being drawn.
#[derive(Debug, Default)]
struct Draft<'a> {
    places: HashMap<(NodeKind, &'a str), usize>,
    nodes: Vec<Counted>,
    edges: HashMap<(usize, usize), Counted>,
}

impl<'a> Draft<'a> {
    fn node(&mut self, kind: NodeKind, name: &'a str) -> usize {
        let next = self.nodes.len();
        let place = *self.places.entry((kind, name)).or_insert(next);
        if place == next {
            self.nodes.push(Counted::default());
        }
        place
    }

    fn count(&mut self, node: usize, span: &Span) {
        self.nodes[node].add(span);
    }

    fn connect(&mut self, from: usize, to: usize, span: &Span) {
        self.edges.entry((from, to)).or_default().add(span);
    }

    fn finish(self) -> ServiceMap {
        let mut named: Vec<((NodeKind, &str), usize)> = self.places.into_iter().collect();
        named.sort_unstable();
        let mut moved = vec![0; named.len()];
        let mut nodes = Vec::with_capacity(named.len());
        let mut counted = self.nodes;
        for (place, ((kind, name), before)) in named.into_iter().enumerate() {
            moved[before] = place;
            let name = if name.is_empty() { "unknown" } else { name }.to_owned();
            nodes.push(Node { name, kind, stats: std::mem::take(&mut counted[before]).stats() });
        }
        let edges = self.edges.into_iter();
        let mut edges: Vec<Edge> = edges
            .map(|((from, to), counted)| Edge { from: moved[from], to: moved[to], stats: counted.stats() })
            .collect();
        edges.sort_unstable_by_key(|edge| (edge.from, edge.to));
        ServiceMap { nodes, edges }
    }
}

/// The name of whom the span calls, as the map shows it.
pub(crate) fn called_name(span: &Span) -> Option<&str> {
    called(span).map(|called| called.name)
}
