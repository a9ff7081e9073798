//! Whether the host does anything: what its counters say now, compared with what they said at the last look.

mod reading;
mod sample;

pub(super) use sample::Sample;

use super::Life;
use super::end::Cause;
use super::state::IdleReport;
use jiff::Timestamp;
use reading::Reading;
use spawn_config::{LifeSettings, TimeSpan};
use std::time::Duration;
use tokio::time::Instant;

/// Longest and shortest time between two looks; the usual is a tenth of the timeout.
const LOOK: (Duration, Duration) = (Duration::from_secs(60), Duration::from_millis(100));

/// What is kept from one look to the next.
#[derive(Debug)]
struct Watch {
    timeout: TimeSpan,
    last_active: Instant,
    next: Instant,
    before: Option<(Instant, Reading)>,
    last: Option<Sample>,
    blind: bool,
}

/// Waits until the host was idle for its timeout; without a timeout, for ever.
pub(super) async fn over(life: Life<'_>) -> Cause {
    let mut changes = life.booted.live.changes();
    let mut watch: Option<Watch> = None;
    loop {
        let settings = changes.borrow_and_update().settings().life.clone();
        let idle = async {
            let Some(timeout) = settings.idle_timeout else {
                watch = None;
                life.state().change_report(|report| report.idle = None);
                return std::future::pending().await;
            };
            let watch = watch.get_or_insert_with(|| Watch::new(timeout));
            watch.timeout = timeout;
            loop {
                // A shorter timeout does not wait for a look that a longer one has planned.
                tokio::time::sleep_until(watch.next.min(Instant::now() + pause(timeout))).await;
                if let Some(cause) = watch.look(life, &settings) {
                    return cause;
                }
            }
        };
        tokio::select! {
            cause = idle => return cause,
            // The holder of the settings outlives this borrow of it.
            _ = changes.changed() => {}
        }
    }
}

/// What the host is busy with, its tasks among it.
fn with_tasks(tasks: u32, busy_with: Option<String>) -> Option<String> {
    match (tasks, busy_with) {
        (0, busy_with) => busy_with,
        (tasks, None) => Some(format!("tasks of its job array: {tasks}")),
        (tasks, Some(busy_with)) => Some(format!("tasks of its job array: {tasks}, {busy_with}")),
    }
}

fn pause(timeout: TimeSpan) -> Duration {
    (timeout.duration() / 10).clamp(LOOK.1, LOOK.0)
}

impl Watch {
    fn new(timeout: TimeSpan) -> Self {
        let now = Instant::now();
        Self { timeout, last_active: now, next: now, before: None, last: None, blind: false }
    }

    /// Takes a look; answers the end when the host has been idle for so long.
    fn look(&mut self, life: Life<'_>, settings: &LifeSettings) -> Option<Cause> {
        let now = Instant::now();
        self.next = now + pause(self.timeout);
        let fixed = life.fixed();
        let reading = Reading::take(&fixed.world.root, fixed.imds.traffic());
        let busy_with = self.judge(now, reading, settings);
        // A task may wait for something far away, and is work all the same.
        let busy_with = with_tasks(life.shared.work().running(), busy_with);
        if busy_with.is_some() {
            self.last_active = now;
        }
        let idle = now - self.last_active;
        life.state().change_report(|report| report.idle = Some(self.report(idle, busy_with)));
        let last = self.last.clone().filter(|_| idle >= self.timeout.duration())?;
        Some(Cause::Idle { timeout: self.timeout, idle, last })
    }

    /// What the host was busy with since the last look; a host that cannot be judged counts as busy.
    fn judge(&mut self, now: Instant, reading: std::io::Result<Reading>, settings: &LifeSettings) -> Option<String> {
        let reading = match reading {
            Ok(reading) => reading,
            Err(error) => {
                if !std::mem::replace(&mut self.blind, true) {
                    tracing::warn!(%error, "whether this host is idle cannot be told, so it counts as busy");
                }
                self.before = None;
                return Some(format!("unknown work: {error}"));
            }
        };
        if std::mem::take(&mut self.blind) {
            tracing::info!("whether this host is idle can be told again");
        }
        // The first look has nothing to compare with, and says neither busy nor idle.
        let (then, before) = self.before.replace((now, reading.clone()))?;
        let sample = Sample::between(&before, &reading, now - then);
        let busy_with = sample.busy_with(settings);
        self.last = Some(sample);
        busy_with
    }

    fn report(&self, idle: Duration, busy_with: Option<String>) -> IdleReport {
        let now = Timestamp::now();
        let since = now.checked_sub(idle).unwrap_or(now);
        let ends_at = since.checked_add(self.timeout.duration()).unwrap_or(Timestamp::MAX);
        IdleReport {
            timeout: self.timeout.to_string(),
            since: busy_with.is_none().then(|| format!("{since:.0}")),
            ends_at: format!("{ends_at:.0}"),
            busy_with,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(text: &str) -> TimeSpan {
        text.parse().unwrap()
    }

    fn reading(busy: u64, idle: u64) -> std::io::Result<Reading> {
        Ok(Reading { cpu_busy: busy, cpu_idle: idle, ..Reading::default() })
    }

    #[test]
    fn looks_are_a_tenth_of_the_timeout_apart_and_at_most_a_minute() {
        for (timeout, expected) in [("1s", 100), ("1m", 6_000), ("10m", 60_000), ("1d", 60_000)] {
            assert_eq!(pause(span(timeout)), Duration::from_millis(expected), "{timeout}");
        }
    }

    #[test]
    fn a_host_with_a_task_is_busy_with_it() {
        assert_eq!(with_tasks(0, None), None);
        assert_eq!(with_tasks(2, None).as_deref(), Some("tasks of its job array: 2"));
        let both = with_tasks(1, Some("processors 50 %".to_owned()));
        assert_eq!(both.as_deref(), Some("tasks of its job array: 1, processors 50 %"));
    }

    #[tokio::test]
    async fn the_first_look_and_quiet_ones_are_not_busy_and_a_blind_one_is() {
        let settings = LifeSettings::default();
        let mut watch = Watch::new(span("1m"));
        let mut judge =
            |seconds: u64, reading| watch.judge(Instant::now() + Duration::from_secs(seconds), reading, &settings);
        assert_eq!(judge(0, reading(500, 500)), None);
        assert_eq!(judge(6, reading(501, 600)), None);
        assert_eq!(judge(12, reading(551, 650)).as_deref(), Some("processors 50 %"));
        let blind = judge(18, Err(std::io::Error::other("no such file")));
        assert_eq!(blind.as_deref(), Some("unknown work: no such file"));
        // After a gap there is nothing to compare with either.
        assert_eq!(judge(24, reading(999, 650)), None);
    }
}
