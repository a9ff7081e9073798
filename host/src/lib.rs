//! What both programs read from the machine they run on: the environment, `local.yaml`, the host's name.
//!
//! The one place that touches `std::env` and `std::fs` for settings, so that everything else takes them as values.

mod local_file;
mod world;

pub use local_file::LocalFileError;
pub use world::{SettingsError, World};
