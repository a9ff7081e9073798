//! The settings of the host's life: when it ends, and what happens then.

use crate::{OnComplete, Percent, Sessions, TimeSpan};

/// When the host ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LifeSettings {
    /// Time to live, counted from the launch.
    pub ttl: Option<TimeSpan>,
    /// Longest time without work.
    pub idle_timeout: Option<TimeSpan>,
    /// Load of all processors together up to which the host is idle.
    pub idle_cpu_percent: Percent,
    /// Bytes a minute, sent and received, up to which the host is idle.
    pub idle_network_bytes: u64,
    /// Bytes a minute, read and written, up to which the host is idle.
    pub idle_disk_bytes: u64,
    /// Terminals that keep the host from being idle.
    pub idle_sessions: Sessions,
    /// What happens at the end; `None` terminates an instance and leaves other hosts alone.
    pub on_complete: Option<OnComplete>,
    /// File whose appearance says that the work is done.
    pub completion_file: String,
    /// Time between the completion and the end.
    pub completion_delay: TimeSpan,
    /// Program that runs before the end, with its arguments; empty is the usual file.
    pub pre_stop: Vec<String>,
    /// Longest time that this program may take.
    pub pre_stop_timeout: TimeSpan,
}

impl Default for LifeSettings {
    fn default() -> Self {
        Self {
            ttl: None,
            idle_timeout: None,
            idle_cpu_percent: Percent::FIVE,
            idle_network_bytes: 10_000,
            idle_disk_bytes: 100_000,
            idle_sessions: Sessions::Open,
            on_complete: None,
            completion_file: "/run/spored/complete".to_owned(),
            completion_delay: TimeSpan::of_seconds(30),
            pre_stop: Vec::new(),
            pre_stop_timeout: TimeSpan::of_seconds(300),
        }
    }
}
