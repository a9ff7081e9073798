//! Names of objects, and where they go on disk.

mod error;
mod name;
mod url;

use name::{Place, place};
use std::path::Component;
use url::S3Url;

/// No object leaves the folder that it is brought to, whatever its name.
pub fn objects(text: &str) {
    let (prefix, name) = text.split_once('\n').unwrap_or(("in/", text));
    let key = format!("{prefix}{name}");
    let Ok(bucket) = "s3://bucket/in/".parse::<S3Url>() else { unreachable!("a URL of S3") };
    if let Ok(Place::File(path) | Place::Folder(path)) = place(&bucket, prefix, &key, 0) {
        assert!(path.components().all(|part| matches!(part, Component::Normal(_))), "{}", path.display());
    }
    if let Ok(url) = text.parse::<S3Url>() {
        assert_eq!(url.to_string().parse::<S3Url>().as_ref(), Ok(&url));
    }
}
