//! Live pages on loopback, and a receiver of spans from any OpenTelemetry SDK, kept in memory within bounds.

mod store;

pub use store::{Bounds, Coming, Head, Snapshot, Store, Tally};
