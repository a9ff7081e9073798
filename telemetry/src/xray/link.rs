//! Links to other traces, and to what came before.

use opentelemetry::Array;
use opentelemetry::trace::{SpanId, TraceId};
use opentelemetry::{KeyValue, Value};

use super::facts::Facts;
use super::limits::{Cuts, ITEMS};
use super::metadata;
use super::pen::Pen;
use super::segment::Parts;
use super::shape::number;
use super::table::Slot;
use super::tie::{CONTINUED, CONTINUES, PARENT, TRACE_LINK, Ties};

/// The links. A bad one costs itself, never the span. `own` are the span's, `ties` those between the parts of a trace that
/// was split.
pub(super) fn write(pen: &mut Pen<'_>, parts: &Parts<'_>, own: bool, ties: bool) {
    let span = parts.span;
    let list = pen.open_list("links");
    if ties {
        let Ties { parent, continued, continues } = parts.place.ties;
        let parent = parent.map(|trace| (trace, span.parent_span_id)).filter(|(_, span)| *span != SpanId::INVALID);
        let each = [(parent, PARENT), (continued, CONTINUED), (continues, CONTINUES)];
        each.into_iter().for_each(|(there, what)| tie(pen, there, what));
    }
    let most = if pen.level.others == usize::MAX { usize::MAX } else { ITEMS };
    for link in span.links.iter().filter(|_| own).take(most) {
        let context = &link.span_context;
        if !context.is_valid() {
            pen.cuts.note(Cuts::LINKS);
            continue;
        }
        if pen.is_full() {
            break;
        }
        begin(pen, context.trace_id(), number(context.span_id()));
        attributes(pen, parts, &link.attributes);
        pen.out.push('}');
    }
    pen.close_list(list);
}

fn attributes(pen: &mut Pen<'_>, parts: &Parts<'_>, attributes: &[KeyValue]) {
    if pen.level.rest {
        metadata::attributes(pen, parts.filter, attributes);
    }
}

fn tie(pen: &mut Pen<'_>, there: Option<(TraceId, SpanId)>, what: &str) {
    let Some((trace, span)) = there else { return };
    begin(pen, trace, number(span));
    let block = pen.open("attributes");
    pen.plain(TRACE_LINK, what);
    pen.close(block);
    pen.out.push('}');
}

fn begin(pen: &mut Pen<'_>, trace: TraceId, span: u64) {
    pen.comma();
    pen.out.push('{');
    pen.key("trace_id");
    pen.trace_id(trace);
    pen.key("id");
    pen.id(span);
}

/// Subsegments with the same parent that ended before this one began, as the attribute `aws.xray.precursor_ids` lists them.
pub(super) fn precursors(pen: &mut Pen<'_>, facts: &Facts<'_>) {
    let Some(Value::Array(Array::String(ids))) = facts.get(Slot::Precursors) else { return };
    let list = pen.open_list("precursor_ids");
    for id in ids.iter().take(ITEMS) {
        match u64::from_str_radix(id.as_str(), 16) {
            Ok(id @ 1..) => {
                pen.comma();
                pen.id(id);
            }
            _ => pen.cuts.note(Cuts::IDS),
        }
    }
    pen.close_list(list);
}
