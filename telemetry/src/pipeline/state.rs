//! What the two sides of the pipeline share: the store, the account, the plan, and what is wrong.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use jiff::Timestamp;
use opentelemetry_sdk::trace::SpanData;

use super::notice::Notice;
use super::store::{Appended, Batch, Store};
use super::under_way::UnderWay;
use crate::counters::{Counters, DropReason};
use crate::export::{Fate, MakeExporter, Outcome, Remarks, Trouble};
use crate::health::{self, Health, HealthState, Problem};
use crate::sampler::Following;

/// Waiting spans that are worth waking the worker for before its linger is over.
pub(super) const FULL_BATCH: usize = 500;

#[derive(Debug)]
pub(super) struct State {
    pub(super) store: Store,
    intake: Intake,
    /// The plan, and the number of the configuration that brought it.
    pub(super) plan: Option<(u64, Arc<dyn MakeExporter>)>,
    configurations: u64,
    created: u64,
    exported: u64,
    remarks: Remarks,
    dropped: BTreeMap<DropReason, u64>,
    pub(super) worker: WorkerState,
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
    /// What is wrong with this host's clock.
    clock: Option<String>,
    /// What is to be logged as soon as nobody holds the state.
    pub(super) notices: Vec<Notice>,
    pub(super) under_way: UnderWay,
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
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            store: Store::new(capacity),
            intake: Intake::Hold,
            plan: None,
            configurations: 0,
            created: 0,
            exported: 0,
            remarks: Remarks::default(),
            dropped: BTreeMap::new(),
            worker: WorkerState::Absent,
            flushing: 0,
            orders: 0,
            following: None,
            refusals: 0,
            problem: None,
            last_refusal: None,
            clock: None,
            notices: Vec::new(),
            under_way: UnderWay::default(),
        }
    }

    /// Takes a span, and says whether the worker is to be woken.
    pub(super) fn accept(&mut self, span: SpanData) -> bool {
        if self.intake == Intake::Discard {
            return false;
        }
        self.created += 1;
        self.under_way.ended(&span);
        if self.intake == Intake::Closed {
            self.count_dropped(DropReason::Shutdown, 1);
            return false;
        }
        match self.store.append(span) {
            Appended::Stored { evicted } => self.count_dropped(DropReason::QueueFull, evicted),
            Appended::Full => self.count_dropped(DropReason::QueueFull, 1),
            Appended::TooLarge => self.count_dropped(DropReason::TooLarge, 1),
        }
        self.worker == WorkerState::Running && matches!(self.store.waiting(), 1 | FULL_BATCH)
    }

    /// Notes a span that has begun, and says whether the worker is to be told.
    pub(super) fn begun(&mut self, span: SpanData, due: Instant) -> bool {
        let is_taken = !matches!(self.intake, Intake::Discard | Intake::Closed);
        is_taken && self.under_way.begun(span, due) && self.worker == WorkerState::Running
    }

    /// From now on spans go to this plan's exporter.
    pub(super) fn export(&mut self, plan: Arc<dyn MakeExporter>, keep: &dyn Fn(&SpanData) -> bool) {
        if self.is_closed() {
            return;
        }
        self.drop_unsampled(keep);
        self.under_way.retain(keep);
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
        self.under_way.clear();
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

    /// From now on nothing is taken or delivered.
    pub(super) fn close(&mut self) {
        self.under_way.clear();
        self.intake = Intake::Closed;
        self.orders += 1;
    }

    /// Drops what waits because the program ends.
    pub(super) fn drop_the_rest(&mut self) {
        let dropped = self.store.retain(&|_| false);
        self.count_dropped(DropReason::Shutdown, dropped);
    }

    pub(super) fn is_closed(&self) -> bool {
        self.intake == Intake::Closed
    }

    pub(super) fn can_deliver(&self) -> bool {
        self.plan.is_some() && !self.is_closed()
    }

    /// Books the outcome of an export, and says whether all of the batch is done with.
    pub(super) fn settle(&mut self, batch: Batch, outcome: Outcome) -> bool {
        let Outcome { fates, trouble, refusal, refusals: _ } = outcome;
        // A fate that the exporter did not tell is a span that was not delivered.
        let fate = |place: usize| fates.get(place).copied().unwrap_or(Fate::Again);
        let mut again = false;
        for place in 0..batch.spans.len() {
            match fate(place) {
                Fate::Delivered => self.exported += 1,
                Fate::Refused(reason) => self.count_dropped(reason, 1),
                Fate::Again => again = true,
            }
        }
        self.store.settle(batch, |place| fate(place) == Fate::Again);
        if let Some(reason) = refusal.filter(|reason| self.last_refusal.as_ref() != Some(reason)) {
            self.notices.push(Notice::Refused { reason: reason.clone() });
            self.last_refusal = Some(reason);
        }
        match trouble {
            Some(trouble) => self.fail(trouble),
            None if again => {}
            None => self.recover(),
        }
        !again
    }

    /// Counts what an exporter had to remark.
    pub(super) fn remark(&mut self, remarks: Remarks) {
        self.remarks.cut += remarks.cut;
        self.remarks.split += remarks.split;
        self.remarks.set_aside += remarks.set_aside;
        self.remarks.letters_evicted += remarks.letters_evicted;
        if let Some(clock) = remarks.skew.and_then(health::clock)
            && self.clock.as_ref() != Some(&clock)
        {
            self.notices.push(Notice::Clock { what: clock.clone() });
            self.clock = Some(clock);
        }
    }

    /// Notes a failure, and that it is to be logged if it is another one than before.
    pub(super) fn fail(&mut self, trouble: Trouble) {
        let Trouble { lasting, after: _, what, remedy } = trouble;
        self.refusals += u64::from(lasting);
        match &mut self.problem {
            Some(problem) if problem.what == what => problem.count += 1,
            _ => {
                self.notices.push(Notice::Failing { problem: what.clone(), remedy: remedy.clone() });
                self.problem = Some(Problem { what, remedy, since: Timestamp::now(), count: 1 });
            }
        }
    }

    fn recover(&mut self) {
        if let Some(problem) = self.problem.take() {
            self.notices.push(Notice::Recovered { problem: problem.what });
        }
    }

    pub(super) fn counters(&self) -> Counters {
        Counters {
            created: self.created,
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
        let (problem, last_refusal) = (self.problem.clone(), self.last_refusal.clone());
        Health { state, exporter, problem, last_refusal, clock: self.clock.clone() }
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
