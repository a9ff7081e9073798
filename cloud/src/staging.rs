//! Inputs and results of tasks: folders on disk, prefixes in S3, and the way between them, many objects at once.
//!
//! Nothing is held whole in memory, neither an object nor the list of them. Each object has a span of its own below the
//! caller's, with its calls below it, up to a number that a trace can hold.

mod deliver;
mod download;
mod error;
mod fetch;
mod file;
mod layout;
mod list;
mod logs;
mod name;
mod read_logs;
mod transfer;
mod upload;
mod url;
mod walk;

pub use deliver::{Delivered, deliver};
pub use error::StagingError;
pub use fetch::{Fetched, fetch};
pub use layout::{Stream, TaskPlace};
pub use logs::{LogShipper, Shipped};
pub use read_logs::{Chunk, LogReader};
pub use url::{BadS3Url, S3Url};

use std::time::Duration;

/// Objects, and requests, that are under way at once in one transfer.
const AT_ONCE: usize = 8;
/// Objects above this size go in parts.
const BIG: u64 = 16 * MIB;
/// Bytes of a part, unless there would be too many.
const PART: u64 = 8 * MIB;
const MIB: u64 = 1_024 * 1_024;
/// One request may take this long with all its attempts: a part of 8 MiB over 64 KiB a second, and then some.
const PATIENCE: Duration = Duration::from_secs(15 * 60);
