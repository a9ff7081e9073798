//! Turns spans into X-Ray segment documents. No span is lost on the way: what X-Ray does not take is mended, not refused.
//!
//! What stands at the top of its part of the trace becomes a segment, named for the service, so that the program is a
//! node of the service map; what is below becomes a subsegment of its own document. A call to AWS at the top becomes both,
//! one in the other, so that both nodes are there. The rules of the format are those of the X-Ray developer guide,
//! "segment documents"; where the guide is silent, those of the OpenTelemetry collector. `docs/reference/xray.md` says what
//! comes from where.

mod annotation;
mod aws;
mod cause;
mod documents;
mod facts;
mod http;
mod limits;
mod link;
mod metadata;
mod name;
mod other;
mod pen;
mod rest;
mod scratch;
mod segment;
mod service;
mod shape;
mod sql;
mod table;
pub mod tie;
mod time;
mod translator;
mod verdict;

#[cfg(test)]
mod tests;

pub use documents::XRayDocuments;
pub(crate) use tie::Ties;
pub(crate) use translator::{Place, Translator, Written};
