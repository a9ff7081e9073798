//! Records a second that one allows itself: less after each throttling, more while all goes well.

use std::time::Duration;

/// What is left of the rate after a throttling.
const LESS: f64 = 0.5;
/// Growth for one of many with each full request that leaves more than another behind, once it was throttled: at 2 in a
/// hundred answers throttled, growth and loss balance.
const CAREFUL: f64 = 1.015;
/// As [`CAREFUL`], for one that was not throttled for [`CALM`].
const BOLD: f64 = 1.5;
/// Time after which a throttling is history.
const CALM: Duration = Duration::from_secs(600);
/// Time in which one of many that was throttled is back at its share: a half is gained in each.
const REGAINED: f64 = 120.0;
/// Growth a second for one that is alone and was throttled.
const ALONE: f64 = 1.05;
/// Least rate, so that nothing stands still.
const LEAST: f64 = 0.001;

/// The rate of one sender.
#[derive(Debug)]
pub(super) struct Rate {
    /// Its share of the quota, if it is one of many.
    share: Option<f64>,
    /// What it allows itself; `None`: as much as it likes.
    own: Option<f64>,
    /// As of then.
    as_of: Duration,
    throttled: Option<Duration>,
    hungry: u32,
    /// Records of the last second or so.
    recent: f64,
}

impl Rate {
    pub(super) fn new(share: Option<f64>) -> Self {
        Self { share, own: share, as_of: Duration::ZERO, throttled: None, hungry: 0, recent: 0.0 }
    }

    /// The rate now.
    pub(super) fn at(&mut self, now: Duration) -> Option<f64> {
        let passed = now.saturating_sub(self.as_of).as_secs_f64();
        self.as_of = now.max(self.as_of);
        self.recent *= (-passed).exp();
        let own = self.own?;
        self.own = match self.share {
            Some(share) if own < share => Some(share - (share - own) * 0.5_f64.powf(passed / REGAINED)),
            Some(_) => Some(own),
            // Whoever needs far less than it may send is bounded by nothing.
            None => Some(own * ALONE.powf(passed.min(60.0))).filter(|own| *own < 50.0 * (self.recent + 100.0)),
        };
        self.own
    }

    /// So many records were taken. Growth is for those that are hungry: another's share is not taken in advance.
    pub(super) fn taken(&mut self, now: Duration, records: usize, hungry: bool) {
        self.at(now);
        self.recent += records as f64;
        self.hungry = if hungry { self.hungry + 1 } else { 0 };
        let calm = self.throttled.is_none_or(|throttled| now.saturating_sub(throttled) > CALM);
        if let (Some(own), Some(share)) = (&mut self.own, self.share) {
            match hungry {
                true => *own *= if calm && self.hungry > 2 { BOLD } else { CAREFUL },
                // The backlog is over, and with it the reason to have more than others.
                false if records > 0 => *own = own.min(share),
                false => {}
            }
        }
    }

    /// The back end asks for less. The rate from now on.
    pub(super) fn throttled(&mut self, now: Duration) -> f64 {
        let own = self.at(now).unwrap_or(self.recent.max(10.0));
        self.throttled = Some(now);
        self.hungry = 0;
        let least = self.share.map_or(1.0, |share| (share / 16.0).max(LEAST));
        let less = (own * LESS).max(least);
        self.own = Some(less);
        less
    }
}
