//! `--join`: the array that is there, by its id or its name, if anything of it is left to do.

use super::order::ArrayOrder;
use crate::array::{Word, find};
use crate::exit::UsageError;
use crate::session::Session;
use anyhow::Result;
use spawn_cloud::arrays::Millis;

/// Finds the array, which must have work.
pub(in super::super) async fn join(session: &Session, wanted: &Word, now: Millis) -> Result<ArrayOrder> {
    let array = find(session, wanted, now).await?;
    let id = &array.id;
    let problem = match () {
        () if array.cancelled_at.is_some() => format!("array {id} was called off: nothing of it is left to do"),
        () if array.ended_at.is_some() => {
            format!("array {id} has ended: `spawn retry {id}` gives its failed tasks another round")
        }
        () if !array.ready => format!("array {id} is not ready: `spawn launch --resume` ends the launch that made it"),
        () => return Ok(ArrayOrder::joined(&array)),
    };
    Err(UsageError::Other(problem).into())
}
