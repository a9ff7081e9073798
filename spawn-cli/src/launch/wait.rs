//! `--wait`: until EC2 says that the instances run, or until their agents have registered.

use super::options::WaitFor;
use crate::progress::Progress;
use crate::session::Session;
use anyhow::Result;
use spawn_cloud::instances::{self, Filter, Instance};
use std::time::Duration;
use tokio::time::Instant;

/// EC2 takes tens of seconds to start an instance.
const POLL: Duration = Duration::from_secs(1);

/// How the waiting ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Waited {
    /// What was waited for is there.
    Done,
    /// It is not, and this is what is missing.
    TimedOut(String),
}

/// Waits; answers the instances as they were last seen.
pub(super) async fn until(
    session: &Session,
    wanted: WaitFor,
    launched: Vec<Instance>,
    longest: Duration,
    progress: &Progress,
) -> Result<(Vec<Instance>, Waited)> {
    let deadline = Instant::now() + longest;
    let ids: Vec<String> = launched.iter().map(|instance| instance.instance_id.clone()).collect();
    let mut seen = launched;
    loop {
        let missing = missing(session, wanted, &seen).await?;
        if missing.is_empty() {
            return Ok((seen, Waited::Done));
        }
        if let Some(gone) = seen.iter().find(|instance| !instance.is_live()) {
            anyhow::bail!(
                "{} is {} instead of running: see its state reason in the EC2 console",
                gone.instance_id,
                gone.state
            );
        }
        let what = match wanted {
            WaitFor::Running => "run",
            WaitFor::Agent => "have an agent that has registered",
        };
        if Instant::now() >= deadline {
            let waited = format!("after {} s these do not {what} yet: {}", longest.as_secs(), missing.join(", "));
            return Ok((seen, Waited::TimedOut(waited)));
        }
        progress.step(&format!("waiting until {} of {} {what}", missing.len(), ids.len()));
        tokio::time::sleep_until(deadline.min(Instant::now() + POLL)).await;
        seen = instances::list(session.clients.ec2(), &Filter::Ids(ids.clone())).await?;
    }
}

/// Ids of the instances that are not there yet.
async fn missing(session: &Session, wanted: WaitFor, seen: &[Instance]) -> Result<Vec<String>> {
    let mut missing = Vec::new();
    for instance in seen {
        let there = match wanted {
            _ if instance.state != "running" => false,
            WaitFor::Running => true,
            WaitFor::Agent => session.registry.find(&instance.instance_id).await?.is_some(),
        };
        if !there {
            missing.push(instance.instance_id.clone());
        }
    }
    Ok(missing)
}
