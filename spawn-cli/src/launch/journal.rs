//! Orders on disk, while they are carried out: written before the first call, taken away when all is launched.

use super::options::LATEST;
use super::order::Order;
use crate::exit::UsageError;
use anyhow::{Context, Result};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// An order that nobody finished in this time is forgotten.
const KEPT: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// The file of one order, and the right to change it.
#[derive(Debug)]
pub(super) struct Journal {
    path: PathBuf,
    /// Held as long as this process works on the order.
    _lock: File,
}

impl Journal {
    /// Claims the file of the order in `folder`, which is made when it is absent. Old orders are removed.
    pub(super) fn claim(folder: &Path, id: &str) -> Result<Self> {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .with_context(|| format!("failed to make {}", folder.display()))?;
        prune(folder, SystemTime::now());
        let path = folder.join(format!("{id}.lock"));
        let lock = OpenOptions::new().create(true).write(true).truncate(false).mode(0o600).open(&path);
        let lock = lock.with_context(|| format!("failed to open {}", path.display()))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path: folder.join(format!("{id}.json")), _lock: lock }),
            Err(TryLockError::WouldBlock) => {
                let hint = format!("launch {id} is under way in another process: wait for its end");
                Err(UsageError::Other(hint).into())
            }
            Err(TryLockError::Error(error)) => Err(error).with_context(|| format!("failed to lock {}", path.display())),
        }
    }

    /// Claims the order of this id, or the latest one, and reads it.
    pub(super) fn resume(folder: &Path, id: &str) -> Result<(Self, Order)> {
        let none = |what: String| UsageError::Other(format!("{what} in {}: nothing to resume", folder.display()));
        let id = match id {
            LATEST => latest(folder).ok_or_else(|| none("there is no interrupted launch".to_owned()))?,
            id => id.to_owned(),
        };
        if !folder.join(format!("{id}.json")).exists() {
            return Err(none(format!("there is no interrupted launch {id}")).into());
        }
        let journal = Self::claim(folder, &id)?;
        // Read under the lock: the process that had it may have finished meanwhile.
        let text = match fs::read(&journal.path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(none(format!("launch {id} is finished, and not")).into());
            }
            Err(error) => return Err(error).with_context(|| format!("failed to read {}", journal.path.display())),
        };
        let order = serde_json::from_slice(&text).with_context(|| {
            format!(
                "failed to read {}: another version of spawn wrote it; `spawn list` shows what runs",
                journal.path.display()
            )
        })?;
        Ok((journal, order))
    }

    /// Writes the order, whole or not at all: user data may hold secrets, so only this user may read it.
    pub(super) fn write(&self, order: &Order) -> Result<()> {
        let write = || -> std::io::Result<()> {
            let new = self.path.with_extension("new");
            let mut file = OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(&new)?;
            file.write_all(&serde_json::to_vec(order)?)?;
            file.sync_all()?;
            fs::rename(&new, &self.path)
        };
        write().with_context(|| format!("failed to write {}", self.path.display()))
    }

    /// Forgets the order: all of it is launched, or none of it ever will be.
    pub(super) fn close(&self) {
        for path in [self.path.clone(), self.path.with_extension("lock")] {
            // What cannot be removed is pruned later; the launch itself has gone well.
            drop(fs::remove_file(path));
        }
    }
}

/// The id of the order that was written last.
fn latest(folder: &Path) -> Option<String> {
    let orders = fs::read_dir(folder).ok()?.flatten().filter_map(|entry| {
        let path = entry.path();
        let is_order = path.extension().is_some_and(|extension| extension == "json");
        let changed = entry.metadata().and_then(|metadata| metadata.modified()).ok().filter(|_| is_order)?;
        Some((changed, path.file_stem()?.to_str()?.to_owned()))
    });
    orders.max().map(|(_, id)| id)
}

fn prune(folder: &Path, now: SystemTime) {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    for entry in entries {
        let changed = entry.metadata().and_then(|metadata| metadata.modified()).unwrap_or(now);
        if now.duration_since(changed).is_ok_and(|age| age > KEPT) {
            drop(fs::remove_file(entry.path()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::order::tests::order;
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn an_order_is_written_for_its_user_only_and_resumed() {
        let folder = tempfile::tempdir().unwrap();
        let order = order(3);
        let journal = Journal::claim(folder.path(), &order.id).unwrap();
        journal.write(&order).unwrap();
        let mode = fs::metadata(&journal.path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let error = Journal::resume(folder.path(), &order.id).unwrap_err().to_string();
        assert_eq!(error, "launch 0123456789abcdef is under way in another process: wait for its end");
        drop(journal);
        let (journal, read) = Journal::resume(folder.path(), LATEST).unwrap();
        assert_eq!(read, order);
        journal.close();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn what_is_not_there_cannot_be_resumed() {
        let folder = tempfile::tempdir().unwrap();
        let refused = |id| format!("{:#}", Journal::resume(folder.path(), id).unwrap_err());
        assert!(refused(LATEST).starts_with("there is no interrupted launch in "), "{}", refused(LATEST));
        assert!(refused("0123456789abcdef").starts_with("there is no interrupted launch 0123456789abcdef in "));
        fs::write(folder.path().join("0123456789abcdef.json"), "{}").unwrap();
        assert!(refused("0123456789abcdef").contains("another version of spawn wrote it"));
    }

    #[test]
    fn an_old_order_is_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("0123456789abcdef.json");
        fs::write(&file, "{}").unwrap();
        let now = SystemTime::now();
        prune(folder.path(), now + KEPT - Duration::from_secs(60));
        assert!(file.exists());
        prune(folder.path(), now + KEPT + Duration::from_secs(60));
        assert!(!file.exists());
    }
}
