//! The file whose appearance says that the work is done.

use super::Completion;
use anyhow::{Context, Result, ensure};
use std::io::{ErrorKind, Read};
use std::path::Path;
use std::time::{Duration, SystemTime};

/// Bytes of the file that are read, at most.
const MOST: u64 = 4 * 1_024;

/// One look after the other at the file. Two are needed: whoever writes the file may be at it during the first.
#[derive(Debug, Default)]
pub(super) struct Watch {
    seen: Option<SystemTime>,
    taken: Option<SystemTime>,
    said: Option<SystemTime>,
}

impl Watch {
    /// The completion, once, at the second look that finds the file. Its content is optional: what cannot be read is
    /// left out with a warning. A file from before the start of the host is of an earlier life and does not count.
    pub(super) async fn look(&mut self, root: &Path, path: &Path) -> Option<Completion> {
        // The file may lie on a network that hangs; the agent must not.
        let owned = path.to_owned();
        let written = tokio::task::spawn_blocking(move || written(&owned)).await.ok()??;
        if self.taken == Some(written) {
            return None;
        }
        if started(root).is_some_and(|started| written < started) {
            if self.said.replace(written) != Some(written) {
                tracing::warn!(file = %path.display(), "the completion file is older than the start of this host and does not count: remove it");
            }
            return None;
        }
        self.seen.replace(written)?;
        self.taken = Some(written);
        let owned = path.to_owned();
        let read = tokio::task::spawn_blocking(move || content(&owned)).await.context("the reader has panicked");
        Some(read.and_then(|read| read).unwrap_or_else(|error| {
            tracing::warn!(file = %path.display(), error = format!("{error:#}"), "the completion file counts, its content is left out");
            Completion::default()
        }))
    }
}

/// When the file was written; none where there is no plain file.
fn written(path: &Path) -> Option<SystemTime> {
    let found = std::fs::symlink_metadata(path).ok()?;
    if found.is_file() { found.modified().ok() } else { None }
}

/// When the host started, by the clock that files are dated with.
fn started(root: &Path) -> Option<SystemTime> {
    let uptime = std::fs::read_to_string(root.join("proc/uptime")).ok()?;
    let seconds: f64 = uptime.split_whitespace().next()?.parse().ok()?;
    let uptime = Duration::try_from_secs_f64(seconds).ok()?;
    // The figure has hundredths, and a file may be as old as the host.
    SystemTime::now().checked_sub(uptime + Duration::from_secs(1))
}

fn content(path: &Path) -> Result<Completion> {
    let file = match std::fs::File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Completion::default()),
        file => file.context("it cannot be read")?,
    };
    let mut text = String::new();
    file.take(MOST + 1).read_to_string(&mut text).context("it cannot be read")?;
    ensure!(text.len() as u64 <= MOST, "it is longer than {MOST} bytes");
    if text.trim().is_empty() {
        return Ok(Completion::default());
    }
    serde_json::from_str(&text).context(r#"it is not of the form {"status": "succeeded" or "failed", "message": "…"}"#)
}

#[cfg(test)]
mod tests {
    use super::super::Outcome;
    use super::*;

    async fn completion(text: &str) -> Completion {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("complete");
        std::fs::write(&path, text).unwrap();
        let mut watch = Watch::default();
        assert_eq!(watch.look(folder.path(), &path).await, None, "the writer may still be at it");
        let completion = watch.look(folder.path(), &path).await.unwrap();
        assert_eq!(watch.look(folder.path(), &path).await, None, "once");
        completion
    }

    #[tokio::test]
    async fn a_file_is_a_completion_whatever_it_holds() {
        let failed = Completion { status: Outcome::Failed, message: Some("no disk".to_owned()) };
        assert_eq!(completion(r#"{"status": "failed", "message": "no disk", "at": 7}"#).await, failed);
        for text in ["", "\n", "done", r#"{"status": "fine"}"#, "[]", "\u{0}"] {
            assert_eq!(completion(text).await, Completion::default(), "{text:?}");
        }
        let long = format!(r#"{{"status": "failed", "message": "{}"}}"#, "x".repeat(5_000));
        assert_eq!(completion(&long).await, Completion::default());
    }

    #[tokio::test]
    async fn a_folder_a_pipe_or_a_link_is_no_completion() {
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join("link");
        std::os::unix::fs::symlink("/etc/hostname", &link).unwrap();
        for path in [folder.path(), &link, Path::new("/dev/null"), Path::new("/nonexistent/complete")] {
            let mut watch = Watch::default();
            for _ in 0..3 {
                assert_eq!(watch.look(folder.path(), path).await, None, "{}", path.display());
            }
        }
    }

    #[tokio::test]
    async fn a_file_from_before_the_start_of_the_host_does_not_count() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join("proc")).unwrap();
        std::fs::write(root.path().join("proc/uptime"), "60.25 40.00\n").unwrap();
        let path = root.path().join("complete");
        std::fs::write(&path, "").unwrap();
        let old = SystemTime::now() - Duration::from_secs(90);
        std::fs::File::options().write(true).open(&path).unwrap().set_modified(old).unwrap();
        let mut watch = Watch::default();
        for _ in 0..3 {
            assert_eq!(watch.look(root.path(), &path).await, None);
        }
        std::fs::write(&path, "").unwrap();
        assert_eq!(watch.look(root.path(), &path).await, None);
        assert_eq!(watch.look(root.path(), &path).await, Some(Completion::default()));
    }
}
