//! One DynamoDB GetItem over an HTTP client in memory, again and again, with and without instrumentation.
//!
//! `spawn-bench MODE COUNT` makes COUNT calls. Run under callgrind with two counts, the difference divided by the
//! difference of the counts is instructions per call, free of everything that happens once (`cargo xtask bench`).
//! `spawn-bench time` prints CPU time per call for every mode.

mod client;
mod modes;

use modes::Mode;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// Calls in one timed round, and rounds; the fastest round is the least disturbed one.
const TIMED: (u32, u32) = (2_000, 15);

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["time"] => time_all(),
        ["modes"] => Mode::ALL.iter().for_each(|mode| println!("{}", mode.name())),
        [mode, count] => {
            let (Some(mode), Ok(count)) = (Mode::named(mode), count.parse::<u32>()) else { return usage() };
            runtime().block_on(async {
                let bench = mode.prepare();
                for _ in 0..count {
                    client::call(&bench.client).await;
                }
            });
        }
        _ => return usage(),
    }
    ExitCode::SUCCESS
}

fn usage() -> ExitCode {
    eprintln!("spawn-bench MODE COUNT | time | modes");
    ExitCode::from(2)
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}

/// The modes take turns within each round, so that a machine whose speed drifts is fair to all.
fn time_all() {
    let runtime = runtime();
    let benches: Vec<_> = Mode::ALL.iter().map(|mode| runtime.block_on(async { mode.prepare() })).collect();
    let mut fastest = vec![Duration::MAX; benches.len()];
    for _ in 0..TIMED.1 {
        for (bench, fastest) in benches.iter().zip(&mut fastest) {
            let begun = Instant::now();
            runtime.block_on(async {
                for _ in 0..TIMED.0 {
                    client::call(&bench.client).await;
                }
            });
            *fastest = (*fastest).min(begun.elapsed());
        }
    }
    let base = fastest[0];
    for (mode, time) in Mode::ALL.iter().zip(fastest) {
        let micros = |time: Duration| time.as_secs_f64() * 1e6 / f64::from(TIMED.0);
        println!("{:<24} {:>8.2} µs a call {:>+8.2} µs", mode.name(), micros(time), micros(time) - micros(base));
    }
}
