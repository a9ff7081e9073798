//! Waits for the disk before something that may leave it no time: the only place where anybody but the keeper does.

use std::time::Duration;

use tokio::sync::oneshot;

use super::state::WorkerState;
use super::{Pipeline, deadline};

impl Pipeline {
    /// Has the disk keep what was written so far, and returns when it does, when it refuses, or when the time is up. Whether
    /// it keeps all of it. Works on every runtime and without one.
    pub(crate) async fn sync(&self, within: Duration) -> bool {
        // A thread of its own keeps the deadline whatever the caller's runtime and the disk are doing.
        let (done, answer) = oneshot::channel();
        let pipeline = self.clone();
        let waiting = std::thread::Builder::new().name("spawn-sync".to_owned()).spawn(move || {
            // The caller may have stopped waiting; then nobody needs the answer.
            done.send(pipeline.sync_blocking(within)).unwrap_or_default();
        });
        match waiting {
            Ok(_) => answer.await.unwrap_or(false),
            Err(_) => false,
        }
    }

    pub(super) fn sync_blocking(&self, within: Duration) -> bool {
        let deadline = deadline(within);
        let mut state = self.shared().state();
        let target = state.store.next_number();
        let Some(order) = state.order_sync() else {
            return state.store.has_disk() && !state.store.holds_loose_before(target);
        };
        self.shared().disk.notify_one();
        let state = self
            .wait_while(state, deadline, |state| state.keeper == WorkerState::Running && state.store.may_keep(order));
        state.store.keeps(order) && !state.store.holds_loose_before(target)
    }
}
