//! Notes of one kind are one note with a number: a trace of 10,000 bad spans has 10,000 reasons and one thing to say.

use std::collections::BTreeMap;

use opentelemetry::trace::SpanId;

use super::Note;
use crate::span::Span;

/// Most notes of a trace that name a place of their own.
const MOST: usize = 20;

/// What there is to say of so many spans.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// Spans that name a parent that is not there.
    NoParent,
    /// Rings of parents.
    Ring,
    /// Spans that end before they begin.
    EndsFirst,
    /// Spans of a time before computers traced anything.
    TooEarly,
    /// Spans of a time that is not yet.
    TooLate,
    /// Documents with fields that could not be read.
    Misread,
    /// Documents that their writer had to cut.
    Truncated,
    /// Segments that X-Ray worked out from calls.
    Inferred,
}

/// Notes that are being gathered.
#[derive(Debug, Default)]
pub(super) struct Notes {
    counted: BTreeMap<Kind, (usize, SpanId)>,
    /// With the span that they are about.
    single: Vec<(Option<SpanId>, String)>,
    /// How many single ones there was no room for.
    left: usize,
}

impl Notes {
    /// One more span of which there is this to say.
    pub(super) fn count(&mut self, kind: Kind, span: &Span) {
        self.counted.entry(kind).or_insert((0, span.span_id)).0 += 1;
    }

    /// Something of its own.
    pub(super) fn say(&mut self, span: Option<SpanId>, text: impl FnOnce() -> String) {
        if self.single.len() < MOST {
            self.single.push((span, text()));
        } else {
            self.left += 1;
        }
    }

    pub(super) fn extend(&mut self, texts: Option<String>) {
        texts.into_iter().for_each(|text| self.say(None, || text));
    }

    /// All of it, with the places of the spans.
    pub(super) fn told(self, spans: &[Span]) -> Vec<Note> {
        let place = |id: SpanId| spans.iter().position(|span| span.span_id == id);
        let counted = self.counted.into_iter();
        let counted = counted.map(|(kind, (count, first))| Note { span: place(first), text: text(kind, count) });
        let single =
            self.single.into_iter().map(|(span, text)| Note { span: span.and_then(place), text }).collect::<Vec<_>>();
        let left = (self.left > 0).then(|| Note { span: None, text: format!("and {} more of the like", self.left) });
        counted.chain(single).chain(left).collect()
    }
}

fn text(kind: Kind, count: usize) -> String {
    let one = count == 1;
    let spans = if one { "1 span".to_owned() } else { format!("{count} spans") };
    match kind {
        Kind::NoParent if one => "the parent of 1 span is not here: the span stands at the top".to_owned(),
        Kind::NoParent => format!("the parents of {spans} are not here: these spans stand at the top"),
        Kind::Ring if one => {
            "the parents of some spans lead back to themselves: the first of them stands at the top".to_owned()
        }
        Kind::Ring => format!(
            "the parents of some spans lead back to themselves, in {count} rings: the first of each stands at the top"
        ),
        Kind::EndsFirst if one => format!("{spans} ends before it begins: it is shown without a length"),
        Kind::EndsFirst => format!("{spans} end before they begin: they are shown without a length"),
        Kind::TooEarly if one => format!("{spans} begins before the year 2000: its clock was not set"),
        Kind::TooEarly => format!("{spans} begin before the year 2000: their clocks were not set"),
        Kind::TooLate if one => format!("{spans} is of a time after the year 2100: its clock was not set"),
        Kind::TooLate => format!("{spans} are of a time after the year 2100: their clocks were not set"),
        Kind::Misread if one => {
            format!(
                "{spans} has fields of another type than X-Ray's: `aws.xray.misread` lists them, and they are kept as attributes"
            )
        }
        Kind::Misread => {
            format!(
                "{spans} have fields of another type than X-Ray's: `aws.xray.misread` lists them, and they are kept as attributes"
            )
        }
        Kind::Truncated if one => format!("{spans} was cut to fit X-Ray's limits: `aws.xray.truncated` says what"),
        Kind::Truncated => format!("{spans} were cut to fit X-Ray's limits: `aws.xray.truncated` says what"),
        Kind::Inferred if one => "1 segment that X-Ray made of a call is not shown beside the call".to_owned(),
        Kind::Inferred => format!("{count} segments that X-Ray made of calls are not shown beside these"),
    }
}
