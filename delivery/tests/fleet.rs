//! Ten thousand agents and one quota, in virtual time: the product's own pacing and spools against a modelled X-Ray.
//!
//! Each run is the same again for the same seed: `FLEET_SEED=7 cargo test -p spawn-delivery --test fleet`.

#![expect(unreachable_pub, dead_code, reason = "the example that prints the tables shares these modules")]

#[path = "fleet/kept.rs"]
mod kept;
#[path = "fleet/measure.rs"]
mod measure;
#[path = "fleet/scenario.rs"]
mod scenario;
#[path = "fleet/senders.rs"]
mod senders;
#[path = "fleet/simulation.rs"]
mod simulation;
#[path = "fleet/xray.rs"]
mod xray;

use std::time::Duration;

use measure::Report;
use scenario::Scenario;
use senders::{DAEMON, OURS};

fn seed() -> u64 {
    std::env::var("FLEET_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1)
}

/// Runs the scenario of that name, and checks what holds in each.
fn run(name: &str) -> (Scenario, Report) {
    let (scenario, seed) = (Scenario::named(name), seed());
    let report = simulation::run(&scenario, OURS, seed);
    let of = format!("seed {seed}: {report:#?}");
    assert_eq!((report.dropped, report.lost), (0, 0), "nothing is lost, {of}");
    assert!(report.is_exact, "every account is exact, {of}");
    assert!(report.delivered + report.queued >= report.made, "{of}");
    assert!(report.silence <= Duration::from_secs(180), "nobody with work is silent, {of}");
    assert!(report.fair_shares >= 0.95, "all are served alike, {of}");
    (scenario, report)
}

fn assert_throttled(report: &Report, percent: f64) {
    assert!(
        report.throttled_late_percent() <= percent,
        "{:.2} % throttled, {report:#?}",
        report.throttled_late_percent()
    );
}

fn assert_drained(report: &Report, scenario: &Scenario, all: f64, nearly_all: f64) {
    let by = |when| report.drained_by(scenario.from, when);
    let (last, nearly) = (by(report.drained), by(report.nearly));
    assert!(last <= all && nearly <= nearly_all, "{last:.2}, {nearly:.2} times the ideal, {report:#?}");
}

#[test]
fn ten_thousand_that_boot_within_a_second_share_the_quota() {
    let (scenario, report) = run("boot in 1 s");
    assert_throttled(&report, 2.0);
    assert_drained(&report, &scenario, 1.3, 1.3);
}

#[test]
fn ten_thousand_that_boot_within_a_minute_share_the_quota() {
    let (scenario, report) = run("boot in 60 s");
    assert_throttled(&report, 2.0);
    assert_drained(&report, &scenario, 1.3, 1.3);
}

#[test]
fn a_fleet_at_work_is_never_throttled() {
    let (_, report) = run("steady");
    assert_eq!(report.throttled, 0, "{report:#?}");
    assert!(report.fair_delays >= 0.95, "{report:#?}");
}

#[test]
fn after_an_outage_there_is_no_herd() {
    let (scenario, report) = run("outage 120 to 720 s");
    assert_throttled(&report, 5.0);
    // The outage meets a fleet of which one part had sent its boot and the other had not, and nobody knows of the others.
    assert_drained(&report, &scenario, 1.3, 1.25);
}

#[test]
fn a_fleet_that_has_booted_lately_makes_up_for_an_outage() {
    let (scenario, report) = run("outage 400 to 1000 s");
    assert_throttled(&report, 5.0);
    // By chance one in ten thousand has made nearly twice as many as others: with other seeds its last span is at 1.4.
    assert_drained(&report, &scenario, 1.45, 1.2);
}

#[test]
fn ten_minutes_of_a_fleet_at_work_are_made_up_for_nearly_as_soon_as_the_quota_allows() {
    let (scenario, report) = run("outage after an hour");
    assert_throttled(&report, 5.0);
    assert_drained(&report, &scenario, 1.3, 1.2);
}

#[test]
fn a_long_outage_of_a_fleet_at_work_is_made_up_for() {
    let (scenario, report) = run("outage of 25 minutes");
    assert_throttled(&report, 5.0);
    assert_drained(&report, &scenario, 1.3, 1.1);
}

#[test]
fn a_back_end_that_is_slow_and_forgets_to_answer_costs_duplicates_alone() {
    let (scenario, report) = run("brown-out 60 to 360 s");
    assert_throttled(&report, 2.0);
    assert_drained(&report, &scenario, 2.0, 1.4);
    assert!(report.again > 0 && report.again < report.made / 50, "{report:#?}");
}

#[test]
fn half_the_quota_is_learned() {
    let (scenario, report) = run("quota halved at 60 s");
    assert_drained(&report, &scenario, 1.3, 1.3);
}

#[test]
fn hosts_that_have_notice_leave_nothing_behind() {
    let (scenario, report) = run("a tenth lost at 90 s");
    assert_drained(&report, &scenario, 1.3, 1.3);
}

#[test]
fn over_several_backlogs_nobody_waits_longer_than_others() {
    let (_, report) = run("phases of 300 s");
    assert!(report.fair_delays >= 0.95, "{report:#?}");
}

#[test]
fn the_same_seed_is_the_same_run_and_others_drop_what_is_throttled() {
    let scenario = Scenario { agents: 500, ..Scenario::named("boot in 1 s") };
    let shown = |seed| format!("{:?}", simulation::run(&scenario, OURS, seed));
    assert_eq!(shown(7), shown(7));
    assert_ne!(shown(7), shown(8));
    let scenario = Scenario { agents: 2_000, ..scenario };
    assert!(simulation::run(&scenario, DAEMON, 1).dropped > 0);
}
