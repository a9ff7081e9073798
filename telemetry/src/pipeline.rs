//! Keeps finished spans and delivers them: from any thread, without the caller's runtime, without ever making it wait.
//!
//! Spans go into a [`Store`](store::Store) that is bounded in bytes. One plain thread with a runtime of its own takes batches
//! out of it and hands them to the exporter; it exists only from the moment when there is an exporter. All that the two
//! sides share is the [`State`], behind one mutex that is never held across an export, so that the account of
//! spans is exact at any moment.

mod keeper;
mod notice;
mod pace;
mod panics;
mod size;
mod state;
mod store;
mod sync;
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
use crate::storage::{Storage, StorageStatus};
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

/// Whose spans a flush waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whose {
    /// Those of this process.
    Own,
    /// Also those that others have left, as far as they are found.
    All,
    /// Also those that others have left, all of them: it is looked for them.
    Everybody,
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
    /// Tells those who flush that spans were settled or that a thread of ours has ended.
    settled: Condvar,
    /// Tells the keeper that there is something for the disk.
    disk: Condvar,
}

impl Shared {
    /// The state. A panic elsewhere cannot leave it half changed, so a poisoned lock is no reason to stop.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Calls the worker or the keeper.
    fn call(&self, worker: bool, keeper: bool) {
        if worker {
            self.wake.notify_one();
        }
        if keeper {
            self.disk.notify_one();
        }
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
        let state = Mutex::new(State::new(&pace));
        Self(Arc::new(Owner(Arc::new(Shared {
            pace,
            state,
            wake: Notify::new(),
            settled: Condvar::new(),
            disk: Condvar::new(),
        }))))
    }

    /// Takes a finished span. Never waits for anything but the state's mutex.
    pub(crate) fn accept(&self, span: SpanData) {
        let (wake, tell) = {
            let mut state = self.shared().state();
            let was_dirty = state.store.has_for_the_disk();
            (state.accept(span), !was_dirty && state.store.has_for_the_disk())
        };
        self.shared().call(wake, tell);
    }

    /// Notes a span that has begun, so that it can be announced if it takes long. It may never end; nothing waits for it.
    /// `ours`: should this process end before the span does, the span is ended by whoever finds that.
    pub(crate) fn begun(&self, span: SpanData, ours: bool) {
        let due = Instant::now() + self.shared().pace.announce_after;
        let (wake, tell) = {
            let mut state = self.shared().state();
            let was_dirty = state.store.has_for_the_disk();
            (state.begun(span, due, ours), !was_dirty && state.store.has_for_the_disk())
        };
        self.shared().call(wake, tell);
    }

    /// Announces a span that somebody else may end, and that is sure to take long, at once: no flush overtakes it.
    pub(crate) fn begun_long(&self, span: SpanData) {
        let wake = self.shared().state().begun_long(span);
        self.shared().call(wake, false);
    }

    /// Keeps spans there from the next configuration on.
    pub(crate) fn keep_in(&self, storage: Storage) {
        self.shared().state().keep_in(storage);
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
        self.shared().call(true, true);
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
        self.shared().call(true, true);
    }

    /// Delivers the spans that wait now, without lingering, and returns when they have left, when the back end has refused
    /// them in a way that will last, or when the time is up. Works on every runtime and without one.
    pub(crate) async fn flush(&self, within: Duration) -> Flushed {
        self.flush_of(within, Whose::All).await
    }

    /// As [`Pipeline::flush`], and looks for what processes have left on disk that are gone.
    pub(crate) async fn flush_everything(&self, within: Duration) -> Flushed {
        self.flush_of(within, Whose::Everybody).await
    }

    async fn flush_of(&self, within: Duration, whose: Whose) -> Flushed {
        if !self.shared().state().can_deliver() {
            return self.left();
        }
        // A thread of its own keeps the deadline whatever the caller's runtime and the worker are doing.
        let (done, answer) = oneshot::channel();
        let pipeline = self.clone();
        let waiting = std::thread::Builder::new().name("spawn-flush".to_owned()).spawn(move || {
            // The caller may have stopped waiting; then nobody needs the answer.
            done.send(pipeline.flush_blocking(within, whose)).unwrap_or_default();
        });
        match waiting {
            Ok(_) => answer.await.unwrap_or_else(|_| self.left()),
            Err(_) => self.left(),
        }
    }

    /// Flushes, then ends the worker; what is left then stays on disk for the next process, and what is not there is dropped
    /// as `shutdown`. Blocks, at most for `within` or so, and
    /// may be called from any thread, also from one that drives a runtime.
    pub(crate) fn shutdown(&self, within: Duration) -> Flushed {
        let deadline = deadline(within);
        let (exported, ended) = {
            let before = self.shared().state().counters();
            (before.exported, before.dropped_for(DropReason::Shutdown))
        };
        self.flush_blocking(within, Whose::Own);
        let mut state = self.shared().state();
        state.close();
        self.shared().call(true, true);
        let mut state = self.wait_while(state, deadline, |state| state.worker == WorkerState::Running);
        state.drop_the_rest();
        self.shared().disk.notify_one();
        // The disk gets what is left of the time; where that is nothing, the kernel has what was written all the same.
        let state = self.wait_while(state, deadline, |state| state.keeper == WorkerState::Running);
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

    /// How it stands with the spans that wait.
    pub(crate) fn storage(&self) -> StorageStatus {
        self.shared().state().store.status()
    }

    /// What became of the spans of this trace, and whether one of them is under way.
    pub(crate) fn trace(&self, trace_id: TraceId) -> (Option<Entry>, bool) {
        let state = self.shared().state();
        let mut entry = state.journal.trace(trace_id).cloned();
        if let Some(entry) = entry.as_mut().filter(|_| state.store.len() == 0) {
            entry.nothing_waits();
        }
        (entry, state.under_way.holds(trace_id))
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

    fn flush_blocking(&self, within: Duration, whose: Whose) -> Flushed {
        let deadline = deadline(within);
        self.ensure_worker();
        let mut state = self.shared().state();
        let (target, exported, refusals) = (state.store.next_number(), state.counters().exported, state.refusals);
        let begun = Instant::now();
        if whose == Whose::Everybody && state.keeper == WorkerState::Running {
            state.store.look_now(begun);
            self.shared().disk.notify_one();
        }
        let theirs = |state: &State| match whose {
            Whose::Own => false,
            Whose::All => state.store.holds_adopted(),
            Whose::Everybody => state.keeper == WorkerState::Running && state.store.may_hold_adopted(begun),
        };
        let waits = |state: &State| state.store.holds_any_before(target) || theirs(state);
        if !state.can_deliver() || !waits(&state) {
            return Flushed { delivered: 0, left: state.store.len() as u64 };
        }
        state.flushing += 1;
        state.orders += 1;
        self.shared().wake.notify_one();
        let mut state = self.wait_while(state, deadline, |state| {
            waits(state) && state.refusals == refusals && state.worker == WorkerState::Running
        });
        state.flushing -= 1;
        Flushed { delivered: state.counters().exported - exported, left: state.store.len() as u64 }
    }

    /// Waits as long as this holds, but not beyond the deadline.
    fn wait_while<'a>(
        &self,
        mut state: MutexGuard<'a, State>,
        deadline: Instant,
        holds: impl Fn(&State) -> bool,
    ) -> MutexGuard<'a, State> {
        while holds(&state) {
            let Some(rest) = deadline.checked_duration_since(Instant::now()).filter(|rest| !rest.is_zero()) else {
                break;
            };
            state = self.shared().settled.wait_timeout(state, rest).unwrap_or_else(PoisonError::into_inner).0;
        }
        state
    }

    fn left(&self) -> Flushed {
        Flushed { delivered: 0, left: self.shared().state().store.len() as u64 }
    }

    /// Starts the threads where there is something to do for them and they are not running.
    fn ensure_worker(&self) {
        let mut state = self.shared().state();
        if state.keeper == WorkerState::Absent && state.can_deliver() && state.store.has_disk() {
            // Without it the kernel writes what there is when it likes to, and what others have left stays where it is.
            if keeper::spawn(Arc::clone(&self.0.0)).is_ok() {
                state.keeper = WorkerState::Running;
            }
        }
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
        self.0.call(true, true);
    }
}

#[cfg(test)]
mod tests;
