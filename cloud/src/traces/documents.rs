//! BatchGetTraces: the documents of traces.

use aws_sdk_xray::Client;
use opentelemetry::Context;
use opentelemetry::context::FutureExt;
use tokio::task::JoinSet;

use crate::error::{Error, Result};

/// The most traces that X-Ray gives in one answer (API reference, BatchGetTraces).
const BATCH: usize = 5;
/// Questions at the same time.
const AT_ONCE: usize = 4;

/// The documents of traces.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Documents {
    /// Each as it was sent.
    pub documents: Vec<String>,
    /// Ids of traces that X-Ray does not know, or does not know yet.
    pub unknown: Vec<String>,
}

/// The documents of the traces of these ids, which are written as X-Ray writes them. Their order is that of the answers.
///
/// # Errors
/// When X-Ray refuses or is not reached.
pub async fn documents(client: &Client, ids: &[String]) -> Result<Documents> {
    let mut found = Documents::default();
    let mut questions = JoinSet::new();
    for batch in ids.chunks(BATCH) {
        if questions.len() >= AT_ONCE
            && let Some(answer) = questions.join_next().await
        {
            found.take(answer)?;
        }
        questions.spawn(ask(client.clone(), batch.to_vec()).with_context(Context::current()));
    }
    while let Some(answer) = questions.join_next().await {
        found.take(answer)?;
    }
    Ok(found)
}

impl Documents {
    fn take(&mut self, answer: std::result::Result<Result<Self>, tokio::task::JoinError>) -> Result<()> {
        let unexpected = |error: tokio::task::JoinError| Error::Unexpected {
            call: "X-Ray BatchGetTraces",
            reason: error.to_string(),
        };
        let Self { documents, unknown } = answer.map_err(unexpected)??;
        self.documents.extend(documents);
        self.unknown.extend(unknown);
        Ok(())
    }
}

/// One batch, page after page.
async fn ask(client: Client, ids: Vec<String>) -> Result<Documents> {
    let mut found = Documents::default();
    let mut token = None;
    loop {
        let page = client
            .batch_get_traces()
            .set_trace_ids(Some(ids.clone()))
            .set_next_token(token.take())
            .send()
            .await
            .map_err(|error| Error::of("X-Ray BatchGetTraces", error))?;
        let segments = page.traces.unwrap_or_default().into_iter().flat_map(|trace| trace.segments.unwrap_or_default());
        found.documents.extend(segments.filter_map(|segment| segment.document));
        found.unknown.extend(page.unprocessed_trace_ids.unwrap_or_default());
        token = page.next_token.filter(|token| !token.is_empty());
        if token.is_none() {
            return Ok(found);
        }
    }
}
