//! A span in lines: what it is, what was said of it, what happened in it, and what it is linked to.

use opentelemetry_proto::tonic::common::v1::KeyValue;

use crate::id::xray_form;
use crate::span::{Outcome, Span, SpanKind, text_of};
use crate::text::escape::{escape, width};
use crate::text::units::{duration, instant};
use crate::trace::Trace;

/// Characters of one value that are shown: beyond them a value is data, which `spawn trace export` writes.
const MOST_CHARACTERS: usize = 4_096;
/// Attributes, events or links that are shown of one span.
const MOST_OF_A_KIND: usize = 1_000;

/// A line of the details.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) text: String,
    pub(crate) tone: Tone,
    /// The link that it is.
    pub(crate) link: Option<usize>,
}

/// How a line is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    Plain,
    Title,
    Bad,
    Note,
    Link,
}

/// Everything that is known of a span, in lines of at most this width.
pub(crate) fn lines(trace: &Trace, span: usize, columns: u16) -> Vec<Line> {
    let mut to = Writer { columns: usize::from(columns).max(8), lines: Vec::new() };
    let Some(it) = trace.spans().get(span) else { return Vec::new() };
    head(trace, it, &mut to);
    for note in trace.notes().iter().filter(|note| note.span == Some(span)) {
        to.write(0, Tone::Note, &format!("note: {}", note.text));
    }
    to.pairs("Attributes", &it.attributes, it.dropped[0]);
    events(trace, it, &mut to);
    links(trace, it, &mut to);
    to.pairs("Resource", &it.origin.resource.attributes, it.origin.resource.dropped_attributes_count);
    let scope = &it.origin.scope;
    if !scope.name.is_empty() {
        to.pairs(&format!("Scope {} {}", scope.name, scope.version), &scope.attributes, scope.dropped_attributes_count);
    }
    to.lines
}

fn head(trace: &Trace, it: &Span, to: &mut Writer) {
    to.write(0, Tone::Title, &it.name);
    let kind = match it.kind {
        SpanKind::Internal => "internal",
        SpanKind::Server => "server",
        SpanKind::Client => "client",
        SpanKind::Producer => "producer",
        SpanKind::Consumer => "consumer",
    };
    let outcome = match it.outcome {
        Outcome::Unset => "",
        Outcome::Ok => ", said to be well",
        Outcome::Error(_) => ", failed",
    };
    let service = if it.service().is_empty() { "no service" } else { it.service() };
    to.write(0, Tone::Plain, &format!("{service}, {kind}{outcome}"));
    if let Outcome::Error(why) = &it.outcome {
        let why = if why.is_empty() { "no reason was given" } else { why };
        to.write(0, Tone::Bad, &format!("error: {why}"));
    }
    let after = duration(it.start.saturating_sub(trace.start()));
    let took = it.duration().map_or("under way".to_owned(), |took| format!("took {}", duration(took)));
    to.write(0, Tone::Plain, &format!("{took}, began {} (+{after})", instant(it.start, true)));
    let parent = it.parent.map_or("none".to_owned(), |id| id.to_string());
    to.write(0, Tone::Plain, &format!("span {}, parent {parent}", it.span_id));
    to.write(0, Tone::Plain, &format!("trace {}", it.trace_id));
    to.write(0, Tone::Plain, &format!("      {}", xray_form(it.trace_id)));
    if !it.trace_state.is_empty() {
        to.write(0, Tone::Plain, &format!("tracestate {}", it.trace_state));
    }
}

fn events(trace: &Trace, it: &Span, to: &mut Writer) {
    to.section("Events", it.events.len(), it.dropped[1]);
    for event in it.events.iter().take(MOST_OF_A_KIND) {
        let bad = if event.name == "exception" { Tone::Bad } else { Tone::Plain };
        to.write(2, bad, &format!("+{} {}", duration(event.time.saturating_sub(trace.start())), event.name));
        event.attributes.iter().for_each(|pair| to.pair(4, pair));
        to.left_out(4, event.dropped);
    }
    to.more(it.events.len());
}

fn links(trace: &Trace, it: &Span, to: &mut Writer) {
    to.section("Links", it.links.len(), it.dropped[2]);
    for (number, link) in it.links.iter().enumerate().take(MOST_OF_A_KIND) {
        let of = if link.trace_id == trace.id() { "this trace".to_owned() } else { xray_form(link.trace_id) };
        let first = to.lines.len();
        to.write(2, Tone::Link, &format!("-> {of} span {}", link.span_id));
        to.lines[first..].iter_mut().for_each(|line| line.link = Some(number));
        link.attributes.iter().for_each(|pair| to.pair(4, pair));
        to.left_out(4, link.dropped);
    }
    to.more(it.links.len());
}

/// Lines as they are written.
struct Writer {
    columns: usize,
    lines: Vec<Line>,
}

impl Writer {
    fn section(&mut self, title: &str, count: usize, dropped: u32) {
        if count > 0 || dropped > 0 {
            self.write(0, Tone::Title, &format!("{title} ({count})"));
        }
        self.left_out(2, dropped);
    }

    fn left_out(&mut self, indent: usize, dropped: u32) {
        if dropped > 0 {
            self.write(indent, Tone::Note, &format!("note: {dropped} more were left out by the writer"));
        }
    }

    fn more(&mut self, count: usize) {
        if count > MOST_OF_A_KIND {
            let text = format!("note: {} more are not shown: spawn trace export writes all", count - MOST_OF_A_KIND);
            self.write(2, Tone::Note, &text);
        }
    }

    fn pairs(&mut self, title: &str, pairs: &[KeyValue], dropped: u32) {
        self.section(title, pairs.len(), dropped);
        pairs.iter().take(MOST_OF_A_KIND).for_each(|pair| self.pair(2, pair));
        self.more(pairs.len());
    }

    fn pair(&mut self, indent: usize, pair: &KeyValue) {
        let value = pair.value.as_ref().map(text_of).unwrap_or_default();
        let key: String = pair.key.chars().take(MOST_CHARACTERS).collect();
        let shown: String = value.chars().take(MOST_CHARACTERS).collect();
        self.write(indent, Tone::Plain, &format!("{key} = {shown}"));
        if shown.len() < value.len() {
            let text =
                format!("note: {} of {} bytes are shown: spawn trace export writes all", shown.len(), value.len());
            self.write(indent + 2, Tone::Note, &text);
        }
    }

    /// Writes a text in as many lines as it takes, further ones set in.
    fn write(&mut self, indent: usize, tone: Tone, text: &str) {
        let limited: String = text.chars().take(2 * MOST_CHARACTERS).collect();
        for (number, part) in limited.split('\n').enumerate() {
            let escaped = escape(part);
            let (mut line, mut used) = (" ".repeat(if number == 0 { indent } else { indent + 2 }), 0);
            used += line.len();
            for character in escaped.chars() {
                let wide = width(character.encode_utf8(&mut [0; 4]));
                if used + wide > self.columns {
                    self.push(tone, std::mem::replace(&mut line, " ".repeat(indent + 2)));
                    used = indent + 2;
                }
                line.push(character);
                used += wide;
            }
            self.push(tone, line);
        }
    }

    fn push(&mut self, tone: Tone, text: String) {
        self.lines.push(Line { text, tone, link: None });
    }
}
