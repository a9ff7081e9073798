//! Sends a file that grows to S3 while it grows, in numbered chunks. Trouble with S3 neither fails nor holds up whoever
//! writes the file.

use super::error::StagingError;
use super::transfer::patient;
use super::upload::{body, carried};
use super::url::S3Url;
use crate::error::Error;
use crate::spans;
use aws_sdk_s3::Client;
use opentelemetry::Context;
use opentelemetry::context::FutureExt;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::time::Instant;

/// How often the length of the file is looked at.
const LOOK: Duration = Duration::from_millis(500);
/// The first chunk leaves after so long; what follows waits twice as long each time, up to the longest.
const FIRST: Duration = Duration::from_secs(2);
const LONGEST: Duration = Duration::from_secs(60);
/// A chunk leaves at once if so much waits.
const ENOUGH: u64 = 256 * 1_024;
/// Bytes of a chunk: `spawn logs` holds one in memory.
pub(super) const MOST: u64 = 4 * 1_024 * 1_024;
/// How long a chunk is tried once the file is complete, unless the caller has less time.
const FAREWELL: Duration = Duration::from_secs(30);
/// The first wait before it is tried again; each is twice as long as the one before.
const SOON: Duration = Duration::from_millis(500);
/// Chunks of a stream that have spans; a task that runs for a day must not fill its trace with them.
const MOST_SPANS: u32 = 16;

/// One file on its way.
#[derive(Debug)]
pub struct LogShipper {
    s3: Client,
    file: PathBuf,
    to: S3Url,
    farewell: Duration,
    shipped: Shipped,
    /// Bytes of the next chunk once it was tried: S3 may have it although its answer was lost, and a chunk that somebody
    /// has read must not change.
    tried: Option<u64>,
}

/// What has been sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shipped {
    /// Chunks.
    pub chunks: u32,
    /// Bytes in them.
    pub bytes: u64,
    /// Why some of the file was not sent, if some was not.
    pub problem: Option<String>,
}

impl LogShipper {
    /// Chunks of `file` become `to` with `000001`, `000002` and so on behind it. No call is made, and the file need not
    /// be there yet.
    #[must_use]
    pub fn new(s3: &Client, file: &Path, to: S3Url) -> Self {
        Self {
            s3: s3.clone(),
            file: file.to_owned(),
            to: to.as_folder(),
            farewell: FAREWELL,
            shipped: Shipped::default(),
            tried: None,
        }
    }

    /// The same with so much time for each chunk that is left when the file is complete: 30 seconds unless this says
    /// otherwise.
    #[must_use]
    pub fn farewell(self, farewell: Duration) -> Self {
        Self { farewell, ..self }
    }

    /// Sends what comes until `complete` says that no more will, then the rest.
    pub async fn run(mut self, complete: impl Future<Output = ()>) -> Shipped {
        let mut complete = std::pin::pin!(complete);
        tokio::select! {
            () = &mut complete => {}
            never = self.follow() => match never {},
        }
        // A chunk that was cut short is sent again under its number.
        self.finish().await;
        let left = self.waiting();
        if left > 0 {
            let why = self.shipped.problem.take().unwrap_or_else(|| "S3 did not answer".to_owned());
            let problem = format!("{left} bytes of {} were not sent: {why}", self.to);
            tracing::warn!(problem, "some of a task's output is on this host alone");
            self.shipped.problem = Some(problem);
        }
        self.shipped
    }

    async fn follow(&mut self) -> std::convert::Infallible {
        let (mut wait, mut since) = (FIRST, Instant::now());
        loop {
            tokio::time::sleep(LOOK).await;
            let waiting = self.waiting();
            if waiting == 0 || (waiting < ENOUGH && since.elapsed() < wait) {
                continue;
            }
            let sent = self.ship(waiting).await;
            since = Instant::now();
            if let Err(error) = sent {
                tracing::debug!(%error, "a chunk of a task's output is sent again later");
                tokio::time::sleep(wait.mul_f64(0.5 + fastrand::f64() / 2.0)).await;
            }
            wait = LONGEST.min(wait * 2);
        }
    }

    /// Sends what is left, as long as chunks get through.
    async fn finish(&mut self) {
        let (mut wait, mut until) = (SOON, Instant::now() + self.farewell);
        loop {
            let waiting = self.waiting();
            if waiting == 0 || Instant::now() >= until {
                return;
            }
            match tokio::time::timeout_at(until, self.ship(waiting)).await {
                Ok(Ok(())) => {
                    self.shipped.problem = None;
                    (wait, until) = (SOON, Instant::now() + self.farewell);
                }
                Ok(Err(error)) => {
                    self.shipped.problem = Some(error.to_string());
                    let again = Instant::now() + wait.mul_f64(0.5 + fastrand::f64() / 2.0);
                    tokio::time::sleep_until(again.min(until)).await;
                    wait *= 2;
                }
                Err(_) => return,
            }
        }
    }

    /// Bytes that have not been sent. Asked on this thread: to hand it to another takes ten times as long.
    fn waiting(&self) -> u64 {
        let length = std::fs::metadata(&self.file).map_or(0, |found| found.len());
        length.saturating_sub(self.shipped.bytes)
    }

    /// Sends one chunk of what waits.
    async fn ship(&mut self, waiting: u64) -> Result<(), StagingError> {
        let length = *self.tried.get_or_insert(waiting.min(MOST));
        let context = Context::current();
        let context = if self.shipped.chunks < MOST_SPANS { context } else { spans::unsampled(&context) };
        self.send(length).with_context(context).await?;
        self.shipped.chunks += 1;
        self.shipped.bytes += length;
        self.tried = None;
        Ok(())
    }

    async fn send(&self, length: u64) -> Result<(), StagingError> {
        let to = self.to.join(&format!("{:06}", self.shipped.chunks + 1));
        let body = body(&self.file, self.shipped.bytes..self.shipped.bytes + length).await?;
        let call = self.s3.put_object().bucket(to.bucket()).key(to.key()).content_type("text/plain; charset=utf-8");
        let call = call.set_metadata(Some(carried())).body(body);
        let sent = call.customize().config_override(patient()).send().await;
        sent.map(drop).map_err(|error| StagingError::call(&to, Error::of("S3 PutObject", error)))
    }
}
