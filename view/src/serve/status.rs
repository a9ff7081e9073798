//! How it stands with the server, for pages, programs and the person at the terminal.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use serde::Serialize;

use super::Tell;
use super::live::Live;
use super::store::{Bounds, Tally};

/// What does not change while the server runs.
#[derive(Debug)]
pub(super) struct Facts {
    pub(super) pages: Vec<SocketAddr>,
    pub(super) receivers: Vec<SocketAddr>,
    pub(super) from: Vec<PathBuf>,
}

/// How it stands with the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StatusData {
    /// Traces that are kept.
    pub traces: usize,
    /// Spans that are kept.
    pub spans: usize,
    /// Bytes that they take.
    pub bytes: usize,
    /// Spans that may be kept.
    pub keep_spans: usize,
    /// Bytes that they may take.
    pub keep_bytes: usize,
    /// What became of all spans so far.
    #[serde(flatten)]
    pub tally: Tally,
    /// Where OTLP is received.
    pub receivers: Vec<String>,
    /// Files and folders that are followed.
    pub from: Vec<String>,
    /// What people should know, a sentence each.
    pub problems: Vec<String>,
}

impl Facts {
    pub(super) fn status(&self, live: &Live) -> StatusData {
        let store = live.store();
        let Bounds { spans: keep_spans, bytes: keep_bytes } = store.bounds();
        let (traces, spans, bytes, tally) = (store.traces(), store.spans(), store.bytes(), store.tally());
        drop(store);
        let mut problems = live.problems();
        problems.extend(evicted(&tally));
        if tally.refused > 0 {
            problems.push(format!("{} spans were refused: their trace ids or span ids are no ids", tally.refused));
        }
        StatusData {
            traces,
            spans,
            bytes,
            keep_spans,
            keep_bytes,
            tally,
            receivers: self.receivers.iter().map(ToString::to_string).collect(),
            from: self.from.iter().map(|path| path.display().to_string()).collect(),
            problems,
        }
    }
}

/// What to say of traces that had to make room.
fn evicted(tally: &Tally) -> Option<String> {
    let Tally { evicted_spans, evicted_traces, .. } = tally;
    (*evicted_traces > 0).then(|| {
        format!(
            "{evicted_traces} traces with {evicted_spans} spans have made room for newer ones: --keep-spans and \
             --keep-bytes say how much is kept"
        )
    })
}

/// Tells the first time that a trace had to make room, and then whenever ten times as many had to.
pub(super) async fn tell_of_evictions(live: Arc<Live>, tell: Tell) {
    let (mut news, mut next) = (live.news(), 1);
    while news.changed().await.is_ok() {
        let tally = live.store().tally();
        if tally.evicted_traces >= next
            && let Some(text) = evicted(&tally)
        {
            tell(&text);
            next = tally.evicted_traces.saturating_mul(10);
        }
    }
}
