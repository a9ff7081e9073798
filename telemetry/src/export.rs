//! Where spans go: what every exporter has in common, and the plan from which one is made.

mod guard;
mod lettered;
mod otlp;
mod plan;
mod probe;
mod split;
mod words;
mod xray;

use std::cell::{Cell, RefCell};
use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::time::Duration;

use opentelemetry_sdk::trace::SpanData;
use spawn_delivery::pacing::Fleet;

use crate::counters::DropReason;

pub use plan::ExportPlan;
pub(crate) use plan::xray_client;
pub(crate) use words::{brief, chain};
use xray::Budget;
pub(crate) use xray::Remarks;

/// A future that stays on the worker's thread.
pub(crate) type Delivering<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// Sends spans to one back end. It is made and used on the worker's thread only, within the worker's runtime.
pub(crate) trait Exporter: Debug {
    /// How much it wants to be given at a time.
    fn limits(&self) -> BatchLimits;

    /// Tries once to deliver the spans, and says what became of each.
    fn deliver<'a>(&'a mut self, spans: &'a [SpanData]) -> Delivering<'a, Outcome>;

    /// Tells the back end of spans that have not ended, and says whether it knows of them now. Most back ends have no word
    /// for that.
    fn announce<'a>(&'a mut self, _spans: &'a [SpanData]) -> Delivering<'a, bool> {
        Box::pin(std::future::ready(true))
    }

    /// What is to be counted beside the fates of spans, since the last time.
    fn remarks(&mut self) -> Remarks {
        Remarks::default()
    }

    /// Says its last words before the program ends.
    fn finish(&mut self) -> Delivering<'_, ()> {
        Box::pin(std::future::ready(()))
    }
}

/// Makes an exporter, again and again if need be.
pub(crate) trait MakeExporter: Debug + Send + Sync {
    /// The exporter's word in settings and status.
    fn name(&self) -> &'static str;

    /// The resource of spans that are made from now on, as it is written beside them on disk. `None`: they are not worth
    /// being kept there, because they leave at once or need no network.
    fn header(&self) -> Option<Vec<u8>> {
        None
    }

    /// With whom the back end is shared.
    fn sharing(&self) -> Sharing {
        Sharing::default()
    }

    /// Makes the exporter; called on the worker's thread, within its runtime. `of` is the resource of spans that another
    /// process has left, as [`MakeExporter::header`] wrote it.
    fn exporter(&self, memory: &Memory, of: Option<&[u8]>) -> Result<Box<dyn Exporter>, Trouble>;
}

/// With whom a back end is shared, and what it takes from all of them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Sharing {
    /// Those who send at the same time.
    pub(crate) fleet: Fleet,
    /// Spans a second that it takes from all of them; `None`: it is nobody's but this program's.
    pub(crate) quota: Option<f64>,
}

impl Default for Sharing {
    fn default() -> Self {
        Self { fleet: Fleet::ALONE, quota: None }
    }
}

/// What the exporters of one pipeline leave to one another: one is made anew after a failure and for new settings, and the
/// traces go on.
#[derive(Clone, Debug, Default)]
pub(crate) struct Memory {
    traces: Rc<RefCell<Budget>>,
    /// Spans that had to make room for others before they came to an exporter, and how many of them were reported.
    spilled: Rc<Cell<Spilled>>,
}

impl Memory {
    /// Notes how many spans had to make room for others so far.
    pub(crate) fn note_spilled(&self, spans: u64) {
        self.spilled.set(Spilled { spans, ..self.spilled.get() });
    }
}

/// Spans that had to make room for others before they came to an exporter.
#[derive(Clone, Copy, Debug, Default)]
struct Spilled {
    spans: u64,
    /// How many of them an exporter has told its back end of.
    told: u64,
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
    /// The spans that were refused, by their place, each with its reason.
    pub(crate) refusals: Vec<(usize, Refusal)>,
}

/// Why a back end will never take a span.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// How the span is counted.
    pub(crate) reason: DropReason,
    /// The back end's own code, such as `InvalidSegment` or `400`; empty where it has told none.
    pub(crate) code: String,
    /// The whole of it, for people.
    pub(crate) what: String,
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

    /// Books that the span at this place was refused.
    pub(crate) fn refuse(&mut self, place: usize, refusal: Refusal) {
        self.fates[place] = Fate::Refused(refusal.reason);
        self.refusal = Some(refusal.what.clone());
        self.refusals.push((place, refusal));
    }
}

/// Why spans could not be delivered, in words that stay the same as long as the reason does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Trouble {
    /// Whether it will last until somebody changes something.
    pub(crate) lasting: bool,
    /// How long the back end asks to be left alone; zero where it asks for less and does not say for how long.
    pub(crate) after: Option<Duration>,
    /// What happened.
    pub(crate) what: String,
    /// What to do about it.
    pub(crate) remedy: String,
}
