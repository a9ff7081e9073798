//! The same way for an array: read, work out, write over what was read, or begin again.

use super::ArrayStore;
use super::write::{MOST_TRIES, Met, TRANSACT, Tried, given_up, pause};
use crate::arrays::array::ArrayRecord;
use crate::arrays::id::ArrayId;
use crate::arrays::item::{self, Stamp};
use crate::error::{Error, Result};
use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::types::{Put, TransactWriteItem};

/// The tries of one change of an array.
pub(super) struct Tries {
    made: u32,
    /// The stamp of the last one.
    wanted: Option<Stamp>,
    met: Met,
}

impl Tries {
    pub(super) const fn new() -> Self {
        Self { made: 0, wanted: None, met: Met::Another }
    }

    /// Whether the array that was found is what the last try wrote: its answer was lost on its way.
    pub(super) fn is_own(&self, found: Stamp) -> bool {
        self.wanted == Some(found)
    }
}

impl ArrayStore {
    /// Changes an array by `rule`; `None` leaves it as it is. Answers the array as it is then, or none if there is none.
    ///
    /// # Errors
    /// If DynamoDB does not answer, or the item cannot be read.
    pub async fn change_array(
        &self,
        id: &ArrayId,
        rule: impl Fn(&ArrayRecord) -> Option<ArrayRecord>,
    ) -> Result<Option<ArrayRecord>> {
        let mut tries = Tries::new();
        while let Some((array, stamp)) = self.read_array(id, &mut tries).await? {
            if tries.is_own(stamp) {
                return Ok(Some(array));
            }
            let Some(after) = rule(&array) else { return Ok(Some(array)) };
            if self.write_array(&after, stamp, &mut tries).await? {
                return Ok(Some(after));
            }
        }
        Ok(None)
    }

    /// The array as it is now, to be changed; after some tries an error.
    pub(super) async fn read_array(&self, id: &ArrayId, tries: &mut Tries) -> Result<Option<(ArrayRecord, Stamp)>> {
        if tries.made == MOST_TRIES {
            return Err(given_up(tries.met, &format!("array {id}")));
        }
        if tries.made > 0 {
            pause(tries.made).await;
        }
        tries.made += 1;
        let found = self.read(item::array_key(id)).await?;
        found.map(|found| item::to_array(&found)).transpose()
    }

    /// Writes the array over the stamp that was read; whether that was done.
    pub(super) async fn write_array(&self, after: &ArrayRecord, read: Stamp, tries: &mut Tries) -> Result<bool> {
        let next = read.next();
        match self.put_array(after, read.version, next).await? {
            Tried::Done => return Ok(true),
            Tried::Met(why) => tries.met = why,
        }
        tries.wanted = Some(next);
        Ok(false)
    }

    /// The array's record and its entry in the index in one: who lists arrays sees how far each is.
    async fn put_array(&self, array: &ArrayRecord, version: u64, next: Stamp) -> Result<Tried> {
        let incomplete = |error: BuildError| Error::Unexpected { call: TRANSACT, reason: error.to_string() };
        let of = |key| item::of_array(key, array, next);
        let put = self.over(of(item::array_key(&array.id)), version).map_err(incomplete)?;
        let entry = Put::builder().table_name(&self.table).set_item(Some(of(item::index_key(&array.id))));
        let entry = entry.build().map_err(incomplete)?;
        self.both(TransactWriteItem::builder().put(put).build(), TransactWriteItem::builder().put(entry).build()).await
    }
}
