//! Keeps finished spans and delivers them: from any thread, without the caller's runtime, without ever making it wait.
//!
//! Spans go into a [`Store`](store::Store) that is bounded in bytes. One plain thread with a runtime of its own takes batches
//! out of it and hands them to the exporter; it exists only from the moment when there is an exporter. All that the two
//! sides share is the [`State`], behind one mutex that is never held across an export, so that the account of
//! spans is exact at any moment.

mod backoff;
mod notice;
mod pace;
mod panics;
mod size;
mod state;
mod store;
mod under_way;
mod worker;

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use opentelemetry::KeyValue;
use opentelemetry::trace::TraceId;
use opentelemetry_sdk::trace::SpanData;
use tokio::sync::{Notify, oneshot};

use crate::counters::{Counters, DropReason};
use crate::export::{ExportPlan, MakeExporter};
use crate::health::Health;
use crate::journal::Entry;
use crate::sampler::Following;
use pace::Pace;
use state::{State, WorkerState};

/// What a pipeline does with spans from now on.
#[derive(Debug)]
pub(crate) enum Delivery {
    /// New spans are neither kept nor counted. Spans that wait still go to the exporter that there was; without one they
    /// are dropped as `disabled`.
    Discard,
    /// Spans go to this exporter, those that wait included. The exporter `none` is [`Delivery::Discard`].
    Export(Box<ExportPlan>),
}

/// The end of a flush.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flushed {
    /// Spans that the back end has taken since the flush began.
    pub delivered: u64,
    /// Spans that are still queued, or that were dropped because the program ends.
    pub left: u64,
}

/// A handle to the pipeline. The worker ends when the last handle is gone.
#[derive(Clone, Debug)]
pub(crate) struct Pipeline(Arc<Owner>);

/// Closes the pipeline when the last handle goes.
#[derive(Debug)]
struct Owner(Arc<Shared>);

/// What handles and the worker share.
#[derive(Debug)]
struct Shared {
    pace: Pace,
    state: Mutex<State>,
    /// Tells the worker that the state has changed in a way that it waits for.
    wake: Notify,
    /// Tells those who flush that spans were settled or that the worker has ended.
    settled: Condvar,
}

impl Shared {
    /// The state. A panic elsewhere cannot leave it half changed, so a poisoned lock is no reason to stop.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Logs what there is to log, with nobody waiting for it.
    fn tell(&self) {
        let notices = std::mem::take(&mut self.state().notices);
        notices.into_iter().for_each(notice::Notice::log);
    }
}

impl Pipeline {
    /// A pipeline that keeps spans and exports nothing until it is configured. It has no thread yet.
    pub(crate) fn start() -> Self {
        Self::with_pace(Pace::default())
    }

    /// As [`Pipeline::start`], with other sizes and times.
    pub(crate) fn with_pace(pace: Pace) -> Self {
        let state = Mutex::new(State::new(pace.capacity));
        Self(Arc::new(Owner(Arc::new(Shared { pace, state, wake: Notify::new(), settled: Condvar::new() }))))
    }

    /// Takes a finished span. Never waits for anything but the state's mutex.
    pub(crate) fn accept(&self, span: SpanData) {
        let wake = self.shared().state().accept(span);
        if wake {
            self.shared().wake.notify_one();
        }
    }

    /// Notes a span that has begun, so that it can be announced if it takes long. It may never end; nothing waits for it.
    pub(crate) fn begun(&self, span: SpanData) {
        self.announce(span, self.shared().pace.announce_after, false);
    }

    /// Announces a span that has begun at once, however long it takes.
    pub(crate) fn begun_long(&self, span: SpanData) {
        self.announce(span, Duration::ZERO, true);
    }

    fn announce(&self, span: SpanData, after: Duration, urgent: bool) {
        let wake = self.shared().state().begun(span, Instant::now() + after, urgent);
        if wake {
            self.shared().wake.notify_one();
        }
    }

    /// Sets the attributes that say whose the spans are that are announced; those that end say so themselves.
    pub(crate) fn identify(&self, identity: Vec<KeyValue>) {
        self.shared().state().under_way.identify(identity);
    }

    /// Decides what becomes of spans: those held so far are kept if `keep` says so, and dropped as `not_sampled` if not.
    ///
    /// May be called at any time; nothing that waits is lost by it. After a shutdown it does nothing.
    pub(crate) fn configure(&self, delivery: Delivery, keep: &dyn Fn(&SpanData) -> bool) {
        match delivery {
            Delivery::Export(plan) if plan.exports() => self.export_with(Arc::new(*plan), keep),
            Delivery::Export(_) | Delivery::Discard => self.shared().state().discard(keep),
        }
        self.shared().wake.notify_one();
    }

    /// Has the worker's thread do this beside the exports, in place of what it did so far.
    pub(crate) fn accompany(&self, following: Option<Following>) {
        self.shared().state().accompany(following);
        self.shared().wake.notify_one();
    }

    /// As [`Pipeline::configure`] with any plan.
    pub(crate) fn export_with(&self, plan: Arc<dyn MakeExporter>, keep: &dyn Fn(&SpanData) -> bool) {
        self.shared().state().export(plan, keep);
        self.ensure_worker();
        self.shared().wake.notify_one();
    }

    /// Delivers the spans that wait now, without lingering, and returns when they have left, when the back end has refused
    /// them in a way that will last, or when the time is up. Works on every runtime and without one.
    pub(crate) async fn flush(&self, within: Duration) -> Flushed {
        if !self.shared().state().can_deliver() {
            return self.left();
        }
        // A thread of its own keeps the deadline whatever the caller's runtime and the worker are doing.
        let (done, answer) = oneshot::channel();
        let pipeline = self.clone();
        let waiting = std::thread::Builder::new().name("spawn-flush".to_owned()).spawn(move || {
            // The caller may have stopped waiting; then nobody needs the answer.
            done.send(pipeline.flush_blocking(within)).unwrap_or_default();
        });
        match waiting {
            Ok(_) => answer.await.unwrap_or_else(|_| self.left()),
            Err(_) => self.left(),
        }
    }

    /// Flushes, then ends the worker; what is left then is dropped as `shutdown`. Blocks, at most for `within` or so, and
    /// may be called from any thread, also from one that drives a runtime.
    pub(crate) fn shutdown(&self, within: Duration) -> Flushed {
        let deadline = deadline(within);
        let (exported, ended) = {
            let before = self.shared().state().counters();
            (before.exported, before.dropped_for(DropReason::Shutdown))
        };
        self.flush_blocking(within);
        let mut state = self.shared().state();
        state.close();
        self.shared().wake.notify_one();
        while state.worker == WorkerState::Running {
            let Some(rest) = deadline.checked_duration_since(Instant::now()).filter(|rest| !rest.is_zero()) else {
                break;
            };
            state = self.shared().settled.wait_timeout(state, rest).unwrap_or_else(PoisonError::into_inner).0;
        }
        state.drop_the_rest();
        let after = state.counters();
        let left = after.queued + after.dropped_for(DropReason::Shutdown) - ended;
        Flushed { delivered: after.exported - exported, left }
    }

    /// The account of spans.
    pub(crate) fn counters(&self) -> Counters {
        self.shared().state().counters()
    }

    /// How delivery is doing.
    pub(crate) fn health(&self) -> Health {
        self.shared().state().health()
    }

    /// What became of the spans of this trace, and whether one of them is under way.
    pub(crate) fn trace(&self, trace_id: TraceId) -> (Option<Entry>, bool) {
        let state = self.shared().state();
        (state.journal.trace(trace_id).cloned(), state.under_way.holds(trace_id))
    }

    /// The trace of the call with this request id.
    pub(crate) fn trace_of_request(&self, request: &str) -> Option<TraceId> {
        self.shared().state().journal.trace_of_request(request)
    }

    /// The spans that wait, oldest first.
    #[cfg(test)]
    pub(crate) fn held(&self) -> Vec<SpanData> {
        self.shared().state().store.spans()
    }

    /// The names of the spans that would be announced if they were under way for very long.
    #[cfg(test)]
    pub(crate) fn to_be_announced(&self) -> Vec<String> {
        let long_after = Instant::now() + Duration::from_secs(3600);
        let spans = self.shared().state().under_way.take_due(long_after);
        spans.into_iter().map(|span| span.name.into_owned()).collect()
    }

    fn flush_blocking(&self, within: Duration) -> Flushed {
        let deadline = deadline(within);
        self.ensure_worker();
        let mut state = self.shared().state();
        let (target, exported, refusals) = (state.store.next_number(), state.counters().exported, state.refusals);
        if !state.can_deliver() || !state.store.holds_any_before(target) {
            return Flushed { delivered: 0, left: state.store.len() as u64 };
        }
        state.flushing += 1;
        state.orders += 1;
        self.shared().wake.notify_one();
        while state.store.holds_any_before(target) && state.refusals == refusals && state.worker == WorkerState::Running
        {
            let Some(rest) = deadline.checked_duration_since(Instant::now()).filter(|rest| !rest.is_zero()) else {
                break;
            };
            state = self.shared().settled.wait_timeout(state, rest).unwrap_or_else(PoisonError::into_inner).0;
        }
        state.flushing -= 1;
        Flushed { delivered: state.counters().exported - exported, left: state.store.len() as u64 }
    }

    fn left(&self) -> Flushed {
        Flushed { delivered: 0, left: self.shared().state().store.len() as u64 }
    }

    /// Starts the worker where there is something to do for it and none is running.
    fn ensure_worker(&self) {
        let mut state = self.shared().state();
        if state.worker == WorkerState::Running || !state.can_deliver() {
            return;
        }
        match worker::spawn(Arc::clone(&self.0.0)) {
            Ok(()) => state.worker = WorkerState::Running,
            Err(error) => state.fail(crate::export::Trouble {
                lasting: false,
                after: None,
                what: format!("the thread that delivers spans cannot be started: {error}"),
                remedy: "raise the limit of threads of this process".to_owned(),
            }),
        }
        drop(state);
        self.shared().tell();
    }

    fn shared(&self) -> &Shared {
        &self.0.0
    }
}

/// The instant at which the time is up. A span of time beyond what the clock can count is an hour, and long enough.
fn deadline(within: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(within).unwrap_or(now + Duration::from_secs(3600))
}

impl Drop for Owner {
    fn drop(&mut self) {
        self.0.state().close();
        self.0.wake.notify_one();
    }
}

#[cfg(test)]
mod tests;
