//! Looks at the array while there is time: whether it has ended, and which tasks nobody will ever hear of from the queue.

use super::crew::Crew;
use opentelemetry::Context;
use opentelemetry::context::FutureExt;
use spawn_cloud::Result;
use spawn_cloud::arrays::{ArrayRecord, Millis, Task, TaskState};

/// What a look has shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// Nothing to do but to go on.
    Going,
    /// Every task has ended, and somebody has to see to the end of the array.
    AllEnded(Box<ArrayRecord>),
    /// The end was seen to.
    Over,
    /// The array was opened again, or its queue is another one.
    Changed,
    /// The array is there no more.
    Gone,
    /// Tasks that can be had without a message.
    Found(Vec<u32>),
}

/// Looks; where `sweep` names a shard, at its tasks too. Makes no spans.
pub(super) async fn look(crew: &Crew, sweep: Option<u32>, most: usize) -> Result<Seen> {
    let untraced = Context::new().with_telemetry_suppressed();
    async {
        let Some(array) = crew.store.find(&crew.array.id).await? else { return Ok(Seen::Gone) };
        if array.ended_at.is_some() {
            return Ok(Seen::Over);
        }
        if (array.round, &array.queue_url) != (crew.array.round, &crew.array.queue_url) {
            return Ok(Seen::Changed);
        }
        let counts = crew.store.counts(&array.id).await?;
        if counts.ended() >= array.size {
            return Ok(Seen::AllEnded(Box::new(array)));
        }
        let Some(shard) = sweep else { return Ok(Seen::Going) };
        let tasks = crew.store.shard(&array.id, shard).await?.tasks;
        let now = crew.now();
        let lease = Millis::try_from(crew.options.lease.as_millis()).unwrap_or(Millis::MAX / 2);
        let mut left: Vec<u32> =
            tasks.iter().filter(|task| is_forgotten(task, &array, now, lease)).map(|task| task.index).collect();
        // Two hosts that look at the same time begin at different tasks.
        fastrand::shuffle(&mut left);
        left.truncate(most);
        Ok(if left.is_empty() { Seen::Going } else { Seen::Found(left) })
    }
    .with_context(untraced)
    .await
}

/// Whether nobody works on the task and no message has brought it to anybody for as long as a lease.
fn is_forgotten(task: &Task, array: &ArrayRecord, now: Millis, lease: Millis) -> bool {
    match task.state {
        TaskState::Running => task.is_abandoned(now),
        TaskState::Pending => {
            let since = [Some(array.created_at), task.ended_at, task.not_before].into_iter().flatten().max();
            since.is_none_or(|since| since + lease < now)
        }
        TaskState::Succeeded | TaskState::Failed | TaskState::Cancelled => false,
    }
}
