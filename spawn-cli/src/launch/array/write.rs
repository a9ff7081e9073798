//! Queue, records, messages, and at last the word that the array is ready. Each step may be repeated: agents work on
//! an array only once it is ready, and what was sent twice they find done.

use super::order::ArrayOrder;
use crate::exit::UsageError;
use crate::progress::Progress;
use crate::session::Session;
use anyhow::{Context, Result, anyhow};
use opentelemetry::KeyValue;
use spawn_cloud::arrays::{ArrayId, ArrayRecord, ArrayStore, TaskQueue};
use spawn_telemetry::propagation;
use std::cell::Cell;
use std::time::Duration;

/// How long SQS hides a message that an agent has taken; agents renew it with their lease.
const VISIBILITY: Duration = Duration::from_secs(60);
/// Steps in which a long work is reported where nobody sees a living line.
const STEPS: usize = 4;
/// Fewer items than this are written before anybody has read a line about it.
const WORTH_A_LINE: usize = 1_000;

/// Writes what is still to be written of the array.
pub(in super::super) async fn write(session: &Session, order: &mut ArrayOrder, progress: &Progress) -> Result<()> {
    let Some(unwritten) = &order.unwritten else { return Ok(()) };
    let id: ArrayId = order.id.parse().context("failed to read the array's id as it was written down")?;
    let store = crate::array::store(session);
    // An interrupted launch may have come further than it could write down.
    match store.find(&id).await? {
        Some(array) if array.cancelled_at.is_some() => {
            return Err(UsageError::Other(format!("array {id} was called off: launch it anew")).into());
        }
        Some(array) if array.ready => {
            order.written(array.queue_url);
            return Ok(());
        }
        _ => {}
    }
    let create = TaskQueue::create(session.clients.sqs().clone(), &id, 1, VISIBILITY);
    let queue = session.in_span("array queue", Vec::new(), create).await?;
    let record = unwritten.record(id.clone(), order.size, order.output.clone(), queue.url().to_owned());
    records(session, &store, &record, &unwritten.params, progress).await?;
    // Whoever receives a message continues the array's own span.
    let context = unwritten
        .traceparent
        .as_deref()
        .and_then(|traceparent| propagation::remote_context(traceparent, unwritten.tracestate.as_deref()).ok())
        .unwrap_or_default();
    let indices: Vec<u32> = (0..order.size).collect();
    let sent = Milestones::new(progress, "sending messages", indices.len());
    let send = queue.send(&indices, &context, |done| sent.reach(done));
    session.in_span("array messages", Vec::new(), send).await?;
    let ready = |array: &ArrayRecord| Some(ArrayRecord { ready: true, ..array.clone() }).filter(|_| !array.ready);
    let array = store.change_array(&id, ready).await?;
    let array = array.ok_or_else(|| anyhow!("array {id} is gone: somebody has removed it from {}", store.table()))?;
    session.announce_array(&array);
    order.written(array.queue_url);
    Ok(())
}

async fn records(
    session: &Session,
    store: &ArrayStore,
    record: &ArrayRecord,
    params: &[super::params::Params],
    progress: &Progress,
) -> Result<()> {
    let items = record.size as usize + params.len();
    let written = Milestones::new(progress, "writing records", items);
    let attributes = vec![
        KeyValue::new("spawn.job_array_id", record.id.as_str().to_owned()),
        KeyValue::new("spawn.job_array.name", record.id.name().to_owned()),
        KeyValue::new("spawn.job_array.size", i64::from(record.size)),
    ];
    let create = store.create(record, params, |done| written.reach(done));
    session.in_span("array records", attributes, create).await?;
    Ok(())
}

/// Tells how far a long work is: all the time on a living line, at every quarter elsewhere.
struct Milestones<'a> {
    progress: &'a Progress,
    what: &'static str,
    all: usize,
    told: Cell<usize>,
}

impl<'a> Milestones<'a> {
    fn new(progress: &'a Progress, what: &'static str, all: usize) -> Self {
        Self { progress, what, all, told: Cell::new(0) }
    }

    fn reach(&self, done: usize) {
        if self.all < WORTH_A_LINE {
            return;
        }
        let quarter = done * STEPS / self.all;
        if self.progress.is_living() || quarter > self.told.replace(quarter) {
            self.progress.step(&format!("{}: {done} of {}", self.what, self.all));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_work_is_told_in_quarters() {
        let progress = Progress::Plain;
        let milestones = Milestones::new(&progress, "writing", 10_000);
        let mut told = Vec::new();
        for done in (25..=10_000).step_by(25) {
            let before = milestones.told.get();
            milestones.reach(done);
            if milestones.told.get() != before {
                told.push(done);
            }
        }
        assert_eq!(told, [2_500, 5_000, 7_500, 10_000]);
    }
}
