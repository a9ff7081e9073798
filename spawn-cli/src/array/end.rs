//! The end of an array that no agent is there to bring about: its span is recorded, its queue removed, its end written.

use super::store;
use crate::session::Session;
use anyhow::Result;
use spawn_cloud::arrays::{ArrayId, Ended, Millis, TaskQueue};
use std::time::Duration;

/// Longer than this command takes for it.
const LEASE: Duration = Duration::from_secs(60);
/// What the record says of a hook that only an agent would have told.
const NOT_TOLD: &str = "not told of the end: the array was called off when no agent was there";

/// Ends the array if all its tasks have ended and nobody else sees to it; whether that is so.
pub(crate) async fn end(session: &Session, id: &ArrayId, ended_at: Millis) -> Result<bool> {
    let store = store(session);
    let owner = format!("spawn/{:08x}", fastrand::u32(..));
    let Some(Ended { array, counts }) = store.claim_end(id, &owner, session.clock.now(), LEASE).await? else {
        return Ok(false);
    };
    session.record_array(&array, counts, ended_at);
    TaskQueue::new(session.clients.sqs().clone(), array.queue_url.clone()).delete().await?;
    let problem = array.hook.as_ref().map(|_| NOT_TOLD);
    Ok(store.finish(id, &owner, ended_at, problem).await?)
}
