//! A span as bytes, so that it outlives its process and the exporter that there was: OTLP's own protobuf, one `ScopeSpans`
//! with one span in it, and the resource apart.
//!
//! Writing is by hand, because every span is written and few are read: no message is built in between, and a buffer that is
//! used again needs no memory. Secrets of known shapes never reach the disk.

mod pen;
mod read;
mod write;

pub(crate) use read::{note, resource, span};
pub(crate) use write::{write_note, write_resource, write_span};

#[cfg(test)]
mod tests;
