//! `cargo xtask bench`: what tracing adds to an AWS call, in instructions and in time, beside a public peer.

mod callgrind;
mod delivery;
mod translate;

use crate::figures::{Figures, show};
use anyhow::{Context, Result, ensure};
use callgrind::PerCall;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A state that the call is made in.
struct Mode {
    /// As the benchmark's program names it.
    name: &'static str,
    meaning: &'static str,
    /// Instructions that it may add to a call.
    most: Option<i64>,
}

/// No difference: the medians of one program's counts differ by less than this.
const NOISE: i64 = 1_500;
/// The first one is the base.
const MODES: [Mode; 8] = [
    Mode { name: "none", meaning: "no interceptor", most: None },
    Mode { name: "off", meaning: "tracing off", most: Some(NOISE) },
    Mode { name: "unsampled", meaning: "tracing on, not sampled", most: Some(8_000) },
    Mode { name: "watched", meaning: "not sampled, failures kept", most: Some(15_000) },
    Mode { name: "sampled", meaning: "sampled, service attributes", most: Some(15_000) },
    Mode { name: "subscriber", meaning: "bare tracing subscriber", most: None },
    Mode { name: "peer-unsampled", meaning: "awssdk-instrumentation, off", most: None },
    Mode { name: "peer-sampled", meaning: "awssdk-instrumentation, on", most: None },
];
/// Fewer instructions a call than this on another thread are its start and end, not work.
const BARELY: i64 = 100;
/// Row of the thread that translates, signs and sends spans (in the benchmark, together with the end that takes them).
const DELIVERY: &str = "  on the telemetry's thread";
/// The modes take turns this often, so that a machine whose speed drifts is fair to all of them.
const TURNS: usize = 5;

/// CPU time of a call and of its span's delivery, in microseconds.
#[derive(Clone, Copy)]
struct Time {
    caller: f64,
    delivery: f64,
}

pub(crate) fn run() -> Result<()> {
    callgrind::ensure_installed()?;
    let program = build()?;
    let mut figures = Figures::default();
    instructions(&program, &mut figures)?;
    times(&program)?;
    translate::run(&program, &mut figures)?;
    delivery::run(&program, &mut figures)?;
    full_queue(&program)?;
    figures.verdict()
}

/// Builds the benchmark, which is a workspace of its own; answers where it is.
fn build() -> Result<PathBuf> {
    show("building the benchmark (the first time takes minutes: the AWS SDK is large)\n");
    let bench = Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("bench");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let built = Command::new(cargo)
        .args(["build", "--quiet", "--release", "--workspace", "--target-dir", "target"])
        .current_dir(&bench)
        .status()
        .context("failed to run cargo")?;
    ensure!(built.success(), "the build of the benchmark failed");
    Ok(bench.join("target/release/spawn-bench"))
}

fn instructions(program: &Path, figures: &mut Figures) -> Result<()> {
    let folder = program.with_file_name("callgrind");
    show("\ninstructions of one DynamoDB GetItem on the caller's thread, and what the mode adds\n\n");
    let mut base = None;
    for Mode { name, meaning, most } in MODES {
        let PerCall { caller, others } = callgrind::per_call(program, name, &folder)?;
        let added = caller - *base.get_or_insert(caller);
        let row = format!("{meaning:<28} {caller:>8} {added:>+8}");
        match most {
            Some(most) => figures.gated(&row, added, most, &format!("at most {most:+}")),
            None => show(&format!("{row}\n")),
        }
        if others > BARELY {
            show(&format!("{DELIVERY:<28} {others:>8}\n"));
        }
    }
    Ok(())
}

fn times(program: &Path) -> Result<()> {
    let mut fastest = [Time { caller: f64::INFINITY, delivery: f64::INFINITY }; MODES.len()];
    for _ in 0..TURNS {
        for (mode, fastest) in MODES.iter().zip(&mut fastest) {
            let Time { caller, delivery } = time(program, mode.name)?;
            fastest.caller = fastest.caller.min(caller);
            fastest.delivery = fastest.delivery.min(delivery);
        }
    }
    show("\nCPU time of the same call in µs\n\n");
    let [base, ..] = fastest;
    for (mode, Time { caller, delivery }) in MODES.iter().zip(fastest) {
        show(&format!("{:<28} {caller:>8.2} {:>+8.2}\n", mode.meaning, caller - base.caller));
        if delivery > 0.0 {
            show(&format!("{DELIVERY:<28} {delivery:>8.2}\n"));
        }
    }
    Ok(())
}

fn full_queue(program: &Path) -> Result<()> {
    let answer = output(program, &["memory"])?;
    let (kibibytes, spans) = answer.split_once(' ').context("failed to read the benchmark's memory")?;
    let kibibytes: f64 = kibibytes.parse().context("failed to read the benchmark's memory")?;
    show("\nresident memory that a full queue of such spans adds\n\n");
    show(&format!("{spans} spans {:>30.1} MB\n", kibibytes * 1_024.0 / 1e6));
    Ok(())
}

fn time(program: &Path, mode: &str) -> Result<Time> {
    let answer = output(program, &["time", mode])?;
    let (caller, delivery) = answer.split_once(' ').context("failed to read the benchmark's time")?;
    let microseconds = |nanoseconds: &str| nanoseconds.parse::<f64>().map(|nanoseconds| nanoseconds / 1_000.0);
    Ok(Time { caller: microseconds(caller)?, delivery: microseconds(delivery)? })
}

fn output(program: &Path, arguments: &[&str]) -> Result<String> {
    let output = Command::new(program).args(arguments).output().context("failed to run the benchmark")?;
    ensure!(output.status.success(), "the benchmark failed: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
