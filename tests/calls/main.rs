//! Every operation that the guide names, through the factory, in every ending: each call is one true span.
//!
//! The calls go over real HTTP to emulators that others wrote; the fault proxy between makes the endings.
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod arrays;
mod attributes;
mod bodies;
mod carriers;
mod credentials;
mod credentials_renewed;
mod endings;
mod granted;
mod house;
mod library;
mod operations;
mod sources;
mod staging;
mod staging_faults;
mod staging_logs;
mod world;
