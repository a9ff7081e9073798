//! Decides which traces are recorded: the parent's word first, then a ratio of the trace ids.
//!
//! The ratio is taken from the trace id exactly as OpenTelemetry's `TraceIdRatioBased` takes it, so that every program
//! with the same rate, in any language, comes to the same decision about the same trace.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use opentelemetry::trace::{Link, SpanContext, SpanKind, TraceContextExt, TraceId, TraceState};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::{SamplingDecision, SamplingResult, ShouldSample};
use spawn_config::SamplingRate;

use crate::propagation::Undecided;

/// One above the largest 63-bit number: every trace is below it.
const EVERY: u64 = 1 << 63;
/// The rate is not known yet: what starts here is recorded and decided later.
const PROVISIONAL: u64 = u64::MAX;
/// Tracing is off: nothing is recorded, no decision is passed on.
const OFF: u64 = u64::MAX - 1;

/// What becomes of a span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// Tracing is off.
    Off,
    /// The trace is not recorded, and those who are called are told so.
    Drop,
    /// The span is recorded.
    Record,
    /// The span is recorded, and whether it is kept is not known yet.
    RecordForNow,
}

/// The sampler. Its rate can be switched at any time, from any thread.
#[derive(Debug)]
pub(crate) struct Sampler {
    bound: AtomicU64,
    provisional: Mutex<HashSet<TraceId>>,
    rejected: Mutex<HashSet<TraceId>>,
    any_rejected: AtomicBool,
}

impl Sampler {
    /// A sampler that records everything until [`Sampler::decide`] or [`Sampler::turn_off`].
    pub(crate) fn provisional() -> Self {
        Self {
            bound: AtomicU64::new(PROVISIONAL),
            provisional: Mutex::default(),
            rejected: Mutex::default(),
            any_rejected: AtomicBool::new(false),
        }
    }

    /// Sets the rate. Traces that were recorded before any rate was known are rejected or kept by it now.
    pub(crate) fn decide(&self, rate: SamplingRate) {
        let bound = bound(rate);
        let undecided = {
            let mut provisional = locked(&self.provisional);
            // Under the lock, so that no trace is remembered after the decision.
            self.bound.store(bound, Ordering::Release);
            std::mem::take(&mut *provisional)
        };
        let mut rejected = locked(&self.rejected);
        rejected.extend(undecided.into_iter().filter(|id| !below(*id, bound)));
        self.any_rejected.store(!rejected.is_empty(), Ordering::Release);
    }

    /// Records nothing from now on.
    pub(crate) fn turn_off(&self) {
        self.bound.store(OFF, Ordering::Release);
    }

    pub(crate) fn is_off(&self) -> bool {
        self.bound.load(Ordering::Acquire) == OFF
    }

    /// Whether a span of this trace, which was recorded for now, is to be thrown away.
    pub(crate) fn rejects(&self, trace_id: TraceId) -> bool {
        self.any_rejected.load(Ordering::Acquire) && locked(&self.rejected).contains(&trace_id)
    }

    /// Decides about a child of `parent`; `undecided` says that the parent left the decision to whoever comes next.
    pub(crate) fn for_child(&self, parent: &SpanContext, undecided: bool) -> Decision {
        let bound = self.bound.load(Ordering::Acquire);
        match bound {
            OFF => Decision::Off,
            PROVISIONAL if undecided => self.remember(parent.trace_id()),
            _ if undecided => recorded(below(parent.trace_id(), bound)),
            PROVISIONAL if locked(&self.provisional).contains(&parent.trace_id()) => Decision::RecordForNow,
            _ => recorded(parent.is_sampled() && !self.rejects(parent.trace_id())),
        }
    }

    /// Decides about a trace that starts here.
    pub(crate) fn for_root(&self, trace_id: TraceId) -> Decision {
        match self.bound.load(Ordering::Acquire) {
            OFF => Decision::Off,
            PROVISIONAL => self.remember(trace_id),
            bound => recorded(below(trace_id, bound)),
        }
    }

    /// Remembers a trace to be decided later, unless the decision was made in between.
    fn remember(&self, trace_id: TraceId) -> Decision {
        let mut provisional = locked(&self.provisional);
        match self.bound.load(Ordering::Acquire) {
            OFF => Decision::Off,
            PROVISIONAL => {
                provisional.insert(trace_id);
                Decision::RecordForNow
            }
            bound => recorded(below(trace_id, bound)),
        }
    }
}

fn recorded(keep: bool) -> Decision {
    if keep { Decision::Record } else { Decision::Drop }
}

/// The 63-bit numbers below this are kept: OpenTelemetry's own arithmetic, as another rounding would decide otherwise.
fn bound(rate: SamplingRate) -> u64 {
    if rate.value() >= 1.0 { EVERY } else { (rate.value() * EVERY as f64) as u64 }
}

fn below(trace_id: TraceId, bound: u64) -> bool {
    let [.., a, b, c, d, e, f, g, h] = trace_id.to_bytes();
    u64::from_be_bytes([a, b, c, d, e, f, g, h]) >> 1 < bound
}

/// A panic elsewhere leaves a set of ids whole.
fn locked(set: &Mutex<HashSet<TraceId>>) -> MutexGuard<'_, HashSet<TraceId>> {
    set.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The sampler as the SDK's tracer asks it.
#[derive(Clone, Debug)]
pub(crate) struct SdkSampler(pub(crate) Arc<Sampler>);

impl ShouldSample for SdkSampler {
    fn should_sample(
        &self,
        parent: Option<&Context>,
        trace_id: TraceId,
        _name: &str,
        _kind: &SpanKind,
        _attributes: &[KeyValue],
        _links: &[Link],
    ) -> SamplingResult {
        let (decision, trace_state) = match parent.filter(|cx| cx.span().span_context().is_valid()) {
            Some(cx) => {
                let span = cx.span();
                let parent = span.span_context();
                let decision = self.0.for_child(parent, cx.get::<Undecided>().is_some() && parent.is_remote());
                (decision, parent.trace_state().clone())
            }
            None => (self.0.for_root(trace_id), TraceState::NONE),
        };
        let decision = match decision {
            Decision::Off | Decision::Drop => SamplingDecision::Drop,
            Decision::Record | Decision::RecordForNow => SamplingDecision::RecordAndSample,
        };
        SamplingResult { decision, attributes: Vec::new(), trace_state }
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry::trace::{SpanId, TraceFlags};
    use opentelemetry_sdk::trace::Sampler as Reference;

    use super::*;
    use crate::ids::TimedIds;

    fn parent(trace_id: TraceId, flags: TraceFlags) -> SpanContext {
        SpanContext::new(trace_id, SpanId::from(7), flags, true, TraceState::NONE)
    }

    fn ids() -> impl Iterator<Item = TraceId> {
        (0..2000).map(|_| TimedIds.trace_id(std::time::SystemTime::now()))
    }

    #[test]
    fn the_ratio_decides_as_opentelemetrys_own_sampler_does() {
        for rate in ["0", "0.001", "0.1", "0.5", "0.999", "1"] {
            let sampler = Sampler::provisional();
            sampler.decide(rate.parse().unwrap());
            let reference = Reference::TraceIdRatioBased(rate.parse().unwrap());
            for id in ids() {
                let theirs = reference.should_sample(None, id, "", &SpanKind::Internal, &[], &[]).decision;
                let ours = SdkSampler(Arc::new(Sampler::provisional()));
                ours.0.decide(rate.parse().unwrap());
                assert_eq!(ours.should_sample(None, id, "", &SpanKind::Internal, &[], &[]).decision, theirs);
                assert_eq!(sampler.for_root(id) == Decision::Record, theirs == SamplingDecision::RecordAndSample);
            }
        }
    }

    #[test]
    fn a_parents_word_comes_before_the_rate() {
        let sampler = Sampler::provisional();
        let id = TraceId::from(1);
        sampler.decide(SamplingRate::NEVER);
        assert_eq!(sampler.for_child(&parent(id, TraceFlags::SAMPLED), false), Decision::Record);
        sampler.decide(SamplingRate::ALWAYS);
        assert_eq!(sampler.for_child(&parent(id, TraceFlags::default()), false), Decision::Drop);
        assert_eq!(sampler.for_child(&parent(id, TraceFlags::default()), true), Decision::Record);
    }

    #[test]
    fn what_began_before_the_rate_was_known_is_decided_by_it_afterwards() {
        let sampler = Sampler::provisional();
        let (low, high) = (TraceId::from(2), TraceId::from(u128::from(u64::MAX)));
        assert_eq!(sampler.for_root(low), Decision::RecordForNow);
        assert_eq!(sampler.for_root(high), Decision::RecordForNow);
        assert_eq!(sampler.for_child(&parent(high, TraceFlags::SAMPLED), false), Decision::RecordForNow);
        sampler.decide("0.5".parse().unwrap());
        assert_eq!((sampler.rejects(low), sampler.rejects(high)), (false, true));
        assert_eq!(sampler.for_child(&parent(low, TraceFlags::SAMPLED), false), Decision::Record);
        assert_eq!(sampler.for_child(&parent(high, TraceFlags::SAMPLED), false), Decision::Drop);
    }

    #[test]
    fn a_sampled_parent_is_kept_whatever_the_rate_turns_out_to_be() {
        let sampler = Sampler::provisional();
        let id = TraceId::from(u128::from(u64::MAX));
        assert_eq!(sampler.for_child(&parent(id, TraceFlags::SAMPLED), false), Decision::Record);
        sampler.decide(SamplingRate::NEVER);
        assert!(!sampler.rejects(id));
    }

    #[test]
    fn off_decides_nothing_for_anybody() {
        let sampler = Sampler::provisional();
        sampler.turn_off();
        assert_eq!(sampler.for_root(TraceId::from(1)), Decision::Off);
        assert_eq!(sampler.for_child(&parent(TraceId::from(1), TraceFlags::SAMPLED), false), Decision::Off);
    }
}
