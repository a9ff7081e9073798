//! What spans take that cannot be delivered: the queue is bounded in bytes, and this fills it.

use crate::client;
use crate::modes;

/// More spans than the queue holds.
const CALLS: u32 = 40_000;

/// Resident kB that a full queue adds, and the spans that it holds.
pub(crate) fn full_queue() -> String {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let (client, telemetry) = modes::holding();
        client::call(&client).await;
        let before = resident();
        for _ in 0..CALLS {
            client::call(&client).await;
        }
        let added = resident() - before;
        let counters = telemetry.counters();
        assert!(counters.queued < counters.created, "the queue is not full: {counters:?}");
        format!("{added} {}", counters.queued)
    })
}

fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux tells the memory of each process");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a line for resident memory");
    line.trim().trim_end_matches(" kB").parse().expect("kB")
}
