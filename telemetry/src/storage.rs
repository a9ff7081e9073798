//! Where spans are kept on their way.

use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;
use spawn_config::SpoolSettings;

/// Where spans are kept on their way: on disk, or in memory alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Storage {
    /// The folder of the spool, which other processes of this user may share. `None`: spans are kept in memory alone, and
    /// what is not delivered when the process ends is lost.
    pub folder: Option<PathBuf>,
    /// Most bytes on disk, of all processes that share the folder.
    pub size: u64,
    /// How long a span may be known to the page cache alone; zero waits for the disk at the end of each span.
    pub sync: Duration,
}

impl Storage {
    /// As the settings say; `own` is the program's own folder, where they name none.
    #[must_use]
    pub fn new(settings: &SpoolSettings, own: Option<PathBuf>) -> Self {
        let SpoolSettings { folder, size, sync } = settings;
        let folder = folder.as_ref().map(PathBuf::from).or(own);
        Self { folder, size: *size, sync: *sync }
    }

    /// Spans are kept in memory alone.
    #[must_use]
    pub fn memory() -> Self {
        Self::default()
    }
}

/// How it stands with the spans on their way. Figures of the disk are those of its last look: they lag by a second or so.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct StorageStatus {
    /// The folder of the spool; `None` without one.
    pub folder: Option<PathBuf>,
    /// Spans that wait and are on disk.
    pub on_disk: u64,
    /// Spans that wait in memory alone.
    pub in_memory: u64,
    /// Bytes of all writers in the folder, room set aside included.
    pub bytes: u64,
    /// Most bytes that they may take.
    pub capacity: u64,
    /// Writers with a folder there, living or gone.
    pub writers: u64,
    /// Files set aside: of a version that is not known here, or with parts that the disk has not kept.
    pub set_aside: u64,
    /// Spans that this process found damaged there.
    pub corrupt: u64,
}
