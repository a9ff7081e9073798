//! Those who send: the product's own pacing, and what others do, told anew from how they are documented and how their
//! source reads. None of them has more than one request under way here.

use std::time::Duration;

use spawn_delivery::pacing::{Answer, Fleet, Limits, Pacer, Queue, Setback, Step};

use super::xray::{DOCUMENTS, QUOTA, Reply};

/// Decides when an agent sends, and what it gives up.
pub trait Sender {
    /// What to do now.
    fn next(&mut self, now: Duration, queue: Queue) -> Step;

    /// What a request of so many records came to: records that are done with, and of those after them, how many are dropped.
    fn replied(&mut self, now: Duration, sent: usize, reply: Reply) -> Verdict;

    /// Most records that wait; beyond it they are dropped.
    fn room(&self) -> usize {
        usize::MAX
    }
}

/// What becomes of the records of a request, from the first on.
#[derive(Clone, Copy, Debug, Default)]
pub struct Verdict {
    /// These were delivered, as far as the sender knows.
    pub done: usize,
    /// These after them are given up.
    pub dropped: usize,
}

/// Makes the senders of a fleet.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// Its name in the table.
    pub name: &'static str,
    /// What waits is on disk.
    pub is_durable: bool,
    make: fn(u32, u32, u64) -> Box<dyn Sender>,
}

impl Kind {
    /// The sender of this index in a fleet of this size.
    pub fn sender(&self, size: u32, index: u32, seed: u64) -> Box<dyn Sender> {
        (self.make)(size, index, seed)
    }
}

/// What the agents of this project do.
pub const OURS: Kind = Kind {
    name: "spored",
    is_durable: true,
    make: |size, index, seed| {
        let limits = Limits {
            records: DOCUMENTS,
            enough: DOCUMENTS,
            quota: Some(QUOTA),
            linger: Duration::from_secs(1),
            first_wait: Duration::from_secs(1),
            longest_wait: Duration::from_secs(60),
        };
        Box::new(Ours(Pacer::new(Fleet::of(size, index), limits, seed)))
    },
};

struct Ours(Pacer);

impl Sender for Ours {
    fn next(&mut self, now: Duration, queue: Queue) -> Step {
        self.0.next(now, queue)
    }

    fn replied(&mut self, now: Duration, sent: usize, reply: Reply) -> Verdict {
        let (done, setback) = match reply {
            Reply::Took(took) if took == sent => (took, None),
            Reply::Took(took) => (took, Some(Setback::Throttled(Duration::ZERO))),
            Reply::Throttled => (0, Some(Setback::Throttled(Duration::ZERO))),
            Reply::Unavailable | Reply::Silence => (0, Some(Setback::Away)),
        };
        self.0.answered(now, Answer { done, setback });
        Verdict { done, dropped: 0 }
    }
}

/// What others do: batches by number and age, some attempts, a bound on time and on memory.
#[derive(Clone, Debug)]
struct Other {
    room: usize,
    batch: usize,
    linger: Duration,
    /// Attempts at a batch, those after a throttled one included.
    attempts: u32,
    /// A throttled request is an error like any that will not heal.
    gives_up_throttled: bool,
    first: Duration,
    growth: f64,
    longest: Duration,
    /// Part of a wait that is left to chance, around its middle.
    jitter: f64,
    /// The batch is dropped after this.
    gives_up: Duration,
    since: Option<Duration>,
    due: usize,
    begun: Option<Duration>,
    failed: u32,
    until: Duration,
    chance: fastrand::Rng,
}

impl Other {
    fn new(seed: u64) -> Self {
        Self {
            room: usize::MAX,
            batch: DOCUMENTS,
            linger: Duration::from_secs(1),
            attempts: 1,
            gives_up_throttled: false,
            first: Duration::ZERO,
            growth: 1.0,
            longest: Duration::ZERO,
            jitter: 0.0,
            gives_up: Duration::MAX,
            since: None,
            due: 0,
            begun: None,
            failed: 0,
            until: Duration::ZERO,
            chance: fastrand::Rng::with_seed(seed),
        }
    }

    fn give_up(&mut self, sent: usize) -> Verdict {
        (self.begun, self.failed) = (None, 0);
        self.due = self.due.saturating_sub(sent);
        Verdict { done: 0, dropped: sent }
    }
}

impl Sender for Other {
    fn next(&mut self, now: Duration, queue: Queue) -> Step {
        if queue.waiting == 0 {
            (self.since, self.due) = (None, 0);
            return Step::Idle;
        }
        if self.until > now {
            return Step::WaitUntil(self.until);
        }
        let lingering = *self.since.get_or_insert(now) + self.linger;
        if self.due == 0 {
            if queue.waiting < self.batch && now < lingering {
                return Step::WaitUntil(lingering);
            }
            (self.due, self.since) = (queue.waiting, None);
        }
        self.begun.get_or_insert(now);
        Step::Send { most: self.due.min(DOCUMENTS), kept_first: false }
    }

    fn replied(&mut self, now: Duration, sent: usize, reply: Reply) -> Verdict {
        match reply {
            // Nobody looks at what was not processed.
            Reply::Took(took) => {
                let verdict = self.give_up(sent);
                Verdict { done: took, dropped: verdict.dropped - took }
            }
            Reply::Throttled if self.gives_up_throttled => self.give_up(sent),
            _ => {
                self.failed += 1;
                let wait = self.first.mul_f64(self.growth.powi(self.failed as i32 - 1)).min(self.longest);
                let wait = wait.mul_f64(1.0 + self.jitter * (2.0 * self.chance.f64() - 1.0));
                let is_over = self.begun.is_some_and(|begun| now + wait - begun > self.gives_up);
                if self.failed >= self.attempts || is_over {
                    return self.give_up(sent);
                }
                self.until = now + wait;
                Verdict::default()
            }
        }
    }

    fn room(&self) -> usize {
        self.room
    }
}

/// The X-Ray daemon: a request each second or each 50 segments, two attempts, then the batch is dropped.
pub const DAEMON: Kind = Kind {
    name: "X-Ray daemon",
    is_durable: false,
    make: |_, _, seed| {
        let second = Duration::from_secs(1);
        Box::new(Other { room: 12_500, attempts: 2, first: second, longest: second, ..Other::new(seed) })
    },
};

/// The Collector with its exporter for X-Ray, behind a batch of 200 ms: the SDK's three attempts, then what is throttled is a
/// permanent error.
pub const XRAY_EXPORTER: Kind = Kind {
    name: "Collector, awsxray",
    is_durable: false,
    make: |_, _, seed| {
        Box::new(Other {
            linger: Duration::from_millis(200),
            attempts: 3,
            first: Duration::from_millis(500),
            growth: 2.0,
            longest: Duration::from_secs(20),
            jitter: 1.0,
            ..Other::new(seed)
        })
    },
};

/// What most of the Collector's exporters do: again after 5 to 30 seconds, for five minutes.
pub const EXPORTER_HELPER: Kind = Kind {
    name: "Collector, exporterhelper",
    is_durable: false,
    make: |_, _, seed| {
        Box::new(Other {
            linger: Duration::from_millis(200),
            attempts: u32::MAX,
            first: Duration::from_secs(5),
            growth: 1.5,
            longest: Duration::from_secs(30),
            jitter: 0.5,
            gives_up: Duration::from_secs(300),
            ..Other::new(seed)
        })
    },
};

/// The SDK's batch processor with an exporter that tries once.
pub const PLAIN_SDK: Kind = Kind {
    name: "OpenTelemetry SDK",
    is_durable: false,
    make: |_, _, seed| {
        let batch = Other { room: 2_048, batch: 512, linger: Duration::from_secs(5), ..Other::new(seed) };
        Box::new(Other { gives_up_throttled: true, ..batch })
    },
};

/// All of them, ours first.
pub const ALL: [Kind; 5] = [OURS, DAEMON, XRAY_EXPORTER, EXPORTER_HELPER, PLAIN_SDK];
