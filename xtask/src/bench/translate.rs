//! What it takes to turn the span of a call into an X-Ray document, in time and in allocations, beside a public peer.

use super::output;
use crate::figures::{Figures, show};
use anyhow::{Context, Result};
use std::path::Path;

/// Percent of the peer's time that a document may take: 600 of 1,780 ns. A machine that does other things at the same time slows
/// both alike.
const MOST: i64 = 34;
/// Percent of the peer's time that a filter may add: 300 of 1,780 ns.
const FILTER: i64 = 17;

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
    show("\none span of a call into an X-Ray document: ns, allocations\n\n");
    let shared = |of: &str, ours: &Document<'_>, peer: &Document<'_>| {
        let share = percent(ours.nanoseconds, peer);
        (share, format!("{} {share:>3} %", row(of, ours)))
    };
    let (ours, peer) = (named("ours-plain")?, named("peer-plain")?);
    let (share, row_of_ours) = shared("10 attributes", ours, peer);
    figures.gated(&row_of_ours, share.max(100 * ours.allocations), MOST, &format!("at most {MOST} %, none"));
    show(&format!("{}\n", row("  opentelemetry-aws 0.21", peer)));
    // The peer was measured with ten; with all of ours it is told, and not judged.
    let (ours, peer) = (named("ours")?, named("peer")?);
    show(&format!("{}\n{}\n", shared("22 attributes", ours, peer).1, row("  opentelemetry-aws 0.21", peer)));
    show(&format!("{}\n", row("alone: a segment around it", named("ours-root")?)));
    for (name, meaning) in
        [("ours-filter", "with a filter that hits nothing"), ("ours-redacting", "with one that hits")]
    {
        let filtering = named(name)?;
        let added = percent(filtering.nanoseconds - ours.nanoseconds, peer);
        figures.gated(&row(meaning, filtering), added, FILTER, &format!("at most +{FILTER} %"));
    }
    Ok(())
}

fn percent(nanoseconds: i64, peer: &Document<'_>) -> i64 {
    100 * nanoseconds / peer.nanoseconds.max(1)
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
