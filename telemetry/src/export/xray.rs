//! Delivers spans to AWS X-Ray's API, without a daemon.

mod answer;
mod api;
mod body;
mod budget;
mod client;
mod direct;
mod records;
mod shrink;
mod tie;
mod trouble;
mod writer;

use std::cell::RefCell;
use std::ops::Range;
use std::rc::Rc;
use std::time::Instant;

use opentelemetry::trace::SpanId;
use opentelemetry_sdk::trace::SpanData;

use super::split::in_halves;
use super::{BatchLimits, Delivering, Exporter, Fate, Memory, Outcome};
use crate::counters::DropReason;
use crate::xray::Translator;
use api::Api;
use records::Sender;
use writer::{Task, Writer};

pub(super) use api::second_client;
pub(crate) use budget::{Budget, Remarks};
use client::TIMEOUT;
pub(super) use client::config;

/// Most documents in a request: what X-Ray's own daemon sends.
const DOCUMENTS: usize = 50;
/// Most bytes of documents in a request.
const BYTES: usize = 1_000_000;

/// What a document is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Of {
    /// The span at this place of the batch.
    Span(usize),
    /// A span that has not ended.
    Announcement,
    /// No span: it ties parts of a trace together, and is sent beside the spans until it is taken.
    Beside,
}

/// A document on its way to X-Ray.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Document {
    /// Id by which X-Ray speaks of the document.
    id: SpanId,
    text: String,
    of: Of,
}

/// Sends spans as segment documents.
#[derive(Debug)]
pub(super) struct XRay {
    api: Api,
    writer: Writer,
    budget: Rc<RefCell<Budget>>,
    /// Who is named in reports.
    sender: Sender,
}

impl XRay {
    /// `sender` is who sends, the same after a restart.
    pub(super) fn new(
        config: aws_sdk_xray::Config,
        translator: Translator,
        sender: String,
        Memory { traces: budget, spilled }: Memory,
    ) -> Self {
        let named = Sender {
            instance_id: translator.instance_id().map(str::to_owned),
            hostname: translator.hostname().map(str::to_owned),
            resource_arn: translator.resource_arn().map(str::to_owned),
        };
        let writer = Writer::new(translator, sender);
        Self { api: Api::new(config, spilled), writer, budget, sender: named }
    }

    async fn send(&mut self, spans: &[SpanData]) -> Outcome {
        let now = Instant::now();
        let documents = self.written(spans.iter().enumerate().map(|(of, span)| Task { span, of: Of::Span(of), now }));
        let mut outcome = self.put(&documents).await;
        if outcome.fates.contains(&Fate::Refused(DropReason::TooLarge)) {
            outcome = self.shrink(spans, documents.clone(), outcome).await;
        }
        let Outcome { fates: each, trouble, refusal, refusals } = outcome;
        let mut fates = vec![Fate::Again; spans.len()];
        for (document, fate) in documents.iter().zip(each) {
            if let Of::Span(of) = document.of {
                fates[of] = fate;
            }
        }
        let refusals = refusals.into_iter().filter_map(|(place, refusal)| match documents[place].of {
            Of::Span(of) => Some((of, refusal)),
            Of::Announcement | Of::Beside => None,
        });
        let refusals = refusals.collect();
        self.writer.have_back(documents);
        self.api.records.count(&fates);
        // While X-Ray does not take spans it takes no report either, and the time of this batch is nearly over.
        if trouble.is_none() {
            self.report_in_time().await;
        }
        Outcome { fates, trouble, refusal, refusals }
    }

    async fn announced(&mut self, spans: &[SpanData]) -> bool {
        let now = Instant::now();
        let documents = self.written(spans.iter().map(|span| Task { span, of: Of::Announcement, now }));
        documents.is_empty() || self.put(&documents).await.trouble.is_none()
    }

    /// The documents of spans, after those that still wait beside them.
    fn written<'a>(&mut self, tasks: impl Iterator<Item = Task<'a>>) -> Vec<Document> {
        let mut budget = self.budget.borrow_mut();
        budget.make_room();
        let mut documents = budget.take_beside();
        documents.reserve(tasks.size_hint().0);
        tasks.for_each(|task| self.writer.write(task, &mut budget, &mut documents));
        // Should the attempt come to no end, they are not lost.
        beside(&documents).for_each(|document| budget.keep_beside(document.clone()));
        documents
    }

    /// Tries once to send the documents.
    async fn put(&mut self, documents: &[Document]) -> Outcome {
        let Self { api, .. } = self;
        let requests = packed(documents).into_iter();
        let send = async |places: &[usize]| {
            let documents: Vec<&Document> = places.iter().map(|place| &documents[*place]).collect();
            api.put(&documents).await
        };
        let outcome = in_halves(documents.len(), requests, send).await;
        let mut budget = self.budget.borrow_mut();
        drop(budget.take_beside());
        let left = documents.iter().zip(&outcome.fates).filter(|(_, fate)| **fate == Fate::Again);
        beside(left.map(|(document, _)| document)).for_each(|document| budget.keep_beside(document.clone()));
        outcome
    }

    async fn report_in_time(&mut self) {
        let Api { client, records, .. } = &mut self.api;
        records.report_in_time(client, &self.sender).await;
    }
}

impl Exporter for XRay {
    fn limits(&self) -> BatchLimits {
        // Longer than the client's own limit, so that the client's is the one that is told.
        BatchLimits { spans: DOCUMENTS, bytes: BYTES, patience: Some(2 * TIMEOUT) }
    }

    fn deliver<'a>(&'a mut self, spans: &'a [SpanData]) -> Delivering<'a, Outcome> {
        Box::pin(self.send(spans))
    }

    fn announce<'a>(&'a mut self, spans: &'a [SpanData]) -> Delivering<'a, bool> {
        Box::pin(self.announced(spans))
    }

    fn remarks(&mut self) -> Remarks {
        Remarks { skew: self.api.skew.take(), ..self.budget.borrow_mut().take_remarks() }
    }

    fn finish(&mut self) -> Delivering<'_, ()> {
        Box::pin(self.report_in_time())
    }
}

fn beside<'a>(documents: impl IntoIterator<Item = &'a Document>) -> impl Iterator<Item = &'a Document> {
    documents.into_iter().filter(|document| document.of == Of::Beside)
}

/// Ranges of documents that go into a request together.
fn packed(documents: &[Document]) -> Vec<Range<usize>> {
    let mut requests = Vec::new();
    let (mut start, mut bytes) = (0, 0);
    for (place, document) in documents.iter().enumerate() {
        if place > start && (place - start == DOCUMENTS || bytes + document.text.len() > BYTES) {
            requests.push(start..place);
            (start, bytes) = (place, 0);
        }
        bytes += document.text.len();
    }
    requests.push(start..documents.len());
    requests
}

#[cfg(test)]
mod tests;
