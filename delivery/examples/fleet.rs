//! Prints what ten thousand agents do to one quota, and what others would: `cargo run -p spawn-delivery --release --example fleet`.

#![expect(unreachable_pub, reason = "modules shared with the tests")]
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

use std::io::Write;

use scenario::Scenario;
use senders::{DAEMON, EXPORTER_HELPER, OURS, PLAIN_SDK, XRAY_EXPORTER};

fn main() -> std::io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let seed = arguments.first().and_then(|seed| seed.parse().ok()).unwrap_or(1);
    let only = arguments.get(1);
    let mut out = std::io::stdout().lock();
    for scenario in Scenario::all() {
        if only.is_some_and(|only| !scenario.name.contains(only)) {
            continue;
        }
        writeln!(out, "\n{} (ideal {:.0} s)", scenario.name, scenario.ideal().as_secs_f64())?;
        for kind in [OURS, DAEMON, XRAY_EXPORTER, EXPORTER_HELPER, PLAIN_SDK] {
            let begun = std::time::Instant::now();
            let r = simulation::run(&scenario, kind, seed);
            writeln!(
                out,
                "  {:26} made {} delivered {} again {} dropped {:.2}% lost {} queued {} requests {} throttled {:.2}% late {:.2}% peak {} drained {:?} ({:.2}) nearly ({:.2}) settled {:?} ({:.2}) exact {} shares {:.3} delays {:.3} delay {:.1} silence {:.0}  [{:.1} s]",
                r.sender,
                r.made,
                r.delivered,
                r.again,
                100.0 * r.dropped as f64 / r.made as f64,
                r.lost,
                r.queued,
                r.requests,
                r.throttled_percent(),
                r.throttled_late_percent(),
                r.peak,
                r.drained.map(|at| at.as_secs()),
                r.drained_by(scenario.from, r.drained),
                r.drained_by(scenario.from, r.nearly),
                r.settled.map(|at| at.as_secs()),
                r.drained_by(scenario.from, r.settled),
                r.is_exact,
                r.fair_shares,
                r.fair_delays,
                r.delay.as_secs_f64(),
                r.silence.as_secs_f64(),
                begun.elapsed().as_secs_f64(),
            )?;
        }
    }
    Ok(())
}
