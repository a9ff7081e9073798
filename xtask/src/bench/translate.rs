//! What it takes to turn the span of a call into an X-Ray document, in time and in allocations, beside a public peer.

use super::output;
use crate::figures::{Figures, show};
use anyhow::{Context, Result};
use std::path::Path;

/// Nanoseconds that a document may take.
const MOST: i64 = 600;
/// Nanoseconds that a filter may add.
const FILTER: i64 = 300;

/// One line of the program's output.
struct Document<'a> {
    name: &'a str,
    nanoseconds: i64,
    allocations: i64,
}

/// Runs the program and draws the table.
pub(super) fn run(bench: &Path, figures: &mut Figures) -> Result<()> {
    let answer = output(&bench.with_file_name("spawn-bench-translate"), &[])?;
    let documents: Vec<Document<'_>> = answer.lines().map(read).collect::<Result<_>>()?;
    let named = |name: &str| {
        let found = documents.iter().find(|document| document.name == name);
        found.with_context(|| format!("the benchmark says nothing of {name}"))
    };
    let (ours, peer) = (named("ours")?, named("peer")?);
    show("\none span of a call into an X-Ray document: ns, allocations\n\n");
    figures.gated(&row("below another span", ours), ours.nanoseconds, MOST, &format!("at most {MOST} ns"));
    figures.gated(&row("", ours), ours.allocations, 0, "no allocation");
    show(&format!("{}\n", row("alone: a segment around it", named("ours-root")?)));
    for (name, meaning) in
        [("ours-filter", "with a filter that hits nothing"), ("ours-redacting", "with one that hits")]
    {
        let filtering = named(name)?;
        let added = filtering.nanoseconds - ours.nanoseconds;
        figures.gated(&row(meaning, filtering), added, FILTER, &format!("at most +{FILTER} ns"));
    }
    let ratio = peer.nanoseconds as f64 / ours.nanoseconds.max(1) as f64;
    show(&format!("{}   {ratio:.1} times ours\n", row("opentelemetry-aws 0.21", peer)));
    Ok(())
}

fn row(meaning: &str, document: &Document<'_>) -> String {
    format!("{meaning:<32} {:>6} {:>4}", document.nanoseconds, document.allocations)
}

fn read(line: &str) -> Result<Document<'_>> {
    let mut words = line.split(' ');
    let mut word = || words.next().context("failed to read the benchmark's documents");
    let name = word()?;
    let mut number = || word()?.parse().context("failed to read the benchmark's documents");
    Ok(Document { name, nanoseconds: number()?, allocations: number()? })
}
