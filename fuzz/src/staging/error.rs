//! As much of the errors of staging as the linked file needs.

use super::url::S3Url;

pub(super) enum StagingError {
    Name { object: S3Url, reason: &'static str },
}
