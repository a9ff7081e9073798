//! How much a pipeline keeps and how long it waits.

use std::time::Duration;

/// Sizes and times of a pipeline.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    /// Bytes that waiting spans may take, as [`size`](super::size) estimates them.
    pub(crate) capacity: usize,
    /// How long the first span of a batch waits for company.
    pub(crate) linger: Duration,
    /// Longest time for one export, whatever the exporter itself promises.
    pub(crate) patience: Duration,
    /// Upper bound of the first wait after a failure; each further one doubles it.
    pub(crate) first_wait: Duration,
    /// Upper bound of any wait after a failure.
    pub(crate) longest_wait: Duration,
    /// How long a span is under way before it is announced.
    pub(crate) announce_after: Duration,
    /// How long a disk is left alone that has refused.
    pub(crate) disk_rest: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            capacity: 8 * 1024 * 1024,
            linger: Duration::from_secs(1),
            patience: Duration::from_secs(10),
            first_wait: Duration::from_secs(1),
            longest_wait: Duration::from_secs(60),
            announce_after: Duration::from_secs(3),
            disk_rest: Duration::from_secs(5),
        }
    }
}
