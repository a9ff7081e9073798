//! Credentials from files that change: whoever writes new keys into `~/.aws/credentials` need restart nothing.
//!
//! The SDK reads the files of profiles once for as long as a program lives. Here its chain is made anew when one of them has
//! changed. Token files of web identities it reads each time anyway, and metadata and processes it asks anew.

use aws_credential_types::provider::{self, ProvideCredentials, SharedCredentialsProvider, future};
use std::ffi::OsString;
use std::fmt;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

/// The SDK's chain, and how to make it anew.
pub(crate) struct FollowingFiles {
    make: Box<dyn Fn() -> Making + Send + Sync>,
    files: Vec<PathBuf>,
    made: Mutex<Made>,
}

/// A chain on its way.
pub(crate) type Making = Pin<Box<dyn Future<Output = SharedCredentialsProvider> + Send>>;

/// A chain, and the files as they were when it was made.
#[derive(Clone)]
struct Made {
    files: Vec<Option<Stamp>>,
    chain: SharedCredentialsProvider,
}

/// What another content of a file shows in: when it was written, which file it is, and how long.
type Stamp = (SystemTime, u64, u64);

impl FollowingFiles {
    /// Makes the first chain.
    pub(crate) async fn new(files: Vec<PathBuf>, make: impl Fn() -> Making + Send + Sync + 'static) -> Self {
        // The files as they are before they are read: a change in between is one.
        let stamps = stamps(&files);
        let made = Made { files: stamps, chain: make().await };
        Self { make: Box::new(make), files, made: Mutex::new(made) }
    }

    async fn find(&self) -> provider::Result {
        let now = stamps(&self.files);
        let known = self.made.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if known.files == now {
            return known.chain.provide_credentials().await;
        }
        tracing::debug!("the files of credentials have changed: reading them again");
        let made = Made { files: now, chain: (self.make)().await };
        *self.made.lock().unwrap_or_else(PoisonError::into_inner) = made.clone();
        made.chain.provide_credentials().await
    }
}

impl ProvideCredentials for FollowingFiles {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.find())
    }
}

impl fmt::Debug for FollowingFiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FollowingFiles").field("files", &self.files).finish_non_exhaustive()
    }
}

/// The files that the SDK reads profiles from.
pub(crate) fn profile_files(variable: impl Fn(&str) -> Option<OsString>) -> Vec<PathBuf> {
    let of_home = |name: &str| Some(PathBuf::from(variable("HOME")?).join(".aws").join(name));
    let file = |moved: &str, name: &str| variable(moved).map(PathBuf::from).or_else(|| of_home(name));
    [file("AWS_SHARED_CREDENTIALS_FILE", "credentials"), file("AWS_CONFIG_FILE", "config")]
        .into_iter()
        .flatten()
        .collect()
}

fn stamps(files: &[PathBuf]) -> Vec<Option<Stamp>> {
    let stamp = |file: &PathBuf| {
        let about = std::fs::metadata(file).ok()?;
        Some((about.modified().ok()?, about.ino(), about.len()))
    };
    files.iter().map(stamp).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_credential_types::Credentials;

    #[test]
    fn the_files_are_those_that_the_sdk_reads() {
        let found = profile_files(|name| (name == "HOME").then(|| "/home/kim".into()));
        assert_eq!(found, [PathBuf::from("/home/kim/.aws/credentials"), "/home/kim/.aws/config".into()]);
        let found = profile_files(|name| (name == "AWS_CONFIG_FILE").then(|| "/etc/aws".into()));
        assert_eq!(found, [PathBuf::from("/etc/aws")]);
    }

    #[tokio::test]
    async fn keys_that_are_written_over_are_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("credentials");
        let write = |key: &str| {
            // As a tool that takes care does it: under another name first.
            std::fs::write(folder.path().join("new"), key).unwrap();
            std::fs::rename(folder.path().join("new"), &file).unwrap();
        };
        write("AKIAFIRST");
        let path = file.clone();
        // Reads once for as long as it lives, as the SDK's chain does.
        let make = move || -> Making {
            let key = std::fs::read_to_string(&path).unwrap();
            let credentials = Credentials::new(key, "secret", None, None, "test");
            Box::pin(std::future::ready(SharedCredentialsProvider::new(credentials)))
        };
        let following = FollowingFiles::new(vec![file.clone()], make).await;
        let key = async || following.provide_credentials().await.unwrap().access_key_id().to_owned();
        assert_eq!((key().await, key().await), ("AKIAFIRST".to_owned(), "AKIAFIRST".to_owned()));
        write("AKIASECOND");
        assert_eq!(key().await, "AKIASECOND");
    }
}
