//! The thread that takes batches out of the store and hands them to the exporter, and that nothing but the end stops.

use std::sync::Arc;
use std::time::{Duration, Instant};

use opentelemetry::Context;
use tokio::time::{sleep, timeout, timeout_at};

use super::Shared;
use super::backoff::{Backoff, Setback};
use super::pace::Pace;
use super::panics::caught;
use super::state::{FULL_BATCH, WorkerState};
use super::store::Batch;
use crate::export::{Exporter, MakeExporter, Memory, Outcome, Trouble};

/// Time that an exporter gets for its last words, such as telemetry records, once everything is delivered.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// How long spans are left alone that the disk does not give back.
const REST: Duration = Duration::from_secs(1);

/// Starts the thread.
pub(super) fn spawn(shared: Arc<Shared>) -> std::io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    std::thread::Builder::new().name("spawn-telemetry".to_owned()).spawn(move || {
        let _ended = Ended(Arc::clone(&shared));
        // Whatever the exporter's libraries do, it makes no spans.
        let _suppressed = Context::enter_telemetry_suppressed_scope();
        let memory = Memory::default();
        let worker = Worker { shared, backoff: None, exporter: None, other: None, beside: None, memory };
        runtime.block_on(worker.run());
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
    backoff: Option<Backoff>,
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
    Linger,
    Deliver,
}

impl Worker {
    async fn run(mut self) {
        loop {
            self.accompany();
            match self.next() {
                Next::End => break,
                Next::Wait => self.shared.wake.notified().await,
                // Whether it was woken or the time is up, it looks again.
                Next::WaitUntil(due) => drop(timeout_at(due.into(), self.shared.wake.notified()).await),
                Next::Announce => self.announce().await,
                Next::Linger => self.linger().await,
                Next::Deliver => self.deliver().await,
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

    fn next(&self) -> Next {
        let state = self.shared.state();
        match state.store.waiting() {
            _ if !state.can_deliver() => Next::End,
            // A flush waits for spans that have ended, not for announcements.
            _ if state.flushing == 0 && state.under_way.due().is_some_and(|due| due <= Instant::now()) => {
                Next::Announce
            }
            0 => state.under_way.due().map_or(Next::Wait, Next::WaitUntil),
            waiting if waiting >= FULL_BATCH || state.flushing > 0 => Next::Deliver,
            _ => Next::Linger,
        }
    }

    /// Gives the first span of a batch some company, then delivers.
    async fn linger(&mut self) {
        let more = async {
            while matches!(self.next(), Next::Linger) {
                self.shared.wake.notified().await;
            }
        };
        if timeout(self.shared.pace.linger, more).await.is_err() {
            self.deliver().await;
        }
    }

    /// Announces spans that are under way. It is done with the exporter that there is, or not now: what would make one fail
    /// is found, told and waited for where spans are delivered.
    async fn announce(&mut self) {
        let plan = self.shared.state().plan.clone();
        let spans = self.shared.state().under_way.take_due(Instant::now());
        let Some((configuration, plan)) = plan else { return };
        let mut heard = false;
        if self.backoff.is_none()
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

    /// Makes one attempt, and waits if it failed.
    async fn deliver(&mut self) {
        let (seen, plan, turn) = {
            let mut state = self.shared.state();
            (state.orders, state.plan.clone(), state.turn())
        };
        let Some((configuration, plan)) = plan else { return };
        let Some(turn) = turn else { return self.rest().await };
        let Pace { patience, .. } = self.shared.pace;
        let setback = match self.exporter_for(configuration, &*plan, turn.header.as_ref()).await {
            Err(trouble) => {
                let setback = Setback::from(&trouble);
                self.shared.state().fail(trouble);
                Some(setback)
            }
            Ok(mut exporter) => {
                let limits = exporter.limits();
                let Some(leased) = self.shared.state().lease(&turn, limits.spans, limits.bytes) else { return };
                let batch = leased.read();
                let patience = limits.patience.unwrap_or(patience);
                let attempt = timeout(patience, caught(exporter.deliver(&batch.spans)));
                let outcome = tokio::select! {
                    outcome = attempt => Some(outcome),
                    () = closed(&self.shared) => None,
                };
                match outcome {
                    Some(Ok(Ok(outcome))) => {
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
                        None
                    }
                }
            }
        };
        self.shared.tell();
        self.shared.settled.notify_all();
        match setback {
            Some(setback) => self.wait(setback, seen).await,
            None => self.backoff = None,
        }
    }

    /// Books the outcome. `Some` asks for a wait.
    fn settle(&self, batch: Batch, outcome: Outcome) -> Option<Setback> {
        let setback = outcome.trouble.as_ref().map(Setback::from).unwrap_or_default();
        let done = self.shared.state().settle(batch, outcome);
        self.shared.disk.notify_one();
        (!done).then_some(setback)
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

    /// Waits after a failure, unless somebody flushes, configures or ends the pipeline meanwhile.
    async fn wait(&mut self, setback: Setback, seen: u64) {
        let pace = self.shared.pace;
        let wait = self.backoff.get_or_insert_with(|| Backoff::new(&pace)).next(setback);
        let order = async {
            while self.shared.state().orders == seen {
                self.shared.wake.notified().await;
            }
        };
        tokio::select! {
            () = sleep(wait) => {}
            () = order => {}
        }
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
