//! OTLP's JSON form: ids in hexadecimal, kinds and codes as numbers, 64-bit integers as texts, names in lowerCamelCase.
//!
//! Written by hand because `opentelemetry-proto` needs a clone of each span first, makes `null` of a number that is none,
//! and wraps times that it cannot hold.

mod read;
mod value;
mod write;

pub use read::{SpanError, resource_spans};
pub(crate) use read::{SpanRead, spans};
pub(crate) use write::{Source, write};
