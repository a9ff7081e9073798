//! `s3://BUCKET/KEY`: where inputs are and results go.

use std::fmt;
use std::str::FromStr;

/// Bytes that a key may have (Amazon S3 User Guide, "Naming Amazon S3 objects").
const LONGEST_KEY: usize = 1_024;

/// A bucket and a key in it, or the beginning of keys. An empty key stands for the whole bucket.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct S3Url {
    bucket: String,
    key: String,
}

/// A text that is no such URL.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} {reason}: write it as s3://BUCKET/PREFIX/", shown(.text))]
pub struct BadS3Url {
    text: String,
    reason: &'static str,
}

impl S3Url {
    /// An object as S3 names it, which may be more than can be written as a URL.
    pub(super) fn of(bucket: &str, key: &str) -> Self {
        Self { bucket: bucket.to_owned(), key: key.to_owned() }
    }

    /// The bucket.
    #[must_use]
    pub fn bucket(&self) -> &str {
        &self.bucket
    }

    /// The key, without a slash at its beginning.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The same with a slash at its end, unless it is a whole bucket.
    #[must_use]
    pub fn as_folder(&self) -> Self {
        let slash = if self.key.is_empty() || self.key.ends_with('/') { "" } else { "/" };
        Self { bucket: self.bucket.clone(), key: format!("{}{slash}", self.key) }
    }

    /// What has this name below it.
    #[must_use]
    pub fn join(&self, name: &str) -> Self {
        let folder = self.as_folder();
        Self { key: folder.key + name, ..folder }
    }
}

impl FromStr for S3Url {
    type Err = BadS3Url;

    fn from_str(text: &str) -> Result<Self, BadS3Url> {
        let bad = |reason| BadS3Url { text: text.to_owned(), reason };
        let rest = text.strip_prefix("s3://").ok_or_else(|| bad("does not begin with s3://"))?;
        let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
        if bucket.is_empty() {
            return Err(bad("names no bucket"));
        }
        if !is_bucket(bucket) {
            return Err(bad("has no bucket's name: 3 to 63 lower-case letters, digits, hyphens and dots"));
        }
        if key.len() > LONGEST_KEY {
            return Err(bad("has a key of more than 1024 bytes"));
        }
        if key.contains(|c: char| c.is_control()) {
            return Err(bad("holds a control character"));
        }
        if key.starts_with('/') || key.contains("//") {
            return Err(bad("has two slashes in a row"));
        }
        if key.split('/').any(|part| part == ".." || part == ".") {
            return Err(bad("has a part that is `.` or `..`, which S3 takes as they stand and file systems do not"));
        }
        Ok(Self { bucket: bucket.to_owned(), key: key.to_owned() })
    }
}

/// The rules of general purpose buckets (Amazon S3 User Guide, "General purpose bucket naming rules").
fn is_bucket(name: &str) -> bool {
    let sound = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'.';
    let edge = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    let bytes = name.as_bytes();
    (3..=63).contains(&bytes.len())
        && bytes.iter().all(|byte| sound(*byte))
        && edge(bytes.first())
        && edge(bytes.last())
        && !name.contains("..")
        && name.parse::<std::net::Ipv4Addr>().is_err()
}

impl fmt::Display for S3Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s3://{}/{}", self.bucket, self.key)
    }
}

/// The start of a text from outside, on one line.
fn shown(text: &str) -> String {
    const SHOWN: usize = 120;
    format!("{:?}", text.chars().take(SHOWN).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_read_as_it_is_written() {
        for (text, bucket, key) in [
            ("s3://data/align/in/", "data", "align/in/"),
            ("s3://data/align", "data", "align"),
            ("s3://my.data-1/", "my.data-1", ""),
            ("s3://data/ä b/{index}/x=1", "data", "ä b/{index}/x=1"),
        ] {
            let url: S3Url = text.parse().unwrap();
            assert_eq!((url.bucket(), url.key()), (bucket, key));
            assert_eq!(url.to_string(), text);
        }
        assert_eq!("s3://data".parse::<S3Url>().unwrap().to_string(), "s3://data/");
    }

    #[test]
    fn names_are_joined_with_one_slash() {
        for (text, joined) in
            [("s3://data", "s3://data/x/y"), ("s3://data/a", "s3://data/a/x/y"), ("s3://data/a/", "s3://data/a/x/y")]
        {
            assert_eq!(text.parse::<S3Url>().unwrap().join("x/y").to_string(), joined);
        }
    }

    #[test]
    fn what_is_no_url_is_refused_and_told() {
        let (long_bucket, long_key) = (format!("s3://{}/", "a".repeat(64)), format!("s3://data/{}", "k".repeat(1_025)));
        for (text, reason) in [
            ("", "does not begin with s3://"),
            ("data/align", "does not begin with s3://"),
            ("S3://data/align", "does not begin with s3://"),
            ("https://data.s3.amazonaws.com/align", "does not begin with s3://"),
            ("s3:///align", "names no bucket"),
            ("s3://Data/", "no bucket's name"),
            ("s3://da/", "no bucket's name"),
            ("s3://-data/", "no bucket's name"),
            ("s3://da..ta/", "no bucket's name"),
            ("s3://10.0.0.1/", "no bucket's name"),
            ("s3://arn:aws:s3:us-east-1:123456789012:accesspoint/x", "no bucket's name"),
            (long_bucket.as_str(), "no bucket's name"),
            (long_key.as_str(), "more than 1024 bytes"),
            ("s3://data//x", "two slashes"),
            ("s3://data/x//y", "two slashes"),
            ("s3://data/../x", "`.` or `..`"),
            ("s3://data/x/./y", "`.` or `..`"),
            ("s3://data/x\ny", "control character"),
        ] {
            let error = text.parse::<S3Url>().unwrap_err().to_string();
            assert!(error.contains(reason) && !error.contains('\n') && error.len() < 400, "{text}: {error}");
        }
    }

    proptest::proptest! {
        #[test]
        fn every_text_is_refused_or_read_as_it_is_written(text in "(s3://)?[a-z0-9.-]{0,6}(/.{0,20})?") {
            if let Ok(url) = text.parse::<S3Url>() {
                proptest::prop_assert_eq!(url.to_string().parse(), Ok(url));
            }
        }
    }
}
