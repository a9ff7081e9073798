//! A share of all traces, taken from their ids exactly as OpenTelemetry's `TraceIdRatioBased` takes it.

use opentelemetry::trace::TraceId;

/// One above the largest 63-bit number: every trace is below it.
const EVERY: u64 = 1 << 63;

/// A share as the bound that the ids of its traces are below.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Share(u64);

impl Share {
    /// OpenTelemetry's own arithmetic, as another rounding would decide otherwise. What is no share keeps nothing.
    pub(super) fn new(rate: f64) -> Self {
        Self(if rate >= 1.0 { EVERY } else { (rate * EVERY as f64) as u64 })
    }

    /// The share with this bound.
    pub(super) const fn of_bound(bound: u64) -> Self {
        Self(bound)
    }

    /// At most [`EVERY`], so that there are numbers for other meanings.
    pub(super) const fn bound(self) -> u64 {
        self.0
    }

    /// Whether the trace is one of the share.
    pub(super) fn keeps(self, trace_id: TraceId) -> bool {
        let [.., a, b, c, d, e, f, g, h] = trace_id.to_bytes();
        u64::from_be_bytes([a, b, c, d, e, f, g, h]) >> 1 < self.0
    }
}
