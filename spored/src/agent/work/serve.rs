//! The loop of the work: messages in, attempts under way, looks at the array in between.

use super::attempt::{After, Found, attempt};
use super::crew::Crew;
use super::look::{Seen, look};
use super::{Booted, Orders, RETRY, acknowledge, finish, renew, roll};
use crate::backoff::Backoff;
use opentelemetry::Context;
use opentelemetry::context::FutureExt;
use spawn_cloud::arrays::{Delivery, SHARDS};
use spawn_cloud::{Error, Result};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::{JoinError, JoinSet};
use tokio::time::Instant;

/// Longest wait for a message: as long as SQS waits.
const LONG_POLL: Duration = Duration::from_secs(20);
/// Messages of one call.
const MOST_MESSAGES: usize = 10;
/// An agent that has nothing to do any more looks after so long whether the array has ended.
const QUIET: Duration = Duration::from_millis(300);
/// The queue of a finished array is gone; one that is gone before that is replaced by looks at the table this often.
const WITHOUT_QUEUE: Duration = Duration::from_secs(1);

/// Why the work for an array is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// The settings name another array, or none.
    Left,
    /// The agent ends, and everything is given back.
    Stopped,
    /// The array has ended, or is another one than it was.
    LookAgain,
}

type Asked<T> = Pin<Box<dyn Future<Output = T>>>;

/// What is under way.
struct Serving<'a> {
    crew: Arc<Crew>,
    booted: &'a Booted,
    attempts: JoinSet<After>,
    receiving: Option<Asked<Result<Vec<Delivery>>>>,
    looking: Option<Asked<Result<Seen>>>,
    /// Why nothing new is taken, once that is so.
    over: Option<Why>,
    /// Nothing is received before.
    pause: Instant,
    retry: Backoff,
    /// When to look at the array next, and whether to look at tasks too.
    next_look: Instant,
    next_sweep: Instant,
    shard: u32,
    queue_is_gone: bool,
}

/// Works for the crew's array until there is a reason to stop, and until then nothing is under way any more.
pub(super) async fn serve(crew: Arc<Crew>, booted: &Booted) -> Why {
    let mut orders = crew.state().orders();
    let mut changes = booted.live.changes();
    let mut renewing = Box::pin(renew::keep(Arc::clone(&crew)));
    let mut enrolling = Box::pin(roll::keep(&crew, booted));
    let mut acknowledging = Box::pin(acknowledge::keep(&crew));
    let mut serving = Serving::new(Arc::clone(&crew), booted);
    loop {
        serving.heed(*orders.borrow_and_update());
        changes.borrow_and_update();
        if let Some(why) = serving.over.filter(|_| serving.attempts.is_empty()) {
            drop((enrolling, acknowledging));
            acknowledge::settle(&crew).await;
            roll::leave(&crew, booted).await;
            return why;
        }
        serving.ask();
        let look_at = serving.next_look;
        let waits = serving.pause;
        tokio::select! {
            biased;
            // The holders of orders and settings outlive these borrows of them.
            _ = orders.changed() => {}
            _ = changes.changed() => {}
            Some(after) = serving.attempts.join_next() => serving.ended(after),
            received = asked(&mut serving.receiving) => serving.received(received),
            seen = asked(&mut serving.looking) => serving.seen(seen),
            never = &mut renewing => match never {},
            never = &mut enrolling => match never {},
            never = &mut acknowledging => match never {},
            () = tokio::time::sleep_until(look_at), if serving.may_look() => serving.look(),
            () = tokio::time::sleep_until(waits), if Instant::now() < waits => {}
        }
        serving.crew.state().count_running(serving.attempts.len());
    }
}

/// The answer to what was asked, once; without a question, never.
async fn asked<T>(question: &mut Option<Asked<T>>) -> T {
    match question {
        Some(answer) => {
            let answer = answer.as_mut().await;
            *question = None;
            answer
        }
        None => std::future::pending().await,
    }
}

impl<'a> Serving<'a> {
    fn new(crew: Arc<Crew>, booted: &'a Booted) -> Self {
        let now = Instant::now();
        let sweep = sweep_interval(&crew).mul_f64(fastrand::f64());
        Self {
            crew,
            booted,
            attempts: JoinSet::new(),
            receiving: None,
            looking: None,
            over: None,
            pause: now,
            retry: Backoff::new(RETRY.0, RETRY.1),
            next_look: now + sweep,
            next_sweep: now + sweep,
            shard: fastrand::u32(..SHARDS),
            queue_is_gone: false,
        }
    }

    /// Takes notice of orders and settings.
    fn heed(&mut self, orders: Orders) {
        let host = &self.booted.live.now();
        let settings = &host.settings().host.job_array;
        let left = settings.id.as_deref() != Some(self.crew.array.id.as_str());
        let over = match orders {
            Orders::GiveBack(_) | Orders::NothingNew => Some(Why::Stopped),
            Orders::Work if left => Some(Why::Left),
            // Whoever resumes looks at everything anew.
            Orders::Work => self.over.map(|why| if why == Why::Stopped { Why::LookAgain } else { why }),
        };
        if over.is_some() {
            self.receiving = None;
            self.looking = None;
        }
        self.over = over;
        let state = if over.is_some() { "draining" } else { "working" };
        let slots = settings.slots.count();
        self.crew.state().change(|report| (report.state, report.slots) = (state, slots));
    }

    fn free_slots(&self) -> usize {
        let slots = usize::from(self.booted.live.now().settings().host.job_array.slots.count());
        slots.saturating_sub(self.attempts.len())
    }

    /// Asks for messages where there is room for tasks.
    fn ask(&mut self) {
        let idle = self.receiving.is_none() && !self.queue_is_gone && Instant::now() >= self.pause;
        let free = self.free_slots().min(MOST_MESSAGES);
        if self.over.is_some() || !idle || free == 0 {
            return;
        }
        let crew = Arc::clone(&self.crew);
        let most = u16::try_from(free).unwrap_or(1);
        let untraced = Context::new().with_telemetry_suppressed();
        let receive = async move {
            let asked = Instant::now();
            let received = crew.queue.receive(most, LONG_POLL, crew.options.lease).await;
            // A queue that does not wait is not to be asked without end.
            if received.as_ref().is_ok_and(Vec::is_empty) && asked.elapsed() < WITHOUT_QUEUE {
                tokio::time::sleep(WITHOUT_QUEUE).await;
            }
            received
        };
        self.receiving = Some(Box::pin(receive.with_context(untraced)));
    }

    fn received(&mut self, received: Result<Vec<Delivery>>) {
        match received {
            Ok(deliveries) => {
                self.healthy();
                for Delivery { index, receipt, received, context: _ } in deliveries {
                    if !self.crew.adopt(index, Some(&receipt)) {
                        self.begin(Found { index, receipt: Some(receipt), fresh: received == 1 });
                    }
                }
            }
            Err(error) if error.is_queue_gone() => {
                self.queue_is_gone = true;
                self.next_look = Instant::now();
                self.next_sweep = self.next_look;
            }
            Err(error) => self.trouble(&error),
        }
    }

    fn begin(&mut self, found: Found) {
        self.next_look = self.next_look.max(Instant::now() + QUIET);
        let crew = Arc::clone(&self.crew);
        self.attempts.spawn(attempt(crew, found));
    }

    fn ended(&mut self, after: std::result::Result<After, JoinError>) {
        match after {
            Ok(After::Worked) => self.healthy(),
            Ok(After::Nothing) => {}
            Ok(After::Trouble) => self.pause = Instant::now() + self.retry.delay(0.5 + fastrand::f64() / 2.0),
            // A panic is a defect; the attempt's lease runs out, and the agent lives.
            Err(error) => tracing::error!(%error, "an attempt has broken off"),
        }
        if self.attempts.is_empty() {
            self.next_look = Instant::now() + QUIET;
        }
    }

    const fn may_look(&self) -> bool {
        self.looking.is_none() && self.over.is_none()
    }

    /// Looks at the array, and at the tasks of one shard where it is time for that and there is room.
    fn look(&mut self) {
        let now = Instant::now();
        let free = self.free_slots();
        let sweep = (now >= self.next_sweep && free > 0).then(|| {
            self.shard = (self.shard + 1) % SHARDS.min(self.crew.array.size);
            self.next_sweep = now + self.sweep_interval();
            self.shard
        });
        self.next_look = self.next_sweep.max(now + QUIET);
        let crew = Arc::clone(&self.crew);
        self.looking = Some(Box::pin(async move {
            match look(&crew, sweep, free).await {
                Ok(Seen::AllEnded(array)) => finish::finish(&crew, *array).await,
                seen => seen,
            }
        }));
    }

    fn sweep_interval(&self) -> Duration {
        let usual = if self.queue_is_gone { WITHOUT_QUEUE } else { sweep_interval(&self.crew) };
        usual.mul_f64(0.75 + fastrand::f64() / 2.0)
    }

    fn seen(&mut self, seen: Result<Seen>) {
        match seen {
            Ok(Seen::Going) => {}
            Ok(Seen::AllEnded(_)) => self.next_look = Instant::now() + self.crew.options.lease / 2,
            Ok(Seen::Found(tasks)) => {
                for index in tasks.into_iter().take(self.free_slots()) {
                    if !self.crew.adopt(index, None) {
                        self.begin(Found { index, receipt: None, fresh: false });
                    }
                }
            }
            Ok(Seen::Over | Seen::Changed | Seen::Gone) => self.over = Some(Why::LookAgain),
            Err(error) => self.trouble(&error),
        }
        if self.queue_is_gone && self.over.is_none() {
            let queue = self.crew.queue.url();
            // Said here, because an array that has ended has no queue either.
            if self.crew.state().problem(Some(format!("the array's queue is gone ({queue}): tasks are looked for"))) {
                tracing::warn!(queue, "the array's queue is gone; tasks are looked for in the table");
            }
        }
    }

    fn healthy(&mut self) {
        self.retry = Backoff::new(RETRY.0, RETRY.1);
        // That the queue is gone stays true.
        if !self.queue_is_gone && self.crew.state().problem(None) {
            tracing::info!(array = self.crew.array.id.as_str(), "the work goes on");
        }
    }

    fn trouble(&mut self, error: &Error) {
        self.crew.trouble(error);
        self.pause = Instant::now() + self.retry.delay(0.5 + fastrand::f64() / 2.0);
        self.next_look = self.next_look.max(self.pause);
    }
}

/// Time between two looks at tasks, of which each is at one shard.
fn sweep_interval(crew: &Crew) -> Duration {
    crew.options.lease * 2
}
