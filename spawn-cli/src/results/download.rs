//! Brings what tasks left behind to this machine, several tasks at once, each into a folder of its own.

use crate::array::Overview;
use crate::progress::Progress;
use crate::session::Session;
use anyhow::{Context as _, Result, bail};
use opentelemetry::Context;
use serde_json::{Value, json};
use spawn_cloud::staging::{self, Fetched, S3Url, StagingError, TaskPlace};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tokio::task::JoinSet;

/// Tasks at once; each brings several objects at once.
const AT_ONCE: usize = 4;

/// What was brought of each task that left something.
#[derive(Debug, Default)]
pub(super) struct Downloads(BTreeMap<u32, (PathBuf, Brought)>);

/// What became of one task's results.
#[derive(Debug)]
enum Brought {
    Fetched(Fetched),
    /// They are there from an earlier time.
    Kept,
    Failed(anyhow::Error),
}

/// Fetches the results of all tasks that have some. A folder that is there is complete, and stays as it is unless
/// `replace` says otherwise.
pub(super) async fn all(session: &Session, overview: &Overview, folder: &Path, replace: bool) -> Result<Downloads> {
    let array = &overview.array;
    let output: S3Url =
        array.output.parse().with_context(|| format!("the record of {} says no place for results", array.id))?;
    std::fs::create_dir_all(folder).with_context(|| format!("failed to make the folder {}", folder.display()))?;
    let progress = Progress::start();
    let mut downloads = Downloads::default();
    let mut under_way = JoinSet::new();
    let with_results: Vec<u32> =
        overview.tasks.iter().filter(|task| task.output.is_some()).map(|task| task.index).collect();
    let mut left = with_results.iter();
    // A disk that is full for one task is full for all.
    let mut full = false;
    loop {
        while under_way.len() < AT_ONCE && !full {
            let Some(&index) = left.next() else { break };
            let place = Place::new(folder, index);
            if place.is_there()? && !replace {
                downloads.0.insert(index, (place.into, Brought::Kept));
                continue;
            }
            place.make()?;
            // Where results are follows from the array: what a task's own item says is not asked.
            let from = TaskPlace::new(&output, index).results();
            let (s3, telemetry) = (session.clients.s3().clone(), session.telemetry().clone());
            let fetch = async move {
                let fetched = staging::fetch(&s3, &telemetry, &from, &place.part).await;
                (index, place, fetched)
            };
            // By its whole name: `anyhow` has a method of the same.
            under_way.spawn(opentelemetry::context::FutureExt::with_context(fetch, Context::current()));
        }
        let Some(done) = under_way.join_next().await else { break };
        let (index, place, fetched) = done.context("failed to fetch results")?;
        full |= matches!(fetched, Err(StagingError::Space { .. } | StagingError::File { .. }));
        let brought = place.settle(fetched);
        downloads.0.insert(index, (place.into, brought));
        progress.step(&format!("fetched {} of {}", downloads.0.len(), with_results.len()));
    }
    progress.finish();
    Ok(downloads)
}

/// Where the results of one task go: beside their place until they are complete.
struct Place {
    into: PathBuf,
    part: PathBuf,
}

impl Place {
    fn new(folder: &Path, index: u32) -> Self {
        let unique = fastrand::u32(..);
        Self { into: folder.join(format!("{index:06}")), part: folder.join(format!(".{index:06}-{unique:08x}.part")) }
    }

    /// A link could lead anywhere, and is refused.
    fn is_there(&self) -> Result<bool> {
        match std::fs::symlink_metadata(&self.into) {
            Ok(found) if found.is_dir() => Ok(true),
            Ok(_) => {
                let shown = self.into.display();
                bail!("{shown} is there and no folder: remove it, or choose another folder for --download")
            }
            Err(_) => Ok(false),
        }
    }

    fn make(&self) -> Result<()> {
        let failed = || format!("failed to make the folder {}", self.part.display());
        std::fs::create_dir(&self.part).with_context(failed)
    }

    /// Puts what is complete in its place, and removes what is not.
    fn settle(&self, fetched: Result<Fetched, StagingError>) -> Brought {
        let moved = fetched.map_err(anyhow::Error::from).and_then(|fetched| {
            if self.is_there()? {
                std::fs::remove_dir_all(&self.into)
                    .with_context(|| format!("failed to remove {}", self.into.display()))?;
            }
            std::fs::rename(&self.part, &self.into)
                .with_context(|| format!("failed to move results to {}", self.into.display()))?;
            Ok(fetched)
        });
        moved.map_or_else(
            |error| {
                // What is left over has a name that says so.
                drop(std::fs::remove_dir_all(&self.part));
                Brought::Failed(error)
            },
            Brought::Fetched,
        )
    }
}

impl Downloads {
    /// The task for programs, with what was brought of it.
    pub(super) fn with(&self, mut task: Value, index: u32) -> Value {
        if let Some((into, brought)) = self.0.get(&index) {
            let folder = into.to_string_lossy();
            task["downloaded"] = match brought {
                Brought::Fetched(Fetched { objects, bytes }) => {
                    json!({ "folder": folder, "files": objects, "bytes": bytes })
                }
                Brought::Kept => json!({ "folder": folder, "kept": true }),
                Brought::Failed(error) => json!({ "folder": Value::Null, "error": format!("{error:#}") }),
            };
        }
        task
    }

    pub(super) fn has_failed(&self) -> bool {
        self.0.values().any(|(_, brought)| matches!(brought, Brought::Failed(_)))
    }

    /// What to tell about it.
    pub(super) fn messages(&self) -> Vec<String> {
        let mut messages = Vec::new();
        let (mut files, mut bytes, mut kept) = (0, 0, 0);
        for (index, (_, brought)) in &self.0 {
            match brought {
                Brought::Fetched(fetched) => (files, bytes) = (files + fetched.objects, bytes + fetched.bytes),
                Brought::Kept => kept += 1,
                Brought::Failed(error) => {
                    messages.push(format!("the results of task {index} were not fetched: {error:#}"));
                }
            }
        }
        if kept > 0 {
            let what = format!("the results of {kept} tasks are there from an earlier time and stay as they are");
            messages.insert(0, format!("{what}; --replace fetches them anew"));
        }
        if files > 0 {
            messages.insert(0, format!("fetched {files} files of {bytes} bytes"));
        }
        messages
    }
}
