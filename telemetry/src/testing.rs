//! Telemetry that keeps its spans in memory, for the tests and benchmarks of every crate that makes spans.

use std::sync::{Arc, Mutex, PoisonError};

use opentelemetry_sdk::trace::SpanData;
use spawn_config::SamplingRate;

use crate::telemetry::Telemetry;

/// The spans that were made so far, in the order in which they ended. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Spans(Arc<Mutex<Vec<SpanData>>>);

impl Spans {
    /// Takes all spans out.
    #[must_use]
    pub fn take(&self) -> Vec<SpanData> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes out the one span that there is.
    ///
    /// # Panics
    /// When there is none or more than one, and shows what there is.
    #[must_use]
    pub fn take_one(&self) -> SpanData {
        let mut spans = self.take();
        assert_eq!(spans.len(), 1, "expected one span: {spans:#?}");
        spans.remove(0)
    }

    pub(crate) fn push(&self, span: SpanData) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(span);
    }
}

/// A telemetry with this rate, and the spans that it records. Nothing is exported; counters stay at zero.
#[must_use]
pub fn recording(rate: SamplingRate) -> (Telemetry, Spans) {
    let spans = Spans::default();
    let telemetry = Telemetry::keeping(spans.clone());
    telemetry.decide(rate);
    (telemetry, spans)
}

/// As [`recording`], with no rate decided yet: everything is recorded until [`Telemetry::configure`].
#[must_use]
pub fn undecided() -> (Telemetry, Spans) {
    let spans = Spans::default();
    (Telemetry::keeping(spans.clone()), spans)
}
