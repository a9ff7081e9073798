//! As much of the errors of `spawn-cloud` as the linked file needs.

pub(crate) type Result<T> = std::result::Result<T, Error>;

pub(crate) enum Error {
    Metadata { path: String, reason: String },
}
