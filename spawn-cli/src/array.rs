//! Job arrays as the commands that watch and steer them know them: named by a word, read whole, chosen by index.

mod bars;
mod each;
mod end;
#[cfg(test)]
pub(crate) mod example;
mod figures;
mod find;
mod indices;
mod json;
mod overview;

pub(crate) use bars::{SIGNS, bar, fit};
pub(crate) use each::{Changed, each};
pub(crate) use end::end;
pub(crate) use figures::{Figures, running_for};
pub(crate) use find::{Word, find, is_no_table, known, parse_word};
pub(crate) use indices::Indices;
pub(crate) use json::{instant, of_array, of_record, of_task};
pub(crate) use overview::{Overview, is_alive, is_local};

use crate::session::Session;
use spawn_cloud::arrays::{ArrayRecord, ArrayStore, Millis, Task};

/// The arrays of the session's account and region.
pub(crate) fn store(session: &Session) -> ArrayStore {
    ArrayStore::new(session.clients.dynamodb().clone(), Some(session.registry.table().to_owned()))
}

/// How a task's last attempt ended, in a few words; none while nothing has ended.
pub(crate) fn ending(task: &Task) -> Option<String> {
    match (task.exit_code, task.signal) {
        (_, Some(signal)) => Some(format!("signal {signal}")),
        (Some(code), None) => Some(format!("exit {code}")),
        (None, None) => None,
    }
}

/// Seconds that the last attempt has taken, or takes so far.
pub(crate) fn seconds(task: &Task, now: Millis) -> Option<u64> {
    let started = task.started_at?;
    let ended = task.ended_at.filter(|ended| *ended >= started).unwrap_or(now);
    u64::try_from(ended.saturating_sub(started)).ok().map(|time| time / 1_000)
}

/// How long ago this was, in its two largest units.
pub(crate) fn ago(then: Millis, now: Millis) -> String {
    let seconds = u64::try_from(now.saturating_sub(then)).unwrap_or_default() / 1_000;
    crate::fleet::span(seconds).unwrap_or_else(|| "0s".to_owned())
}

/// The id of the trace that the array's span is in.
pub(crate) fn trace_id(array: &ArrayRecord) -> Option<&str> {
    array.traceparent.as_deref()?.split('-').nth(1)
}
