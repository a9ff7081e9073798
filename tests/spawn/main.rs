//! `spawn` against AWS on loopback: the real program, real HTTP, emulators that others wrote.
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod bad_input;
mod fixture;
mod guide;
mod interruption;
mod launch;
mod story;
mod tracing;
