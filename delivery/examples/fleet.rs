//! Prints what ten thousand agents do to one quota, and what others would, as the tables of `docs/reference/fleet.md`:
//! `cargo run -p spawn-delivery --release --example fleet [SEED]`.

#![expect(unreachable_pub, dead_code, reason = "the modules are those of the tests")]

#[path = "../tests/fleet/kept.rs"]
mod kept;
#[path = "../tests/fleet/measure.rs"]
mod measure;
#[path = "../tests/fleet/scenario.rs"]
mod scenario;
#[path = "../tests/fleet/senders.rs"]
mod senders;
#[path = "../tests/fleet/simulation.rs"]
mod simulation;
#[path = "../tests/fleet/xray.rs"]
mod xray;

use std::io::{self, Write};

use measure::Report;
use scenario::Scenario;

fn main() -> io::Result<()> {
    let seed = std::env::args().nth(1).and_then(|seed| seed.parse().ok()).unwrap_or(1);
    let mut out = io::stdout().lock();
    for scenario in Scenario::all() {
        let (ideal, spans) = (scenario.ideal() - scenario.from, scenario.agents);
        writeln!(out, "\n### {}\n\n{spans} agents; ideal: {:.0} s.\n", scenario.name, ideal.as_secs_f64())?;
        writeln!(out, "| sender | dropped | throttled | peak | requests | drained | 99.9 % | delay | fair | silent |")?;
        writeln!(out, "|---|---|---|---|---|---|---|---|---|---|")?;
        for kind in senders::ALL {
            row(&mut out, &scenario, &simulation::run(&scenario, kind, seed))?;
        }
    }
    Ok(())
}

fn row(out: &mut impl Write, scenario: &Scenario, report: &Report) -> io::Result<()> {
    let by = |when| match report.drained_by(scenario.from, when) {
        ratio if ratio.is_finite() => format!("{ratio:.2}"),
        _ => "never".to_owned(),
    };
    // Whoever drops has nothing left to drain.
    let drained = if report.dropped > 0 {
        ["drops".to_owned(), "drops".to_owned()]
    } else {
        [by(report.drained), by(report.nearly)]
    };
    let [drained, nearly] = drained;
    writeln!(
        out,
        "| {} | {:.1} % | {:.1} % | {} | {} | {drained} | {nearly} | {:.0} s | {:.3} | {:.0} s |",
        report.sender,
        100.0 * report.dropped as f64 / report.made as f64,
        report.throttled_late_percent(),
        report.peak,
        report.requests,
        report.delay.as_secs_f64(),
        report.fair_shares,
        report.silence.as_secs_f64(),
    )
}
