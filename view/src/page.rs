//! A page that shows traces: one file that works without a network, or a shell that a server on loopback fills.

mod assets;
mod console;
pub mod data;
mod policy;
mod shell;

pub use console::ConsoleLinks;
pub use shell::{Page, Source, shell};

use crate::Trace;

/// These traces as one HTML file that asks nobody for anything: it works from a disk, in a mail, on a host without a
/// network.
#[must_use]
pub fn page(traces: &[Trace], title: &str, links: &ConsoleLinks) -> String {
    shell(Source::Embedded(&data::page_data(traces)), title, links).html
}
