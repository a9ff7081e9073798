//! What can be made to go wrong.

use std::path::{Path, PathBuf};
use std::time::Duration;

/// How a process ends that did not mean to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Crash {
    /// The process alone, as `SIGKILL` ends it.
    Kill,
    /// The machine, and what was not durable is lost in part.
    Power,
}

/// An operation of a disk or of a file on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "they are the methods of `Disk` and `DiskFile`")]
pub enum Operation {
    CreateFolder,
    List,
    Create,
    Open,
    Rename,
    Remove,
    RemoveFolder,
    SyncFolder,
    Lock,
    Write,
    Read,
    Size,
    Sync,
}

/// Operations that fail or take their time.
#[derive(Clone, Debug)]
pub struct Fault {
    /// Only these operations; none: all.
    pub operations: Vec<Operation>,
    /// Only at this path and below it.
    pub below: PathBuf,
    /// So many that fit go well before.
    pub after: u64,
    /// So many that fit fail then.
    pub count: u64,
    /// The number of the error, as the kernel gives it; `None`: the operation goes well.
    pub error: Option<i32>,
    /// What the operation takes of a time that nobody waits for.
    pub delay: Duration,
}

impl Fault {
    /// All operations fail in this way, from now on.
    #[must_use]
    pub fn error(number: i32) -> Self {
        Self {
            operations: Vec::new(),
            below: PathBuf::from("/"),
            after: 0,
            count: u64::MAX,
            error: Some(number),
            delay: Duration::ZERO,
        }
    }

    /// Of these operations only.
    #[must_use]
    pub fn of(mut self, operations: &[Operation]) -> Self {
        self.operations = operations.to_vec();
        self
    }

    /// The one operation after so many that fit.
    #[must_use]
    pub fn once_after(mut self, operations: u64) -> Self {
        self.after = operations;
        self.count = 1;
        self
    }

    /// Whether the operation is one that this fault is for, and its turn has come.
    pub(super) fn strikes(&mut self, operation: Operation, path: &Path) -> bool {
        let fits =
            (self.operations.is_empty() || self.operations.contains(&operation)) && path.starts_with(&self.below);
        if !fits || self.count == 0 {
            return false;
        }
        if self.after > 0 {
            self.after -= 1;
            return false;
        }
        self.count -= 1;
        true
    }
}
