//! Delivers spans to AWS X-Ray's API, without a daemon.

mod answer;
mod budget;
mod client;
mod records;
mod tie;
mod trouble;
mod writer;

use std::cell::RefCell;
use std::ops::Range;
use std::rc::Rc;
use std::time::Instant;

use aws_sdk_xray::Client;
use opentelemetry::trace::SpanId;
use opentelemetry_sdk::trace::SpanData;

use super::split::{Sent, in_halves};
use super::{BatchLimits, Delivering, Exporter, Fate, Outcome};
use crate::xray::Translator;
use records::Records;
use writer::{Task, Writer};

pub(crate) use budget::{Budget, Remarks};
use client::TIMEOUT;
pub(super) use client::config;

/// Most documents in a request: what X-Ray's own daemon sends.
const DOCUMENTS: usize = 50;
/// Most bytes of documents in a request.
const BYTES: usize = 1_000_000;

/// A document on its way to X-Ray.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Document {
    /// Id by which X-Ray speaks of the document.
    id: SpanId,
    text: String,
    /// Place of the span in the batch; none for what is sent beside the spans.
    of: Option<usize>,
}

/// Sends spans as segment documents.
#[derive(Debug)]
pub(super) struct XRay {
    client: Client,
    writer: Writer,
    records: Records,
    budget: Rc<RefCell<Budget>>,
}

impl XRay {
    /// `sender` is who sends, the same after a restart.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one X-Ray client; it has no interceptor, so it makes no span"
    )]
    pub(super) fn new(
        config: aws_sdk_xray::Config,
        translator: Translator,
        sender: String,
        budget: Rc<RefCell<Budget>>,
    ) -> Self {
        let writer = Writer::new(translator, sender);
        Self { client: Client::from_conf(config), writer, records: Records::new(), budget }
    }

    async fn send(&mut self, spans: &[SpanData]) -> Outcome {
        let now = Instant::now();
        let tasks = spans.iter().enumerate().map(|(of, span)| Task { span, of: Some(of), now });
        let documents = self.written(tasks);
        let Outcome { fates: each, trouble, refusal } = self.put(&documents).await;
        let mut fates = vec![Fate::Again; spans.len()];
        for (document, fate) in documents.into_iter().zip(each) {
            match document.of {
                Some(of) => fates[of] = fate,
                None if fate == Fate::Again => self.budget.borrow_mut().keep_beside(document),
                None => {}
            }
        }
        self.records.count(&fates);
        // While X-Ray does not take spans it takes no report either, and the time of this batch is nearly over.
        if trouble.is_none() {
            self.report_in_time().await;
        }
        Outcome { fates, trouble, refusal }
    }

    /// The documents of spans, after those that still wait beside them.
    fn written<'a>(&mut self, tasks: impl Iterator<Item = Task<'a>>) -> Vec<Document> {
        let mut budget = self.budget.borrow_mut();
        budget.make_room();
        let mut documents = budget.take_beside();
        tasks.for_each(|task| self.writer.write(task, &mut budget, &mut documents));
        documents
    }

    /// Tries once to send the documents.
    async fn put(&mut self, documents: &[Document]) -> Outcome {
        let Self { client, records, .. } = self;
        let requests = packed(documents).into_iter();
        in_halves(documents.len(), requests, async |range: Range<usize>| put(client, records, &documents[range]).await)
            .await
    }

    async fn announced(&mut self, spans: &[SpanData]) -> bool {
        let now = Instant::now();
        let documents = self.written(spans.iter().map(|span| Task { span, of: None, now }));
        documents.is_empty() || self.put(&documents).await.trouble.is_none()
    }

    async fn report_in_time(&mut self) {
        self.records.report_in_time(&self.client, self.writer.translator().instance_id()).await;
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
        self.budget.borrow_mut().take_remarks()
    }

    fn finish(&mut self) -> Delivering<'_, ()> {
        Box::pin(self.report_in_time())
    }
}

async fn put(client: &Client, records: &mut Records, documents: &[Document]) -> Sent {
    let send = || {
        let texts = documents.iter().map(|document| document.text.clone()).collect();
        client.put_trace_segments().set_trace_segment_documents(Some(texts)).send()
    };
    let answer = match send().await {
        Err(error) if trouble::is_about_time(&error) => send().await,
        answer => answer,
    };
    match answer {
        Ok(output) => answer::read(documents, output.unprocessed_trace_segments()),
        Err(error) => {
            records.count_failure(&error);
            trouble::read(&error)
        }
    }
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
