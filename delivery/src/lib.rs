//! Keeps encoded spans until a back end has them: a spool on disk, and the pace at which it is emptied.
//!
//! Nothing here knows OpenTelemetry, AWS or a runtime. Records are bytes, time is handed in, the disk is a trait.

pub mod disk;
pub mod pacing;
pub mod spool;
