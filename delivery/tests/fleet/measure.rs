//! What is measured of a fleet, and what is checked at each step of it.

use std::time::Duration;

use super::scenario::Scenario;
use super::xray::Reply;

/// Figures of a run.
#[derive(Clone, Debug)]
pub struct Report {
    /// Who sent.
    pub sender: &'static str,
    /// Spans that were made.
    pub made: u64,
    /// Spans that arrived, each counted once.
    pub delivered: u64,
    /// Spans that arrived again.
    pub again: u64,
    /// Spans that were given up.
    pub dropped: u64,
    /// Spans that were left on hosts that are gone.
    pub lost: u64,
    /// Spans that wait at the end.
    pub queued: u64,
    /// Requests in all.
    pub requests: u64,
    /// Requests of which at least one document was throttled.
    pub throttled: u64,
    /// Of the requests since the work was there that is to be drained: all, and those throttled.
    pub late: (u64, u64),
    /// Most documents that were offered within a second.
    pub peak: u64,
    /// When the work was drained: nothing waits any more of what was there then. `None`: not within the horizon.
    pub drained: Option<Duration>,
    /// When 999 in a thousand of it were.
    pub nearly: Option<Duration>,
    /// When no more waited than 45 s of what comes in, more than lingering alone makes wait.
    pub settled: Option<Duration>,
    /// When it could have been.
    pub ideal: Duration,
    /// Jain's index over the agents' shares of their spans that had arrived 1.3 times the ideal time after the start.
    pub fair_shares: f64,
    /// Jain's index over the agents' mean delays.
    pub fair_delays: f64,
    /// Mean delay of a span that arrived.
    pub delay: Duration,
    /// Longest time for which an agent had work and made no request.
    pub silence: Duration,
    /// The account is exact for each agent.
    pub is_exact: bool,
}

impl Report {
    /// Requests that were throttled, in a hundred.
    pub fn throttled_percent(&self) -> f64 {
        100.0 * self.throttled as f64 / self.requests.max(1) as f64
    }

    /// As [`Report::throttled_percent`], since the work was there that is to be drained.
    pub fn throttled_late_percent(&self) -> f64 {
        100.0 * self.late.1 as f64 / self.late.0.max(1) as f64
    }

    /// Time to drain as a multiple of the ideal; both since the start of what is to be drained.
    pub fn drained_by(&self, from: Duration, when: Option<Duration>) -> f64 {
        match when {
            Some(when) => when.saturating_sub(from).as_secs_f64() / (self.ideal - from).as_secs_f64(),
            None => f64::INFINITY,
        }
    }
}

#[derive(Clone, Debug, Default)]
struct OfAgent {
    made: u64,
    /// A bit for each span that arrived.
    arrived: Vec<u64>,
    delivered: u64,
    dropped: u64,
    lost: u64,
    delay: f64,
    at_check: (u64, u64),
    busy_since: Option<Duration>,
}

impl OfAgent {
    fn has(&self, number: u32) -> bool {
        self.arrived.get(number as usize / 64).is_some_and(|word| word & (1_u64 << (number % 64)) != 0)
    }
}

/// What an agent says at the end.
#[derive(Clone, Copy, Debug)]
pub struct End {
    /// Spans that it has made.
    pub made: u64,
    /// Spans that wait.
    pub queued: u64,
    /// Spans that its disk says were appended, and that wait there.
    pub on_disk: Option<(u64, u64)>,
}

/// What is known of a run so far.
#[derive(Debug)]
pub struct Measure {
    agents: Vec<OfAgent>,
    report: Report,
    from: Duration,
    until: Duration,
    /// Spans made up to then that have not arrived and were not given up.
    early: u64,
    early_all: u64,
    waiting: u64,
    calm: u64,
    second: (u64, u64),
    check: Duration,
    is_checked: bool,
}

impl Measure {
    /// Nothing has happened yet.
    pub fn new(scenario: &Scenario) -> Self {
        let ideal = scenario.ideal();
        Self {
            agents: vec![OfAgent::default(); scenario.agents as usize],
            from: scenario.from,
            until: scenario.until,
            early: 0,
            early_all: 0,
            waiting: 0,
            calm: (45.0 * scenario.steady * f64::from(scenario.agents)) as u64,
            second: (0, 0),
            check: scenario.from + (ideal - scenario.from).mul_f64(1.3),
            is_checked: false,
            report: Report {
                sender: "",
                made: 0,
                delivered: 0,
                again: 0,
                dropped: 0,
                lost: 0,
                queued: 0,
                requests: 0,
                throttled: 0,
                late: (0, 0),
                peak: 0,
                drained: None,
                nearly: None,
                settled: None,
                ideal,
                fair_shares: 0.0,
                fair_delays: 0.0,
                delay: Duration::ZERO,
                silence: Duration::ZERO,
                is_exact: true,
            },
        }
    }

    /// An agent has made spans.
    pub fn made(&mut self, now: Duration, agent: u32, spans: u32, was_idle: bool) {
        self.tick(now);
        let of = &mut self.agents[agent as usize];
        of.made += u64::from(spans);
        if was_idle && of.busy_since.is_none() {
            of.busy_since = Some(now);
        }
        self.report.made += u64::from(spans);
        self.waiting += u64::from(spans);
        if now <= self.until {
            self.early += u64::from(spans);
            self.early_all = self.early;
        }
    }

    /// An agent has made a request.
    pub fn sent(&mut self, now: Duration, agent: u32, documents: usize, took: usize, reply: Reply) {
        self.tick(now);
        let is_throttled = reply == Reply::Throttled || matches!(reply, Reply::Took(took) if took < documents);
        self.report.requests += 1;
        self.report.throttled += u64::from(is_throttled);
        if now >= self.from && (self.early > 0 || self.report.late.0 == 0) {
            self.report.late.0 += 1;
            self.report.late.1 += u64::from(is_throttled);
        }
        let second = now.as_secs();
        self.second = if self.second.0 == second { self.second } else { (second, 0) };
        self.second.1 += documents as u64;
        self.report.peak = self.report.peak.max(self.second.1);
        let of = &mut self.agents[agent as usize];
        if let Some(since) = of.busy_since.replace(now) {
            self.report.silence = self.report.silence.max(now - since);
        }
        debug_assert!(took <= documents);
    }

    /// An agent has its answer, and so many spans still wait.
    pub fn answered(&mut self, now: Duration, agent: u32, waiting: usize) {
        self.agents[agent as usize].busy_since = (waiting > 0).then_some(now);
    }

    /// A span has arrived.
    pub fn delivered(&mut self, now: Duration, agent: u32, number: u32, made: Duration) {
        let of = &mut self.agents[agent as usize];
        let (word, bit) = (number as usize / 64, 1_u64 << (number % 64));
        if of.arrived.len() <= word {
            of.arrived.resize(word + 1, 0);
        }
        if of.arrived[word] & bit != 0 {
            self.report.again += 1;
            return;
        }
        of.arrived[word] |= bit;
        of.delivered += 1;
        of.delay += (now - made).as_secs_f64();
        self.report.delivered += 1;
        self.left(now, made);
    }

    /// Spans were given up by their agent. Some had arrived all the same: those were delivered.
    pub fn dropped(&mut self, now: Duration, agent: u32, spans: impl Iterator<Item = (u32, Duration)>) {
        for (number, made) in spans {
            let of = &mut self.agents[agent as usize];
            if !of.has(number) {
                of.dropped += 1;
                self.report.dropped += 1;
                self.left(now, made);
            }
        }
    }

    /// Spans were left on a host that is gone.
    pub fn lost(&mut self, agent: u32, spans: u64) {
        self.agents[agent as usize].lost += spans;
        self.report.lost += spans;
    }

    fn left(&mut self, now: Duration, made: Duration) {
        self.waiting = self.waiting.saturating_sub(1);
        if made <= self.until {
            self.early = self.early.saturating_sub(1);
        }
        if now > self.until {
            if self.early * 1000 <= self.early_all {
                self.report.nearly.get_or_insert(now);
            }
            if self.early == 0 {
                self.report.drained.get_or_insert(now);
            }
            if self.waiting <= self.calm {
                self.report.settled.get_or_insert(now);
            }
        }
    }

    fn tick(&mut self, now: Duration) {
        if now >= self.check && !self.is_checked {
            self.is_checked = true;
            self.agents.iter_mut().for_each(|of| of.at_check = (of.made, of.delivered));
        }
    }

    /// The figures, with what the agents say in the end.
    pub fn report(mut self, sender: &'static str, ends: &[End]) -> Report {
        self.report.sender = sender;
        self.report.queued = ends.iter().map(|end| end.queued).sum();
        // What has arrived without an answer is still queued: a request's spans may be in both, none is in neither.
        self.report.is_exact = self.agents.iter().zip(ends).all(|(of, end)| {
            let known = of.delivered + of.dropped + of.lost + end.queued;
            let is_told = end.on_disk.is_none_or(|disk| disk == (end.made, end.queued));
            of.made == end.made && is_told && (end.made..=end.made + 50).contains(&known)
        });
        let shares = self.agents.iter().map(|of| of.at_check.1 as f64 / of.at_check.0.max(1) as f64);
        self.report.fair_shares = jain(shares);
        let had = self.agents.iter().filter(|of| of.delivered > 0);
        self.report.fair_delays = jain(had.map(|of| of.delay / of.delivered as f64));
        let delay: f64 = self.agents.iter().map(|of| of.delay).sum();
        self.report.delay = Duration::from_secs_f64(delay / self.report.delivered.max(1) as f64);
        self.report
    }
}

/// Jain's index: 1 where all have the same, one over their number where one has all.
fn jain(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, squares, number) = values
        .fold((0.0, 0.0, 0.0), |(sum, squares, number), value| (sum + value, squares + value * value, number + 1.0));
    if squares == 0.0 { 0.0 } else { sum * sum / (number * squares) }
}
