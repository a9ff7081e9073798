//! Ending an array and opening it again, each written over the version of the array that it was worked out from.
//!
//! Counts and array are two items. So that a retry and an end that meet cannot both believe that they were first, an end
//! reads the array, then the counts, and writes over that array; a retry changes tasks first and then writes the array,
//! even if it writes back what it read.

use super::ArrayStore;
use super::write_array::Tries;
use crate::arrays::array::ArrayRecord;
use crate::arrays::counts::Counts;
use crate::arrays::id::ArrayId;
use crate::arrays::queue::TaskQueue;
use crate::arrays::task::Millis;
use crate::error::Result;
use std::time::Duration;

/// An array whose end was claimed, and how its tasks have ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// As it is since the claim.
    pub array: ArrayRecord,
    /// They are complete.
    pub counts: Counts,
}

impl ArrayStore {
    /// Takes on the end of an array all of whose tasks have ended. None if some have not, if somebody else sees to it,
    /// or if it is done: then there is nothing to do.
    ///
    /// # Errors
    /// If DynamoDB does not answer, or the item cannot be read.
    pub async fn claim_end(&self, id: &ArrayId, owner: &str, now: Millis, lease: Duration) -> Result<Option<Ended>> {
        let mut tries = Tries::new();
        let mut counts = Counts::default();
        while let Some((array, stamp)) = self.read_array(id, &mut tries).await? {
            if tries.is_own(stamp) {
                return Ok(Some(Ended { array, counts }));
            }
            let Some(claimed) = array.claim_end(owner, now, lease) else { return Ok(None) };
            counts = self.counts(id).await?;
            if counts.ended() < array.size {
                return Ok(None);
            }
            if self.write_array(&claimed, stamp, &mut tries).await? {
                return Ok(Some(Ended { array: claimed, counts }));
            }
        }
        Ok(None)
    }

    /// Keeps the end for longer; whether it still is the owner's.
    ///
    /// # Errors
    /// As of [`ArrayStore::claim_end`].
    pub async fn renew_end(&self, id: &ArrayId, owner: &str, now: Millis, lease: Duration) -> Result<bool> {
        let array = self.change_array(id, |array| array.renew_end(owner, now, lease)).await?;
        Ok(array.is_some_and(|array| array.renew_end(owner, now, lease).is_some()))
    }

    /// Says that the end is done; whether that was still the owner's to say. `ended_at` is when the last task ended.
    ///
    /// # Errors
    /// As of [`ArrayStore::claim_end`].
    pub async fn finish(&self, id: &ArrayId, owner: &str, ended_at: Millis, problem: Option<&str>) -> Result<bool> {
        let mut tries = Tries::new();
        while let Some((array, stamp)) = self.read_array(id, &mut tries).await? {
            if tries.is_own(stamp) {
                return Ok(true);
            }
            let Some(finished) = array.finish(owner, ended_at, problem) else { return Ok(false) };
            if self.write_array(&finished, stamp, &mut tries).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Opens the array for tasks that were given another round of attempts **before** this call; answers it with the
    /// queue to dispatch them in. An array that is open stays in its round.
    ///
    /// # Errors
    /// As of [`ArrayStore::claim_end`], or if SQS refuses the queue of the next round.
    pub async fn reopen(
        &self,
        sqs: &aws_sdk_sqs::Client,
        id: &ArrayId,
        visibility: Duration,
    ) -> Result<Option<ArrayRecord>> {
        let mut tries = Tries::new();
        while let Some((array, stamp)) = self.read_array(id, &mut tries).await? {
            if tries.is_own(stamp) {
                return Ok(Some(array));
            }
            let after = if array.is_ending() {
                let queue = TaskQueue::create(sqs.clone(), id, array.round + 1, visibility).await?;
                array.reopen(queue.url()).unwrap_or(array)
            } else {
                array
            };
            if self.write_array(&after, stamp, &mut tries).await? {
                return Ok(Some(after));
            }
        }
        Ok(None)
    }
}
