//! CPU time and memory of this process, as the kernel tells them.

use std::fs;
use std::time::Duration;

/// CPU time of this thread.
pub(crate) fn thread() -> Duration {
    scheduled("/proc/thread-self/schedstat")
}

/// CPU time of all threads of this process that live.
pub(crate) fn process() -> Duration {
    let tasks = fs::read_dir("/proc/self/task").expect("Linux lists threads").flatten();
    tasks.map(|task| scheduled(&task.path().join("schedstat").to_string_lossy())).sum()
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

fn scheduled(path: &str) -> Duration {
    // A thread that has ended meanwhile counts no more.
    let text = fs::read_to_string(path).unwrap_or_default();
    Duration::from_nanos(text.split(' ').next().and_then(|word| word.parse().ok()).unwrap_or_default())
}
