//! Figures of many calls.

use spawn_telemetry::attribute::CANCELLED;
use spawn_telemetry::is_throttle;

use crate::span::Span;

/// How often, how fast, how well. Times are in nanoseconds, of calls that have ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// How many there were, those under way among them.
    pub calls: u64,
    /// Failures that were the caller's doing, as X-Ray counts them: status 4xx, throttles, cancelled calls.
    pub errors: u64,
    /// All other failures: status 5xx, no answer, a failure within the program.
    pub faults: u64,
    /// Of the errors, how many said that there were too many requests.
    pub throttles: u64,
    /// How many are under way.
    pub open: u64,
    /// All of their time.
    pub total: u64,
    /// Half of them took at most this long.
    pub median: u64,
    /// 95 of 100 took at most this long.
    pub p95: u64,
    /// The longest took this long.
    pub longest: u64,
}

/// Whose doing a failure was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// None: it went well, or is under way.
    Well,
    /// The caller's.
    Error,
    /// The caller's, who was too fast.
    Throttle,
    /// The other side's, or the program's own.
    Fault,
}

/// How a span went, in X-Ray's words: as its document says, or else as the exporter would say.
#[must_use]
pub fn verdict(span: &Span) -> Verdict {
    let is = |key: &str| span.text(key).is_some_and(|text| text == "true");
    if !span.failed() {
        return Verdict::Well;
    }
    let status = ["http.response.status_code", "http.status_code"].iter().find_map(|key| span.text(key)?.parse().ok());
    let status: u16 = status.unwrap_or_default();
    let kind = span.text("error.type").unwrap_or_default();
    if is("aws.xray.throttle") {
        Verdict::Throttle
    } else if is("aws.xray.fault") {
        Verdict::Fault
    } else if is("aws.xray.error") {
        Verdict::Error
    } else if is("aws.throttled") || is_throttle(&kind, status) {
        Verdict::Throttle
    } else if (400..500).contains(&status) || kind == CANCELLED {
        Verdict::Error
    } else {
        Verdict::Fault
    }
}

/// Calls that are being counted.
#[derive(Debug, Default)]
pub(super) struct Counted {
    stats: Stats,
    times: Vec<u64>,
}

impl Counted {
    pub(super) fn add(&mut self, span: &Span) {
        let stats = &mut self.stats;
        stats.calls += 1;
        match verdict(span) {
            Verdict::Well => {}
            Verdict::Error => stats.errors += 1,
            Verdict::Throttle => (stats.errors, stats.throttles) = (stats.errors + 1, stats.throttles + 1),
            Verdict::Fault => stats.faults += 1,
        }
        match span.duration() {
            Some(time) => self.times.push(time),
            None => stats.open += 1,
        }
    }

    pub(super) fn stats(mut self) -> Stats {
        self.times.sort_unstable();
        let times = &self.times;
        Stats {
            total: times.iter().fold(0, |total, time| total.saturating_add(*time)),
            median: percentile(times, 50),
            p95: percentile(times, 95),
            longest: times.last().copied().unwrap_or_default(),
            ..self.stats
        }
    }
}

/// The smallest of these sorted times that so many of a hundred do not exceed; zero of none.
pub(crate) fn percentile(sorted: &[u64], percent: usize) -> u64 {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or_default()
}
