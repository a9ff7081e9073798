//! `cargo xtask measure`: how soon `spored` is ready, and what it takes of memory and CPU, idle, through a life, at work.

mod agent;
mod life;
mod work;

use crate::figures::{Figures, show};
use agent::Agent;
use anyhow::{Context, Result, ensure};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Starts; their median counts.
const STARTS: usize = 10;
/// Most time from the start of the process to the answer of its socket, without a network.
const READY: Duration = Duration::from_millis(100);
/// Time in which boot, registration and the first delivery are over.
const SETTLED: Duration = Duration::from_secs(10);
/// Most resident memory of an idle agent, in MB of a million bytes.
const RESIDENT: f64 = 15.0;

/// Measures the `spored` at `path`, idling for `idle`; without a path, the one that `cargo build --release` makes.
pub(crate) fn run(path: Option<PathBuf>, idle: Duration) -> Result<()> {
    let spored = path.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("target/release/spored"));
    ensure!(
        spored.exists(),
        "{} does not exist: build it with `cargo build --release --workspace --bins`, or name another one with --spored",
        spored.display()
    );
    let mut figures = Figures::default();
    ready(&spored, &mut figures)?;
    resident(&spored, &mut figures)?;
    life::measure(&spored, idle, &mut figures)?;
    work::measure(&spored, &mut figures)?;
    figures.verdict()
}

fn ready(spored: &Path, figures: &mut Figures) -> Result<()> {
    let mut times = (0..STARTS).map(|_| Ok(Agent::alone(spored)?.ready_after)).collect::<Result<Vec<Duration>>>()?;
    times.sort();
    let median = times.get(STARTS / 2).copied().context("at least one start was timed")?;
    let milliseconds = |time: Duration| time.as_secs_f64() * 1_000.0;
    let what = format!("ready, median of {STARTS} starts");
    let row = format!("{what:<28} {:>6.1} ms", milliseconds(median));
    figures.gated(&row, median, READY, &format!("at most {} ms", READY.as_millis()));
    let extremes = times.first().zip(times.last()).context("at least one start was timed")?;
    show(&format!("  fastest {:.1} ms, slowest {:.1} ms\n", milliseconds(*extremes.0), milliseconds(*extremes.1)));
    Ok(())
}

fn resident(spored: &Path, figures: &mut Figures) -> Result<()> {
    let agent = Agent::alone(spored)?;
    std::thread::sleep(SETTLED);
    let memory = agent.memory()?;
    let what = format!("resident after {} s", SETTLED.as_secs());
    let row = format!("{what:<28} {:>6.1} MB", memory.resident);
    figures.gated(&row, memory.resident, RESIDENT, &format!("at most {RESIDENT} MB"));
    show(&format!(
        "  of it {:.1} MB its own (heap, stacks, data), {:.1} MB pages of the program's file\n",
        memory.own, memory.file
    ));
    Ok(())
}
