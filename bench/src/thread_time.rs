//! CPU time of single threads, which leaves out other threads and other programs.

use std::path::Path;
use std::time::Duration;

/// CPU time of the calling thread so far.
pub(crate) fn own() -> Duration {
    read(Path::new("/proc/thread-self")).expect("Linux accounts for each thread")
}

/// CPU time so far of this process's threads of that name.
pub(crate) fn named(name: &str) -> Duration {
    let threads = std::fs::read_dir("/proc/self/task").expect("Linux lists a process's threads").flatten();
    let of_name = threads
        .map(|thread| thread.path())
        .filter(|thread| std::fs::read_to_string(thread.join("comm")).is_ok_and(|found| found.trim() == name));
    of_name.filter_map(|thread| read(&thread)).sum()
}

/// The first field is nanoseconds on a core; `None` when the thread has just ended.
fn read(thread: &Path) -> Option<Duration> {
    let accounts = std::fs::read_to_string(thread.join("schedstat")).ok()?;
    accounts.split(' ').next()?.parse().ok().map(Duration::from_nanos)
}
