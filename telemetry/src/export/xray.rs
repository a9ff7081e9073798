//! Delivers spans to AWS X-Ray's API, without a daemon.

mod answer;
mod client;
mod records;
mod trouble;

use std::ops::Range;

use aws_sdk_xray::Client;
use opentelemetry_sdk::trace::SpanData;

use super::split::{Sent, in_halves};
use super::{BatchLimits, Delivering, Exporter, Outcome};
use crate::filter::Filter;
use crate::xray::{self, Rendered, Service};
use records::Records;

use client::TIMEOUT;
pub(super) use client::config;

/// Most documents in a request: what X-Ray's own daemon sends.
const DOCUMENTS: usize = 50;
/// Most bytes of documents in a request.
const BYTES: usize = 1_000_000;

/// A client beside the exporter's, for what the sampler asks.
#[expect(clippy::disallowed_methods, reason = "it has no interceptor either, so it makes no span")]
pub(super) fn beside(config: aws_sdk_xray::Config) -> Client {
    Client::from_conf(config)
}

/// Sends spans as segment documents.
#[derive(Debug)]
pub(super) struct XRay {
    client: Client,
    service: Service,
    filter: Filter,
    records: Records,
}

impl XRay {
    /// The resource of `service` is filtered already.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one X-Ray client; it has no interceptor, so it makes no span"
    )]
    pub(super) fn new(config: aws_sdk_xray::Config, service: Service, filter: Filter) -> Self {
        Self { client: Client::from_conf(config), service, filter, records: Records::new() }
    }

    async fn send(&mut self, spans: &[SpanData]) -> Outcome {
        let documents: Vec<Rendered> = spans.iter().map(|span| self.document(span)).collect();
        let requests = packed(&documents).into_iter();
        let Self { client, records, .. } = self;
        let outcome = in_halves(documents.len(), requests, async |range: Range<usize>| {
            put(client, records, &documents[range]).await
        })
        .await;
        records.count(&outcome.fates);
        // While X-Ray does not take spans it takes no report either, and the time of this batch is nearly over.
        if outcome.trouble.is_none() {
            records.report_in_time(client, &self.service).await;
        }
        outcome
    }

    fn document(&self, span: &SpanData) -> Rendered {
        xray::document(&self.filter.span(span), &self.service)
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

    fn finish(&mut self) -> Delivering<'_, ()> {
        Box::pin(async { self.records.report_in_time(&self.client, &self.service).await })
    }
}

async fn put(client: &Client, records: &mut Records, documents: &[Rendered]) -> Sent {
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
fn packed(documents: &[Rendered]) -> Vec<Range<usize>> {
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
