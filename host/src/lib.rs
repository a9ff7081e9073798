//! The machine that both programs run on: the environment, `local.yaml`, the host's name, the
//! terminal, and the commands that they run for others.
//!
//! The one place that touches `std::env` and `std::fs` for settings, so that everything else takes them as values.

pub mod console;
pub mod dead_letters;
mod local_file;
mod spool;
mod world;
mod wrapped;

pub use local_file::{Distrust, LocalFileError, Named};
pub use spool::SpoolState;
pub use world::{SettingsError, World};
pub use wrapped::{Ended, NotRun, Saying, Wrapped};
