//! The time to live. It may change at any time, and counts from the launch whenever it does.

use super::Life;
use super::age::Age;
use super::end::Cause;

/// Waits until the host has lived for its time; without a time to live, for ever.
pub(super) async fn over(life: Life<'_>, age: &Age) -> Cause {
    let mut changes = life.booted.live.changes();
    loop {
        let ttl = changes.borrow_and_update().settings().life.ttl;
        let end = ttl.map(|ttl| format!("{:.0}", age.instant(ttl.duration())));
        let before = life.state().change_report(|report| std::mem::replace(&mut report.ends_at, end.clone()));
        if before != end {
            tracing::info!(ends_at = end, "the time to live is set");
        }
        let reached = async {
            match ttl {
                Some(ttl) => {
                    age.reaches(ttl.duration()).await;
                    ttl
                }
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            ttl = reached => {
                if !age.was_launched_again().await {
                    return Cause::Ttl { ttl, age: age.so_far() };
                }
            }
            // The holder of the settings outlives this borrow of it.
            _ = changes.changed() => {}
        }
    }
}
