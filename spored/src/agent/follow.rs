//! Follows what may change while the agent lives: the tags that instance metadata shows, and the end of tracing.

use super::live::Live;
use spawn_cloud::Imds;
use spawn_config::Provider;
use std::convert::Infallible;
use std::time::Duration;

/// Time between two looks at the tags. A change is to take effect within 5 s; each look asks for every tag.
const LOOK: Duration = Duration::from_secs(3);

/// Follows the tags for as long as the agent lives. Tags that metadata does not show were asked for once, at the boot.
pub(super) async fn tags(live: &Live) -> Infallible {
    if live.fixed().identity.provider == Provider::Local {
        return std::future::pending().await;
    }
    let imds = Imds::new();
    let mut timer = tokio::time::interval(LOOK);
    timer.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut silent = false;
    loop {
        timer.tick().await;
        match imds.tags().await {
            Ok(Some(tags)) => {
                if std::mem::take(&mut silent) {
                    tracing::info!("instance metadata shows the tags again");
                }
                live.follow_tags(tags);
            }
            Ok(None) => {}
            Err(error) => {
                if !std::mem::replace(&mut silent, true) {
                    tracing::warn!(%error, "instance metadata does not show the tags; the settings stay as they are");
                }
            }
        }
    }
}

/// Ends tracing at `tracing-until`, whenever that is and however often it changes.
pub(super) async fn tracing_end(live: &Live) -> Infallible {
    let mut changes = live.changes();
    loop {
        let in_force = changes.borrow_and_update().clone();
        let end = in_force.settings().tracing.until.filter(|_| in_force.tracing);
        let over = async {
            match end {
                Some(end) => super::clock::until(end).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = over => {
                tracing::info!("tracing is off again, its time is over");
                live.look_at_the_clock();
            }
            // The holder of the settings outlives this borrow of it.
            _ = changes.changed() => {}
        }
    }
}
