//! CPU time and memory of this process, as the kernel tells them.

use std::fs;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// CPU time of this thread. It is asked for around every few spans, so it is asked for by the cheapest way: what the question
/// costs falls partly into what is measured.
pub(crate) fn thread() -> Duration {
    clock(ClockId::ThreadCPUTime)
}

/// CPU time of all threads that this process has and had.
pub(crate) fn process() -> Duration {
    clock(ClockId::ProcessCPUTime)
}

/// The most memory that was resident, and what is now, in KiB.
pub(crate) fn resident() -> (u64, u64) {
    let status = fs::read_to_string("/proc/self/status").expect("Linux tells of processes");
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("it has the field");
        line.trim().trim_end_matches(" kB").parse().expect("a number")
    };
    (field("VmHWM:"), field("VmRSS:"))
}

fn clock(of: ClockId) -> Duration {
    Duration::try_from(clock_gettime(of)).expect("CPU time is never below zero")
}
