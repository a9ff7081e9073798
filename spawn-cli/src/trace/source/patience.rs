//! Tells whoever waits at a terminal what is waited for, once that takes longer than a moment.

use crate::progress::Progress;
use std::time::Duration;
use tokio::time::timeout;

/// What takes no longer needs no line.
const MOMENT: Duration = Duration::from_millis(500);

/// A living line, where stderr is a terminal. Dropped, it goes.
struct Line(Progress);

impl Drop for Line {
    fn drop(&mut self) {
        self.0.finish();
    }
}

/// Does the work, and says meanwhile what is being done.
pub(super) async fn patiently<T>(what: &str, work: impl Future<Output = T>) -> T {
    tokio::pin!(work);
    if let Ok(done) = timeout(MOMENT, &mut work).await {
        return done;
    }
    let line = Line(Progress::start());
    if line.0.is_living() {
        line.0.step(&format!("{what} (Ctrl-C ends it)"));
    }
    work.await
}
