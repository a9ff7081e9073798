//! Before the queue of an array goes: of every task that has ended, somebody is to have told.
//!
//! The message of a task stays until the spans of its attempts have left the host. If the host dies before that, the message
//! comes again, to whoever lives and records what the item says. So an empty queue says that all is told, and one that is not
//! empty is worth waiting for.

use super::acknowledge::LONGEST;
use super::crew::Crew;
use spawn_cloud::arrays::Counts;
use std::time::Duration;
use tokio::time::Instant;

/// Time between two looks at the queue.
const LOOK: Duration = Duration::from_millis(500);

/// Waits until the queue is empty, at most until a host that has just died has lost its messages to another.
pub(super) async fn all(crew: &Crew, counts: Counts) {
    // Tasks that were called off leave their messages, and of most of them there is nothing to tell.
    let lease = if counts.cancelled == 0 { crew.options.lease } else { Duration::ZERO };
    let until = Instant::now() + lease + LONGEST;
    loop {
        match crew.queue.left().await {
            Ok(0) => return,
            Ok(left) if Instant::now() >= until => {
                tracing::debug!(left, "the array ends though not all messages of its tasks are removed");
                return;
            }
            Ok(_) => tokio::time::sleep(LOOK).await,
            // Telling of the end matters more.
            Err(error) => {
                tracing::debug!(%error, "nobody knows whether all attempts of the array are told");
                return;
            }
        }
    }
}
