//! CPU time and memory of this process, as the kernel tells them.

use std::fs;
use std::time::Duration;

/// CPU time of this thread.
pub(crate) fn thread() -> Duration {
    scheduled("/proc/thread-self/schedstat")
}

/// CPU time of all threads that this process has and had. The kernel tells it in hundredths of a second.
pub(crate) fn process() -> Duration {
    let about = fs::read_to_string("/proc/self/stat").expect("Linux tells of processes");
    let (_, behind_name) = about.rsplit_once(')').expect("a name in brackets");
    // `utime` and `stime`, fields 14 and 15 of proc_pid_stat(5).
    let ticks: u64 = behind_name.split(' ').skip(12).take(2).map(|word| word.parse::<u64>().expect("a number")).sum();
    Duration::from_millis(10 * ticks)
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
