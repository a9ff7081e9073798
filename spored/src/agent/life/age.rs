//! How old the host is. An instance's age is counted from its launch, which its metadata tells, and by the clock of its
//! metadata wherever its own is off; the age of a host of the user's own from the agent's start, by a clock that nobody sets.

use jiff::Timestamp;
use spawn_cloud::{Imds, ImdsClock};
use spawn_config::Identity;
use std::cell::Cell;
use std::time::Duration;
use tokio::time::Instant;

/// Longest single wait: a clock that jumps or a machine that slept is noticed within it.
const LOOK: Duration = Duration::from_secs(10);
/// The metadata service gets this long to say that the instance was launched again.
const ASK: Duration = Duration::from_secs(3);

/// The age, and where it is known from.
#[derive(Debug)]
pub(super) enum Age {
    /// From the launch.
    Launched { at: Cell<Timestamp>, imds: Imds },
    /// From the agent's start.
    Started { at: Timestamp, clock: Instant },
}

impl Age {
    pub(super) fn of(identity: &Identity, imds: &Imds) -> Self {
        match identity.launched_at {
            Some(at) => {
                if let Some(offset) = imds.clock().offset().filter(|offset| offset.as_secs() > 60) {
                    tracing::warn!(
                        seconds = offset.as_secs(),
                        "this host's clock is off; the time to live goes by that of instance metadata"
                    );
                }
                Self::Launched { at: Cell::new(at), imds: imds.clone() }
            }
            None => Self::Started { at: Timestamp::now(), clock: Instant::now() },
        }
    }

    pub(super) fn so_far(&self) -> Duration {
        match self {
            Self::Launched { at, imds } => age(at.get(), imds.clock()),
            Self::Started { clock, .. } => clock.elapsed(),
        }
    }

    /// The instant at which this age is reached.
    pub(super) fn instant(&self, age: Duration) -> Timestamp {
        let from = match self {
            Self::Launched { at, .. } => at.get(),
            Self::Started { at, .. } => *at,
        };
        from.checked_add(age).unwrap_or(Timestamp::MAX)
    }

    /// Waits until the host is so old.
    pub(super) async fn reaches(&self, age: Duration) {
        loop {
            match age.saturating_sub(self.so_far()) {
                Duration::ZERO => return,
                left => tokio::time::sleep(left.min(LOOK)).await,
            }
        }
    }

    /// Asks whether the instance was launched again since, and counts from then if so: it may have been hibernated, and
    /// its memory does not know.
    pub(super) async fn was_launched_again(&self) -> bool {
        let Self::Launched { at, imds } = self else { return false };
        match tokio::time::timeout(ASK, imds.launched_at()).await {
            Ok(Ok(Some(again))) if again > at.get() => {
                tracing::info!(launched_at = %again, "the instance was launched again: its time to live begins anew");
                at.set(again);
                true
            }
            _ => false,
        }
    }
}

fn age(launched: Timestamp, clock: &ImdsClock) -> Duration {
    let now = Timestamp::try_from(clock.now()).unwrap_or_else(|_| Timestamp::now());
    // Launched in the future means launched now.
    Duration::try_from(now.duration_since(launched)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use spawn_config::Provider;

    fn identity(launched_at: Option<Timestamp>) -> Identity {
        Identity { launched_at, ..Identity::new(Provider::Ec2, "i-0abc".to_owned()) }
    }

    #[tokio::test]
    async fn the_age_counts_from_the_launch() {
        let launched: Timestamp = "2026-11-21T04:00:00Z".parse().unwrap();
        let age = Age::of(&identity(Some(launched)), &Imds::new());
        assert_eq!(age.instant(Duration::from_secs(5_400)).to_string(), "2026-11-21T05:30:00Z");
        let since = Timestamp::now().duration_since(launched).as_secs();
        assert!((i64::try_from(age.so_far().as_secs()).unwrap() - since).abs() <= 1, "{:?}", age.so_far());
    }

    #[tokio::test]
    async fn an_instance_from_the_future_is_new() {
        let launched = Timestamp::now() + Duration::from_secs(86_400);
        assert_eq!(Age::of(&identity(Some(launched)), &Imds::new()).so_far(), Duration::ZERO);
    }

    #[tokio::test]
    async fn without_a_launch_time_the_age_counts_from_the_start() {
        assert_eq!(Age::of(&identity(None), &Imds::new()).so_far().as_secs(), 0);
        let a_minute = Duration::from_secs(60);
        let clock = Instant::now().checked_sub(a_minute).unwrap();
        // The clock that people see says something else.
        let age = Age::Started { at: Timestamp::UNIX_EPOCH, clock };
        assert_eq!(age.so_far().as_secs(), 60);
        age.reaches(a_minute).await;
        assert!(!age.was_launched_again().await);
    }
}
