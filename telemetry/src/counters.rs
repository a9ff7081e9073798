//! The account of spans: every span that was accepted is delivered, dropped for a reason, or still queued.

use std::collections::BTreeMap;

use serde::Serialize;
use spawn_delivery::spool::Fate;

/// Why a span was dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DropReason {
    /// The store was full and this was the oldest span that could go.
    QueueFull,
    /// It was held until the sampling rate was known, and the rate rejected its trace.
    NotSampled,
    /// The back end refused this span for good.
    Rejected,
    /// It alone is larger than the store or than what the back end takes.
    TooLarge,
    /// Tracing turned out to be off.
    Disabled,
    /// The exporter could not encode it.
    ExporterError,
    /// The program ended before it could be delivered.
    Shutdown,
    /// The disk has not kept it.
    Corrupt,
}

impl DropReason {
    /// Every reason, in the order of the table.
    pub const ALL: [Self; 8] = [
        Self::QueueFull,
        Self::NotSampled,
        Self::Rejected,
        Self::TooLarge,
        Self::Disabled,
        Self::ExporterError,
        Self::Shutdown,
        Self::Corrupt,
    ];

    /// The word in counters, status and documentation.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::QueueFull => "queue_full",
            Self::NotSampled => "not_sampled",
            Self::Rejected => "rejected",
            Self::TooLarge => "too_large",
            Self::Disabled => "disabled",
            Self::ExporterError => "exporter_error",
            Self::Shutdown => "shutdown",
            Self::Corrupt => "corrupt",
        }
    }

    /// How the spool's journals say it. These numbers are on disks, so none ever means another.
    pub(crate) const fn fate(self) -> Fate {
        match self {
            Self::NotSampled => Fate(1),
            Self::Rejected => Fate(2),
            Self::TooLarge => Fate(3),
            Self::Disabled => Fate(4),
            Self::ExporterError => Fate(5),
            Self::Shutdown => Fate(6),
            Self::QueueFull => Fate::EVICTED,
            Self::Corrupt => Fate::CORRUPT,
        }
    }
}

impl std::fmt::Display for DropReason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

/// The account at one moment. `created` plus `recovered` equals `exported` plus `queued` plus everything in `dropped`, always.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counters {
    /// Spans that ended and were handed over for delivery.
    pub created: u64,
    /// Spans that were taken over from processes that are gone: what they had left on disk.
    pub recovered: u64,
    /// Spans that the back end has taken.
    pub exported: u64,
    /// Spans that wait, those of the export under way included, and after the end those that stay on disk.
    pub queued: u64,
    /// Spans that were dropped, by reason; a reason that never applied is absent.
    pub dropped: BTreeMap<DropReason, u64>,
    /// Of those that were sent to X-Ray, spans from whose documents something was cut to fit; the documents say so.
    pub cut: u64,
    /// Of those that were sent to X-Ray, spans that went to another part of their trace than the first, because that was
    /// full.
    pub split: u64,
    /// Of those that the back end has refused, spans that were set aside as dead letters.
    pub set_aside: u64,
    /// Dead letters that had to make room for others, and are gone.
    pub letters_evicted: u64,
}

impl Counters {
    /// Spans that were dropped for this reason.
    #[must_use]
    pub fn dropped_for(&self, reason: DropReason) -> u64 {
        self.dropped.get(&reason).copied().unwrap_or_default()
    }

    /// Spans that were dropped for any reason.
    #[must_use]
    pub fn dropped_in_all(&self) -> u64 {
        self.dropped.values().sum()
    }
}
