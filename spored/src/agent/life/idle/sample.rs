//! What happened between two looks at the counters, and whether that is work.

use super::reading::Reading;
use spawn_config::{LifeSettings, Sessions};
use std::collections::BTreeMap;
use std::time::Duration;

/// Bytes a minute that the agent's heartbeats put on the network: two calls of DynamoDB, with room.
const HEARTBEATS: f64 = 12_000.0;

/// Work per minute, so that looks of any distance compare with the same thresholds.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::agent::life) struct Sample {
    /// Of all processors together, 0 to 100.
    cpu_percent: f64,
    network_bytes: u64,
    disk_bytes: u64,
    /// Terminals that are open, and how many of them were used.
    open: usize,
    used: usize,
}

impl Sample {
    pub(super) fn between(before: &Reading, after: &Reading, elapsed: Duration) -> Self {
        let minutes = (elapsed.as_secs_f64() / 60.0).max(f64::EPSILON);
        let per_minute = |bytes: u64| bytes as f64 / minutes;
        let busy = after.cpu_busy.saturating_sub(before.cpu_busy) as f64;
        let all = busy + after.cpu_idle.saturating_sub(before.cpu_idle) as f64;
        let own = per_minute(after.own_network.saturating_sub(before.own_network)) + HEARTBEATS;
        let network = per_minute(grown(&before.network, &after.network));
        let used = after.sessions.iter().filter(|&(name, used)| before.sessions.get(name) != Some(used));
        Self {
            cpu_percent: if all > 0.0 { 100.0 * busy / all } else { 0.0 },
            // A cast saturates, and below zero means that the allowance was generous.
            network_bytes: (network - own) as u64,
            disk_bytes: per_minute(grown(&before.disks, &after.disks)) as u64,
            open: after.sessions.len(),
            used: used.count(),
        }
    }

    /// What is beyond the thresholds; `None` where nothing is.
    pub(super) fn busy_with(&self, settings: &LifeSettings) -> Option<String> {
        let terminals = match settings.idle_sessions {
            Sessions::Open => self.open,
            Sessions::Used => self.used,
            Sessions::Ignore => 0,
        };
        let Self { cpu_percent, network_bytes, disk_bytes, .. } = *self;
        let findings = [
            (cpu_percent > settings.idle_cpu_percent.value()).then(|| format!("processors {}", percent(cpu_percent))),
            (network_bytes > settings.idle_network_bytes).then(|| format!("network {network_bytes} bytes a minute")),
            (disk_bytes > settings.idle_disk_bytes).then(|| format!("disks {disk_bytes} bytes a minute")),
            (terminals > 0).then(|| format!("terminals: {terminals} {}", settings.idle_sessions)),
        ];
        let findings: Vec<String> = findings.into_iter().flatten().collect();
        if findings.is_empty() { None } else { Some(findings.join(", ")) }
    }
}

impl std::fmt::Display for Sample {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { cpu_percent, network_bytes, disk_bytes, open, used } = self;
        write!(
            f,
            "processors {}, network {network_bytes} and disks {disk_bytes} bytes a minute, terminals: {open} open, {used} used",
            percent(*cpu_percent)
        )
    }
}

fn percent(value: f64) -> String {
    format!("{} %", (value * 10.0).round() / 10.0)
}

/// How much the counters have grown together. One that is new has grown by all that it shows, one that is gone by
/// nothing.
fn grown(before: &BTreeMap<String, u64>, after: &BTreeMap<String, u64>) -> u64 {
    let growth = |(name, after): (&String, &u64)| after.saturating_sub(before.get(name).copied().unwrap_or(0));
    after.iter().map(growth).fold(0, u64::saturating_add)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::SystemTime;

    fn counters(eth0: u64, disk: u64) -> Reading {
        Reading {
            network: [("eth0".to_owned(), eth0)].into(),
            disks: [("nvme0n1".to_owned(), disk)].into(),
            ..Reading::default()
        }
    }

    fn settings(change: impl FnOnce(&mut LifeSettings)) -> LifeSettings {
        let mut settings = LifeSettings::default();
        change(&mut settings);
        settings
    }

    #[test]
    fn what_was_counted_before_is_no_work() {
        let sample = Sample::between(
            &counters(9_000_000_000, 7_000_000_000),
            &counters(9_000_000_000, 7_000_000_000),
            Duration::from_secs(60),
        );
        assert_eq!(sample.busy_with(&LifeSettings::default()), None);
    }

    #[test]
    fn traffic_counts_by_the_minute_and_without_the_agents_own() {
        let half_a_minute = Duration::from_secs(30);
        let mut after = counters(1_000_000, 0);
        after.own_network = 900_000;
        let sample = Sample::between(&counters(0, 0), &after, half_a_minute);
        assert_eq!(sample.network_bytes, 2 * (1_000_000 - 900_000) - 12_000);
        assert_eq!(sample.busy_with(&LifeSettings::default()).as_deref(), Some("network 188000 bytes a minute"));
        assert_eq!(sample.busy_with(&settings(|settings| settings.idle_network_bytes = 188_000)), None);
        after.own_network = 2_000_000;
        assert_eq!(Sample::between(&counters(0, 0), &after, half_a_minute).network_bytes, 0);
    }

    #[test]
    fn a_disk_that_is_new_counts_and_one_that_is_gone_does_not() {
        let minute = Duration::from_secs(60);
        let sample = Sample::between(&Reading::default(), &counters(0, 100_001), minute);
        assert_eq!(sample.busy_with(&LifeSettings::default()).as_deref(), Some("disks 100001 bytes a minute"));
        assert_eq!(Sample::between(&counters(0, 100_001), &Reading::default(), minute).disk_bytes, 0);
    }

    #[test]
    fn the_load_is_the_share_of_ticks_since_the_last_look() {
        let reading = |cpu_busy, cpu_idle| Reading { cpu_busy, cpu_idle, ..Reading::default() };
        let sample = Sample::between(&reading(1_000_000, 10), &reading(1_000_006, 104), Duration::from_secs(60));
        assert_eq!(sample.busy_with(&LifeSettings::default()).as_deref(), Some("processors 6 %"));
        assert_eq!(sample.busy_with(&settings(|settings| settings.idle_cpu_percent = "6".parse().unwrap())), None);
    }

    #[test]
    fn terminals_count_as_the_setting_says() {
        let terminals = |used: u64| Reading {
            sessions: [("0".to_owned(), SystemTime::UNIX_EPOCH + Duration::from_secs(used))].into(),
            ..Reading::default()
        };
        let busy = |before: &Reading, after: &Reading, sessions: &str| {
            let sessions = sessions.parse().unwrap();
            let sample = Sample::between(before, after, Duration::from_secs(60));
            sample.busy_with(&settings(|settings| settings.idle_sessions = sessions))
        };
        assert_eq!(busy(&terminals(1), &terminals(1), "open").as_deref(), Some("terminals: 1 open"));
        assert_eq!(busy(&terminals(1), &terminals(1), "used"), None);
        assert_eq!(busy(&terminals(1), &terminals(2), "used").as_deref(), Some("terminals: 1 used"));
        assert_eq!(busy(&terminals(1), &terminals(2), "ignore"), None);
    }
}
