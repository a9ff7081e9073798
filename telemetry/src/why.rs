//! Why a trace is not to be seen where it is looked for: what this process knows of it, and what to do.

mod id;
mod words;

use jiff::Timestamp;
use opentelemetry::trace::TraceId;
use serde::{Serialize, Serializer};

use crate::counters::DropReason;
use crate::dead_letters::Letter;
use crate::journal::Entry;
use crate::sampler::Judgement;
use crate::telemetry::Telemetry;
use id::Asked;
use words::Words;

/// What is known of a trace, or of the trace of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Why {
    /// The id that was asked for.
    pub id: String,
    /// The trace, in W3C's form; `None` for a request that nothing is known of.
    pub trace_id: Option<String>,
    /// The short answer.
    pub fate: TraceFate,
    /// The answer.
    pub what: String,
    /// What to do about it, where there is something to do.
    pub remedy: Option<String>,
    /// What became of its spans here; `None` where none is remembered.
    pub spans: Option<SpanFates>,
    /// Dead letters of it that lie on this host.
    pub dead_letters: usize,
    /// When the back end has taken the last of them.
    #[serde(serialize_with = "as_text")]
    pub delivered_at: Option<Timestamp>,
}

/// The short answer of [`Why`]: the first that applies, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TraceFate {
    /// The back end has refused spans of it for good.
    Refused,
    /// Spans of it were dropped, for another reason.
    Dropped,
    /// Spans of it wait for delivery.
    Queued,
    /// A span of it has begun and not ended.
    UnderWay,
    /// The back end has taken all of its spans.
    Delivered,
    /// It was decided not to record it.
    NotSampled,
    /// Tracing is off.
    Off,
    /// Spans are made for log lines alone, and go nowhere.
    NotExported,
    /// Nothing is known of it here.
    Unknown,
}

/// What became of the spans of one trace in this process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SpanFates {
    /// Spans that ended here, or were taken over from a process that is gone.
    pub created: u32,
    /// Of these, those that the back end has taken.
    pub delivered: u32,
    /// Those that wait.
    pub queued: u32,
    /// Those that the back end has refused for good.
    pub refused: u32,
    /// Those that were dropped for another reason.
    pub dropped: u32,
}

fn as_text<S: Serializer>(instant: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
    match instant {
        Some(instant) => serializer.collect_str(instant),
        None => serializer.serialize_none(),
    }
}

impl TraceFate {
    /// Every short answer, in the order of the table.
    pub const ALL: [Self; 9] = [
        Self::Refused,
        Self::Dropped,
        Self::Queued,
        Self::UnderWay,
        Self::Delivered,
        Self::NotSampled,
        Self::Off,
        Self::NotExported,
        Self::Unknown,
    ];

    /// The word in answers and documentation.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Dropped => "dropped",
            Self::Queued => "queued",
            Self::UnderWay => "under_way",
            Self::Delivered => "delivered",
            Self::NotSampled => "not_sampled",
            Self::Off => "off",
            Self::NotExported => "not_exported",
            Self::Unknown => "unknown",
        }
    }
}

impl Telemetry {
    /// What is known of a trace, by its id in W3C's form (32 hexadecimal digits) or in X-Ray's (`1-…-…`), or by the
    /// request id of one of its AWS calls. `None` if this is none of them.
    #[must_use]
    pub fn why(&self, id: &str) -> Option<Why> {
        let asked = Asked::read(id)?;
        let pipeline = self.recorder().pipeline();
        let trace_id = match &asked {
            Asked::Trace(trace_id) => Some(*trace_id),
            Asked::Request(request) => pipeline.trace_of_request(request),
        };
        let (entry, is_under_way) = trace_id.map(|trace_id| pipeline.trace(trace_id)).unwrap_or_default();
        let judgement = match trace_id {
            Some(trace_id) => self.recorder().sampler().judge(trace_id),
            None => self.recorder().sampler().judge(TraceId::INVALID),
        };
        let is_exported = pipeline.health().exporter.is_some();
        let fate = fate(entry.as_ref(), is_under_way, &judgement, is_exported, trace_id.is_some());
        let health = pipeline.health();
        let (entry, is_trace) = (entry.as_ref(), trace_id.is_some());
        let made_room = pipeline.counters().dropped_for(DropReason::QueueFull);
        let words = Words { fate, entry, judgement: &judgement, health: &health, made_room, is_trace };
        Some(Why {
            id: id.trim().to_owned(),
            trace_id: trace_id.map(|trace_id| trace_id.to_string()),
            fate,
            what: words.what(),
            remedy: words.remedy(),
            spans: entry.map(SpanFates::of),
            dead_letters: 0,
            delivered_at: entry.and_then(Entry::taken_at),
        })
    }
}

fn fate(
    entry: Option<&Entry>,
    is_under_way: bool,
    judgement: &Judgement,
    is_exported: bool,
    is_trace: bool,
) -> TraceFate {
    match (entry, judgement) {
        (Some(entry), _) if entry.refused > 0 => TraceFate::Refused,
        (_, Judgement::Against(_)) => TraceFate::NotSampled,
        (Some(entry), _) if entry.dropped > 0 => TraceFate::Dropped,
        (Some(entry), _) if entry.queued() > 0 => TraceFate::Queued,
        _ if is_under_way => TraceFate::UnderWay,
        (Some(_), _) => TraceFate::Delivered,
        (None, Judgement::Off) => TraceFate::Off,
        (None, Judgement::Open) => TraceFate::Unknown,
        (None, _) if !is_exported => TraceFate::NotExported,
        (None, Judgement::OutOfShare(_)) if is_trace => TraceFate::NotSampled,
        (None, _) => TraceFate::Unknown,
    }
}

impl Why {
    /// Adds what the dead letters of this host say, which outlive the process that wrote them.
    #[must_use]
    pub fn with_letters(mut self, letters: &[Letter]) -> Self {
        let concerns = |letter: &&Letter| match &self.trace_id {
            Some(trace_id) => letter.trace_id == *trace_id,
            // A request id has no characters that JSON would escape.
            None => letter.otlp_json().contains(&format!("\"{}\"", self.id)),
        };
        let of_it: Vec<&Letter> = letters.iter().filter(concerns).collect();
        let Some(last) = of_it.last() else { return self };
        self.dead_letters = of_it.len();
        if self.fate == TraceFate::Unknown {
            self.fate = TraceFate::Refused;
            self.what = format!("{} has refused it for good on {}: {}", last.exporter, last.at, last.message);
            self.remedy = Some(words::LETTERS.to_owned());
        }
        self.trace_id = Some(last.trace_id.clone());
        self
    }
}

impl SpanFates {
    fn of(entry: &Entry) -> Self {
        let Entry { delivered, refused, dropped, .. } = *entry;
        Self { created: entry.all(), delivered, queued: entry.queued(), refused, dropped }
    }
}

#[cfg(test)]
mod tests;
