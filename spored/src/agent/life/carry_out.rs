//! The end itself: decided once, told before it is done, and tried until it is taken.

use super::age::Age;
use super::end::{Action, Cause, Reason, decide};
use super::state::EndReport;
use super::{Life, hook, ttl};
use crate::backoff::Backoff;
use jiff::Timestamp;
use opentelemetry::Context;
use opentelemetry::context::FutureExt;
use spawn_cloud::{Error, instances};
use std::path::Path;
use std::time::Duration;

/// Shortest and longest wait before a call that EC2 has not taken is made again.
const RETRY: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));
/// Time that tasks under way get to end and to be given back.
const GIVE_BACK: Duration = Duration::from_secs(10);
/// Time between two looks whether a hibernated instance runs again.
const RESUMED: Duration = Duration::from_secs(5);
/// The file that asks the host to power off, for the path unit that `spawn launch` installs.
const POWER_OFF: &str = "run/spored/poweroff";

/// What the agent does after an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum After {
    /// It ends.
    Over,
    /// It stays for the time to live alone.
    Stays,
    /// It may be woken up in the middle of its memory.
    Sleeps,
}

/// Carries out the end that the cause asks for.
pub(super) async fn carry_out(life: Life<'_>, age: &Age, cause: Cause) -> After {
    let reason = cause.reason();
    let settings = life.settings();
    let provider = life.fixed().identity.provider;
    let action = decide(reason, settings.on_complete, provider, settings.ttl.is_some());
    life.state().change_report(|report| {
        let at = format!("{:.0}", Timestamp::now());
        report.end = Some(EndReport { reason: reason.as_str(), action: action.as_str(), at, problem: None });
    });
    tracing::info!(reason = reason.as_str(), action = action.as_str(), "{cause}");
    // The decision is a span that has ended: whatever happens to the host from here on, its reason is on the way.
    let decision = life.decided(reason, action.as_str(), cause.attributes());
    if action == Action::Wait {
        tracing::info!("on-complete is exit: the instance goes on, and the agent stays for the time to live alone");
        return After::Stays;
    }
    life.shared.ending();
    life.shared.work().give_back(cause.why(), GIVE_BACK).await;
    life.flush().await;
    if reason == Reason::Complete {
        tokio::select! {
            () = tokio::time::sleep(settings.completion_delay.duration()) => {}
            _ = ttl::over(life, age) => tracing::info!("the time to live is over, and so is the delay"),
            () = life.state().told_to_stop() => {}
        }
    }
    hook::run(life, reason, &decision, Duration::MAX).await;
    match action {
        Action::Exit | Action::Wait => {
            tracing::info!("the agent stops, the host goes on");
            After::Over
        }
        Action::Terminate | Action::Stop | Action::Hibernate => end_instance(life, action, &decision).await,
    }
}

/// Asks EC2 for the end, however often it takes.
async fn end_instance(life: Life<'_>, mut action: Action, decision: &Context) -> After {
    let mut backoff = Backoff::new(RETRY.0, RETRY.1);
    loop {
        // Spans leave before the call that may leave them no time.
        life.flush().await;
        match ask(life, action).with_context(decision.clone()).await {
            Ok(()) => break,
            Err(error) if action == Action::Hibernate && error.is_no_hibernation() => {
                tracing::warn!(%error, "EC2 cannot hibernate this instance; stopping it instead");
                action = Action::Stop;
            }
            Err(error) => {
                tracing::error!(%error, action = action.as_str(), "EC2 did not end the instance; trying again");
                life.state().change_report(|report| {
                    report.end.as_mut().map(|end| end.problem.replace(error.to_string()));
                });
                if error.is_denied() && action == Action::Terminate {
                    power_off(&life.fixed().world.root);
                    backoff = Backoff::new(RETRY.1, RETRY.1);
                }
                backoff.wait().await;
            }
        }
    }
    tracing::info!(instance_id = life.booted.record.instance_id, action = action.as_str(), "EC2 ends the instance");
    life.state().change_report(|report| report.end.as_mut().and_then(|end| end.problem.take()));
    if action == Action::Hibernate { After::Sleeps } else { After::Over }
}

async fn ask(life: Life<'_>, action: Action) -> Result<(), Error> {
    let in_force = life.booted.live.now();
    let ec2 = in_force.clients.ec2();
    let ids = std::slice::from_ref(&life.booted.record.instance_id);
    match action {
        Action::Terminate => instances::terminate(ec2, ids).await.map(drop),
        Action::Stop => instances::stop(ec2, ids, false).await.map(drop),
        Action::Hibernate => instances::stop(ec2, ids, true).await.map(drop),
        Action::Exit | Action::Wait => Ok(()),
    }
}

/// The last resort where EC2 denies the call: the host powers off, and EC2 terminates an instance that was launched so.
/// Only for a host that was to be terminated anyway.
fn power_off(root: &Path) {
    let file = root.join(POWER_OFF);
    if !file.parent().is_some_and(Path::is_dir) {
        return;
    }
    match std::fs::write(&file, "EC2 denied TerminateInstances\n") {
        Ok(()) => tracing::warn!(file = %file.display(), "asked the host to power off instead"),
        Err(error) => tracing::warn!(file = %file.display(), %error, "the host was not asked to power off"),
    }
}

/// Waits until a hibernated instance runs again, which its metadata tells by another launch time.
pub(super) async fn woken(life: Life<'_>, age: &Age) {
    // A signal from here on finds nothing to wait for.
    life.shared.asleep();
    life.flush().await;
    while !age.was_launched_again().await {
        tokio::time::sleep(RESUMED).await;
    }
    tracing::info!("the instance was hibernated and runs again");
    life.state().change_report(|report| {
        report.end = None;
        report.completion = None;
    });
    life.state().forget_completion();
    life.state().forget_hook();
    life.shared.work().resume();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_is_asked_to_power_off_only_where_somebody_listens() {
        let root = tempfile::tempdir().unwrap();
        power_off(root.path());
        assert!(!root.path().join("run").exists());
        std::fs::create_dir_all(root.path().join("run/spored")).unwrap();
        power_off(root.path());
        assert!(root.path().join(POWER_OFF).exists());
    }
}
