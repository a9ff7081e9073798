//! The CPU time of the calling thread, which leaves out other threads and other programs.

use std::time::Duration;

/// CPU time since the thread began, as Linux accounts for it.
pub(crate) fn now() -> Duration {
    let accounts = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux accounts for each thread");
    let nanoseconds = accounts.split(' ').next().and_then(|field| field.parse().ok());
    Duration::from_nanos(nanoseconds.expect("the first field is nanoseconds on a core"))
}
