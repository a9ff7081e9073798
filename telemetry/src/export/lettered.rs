//! Sets aside what an exporter's back end refuses for good.

use std::time::Duration;

use opentelemetry_sdk::trace::SpanData;
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::timeout;

use super::{BatchLimits, Delivering, Exporter, Outcome, Refusal, Remarks};
use crate::dead_letters::{self, DeadLetters, DeadLettersError, Kept, Refused};
use crate::export::chain;
use crate::otlp_json::Source;

/// Longest time for setting letters aside. A disk that takes longer is left alone until it has answered.
const PATIENCE: Duration = Duration::from_secs(2);

/// An exporter whose refused spans become dead letters.
#[derive(Debug)]
pub(super) struct Lettered {
    pub(super) exporter: Box<dyn Exporter>,
    pub(super) letters: DeadLetters,
    /// The exporter's word in settings.
    pub(super) name: &'static str,
    /// Host of the back end; empty for the exporter's own.
    pub(super) host: String,
    pub(super) source: Source,
    /// A disk that has not answered yet.
    pub(super) busy: Option<JoinHandle<Result<Kept, DeadLettersError>>>,
    /// What has gone wrong last, so that it is told once.
    pub(super) problem: Option<String>,
    pub(super) remarks: Remarks,
}

impl Lettered {
    async fn send(&mut self, spans: &[SpanData]) -> Outcome {
        let outcome = self.exporter.deliver(spans).await;
        if !outcome.refusals.is_empty() {
            self.set_aside(spans, &outcome.refusals).await;
        }
        outcome
    }

    async fn set_aside(&mut self, spans: &[SpanData], refusals: &[(usize, Refusal)]) {
        let refused = Refused { at: jiff::Timestamp::now(), exporter: self.name, host: &self.host };
        let mut lines = Vec::new();
        let written = refusals.iter().try_for_each(|(place, refusal)| {
            dead_letters::write(refused, &self.source, &spans[*place], refusal, &mut lines)
        });
        if let Err(error) = written {
            return self.failed(&chain(&error));
        }
        match self.keep(lines).await {
            Ok(Kept { kept, evicted }) => {
                self.remarks.set_aside += kept;
                self.remarks.letters_evicted += evicted;
                self.problem = None;
            }
            Err(why) => self.failed(&why),
        }
    }

    /// Writes off the runtime, so that a disk that hangs stops no delivery.
    async fn keep(&mut self, lines: Vec<u8>) -> Result<Kept, String> {
        let hangs = || format!("the disk does not answer within {} s", PATIENCE.as_secs());
        if let Some(busy) = &mut self.busy
            && !busy.is_finished()
        {
            return Err(hangs());
        }
        let letters = self.letters.clone();
        let mut writing = spawn_blocking(move || letters.keep(&lines));
        match timeout(PATIENCE, &mut writing).await {
            Ok(Ok(Ok(kept))) => Ok(kept),
            Ok(Ok(Err(error))) => Err(chain(&error)),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => {
                self.busy = Some(writing);
                Err(hangs())
            }
        }
    }

    fn failed(&mut self, why: &str) {
        if self.problem.as_deref() != Some(why) {
            tracing::warn!(problem = why, "spans that were refused cannot be set aside: they are only counted");
            self.problem = Some(why.to_owned());
        }
    }
}

impl Exporter for Lettered {
    fn limits(&self) -> BatchLimits {
        let limits = self.exporter.limits();
        BatchLimits { patience: limits.patience.map(|patience| patience + PATIENCE), ..limits }
    }

    fn deliver<'a>(&'a mut self, spans: &'a [SpanData]) -> Delivering<'a, Outcome> {
        Box::pin(self.send(spans))
    }

    fn announce<'a>(&'a mut self, spans: &'a [SpanData]) -> Delivering<'a, bool> {
        self.exporter.announce(spans)
    }

    fn remarks(&mut self) -> Remarks {
        let own = std::mem::take(&mut self.remarks);
        let theirs = self.exporter.remarks();
        Remarks { set_aside: own.set_aside, letters_evicted: own.letters_evicted, ..theirs }
    }

    fn finish(&mut self) -> Delivering<'_, ()> {
        self.exporter.finish()
    }
}
