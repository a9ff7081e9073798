//! The store as the receiver, the pages and the followed files share it, and the news of its changes.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use opentelemetry_proto::tonic::trace::v1::ResourceSpans;
use tokio::sync::watch;

use super::store::{Bounds, Coming, Store};

/// Spans of one message after which others may have the store.
const TURN: usize = 1_024;

/// A store that several have.
#[derive(Debug)]
pub(super) struct Live {
    store: Mutex<Store>,
    news: watch::Sender<u64>,
    problems: Mutex<Vec<String>>,
    watching: AtomicUsize,
}

/// Somebody who looks at a page.
#[derive(Debug)]
pub(super) struct Watching(Arc<Live>);

/// Problems that are kept: the last ones.
const MOST_PROBLEMS: usize = 20;

impl Live {
    pub(super) fn new(bounds: Bounds) -> Self {
        Self {
            store: Mutex::new(Store::new(bounds)),
            news: watch::Sender::new(0),
            problems: Mutex::new(Vec::new()),
            watching: AtomicUsize::new(0),
        }
    }

    /// Keeps these spans; answers how many were refused because their ids are not ids.
    pub(super) fn add(&self, messages: Vec<ResourceSpans>, coming: Coming) -> u64 {
        let mut refused = 0;
        for message in messages.into_iter().flat_map(turns) {
            refused += self.store().add(message, coming);
        }
        self.news.send_modify(|news| *news += 1);
        refused
    }

    /// The store, for a moment.
    pub(super) fn store(&self) -> MutexGuard<'_, Store> {
        // Whoever panicked in here left a store that is whole but for its last span.
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A number that grows with each change.
    pub(super) fn news(&self) -> watch::Receiver<u64> {
        self.news.subscribe()
    }

    /// Counts somebody who looks at a page, for as long as what is answered is there.
    pub(super) fn watch(self: &Arc<Self>) -> Watching {
        self.watching.fetch_add(1, Ordering::Relaxed);
        Watching(Arc::clone(self))
    }

    /// Whether somebody looks at a page.
    pub(super) fn watched(&self) -> bool {
        self.watching.load(Ordering::Relaxed) > 0
    }

    /// Something that people should know; answers whether it is new to them.
    pub(super) fn problem(&self, problem: &str) -> bool {
        let mut problems = self.problems.lock().unwrap_or_else(PoisonError::into_inner);
        if problems.iter().any(|known| known == problem) {
            return false;
        }
        if problems.len() == MOST_PROBLEMS {
            problems.remove(0);
        }
        problems.push(problem.to_owned());
        drop(problems);
        self.news.send_modify(|news| *news += 1);
        true
    }

    pub(super) fn problems(&self) -> Vec<String> {
        self.problems.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        self.0.watching.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A large message in parts, so that nobody waits long for the store.
fn turns(mut message: ResourceSpans) -> Vec<ResourceSpans> {
    if message.scope_spans.iter().all(|scope| scope.spans.len() <= TURN) {
        return vec![message];
    }
    let scopes = std::mem::take(&mut message.scope_spans);
    let mut parts = Vec::new();
    for mut scope in scopes {
        let mut spans = std::mem::take(&mut scope.spans).into_iter().peekable();
        while spans.peek().is_some() {
            let mut part = (message.clone(), scope.clone());
            part.1.spans = spans.by_ref().take(TURN).collect();
            part.0.scope_spans = vec![part.1];
            parts.push(part.0);
        }
    }
    parts
}
