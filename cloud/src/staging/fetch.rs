//! Brings objects to disk: all below a prefix, or a single one.

use super::error::StagingError;
use super::file;
use super::list::{self, Object, Pages};
use super::name::{self, Place};
use super::transfer::{Crowd, Transfer};
use super::url::S3Url;
use aws_sdk_s3::Client;
use spawn_telemetry::Telemetry;
use std::path::{Path, PathBuf};

/// What was brought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fetched {
    /// Files.
    pub objects: u64,
    /// Bytes in them.
    pub bytes: u64,
}

/// Brings what is below `from` into the folder `into`, which is there and is nobody else's: `s3://b/in/x/y` becomes
/// `x/y`. If `from` is an object itself, it alone becomes a file of that name. Files that begin with `#!` or as ELF are
/// made executable.
///
/// # Errors
/// If there is nothing, a name would leave the folder, the disk is too small, an object changes or breaks off too often,
/// or S3 refuses or does not answer. What has been brought by then stays.
pub async fn fetch(s3: &Client, telemetry: &Telemetry, from: &S3Url, into: &Path) -> Result<Fetched, StagingError> {
    let transfer = Transfer::new(s3, telemetry, from.bucket());
    if !from.key().is_empty()
        && !from.key().ends_with('/')
        && let Some(object) = list::single(s3, from).await?
    {
        let folder = from.key().rfind('/').map_or("", |slash| &from.key()[..=slash]).to_owned();
        let mut fetch = Fetch::new(transfer, folder, from, into);
        fetch.take(vec![object]).await?;
        return fetch.finish().await;
    }
    let from = from.as_folder();
    let mut fetch = Fetch::new(transfer, from.key().to_owned(), &from, into);
    let mut pages = Pages::of(s3, &from);
    while let Some(page) = pages.next().await? {
        fetch.take(page).await?;
    }
    fetch.finish().await
}

/// A fetch under way.
struct Fetch<'a> {
    transfer: Transfer,
    from: &'a S3Url,
    /// What is cut off the keys.
    prefix: String,
    into: &'a Path,
    crowd: Crowd<u64>,
    fetched: Fetched,
    /// Bytes of objects that were begun, whether they have arrived or not.
    begun: u64,
}

impl<'a> Fetch<'a> {
    fn new(transfer: Transfer, prefix: String, from: &'a S3Url, into: &'a Path) -> Self {
        Self { transfer, from, prefix, into, crowd: Crowd::new(), fetched: Fetched::default(), begun: 0 }
    }

    /// Checks a page as a whole, then begins with its objects.
    async fn take(&mut self, page: Vec<Object>) -> Result<(), StagingError> {
        let placed: Result<Vec<(Object, Place)>, StagingError> = page
            .into_iter()
            .map(|object| {
                let place = name::place(self.from, &self.prefix, &object.key, object.size)?;
                Ok((object, place))
            })
            .collect();
        let placed = placed?;
        self.check_space(placed.iter().map(|(object, _)| object.size).sum())?;
        for (object, place) in placed {
            match place {
                Place::Folder(path) => self.make_folder(&object.key, path).await?,
                Place::File(path) => self.begin(object, path).await?,
            }
        }
        Ok(())
    }

    async fn begin(&mut self, object: Object, path: PathBuf) -> Result<(), StagingError> {
        self.begun += object.size;
        let (transfer, path) = (self.transfer.clone(), self.into.join(path));
        let Self { crowd, fetched, .. } = self;
        crowd.add(async move { transfer.download(object, path).await }, |bytes| fetched.add(bytes)).await
    }

    async fn make_folder(&self, key: &str, path: PathBuf) -> Result<(), StagingError> {
        let path = self.into.join(path);
        file::create_folder(path.clone()).await.map_err(|error| self.transfer.file_error(key, &path, &error))
    }

    /// What is still on its way has not been taken off the free space yet.
    fn check_space(&self, more: u64) -> Result<(), StagingError> {
        let free = file::free(self.into).map_err(|error| StagingError::file(self.into, &error))?;
        let needed = more.saturating_add(self.begun - self.fetched.bytes);
        if needed > free {
            return Err(StagingError::Space { folder: self.into.to_owned(), free, needed });
        }
        Ok(())
    }

    async fn finish(self) -> Result<Fetched, StagingError> {
        let Self { crowd, mut fetched, from, .. } = self;
        crowd.finish(|bytes| fetched.add(bytes)).await?;
        if fetched.objects == 0 { Err(StagingError::Empty(from.clone())) } else { Ok(fetched) }
    }
}

impl Fetched {
    fn add(&mut self, bytes: u64) {
        self.objects += 1;
        self.bytes += bytes;
    }
}
