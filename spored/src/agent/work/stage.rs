//! A task's way from and to S3: its inputs before it runs, its output while it runs, its results after it.

use super::attempt::cut_by_others;
use super::crew::Place;
use super::run::{Ready, Work};
use super::settle::{Done, Verdict};
use spawn_cloud::arrays::expand;
use spawn_cloud::staging::{LogShipper, S3Url, StagingError, Stream, TaskPlace, deliver, fetch};
use std::convert::Infallible;
use std::time::Duration;
use tokio::sync::watch;

/// Attempts that hosts gave back before the host is no longer taken for the cause.
const MOST_GIVEN_BACK: u32 = 5;
/// The last chunks of output get this long on a host that is told to stop.
const HASTY: Duration = Duration::from_secs(3);

impl Work<'_> {
    /// Brings the inputs into the working directory, where the array has some.
    pub(super) async fn stage_in(&self, ready: &Ready, place: &Place) -> Result<(), Done> {
        let Some(input) = &self.crew.array.input else { return Ok(()) };
        let input = expand(input, &self.values(&ready.params)).map_err(|error| error.to_string());
        let input = input.and_then(|input| input.parse::<S3Url>().map_err(|error| error.to_string()));
        let input = input.map_err(|error| Done::failed(format!("its input cannot be found: {error}")))?;
        let telemetry = &self.crew.telemetry;
        let staged = telemetry.in_span("stage in", Vec::new(), async {
            fetch(self.crew.clients.s3(), telemetry, &input, &self.folder).await
        });
        tokio::select! {
            staged = staged => staged.map(drop).map_err(|error| self.not_staged("its input", &error)),
            cut = super::attempt::cut(self.crew, place) => Err(Done::cut(cut, self.crew)),
        }
    }

    /// Sends what the command prints while it runs; what is left once `over` says so gets its time.
    pub(super) async fn ship(&self, mut over: watch::Receiver<bool>) {
        let Some(at) = self.place() else {
            drop(over.wait_for(|over| *over).await);
            return;
        };
        let ship = |stream: Stream| {
            let to = at.logs(self.task.attempt, stream);
            let shipper = LogShipper::new(self.crew.clients.s3(), &self.printed(stream.as_str()), to);
            let mut over = over.clone();
            // The sender lives as long as the attempt.
            shipper.run(async move { drop(over.wait_for(|over| *over).await) })
        };
        tokio::join!(ship(Stream::Stdout), ship(Stream::Stderr));
    }

    /// Stores what the command has left in its output folder. Whoever has lost the task must not write over the results
    /// of those who have it.
    pub(super) async fn stage_out(&self, done: Done, place: &Place) -> Done {
        let folder = self.output();
        let is_empty = std::fs::read_dir(&folder).is_ok_and(|mut files| files.next().is_none());
        if is_empty {
            return done;
        }
        let Some(at) = self.place() else {
            return Done::failed("its results have no place: the array's output is no S3 URL");
        };
        if place.may_be_over()
            && let Err(lost) = self.still_ours(place).await
        {
            return Done { exit_code: done.exit_code, ..lost };
        }
        let (telemetry, results) = (&self.crew.telemetry, at.results());
        let stored = telemetry.in_span("stage out", Vec::new(), async {
            deliver(self.crew.clients.s3(), telemetry, &folder, &results).await
        });
        let stored = tokio::select! {
            stored = stored => stored,
            cut = cut_by_others(place) => return Done { exit_code: done.exit_code, ..Done::cut(cut, self.crew) },
        };
        match stored {
            Ok(stored) => Done { output: (stored.objects > 0).then(|| results.to_string()), ..done },
            Err(error) => Done { exit_code: done.exit_code, ..self.not_staged("its results", &error) },
        }
    }

    async fn still_ours(&self, place: &Place) -> Result<(), Done> {
        let Some(task) = place.task() else { return Ok(()) };
        match self.crew.store.renew(&self.crew.array, &task, self.crew.now(), self.crew.options.lease).await {
            Ok(Ok(task)) => {
                self.crew.renewed(task);
                Ok(())
            }
            Ok(Err(_)) => Err(Done::cut(super::run::Cut::Superseded, self.crew)),
            Err(error) => Err(self.host_failed(format!("its lease is over and cannot be renewed: {error}"))),
        }
    }

    /// The task's place in the array's output, where that is a place.
    fn place(&self) -> Option<TaskPlace> {
        let output: S3Url = self.crew.array.output.parse().ok()?;
        Some(TaskPlace::new(&output, self.task.index))
    }

    fn not_staged(&self, what: &str, error: &StagingError) -> Done {
        let reason = format!("{what}: {error}");
        if error.is_passing() { self.host_failed(reason) } else { Done::failed(reason) }
    }

    /// The host is to blame, and another may do better; but not for ever.
    pub(super) fn host_failed(&self, reason: String) -> Done {
        let given_back = self.task.attempt.saturating_sub(1 + self.task.failures + self.task.losses);
        let verdict = if given_back < MOST_GIVEN_BACK { Verdict::HostFailed } else { Verdict::Failed };
        Done { verdict, ..Done::failed(reason) }
    }
}

/// Lets the last chunks leave: unhurried, unless the host is told to stop.
pub(super) async fn farewell(shipping: impl Future<Output = ()>, hasty: bool) {
    if !hasty {
        return shipping.await;
    }
    if tokio::time::timeout(HASTY, shipping).await.is_err() {
        tracing::debug!("the last of a task's output is left behind");
    }
}

/// Something that is to go on while something else is waited for.
pub(super) async fn beside(work: impl Future<Output = ()>) -> Infallible {
    work.await;
    std::future::pending().await
}
