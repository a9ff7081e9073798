//! What the two sides of the pipeline share: the store, the account, the plan, and what is wrong.

mod settle;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use opentelemetry_sdk::trace::SpanData;
use spawn_delivery::disk::{Disk, RealDisk};
use spawn_delivery::pacing::{Hurry, Queue};
use spawn_delivery::spool::Left;

use super::notice::Notice;
use super::pace::Pace;
use super::store::{Appended, Batch, Duty, Leased, Order, Store, Turn};
use super::under_way::UnderWay;
use crate::counters::{Counters, DropReason};
use crate::export::{MakeExporter, Remarks};
use crate::health::{Health, HealthState, Problem};
use crate::journal::Journal;
use crate::sampler::Following;
use crate::storage::Storage;

/// Waiting spans that are worth waking the worker for before its linger is over.
pub(super) const FULL_BATCH: usize = 500;
/// Most spans that are brought to a disk that is well again before others get at the state.
const BROUGHT: usize = 256;

#[derive(Debug)]
pub(super) struct State {
    pub(super) store: Store,
    intake: Intake,
    /// The plan, and the number of the configuration that brought it.
    pub(super) plan: Option<(u64, Arc<dyn MakeExporter>)>,
    configurations: u64,
    /// Where spans are kept from the next configuration on.
    storage: Storage,
    disk: Arc<dyn Disk>,
    created: u64,
    recovered: u64,
    exported: u64,
    remarks: Remarks,
    dropped: BTreeMap<DropReason, u64>,
    pub(super) worker: WorkerState,
    /// The thread that waits for the disk.
    pub(super) keeper: WorkerState,
    /// Those who wait for a flush; while there are any, nothing lingers.
    pub(super) flushing: usize,
    /// Counts what must end the worker's wait after a failure: flushes, configurations, the end.
    pub(super) orders: u64,
    /// What the worker is to do beside the exports from now on; the inner `None` ends what it does.
    following: Option<Option<Following>>,
    /// Counts refusals that will last: a flush does not wait for the next one.
    pub(super) refusals: u64,
    problem: Option<Problem>,
    last_refusal: Option<String>,
    /// What was logged of the disk.
    told: Option<String>,
    /// What is wrong with this host's clock.
    clock: Option<String>,
    /// What is to be logged as soon as nobody holds the state.
    pub(super) notices: Vec<Notice>,
    pub(super) under_way: UnderWay,
    pub(super) journal: Journal,
}

/// What happens to a span that arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Intake {
    Hold,
    Deliver,
    Discard,
    Closed,
}

/// Whether there is a worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WorkerState {
    /// None, or it has ended.
    Absent,
    Running,
}

impl State {
    pub(super) fn new(pace: &Pace) -> Self {
        Self {
            store: Store::new(pace.capacity, pace.disk_rest),
            intake: Intake::Hold,
            plan: None,
            configurations: 0,
            storage: Storage::memory(),
            disk: Arc::new(RealDisk),
            created: 0,
            recovered: 0,
            exported: 0,
            remarks: Remarks::default(),
            dropped: BTreeMap::new(),
            worker: WorkerState::Absent,
            keeper: WorkerState::Absent,
            flushing: 0,
            orders: 0,
            following: None,
            refusals: 0,
            problem: None,
            last_refusal: None,
            told: None,
            clock: None,
            notices: Vec::new(),
            under_way: UnderWay::default(),
            journal: Journal::default(),
        }
    }

    /// Takes a span, and says whether the worker is to be woken.
    pub(super) fn accept(&mut self, span: SpanData) -> bool {
        if self.intake == Intake::Discard {
            return false;
        }
        let now = Instant::now();
        self.created += 1;
        let noted = self.under_way.ended(&span);
        if self.intake == Intake::Closed {
            self.count_dropped(DropReason::Shutdown, 1);
            return false;
        }
        self.journal.created(&span);
        match self.store.append(span, now) {
            Appended::Stored { evicted } => self.count_dropped(DropReason::QueueFull, evicted),
            Appended::Full { evicted } => self.count_dropped(DropReason::QueueFull, evicted + 1),
            Appended::TooLarge => self.count_dropped(DropReason::TooLarge, 1),
        }
        // Not before the span itself is on disk: a crash between the two leaves one too many, and not one too few.
        if let Some(id) = noted {
            self.store.ended(id, now);
        }
        self.worker == WorkerState::Running && matches!(self.store.waiting(), 1 | FULL_BATCH)
    }

    /// Notes a span that has begun, and says whether the worker is to be told. `ours`: it ends in this process or never.
    pub(super) fn begun(&mut self, span: SpanData, due: Instant, ours: bool) -> bool {
        if matches!(self.intake, Intake::Discard | Intake::Closed) {
            return false;
        }
        if ours && self.intake == Intake::Deliver && self.under_way.has_room() {
            let span = self.under_way.identified(&span);
            self.store.begun(id_of(&span), &span, Instant::now());
        }
        self.under_way.begun(span, due, ours) && self.worker == WorkerState::Running
    }

    /// As [`State::begun`], for one that is to be announced before the end of any flush.
    pub(super) fn begun_long(&mut self, span: SpanData) -> bool {
        self.under_way.hurry();
        self.begun(span, Instant::now(), false)
    }

    /// Spans are kept there from the next configuration on.
    pub(super) fn keep_in(&mut self, storage: Storage) {
        self.storage = storage;
    }

    /// As [`State::keep_in`], on a disk of the test's own.
    #[cfg(test)]
    pub(super) fn on_disk(&mut self, disk: Arc<dyn Disk>) {
        self.disk = disk;
    }

    /// From now on spans go to this plan's exporter.
    pub(super) fn export(&mut self, plan: Arc<dyn MakeExporter>, keep: &dyn Fn(&SpanData) -> bool) {
        if self.is_closed() {
            return;
        }
        self.drop_unsampled(keep);
        let now = Instant::now();
        for rejected in self.under_way.retain(keep) {
            self.store.ended(rejected, now);
        }
        // What is under way is noted where spans are kept from now on.
        let noted: Vec<_> = self.under_way.noted().collect();
        let header = plan.header();
        if self.store.is_elsewhere(&self.storage, header.as_deref()) {
            noted.iter().for_each(|span| self.store.ended(id_of(span), now));
        }
        let is_elsewhere = self.store.keep_in(&self.disk, &self.storage, header);
        if is_elsewhere || self.intake != Intake::Deliver {
            noted.iter().for_each(|span| self.store.begun(id_of(span), span, now));
        }
        let evicted = self.store.bring(usize::MAX, now);
        self.count_dropped(DropReason::QueueFull, evicted);
        self.configurations += 1;
        self.plan = Some((self.configurations, plan));
        self.intake = Intake::Deliver;
        self.orders += 1;
    }

    /// From now on spans are not taken.
    pub(super) fn discard(&mut self, keep: &dyn Fn(&SpanData) -> bool) {
        if self.is_closed() {
            return;
        }
        if self.plan.is_some() {
            self.drop_unsampled(keep);
        } else {
            let dropped = self.store.retain(&|_| false);
            self.count_dropped(DropReason::Disabled, dropped);
        }
        let now = Instant::now();
        for forgotten in self.under_way.retain(&|_| false) {
            self.store.ended(forgotten, now);
        }
        self.intake = Intake::Discard;
        self.orders += 1;
    }

    /// From now on the worker does this beside the exports.
    pub(super) fn accompany(&mut self, following: Option<Following>) {
        self.following = Some(following);
    }

    /// What the worker has not been told yet of [`State::accompany`].
    pub(super) fn take_following(&mut self) -> Option<Option<Following>> {
        self.following.take()
    }

    /// From now on nothing is taken or delivered. What is under way stays noted: it never ends here.
    pub(super) fn close(&mut self) {
        self.under_way.clear();
        self.intake = Intake::Closed;
        self.orders += 1;
    }

    /// Drops what waits and is not on disk because the program ends; the rest is the next one's.
    pub(super) fn drop_the_rest(&mut self) {
        let evicted = self.store.bring_last();
        self.count_dropped(DropReason::QueueFull, evicted);
        let dropped = self.store.retain(&|_| false);
        self.store.note(DropReason::Shutdown.fate(), dropped);
        self.count_dropped(DropReason::Shutdown, dropped);
    }

    /// What the thread has to do that waits for the disk.
    pub(super) fn duty(&mut self, now: Instant) -> Duty {
        let evicted = self.store.bring(BROUGHT, now);
        self.count_dropped(DropReason::QueueFull, evicted);
        self.tell_of_the_disk();
        let looks = self.can_deliver() && self.intake == Intake::Deliver;
        self.store.duty(now, looks)
    }

    /// Orders that the disk keeps what there is, what it has not taken so far included if it does now.
    pub(super) fn order_sync(&mut self) -> Option<Order> {
        let evicted = self.store.bring(usize::MAX, Instant::now());
        self.count_dropped(DropReason::QueueFull, evicted);
        self.store.order_sync()
    }

    /// Has it logged when the disk begins to refuse, does so for another reason, and takes spans again.
    fn tell_of_the_disk(&mut self) {
        let now = self.store.problem();
        if now.map(|problem| &problem.what) == self.told.as_ref() {
            return;
        }
        self.notices.push(match now {
            Some(Problem { what, remedy, .. }) => Notice::InMemory { problem: what.clone(), remedy: remedy.clone() },
            None => Notice::OnDisk,
        });
        self.told = now.map(|problem| problem.what.clone());
    }

    /// Takes over what a writer that is gone has left.
    pub(super) fn adopt(&mut self, left: Left, open: Vec<(Arc<[u8]>, SpanData)>) {
        self.recovered += self.store.adopt(left, open);
    }

    /// Whose spans are next.
    pub(super) fn turn(&mut self) -> Option<Turn> {
        let hurry = self.flushing > 0;
        let turn = self.store.turn(hurry);
        self.count_lost();
        turn
    }

    /// Takes up to `spans` of the spans whose turn it is, the kept ones before all others if so told.
    pub(super) fn lease(&mut self, turn: &Turn, spans: usize, bytes: usize, kept_first: bool) -> Option<Leased> {
        let leased = self.store.lease(turn, spans, bytes, kept_first);
        self.count_lost();
        leased
    }

    /// What the worker's pacer is to know.
    pub(super) fn queue(&self) -> Queue {
        let hurry = if self.flushing > 0 { Hurry::Flush } else { Hurry::No };
        Queue { waiting: self.store.waiting(), kept: self.store.kept_waiting(), hurry }
    }

    /// Has a batch back of which nothing was delivered.
    pub(super) fn give_back(&mut self, batch: Batch) {
        let unreadable = batch.unreadable();
        self.count_dropped(DropReason::Corrupt, unreadable);
        let none = self.store.settle(batch, |_| None, Instant::now());
        debug_assert!(none.is_empty(), "nothing was delivered");
    }

    fn count_lost(&mut self) {
        let lost = self.store.take_lost();
        self.count_dropped(DropReason::Corrupt, lost);
    }

    pub(super) fn is_closed(&self) -> bool {
        self.intake == Intake::Closed
    }

    pub(super) fn can_deliver(&self) -> bool {
        self.plan.is_some() && !self.is_closed()
    }

    pub(super) fn counters(&self) -> Counters {
        Counters {
            created: self.created,
            recovered: self.recovered,
            exported: self.exported,
            queued: self.store.len() as u64,
            dropped: self.dropped.clone(),
            cut: self.remarks.cut,
            split: self.remarks.split,
            set_aside: self.remarks.set_aside,
            letters_evicted: self.remarks.letters_evicted,
        }
    }

    pub(super) fn health(&self) -> Health {
        let state = match (self.intake, &self.problem) {
            (Intake::Closed, _) => HealthState::Closed,
            (Intake::Hold, None) => HealthState::Holding,
            (Intake::Discard, None) => HealthState::Off,
            (Intake::Deliver, None) => HealthState::Ok,
            (_, Some(_)) => HealthState::Degraded,
        };
        let exporter = self.plan.as_ref().filter(|_| self.intake != Intake::Discard).map(|(_, plan)| plan.name());
        let (problem, storage) = (self.problem.clone(), self.store.problem().cloned());
        let (last_refusal, clock) = (self.last_refusal.clone(), self.clock.clone());
        Health { state, exporter, problem, storage, last_refusal, clock }
    }

    fn drop_unsampled(&mut self, keep: &dyn Fn(&SpanData) -> bool) {
        let dropped = self.store.retain(keep);
        self.count_dropped(DropReason::NotSampled, dropped);
    }

    fn count_dropped(&mut self, reason: DropReason, spans: u64) {
        if spans > 0 {
            *self.dropped.entry(reason).or_default() += spans;
        }
    }
}

/// A span that is under way, as the spool knows it.
pub(super) fn id_of(span: &SpanData) -> u64 {
    u64::from_be_bytes(span.span_context.span_id().to_bytes())
}
