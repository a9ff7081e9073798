//! What X-Ray has of the traces that are wanted.

use super::{Found, Wanted};
use crate::session::Session;
use anyhow::Result;
use jiff::Timestamp;
use opentelemetry::trace::TraceId;
use spawn_cloud::traces::{TraceSearch, documents, summaries};
use spawn_view::{Query, Span, is_of_parts, of_document, trace_id, xray_form};
use std::collections::HashSet;
use std::time::Duration;

/// The most traces that links lead to: an array has 10,000 tasks, and each may have attempts.
const MOST_LINKED: usize = 20_000;

/// Adds the spans of what is wanted, and of what it links to.
pub(super) async fn look(session: &Session, wanted: &Wanted, links: u32, found: &mut Found) -> Result<()> {
    let mut ids = match wanted {
        Wanted::These(ids) => ids.clone(),
        Wanted::Search { query, limit } => search(session, query, *limit, found).await?,
    };
    let mut seen: HashSet<TraceId> = ids.iter().copied().collect();
    for round in 0..=links {
        let mut linked = Vec::new();
        // A trace and its parts are one, however many there are.
        while !ids.is_empty() {
            let Links { parts, others } = fetch(session, &ids, found).await?;
            linked.extend(others);
            ids = unseen(parts, &mut seen, found);
        }
        if round == links {
            break;
        }
        ids = unseen(linked, &mut seen, found);
    }
    Ok(())
}

/// Those that were not asked for yet, as many as there is room for.
fn unseen(mut ids: Vec<TraceId>, seen: &mut HashSet<TraceId>, found: &mut Found) -> Vec<TraceId> {
    ids.retain(|id| seen.insert(*id));
    let left = seen.len().saturating_sub(MOST_LINKED).min(ids.len());
    if left > 0 {
        ids.truncate(ids.len() - left);
        found.problems.push(format!("{left} linked traces are left out: at most {MOST_LINKED} are read at once"));
    }
    ids
}

/// What spans link to.
#[derive(Debug, Default)]
struct Links {
    /// Parts of the same traces.
    parts: Vec<TraceId>,
    others: Vec<TraceId>,
}

async fn search(session: &Session, query: &Query, limit: usize, found: &mut Found) -> Result<Vec<TraceId>> {
    let search = TraceSearch {
        service: query.service.clone(),
        failed: query.error,
        slower_than: query.slower_than.map(Duration::from_nanos),
        array: query.array.clone(),
    };
    let instant = |nanoseconds: Option<u64>| Timestamp::from_nanosecond(i128::from(nanoseconds?)).ok();
    let now = Timestamp::now();
    let to = instant(query.to).unwrap_or(now);
    let from = instant(query.from).unwrap_or(to - jiff::SignedDuration::from_hours(6));
    let summaries = summaries(session.clients.xray(), &search, from, to, limit).await?;
    found.more |= summaries.more;
    Ok(summaries.ids.iter().filter_map(|id| trace_id(id).ok()).collect())
}

/// Adds the spans of these traces; answers what they link to.
async fn fetch(session: &Session, ids: &[TraceId], found: &mut Found) -> Result<Links> {
    let ids: Vec<String> = ids.iter().copied().map(xray_form).collect();
    let answer = documents(session.clients.xray(), &ids).await?;
    // Away from whoever waits for keys: a large array has megabytes of them.
    let Read { spans, links, problems } = tokio::task::spawn_blocking(move || read(&answer.documents)).await?;
    found.in_xray.extend(spans.iter().map(|span| span.trace_id));
    found.spans.extend(spans);
    found.problems.extend(problems);
    Ok(links)
}

/// What was read of documents.
#[derive(Debug, Default)]
struct Read {
    spans: Vec<Span>,
    links: Links,
    problems: Vec<String>,
}

fn read(documents: &[String]) -> Read {
    let mut read = Read::default();
    for document in documents {
        match of_document(document) {
            Ok(spans) => {
                spans.iter().for_each(|span| read.links.take(span));
                read.spans.extend(spans);
            }
            Err(error) => {
                read.problems.push(format!("a document of X-Ray is no segment: {error}; the others were read"));
            }
        }
    }
    read
}

impl Links {
    fn take(&mut self, span: &Span) {
        for link in span.links.iter().filter(|link| link.trace_id != span.trace_id) {
            let of = if is_of_parts(link) { &mut self.parts } else { &mut self.others };
            of.push(link.trace_id);
        }
    }
}
