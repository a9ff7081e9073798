//! The words of the pacer: what it is asked and what it answers.

use std::time::Duration;

/// What bounds requests and waits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// Most records in a request.
    pub records: usize,
    /// Waiting records that end the lingering of one that is alone.
    pub enough: usize,
    /// Records a second that the back end takes from all of the fleet together; `None`: it is nobody's but this one's.
    pub quota: Option<f64>,
    /// How long the first record waits for company where nothing else bounds the pace.
    pub linger: Duration,
    /// Upper bound of the first wait after a failure; each further one doubles it.
    pub first_wait: Duration,
    /// Upper bound of any wait after a failure.
    pub longest_wait: Duration,
}

/// Whether there is reason to send at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Hurry {
    /// None.
    #[default]
    No,
    /// Somebody waits for it.
    Flush,
    /// The host is about to be taken away.
    Spot,
}

/// What waits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Queue {
    /// Records that could be sent now.
    pub waiting: usize,
    /// Those of them that are kept longest, and go first where not all can.
    pub kept: usize,
    /// Whether there is reason to send at once.
    pub hurry: Hurry,
}

/// What to do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing until there is something to send.
    Idle,
    /// Nothing until then, or until more waits or somebody is in a hurry.
    WaitUntil(Duration),
    /// Send, and tell how it went.
    Send {
        /// At most so many records.
        most: usize,
        /// The kept ones first.
        kept_first: bool,
    },
}

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Records that were sent and are done with, delivered or refused for good.
    pub done: usize,
    /// What went wrong with the others.
    pub setback: Option<Setback>,
}

/// Why records are to be sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setback {
    /// The back end asks for less, and perhaps to be left alone for a time.
    Throttled(Duration),
    /// It cannot be reached, or cannot take anything now.
    Away,
    /// It refuses until somebody changes something.
    Lasting,
}
