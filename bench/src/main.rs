//! One DynamoDB GetItem over an HTTP client in memory, again and again, with and without instrumentation.
//!
//! `cargo xtask bench` runs it and draws the tables. `spawn-bench MODE COUNT` makes COUNT calls: run under callgrind
//! with two counts, the difference divided by the difference of the counts is instructions per call, free of
//! everything that happens once. `spawn-bench time MODE` prints the CPU time of a call and of the delivery
//! of its span in nanoseconds, and `spawn-bench memory` what a full queue of spans takes.

mod client;
mod memory;
mod modes;
mod thread_time;
mod xray_end;

use modes::{Bench, Mode};
use std::process::ExitCode;
use std::time::Duration;
use tokio::runtime::Runtime;

/// Calls in one timed round, and rounds; the fastest round is the least disturbed one.
const TIMED: (u32, u32) = (2_000, 15);
/// Rounds that nobody times, for caches and the allocator.
const WARM_UP: u32 = 2;
/// The thread on which the telemetry delivers.
const DELIVERING: &str = "spawn-telemetry";
/// Valgrind is slow; outside it a delivery takes milliseconds.
const PATIENCE: Duration = Duration::from_secs(60);

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["time", mode] => {
            let Some(mode) = Mode::named(mode) else { return usage() };
            println!("{}", time(mode));
        }
        ["memory"] => println!("{}", memory::full_queue()),
        [mode, count] => {
            let (Some(mode), Ok(count)) = (Mode::named(mode), count.parse()) else { return usage() };
            let (runtime, bench) = prepare(mode);
            round(&runtime, &bench, count);
        }
        _ => return usage(),
    }
    ExitCode::SUCCESS
}

fn usage() -> ExitCode {
    eprintln!("spawn-bench MODE COUNT | time MODE | memory; modes: {}", Mode::ALL.map(Mode::name).join(", "));
    ExitCode::from(2)
}

fn prepare(mode: Mode) -> (Runtime, Bench) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let bench = runtime.block_on(async { mode.prepare() });
    (runtime, bench)
}

/// CPU time of a round.
struct Taken {
    caller: Duration,
    delivery: Duration,
}

/// Makes the calls and delivers their spans, so that no round pays for another one's queue.
fn round(runtime: &Runtime, bench: &Bench, calls: u32) -> Taken {
    runtime.block_on(async {
        let begun = (thread_time::own(), thread_time::named(DELIVERING));
        for _ in 0..calls {
            client::call(&bench.client).await;
        }
        let caller = thread_time::own() - begun.0;
        if let Some(telemetry) = &bench.telemetry {
            telemetry.flush(PATIENCE).await;
            let counters = telemetry.counters();
            assert!(counters.created == counters.exported, "a span was not delivered: {counters:?}");
        }
        Taken { caller, delivery: thread_time::named(DELIVERING) - begun.1 }
    })
}

/// Nanoseconds of a call, and of the delivery of its span, each in its fastest round.
fn time(mode: Mode) -> String {
    let (runtime, bench) = prepare(mode);
    for _ in 0..WARM_UP {
        round(&runtime, &bench, TIMED.0);
    }
    let rounds: Vec<Taken> = (0..TIMED.1).map(|_| round(&runtime, &bench, TIMED.0)).collect();
    let fastest = |part: fn(&Taken) -> Duration| {
        rounds.iter().map(part).min().unwrap_or_default().as_nanos() / u128::from(TIMED.0)
    };
    format!("{} {}", fastest(|taken| taken.caller), fastest(|taken| taken.delivery))
}
