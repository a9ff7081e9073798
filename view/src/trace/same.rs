//! Spans that were told more than once: by an announcement and at the end, by two back ends, or by two writers of one id.

use super::notes::{Kind, Notes};
use crate::span::Span;
use crate::xray::{INFERRED, MISREAD, TRUNCATED};

/// One span of each id, without those that X-Ray made of calls, and what there is to say about the others.
pub(super) fn settled(mut spans: Vec<Span>) -> (Vec<Span>, Notes) {
    let mut notes = Notes::default();
    spans.sort_by_key(|span| span.span_id.to_bytes());
    let mut kept: Vec<Span> = Vec::with_capacity(spans.len());
    for span in spans {
        match kept.last_mut().filter(|last| last.span_id == span.span_id) {
            None => kept.push(span),
            Some(last) => {
                if *last == span {
                    continue;
                }
                let (better, worse) = if is_better(&span, last) { (span, last.clone()) } else { (last.clone(), span) };
                if !is_same(&better, &worse) {
                    notes.say(Some(better.span_id), || {
                        let id = better.span_id;
                        format!("two spans have the id {id}: {} is shown, {} is not", shown(&better), shown(&worse))
                    });
                }
                *last = better;
            }
        }
    }
    let kept = without_inferred(kept, &mut notes);
    for span in &kept {
        for (key, kind) in [(MISREAD, Kind::Misread), (TRUNCATED, Kind::Truncated)] {
            if span.attribute(key).is_some() {
                notes.count(kind, span);
            }
        }
    }
    (kept, notes)
}

/// Which of two spans of one id is kept: that which has ended, that which does not come by way of X-Ray, which rounds and
/// cuts, that which says more.
fn weight(span: &Span) -> (bool, bool, usize) {
    let is_whole = !span.origin.scope.name.starts_with("aws.xray.");
    (span.end.is_some(), is_whole, span.attributes.len() + span.events.len() + span.links.len())
}

/// Whether the first one is kept; of two that weigh the same, the same one whatever the order.
fn is_better(one: &Span, other: &Span) -> bool {
    let order = weight(one).cmp(&weight(other));
    order.then_with(|| format!("{one:?}").cmp(&format!("{other:?}"))).is_gt()
}

/// Whether both tell the same span. X-Ray's instants are whole microseconds, and a parent may be told as another's. What one
/// program has announced another may end: whoever launched a job array, and whoever was the last to work on it.
fn is_same(one: &Span, other: &Span) -> bool {
    if one.name != other.name {
        return false;
    }
    let services = [one.service(), other.service()];
    let alike = services[0] == services[1] || services.contains(&"");
    one.end.is_some() != other.end.is_some() || (alike && one.start.abs_diff(other.start) < 1_000_000)
}

fn shown(span: &Span) -> String {
    let name: String = span.name.chars().take(80).collect();
    let service: String = span.service().chars().take(80).collect();
    format!("{name:?} of {service:?}")
}

/// X-Ray makes a segment of each call to AWS, for the service that was called. The call says the same and more.
fn without_inferred(spans: Vec<Span>, notes: &mut Notes) -> Vec<Span> {
    let is_inferred = |span: &Span| span.text(INFERRED).is_some_and(|text| text == "true");
    if !spans.iter().any(is_inferred) {
        return spans;
    }
    let find = |id| spans.binary_search_by_key(&id, |span| span.span_id.to_bytes()).ok();
    let parent = |span: &Span| span.parent.and_then(|id| find(id.to_bytes())).map(|place| &spans[place]);
    let is_double = |span: &Span| is_inferred(span) && parent(span).is_some_and(|parent| !is_inferred(parent));
    let mut moved: Vec<Span> = Vec::with_capacity(spans.len());
    for span in &spans {
        if is_double(span) {
            notes.count(Kind::Inferred, span);
            continue;
        }
        let mut span = span.clone();
        if let Some(above) = parent(&span).filter(|above| is_double(above)) {
            span.parent = above.parent;
        }
        moved.push(span);
    }
    moved
}
