//! The hosts that worked on a job array: a bad one has more than its share of what failed or took long.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::TaskRow;

/// A host that worked on a job array.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostRow {
    /// Its instance.
    pub instance: String,
    /// How many attempts it made.
    pub attempts: usize,
    /// How many of these failed.
    pub failed: usize,
    /// How many of the stragglers took long on it: their longest attempt was its.
    pub stragglers: usize,
}

/// The hosts that these tasks tell of.
pub(super) fn hosts(tasks: &[TaskRow]) -> Vec<HostRow> {
    let mut of: BTreeMap<&str, (usize, usize, usize)> = BTreeMap::new();
    for task in tasks {
        for attempt in &task.attempts {
            let Some(instance) = &attempt.instance else { continue };
            let (attempts, failed, _) = of.entry(instance).or_default();
            *attempts += 1;
            *failed += usize::from(attempt.failed);
        }
        let longest = task.attempts.iter().max_by_key(|attempt| attempt.total).filter(|_| task.straggler);
        if let Some(instance) = longest.and_then(|attempt| attempt.instance.as_deref()) {
            of.entry(instance).or_default().2 += 1;
        }
    }
    let row = |(instance, (attempts, failed, stragglers)): (&str, _)| HostRow {
        instance: instance.to_owned(),
        attempts,
        failed,
        stragglers,
    };
    let mut hosts: Vec<HostRow> = of.into_iter().map(row).collect();
    hosts.sort_by_key(|host| Reverse(host.failed + host.stragglers));
    hosts
}
