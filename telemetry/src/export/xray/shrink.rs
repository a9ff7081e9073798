//! Writes documents again that X-Ray calls too large.

use std::time::Instant;

use opentelemetry_sdk::trace::SpanData;

use super::super::split::book;
use super::super::{Fate, Outcome};
use super::writer::Task;
use super::{Document, Of, XRay};
use crate::counters::DropReason;

/// How often a document is written again: one of 64 kB has 4 kB then.
const TIMES: usize = 4;

impl XRay {
    /// Writes documents that were refused as too large again, with half the room each time, and sends them. What is as small
    /// as it gets, or too large still, stays refused.
    pub(super) async fn shrink(
        &mut self,
        spans: &[SpanData],
        mut documents: Vec<Document>,
        mut outcome: Outcome,
    ) -> Outcome {
        for _ in 0..TIMES {
            let places = self.rewrite(spans, &mut documents, &outcome);
            if places.is_empty() {
                break;
            }
            outcome.refusals.retain(|(place, _)| !places.contains(place));
            if outcome.trouble.is_some() {
                // X-Ray takes nothing now. The next attempt finds out again.
                places.iter().for_each(|place| outcome.fates[*place] = Fate::Again);
            } else {
                let smaller: Vec<Document> = places.iter().map(|place| documents[*place].clone()).collect();
                let waiting = self.budget.borrow_mut().take_beside();
                let answer = self.put(&smaller).await;
                waiting.into_iter().for_each(|document| self.budget.borrow_mut().keep_beside(document));
                book(&mut outcome, &places, answer);
            }
            outcome.refusal = outcome.refusals.last().map(|(_, refusal)| refusal.what.clone());
        }
        outcome
    }

    /// Writes those that were refused as too large with half the room, and says where something could be left out.
    fn rewrite(&mut self, spans: &[SpanData], documents: &mut [Document], outcome: &Outcome) -> Vec<usize> {
        let mut places = Vec::new();
        for (place, document) in documents.iter_mut().enumerate() {
            let (Of::Span(of), Fate::Refused(DropReason::TooLarge)) = (document.of, outcome.fates[place]) else {
                continue;
            };
            let smaller = self.rewritten(&spans[of], of, document.text.len() / 2);
            if let Some(smaller) = smaller.filter(|smaller| smaller.text.len() < document.text.len()) {
                *document = smaller;
                places.push(place);
            }
        }
        places
    }

    /// The document of a span once more, with so much room.
    fn rewritten(&mut self, span: &SpanData, of: usize, room: usize) -> Option<Document> {
        let mut budget = self.budget.borrow_mut();
        let mut written = Vec::new();
        let task = Task { span, of: Of::Span(of), now: Instant::now() };
        self.writer.within(room, |writer| writer.write(task, &mut budget, &mut written));
        let document = written.pop();
        written.into_iter().for_each(|document| budget.keep_beside(document));
        document
    }
}
