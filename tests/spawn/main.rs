//! `spawn` against AWS on loopback: the real program, real HTTP, emulators that others wrote.
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod array_fixture;
mod array_guide;
mod array_output;
mod array_status;
mod array_steer;
mod bad_input;
mod batches;
mod connect;
mod doctor;
mod extend;
mod fixture;
mod granted;
mod guide;
mod iam;
mod interruption;
mod launch;
mod launch_array;
mod launch_array_host;
mod launch_array_refused;
mod launch_array_resume;
mod launch_array_story;
mod launch_flags;
mod list;
mod readme;
mod resume;
mod safety;
mod setup;
mod status;
mod stop_start;
mod story;
mod terminal;
mod tracing;
mod tracing_switch;
mod user_data;
mod user_data_install;
