//! What EC2 announces to a spot instance. The instance is not ended early: the minutes that are left belong to the user.

use super::attribute;
use super::end::Reason;
use super::state::NoticeReport;
use super::{Life, hook};
use crate::agent::heartbeat;
use crate::agent::state::RegistryReport;
use crate::agent::work::Orders;
use jiff::Timestamp;
use opentelemetry::KeyValue;
use opentelemetry::context::FutureExt;
use spawn_cloud::{Imds, SpotNotice};
use spawn_config::Provider;
use std::convert::Infallible;
use std::time::Duration;

/// Time between two looks, as AWS recommends it (Amazon EC2 User Guide, "Spot Instance interruption notices").
const LOOK: Duration = Duration::from_secs(5);
/// The program before the end leaves this much of the notice to the farewell and the last spans, and takes no longer
/// than the second figure.
const HOOK: (Duration, Duration) = (Duration::from_secs(10), Duration::from_secs(90));
/// Time that tasks under way get to end and to be given back to other hosts.
const GIVE_BACK: Duration = Duration::from_secs(30);
/// While tasks end, the spans of those that have leave after this.
const LEAVE: Duration = Duration::from_secs(1);
/// The disk gets this long to keep what X-Ray has not taken until then.
const KEEP: Duration = Duration::from_secs(1);
/// The registry gets this long to take the farewell.
const FAREWELL: Duration = Duration::from_secs(5);

/// Looks for notices for as long as the agent lives, and meets each once.
pub(super) async fn watch(life: Life<'_>) -> Infallible {
    let fixed = life.fixed();
    if fixed.identity.provider == Provider::Local {
        return std::future::pending().await;
    }
    let imds = &fixed.imds;
    while let Err(error) = is_spot(imds).await {
        tracing::debug!(%error, "instance metadata does not tell whether this is a spot instance; asking on");
        tokio::time::sleep(LOOK).await;
    }
    let mut timer = tokio::time::interval(LOOK);
    timer.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut met = Met::default();
    loop {
        timer.tick().await;
        if let Err(error) = met.look(life, imds).await {
            if !std::mem::replace(&mut met.silent, true) {
                tracing::warn!(%error, "instance metadata does not tell whether EC2 takes this instance back; asking on");
            }
        } else if std::mem::take(&mut met.silent) {
            tracing::info!("instance metadata tells of notices again");
        }
    }
}

/// Answers for a spot instance only: for any other, there is nothing to look for.
async fn is_spot(imds: &Imds) -> spawn_cloud::Result<()> {
    if imds.is_spot().await? { Ok(()) } else { std::future::pending().await }
}

/// What was met already.
#[derive(Debug, Default)]
struct Met {
    notice: Option<SpotNotice>,
    rebalance: Option<Timestamp>,
    silent: bool,
}

impl Met {
    async fn look(&mut self, life: Life<'_>, imds: &Imds) -> spawn_cloud::Result<()> {
        let notice = imds.spot_notice().await?;
        match notice {
            Some(notice) if self.notice != Some(notice) => {
                self.notice = Some(notice);
                interrupted(life, notice).await;
            }
            None if self.notice.take().is_some() => resumed(life),
            _ => {}
        }
        let rebalance = imds.rebalance().await?;
        if let Some(since) = rebalance.filter(|since| self.rebalance != Some(*since)) {
            self.rebalance = Some(since);
            recommended(life, since).await;
        }
        Ok(())
    }
}

/// Spans first: nothing of what follows is as sure to have the time. In this order: what is there leaves, what matters most
/// first; tasks under way end as given back, and leave as they do; the disk keeps what could not; then the user's program, for
/// which no span waits.
async fn interrupted(life: Life<'_>, notice: SpotNotice) {
    let SpotNotice { action, time } = notice;
    let action = action.as_str();
    tracing::warn!(action, %time, "EC2 takes this spot instance back");
    let report = NoticeReport { action, time: time.to_string() };
    life.state().change_report(|state| state.spot_notice = Some(report));
    let attributes =
        vec![KeyValue::new(attribute::NOTICE_ACTION, action), KeyValue::new(attribute::NOTICE_TIME, time.to_string())];
    let span = life.decided(Reason::Spot, "none", attributes);
    life.flush().await;
    give_back(life).await;
    // A stopped or hibernated instance comes back with its disk.
    if !life.telemetry.sync(KEEP).await {
        tracing::debug!("the disk does not say that it keeps the spans that wait");
    }
    hook::run(life, Reason::Spot, &span, time_for_the_hook(Timestamp::now(), time)).await;
    let farewell = heartbeat::farewell(life.booted, life.telemetry).with_context(span);
    if tokio::time::timeout(FAREWELL, farewell).await.is_ok() {
        life.state().leave(true);
    }
    life.flush().await;
    tracing::info!("ready for the interruption; the agent stays until EC2 ends the instance");
}

/// Has tasks under way end. Their spans leave one by one, not when the last has ended: the host may be gone by then.
async fn give_back(life: Life<'_>) {
    let leaving = async {
        loop {
            tokio::time::sleep(LEAVE).await;
            life.flush().await;
        }
    };
    tokio::select! {
        () = life.shared.work().give_back("EC2 takes the host back", GIVE_BACK) => {}
        () = leaving => {}
    }
    life.flush().await;
}

/// The notice is gone and the instance is not: EC2 has hibernated or stopped it, and it was started again.
fn resumed(life: Life<'_>) {
    tracing::info!("the notice of the interruption is gone, and the instance goes on");
    life.state().change_report(|state| state.spot_notice = None);
    life.state().forget_hook();
    life.state().leave(false);
    life.shared.work().resume();
    // The next heartbeat registers the agent again.
    life.shared.registry(RegistryReport::default());
}

async fn recommended(life: Life<'_>, since: Timestamp) {
    tracing::warn!(%since, "EC2 recommends to replace this spot instance: the risk of an interruption has risen");
    life.state().change_report(|state| state.rebalance_recommended = Some(since.to_string()));
    let time = KeyValue::new(attribute::NOTICE_TIME, since.to_string());
    // What runs may well finish; what has not begun is better begun elsewhere.
    life.shared.work().order(Orders::NothingNew);
    let _span = life.decided(Reason::Rebalance, "none", vec![time]);
    life.flush().await;
}

fn time_for_the_hook(now: Timestamp, end: Timestamp) -> Duration {
    Duration::try_from(end.duration_since(now)).unwrap_or_default().saturating_sub(HOOK.0).min(HOOK.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hook_gets_what_the_notice_leaves() {
        let now: Timestamp = "2027-01-31T18:00:00Z".parse().unwrap();
        for (left, time) in [(120, 90), (60, 50), (10, 0), (-5, 0)] {
            let end = now.checked_add(jiff::SignedDuration::from_secs(left)).unwrap();
            assert_eq!(time_for_the_hook(now, end), Duration::from_secs(time), "{left} s left");
        }
    }
}
