//! Processes that are killed and machines that lose power, at every point and at random ones.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::Duration;

use fastrand::Rng;
use spawn_delivery::disk::Crash;

use crate::life::Life;
use crate::world::{Trouble, World};

/// Where rotation happens and eviction does not.
const ROOMY: u64 = 4 << 20;
/// Where both do.
const TIGHT: u64 = 256 << 10;

/// With this variable set to a number that a failure has shown, one run is done again.
const REPLAY: &str = "SPAWN_DELIVERY_SEED";

/// Runs for each seed, and says which one it was that failed.
fn each(seeds: std::ops::Range<u64>, run: impl Fn(u64)) {
    let replayed = std::env::var(REPLAY).ok().and_then(|seed| seed.parse().ok());
    for seed in replayed.map_or(seeds, |seed: u64| seed..seed + 1) {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| run(seed))) {
            let what = panic.downcast_ref::<String>().cloned();
            match what {
                Some(what) => panic!("{what}\nto see this again: {REPLAY}={seed}"),
                None => resume_unwind(panic),
            }
        }
    }
}

/// A process of before, whose leavings the next one finds.
fn prelude(world: &mut World, random: &mut Rng) {
    let mut life = Life::begin(world);
    (0..30).for_each(|_| life.step(world, random));
    life.sync(world);
    life.sync(world);
    life.disk.kill();
}

/// The run whose every change is a point to crash at. Answers how many there were.
fn run(capacity: u64, sync: Duration, seed: u64, crash: Option<(u64, Crash)>) -> u64 {
    // The disk's own chances differ from crash to crash; what the process does is the same.
    let disk_seed = crash.map_or(0, |(at, _)| at) * 31 + seed;
    let mut world = World::new(disk_seed, capacity, sync);
    if matches!(crash, Some((_, Crash::Power))) {
        world.trouble = Trouble::Power;
    }
    let mut random = Rng::with_seed(seed);
    prelude(&mut world, &mut random);
    let mut life = Life::begin(&mut world);
    let before = world.disk.changes();
    if let Some((at, how)) = crash {
        life.disk.crash_after(at, how);
    }
    for _ in 0..90 {
        life.step(&mut world, &mut random);
        if life.disk.is_dead() {
            break;
        }
    }
    life.close(&mut world);
    let changes = world.disk.changes() - before;
    let crashed = world.disk.crashed_in();
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| Life::begin(&mut world).finish_all(&mut world))) {
        panic!("crashed in {crashed:?}: {}", panic.downcast_ref::<String>().cloned().unwrap_or_default());
    }
    changes
}

fn at_every_point(crash: Crash, sync: Duration, seeds: std::ops::Range<u64>) {
    each(seeds, |seed| {
        for capacity in [ROOMY, TIGHT] {
            let points = run(capacity, sync, seed, None);
            assert!(points > 60, "{points} changes");
            for at in 0..points {
                let outcome = catch_unwind(AssertUnwindSafe(|| run(capacity, sync, seed, Some((at, crash)))));
                if let Err(panic) = outcome {
                    let what = panic.downcast_ref::<String>().cloned().unwrap_or_default();
                    panic!("{crash:?} at change {at} of {points} with room for {capacity}: {what}");
                }
            }
        }
    });
}

#[test]
fn a_process_killed_at_any_change_loses_nothing_that_was_appended() {
    at_every_point(Crash::Kill, Duration::from_millis(200), 0..5);
}

#[test]
fn a_machine_without_power_at_any_change_loses_nothing_that_was_synced() {
    at_every_point(Crash::Power, Duration::from_millis(200), 0..5);
}

#[test]
fn with_a_sync_for_each_record_a_machine_without_power_loses_nothing_that_was_appended() {
    at_every_point(Crash::Power, Duration::ZERO, 0..2);
}

#[test]
fn ten_thousand_random_losses_of_power_lose_nothing_that_was_synced() {
    each(0..10_000, |seed| {
        let mut random = Rng::with_seed(seed);
        let capacity = *random.choice([ROOMY, TIGHT].iter()).unwrap_or(&ROOMY);
        let sync = Duration::from_millis(if random.u8(..4) == 0 { 0 } else { 200 });
        let mut world = World::new(seed, capacity, sync);
        world.trouble = Trouble::Power;
        for _ in 0..random.u8(1..4) {
            let mut life = Life::begin(&mut world);
            let crash = *random.choice([Crash::Kill, Crash::Power].iter()).unwrap_or(&Crash::Power);
            life.disk.crash_after(random.u64(..120), crash);
            while !life.disk.is_dead() && random.u8(..100) > 0 {
                life.step(&mut world, &mut random);
            }
            if random.bool() {
                life.close(&mut world);
            } else {
                life.disk.kill();
            }
            if random.u8(..4) == 0 {
                world.disk.lose_power();
            }
        }
        Life::begin(&mut world).finish_all(&mut world);
    });
}

#[test]
fn processes_side_by_side_killed_at_random_lose_nothing_and_send_nothing_twice() {
    each(0..1_000, |seed| {
        let mut random = Rng::with_seed(seed);
        let mut world = World::new(seed, ROOMY, Duration::from_millis(200));
        let mut lives: Vec<Life> = (0..3).map(|_| Life::begin(&mut world)).collect();
        for _ in 0..150 {
            let which = random.usize(..lives.len());
            if random.u8(..25) == 0 {
                lives[which].disk.crash_after(random.u64(..6), Crash::Kill);
            }
            lives[which].step(&mut world, &mut random);
            if lives[which].disk.is_dead() {
                lives[which] = Life::begin(&mut world);
            }
        }
        lives.into_iter().for_each(|life| life.close(&mut world));
        Life::begin(&mut world).finish_all(&mut world);
    });
}
