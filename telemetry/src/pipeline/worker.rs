//! The thread that takes batches out of the store and hands them to the exporter, and that nothing but the end stops.

use std::sync::Arc;
use std::time::{Duration, Instant};

use opentelemetry::Context;
use spawn_delivery::pacing::{Answer, Limits, Pacer, Setback, Step};
use tokio::time::{timeout, timeout_at};

use super::Shared;
use super::pace::Pace;
use super::panics::caught;
use super::state::{FULL_BATCH, WorkerState};
use super::store::Batch;
use crate::counters::DropReason;
use crate::export::{Exporter, Fate, MakeExporter, Memory, Outcome, Sharing, Trouble};

/// Time that an exporter gets for its last words, such as telemetry records, once everything is delivered.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// More spans than any exporter takes at a time; each has its own limit.
const LARGEST_BATCH: usize = 8_192;
/// How long spans are left alone that the disk does not give back.
const REST: Duration = Duration::from_secs(1);

/// Starts the thread.
pub(super) fn spawn(shared: Arc<Shared>) -> std::io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    std::thread::Builder::new().name("spawn-telemetry".to_owned()).spawn(move || {
        let _ended = Ended(Arc::clone(&shared));
        // Whatever the exporter's libraries do, it makes no spans.
        let _suppressed = Context::enter_telemetry_suppressed_scope();
        runtime.block_on(Worker::new(shared).run());
    })?;
    Ok(())
}

/// Says that the worker has ended, however it did.
struct Ended(Arc<Shared>);

impl Drop for Ended {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.worker = WorkerState::Absent;
        if state.is_closed() {
            // What came back after the shutdown had given up waiting.
            state.drop_the_rest();
        }
        drop(state);
        self.0.settled.notify_all();
        self.0.disk.notify_one();
    }
}

struct Worker {
    shared: Arc<Shared>,
    /// When to send, and how much.
    pacer: Pacer,
    /// What the pacer counts time from.
    started: Instant,
    /// The last order that the pacer knows of, and the configuration that it goes by.
    orders: u64,
    configuration: u64,
    /// The exporter in use, and the number of the configuration that it was made for.
    exporter: Option<(u64, Box<dyn Exporter>)>,
    /// The one for spans that another process has left, and the resource that it was made with.
    other: Option<Other>,
    /// What runs beside the exports.
    beside: Option<tokio::task::JoinHandle<()>>,
    /// What exporters leave to one another.
    memory: Memory,
}

/// An exporter for spans that another process has left.
struct Other {
    made_for: u64,
    resource: Arc<[u8]>,
    exporter: Box<dyn Exporter>,
}

/// What there is to do.
enum Next {
    End,
    Wait,
    /// Nothing until then, when a span is to be announced.
    WaitUntil(Instant),
    Announce,
    Deliver {
        most: usize,
        kept_first: bool,
    },
}

impl Worker {
    fn new(shared: Arc<Shared>) -> Self {
        let Sharing { fleet, quota } = Sharing::default();
        Self {
            pacer: Pacer::new(fleet, limits(&shared, quota), fastrand::u64(..)),
            shared,
            started: Instant::now(),
            orders: 0,
            configuration: 0,
            exporter: None,
            other: None,
            beside: None,
            memory: Memory::default(),
        }
    }

    async fn run(mut self) {
        loop {
            self.accompany();
            match self.next() {
                Next::End => break,
                Next::Wait => self.shared.wake.notified().await,
                // Whether it was woken or the time is up, it looks again.
                Next::WaitUntil(due) => drop(timeout_at(due.into(), self.shared.wake.notified()).await),
                Next::Announce => self.announce().await,
                Next::Deliver { most, kept_first } => self.deliver(most, kept_first).await,
            }
        }
        let own = self.exporter.take().map(|(_, exporter)| exporter);
        for mut exporter in own.into_iter().chain(self.other.take().map(|other| other.exporter)) {
            // The program is ending: neither a panic nor a hang in the last words matters any more.
            drop(timeout(LAST_WORDS, caught(exporter.finish())).await);
        }
    }

    /// Begins what runs beside the exports, in place of what did. It ends with the runtime.
    fn accompany(&mut self) {
        let Some(following) = self.shared.state().take_following() else { return };
        if let Some(before) = self.beside.take() {
            before.abort();
        }
        self.beside = following.map(|following| tokio::spawn(following.begin()));
    }

    fn next(&mut self) -> Next {
        let shared = Arc::clone(&self.shared);
        let state = shared.state();
        if !state.can_deliver() {
            return Next::End;
        }
        let now = self.started.elapsed();
        if let Some((configuration, plan)) = &state.plan
            && *configuration != self.configuration
        {
            self.configuration = *configuration;
            let Sharing { fleet, quota } = plan.sharing();
            self.pacer.reconfigured(now, fleet, limits(&shared, quota));
        }
        if state.orders != self.orders {
            self.orders = state.orders;
            self.pacer.again(now);
        }
        // A flush waits for spans that have ended, not for announcements that were not asked for.
        let is_urgent = state.under_way.is_urgent();
        let spread = if is_urgent { Duration::ZERO } else { self.pacer.spread() };
        let due = state.under_way.due().map(|due| due + spread);
        if (state.flushing == 0 || is_urgent) && due.is_some_and(|due| due <= Instant::now()) {
            return Next::Announce;
        }
        let then = match self.pacer.next(now, state.queue()) {
            Step::Send { most, kept_first } => return Next::Deliver { most, kept_first },
            Step::WaitUntil(then) => Some(self.started + then),
            Step::Idle => None,
        };
        then.into_iter().chain(due).min().map_or(Next::Wait, Next::WaitUntil)
    }

    /// Announces spans that are under way. It is done with the exporter that there is, or not now: what would make one fail
    /// is found, told and waited for where spans are delivered.
    async fn announce(&mut self) {
        let plan = self.shared.state().plan.clone();
        let spans = self.shared.state().under_way.take_due(Instant::now());
        let Some((configuration, plan)) = plan else { return };
        let mut heard = false;
        if self.pacer.is_well()
            && let Ok(mut exporter) = self.exporter_for(configuration, &*plan, None).await
        {
            let patience = exporter.limits().patience.unwrap_or(self.shared.pace.patience);
            let attempt = timeout(patience, caught(exporter.announce(&spans)));
            tokio::select! {
                answer = attempt => if let Ok(Ok(answer)) = answer {
                    heard = answer;
                    self.exporter = Some((configuration, exporter));
                },
                () = closed(&self.shared) => {}
            }
        }
        if !heard {
            self.shared.state().under_way.unheard(&spans, Instant::now());
        }
    }

    /// Makes one attempt.
    async fn deliver(&mut self, most: usize, kept_first: bool) {
        let (plan, turn) = {
            let mut state = self.shared.state();
            (state.plan.clone(), state.turn())
        };
        let Some((configuration, plan)) = plan else { return };
        let Some(turn) = turn else { return self.rest().await };
        let patience = self.shared.pace.patience;
        let answer = match self.exporter_for(configuration, &*plan, turn.header.as_ref()).await {
            Err(trouble) => {
                let setback = setback(Some(&trouble));
                self.shared.state().fail(trouble);
                Answer { done: 0, setback: Some(setback) }
            }
            Ok(mut exporter) => {
                let limits = exporter.limits();
                let most = most.min(limits.spans);
                let Some(leased) = self.shared.state().lease(&turn, most, limits.bytes, kept_first) else { return };
                let batch = leased.read();
                self.memory.note_spilled(self.shared.state().counters().dropped_for(DropReason::QueueFull));
                let patience = limits.patience.unwrap_or(patience);
                let attempt = timeout(patience, caught(exporter.deliver(&batch.spans)));
                let outcome = tokio::select! {
                    outcome = attempt => Some(outcome),
                    () = closed(&self.shared) => None,
                };
                match outcome {
                    Some(Ok(Ok(mut outcome))) => {
                        self.forgive(configuration, &mut outcome);
                        self.shared.state().remark(exporter.remarks());
                        // What has to be changed may be a certificate or a key, so the next exporter reads them anew.
                        if !outcome.trouble.as_ref().is_some_and(|trouble| trouble.lasting) {
                            self.keep(configuration, turn.header, exporter);
                        }
                        self.settle(batch, outcome)
                    }
                    Some(Ok(Err(panicked))) => self.settle(batch, Outcome::failed(defect(&panicked.0))),
                    Some(Err(_)) => self.settle(batch, Outcome::failed(hanging(patience))),
                    None => {
                        self.shared.state().give_back(batch);
                        Answer { done: 0, setback: None }
                    }
                }
            }
        };
        self.shared.tell();
        self.shared.settled.notify_all();
        self.pacer.answered(self.started.elapsed(), answer);
    }

    /// What an exporter says of itself that has been replaced meanwhile does not last.
    fn forgive(&self, configuration: u64, outcome: &mut Outcome) {
        let is_current = self.shared.state().plan.as_ref().is_some_and(|(current, _)| *current == configuration);
        if let Some(trouble) = outcome.trouble.as_mut().filter(|_| !is_current) {
            trouble.lasting = false;
        }
    }

    /// Books the outcome.
    fn settle(&self, batch: Batch, outcome: Outcome) -> Answer {
        let setback = setback(outcome.trouble.as_ref());
        let done = outcome.fates.iter().filter(|fate| **fate != Fate::Again).count();
        let ((is_done, spans), tell) = {
            let mut state = self.shared.state();
            let was_dirty = state.store.is_dirty();
            (state.settle(batch, outcome), state.store.is_news_for_the_disk(was_dirty))
        };
        self.shared.call(false, tell);
        drop(spans);
        Answer { done, setback: (!is_done).then_some(setback) }
    }

    /// The exporter of the current configuration, taken out: an attempt that does not end well leaves none behind.
    async fn exporter_for(
        &mut self,
        configuration: u64,
        plan: &dyn MakeExporter,
        of: Option<&Arc<[u8]>>,
    ) -> Result<Box<dyn Exporter>, Trouble> {
        let there_is = match of {
            None => self.exporter.take().filter(|(made_for, _)| *made_for == configuration).map(|(_, it)| it),
            Some(of) => {
                let other = self.other.take().filter(|it| it.made_for == configuration && it.resource == *of);
                other.map(|it| it.exporter)
            }
        };
        match there_is {
            Some(exporter) => Ok(exporter),
            None => {
                let of = of.map(|of| &**of);
                let made = caught(async { plan.exporter(&self.memory, of) }).await;
                made.unwrap_or_else(|panicked| Err(defect(&panicked.0)))
            }
        }
    }

    /// Has the exporter for the next time.
    fn keep(&mut self, configuration: u64, of: Option<Arc<[u8]>>, exporter: Box<dyn Exporter>) {
        match of {
            None => self.exporter = Some((configuration, exporter)),
            Some(resource) => self.other = Some(Other { made_for: configuration, resource, exporter }),
        }
    }

    /// What waits cannot be read from the disk now.
    async fn rest(&mut self) {
        drop(timeout(REST, self.shared.wake.notified()).await);
    }
}

/// What bounds requests and waits of this pipeline.
fn limits(shared: &Shared, quota: Option<f64>) -> Limits {
    let Pace { linger, first_wait, longest_wait, .. } = shared.pace;
    Limits { records: LARGEST_BATCH, enough: FULL_BATCH, quota, linger, first_wait, longest_wait }
}

/// What the pacer is to know of a trouble. Without one, spans are left over all the same.
fn setback(trouble: Option<&Trouble>) -> Setback {
    match trouble {
        Some(Trouble { lasting: true, .. }) => Setback::Lasting,
        Some(Trouble { after: Some(after), .. }) => Setback::Throttled(*after),
        _ => Setback::Away,
    }
}

/// Returns when the pipeline is closed.
async fn closed(shared: &Shared) {
    while !shared.state().is_closed() {
        shared.wake.notified().await;
    }
}

fn defect(said: &str) -> Trouble {
    Trouble {
        lasting: false,
        after: None,
        what: format!("the exporter has panicked: {said}"),
        remedy: "report this as a defect of spawn; the spans are kept and tried again".to_owned(),
    }
}

fn hanging(patience: Duration) -> Trouble {
    Trouble {
        lasting: false,
        after: None,
        what: format!("the back end has not answered within {} s", patience.as_secs_f64()),
        remedy: "check the network, the endpoint and the proxy between this host and the back end".to_owned(),
    }
}
