//! Follows what may change while the agent lives: the tags that instance metadata shows, SIGHUP, and the end of tracing.

use super::live::{Change, Live, is_setting};
use super::state::Shared;
use crate::metrics::{self, MetricsReport};
use anyhow::Result;
use spawn_cloud::instances;
use spawn_config::Provider;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::time::Duration;
use tokio::signal::unix::Signal;

/// Time between two looks at the tags. A change is to take effect within 5 s; each look asks for every setting.
const LOOK: Duration = Duration::from_secs(3);
/// Time that the first span gets to leave once tracing is switched on.
const FLUSH: Duration = Duration::from_secs(2);
/// EC2 may take this long to tell the tags that instance metadata does not show.
const DESCRIBE: Duration = Duration::from_secs(10);

/// Follows the tags for as long as the agent lives. Tags that metadata does not show are asked for at the boot and at
/// each reload: ten thousand agents that ask EC2 every minute would starve each other.
pub(super) async fn tags(live: &Live) -> Infallible {
    if live.fixed().identity.provider == Provider::Local {
        return std::future::pending().await;
    }
    let imds = &live.fixed().imds;
    let mut timer = tokio::time::interval(LOOK);
    timer.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut silent = false;
    loop {
        timer.tick().await;
        match imds.tags_that(is_setting).await {
            Ok(Some(tags)) => {
                if std::mem::take(&mut silent) {
                    tracing::info!("instance metadata shows the tags again");
                }
                if live.follow_tags(tags).tracing_began {
                    // Whoever switched tracing on is waiting to see something.
                    live.fixed().telemetry.flush(FLUSH).await;
                }
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

/// Reads everything again: the tags, `local.yaml`, and the files that the settings name.
///
/// # Errors
/// If a source is wrong; then the settings in force stay as they are.
pub(crate) async fn reload(live: &Live) -> Result<Change> {
    live.fixed().systemd.reloading();
    let tags = tags_now(live).await;
    let change = live.reload(tags).await;
    live.fixed().systemd.ready();
    change
}

/// The tags as they are now; none where nobody tells them, or there are none to tell.
async fn tags_now(live: &Live) -> Option<BTreeMap<String, String>> {
    let identity = &live.fixed().identity;
    if identity.provider == Provider::Local {
        return None;
    }
    if let Ok(Some(tags)) = live.fixed().imds.tags_that(is_setting).await {
        return Some(tags);
    }
    let in_force = live.now();
    let asked = tokio::time::timeout(DESCRIBE, instances::tags(in_force.clients.ec2(), &identity.instance_id)).await;
    match asked {
        Ok(Ok(mut tags)) => {
            tags.retain(|key, _| is_setting(key));
            Some(tags)
        }
        Ok(Err(error)) => {
            tracing::warn!(%error, "nobody tells the tags; those of before stay in force");
            None
        }
        Err(_) => {
            tracing::warn!("EC2 does not tell the tags within {} s; those of before stay in force", DESCRIBE.as_secs());
            None
        }
    }
}

/// Reloads whenever SIGHUP asks for it.
pub(super) async fn hangups(live: &Live, hangup: &mut Signal) -> Infallible {
    while hangup.recv().await.is_some() {
        tracing::info!("SIGHUP: reloading");
        // What is wrong is in the log and in the status.
        drop(reload(live).await);
    }
    std::future::pending().await
}

/// Tells systemd what the agent is doing.
pub(super) async fn service_status(live: &Live) -> Infallible {
    let mut changes = live.changes();
    loop {
        let in_force = changes.borrow_and_update().clone();
        let id = &in_force.identity.instance_id;
        live.fixed().systemd.status(&match in_force.tracing {
            true => format!("{id}, tracing to {}", in_force.settings().tracing.exporter),
            false => format!("{id}, tracing is off"),
        });
        // The holder of the settings outlives this borrow of it.
        drop(changes.changed().await);
    }
}

/// Offers metrics wherever the settings say, and nowhere else.
pub(super) async fn metrics(live: &Live, shared: &Shared) -> Infallible {
    let mut changes = live.changes();
    let mut address: Option<String> = None;
    loop {
        let offered = async {
            match &address {
                Some(address) => metrics::serve(address, shared).await,
                None => std::future::pending().await,
            }
        };
        let wanted = async {
            loop {
                let wanted = changes.borrow_and_update().settings().metrics_address.clone();
                if wanted != address {
                    return wanted;
                }
                // The holder of the settings outlives this borrow of it.
                drop(changes.changed().await);
            }
        };
        address = tokio::select! {
            wanted = wanted => wanted,
            never = offered => match never {},
        };
        shared.metrics(MetricsReport::default());
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
