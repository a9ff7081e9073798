//! What decides where no rule does: one trace a second, and one in twenty of the others.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use opentelemetry::trace::TraceId;

use super::reservoir::{Reservoir, Taken};
use crate::sampler::Reason;
use crate::sampler::ratio::Share;

/// The share of the traces beyond the first of each second: that of X-Ray's own SDKs, and of the rule that each account
/// begins with.
const RATE: f64 = 0.05;

/// Decides without rules.
#[derive(Debug)]
pub(super) struct Fallback(Mutex<Reservoir>);

impl Default for Fallback {
    fn default() -> Self {
        Self(Mutex::new(Reservoir::new(1)))
    }
}

impl Fallback {
    pub(super) fn decide(&self, trace_id: TraceId, now: Instant) -> (bool, Reason) {
        let taken = self.0.lock().unwrap_or_else(PoisonError::into_inner).take(now);
        (taken != Taken::Nothing || Share::new(RATE).keeps(trace_id), Reason::fallback())
    }
}
