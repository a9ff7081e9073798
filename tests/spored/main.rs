//! `spored` on a host of one's own and on an instance: the real program, real HTTP, emulators that others wrote.
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod bad_input;
mod boot;
mod config;
mod delivery;
mod exporters;
mod fixture;
mod guide;
mod logs;
mod rough_ends;
