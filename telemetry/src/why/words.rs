//! The answers in words, with what to do.

use super::TraceFate;
use crate::counters::DropReason;
use crate::health::Health;
use crate::journal::Entry;
use crate::sampler::{Judgement, Reason};

/// What to do about a refusal.
pub(super) const LETTERS: &str = "look at the dead letter: `spored trace dead-letters show --trace ID`, and send it again with `retry` once it is mended";

/// What an answer is made of.
#[derive(Debug)]
pub(super) struct Words<'a> {
    pub(super) fate: TraceFate,
    pub(super) entry: Option<&'a Entry>,
    pub(super) judgement: &'a Judgement,
    pub(super) health: &'a Health,
    /// Spans of any trace that had to make room for others.
    pub(super) made_room: u64,
    /// Whether it is known which trace it is about.
    pub(super) is_trace: bool,
}

impl Words<'_> {
    /// What became of it.
    pub(super) fn what(&self) -> String {
        let exporter = self.health.exporter.unwrap_or("the back end");
        match (self.fate, self.entry) {
            (TraceFate::Refused, Some(entry)) => {
                let words = entry.refusal.as_deref().unwrap_or("it did not say why");
                format!("{exporter} has refused {} for good: {words}", of(entry.refused, entry.all()))
            }
            (TraceFate::Dropped, Some(entry)) => {
                let reason = entry.reason.map_or("unknown", DropReason::as_str);
                format!("{} dropped: {reason}", were(entry.dropped, entry.all()))
            }
            (TraceFate::Queued, Some(entry)) => {
                let waits = if entry.queued() == 1 { "waits" } else { "wait" };
                let perhaps = match self.made_room {
                    0 => String::new(),
                    spans => format!(", if not among the {spans} spans that had to make room since the start"),
                };
                let waiting = format!("{} {waits} for delivery{perhaps}", of(entry.queued(), entry.all()));
                match &self.health.problem {
                    Some(problem) => format!("{waiting}: {}", problem.what),
                    None => waiting,
                }
            }
            (TraceFate::UnderWay, _) => "a span of this trace has begun here and has not ended".to_owned(),
            (TraceFate::Delivered, Some(entry)) => {
                let at = entry.taken_at().map_or(String::new(), |at| format!(", the last at {at}"));
                format!("{exporter} has taken {}{at}", of(entry.delivered, entry.all()))
            }
            (TraceFate::NotSampled, _) => match self.judgement {
                Judgement::Against(reason) | Judgement::OutOfShare(reason) => not_sampled(reason),
                _ => "the trace is not recorded".to_owned(),
            },
            (TraceFate::Off, _) => "tracing is off here".to_owned(),
            (TraceFate::NotExported, _) => "spans are made here for log lines alone (exporter none)".to_owned(),
            (_, _) => self.unknown().to_owned(),
        }
    }

    /// What to do about it.
    pub(super) fn remedy(&self) -> Option<String> {
        let remedy = match (self.fate, self.entry) {
            (TraceFate::Refused, _) => LETTERS,
            (TraceFate::Dropped, Some(entry)) => dropped(entry.reason),
            (TraceFate::Queued, _) => match &self.health.problem {
                Some(problem) => return Some(problem.remedy.clone()),
                None => "wait some seconds, or run `spored flush`",
            },
            (TraceFate::UnderWay, _) => {
                "X-Ray shows it as in progress after some seconds; look again when it has ended"
            }
            (TraceFate::Delivered, _) => "back ends show a trace some seconds after they have taken it",
            (TraceFate::NotSampled, _) => match self.judgement {
                Judgement::Against(reason) if *reason == Reason::parent() => {
                    "the caller decides: raise the sampling rate where the trace begins"
                }
                _ => "raise `tracing-sampling`, or give the operation a rate of its own in `tracing-sampling-rules`",
            },
            (TraceFate::Off, _) => "switch it on: `spored config set tracing-enabled true`",
            (TraceFate::NotExported, _) => "choose another `tracing-exporter`",
            (_, _) if self.is_trace => {
                "ask on the host where the work ran; this agent remembers its last 4096 traces since it started"
            }
            (_, _) => {
                "ask by the trace id, and on the host that made the call: a call that is not sampled, was made by another \
                 program or lies more than 4096 calls back is not known by its request id"
            }
        };
        Some(remedy.to_owned())
    }

    fn unknown(&self) -> &'static str {
        match self.judgement {
            _ if !self.is_trace => "no call with this request id is remembered here",
            Judgement::Open => "nothing is known here of this trace yet: the settings are not known",
            Judgement::Account => {
                "nothing is known here of this trace: it did not touch this host, it is forgotten, or X-Ray's sampling \
                 rules left it out"
            }
            _ => "nothing is known here of this trace: it did not touch this host, or it is forgotten",
        }
    }
}

fn not_sampled(reason: &Reason) -> String {
    match reason.as_str() {
        "parent" => "the trace is not recorded: its caller decided so".to_owned(),
        "fallback" => {
            "the trace is not recorded: no sampling rule of X-Ray's was known or fitted, and its turn had gone by"
                .to_owned()
        }
        reason => format!("the trace is not recorded: {reason} left it out"),
    }
}

fn dropped(reason: Option<DropReason>) -> &'static str {
    match reason {
        Some(DropReason::QueueFull) => {
            "the back end was away for too long: give the spool more room (`tracing-spool-size`)"
        }
        Some(DropReason::TooLarge) => "the span alone was larger than what the back end takes: let it carry less",
        Some(DropReason::Shutdown) => "the program ended first: let it keep spans on disk (`tracing-spool-folder`)",
        _ => "see `spored status` for the account and the last problem",
    }
}

/// `3 of 12 spans`, `all 12 spans`, `its only span`.
fn of(spans: u32, all: u32) -> String {
    match (spans, all) {
        (1, 1) => "its only span here".to_owned(),
        _ if spans == all => format!("all {all} spans of this host"),
        _ => format!("{spans} of {all} spans of this host"),
    }
}

fn were(spans: u32, all: u32) -> String {
    let verb = if spans == 1 { "was" } else { "were" };
    format!("{} {verb}", of(spans, all))
}
