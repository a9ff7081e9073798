//! A disk that refuses: what it has taken is kept, what it has not is said, and when it is well again all goes on.

use std::path::Path;
use std::time::Duration;

use fastrand::Rng;
use spawn_delivery::disk::{Fault, Operation};

use crate::life::Life;
use crate::world::{FOLDER, Trouble, World};

const ROOMY: u64 = 4 << 20;
const TIGHT: u64 = 256 << 10;

/// As the kernel numbers them: EIO, ENOENT, EACCES, EMFILE, ENOSPC, EROFS, EDQUOT.
const ERRORS: [i32; 7] = [5, 2, 13, 24, 28, 30, 122];

const MAKING: [Operation; 4] = [Operation::CreateFolder, Operation::Create, Operation::Lock, Operation::Rename];

/// Two processes, the second of which meets with a fault that passes. Answers how many operations it had.
fn run(seed: u64, capacity: u64, fault: Option<Fault>) -> u64 {
    let mut world = World::new(seed, capacity, Duration::from_millis(200));
    world.trouble = Trouble::Refused;
    let mut random = Rng::with_seed(seed);
    let mut before = Life::begin(&mut world);
    (0..20).for_each(|_| before.step(&mut world, &mut random));
    before.disk.kill();
    let mut life = Life::begin(&mut world);
    let operations = world.disk.operations();
    if let Some(fault) = fault {
        world.disk.fail(fault);
    }
    (0..60).for_each(|_| life.step(&mut world, &mut random));
    let operations = world.disk.operations() - operations;
    world.disk.mend();
    let unsure = world.unsure.len();
    for _ in 0..5 {
        life.append(&mut world);
    }
    assert_eq!(world.unsure.len(), unsure, "the disk is well, and yet nothing is taken");
    if random.bool() {
        life.finish_all(&mut world);
    } else {
        life.disk.kill();
        Life::begin(&mut world).finish_all(&mut world);
    }
    operations
}

#[test]
fn an_error_at_any_operation_loses_nothing_and_passes() {
    for seed in 0..1 {
        for capacity in [ROOMY, TIGHT] {
            for at in 0..run(seed, capacity, None) {
                for (which, error) in ERRORS.into_iter().enumerate() {
                    // Once; or for as long as a disk is full, until space is made.
                    let count = if (at + which as u64) % 2 == 0 { 1 } else { 25 };
                    {
                        let fault = Fault { count, ..Fault::error(error).once_after(at) };
                        // What is not found is not there: only what cannot be made may be found again.
                        let fault = if error == 2 { fault.of(&MAKING) } else { fault };
                        let outcome = std::panic::catch_unwind(|| run(seed, capacity, Some(fault)));
                        if let Err(panic) = outcome {
                            let what = panic.downcast_ref::<String>().cloned().unwrap_or_default();
                            panic!(
                                "error {error} {count} times at operation {at}, seed {seed}, room {capacity}: {what}"
                            );
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn a_disk_that_takes_nothing_is_said_at_each_append_and_no_panic() {
    for error in ERRORS {
        let mut world = World::new(1, ROOMY, Duration::from_millis(200));
        world.trouble = Trouble::Refused;
        let changes = [
            Operation::CreateFolder,
            Operation::Create,
            Operation::Write,
            Operation::Lock,
            Operation::Rename,
            Operation::Sync,
        ];
        world.disk.fail(Fault::error(error).of(&changes));
        let mut random = Rng::with_seed(1);
        let mut life = Life::begin(&mut world);
        (0..200).for_each(|_| life.step(&mut world, &mut random));
        assert!(world.facts.is_empty(), "nothing can have been kept: {:?}", world.facts);
        world.disk.mend();
        life.append(&mut world);
        assert_eq!(world.facts.len(), 1);
        life.finish_all(&mut world);
    }
}

#[test]
fn a_full_disk_takes_again_what_there_is_room_for() {
    let mut world = World::new(1, ROOMY, Duration::from_millis(200));
    world.trouble = Trouble::Refused;
    let mut random = Rng::with_seed(1);
    let mut life = Life::begin(&mut world);
    life.append(&mut world);
    world.disk.limit_room(Some(300_000));
    (0..400).for_each(|_| life.append(&mut world));
    assert!(!world.unsure.is_empty() && world.facts.len() > 10, "{} refused", world.unsure.len());
    (0..300).for_each(|_| life.deliver(&mut world, &mut random));
    world.disk.limit_room(None);
    let refused = world.unsure.len();
    (0..400).for_each(|_| life.append(&mut world));
    assert_eq!(world.unsure.len(), refused);
    life.finish_all(&mut world);
}

#[test]
fn a_folder_that_was_removed_is_made_anew() {
    let mut world = World::new(1, ROOMY, Duration::from_millis(200));
    world.trouble = Trouble::Refused;
    let mut life = Life::begin(&mut world);
    (0..10).for_each(|_| life.append(&mut world));
    world.disk.remove_all(Path::new(FOLDER));
    // Whoever writes into a file that has no name any more is told at the next sync at the latest.
    for _ in 0..4 {
        life.append(&mut world);
        life.sync(&mut world);
        life.sync(&mut world);
    }
    world.facts.clear();
    world.unsure.clear();
    (0..10).for_each(|_| life.append(&mut world));
    assert_eq!(world.facts.len(), 10);
    life.disk.kill();
    let kept = world.disk.files();
    assert!(kept.iter().any(|path| path.starts_with(FOLDER)), "{kept:?}");
    let mut spool = Life::begin(&mut world).spool;
    let mut left = spool.adopt().unwrap();
    let found: u64 = spawn_delivery::spool::Class::ALL.iter().map(|class| left.waiting(*class)).sum();
    assert!(found >= 10, "{found}");
    drop(left.read(spawn_delivery::spool::Class::Kept, 0, 1));
}
