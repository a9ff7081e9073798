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

#[cfg(test)]
mod tests {
    use opentelemetry_sdk::Resource;

    use super::*;
    use crate::counters::DropReason;
    use crate::export::Fate;
    use crate::filter::Filter;
    use crate::samples::span;

    /// Takes nothing: the second span of each batch is refused, the others are to be tried again.
    #[derive(Debug)]
    struct Picky;

    impl Exporter for Picky {
        fn limits(&self) -> BatchLimits {
            BatchLimits { spans: 10, bytes: 1_000_000, patience: None }
        }

        fn deliver<'a>(&'a mut self, spans: &'a [SpanData]) -> Delivering<'a, Outcome> {
            let mut outcome = Outcome { fates: vec![Fate::Again; spans.len()], ..Outcome::default() };
            let refusal = Refusal { reason: DropReason::Rejected, code: "400".to_owned(), what: "bad".to_owned() };
            outcome.refuse(1, refusal);
            Box::pin(std::future::ready(outcome))
        }

        fn remarks(&mut self) -> Remarks {
            Remarks { cut: 1, ..Remarks::default() }
        }
    }

    fn lettered(letters: DeadLetters) -> Lettered {
        let source = Source::new(&Resource::builder_empty().build(), Filter::default());
        let (name, host) = ("otlp", "collector".to_owned());
        Lettered {
            exporter: Box::new(Picky),
            letters,
            name,
            host,
            source,
            busy: None,
            problem: None,
            remarks: Remarks::default(),
        }
    }

    #[tokio::test]
    async fn a_refused_span_is_a_letter_and_counted_as_one() {
        let folder = tempfile::tempdir().unwrap();
        let letters = DeadLetters::in_folder(folder.path().join("letters"));
        let mut exporter = lettered(letters.clone());
        let outcome = exporter.deliver(&[span("a"), span("b"), span("c")]).await;
        assert_eq!(outcome.fates, [Fate::Again, Fate::Refused(DropReason::Rejected), Fate::Again]);
        let found = letters.read().unwrap().letters;
        let told: Vec<_> = found.iter().map(|it| (it.name.as_str(), it.host.as_str(), it.message.as_str())).collect();
        assert_eq!(told, [("b", "collector", "bad")]);
        assert_eq!(exporter.remarks(), Remarks { cut: 1, set_aside: 1, ..Remarks::default() });
        assert_eq!(exporter.remarks(), Remarks { cut: 1, ..Remarks::default() });
    }

    #[tokio::test]
    async fn where_nothing_can_be_set_aside_the_outcome_is_the_same_and_it_is_told_once() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let mut exporter = lettered(DeadLetters::in_folder(file.path().join("letters")));
        for _ in 0..2 {
            let outcome = exporter.deliver(&[span("a"), span("b")]).await;
            assert_eq!(outcome.fates, [Fate::Again, Fate::Refused(DropReason::Rejected)]);
            assert!(exporter.problem.as_ref().is_some_and(|problem| problem.contains("cannot be written")));
        }
        assert_eq!(exporter.remarks(), Remarks { cut: 1, ..Remarks::default() });
    }
}
