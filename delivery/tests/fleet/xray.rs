//! X-Ray as its callers see it: a quota that nobody is told, throttling of requests and of single documents, and bad days.

use std::ops::Range;
use std::time::Duration;

/// Documents in a request, at most.
pub const DOCUMENTS: usize = 50;
/// Documents a second of an account and region, and at once after a pause. It is not documented; this is what is believed.
pub const QUOTA: f64 = 2_600.0;
/// When a sender gives an answer up.
const PATIENCE: Duration = Duration::from_secs(10);

/// What happens to the back end.
#[derive(Clone, Debug, Default)]
pub struct Weather {
    /// It cannot be reached.
    pub outage: Option<Range<Duration>>,
    /// It is twenty times slower than usual, and one answer in twenty never comes.
    pub brown_out: Option<Range<Duration>>,
    /// It takes half from then on.
    pub halved: Option<Duration>,
}

/// What a request comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply {
    /// So many were taken, from the first on; the rest was throttled.
    Took(usize),
    /// Status 429, nothing was taken.
    Throttled,
    /// No connection, or status 5xx.
    Unavailable,
    /// No answer; the documents may have been taken.
    Silence,
}

/// The back end.
#[derive(Debug)]
pub struct XRay {
    weather: Weather,
    tokens: f64,
    filled: Duration,
    chance: fastrand::Rng,
}

impl XRay {
    /// A back end that nobody has used for a while.
    pub fn new(weather: Weather, seed: u64) -> Self {
        Self { weather, tokens: QUOTA, filled: Duration::ZERO, chance: fastrand::Rng::with_seed(seed) }
    }

    /// Documents a second that it takes at that moment.
    pub fn capacity(weather: &Weather, now: Duration) -> f64 {
        match weather {
            Weather { outage: Some(outage), .. } if outage.contains(&now) => 0.0,
            Weather { halved: Some(halved), .. } if now >= *halved => QUOTA / 2.0,
            _ => QUOTA,
        }
    }

    /// Takes a request: how many documents it took, the answer, and how long that takes.
    pub fn put(&mut self, now: Duration, documents: usize) -> (usize, Reply, Duration) {
        assert!(documents <= DOCUMENTS, "a request has {documents} documents");
        let quota = Self::capacity(&self.weather, now);
        if quota == 0.0 {
            // Refused at once, or nothing for as long as the sender has patience.
            let late = if self.chance.bool() { Duration::from_millis(20) } else { PATIENCE };
            return (0, Reply::Unavailable, late);
        }
        self.tokens = (self.tokens + (now - self.filled).as_secs_f64() * quota).min(quota);
        self.filled = now;
        let latency = Duration::from_secs_f64(0.02 + 0.04 * self.chance.f64());
        let (latency, is_lost) = match &self.weather.brown_out {
            Some(times) if times.contains(&now) => (latency * 20, self.chance.u8(..20) == 0),
            _ => (latency, false),
        };
        if is_lost && self.chance.bool() {
            return (0, Reply::Silence, PATIENCE);
        }
        // Mostly a request is taken or not; one in four of those that are too much is taken in part.
        let is_whole = self.chance.u8(..4) > 0;
        let took = match self.tokens as usize {
            tokens if tokens >= documents => documents,
            _ if is_whole => 0,
            tokens => tokens,
        };
        self.tokens -= took as f64;
        match took {
            took if is_lost => (took, Reply::Silence, PATIENCE),
            0 => (0, Reply::Throttled, latency),
            took => (took, Reply::Took(took), latency),
        }
    }
}
