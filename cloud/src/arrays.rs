//! Job arrays: many tasks, worked on by any number of agents. DynamoDB is the truth, SQS the dispatcher.
//!
//! | item | PK | SK |
//! |---|---|---|
//! | array | `ARRAY_ID` | `array` |
//! | index of arrays | `arrays` | `ARRAY_ID` |
//! | task | `ARRAY_ID#SHARD` | `task#000042` |
//! | counts | `ARRAY_ID#SHARD` | `counts` |
//! | agent | `ARRAY_ID#SHARD` | `agent#INSTANCE_ID` |
//! | parameters of a task | `ARRAY_ID#SHARD#params` | `task#000042` |
//!
//! A task's shard is its index modulo 16, an agent's the hash of its id. The rules of a task's life are pure functions
//! in [`Task`]; [`ArrayStore`] carries each out as one conditional write, so that whatever meets, one wins.

mod array;
mod clock;
mod counts;
mod end;
mod expand;
mod hook;
mod id;
mod item;
mod queue;
mod store;
mod task;

pub use array::{ArrayRecord, HookState};
pub use clock::ServerClock;
pub use counts::Counts;
pub use expand::{BadBraces, PLACEHOLDERS, Placeholders, check, expand};
pub use hook::{HookOutcome, invoke_hook};
pub use id::{ArrayId, ArrayName, BadArrayId};
pub use queue::{Delivery, TaskQueue};
pub use store::{ArrayStore, Claimed, Ended, Shard, Written};
pub use task::{Attempt, Ending, LostAttempt, Millis, Refusal, Task, TaskState};

/// Partitions of an array: DynamoDB takes 1,000 writes a second on each (Amazon DynamoDB Developer Guide, "Partitions
/// and data distribution").
pub const SHARDS: u32 = 16;
/// Tasks that an array may have: as many as AWS Batch allows its arrays.
pub const MOST_TASKS: u32 = 10_000;
