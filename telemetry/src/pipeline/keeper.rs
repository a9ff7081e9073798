//! The thread that waits for the disk, so that nobody else has to: it has written spans synced, finds what processes have left
//! that are gone, and gives folders back of which nothing is left.

use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant, UNIX_EPOCH};

use opentelemetry::KeyValue;
use opentelemetry::trace::Status;
use opentelemetry_sdk::trace::SpanData;
use spawn_delivery::spool::Left;

use super::Shared;
use super::state::WorkerState;
use super::store::{Duty, Source};
use crate::attribute;
use crate::record;

/// What is said of a span whose process ended before it did.
const ABORTED: &str = "its process ended before it did";

/// Starts the thread.
pub(super) fn spawn(shared: Arc<Shared>) -> std::io::Result<()> {
    std::thread::Builder::new().name("spawn-spool".to_owned()).spawn(move || {
        let _ended = Ended(Arc::clone(&shared));
        run(&shared);
    })?;
    Ok(())
}

/// Says that the keeper has ended, however it did.
struct Ended(Arc<Shared>);

impl Drop for Ended {
    fn drop(&mut self) {
        self.0.state().keeper = WorkerState::Absent;
        self.0.settled.notify_all();
    }
}

fn run(shared: &Shared) {
    let mut state = shared.state();
    loop {
        let leaving = state.store.take_leaving();
        if !leaving.is_empty() {
            drop(state);
            leaving.into_iter().for_each(Source::close);
            state = shared.state();
            continue;
        }
        if state.is_closed() && state.worker == WorkerState::Absent {
            if !state.store.leave() {
                return;
            }
            continue;
        }
        let duty = state.duty(Instant::now());
        if !state.notices.is_empty() {
            drop(state);
            shared.tell();
            state = shared.state();
        }
        match duty {
            Duty::Sync(syncing) => {
                drop(state);
                let synced = syncing.run();
                state = shared.state();
                state.store.synced(synced);
                shared.settled.notify_all();
            }
            Duty::Look(seeker) => {
                drop(state);
                let begun = Instant::now();
                let left = seeker.seek().map(|left| {
                    let open = aborted(&left);
                    (left, open)
                });
                state = shared.state();
                state.store.looked(left.as_ref().map(|(left, _)| left), begun);
                if let Some((left, open)) = left {
                    state.adopt(left, open);
                    shared.wake.notify_one();
                }
                shared.settled.notify_all();
            }
            Duty::Wait(until) => {
                // Whoever waits for the disk sees that there is nothing to wait for.
                shared.settled.notify_all();
                let rest = until.map(|until| until.saturating_duration_since(Instant::now()));
                if rest == Some(Duration::ZERO) {
                    // What is due cannot be done yet.
                    state = shared.disk.wait_timeout(state, PAUSE).unwrap_or_else(PoisonError::into_inner).0;
                } else if let Some(rest) = rest {
                    state = shared.disk.wait_timeout(state, rest).unwrap_or_else(PoisonError::into_inner).0;
                } else {
                    state = shared.disk.wait(state).unwrap_or_else(PoisonError::into_inner);
                }
            }
        }
    }
}

/// How long something rests that is due and cannot be done.
const PAUSE: Duration = Duration::from_millis(100);

/// The spans that had not ended when the writer did, ended at the last moment at which it is known to have lived.
fn aborted(left: &Left) -> Vec<(Arc<[u8]>, SpanData)> {
    let notes: Vec<_> = left.open().iter().filter_map(|(_, note)| record::note(note).ok()).collect();
    let last = UNIX_EPOCH + Duration::from_nanos(left.last_order());
    let last = notes.iter().map(|(_, span)| span.start_time).fold(last, std::time::SystemTime::max);
    let closed = |(resource, mut span): (Vec<u8>, SpanData)| {
        span.attributes.retain(|pair| pair.key.as_str() != attribute::ERROR_TYPE);
        span.attributes.push(KeyValue::new(attribute::ERROR_TYPE, attribute::ABORTED));
        span.attributes.push(KeyValue::new(attribute::ERROR, true));
        span.attributes.push(KeyValue::new(attribute::ERROR_MESSAGE, ABORTED));
        span.status = Status::error(ABORTED);
        span.end_time = last.max(span.start_time);
        (resource.into(), span)
    };
    notes.into_iter().map(closed).collect()
}
