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
pub(super) struct Downloads(BTreeMap<u32, (PathBuf, Result<Fetched>)>);

/// Fetches the results of all tasks that have some.
pub(super) async fn all(session: &Session, overview: &Overview, folder: &Path) -> Result<Downloads> {
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
            let into = folder.join(format!("{index:06}"));
            make_folder(&into)?;
            // Where results are follows from the array: what a task's own item says is not asked.
            let from = TaskPlace::new(&output, index).results();
            let (s3, telemetry) = (session.clients.s3().clone(), session.telemetry().clone());
            let fetch = async move {
                let fetched = staging::fetch(&s3, &telemetry, &from, &into).await;
                (index, into, fetched)
            };
            // By its whole name: `anyhow` has a method of the same.
            under_way.spawn(opentelemetry::context::FutureExt::with_context(fetch, Context::current()));
        }
        let Some(done) = under_way.join_next().await else { break };
        let (index, into, fetched) = done.context("failed to fetch results")?;
        full |= matches!(fetched, Err(StagingError::Space { .. } | StagingError::File { .. }));
        downloads.0.insert(index, (into, fetched.map_err(anyhow::Error::from)));
        progress.step(&format!("fetched {} of {}", downloads.0.len(), with_results.len()));
    }
    progress.finish();
    Ok(downloads)
}

/// Makes the folder of one task. A link there could lead anywhere, and is refused.
fn make_folder(path: &Path) -> Result<()> {
    let shown = path.display();
    match std::fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => Ok(()),
        Ok(_) => bail!("{shown} is there and no folder: remove it, or choose another folder for --download"),
        Err(_) => std::fs::create_dir(path).with_context(|| format!("failed to make the folder {shown}")),
    }
}

impl Downloads {
    /// The task for programs, with what was brought of it.
    pub(super) fn with(&self, mut task: Value, index: u32) -> Value {
        if let Some((into, fetched)) = self.0.get(&index) {
            task["downloaded"] = match fetched {
                Ok(Fetched { objects, bytes }) => {
                    json!({ "folder": into.to_string_lossy(), "files": objects, "bytes": bytes })
                }
                Err(error) => json!({ "folder": into.to_string_lossy(), "error": format!("{error:#}") }),
            };
        }
        task
    }

    pub(super) fn has_failed(&self) -> bool {
        self.0.values().any(|(_, fetched)| fetched.is_err())
    }

    /// What to tell about it.
    pub(super) fn messages(&self) -> Vec<String> {
        let mut messages = Vec::new();
        let (mut files, mut bytes) = (0, 0);
        for (index, (_, fetched)) in &self.0 {
            match fetched {
                Ok(fetched) => (files, bytes) = (files + fetched.objects, bytes + fetched.bytes),
                Err(error) => messages.push(format!("the results of task {index} were not fetched: {error:#}")),
            }
        }
        if files > 0 {
            messages.insert(0, format!("fetched {files} files of {bytes} bytes"));
        }
        messages
    }
}
