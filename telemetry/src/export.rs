//! Where spans go: what every exporter has in common, and the plan from which one is made.

mod guard;
mod otlp;
mod plan;
mod probe;
mod split;
mod words;
mod xray;

use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use opentelemetry_sdk::trace::SpanData;

use crate::counters::DropReason;

pub use plan::ExportPlan;
pub(crate) use plan::xray_client;
pub(crate) use words::{brief, chain};

/// A future that stays on the worker's thread.
pub(crate) type Delivering<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// Sends spans to one back end. It is made and used on the worker's thread only, within the worker's runtime.
pub(crate) trait Exporter: Debug {
    /// How much it wants to be given at a time.
    fn limits(&self) -> BatchLimits;

    /// Tries once to deliver the spans, and says what became of each.
    fn deliver<'a>(&'a mut self, spans: &'a [SpanData]) -> Delivering<'a, Outcome>;

    /// Says its last words before the program ends.
    fn finish(&mut self) -> Delivering<'_, ()> {
        Box::pin(std::future::ready(()))
    }
}

/// Makes an exporter, again and again if need be.
pub(crate) trait MakeExporter: Debug + Send + Sync {
    /// The exporter's word in settings and status.
    fn name(&self) -> &'static str;

    /// Makes the exporter; called on the worker's thread, within its runtime.
    fn exporter(&self) -> Result<Box<dyn Exporter>, Trouble>;
}

/// How much an exporter takes at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BatchLimits {
    /// Spans in a batch.
    pub(crate) spans: usize,
    /// Bytes of spans in memory; a single span may be larger.
    pub(crate) bytes: usize,
    /// Longest time for a batch, where it is not the pipeline's own.
    pub(crate) patience: Option<Duration>,
}

/// What became of one span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// The back end has taken it.
    Delivered,
    /// It will never be taken.
    Refused(DropReason),
    /// It is to be tried again.
    Again,
}

/// What became of a batch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// In the order of the batch; a span without one is tried again.
    pub(crate) fates: Vec<Fate>,
    /// Why some are to be tried again.
    pub(crate) trouble: Option<Trouble>,
    /// Why some were refused.
    pub(crate) refusal: Option<String>,
}

impl Outcome {
    /// All of the batch was taken.
    pub(crate) fn delivered(spans: usize) -> Self {
        Self { fates: vec![Fate::Delivered; spans], ..Self::default() }
    }

    /// All of the batch is to be tried again.
    pub(crate) fn failed(trouble: Trouble) -> Self {
        Self { trouble: Some(trouble), ..Self::default() }
    }
}

/// Why spans could not be delivered, in words that stay the same as long as the reason does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Trouble {
    /// Whether it will last until somebody changes something.
    pub(crate) lasting: bool,
    /// How long the back end asks to be left alone.
    pub(crate) after: Option<Duration>,
    /// What happened.
    pub(crate) what: String,
    /// What to do about it.
    pub(crate) remedy: String,
}
