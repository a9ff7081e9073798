//! The last traces that were decided against, with the reasons, for whoever asks why one is missing.
//!
//! What the ratio decides is not noted: the id tells it again at any time.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError, TryLockError};

use opentelemetry::trace::TraceId;

use super::Reason;

/// Traces that are remembered, about 50 KB.
const MOST: usize = 1024;

#[derive(Debug, Default)]
pub(super) struct Unrecorded(Mutex<VecDeque<(TraceId, Reason)>>);

impl Unrecorded {
    /// Notes a trace. Nobody waits for this: what comes while another is noted is left out.
    pub(super) fn note(&self, trace_id: TraceId, reason: Reason) {
        let mut noted = match self.0.try_lock() {
            Ok(noted) => noted,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return,
        };
        // The calls of one trace come together.
        if noted.back().is_some_and(|(last, _)| *last == trace_id) {
            return;
        }
        if noted.len() == MOST {
            noted.pop_front();
        }
        noted.push_back((trace_id, reason));
    }

    /// Why this trace was decided against, as far as that is remembered.
    pub(super) fn reason(&self, trace_id: TraceId) -> Option<Reason> {
        let noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        noted.iter().rev().find(|(noted, _)| *noted == trace_id).map(|(_, reason)| reason.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_are_remembered_each_once_in_a_row() {
        let (unrecorded, id) = (Unrecorded::default(), |id: usize| TraceId::from(id as u128));
        for trace in 1..=MOST + 1 {
            unrecorded.note(id(trace), Reason::parent());
            unrecorded.note(id(trace), Reason::fallback());
        }
        assert_eq!((unrecorded.reason(id(1)), unrecorded.reason(id(2))), (None, Some(Reason::parent())));
    }
}
