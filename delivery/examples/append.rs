//! How long an append takes: `cargo run --release -p spawn-delivery --example append [FOLDER [RECORDS [BYTES]]]`.
//!
//! A second thread asks the disk to keep things every 200 ms, as the agent's does. Every hundredth append, 100 records are read
//! back and entered as done with.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program that says what it has measured")]

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use spawn_delivery::disk::RealDisk;
use spawn_delivery::spool::{Class, Fate, Options, Place, Spool, writer_name};

const CAPACITY: u64 = 64 * 1024 * 1024;
const SYNC: Duration = Duration::from_millis(200);

fn main() {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().map_or_else(std::env::temp_dir, PathBuf::from).join("spawn-append");
    let mut number = |otherwise| arguments.next().and_then(|text| text.parse().ok()).unwrap_or(otherwise);
    let (records, bytes) = (number(500_000), number(500));
    let writer = writer_name(SystemTime::now(), std::process::id());
    let options = Options { folder: folder.clone(), capacity: CAPACITY, sync: SYNC, writer };
    let spool = Mutex::new(Spool::new(Arc::new(RealDisk), options));
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| keep(&spool, &over));
        measure(&spool, records, &vec![b'x'; bytes]);
        over.store(true, Ordering::Relaxed);
    });
    spool.into_inner().unwrap_or_else(PoisonError::into_inner).close();
    if let Err(error) = std::fs::remove_dir_all(&folder) {
        eprintln!("failed to remove {}: {error}", folder.display());
    }
}

/// Asks the disk to keep things until it is over.
fn keep(spool: &Mutex<Spool>, over: &AtomicBool) {
    while !over.load(Ordering::Relaxed) {
        let due = lock(spool).sync(Instant::now());
        if let Some(syncing) = due {
            let synced = syncing.run();
            if let Err(error) = lock(spool).synced(synced) {
                eprintln!("the disk refused: {error}");
            }
        }
        std::thread::sleep(SYNC);
    }
}

fn measure(spool: &Mutex<Spool>, records: usize, payload: &[u8]) {
    let mut times = Vec::with_capacity(records);
    let mut places: Vec<Place> = Vec::with_capacity(100);
    let mut refused = 0;
    for order in 0..records as u64 {
        let began = Instant::now();
        let appended = lock(spool).append(Class::Routine, order, payload);
        times.push(began.elapsed());
        match appended {
            Ok(place) => places.push(place),
            Err(_) => refused += 1,
        }
        if places.len() == 100 {
            let mut spool = lock(spool);
            let chunk = spool.read(Class::Routine, 0, usize::MAX);
            assert!(chunk.records.len() >= places.len(), "what was appended is there");
            spool.done(&places, Fate::DELIVERED);
            places.clear();
        }
    }
    times.sort_unstable();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    let mean = times.iter().sum::<Duration>() / u32::try_from(times.len()).unwrap_or(u32::MAX);
    println!("{records} records of {} bytes, {refused} refused", payload.len());
    println!("mean {mean:?}, half {:?}, 99 % {:?}, 99.9 % {:?}, all {:?}", at(0.5), at(0.99), at(0.999), at(1.0));
}

fn lock(spool: &Mutex<Spool>) -> std::sync::MutexGuard<'_, Spool> {
    spool.lock().unwrap_or_else(PoisonError::into_inner)
}
