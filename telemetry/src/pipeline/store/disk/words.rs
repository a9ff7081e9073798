//! What a disk's refusals mean, and what to do about them.

use std::io;

/// What to do about a spool that is full.
pub(super) const FULL: &str = "raise tracing-spool-size, or see what keeps spans from being delivered";

/// What a refusal means, and what to do about it.
pub(super) fn words(error: &io::Error) -> (&'static str, &'static str) {
    use io::ErrorKind as Kind;
    match error.kind() {
        Kind::StorageFull => ("has no room on its disk", "make room, or set tracing-spool-folder to another disk"),
        Kind::QuotaExceeded => ("is beyond the quota of its disk", "raise the quota, or set tracing-spool-folder"),
        Kind::ReadOnlyFilesystem => {
            ("is on a disk that cannot be written to", "mount it writable, or set tracing-spool-folder")
        }
        Kind::PermissionDenied => {
            ("cannot be written to", "let the program's user write there, or set tracing-spool-folder")
        }
        Kind::NotFound => ("has gone", "let the folder be; it is made again"),
        _ => ("cannot be kept", "check the disk, or set tracing-spool-folder to another"),
    }
}
